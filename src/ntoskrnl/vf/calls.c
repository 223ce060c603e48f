/*
 * Exports by which a driver takes and gives back, by name: one table, resolved once to a byte for
 * each export.
 */
#include "include/nt_export.h"
#include "vf/owned.h"

extern const struct nt_export nt_export_first, nt_export_last; /* ends of the rows: ke/startup.c */

#define EXPORT_LIMIT 8192 /* exports behind are not watched */

/* Where in the arguments the key of the row stands, and what happens to it. */
enum action { CALL, KEEP, GIVE_BACK };

struct watched {
    const char *name;
    enum action action;
    enum vf_owned_kind kind;
    UCHAR key_argument;
    void (*call)(const ULONG64 *arguments);
};

static void wmi_registration(const ULONG64 *arguments)
{
    if ((ULONG)arguments[1] == WMIREG_ACTION_REGISTER)
        vf_load_kept(VF_CALLBACK, arguments[0]);
    else if ((ULONG)arguments[1] == WMIREG_ACTION_DEREGISTER)
        vf_load_given_back(VF_CALLBACK, arguments[0]);
}

static const struct watched watched[] = {
    {"", CALL, VF_FREE, 0, NULL},
    {"ObfReferenceObject", CALL, VF_FREE, 0, vf_object_reference_called},
    {"ObfReferenceObjectWithTag", CALL, VF_FREE, 0, vf_object_reference_called},
    {"ObReferenceObjectByPointer", CALL, VF_FREE, 0, vf_object_reference_by_pointer_called},
    {"ObReferenceObjectByPointerWithTag", CALL, VF_FREE, 0, vf_object_reference_by_pointer_called},
    {"ObfDereferenceObject", CALL, VF_FREE, 0, vf_object_dereference_called},
    {"ObfDereferenceObjectWithTag", CALL, VF_FREE, 0, vf_object_dereference_called},
    {"ObDereferenceObjectDeferDelete", CALL, VF_FREE, 0, vf_object_dereference_called},
    {"ObDereferenceObjectDeferDeleteWithTag", CALL, VF_FREE, 0, vf_object_dereference_called},
    {"PsDereferencePrimaryToken", CALL, VF_FREE, 0, vf_object_dereference_called},
    {"PsDereferenceImpersonationToken", CALL, VF_FREE, 0, vf_object_dereference_called},
    {"ObReferenceObjectByHandle", CALL, VF_FREE, 0, vf_object_by_handle_called},
    {"ObReferenceObjectByHandleWithTag", CALL, VF_FREE, 0, vf_object_by_handle_called},
    {"ProbeForRead", CALL, VF_FREE, 0, vf_object_probe_called},
    {"ProbeForWrite", CALL, VF_FREE, 0, vf_object_probe_called},
    {"PsCreateSystemThread", KEEP, VF_THREAD, 5, NULL},
    {"KeSetTimer", KEEP, VF_TIMER, 0, NULL},
    {"KeSetTimerEx", KEEP, VF_TIMER, 0, NULL},
    {"KeSetCoalescableTimer", KEEP, VF_TIMER, 0, NULL},
    {"KeCancelTimer", GIVE_BACK, VF_TIMER, 0, NULL},
    {"KeInsertQueueDpc", KEEP, VF_DPC, 0, NULL},
    {"ExQueueWorkItem", KEEP, VF_WORK_ITEM, 0, NULL},
    {"IoWMIRegistrationControl", CALL, VF_FREE, 0, wmi_registration},
    {"CmUnRegisterCallback", GIVE_BACK, VF_CALLBACK, 0, NULL},
    {"ObUnRegisterCallbacks", GIVE_BACK, VF_CALLBACK, 0, NULL},
    {"ExUnregisterCallback", GIVE_BACK, VF_CALLBACK, 0, NULL},
    {"IoUnregisterPlugPlayNotification", GIVE_BACK, VF_CALLBACK, 0, NULL},
    {"IoUnregisterPlugPlayNotificationEx", GIVE_BACK, VF_CALLBACK, 0, NULL},
    {"PoUnregisterPowerSettingCallback", GIVE_BACK, VF_CALLBACK, 0, NULL},
    {"EtwUnregister", GIVE_BACK, VF_CALLBACK, 0, NULL},
    {"KeDeregisterBugCheckCallback", GIVE_BACK, VF_CALLBACK, 0, NULL},
    {"KeDeregisterBugCheckReasonCallback", GIVE_BACK, VF_CALLBACK, 0, NULL},
    {"KeDeregisterNmiCallback", GIVE_BACK, VF_CALLBACK, 0, NULL},
    {"KeDeregisterProcessorChangeCallback", GIVE_BACK, VF_CALLBACK, 0, NULL},
    {"IoUnregisterFsRegistrationChange", GIVE_BACK, VF_CALLBACK, 1, NULL},
    {"ExDeleteTimer", GIVE_BACK, VF_EX_TIMER, 0, NULL},
    {"IoFreeWorkItem", GIVE_BACK, VF_IO_WORK_ITEM, 0, NULL},
    {"MmFreeContiguousMemory", GIVE_BACK, VF_ALLOCATION, 0, NULL},
    {"MmFreeContiguousMemorySpecifyCache", GIVE_BACK, VF_ALLOCATION, 0, NULL},
    {"MmFreePagesFromMdl", GIVE_BACK, VF_ALLOCATION, 0, NULL},
    {"MmUnmapIoSpace", GIVE_BACK, VF_ALLOCATION, 0, NULL},
    {"ExInitializeNPagedLookasideList", KEEP, VF_STRUCTURE, 0, NULL},
    {"ExInitializePagedLookasideList", KEEP, VF_STRUCTURE, 0, NULL},
    {"ExInitializeResourceLite", KEEP, VF_STRUCTURE, 0, NULL},
    {"ExDeleteNPagedLookasideList", GIVE_BACK, VF_STRUCTURE, 0, NULL},
    {"ExDeletePagedLookasideList", GIVE_BACK, VF_STRUCTURE, 0, NULL},
    {"ExDeleteLookasideListEx", GIVE_BACK, VF_STRUCTURE, 0, NULL},
    {"ExDeleteResourceLite", GIVE_BACK, VF_STRUCTURE, 0, NULL},
};

