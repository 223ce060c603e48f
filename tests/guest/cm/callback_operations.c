/*
 * Every operation on the registry: its two notifications, refusing it, and doing nothing; names and
 * contexts of keys; callbacks without an altitude; unregistering while a call is in progress.
 */
#include "registry.h"

NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER cookie, PVOID object, PULONG_PTR object_id,
                                          PCUNICODE_STRING *name, ULONG flags);
VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING name);

static struct {
    LARGE_INTEGER cookie;
    ULONG classes[64];
    PVOID object; /* of the last notification that has one */
    REG_NOTIFY_CLASS stopped;
    NTSTATUS status; /* for `stopped` */
    PVOID object_context;
    ULONG cleaned;
    ULONG order[4], calls;
    KEVENT entered, leave;
    BOOLEAN slow;
} seen;

static NTSTATUS NTAPI callback(PVOID context, PVOID argument1, PVOID argument2)
{
    REG_NOTIFY_CLASS class = (REG_NOTIFY_CLASS)(ULONG_PTR)argument1;

    seen.classes[class]++;
    if (class == RegNtPreQueryValueKey) {
        PREG_QUERY_VALUE_KEY_INFORMATION information = argument2;

        if (seen.calls < 4)
            seen.order[seen.calls++] = (ULONG)(ULONG_PTR)context;
        seen.object = information->Object;
        seen.object_context = information->ObjectContext;
        if (seen.slow) {
            KeSetEvent(&seen.entered, IO_NO_INCREMENT, FALSE);
            KeWaitForSingleObject(&seen.leave, Executive, KernelMode, FALSE, NULL);
        }
    }
    if (class == RegNtCallbackObjectContextCleanup) {
        PREG_CALLBACK_CONTEXT_CLEANUP_INFORMATION information = argument2;

        ok(information->ObjectContext == &seen, "%p", information->ObjectContext);
        seen.cleaned++;
    }
    return class == seen.stopped ? seen.status : STATUS_SUCCESS;
}

static void begin(void)
{
    UNICODE_STRING altitude = RTL_CONSTANT_STRING(L"380500");

    RtlZeroMemory(&seen, sizeof(seen));
    seen.stopped = (REG_NOTIFY_CLASS)-1;
    ok_eq_status(
        CmRegisterCallbackEx(callback, &altitude, (PVOID)callback, NULL, &seen.cookie, NULL),
        STATUS_SUCCESS);
}

static void end(void)
{
    ok_eq_status(CmUnRegisterCallback(seen.cookie), STATUS_SUCCESS);
}

/* Not in all import libraries. */
static NTSTATUS rename_key(HANDLE key, PUNICODE_STRING to)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"ZwRenameKey");
    NTSTATUS(NTAPI * routine)(HANDLE, PUNICODE_STRING) = MmGetSystemRoutineAddress(&name);

    return routine(key, to);
}

/* One call of each service on the key; the value V exists, the subkey Child too. */
static NTSTATUS operate(HANDLE key, REG_NOTIFY_CLASS pre)
{
    UNICODE_STRING value = RTL_CONSTANT_STRING(L"V"), renamed = RTL_CONSTANT_STRING(L"Renamed");
    KEY_VALUE_ENTRY entry = {.ValueName = &value};
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    UCHAR buffer[256];
    HANDLE child = NULL;
    ULONG length = sizeof(buffer);
    NTSTATUS status;

    switch (pre) {
    case RegNtPreSetValueKey:
        return ZwSetValueKey(key, &value, 0, REG_DWORD, &length, sizeof(length));
    case RegNtPreQueryValueKey:
        return ZwQueryValueKey(key, &value, KeyValueFullInformation, buffer, sizeof(buffer),
                               &length);
    case RegNtPreEnumerateValueKey:
        return ZwEnumerateValueKey(key, 0, KeyValueBasicInformation, buffer, sizeof(buffer),
                                   &length);
    case RegNtPreEnumerateKey:
        return ZwEnumerateKey(key, 0, KeyBasicInformation, buffer, sizeof(buffer), &length);
    case RegNtPreQueryKey:
        return ZwQueryKey(key, KeyBasicInformation, buffer, sizeof(buffer), &length);
    case RegNtPreFlushKey:
        return ZwFlushKey(key);
    case RegNtPreOpenKeyEx:
    case RegNtPreCreateKeyEx:
        attributes = key_attributes(key, &name, L"Child");
        status = pre == RegNtPreOpenKeyEx
                     ? ZwOpenKey(&child, KEY_READ, &attributes)
                     : ZwCreateKey(&child, KEY_READ, &attributes, 0, NULL, 0, NULL);
        if (NT_SUCCESS(status) && child)
            ZwClose(child);
        return status;
    case RegNtPreDeleteValueKey:
        return ZwDeleteValueKey(key, &value);
    case RegNtPreRenameKey:
        return rename_key(key, &renamed);
    default:
        return ZwDeleteKey(key);
    }
}

