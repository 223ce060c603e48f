/*
 * Event objects: a KEVENT with handles and, if wished, a name.
 */
#include "ex/ex_internal.h"

struct event_basic_information {
    ULONG EventType; /* EVENT_TYPE */
    LONG EventState;
};

NTSTATUS NTAPI NtCreateEvent(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                             EVENT_TYPE type, BOOLEAN state);
NTSTATUS NTAPI NtOpenEvent(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtSetEvent(HANDLE handle, PLONG previous);
NTSTATUS NTAPI NtClearEvent(HANDLE handle);
NTSTATUS NTAPI NtResetEvent(HANDLE handle, PLONG previous);
NTSTATUS NTAPI NtPulseEvent(HANDLE handle, PLONG previous);
NTSTATUS NTAPI NtQueryEvent(HANDLE handle, ULONG information_class, PVOID buffer, ULONG length,
                            PULONG return_length);

/*
 * Create an event.
 * @param handle      receives the handle
 * @param access      EVENT_ALL_ACCESS, EVENT_MODIFY_STATE | SYNCHRONIZE …
 * @param attributes  NULL = no name
 * @param type        NotificationEvent or SynchronizationEvent
 * @param state       TRUE = signaled
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_OBJECT_NAME_EXISTS with OBJ_OPENIF; STATUS_INVALID_PARAMETER for
 * another type; what ObInsertObject returns.
 * Source: Windows driver documentation, ZwCreateEvent.
 */
NTSTATUS NTAPI NtCreateEvent(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                             EVENT_TYPE type, BOOLEAN state)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PKEVENT event;
    NTSTATUS status = ex_probe_output(handle, sizeof(*handle), sizeof(ULONG), mode);

    if (!NT_SUCCESS(status))
        return status;
    if (type != NotificationEvent && type != SynchronizationEvent)
        return STATUS_INVALID_PARAMETER;
    status = ObCreateObject(mode, ex_event_type, attributes, mode, NULL, sizeof(*event), 0, 0,
                            (PVOID *)&event);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeEvent(event, type, state);
    return ex_object_publish(event, access, handle, mode);
}
NT_SERVICE(CreateEvent, 5, PASSIVE_LEVEL, "pupub");

/* Open an event by name. IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, ZwOpenEvent. */
NTSTATUS NTAPI NtOpenEvent(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes)
{
    return ex_object_open(handle, access, attributes, ex_event_type);
}
NT_SERVICE(OpenEvent, 3, PASSIVE_LEVEL, "pup");

/* Do one thing to the event of a handle and tell the state before, if asked. */
static NTSTATUS change_event(HANDLE handle, PLONG previous, LONG (*change)(PKEVENT event))
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PKEVENT event;
    LONG old;
    NTSTATUS status = STATUS_SUCCESS;

    if (previous)
        status = ex_probe_output(previous, sizeof(*previous), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(handle, EX_OBJECT_MODIFY_STATE, ex_event_type, mode,
                                           (PVOID *)&event, NULL);
    if (!NT_SUCCESS(status))
        return status;
    old = change(event);
    ObDereferenceObject(event);
    return previous ? ex_write_output(previous, &old, sizeof(old), mode) : STATUS_SUCCESS;
}

static LONG set(PKEVENT event)
{
    return KeSetEvent(event, EVENT_INCREMENT, FALSE);
}

static LONG reset(PKEVENT event)
{
    return KeResetEvent(event);
}

static LONG pulse(PKEVENT event)
{
    return KePulseEvent(event, EVENT_INCREMENT, FALSE);
}

/*
 * Signal an event.
 * @param previous  NULL or receives the state before
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS or what ObReferenceObjectByHandle returns.
 * Source: Windows driver documentation, ZwSetEvent.
 */
NTSTATUS NTAPI NtSetEvent(HANDLE handle, PLONG previous)
{
    return change_event(handle, previous, set);
}
NT_SERVICE(SetEvent, 2, PASSIVE_LEVEL, "hp");

