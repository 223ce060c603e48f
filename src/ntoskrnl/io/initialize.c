/* Boot of io: object types and root directories' inhabitants; and system threads for one call. */
#include "fs/fs.h"
#include "io/io_internal.h"
#include "vf/irp.h"
#include "vf/vf.h"

static const GENERIC_MAPPING file_mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE,
                                             FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};

PGENERIC_MAPPING NTAPI IoGetFileObjectGenericMapping(VOID)
{
    return (PGENERIC_MAPPING)&file_mapping;
}
NT_EXPORT(IoGetFileObjectGenericMapping, PASSIVE_LEVEL, "");

void io_initialize(void)
{
    struct ob_type_info device = {.name = L"Device",
                                  .pool = NonPagedPool,
                                  .valid_access = FILE_ALL_ACCESS,
                                  .mapping = file_mapping,
                                  .waitable_offset = OB_NOT_WAITABLE,
                                  .parse = io_parse_device,
                                  .destroy = io_delete_device};
    struct ob_type_info driver = {.name = L"Driver",
                                  .pool = NonPagedPool,
                                  .valid_access = FILE_ALL_ACCESS,
                                  .mapping = file_mapping,
                                  .waitable_offset = OB_NOT_WAITABLE,
                                  .destroy = io_delete_driver};
    struct ob_type_info file = {.name = L"File",
                                .pool = NonPagedPool,
                                .valid_access = FILE_ALL_ACCESS,
                                .mapping = file_mapping,
                                .waitable_offset = FIELD_OFFSET(FILE_OBJECT, Event),
                                .maintain_handle_count = TRUE,
                                .foreign_security = TRUE,
                                .parse = io_parse_file,
                                .close = io_close_file,
                                .destroy = io_delete_file,
                                .query_name = io_query_file_name,
                                .secured = io_file_secured};

    if (!NT_SUCCESS(ob_type_create(&device, &IoDeviceObjectTypeObject)) ||
        !NT_SUCCESS(ob_type_create(&driver, &IoDriverObjectTypeObject)) ||
        !NT_SUCCESS(ob_type_create(&file, &IoFileObjectTypeObject)))
        kassert(!"the object types of io");
    InitializeListHead(&io.shutdown);
    InitializeListHead(&io.last_chance_shutdown);
    InitializeListHead(&io.reinitializations);
    InitializeListHead(&io.unloads);
    InitializeListHead(&io.timers);
    InitializeListHead(&io.file_systems);
    InitializeListHead(&io.file_system_changes);
    fs_initialize();
}

struct system_call_context {
    NTSTATUS (*function)(PVOID);
    PVOID context;
    NTSTATUS status;
};

static VOID NTAPI run(PVOID argument)
{
    struct system_call_context *call = argument;

    call->status = call->function(call->context);
}

NTSTATUS io_run_on_system_thread(NTSTATUS (*function)(PVOID), PVOID context)
{
    struct system_call_context call = {.function = function, .context = context};
    PETHREAD thread;
    NTSTATUS status = ps_create_thread(PsInitialSystemProcess, run, &call, &thread);

    if (!NT_SUCCESS(status))
        return status;
    ObReferenceObject(thread);
    ke_thread_ready(&thread->Tcb);
    KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(thread);
    return call.status;
}