static const struct {
    REG_NOTIFY_CLASS pre, post;
} operations[] = {
    {RegNtPreSetValueKey, RegNtPostSetValueKey},
    {RegNtPreQueryValueKey, RegNtPostQueryValueKey},
    {RegNtPreEnumerateValueKey, RegNtPostEnumerateValueKey},
    {RegNtPreEnumerateKey, RegNtPostEnumerateKey},
    {RegNtPreQueryKey, RegNtPostQueryKey},
    {RegNtPreFlushKey, RegNtPostFlushKey},
    {RegNtPreOpenKeyEx, RegNtPostOpenKeyEx},
    {RegNtPreCreateKeyEx, RegNtPostCreateKeyEx},
    {RegNtPreDeleteValueKey, RegNtPostDeleteValueKey},
    {RegNtPreRenameKey, RegNtPostRenameKey},
    {RegNtPreDeleteKey, RegNtPostDeleteKey},
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

GUEST_TEST(each_operation)
{
    for (ULONG i = 0; i < OPERATIONS; i++) {
        REG_NOTIFY_CLASS pre = operations[i].pre, post = operations[i].post;
        HANDLE root = create_key(NULL, TEST_ROOT), child = create_key(root, L"Child");
        HANDLE key = pre == RegNtPreDeleteKey ? child : root;
        ULONG number = 1;

        set_value(root, L"V", REG_DWORD, &number, sizeof(number));
        begin();
        seen.stopped = pre;
        seen.status = STATUS_ACCESS_DENIED;
        ok(operate(key, pre) == STATUS_ACCESS_DENIED, "class %d is not refused", pre);
        ok(seen.classes[pre] == 1 && seen.classes[post] == 0, "class %d refused: %lu, %lu", pre,
           seen.classes[pre], seen.classes[post]);
        seen.status = STATUS_CALLBACK_BYPASS;
        if (pre != RegNtPreOpenKeyEx && pre != RegNtPreCreateKeyEx) /* those must give an object */
            ok(operate(key, pre) == STATUS_SUCCESS, "class %d is not bypassed", pre);
        RtlZeroMemory(seen.classes, sizeof(seen.classes));
        seen.stopped = (REG_NOTIFY_CLASS)-1;
        ok(operate(key, pre) == STATUS_SUCCESS, "class %d", pre);
        ok(seen.classes[pre] == 1 && seen.classes[post] == 1, "class %d: %lu, %lu", pre,
           seen.classes[pre], seen.classes[post]);
        end();
        if (pre == RegNtPreDeleteKey)
            ZwClose(child);
        else
            delete_key(child);
        delete_key(root);
    }
}

GUEST_TEST(names_and_identity)
{
    HANDLE root = create_key(NULL, TEST_ROOT), second = create_key(NULL, TEST_ROOT);
    PCUNICODE_STRING path = NULL;
    UNICODE_STRING expected;
    ULONG_PTR id = 0, other = 1;

    RtlInitUnicodeString(&expected, L"\\REGISTRY\\MACHINE\\SOFTWARE\\RingsideGuest");
    begin();
    operate(root, RegNtPreQueryValueKey);
    ok_eq_status(CmCallbackGetKeyObjectIDEx(&seen.cookie, seen.object, &id, &path, 0),
                 STATUS_SUCCESS);
    ok(path != NULL && RtlEqualUnicodeString(path, &expected, TRUE), "%wZ", path);
    CmCallbackReleaseKeyObjectIDEx(path);
    operate(second, RegNtPreQueryValueKey);
    ok_eq_status(CmCallbackGetKeyObjectID(&seen.cookie, seen.object, &other, NULL), STATUS_SUCCESS);
    ok_eq_int(id, other);
    ok_eq_status(CmCallbackGetKeyObjectID(&seen.cookie, NULL, &other, NULL),
                 STATUS_INVALID_PARAMETER);
    end();
    ok_eq_status(CmCallbackGetKeyObjectID(&seen.cookie, seen.object, &other, NULL),
                 STATUS_INVALID_PARAMETER);
    ZwClose(second);
    delete_key(root);
}

GUEST_TEST(contexts)
{
    HANDLE root = create_key(NULL, TEST_ROOT), other = create_key(NULL, TEST_ROOT);
    PVOID old = &root;

    begin();
    operate(root, RegNtPreQueryValueKey);
    ok(seen.object_context == NULL, "%p", seen.object_context);
    ok_eq_status(CmSetCallbackObjectContext(seen.object, &seen.cookie, &seen, &old),
                 STATUS_SUCCESS);
    ok(old == NULL, "%p", old);
    operate(root, RegNtPreQueryValueKey);
    ok(seen.object_context == &seen, "%p", seen.object_context);
    operate(other, RegNtPreQueryValueKey); /* another object of the same key */
    ok(seen.object_context == NULL, "%p", seen.object_context);
    CmSetCallbackObjectContext(seen.object, &seen.cookie, &seen, NULL);
    ZwClose(other);
    ok_eq_int(seen.cleaned, 1);
    end(); /* the other context comes back now */
    ok_eq_int(seen.cleaned, 2);
    delete_key(root);
    ok_eq_int(seen.cleaned, 2);
}

GUEST_TEST(without_altitude)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    LARGE_INTEGER first, second;

    begin();
    ok_eq_status(CmRegisterCallback(callback, (PVOID)1, &first), STATUS_SUCCESS);
    ok_eq_status(CmRegisterCallback(callback, (PVOID)2, &second), STATUS_SUCCESS);
    operate(root, RegNtPreQueryValueKey);
    ok_eq_int(seen.calls, 3);
    ok_eq_int(seen.order[0], 1);
    ok_eq_int(seen.order[1], 2);
    ok_eq_int(seen.order[2], 0);
    ok_eq_status(CmUnRegisterCallback(second), STATUS_SUCCESS);
    ok_eq_status(CmUnRegisterCallback(first), STATUS_SUCCESS);
    end();
    delete_key(root);
}