/* Set to not signaled. Parameters and returns as NtSetEvent. */
NTSTATUS NTAPI NtResetEvent(HANDLE handle, PLONG previous)
{
    return change_event(handle, previous, reset);
}
NT_SERVICE(ResetEvent, 2, PASSIVE_LEVEL, "hp");

/* Set to not signaled, without the state before. Source: ntifs.h, ZwClearEvent. */
NTSTATUS NTAPI NtClearEvent(HANDLE handle)
{
    return change_event(handle, NULL, reset);
}
NT_SERVICE(ClearEvent, 1, PASSIVE_LEVEL, "h");

/* Free the waiters of this moment. Parameters and returns as NtSetEvent. */
NTSTATUS NTAPI NtPulseEvent(HANDLE handle, PLONG previous)
{
    return change_event(handle, previous, pulse);
}
NT_SERVICE(PulseEvent, 2, PASSIVE_LEVEL, "hp");

/*
 * Read type and state of an event.
 * @param information_class  0, EventBasicInformation
 * @param length             8
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_INFO_CLASS,
 * STATUS_INFO_LENGTH_MISMATCH, or what ObReferenceObjectByHandle returns.
 * Source: Windows Internals; the native interface's NtQueryEvent.
 */
NTSTATUS NTAPI NtQueryEvent(HANDLE handle, ULONG information_class, PVOID buffer, ULONG length,
                            PULONG return_length)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct event_basic_information information;
    PKEVENT event;
    NTSTATUS status;

    if (information_class != 0)
        return STATUS_INVALID_INFO_CLASS;
    if (length != sizeof(information))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = ObReferenceObjectByHandle(handle, EX_OBJECT_QUERY_STATE, ex_event_type, mode,
                                       (PVOID *)&event, NULL);
    if (!NT_SUCCESS(status))
        return status;
    information.EventType = event->Header.Type; /* EVENT_TYPE and the object's type agree */
    information.EventState = KeReadStateEvent(event);
    ObDereferenceObject(event);
    return ex_answer(buffer, length, return_length, &information, sizeof(information), mode);
}
NT_SERVICE(QueryEvent, 5, PASSIVE_LEVEL, "hupup");

static PKEVENT create_named_event(PUNICODE_STRING name, PHANDLE handle, EVENT_TYPE type)
{
    OBJECT_ATTRIBUTES attributes;
    PKEVENT event;

    InitializeObjectAttributes(&attributes, name,
                               OBJ_OPENIF | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwCreateEvent(handle, EVENT_ALL_ACCESS, &attributes, type, TRUE)))
        return NULL;
    if (!NT_SUCCESS(ObReferenceObjectByHandle(*handle, 0, ex_event_type, KernelMode,
                                              (PVOID *)&event, NULL)))
        return NULL;
    ObDereferenceObject(event);
    return event;
}

/*
 * Create or open a named event; a new one is signaled.
 * @param name    full path, \BaseNamedObjects\…
 * @param handle  receives a kernel handle, for ZwClose
 * IRQL: PASSIVE_LEVEL.
 * Returns the event, which lives as long as the handle (no reference), or NULL.
 * Source: Windows driver documentation, IoCreateNotificationEvent.
 */
PKEVENT NTAPI IoCreateNotificationEvent(PUNICODE_STRING name, PHANDLE handle)
{
    return create_named_event(name, handle, NotificationEvent);
}
NT_EXPORT(IoCreateNotificationEvent, PASSIVE_LEVEL, "Up");

/* As IoCreateNotificationEvent, for a synchronization event. */
PKEVENT NTAPI IoCreateSynchronizationEvent(PUNICODE_STRING name, PHANDLE handle)
{
    return create_named_event(name, handle, SynchronizationEvent);
}
NT_EXPORT(IoCreateSynchronizationEvent, PASSIVE_LEVEL, "Up");
