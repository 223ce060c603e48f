/*
 * RS-ACC-004: the sender of a request chooses a process, and the driver gives it a handle or a
 * pointer to it, or ends it. A driver may rightly look a process up for a request, so this is
 * only found when the output of the request holds the handle or the address.
 */
#include "io/io.h"
#include "kd/kd.h"
#include "kd/trace.h"
#include "ps/ps.h"
#include "vf/access_internal.h"

VF_RULE(process) = {
    .id = "RS-ACC-004",
    .title = "user input chooses a process that is ended or handed out",
    .severity = VF_ERROR,
    .bug_check = NULL,
    .advice = "open the process with OBJ_FORCE_ACCESS_CHECK for the rights that the program itself "
              "has, and return neither handles nor addresses of the kernel",
    .rationale =
        "A driver opens every process with all rights. Through it a program without rights ends "
        "protected ones, such as those of security software, or takes them over.",
    .reference = "Windows driver documentation, Windows driver security checklist",
};

/* What a request does with a process or thread that its sender chose. */
static void remember(HANDLE id, BOOLEAN checked)
{
    struct vf_access_field field;

    if (!vf_access_equal((ULONG64)id, &field))
        return;
    field.request->process_id = id;
    field.request->process_checked = checked;
    field.request->process_offset = field.offset;
    field.request->process_size = field.size;
}

/* (ProcessHandle, DesiredAccess, ObjectAttributes, ClientId) */
void vf_access_open_process(const char *name, const ULONG64 *arguments)
{
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID client;

    (void)name;
    if (kd_trace_peek(arguments[3], &client, sizeof(client)) != sizeof(client) ||
        kd_trace_peek(arguments[2], &attributes, sizeof(attributes)) != sizeof(attributes))
        return;
    remember(client.UniqueThread ? client.UniqueThread : client.UniqueProcess,
             (attributes.Attributes & OBJ_FORCE_ACCESS_CHECK) != 0);
}

void vf_access_look_up_process(const char *name, const ULONG64 *arguments)
{
    (void)name;
    remember((HANDLE)arguments[0], FALSE);
}

/*
 * (Object, HandleAttributes, PassedAccessState, DesiredAccess, ObjectType, AccessMode, Handle)
 * The object is only compared: it may be none.
 */
void vf_access_open_object(const char *name, const ULONG64 *arguments)
{
    struct vf_access_request *request;

    (void)name;
    if ((UCHAR)arguments[5] != UserMode)
        return;
    request = vf_access_of_process((const void *)arguments[0]);
    if (request)
        request->process_checked = TRUE;
}

/* The sender's own rights were what the process was opened with. */
static BOOLEAN was_checked(const struct vf_access_request *request, HANDLE id)
{
    return request->process_id == id && request->process_checked;
}

/* (ProcessHandle, ExitStatus) */
void vf_access_end_process(const char *name, const ULONG64 *arguments)
{
    struct vf_access_field field;
    ACCESS_MASK granted;
    PEPROCESS target =
        ob_handle_peek((HANDLE)arguments[0], 0, ps_process_type, KernelMode, &granted);

    if (target && vf_access_equal((ULONG64)target->UniqueProcessId, &field) &&
        !was_checked(field.request, target->UniqueProcessId))
        vf_access_reached(&process, MACHINE_REACH_PROCESS, &field, NULL,
                          (ULONG64)target->UniqueProcessId, name, "ProcessHandle");
}

/* ---- what the request returns ---- */

static ULONG64 output_of(PIRP irp)
{
    if (irp->MdlAddress)
        return irp->MdlAddress->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)
                   ? (ULONG64)irp->MdlAddress->MappedSystemVa
                   : 0;
    if (irp->AssociatedIrp.SystemBuffer)
        return (ULONG64)irp->AssociatedIrp.SystemBuffer;
    return (ULONG64)irp->UserBuffer;
}

/* A handle of the sender's own process that leads to the one with the id. */
static BOOLEAN is_handle(ULONG64 value, PVOID object)
{
    ACCESS_MASK granted;

    return value != 0 && value <= MAXLONG && value % 4 == 0 &&
           ob_handle_peek((HANDLE)value, 0, NULL, KernelMode, &granted) == object;
}

static void hand_out(const struct vf_access_request *request, ULONG offset, const char *what)
{
    struct vf_access_field field = {(struct vf_access_request *)request, request->process_offset,
                                    request->process_size, (ULONG64)request->process_id};
    char parameter[32];

    kd_format(parameter, sizeof(parameter), "%s at byte %u", what, offset);
    vf_access_reached(&process, MACHINE_REACH_PROCESS, &field, NULL, field.value, "the output",
                      parameter);
}

void vf_access_check_output(const struct vf_access_request *request, PIRP irp)
{
    UCHAR output[VF_ACCESS_INPUT];
    PVOID object = request->process_id ? ps_id_lookup(request->process_id) : NULL;
    ULONG size, narrow;
    ULONG64 from, wide;

    if (!object || request->major != IRP_MJ_DEVICE_CONTROL)
        return;
    from = output_of(irp);
    size = (ULONG)min(irp->IoStatus.Information, sizeof(output));
    size = from ? kd_trace_peek(from, output, size) : 0;
    for (ULONG offset = 0; offset + sizeof(narrow) <= size; offset += sizeof(narrow)) {
        RtlCopyMemory(&narrow, output + offset, sizeof(narrow));
        wide = 0;
        if (offset + sizeof(wide) <= size)
            RtlCopyMemory(&wide, output + offset, sizeof(wide));
        if (wide == (ULONG64)object)
            hand_out(request, offset, "address");
        else if (!request->process_checked && request->thread == ps_current_thread() &&
                 is_handle(narrow, object))
            hand_out(request, offset, "handle");
    }
}