/* Statuses that need no hive file. */
GUEST_TEST(hives)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"ZwSaveKey");
    NTSTATUS(NTAPI * save)(HANDLE, HANDLE) = MmGetSystemRoutineAddress(&name);
    HANDLE root = create_key(NULL, TEST_ROOT);

    ok_eq_status(save((HANDLE)0x7FFFFFFC, NULL), STATUS_INVALID_HANDLE);
    ok(!NT_SUCCESS(save(root, NULL)), "saved to no file");
    delete_key(root);
}

static VOID NTAPI query_slowly(PVOID key)
{
    operate(key, RegNtPreQueryValueKey);
}

static VOID NTAPI let_it_leave(PVOID unused)
{
    LARGE_INTEGER moment = {.QuadPart = -200000};

    UNREFERENCED_PARAMETER(unused);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    seen.slow = FALSE;
    KeSetEvent(&seen.leave, IO_NO_INCREMENT, FALSE);
}

static void start(PKSTART_ROUTINE routine, PVOID context)
{
    HANDLE thread;

    ok_eq_status(
        PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, context),
        STATUS_SUCCESS);
    ZwClose(thread);
}

GUEST_TEST(unregister_waits)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    LARGE_INTEGER moment = {.QuadPart = -1000000};

    begin();
    KeInitializeEvent(&seen.entered, NotificationEvent, FALSE);
    KeInitializeEvent(&seen.leave, NotificationEvent, FALSE);
    seen.slow = TRUE;
    start(query_slowly, root);
    KeWaitForSingleObject(&seen.entered, Executive, KernelMode, FALSE, NULL);
    start(let_it_leave, NULL);
    end();
    ok(!seen.slow, "it returned while the callback ran");
    KeDelayExecutionThread(KernelMode, FALSE, &moment); /* both threads end */
    delete_key(root);
}

GUEST_TEST_FILE(registry_operations, GUEST_ROW(each_operation), GUEST_ROW(names_and_identity),
                GUEST_ROW(contexts), GUEST_ROW(without_altitude), GUEST_ROW(hives),
                GUEST_ROW(unregister_waits));
