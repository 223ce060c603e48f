/*
 * What a driver leaves behind when it is unloaded, or when its DriverEntry fails: one table says
 * what there is, how it is found, and which rule it breaks.
 *
 * Most is in the table of what drivers own, since the call that made it; devices, threads, timers
 * and queues are asked for in the kernel, and the table tells only where they come from.
 */
#include "ex/ex.h"
#include "io/io.h"
#include "kd/kd.h"
#include "ke/ke_internal.h"
#include "vf/owned.h"

#define UNLOAD_RATIONALE                                                                           \
    "The driver's code and data are unmapped after DriverUnload, and after a DriverEntry that "    \
    "fails (DriverUnload is not called then). "

VF_RULE(device_left) = {
    .id = "RS-LOAD-001",
    .title = "device object left behind",
    .severity = VF_ERROR,
    .advice = "call IoDeleteDevice in DriverUnload, and before DriverEntry returns an error",
    .rationale = UNLOAD_RATIONALE "A device object that stays keeps the driver in memory.",
    .reference = "Windows driver documentation, Writing an Unload Routine",
};

VF_RULE(link_left) = {
    .id = "RS-LOAD-002",
    .title = "symbolic link left behind",
    .severity = VF_ERROR,
    .advice = "call IoDeleteSymbolicLink in DriverUnload, and before DriverEntry returns an error",
    .rationale = "The link leads nowhere, and IoCreateSymbolicLink fails when the driver is "
                 "loaded again.",
    .reference = "Windows driver documentation, IoDeleteSymbolicLink",
};

VF_RULE(thread_left) = {
    .id = "RS-LOAD-004",
    .title = "system thread is still running",
    .severity = VF_ERROR,
    .bug_check = "0xCE DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS",
    .advice = "signal the thread to end, and wait for its thread object in DriverUnload",
    .rationale = UNLOAD_RATIONALE "A thread that goes on in it has no code to run.",
    .reference = "Windows driver documentation, PsCreateSystemThread",
};

VF_RULE(timer_left) = {
    .id = "RS-LOAD-005",
    .title = "timer, DPC or work item is still queued",
    .severity = VF_ERROR,
    .bug_check = "0xC7 TIMER_OR_DPC_INVALID",
    .advice =
        "call KeCancelTimer and KeFlushQueuedDpcs, or ExDeleteTimer, and wait for work items, in "
        "DriverUnload",
    .rationale = UNLOAD_RATIONALE "What is queued calls a routine that is no longer there.",
    .reference = "Windows driver documentation, Writing an Unload Routine",
};

VF_RULE(callback_left) = {
    .id = "RS-LOAD-006",
    .title = "notify routine or callback is still registered",
    .severity = VF_ERROR,
    .bug_check = "0xCE DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS",
    .advice = "undo the registration in DriverUnload, and before DriverEntry returns an error",
    .rationale = UNLOAD_RATIONALE "The system goes on calling the routine.",
    .reference = "Windows driver documentation, Writing an Unload Routine",
};

VF_RULE(no_unload) = {
    .id = "RS-LOAD-007",
    .title = "driver has no unload routine",
    .severity = VF_NOTE,
    .advice = "set DriverObject->DriverUnload in DriverEntry",
    .rationale = "A driver without one stays until the system restarts: it can be neither stopped "
                 "nor updated.",
    .reference = "Windows driver documentation, Writing an Unload Routine",
};

VF_RULE(structure_left) = {
    .id = "RS-LOAD-012",
    .title = "lookaside list or resource is not deleted",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "call ExDelete…LookasideList or ExDeleteResourceLite before its memory goes",
    .rationale = "The system links these structures in lists of its own, and walks them after "
                 "their memory is freed.",
    .reference = "Windows driver documentation, Using Lookaside Lists",
};

VF_RULE(interrupt_left) = {
    .id = "RS-LOAD-013",
    .title = "interrupt is still connected",
    .severity = VF_ERROR,
    .bug_check = "0xCE DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS",
    .advice = "call IoDisconnectInterrupt before the driver is unloaded",
    .rationale = UNLOAD_RATIONALE "The next interrupt calls a service routine that is not there.",
    .reference = "Windows driver documentation, IoDisconnectInterrupt",
};

VF_RULE(allocation_left) = {
    .id = "RS-LOAD-014",
    .title = "IRP, MDL, work item or mapping is not freed",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "free it by the routine that belongs to the one that made it (IoFreeIrp, IoFreeMdl, "
              "IoFreeWorkItem, MmFreeContiguousMemory, MmUnmapIoSpace …), at the latest in "
              "DriverUnload, and on every path on which DriverEntry fails",
    .rationale =
        "Nobody frees it when the driver is gone. An MDL may keep pages locked, too, and a "
        "mapping takes addresses that are scarce.",
    .reference = "Windows driver documentation, Writing an Unload Routine; IoFreeMdl",
};

