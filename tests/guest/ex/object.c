/*
 * Events and timers with handles and names, and waits on handles.
 */
#include "../ke/thread.h"

#ifndef TIMER_ALL_ACCESS
#define TIMER_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3)
#endif

static OBJECT_ATTRIBUTES named(PUNICODE_STRING name, PCWSTR text, ULONG attributes)
{
    OBJECT_ATTRIBUTES result;

    RtlInitUnicodeString(name, text);
    InitializeObjectAttributes(&result, name, OBJ_KERNEL_HANDLE | attributes, NULL, NULL);
    return result;
}

static HANDLE create_event(EVENT_TYPE type, BOOLEAN state)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE event = NULL;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, type, state), STATUS_SUCCESS);
    return event;
}

static NTSTATUS poll_handle(HANDLE handle)
{
    LARGE_INTEGER zero = {.QuadPart = 0};

    return ZwWaitForSingleObject(handle, FALSE, &zero);
}

GUEST_TEST(event_handles)
{
    HANDLE event = create_event(SynchronizationEvent, FALSE);
    LONG previous = -1;

    ok_eq_status(poll_handle(event), STATUS_TIMEOUT);
    ok_eq_status(ZwSetEvent(event, &previous), STATUS_SUCCESS);
    ok_eq_int(previous, 0);
    ok_eq_status(ZwSetEvent(event, &previous), STATUS_SUCCESS);
    ok_eq_int(previous, 1);
    ok_eq_status(poll_handle(event), STATUS_SUCCESS);
    ok_eq_status(poll_handle(event), STATUS_TIMEOUT);
    ZwSetEvent(event, NULL);
    ok_eq_status(ZwClearEvent(event), STATUS_SUCCESS);
    ok_eq_status(poll_handle(event), STATUS_TIMEOUT);
    ZwClose(event);
    ok_eq_status(ZwSetEvent((HANDLE)(LONG_PTR)0xFFFFFFFF80001230, NULL), STATUS_INVALID_HANDLE);
    ok_eq_status(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, (EVENT_TYPE)5, FALSE),
                 STATUS_INVALID_PARAMETER);
}

GUEST_TEST(event_names)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = named(&name, L"\\BaseNamedObjects\\RingsideGuestEvent", 0);
    HANDLE event = NULL, other = NULL;

    ok_eq_status(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &attributes), STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, TRUE),
                 STATUS_SUCCESS);
    ok_eq_status(ZwCreateEvent(&other, EVENT_ALL_ACCESS, &attributes, NotificationEvent, TRUE),
                 STATUS_OBJECT_NAME_COLLISION);
    attributes.Attributes |= OBJ_OPENIF;
    ok_eq_status(ZwCreateEvent(&other, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                 STATUS_OBJECT_NAME_EXISTS);
    ok_eq_status(poll_handle(other), STATUS_SUCCESS); /* the one that exists is signaled */
    ZwClose(other);
    ok_eq_status(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &attributes), STATUS_SUCCESS);
    ZwClose(other);
    ZwClose(event);
    ok_eq_status(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &attributes), STATUS_OBJECT_NAME_NOT_FOUND);
}

GUEST_TEST(event_object)
{
    HANDLE event = create_event(NotificationEvent, FALSE);
    PKEVENT object = NULL;

    ok_eq_status(ObReferenceObjectByHandle(event, EVENT_MODIFY_STATE, *ExEventObjectType,
                                           KernelMode, (PVOID *)&object, NULL),
                 STATUS_SUCCESS);
    KeSetEvent(object, 0, FALSE);
    ok_eq_status(poll_handle(event), STATUS_SUCCESS);
    ObDereferenceObject(object);
    ok_eq_status(
        ObReferenceObjectByHandle(event, 0, *PsThreadType, KernelMode, (PVOID *)&object, NULL),
        STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(event);
}

GUEST_TEST(io_events)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\RingsideGuestIoEvent");
    HANDLE handle = NULL, again = NULL;
    PKEVENT event = IoCreateSynchronizationEvent(&name, &handle);

    ok(event != NULL, "created");
    ok_eq_int(KeReadStateEvent(event), 1);
    ok(IoCreateSynchronizationEvent(&name, &again) == event, "opened");
    ZwClose(again);
    ZwClose(handle);
}

GUEST_TEST(timer_handles)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE timer = NULL;
    LARGE_INTEGER due = {.QuadPart = MILLISECONDS(20)}, limit = {.QuadPart = MILLISECONDS(1000)};
    BOOLEAN previous = TRUE;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(ZwCreateTimer(&timer, TIMER_ALL_ACCESS, &attributes, NotificationTimer),
                 STATUS_SUCCESS);
    ok_eq_status(ZwSetTimer(timer, &due, NULL, NULL, FALSE, 0, &previous), STATUS_SUCCESS);
    ok_eq_int(previous, FALSE);
    ok_eq_status(ZwSetTimer(timer, &due, NULL, NULL, FALSE, -1, NULL), STATUS_INVALID_PARAMETER_6);
    ok_eq_status(poll_handle(timer), STATUS_TIMEOUT);
    ok_eq_status(ZwWaitForSingleObject(timer, FALSE, &limit), STATUS_SUCCESS);
    ZwSetTimer(timer, &due, NULL, NULL, FALSE, 0, NULL);
    ok_eq_status(ZwCancelTimer(timer, &previous), STATUS_SUCCESS);
    ok_eq_int(previous, TRUE);
    sleep_milliseconds(40);
    ok_eq_status(poll_handle(timer), STATUS_TIMEOUT);
    ZwSetTimer(timer, &due, NULL, NULL, FALSE, 10, NULL);
    ok_eq_status(ZwClose(timer), STATUS_SUCCESS); /* closing stops it */
}

GUEST_TEST_FILE(ex_object, GUEST_ROW(event_handles), GUEST_ROW(event_names),
                GUEST_ROW(event_object), GUEST_ROW(io_events), GUEST_ROW(timer_handles));
