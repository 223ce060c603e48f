/*
 * Keyed events: a meeting point. A thread that waits under a key and one that releases the same key
 * meet one to one; whoever comes first waits for the other. The key is any even number, as a rule
 * an address of the process; keys of different processes do not meet.
 */
#include "ex/ex_internal.h"

NTSTATUS NTAPI NtCreateKeyedEvent(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                  ULONG flags);
NTSTATUS NTAPI NtOpenKeyedEvent(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtWaitForKeyedEvent(HANDLE handle, PVOID key, BOOLEAN alertable,
                                   PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtReleaseKeyedEvent(HANDLE handle, PVOID key, BOOLEAN alertable,
                                   PLARGE_INTEGER timeout);

#define KEYED_EVENT_WAIT 0x0001
#define KEYED_EVENT_WAKE 0x0002
#define KEYED_EVENT_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | KEYED_EVENT_WAIT | KEYED_EVENT_WAKE)

struct keyed_event {
    LIST_ENTRY waiting;   /* struct meeting: NtWaitForKeyedEvent */
    LIST_ENTRY releasing; /* struct meeting: NtReleaseKeyedEvent */
};

/* A thread that waits for its partner; on its stack. */
struct meeting {
    LIST_ENTRY links;
    PEPROCESS process;
    PVOID key;
    BOOLEAN met;
    KEVENT event;
};

static void initialize(struct keyed_event *event)
{
    InitializeListHead(&event->waiting);
    InitializeListHead(&event->releasing);
}

void ex_keyed_event_initialize(void)
{
    static const struct ob_type_info info = {
        .name = L"KeyedEvent",
        .pool = PagedPool,
        .valid_access = KEYED_EVENT_ALL_ACCESS,
        .mapping = {STANDARD_RIGHTS_READ | KEYED_EVENT_WAIT,
                    STANDARD_RIGHTS_WRITE | KEYED_EVENT_WAKE, STANDARD_RIGHTS_EXECUTE,
                    KEYED_EVENT_ALL_ACCESS},
        .waitable_offset = OB_NOT_WAITABLE,
    };
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\KernelObjects\\CritSecOutOfMemoryEvent");
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, &name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    if (!NT_SUCCESS(ob_type_create(&info, &ex.keyed_event_type)) ||
        !NT_SUCCESS(ObCreateObject(KernelMode, ex.keyed_event_type, &attributes, KernelMode, NULL,
                                   sizeof(struct keyed_event), 0, 0, &ex.default_keyed_event)))
        kassert(!"the type KeyedEvent");
    initialize(ex.default_keyed_event);
    ObReferenceObject(ex.default_keyed_event);
    if (!NT_SUCCESS(
            ObInsertObject(ex.default_keyed_event, NULL, KEYED_EVENT_ALL_ACCESS, 0, NULL, NULL)))
        kassert(!"the default keyed event");
}

/*
 * Create a keyed event.
 * @param flags  must be 0
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_PARAMETER_4 or what ObInsertObject
 * returns.
 */
NTSTATUS NTAPI NtCreateKeyedEvent(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                  ULONG flags)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct keyed_event *event;
    NTSTATUS status;

    if (flags)
        return STATUS_INVALID_PARAMETER_4;
    status = ex_probe_output(handle, sizeof(*handle), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    status = ObCreateObject(mode, ex.keyed_event_type, attributes, mode, NULL, sizeof(*event), 0, 0,
                            (PVOID *)&event);
    if (!NT_SUCCESS(status))
        return status;
    initialize(event);
    return ex_object_publish(event, access, handle, mode);
}
NT_SERVICE(CreateKeyedEvent, 4, PASSIVE_LEVEL, "pupu");

/* Open a keyed event by name. IRQL: PASSIVE_LEVEL. */
NTSTATUS NTAPI NtOpenKeyedEvent(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes)
{
    return ex_object_open(handle, access, attributes, ex.keyed_event_type);
}
NT_SERVICE(OpenKeyedEvent, 3, PASSIVE_LEVEL, "pup");

static BOOLEAN meet(LIST_ENTRY *partners, PVOID key)
{
    for (LIST_ENTRY *link = partners->Flink; link != partners; link = link->Flink) {
        struct meeting *partner = CONTAINING_RECORD(link, struct meeting, links);

        if (partner->key != key || partner->process != ps_current_process())
            continue;
        RemoveEntryList(&partner->links);
        partner->met = TRUE;
        KeSetEvent(&partner->event, EVENT_INCREMENT, FALSE);
        return TRUE;
    }
    return FALSE;
}

static NTSTATUS wait_for_partner(LIST_ENTRY *mine, PVOID key, BOOLEAN alertable,
                                 PLARGE_INTEGER timeout)
{
    struct meeting meeting = {.process = ps_current_process(), .key = key};
    NTSTATUS status;

    KeInitializeEvent(&meeting.event, SynchronizationEvent, FALSE);
    InsertTailList(mine, &meeting.links);
    status =
        KeWaitForSingleObject(&meeting.event, WrKeyedEvent, ke_previous_mode(), alertable, timeout);
    if (meeting.met)
        return STATUS_SUCCESS;
    RemoveEntryList(&meeting.links);
    return status;
}

static NTSTATUS reference(HANDLE handle, ACCESS_MASK access, struct keyed_event **event)
{
    if (handle)
        return ObReferenceObjectByHandle(handle, access, ex.keyed_event_type, ke_previous_mode(),
                                         (PVOID *)event, NULL);
    *event = ex.default_keyed_event;
    ObReferenceObject(*event);
    return STATUS_SUCCESS;
}

static NTSTATUS run(HANDLE handle, ACCESS_MASK access, PVOID key, BOOLEAN alertable,
                    PLARGE_INTEGER timeout, BOOLEAN releases)
{
    struct keyed_event *event;
    LARGE_INTEGER captured;
    NTSTATUS status;

    if ((ULONG_PTR)key & 1)
        return STATUS_INVALID_PARAMETER_1;
    status = ex_capture_timeout(&timeout, &captured, timeout, ke_previous_mode());
    if (NT_SUCCESS(status))
        status = reference(handle, access, &event);
    if (!NT_SUCCESS(status))
        return status;
    if (!meet(releases ? &event->waiting : &event->releasing, key))
        status = wait_for_partner(releases ? &event->releasing : &event->waiting, key, alertable,
                                  timeout);
    ObDereferenceObject(event);
    return status;
}

/*
 * Wait until a thread of this process releases the key.
 * @param handle   NULL = the event that the system provides
 * @param key      an even number
 * @param timeout  NULL = for ever
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_ALERTED, STATUS_USER_APC,
 * STATUS_INVALID_PARAMETER_1 for an odd key, or what ObReferenceObjectByHandle returns.
 */
NTSTATUS NTAPI NtWaitForKeyedEvent(HANDLE handle, PVOID key, BOOLEAN alertable,
                                   PLARGE_INTEGER timeout)
{
    return run(handle, KEYED_EVENT_WAIT, key, alertable, timeout, FALSE);
}
NT_SERVICE(WaitForKeyedEvent, 4, PASSIVE_LEVEL, "hpbp");

/* Release one thread that waits for the key, waiting for one. As NtWaitForKeyedEvent. */
NTSTATUS NTAPI NtReleaseKeyedEvent(HANDLE handle, PVOID key, BOOLEAN alertable,
                                   PLARGE_INTEGER timeout)
{
    return run(handle, KEYED_EVENT_WAKE, key, alertable, timeout, TRUE);
}
NT_SERVICE(ReleaseKeyedEvent, 4, PASSIVE_LEVEL, "hpbp");
