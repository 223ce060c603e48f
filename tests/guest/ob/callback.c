/*
 * ObRegisterCallbacks: order, access taken away, and registrations that are refused. On Windows the
 * driver must be linked with /INTEGRITYCHECK.
 */
#include "../guest.h"

#define PROCESS_RIGHT_TERMINATE 0x0001
#define PROCESS_RIGHT_VM_READ 0x0010

/* What the callbacks saw. */
static struct {
    ULONG calls;
    PVOID order[4]; /* contexts, as called */
    OB_OPERATION operation;
    ACCESS_MASK original;
    ACCESS_MASK granted;
    NTSTATUS status;
    PVOID object;
    BOOLEAN kernel_handle;
} seen;

static void note(PVOID context)
{
    if (seen.calls < 4)
        seen.order[seen.calls] = context;
    seen.calls++;
}

static OB_PREOP_CALLBACK_STATUS NTAPI before(PVOID context,
                                             POB_PRE_OPERATION_INFORMATION information)
{
    note(context);
    seen.operation = information->Operation;
    seen.object = information->Object;
    seen.kernel_handle = information->KernelHandle;
    seen.original = information->Parameters->CreateHandleInformation.OriginalDesiredAccess;
    information->Parameters->CreateHandleInformation.DesiredAccess &=
        ~(ACCESS_MASK)PROCESS_RIGHT_TERMINATE;
    information->CallContext = context;
    return OB_PREOP_SUCCESS;
}

static VOID NTAPI after(PVOID context, POB_POST_OPERATION_INFORMATION information)
{
    note(context);
    ok(information->CallContext == context, "%p", information->CallContext);
    seen.granted = information->Parameters->CreateHandleInformation.GrantedAccess;
    seen.status = information->ReturnStatus;
}

static NTSTATUS register_at(PCWSTR altitude, PVOID context, POBJECT_TYPE *type, PVOID *handle)
{
    OB_OPERATION_REGISTRATION operation = {
        type, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, before, after};
    OB_CALLBACK_REGISTRATION registration = {.Version = OB_FLT_REGISTRATION_VERSION,
                                             .OperationRegistrationCount = 1,
                                             .RegistrationContext = context,
                                             .OperationRegistration = &operation};

    RtlInitUnicodeString(&registration.Altitude, altitude);
    return ObRegisterCallbacks(&registration, handle);
}

static HANDLE open_process(ACCESS_MASK access)
{
    HANDLE handle = NULL;

    RtlZeroMemory(&seen, sizeof(seen));
    ok_eq_status(ObOpenObjectByPointer(PsGetCurrentProcess(), OBJ_KERNEL_HANDLE, NULL, access,
                                       *PsProcessType, KernelMode, &handle),
                 STATUS_SUCCESS);
    return handle;
}

GUEST_TEST(refused)
{
    PVOID handle, other;

    ok_eq_int(ObGetFilterVersion(), OB_FLT_REGISTRATION_VERSION);
    ok_eq_status(register_at(L"", NULL, PsProcessType, &handle), STATUS_INVALID_PARAMETER);
    ok_eq_status(register_at(L"12x", NULL, PsProcessType, &handle), STATUS_INVALID_PARAMETER);
    ok_eq_status(register_at(L"1000", NULL, IoFileObjectType, &handle), STATUS_INVALID_PARAMETER);
    ok_eq_status(register_at(L"321000", NULL, PsProcessType, &handle), STATUS_SUCCESS);
    ok_eq_status(register_at(L"321000.0", NULL, PsProcessType, &other),
                 STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    ObUnRegisterCallbacks(handle);
    ok_eq_status(register_at(L"321000", NULL, PsProcessType, &handle), STATUS_SUCCESS);
    ObUnRegisterCallbacks(handle);
}

GUEST_TEST(access_is_taken_away)
{
    OBJECT_HANDLE_INFORMATION information;
    PVOID registration, object;
    HANDLE handle;

    ok_eq_status(register_at(L"321000", &seen, PsProcessType, &registration), STATUS_SUCCESS);
    handle = open_process(PROCESS_RIGHT_TERMINATE | PROCESS_RIGHT_VM_READ);
    ok_eq_int(seen.calls, 2);
    ok_eq_int(seen.operation, OB_OPERATION_HANDLE_CREATE);
    ok(seen.object == PsGetCurrentProcess(), "%p", seen.object);
    ok_eq_int(seen.kernel_handle, TRUE);
    ok_eq_int(seen.original, PROCESS_RIGHT_TERMINATE | PROCESS_RIGHT_VM_READ);
    ok_eq_int(seen.granted, PROCESS_RIGHT_VM_READ);
    ok_eq_status(seen.status, STATUS_SUCCESS);
    ok_eq_status(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, &information),
                 STATUS_SUCCESS);
    ok_eq_int(information.GrantedAccess, PROCESS_RIGHT_VM_READ);
    ObDereferenceObject(object);
    ZwClose(handle);
    ObUnRegisterCallbacks(registration);
    ZwClose(open_process(PROCESS_RIGHT_TERMINATE));
    ok_eq_int(seen.calls, 0);
}

GUEST_TEST(duplicates_are_seen)
{
    HANDLE handle = open_process(PROCESS_RIGHT_VM_READ), copy;
    PVOID registration;

    ok_eq_status(register_at(L"321000", NULL, PsProcessType, &registration), STATUS_SUCCESS);
    RtlZeroMemory(&seen, sizeof(seen));
    ok_eq_status(ZwDuplicateObject(ZwCurrentProcess(), handle, ZwCurrentProcess(), &copy, 0,
                                   OBJ_KERNEL_HANDLE, DUPLICATE_SAME_ACCESS),
                 STATUS_SUCCESS);
    ok_eq_int(seen.calls, 2);
    ok_eq_int(seen.operation, OB_OPERATION_HANDLE_DUPLICATE);
    ZwClose(copy);
    ZwClose(handle);
    ObUnRegisterCallbacks(registration);
}

/* Pre-operation calls go down in altitude, post-operation calls up; 99 is below 1000. */
GUEST_TEST(altitudes_give_the_order)
{
    PVOID low, high;
    int low_context, high_context;

    ok_eq_status(register_at(L"99", &low_context, PsProcessType, &low), STATUS_SUCCESS);
    ok_eq_status(register_at(L"1000", &high_context, PsProcessType, &high), STATUS_SUCCESS);
    ZwClose(open_process(PROCESS_RIGHT_VM_READ));
    ok_eq_int(seen.calls, 4);
    ok(seen.order[0] == &high_context && seen.order[1] == &low_context, "pre-operation");
    ok(seen.order[2] == &low_context && seen.order[3] == &high_context, "post-operation");
    ObUnRegisterCallbacks(low);
    ObUnRegisterCallbacks(high);
}

GUEST_TEST_FILE(ob_callback, GUEST_ROW(refused), GUEST_ROW(access_is_taken_away),
                GUEST_ROW(duplicates_are_seen), GUEST_ROW(altitudes_give_the_order));