/* A driver that goes. */
struct leaver {
    PDRIVER_OBJECT driver;
    ULONG64 start, end;  /* of its image */
    const void *routine; /* DriverUnload or DriverEntry: the place of what was made elsewhere */
    const char *when;
};

struct belonging {
    const struct vf_rule *rule;
    enum vf_owned_kind kind;
    const char *what;
    void (*find)(const struct leaver *leaver, const struct belonging *what);
};

static BOOLEAN is_of(const struct leaver *leaver, ULONG64 address)
{
    return address >= leaver->start && address < leaver->end;
}

/* Found in the kernel: the table knows where it was made, when it was made under the verifier. */
static void report_found(const struct leaver *leaver, const struct belonging *what, ULONG64 key,
                         const char *name)
{
    const struct vf_owned *row = vf_owned_find(what->kind, key, leaver->start);
    struct vf_place place;

    vf_place_of_routine(&place, leaver->routine);
    vf_report_at(what->rule, row ? &row->place : &place, NULL, NULL, "after %s: %s %s",
                 leaver->when, what->what, name);
}

static void find_rows(const struct leaver *leaver, const struct belonging *what)
{
    char name[3 * VF_NAME_UNITS];

    for (struct vf_owned *row = vf_owned_next(NULL); row; row = vf_owned_next(row)) {
        UNICODE_STRING text = {row->name_bytes, row->name_bytes, row->name};

        if (row->image != leaver->start || row->kind != what->kind)
            continue;
        kd_to_utf8(&text, name, sizeof(name));
        vf_report_at(what->rule, &row->place, NULL, NULL, "after %s: %s%s%s, made by %s",
                     leaver->when, what->what, *name ? " " : "", name, row->made_by);
    }
}

static void find_references(const struct leaver *leaver, const struct belonging *what)
{
    for (struct vf_owned *row = vf_owned_next(NULL); row; row = vf_owned_next(row))
        if (row->image == leaver->start && row->kind == what->kind)
            (row->kind == VF_REFERENCE ? vf_object_references_leave : vf_object_handle_leaves)(row);
}

static void find_devices(const struct leaver *leaver, const struct belonging *what)
{
    for (PDEVICE_OBJECT device = leaver->driver->DeviceObject; device;
         device = device->NextDevice) {
        char name[128];

        kd_to_utf8(ob_name_of(device), name, sizeof(name));
        if (!io_device_is_deleted(device))
            report_found(leaver, what, (ULONG64)device, *name ? name : "without a name");
    }
}

static void find_threads(const struct leaver *leaver, const struct belonging *what)
{
    LIST_ENTRY *head = &PsInitialSystemProcess->ThreadListHead;

    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        PETHREAD thread = CONTAINING_RECORD(link, struct _ETHREAD, ThreadListEntry);
        char number[16];

        kd_format(number, sizeof(number), "%u", (ULONG)(ULONG_PTR)thread->Cid.UniqueThread);
        if (is_of(leaver, (ULONG64)thread->StartAddress))
            report_found(leaver, what, (ULONG64)thread->StartAddress, number);
    }
}

static void find_timers(const struct leaver *leaver, const struct belonging *what)
{
    for (LIST_ENTRY *link = ke.timer_list.Flink; link != &ke.timer_list; link = link->Flink) {
        PKTIMER timer = CONTAINING_RECORD(link, KTIMER, TimerListEntry);
        PKDPC dpc = timer->Dpc > KI_WAIT_TIMER ? timer->Dpc : NULL;

        if (is_of(leaver, (ULONG64)timer) || is_of(leaver, (ULONG64)dpc) ||
            (dpc && is_of(leaver, (ULONG64)dpc->DeferredRoutine)))
            report_found(leaver, what, (ULONG64)timer, "is set");
    }
}

static void find_dpcs(const struct leaver *leaver, const struct belonging *what)
{
    for (ULONG i = 0; i < ke.processor_count; i++) {
        LIST_ENTRY *head = &ke.processors[i]->DpcListHead;

        for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
            PKDPC dpc = CONTAINING_RECORD(link, KDPC, DpcListEntry);

            if (is_of(leaver, (ULONG64)dpc->DeferredRoutine))
                report_found(leaver, what, (ULONG64)dpc, "is queued");
        }
    }
}

