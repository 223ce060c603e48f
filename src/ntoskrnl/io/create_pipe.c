/* Making the server's end of a named pipe: an open with parameters of its own. */
#include "ex/ex.h"
#include "io/io_internal.h"

NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE handle, ACCESS_MASK access,
                                     POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb,
                                     ULONG share, ULONG disposition, ULONG options, ULONG type,
                                     ULONG read_mode, ULONG completion_mode,
                                     ULONG maximum_instances, ULONG inbound, ULONG outbound,
                                     PLARGE_INTEGER timeout);

/*
 * Create an instance of a named pipe; the handle is the server's end.
 * @param share              what clients may do: FILE_SHARE_READ, FILE_SHARE_WRITE or both
 * @param disposition        FILE_CREATE, FILE_OPEN or FILE_OPEN_IF
 * @param type               FILE_PIPE_…_TYPE
 * @param read_mode          FILE_PIPE_…_MODE
 * @param completion_mode    FILE_PIPE_QUEUE_OPERATION or FILE_PIPE_COMPLETE_OPERATION
 * @param inbound, outbound  bytes that may be written before they are read
 * @param timeout            of FSCTL_PIPE_WAIT by default: relative, 100 ns
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INSTANCE_NOT_AVAILABLE; STATUS_ACCESS_DENIED for a name whose
 *   pipes are of another kind; STATUS_OBJECT_NAME_NOT_FOUND; STATUS_INVALID_PARAMETER.
 * Source: Win32 documentation, CreateNamedPipe.
 */
NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE handle, ACCESS_MASK access,
                                     POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb,
                                     ULONG share, ULONG disposition, ULONG options, ULONG type,
                                     ULONG read_mode, ULONG completion_mode,
                                     ULONG maximum_instances, ULONG inbound, ULONG outbound,
                                     PLARGE_INTEGER timeout)
{
    NAMED_PIPE_CREATE_PARAMETERS parameters = {
        .NamedPipeType = type,
        .ReadMode = read_mode,
        .CompletionMode = completion_mode,
        .MaximumInstances = maximum_instances,
        .InboundQuota = inbound,
        .OutboundQuota = outbound,
        .TimeoutSpecified = timeout != NULL,
    };
    NTSTATUS status = STATUS_SUCCESS;

    if (timeout)
        status = ex_read_input(&parameters.DefaultTimeout, timeout, sizeof(*timeout), sizeof(ULONG),
                               ke_previous_mode());
    if (!NT_SUCCESS(status))
        return status;
    if (type & ~(ULONG)FILE_PIPE_TYPE_VALID_MASK || read_mode > FILE_PIPE_MESSAGE_MODE ||
        completion_mode > FILE_PIPE_COMPLETE_OPERATION || parameters.DefaultTimeout.QuadPart > 0)
        return STATUS_INVALID_PARAMETER;
    return IoCreateFile(handle, access, attributes, iosb, NULL, 0, share, disposition, options,
                        NULL, 0, CreateFileTypeNamedPipe, &parameters, 0);
}
NT_SERVICE(CreateNamedPipeFile, 14, PASSIVE_LEVEL, "pupppuuuuuuuup");
