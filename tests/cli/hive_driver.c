/*
 * Keeps a count of its starts in the registry, and tells what it finds there of the start before:
 * a key with a class name, a volatile key, a link and a long value.
 */
#include <ntddk.h>

#define KEY L"\\Registry\\Machine\\SYSTEM\\CurrentControlSet\\Control\\HiveTest"
#define LONG_BYTES 100000

static HANDLE make_key(PCWSTR path, PCWSTR class_name, ULONG options, PCSTR what)
{
    UNICODE_STRING name, class_string;
    OBJECT_ATTRIBUTES attributes;
    ULONG disposition = 0;
    HANDLE key = NULL;
    NTSTATUS status;

    RtlInitUnicodeString(&name, path);
    RtlInitUnicodeString(&class_string, class_name);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, class_name ? &class_string : NULL, options,
                         &disposition);
    DbgPrint("hive: %s %s\n", what,
             !NT_SUCCESS(status) ? "failed" : disposition == REG_CREATED_NEW_KEY ? "is new" : "is there");
    return key;
}

static void make_link(void)
{
    UNICODE_STRING name, value = RTL_CONSTANT_STRING(L"SymbolicLinkValue");
    static const WCHAR target[] = L"\\Registry\\Machine\\SYSTEM\\ControlSet001\\Control\\HiveTest\\Class";
    OBJECT_ATTRIBUTES attributes;
    ULONG disposition;
    HANDLE key;

    RtlInitUnicodeString(&name, KEY L"\\Link");
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE | OBJ_OPENLINK, NULL,
                               NULL);
    if (!NT_SUCCESS(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, REG_OPTION_CREATE_LINK, &disposition)))
        return;
    ZwSetValueKey(key, &value, 0, REG_LINK, (PVOID)target, sizeof(target) - sizeof(WCHAR));
    ZwClose(key);
}

static void show_class(HANDLE key)
{
    union {
        KEY_NODE_INFORMATION node;
        UCHAR room[256];
    } buffer;
    ULONG length;

    if (NT_SUCCESS(ZwQueryKey(key, KeyNodeInformation, &buffer, sizeof(buffer), &length)) &&
        buffer.node.ClassLength)
        DbgPrint("hive: its class is %.*ws\n", buffer.node.ClassLength / sizeof(WCHAR),
                 (PWSTR)(buffer.room + buffer.node.ClassOffset));
}

static void count_start(HANDLE key)
{
    union {
        KEY_VALUE_PARTIAL_INFORMATION value;
        UCHAR room[64];
    } buffer;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Starts");
    ULONG length, starts = 0;

    if (NT_SUCCESS(ZwQueryValueKey(key, &name, KeyValuePartialInformation, &buffer, sizeof(buffer), &length)))
        starts = *(ULONG *)buffer.value.Data;
    starts++;
    ZwSetValueKey(key, &name, 0, REG_DWORD, &starts, sizeof(starts));
    DbgPrint("hive: start %u\n", starts);
}

static void keep_long_value(HANDLE key)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Long");
    UCHAR *bytes = ExAllocatePoolWithTag(PagedPool, LONG_BYTES + 64, 'vihT');
    KEY_VALUE_PARTIAL_INFORMATION *value = (PVOID)bytes;
    ULONG length, sum = 0;

    if (!bytes)
        return;
    if (NT_SUCCESS(ZwQueryValueKey(key, &name, KeyValuePartialInformation, bytes, LONG_BYTES + 64, &length))) {
        for (ULONG i = 0; i < value->DataLength; i++)
            sum += value->Data[i];
        DbgPrint("hive: a value of %u bytes, sum %u\n", value->DataLength, sum);
    }
    for (ULONG i = 0; i < LONG_BYTES; i++)
        bytes[i] = (UCHAR)(i / 100);
    ZwSetValueKey(key, &name, 0, REG_BINARY, bytes, LONG_BYTES);
    ExFreePoolWithTag(bytes, 'vihT');
}

static VOID unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    HANDLE key = make_key(KEY, NULL, 0, "the key");
    HANDLE with_class = make_key(KEY L"\\Class", L"Test class", 0, "the key with a class");
    HANDLE fleeting = make_key(KEY L"\\Volatile", NULL, REG_OPTION_VOLATILE, "the volatile key");
    HANDLE linked = make_key(KEY L"\\Link\\Below", NULL, 0, "the key behind the link");

    UNREFERENCED_PARAMETER(path);
    count_start(key);
    show_class(with_class);
    keep_long_value(key);
    make_link();
    ZwClose(key);
    ZwClose(with_class);
    ZwClose(fleeting);
    if (linked)
        ZwClose(linked);
    driver->DriverUnload = unload;
    return STATUS_SUCCESS;
}