static void find_work_items(const struct leaver *leaver, const struct belonging *what)
{
    PWORK_QUEUE_ITEM item = ex_work_item_of(leaver->start, leaver->end);

    if (item)
        report_found(leaver, what, (ULONG64)item, "is queued");
}

/* The driver stays loaded until a routine has returned that runs now, and may free its own. */
static void find_io_work_items(const struct leaver *leaver, const struct belonging *what)
{
    if (io_work_items_in_flight() == 0)
        find_rows(leaver, what);
}

static const struct belonging belongings[] = {
    {&device_left, VF_DEVICE, "device", find_devices},
    {&link_left, VF_LINK, "symbolic link", find_rows},
    {&thread_left, VF_THREAD, "system thread", find_threads},
    {&timer_left, VF_TIMER, "a timer", find_timers},
    {&timer_left, VF_DPC, "a DPC", find_dpcs},
    {&timer_left, VF_WORK_ITEM, "a work item", find_work_items},
    {&timer_left, VF_EX_TIMER, "a timer", find_rows},
    {&allocation_left, VF_ALLOCATION, "an allocation", find_rows},
    {&allocation_left, VF_IO_WORK_ITEM, "a work item", find_io_work_items},
    {&callback_left, VF_CALLBACK, "a registration", find_rows},
    {&structure_left, VF_STRUCTURE, "a structure", find_rows},
    {&interrupt_left, VF_INTERRUPT, "an interrupt", find_rows},
    {NULL, VF_REFERENCE, NULL, find_references},
    {NULL, VF_HANDLE, NULL, find_references},
};

/* The image's addresses may be another driver's soon. */
static void forget(ULONG64 image)
{
    for (struct vf_owned *row = vf_owned_next(NULL); row; row = vf_owned_next(row))
        if (row->image == image)
            vf_owned_remove(row);
}

static void check(PDRIVER_OBJECT driver, const void *routine, const char *when)
{
    struct leaver leaver = {.driver = driver,
                            .start = (ULONG64)driver->DriverStart,
                            .end = (ULONG64)driver->DriverStart + driver->DriverSize,
                            .routine = routine,
                            .when = when};

    for (ULONG i = 0; i < ARRAY_COUNT(belongings); i++)
        belongings[i].find(&leaver, &belongings[i]);
    forget(leaver.start);
}

void vf_load_entry_returned(PDRIVER_OBJECT driver, BOOLEAN success)
{
    struct vf_place place;

    vf_load_entry_begins(NULL);
    if (!success) {
        check(driver, (const void *)driver->DriverInit, "DriverEntry failed");
    } else if (!driver->DriverUnload) {
        vf_place_of_routine(&place, (const void *)driver->DriverInit);
        vf_report_at(&no_unload, &place, NULL, NULL, "DriverEntry set no DriverUnload");
    }
}

void vf_load_unload_returned(PDRIVER_OBJECT driver)
{
    check(driver, (const void *)driver->DriverUnload, "DriverUnload");
}

/* ---- what is taken and given back ---- */

void vf_load_kept(enum vf_owned_kind kind, ULONG64 key)
{
    struct vf_owned *row = vf_owned_find(kind, key, 0);

    if (row)
        vf_owned_remove(row);
    vf_owned_add(kind, key);
}

void vf_load_allocated(ULONG64 key, const void *caller)
{
    if (vf_driver_at((ULONG64)caller))
        vf_load_kept(VF_ALLOCATION, key);
}

void vf_load_given_back(enum vf_owned_kind kind, ULONG64 key)
{
    struct vf_owned *row = vf_owned_find(kind, key, 0);

    if (row)
        vf_owned_remove(row);
}

void vf_load_link_created(PCUNICODE_STRING name)
{
    struct vf_owned *row;

    vf_load_link_deleted(name);
    if (name->Length > sizeof(row->name))
        return;
    row = vf_owned_add(VF_LINK, 0);
    if (!row)
        return;
    row->name_bytes = name->Length;
    RtlCopyMemory(row->name, name->Buffer, name->Length);
}

/* \DosDevices\Name and \??\Name are the same link. */
void vf_load_link_deleted(PCUNICODE_STRING name)
{
    UNICODE_STRING wanted = io_name_last_part(name);

    for (struct vf_owned *row = vf_owned_next(NULL); row; row = vf_owned_next(row)) {
        UNICODE_STRING whole = {row->name_bytes, row->name_bytes, row->name};
        UNICODE_STRING part = io_name_last_part(&whole);

        if (row->kind == VF_LINK && RtlEqualUnicodeString(&part, &wanted, TRUE))
            vf_owned_remove(row);
    }
}
