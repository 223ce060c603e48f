/*
 * Callback objects and the timers that the system allocates.
 */
#include "../ke/thread.h"

static ULONG order[8], calls;

static VOID NTAPI called(PVOID context, PVOID argument1, PVOID argument2)
{
    ok_eq_int((ULONG_PTR)argument1, 10);
    ok_eq_int((ULONG_PTR)argument2, 20);
    order[calls++ % 8] = (ULONG)(ULONG_PTR)context;
}

static PCALLBACK_OBJECT create(PCWSTR text, BOOLEAN make, BOOLEAN multiple, NTSTATUS expected)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object = NULL;

    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    ok_eq_status(ExCreateCallback(&object, &attributes, make, multiple), expected);
    return object;
}

GUEST_TEST(registration)
{
    PCALLBACK_OBJECT object;
    PVOID first, second;

    calls = 0;
    create(L"\\Callback\\RingsideGuest", FALSE, TRUE, STATUS_OBJECT_NAME_NOT_FOUND);
    object = create(L"\\Callback\\RingsideGuest", TRUE, TRUE, STATUS_SUCCESS);
    first = ExRegisterCallback(object, called, (PVOID)1);
    second = ExRegisterCallback(object, called, (PVOID)2);
    ok(first != NULL && second != NULL, "registered");
    ExNotifyCallback(object, (PVOID)10, (PVOID)20);
    ok_eq_int(calls, 2);
    ok_eq_int(order[0], 1);
    ok_eq_int(order[1], 2);
    ExUnregisterCallback(first);
    ExNotifyCallback(object, (PVOID)10, (PVOID)20);
    ok_eq_int(calls, 3);
    ExUnregisterCallback(second);
    ObDereferenceObject(object);
}

GUEST_TEST(single_registration)
{
    PCALLBACK_OBJECT object =
        create(L"\\Callback\\RingsideGuestSingle", TRUE, FALSE, STATUS_SUCCESS);
    PVOID first = ExRegisterCallback(object, called, NULL);

    ok(first != NULL, "the first");
    ok(ExRegisterCallback(object, called, NULL) == NULL, "no second");
    ExUnregisterCallback(first);
    ObDereferenceObject(object);
}

/* Without OBJ_PERMANENT an object has no name after its creation, and ends with its references. */
GUEST_TEST(names)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\RingsideGuestNamed");
    PCALLBACK_OBJECT first, second = NULL;
    OBJECT_ATTRIBUTES attributes;

    first = create(name.Buffer, TRUE, TRUE, STATUS_SUCCESS);
    create(name.Buffer, FALSE, TRUE, STATUS_OBJECT_NAME_NOT_FOUND);
    ObDereferenceObject(first);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL,
                               NULL);
    ok_eq_status(ExCreateCallback(&first, &attributes, TRUE, TRUE), STATUS_SUCCESS);
    ok_eq_status(ExCreateCallback(&second, &attributes, TRUE, TRUE), STATUS_SUCCESS);
    ok(first == second, "%p %p", first, second);
    ObDereferenceObject(second);
    ObMakeTemporaryObject(first);
    create(name.Buffer, FALSE, TRUE, STATUS_OBJECT_NAME_NOT_FOUND);
    ObDereferenceObject(first);
}

GUEST_TEST(system_callbacks)
{
    PCALLBACK_OBJECT object = create(L"\\Callback\\PowerState", FALSE, TRUE, STATUS_SUCCESS);

    if (object != NULL)
        ObDereferenceObject(object);
}

static ULONG expirations;

static VOID NTAPI expired(PEX_TIMER timer, PVOID context)
{
    UNREFERENCED_PARAMETER(timer);
    ok_eq_int((ULONG_PTR)context, 5);
    ok_eq_int(KeGetCurrentIrql(), DISPATCH_LEVEL);
    expirations++;
}

GUEST_TEST(allocated_timer)
{
    PEX_TIMER timer = ExAllocateTimer(expired, (PVOID)5, 0);

    expirations = 0;
    ok(timer != NULL, "allocated");
    ok(!ExSetTimer(timer, MILLISECONDS(10), 0, NULL), "was not armed");
    sleep_milliseconds(30);
    ok_eq_int(expirations, 1);
    ExSetTimer(timer, MILLISECONDS(10), 100000, NULL);
    sleep_milliseconds(35);
    ok_eq_int(expirations, 4);
    ok(ExCancelTimer(timer, NULL), "was armed");
    sleep_milliseconds(30);
    ok_eq_int(expirations, 4);
    ExSetTimer(timer, MILLISECONDS(10), 0, NULL);
    ok(ExDeleteTimer(timer, TRUE, TRUE, NULL), "was armed");
    sleep_milliseconds(30);
    ok_eq_int(expirations, 4);
}

GUEST_TEST_FILE(ex_callback, GUEST_ROW(registration), GUEST_ROW(single_registration),
                GUEST_ROW(names), GUEST_ROW(system_callbacks), GUEST_ROW(allocated_timer));
