/*
 * Handles that drivers open: whose they are, who closes them, and where they are used.
 */
#include "include/nt_export.h"
#include "kd/kd.h"
#include "vf/owned.h"

VF_RULE(leaked) = {
    .id = "RS-OBJ-003",
    .title = "handle is still open after the driver was unloaded",
    .severity = VF_ERROR,
    .advice = "call ZwClose for each handle, at the latest in DriverUnload",
    .rationale = "Nobody closes a handle of the System process when the driver that opened it is "
                 "gone: the object stays until the system restarts.",
    .reference = "Windows driver documentation, ZwClose",
};

VF_RULE(not_kernel_handle) = {
    .id = "RS-OBJ-004",
    .title = "handle opened in a program's process without OBJ_KERNEL_HANDLE",
    .severity = VF_WARNING,
    .advice = "pass OBJ_KERNEL_HANDLE in the object attributes",
    .rationale = "The handle is in the table of the process whose request is being served: the "
                 "program can use it with the access that the driver got, or close it and have "
                 "another object under its number.",
    .reference = "Windows driver documentation, Object Handles",
};

VF_RULE(wrong_process) = {
    .id = "RS-OBJ-005",
    .title = "handle used in another process than it belongs to",
    .severity = VF_ERROR,
    .advice = "take a reference with ObReferenceObjectByHandle while the request is served, and "
              "use the object on other threads",
    .rationale = "A handle is a number in the table of one process. On a system thread it is "
                 "invalid, or means another object.",
    .reference = "Windows driver documentation, Object Handles",
};

/* A kernel handle is a row of the System process, under its index in that table. */
#define LOW_BITS 0x7FFFFFFFull

static struct vf_owned *find(HANDLE handle, PEPROCESS process)
{
    for (struct vf_owned *row = vf_owned_next(NULL); row; row = vf_owned_next(row))
        if (row->kind == VF_HANDLE && row->key == (ULONG64)handle && row->extra == (ULONG64)process)
            return row;
    return NULL;
}

static const char *process_name(PEPROCESS process)
{
    return (const char *)process->ImageFileName;
}

/* The routines that open a handle for the driver itself, if it does not say otherwise. */
static BOOLEAN opens_for_driver(const struct nt_export *export)
{
    return strncmp(export->name, "Zw", 2) == 0 || strncmp(export->name, "IoCreateFile", 12) == 0 ||
           strcmp(export->name, "PsCreateSystemThread") == 0;
}

void vf_object_handle_opened(PEPROCESS process, HANDLE handle, BOOLEAN by_kernel, BOOLEAN copied)
{
    const struct vf_call *call = vf_call_of_thread();
    struct vf_owned *row = vf_owned_add(VF_HANDLE, (ULONG64)handle & LOW_BITS);

    if (!row)
        return;
    row->extra = (ULONG64)process;
    if (process == PsInitialSystemProcess || !by_kernel || copied || !call->export ||
        call->caller != row->place.frames[0] || !opens_for_driver(call->export))
        return;
    vf_report(&not_kernel_handle, "%s opened handle 0x%x in the process of %s", row->made_by,
              (ULONG)(ULONG64)handle, process_name(process));
}

void vf_object_handle_closed(PEPROCESS process, HANDLE handle)
{
    struct vf_owned *row = find(handle, process);

    if (row)
        vf_owned_remove(row);
}

static const struct vf_owned *opened_elsewhere(HANDLE handle, ULONG64 image)
{
    for (struct vf_owned *row = vf_owned_next(NULL); row; row = vf_owned_next(row))
        if (row->kind == VF_HANDLE && row->key == (ULONG64)handle && row->image == image &&
            row->extra != (ULONG64)ps_current_process() &&
            row->extra != (ULONG64)PsInitialSystemProcess)
            return row;
    return NULL;
}

void vf_object_handle_unknown(HANDLE handle)
{
    struct vf_place place;
    const struct vf_owned *row;
    PEPROCESS owner = NULL;

    vf_place_capture(&place);
    if (!vf_driver_of_place(&place))
        return;
    row = opened_elsewhere(handle, vf_driver_of_place(&place));
    if (row)
        owner = (PEPROCESS)row->extra;
    else if (ps_current_process() == PsInitialSystemProcess)
        owner = ob_handle_owner(handle);
    if (owner)
        vf_report_at(&wrong_process, &place, "opened by", row ? &row->place : NULL,
                     "handle 0x%x is one of %s, but it is used in the process of %s",
                     (ULONG)(ULONG64)handle, process_name(owner),
                     process_name(ps_current_process()));
}

void vf_object_handle_leaves(const struct vf_owned *row)
{
    if (row->extra == (ULONG64)PsInitialSystemProcess)
        vf_report_at(&leaked, &row->place, NULL, NULL,
                     "the driver was unloaded, and handle 0x%x that %s opened is still open",
                     (ULONG)row->key, row->made_by);
}