/* Numbers that are no index of the table. */
#define NT_SERVICE_CALL 254
#define ZW_SERVICE_CALL 255
C_ASSERT(ARRAY_COUNT(watched) < NT_SERVICE_CALL);

static struct {
    UCHAR index[EXPORT_LIMIT]; /* by export: of the table; 0 = not watched */
    BOOLEAN resolved;
} calls;

static UCHAR index_of(const char *name)
{
    for (UCHAR i = 1; i < ARRAY_COUNT(watched); i++)
        if (strcmp(watched[i].name, name) == 0)
            return i;
    if (strncmp(name, "Zw", 2) == 0)
        return ZW_SERVICE_CALL;
    return strncmp(name, "Nt", 2) == 0 ? NT_SERVICE_CALL : 0;
}

static void resolve(void)
{
    const struct nt_export *row = &nt_export_first + 1;

    for (ULONG i = 1; row < &nt_export_last && i < EXPORT_LIMIT; row++, i++)
        if (row->name)
            calls.index[i] = index_of(row->name);
    calls.resolved = TRUE;
}

static void act(const struct watched *row, const ULONG64 *arguments)
{
    if (row->action == KEEP)
        vf_load_kept(row->kind, arguments[row->key_argument]);
    else if (row->action == GIVE_BACK)
        vf_load_given_back(row->kind, arguments[row->key_argument]);
    else
        row->call(arguments);
}

void vf_driver_called(const struct nt_export *export, const ULONG64 *arguments)
{
    struct vf_call *call = vf_call_of_thread();
    ULONG64 number = (ULONG64)(export - &nt_export_first);
    UCHAR index;

    call->export = export;
    call->caller = arguments[-1];
    if (!calls.resolved)
        resolve();
    index = number < EXPORT_LIMIT ? calls.index[number] : 0;
    if (__builtin_expect(index == 0, 1))
        return;
    if (index == NT_SERVICE_CALL)
        vf_object_nt_called(export, arguments);
    else if (index == ZW_SERVICE_CALL)
        vf_object_zw_called(export, arguments);
    else
        act(&watched[index], arguments);
}
