/*
 * Registry callbacks: who is called, in which order, with what, and how an operation is stopped.
 */
#include "registry.h"

static struct {
    LARGE_INTEGER cookie;
    PDRIVER_OBJECT driver;
    ULONG order[4]; /* contexts in the order of the calls for RegNtPreSetValueKey */
    ULONG calls;
    ULONG classes[64]; /* how often each notification came */
    NTSTATUS pre_status;
    NTSTATUS post_status;
    BOOLEAN replace_result;
    PVOID call_context;
    WCHAR path[128];
} seen;

static NTSTATUS NTAPI callback(PVOID context, PVOID argument1, PVOID argument2)
{
    REG_NOTIFY_CLASS class = (REG_NOTIFY_CLASS)(ULONG_PTR)argument1;

    if ((ULONG) class < 64)
        seen.classes[class]++;
    if (class == RegNtPreSetValueKey) {
        PREG_SET_VALUE_KEY_INFORMATION information = argument2;
        PCUNICODE_STRING path;
        ULONG_PTR id;

        if (seen.calls < 4)
            seen.order[seen.calls++] = (ULONG)(ULONG_PTR)context;
        if (NT_SUCCESS(CmCallbackGetKeyObjectID(&seen.cookie, information->Object, &id, &path)))
            RtlCopyMemory(seen.path, path->Buffer, path->Length);
        information->CallContext = (PVOID)0x1234;
        return seen.pre_status;
    }
    if (class == RegNtPostSetValueKey) {
        PREG_POST_OPERATION_INFORMATION information = argument2;

        seen.post_status = information->Status;
        seen.call_context = information->CallContext;
        if (seen.replace_result) {
            information->ReturnStatus = STATUS_ACCESS_DENIED;
            return STATUS_CALLBACK_BYPASS;
        }
    }
    return STATUS_SUCCESS;
}

static void add(PCWSTR altitude, ULONG context, PLARGE_INTEGER cookie, NTSTATUS expected)
{
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, altitude);
    ok_eq_status(CmRegisterCallbackEx(callback, &string, seen.driver, (PVOID)(ULONG_PTR)context,
                                      cookie, NULL),
                 expected);
}

GUEST_TEST(notifications)
{
    HANDLE root;
    ULONG number = 1;

    RtlZeroMemory(&seen, sizeof(seen));
    add(L"380000", 1, &seen.cookie, STATUS_SUCCESS);
    root = create_key(NULL, TEST_ROOT);
    ok_eq_int(seen.classes[RegNtPreCreateKeyEx], 1);
    ok_eq_int(seen.classes[RegNtPostCreateKeyEx], 1);
    ok_eq_status(set_value(root, L"V", REG_DWORD, &number, 4), STATUS_SUCCESS);
    ok_eq_int(seen.classes[RegNtPreSetValueKey], 1);
    ok_eq_int(seen.classes[RegNtPostSetValueKey], 1);
    ok_eq_status(seen.post_status, STATUS_SUCCESS);
    ok_eq_int((ULONG_PTR)seen.call_context, 0x1234);
    ok_eq_wstr(seen.path, L"\\REGISTRY\\MACHINE\\SOFTWARE\\RingsideGuest");
    delete_key(root);
    ok_eq_int(seen.classes[RegNtPreDeleteKey], 1);
    ok_eq_int(seen.classes[RegNtPreKeyHandleClose], 1);
    ok_eq_int(seen.classes[RegNtPostKeyHandleClose], 1);
    ok_eq_status(CmUnRegisterCallback(seen.cookie), STATUS_SUCCESS);
    ok_eq_status(CmUnRegisterCallback(seen.cookie), STATUS_INVALID_PARAMETER);
    seen.classes[RegNtPreOpenKeyEx] = 0;
    open_key(NULL, TEST_ROOT, &root);
    ok_eq_int(seen.classes[RegNtPreOpenKeyEx], 0);
}

GUEST_TEST(stopping)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    UNICODE_STRING name;
    UCHAR buffer[32];
    ULONG number = 1, length;

    RtlZeroMemory(&seen, sizeof(seen));
    RtlInitUnicodeString(&name, L"V");
    add(L"380000", 1, &seen.cookie, STATUS_SUCCESS);
    seen.pre_status = STATUS_ACCESS_DENIED;
    ok_eq_status(set_value(root, L"V", REG_DWORD, &number, 4), STATUS_ACCESS_DENIED);
    ok_eq_int(seen.classes[RegNtPostSetValueKey], 0);
    seen.pre_status = STATUS_CALLBACK_BYPASS;
    ok_eq_status(set_value(root, L"V", REG_DWORD, &number, 4), STATUS_SUCCESS);
    ok_eq_status(
        ZwQueryValueKey(root, &name, KeyValuePartialInformation, buffer, sizeof(buffer), &length),
        STATUS_OBJECT_NAME_NOT_FOUND);
    seen.pre_status = STATUS_SUCCESS;
    seen.replace_result = TRUE;
    ok_eq_status(set_value(root, L"V", REG_DWORD, &number, 4), STATUS_ACCESS_DENIED);
    ok_eq_status(CmUnRegisterCallback(seen.cookie), STATUS_SUCCESS);
    ok_eq_status(
        ZwQueryValueKey(root, &name, KeyValuePartialInformation, buffer, sizeof(buffer), &length),
        STATUS_SUCCESS);
    delete_key(root);
}

GUEST_TEST(altitudes)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    LARGE_INTEGER low, high, middle;
    ULONG number = 1;

    RtlZeroMemory(&seen, sizeof(seen));
    add(L"40000", 1, &low, STATUS_SUCCESS);
    add(L"385201.5", 3, &high, STATUS_SUCCESS);
    add(L"380000", 2, &middle, STATUS_SUCCESS);
    add(L"380000", 9, &seen.cookie, (NTSTATUS)0xC01C0011);
    set_value(root, L"V", REG_DWORD, &number, 4);
    ok_eq_int(seen.calls, 3);
    ok_eq_int(seen.order[0], 3);
    ok_eq_int(seen.order[1], 2);
    ok_eq_int(seen.order[2], 1);
    ok_eq_status(CmUnRegisterCallback(high), STATUS_SUCCESS);
    ok_eq_status(CmUnRegisterCallback(middle), STATUS_SUCCESS);
    ok_eq_status(CmUnRegisterCallback(low), STATUS_SUCCESS);
    delete_key(root);
}

GUEST_TEST_FILE(registry_callback, GUEST_ROW(notifications), GUEST_ROW(stopping),
                GUEST_ROW(altitudes));
