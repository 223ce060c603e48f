/*
 * What the registry says of a device:
 *
 *   …\Enum\ROOT\TESTDRIVER\0000          Service, HardwareID, CompatibleIDs, DeviceDesc, ClassGUID,
 *                                        ConfigFlags, Capabilities, UpperFilters, LowerFilters
 *   …\Control\Class\{ClassGUID}          UpperFilters, LowerFilters of all devices of the class
 *   …\Services\TestDriver\Enum           Count, NextInstance, "0", "1" …: the devices of a service
 *   …\Control\CriticalDeviceDatabase\ID  Service, ClassGUID of hardware that has no INF
 *
 * Values that are there already count: an installation wrote them. A key that was made with its
 * node goes with it, unless a driver has made keys below it.
 */
#include "pnp/pnp_internal.h"

#include "cm/cm.h"

#define CONTROL_SET L"\\Registry\\Machine\\System\\CurrentControlSet\\"
#define PATH_CHARACTERS 512

struct path {
    UNICODE_STRING string;
    WCHAR buffer[PATH_CHARACTERS];
};

static NTSTATUS make_path(struct path *path, PCWSTR folder, PCUNICODE_STRING name, PCWSTR tail)
{
    path->string = (UNICODE_STRING){.Buffer = path->buffer, .MaximumLength = sizeof(path->buffer)};
    RtlAppendUnicodeToString(&path->string, CONTROL_SET);
    RtlAppendUnicodeToString(&path->string, folder);
    RtlAppendUnicodeStringToString(&path->string, name);
    if (path->string.Length + (wcslen(tail) + 1) * sizeof(WCHAR) > sizeof(path->buffer))
        return STATUS_NAME_TOO_LONG;
    return RtlAppendUnicodeToString(&path->string, tail);
}

static NTSTATUS open_path(struct path *path, ACCESS_MASK access, PHANDLE key)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, &path->string, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    return ZwOpenKey(key, access, &attributes);
}

static BOOLEAN exists(struct path *path)
{
    return NT_SUCCESS(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, path->buffer));
}

/* Does nothing when there are keys below it. */
static void delete_path(struct path *path)
{
    HANDLE key;

    if (!NT_SUCCESS(open_path(path, DELETE, &key)))
        return;
    ZwDeleteKey(key);
    ZwClose(key);
}

static NTSTATUS set(struct path *path, PCWSTR name, ULONG type, const void *data, ULONG size)
{
    UNICODE_STRING value;

    RtlInitUnicodeString(&value, name);
    return cm_set_value(&path->string, &value, type, data, size);
}

/* Text with a terminator that the registry may lack: two of them, for lists of strings. */
static NTSTATUS query(struct path *path, PCWSTR name, PWSTR text, ULONG size)
{
    UNICODE_STRING value;
    ULONG type, length = size - 2 * sizeof(WCHAR);
    NTSTATUS status;

    RtlInitUnicodeString(&value, name);
    status = cm_query_value(&path->string, &value, &type, text, &length);
    if (!NT_SUCCESS(status))
        return status;
    if (type != REG_SZ && type != REG_MULTI_SZ)
        return STATUS_OBJECT_TYPE_MISMATCH;
    text[length / sizeof(WCHAR)] = text[length / sizeof(WCHAR) + 1] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS pnp_node_open_key(struct pnp_node *node, ACCESS_MASK access, PHANDLE key)
{
    struct path path;
    NTSTATUS status = make_path(&path, L"Enum\\", &node->instance, L"");

    return NT_SUCCESS(status) ? open_path(&path, access, key) : status;
}

NTSTATUS pnp_key_make(struct pnp_node *node)
{
    struct path path;
    NTSTATUS status = make_path(&path, L"Enum\\", &node->instance, L"");

    if (!NT_SUCCESS(status))
        return status;
    node->own_key = !exists(&path);
    return cm_create_key(&path.string);
}

NTSTATUS pnp_instance_query(PCUNICODE_STRING instance, PCWSTR name, PWSTR text, ULONG size)
{
    struct path path;
    NTSTATUS status = make_path(&path, L"Enum\\", instance, L"");

    return NT_SUCCESS(status) ? query(&path, name, text, size) : status;
}

NTSTATUS pnp_key_query(struct pnp_node *node, PCWSTR name, PWSTR text, ULONG size)
{
    return pnp_instance_query(&node->instance, name, text, size);
}

static ULONG text_size(ULONG type, PCWSTR text)
{
    PCWSTR end = text;

    while (type == REG_MULTI_SZ && *end)
        end += wcslen(end) + 1;
    return (ULONG)((UCHAR *)(end + wcslen(end) + 1) - (UCHAR *)text);
}

NTSTATUS pnp_key_set_text(struct pnp_node *node, PCWSTR name, ULONG type, PCWSTR text)
{
    struct path path;
    UNICODE_STRING value;
    ULONG size = 0;
    NTSTATUS status = make_path(&path, L"Enum\\", &node->instance, L"");

    RtlInitUnicodeString(&value, name);
    if (!NT_SUCCESS(status) || !text)
        return status;
    if (cm_query_value(&path.string, &value, NULL, NULL, &size) != STATUS_OBJECT_NAME_NOT_FOUND)
        return STATUS_SUCCESS;
    return set(&path, name, type, text, text_size(type, text));
}

NTSTATUS pnp_key_set_number(struct pnp_node *node, PCWSTR name, ULONG number)
{
    struct path path;
    NTSTATUS status = make_path(&path, L"Enum\\", &node->instance, L"");

    return NT_SUCCESS(status) ? set(&path, name, REG_DWORD, &number, sizeof(number)) : status;
}

void pnp_key_forget(struct pnp_node *node)
{
    UNICODE_STRING device = node->instance;
    struct path path;

    if (!node->own_key || !NT_SUCCESS(make_path(&path, L"Enum\\", &device, L"")))
        return;
    delete_path(&path);
    while (device.Length && device.Buffer[device.Length / sizeof(WCHAR) - 1] != L'\\')
        device.Length -= sizeof(WCHAR);
    device.Length -= sizeof(WCHAR);
    if (NT_SUCCESS(make_path(&path, L"Enum\\", &device, L"")))
        delete_path(&path);
}

NTSTATUS pnp_key_class_query(struct pnp_node *node, PCWSTR name, PWSTR text, ULONG size)
{
    WCHAR guid[64];
    UNICODE_STRING class_guid;
    struct path path;
    NTSTATUS status = pnp_key_query(node, L"ClassGUID", guid, sizeof(guid));

    if (!NT_SUCCESS(status))
        return status;
    RtlInitUnicodeString(&class_guid, guid);
    status = make_path(&path, L"Control\\Class\\", &class_guid, L"");
    return NT_SUCCESS(status) ? query(&path, name, text, size) : status;
}

static NTSTATUS critical_path(struct path *path, PCWSTR id)
{
    WCHAR copy[PNP_ID_CHARACTERS];
    UNICODE_STRING name = {.Buffer = copy};
    ULONG length = 0;

    for (; id[length] && length < ARRAY_COUNT(copy); length++)
        copy[length] = id[length] == L'\\' ? L'#' : id[length];
    name.Length = name.MaximumLength = (USHORT)(length * sizeof(WCHAR));
    return make_path(path, L"Control\\CriticalDeviceDatabase\\", &name, L"");
}

NTSTATUS pnp_key_match(struct pnp_node *node, PCWSTR ids)
{
    WCHAR text[PNP_ID_CHARACTERS];
    struct path path;

    for (; ids && *ids; ids += wcslen(ids) + 1) {
        if (!NT_SUCCESS(critical_path(&path, ids)) ||
            !NT_SUCCESS(query(&path, L"Service", text, sizeof(text))))
            continue;
        pnp_key_set_text(node, L"Service", REG_SZ, text);
        if (NT_SUCCESS(query(&path, L"ClassGUID", text, sizeof(text))))
            pnp_key_set_text(node, L"ClassGUID", REG_SZ, text);
        return STATUS_SUCCESS;
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS pnp_key_service_start(PCUNICODE_STRING service, ULONG *start)
{
    static const UNICODE_STRING value = RTL_CONSTANT_STRING(L"Start");
    ULONG size = sizeof(*start);
    struct path path;
    NTSTATUS status = make_path(&path, L"Services\\", service, L"");

    if (!NT_SUCCESS(status) || !exists(&path))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!NT_SUCCESS(cm_query_value(&path.string, &value, NULL, start, &size)))
        *start = SERVICE_DEMAND_START;
    return STATUS_SUCCESS;
}

void pnp_key_describe_service(PCUNICODE_STRING service, PWSTR text, ULONG size)
{
    struct path path;

    if (NT_SUCCESS(make_path(&path, L"Services\\", service, L"")) &&
        NT_SUCCESS(query(&path, L"DisplayName", text, size)))
        return;
    _snwprintf(text, size / sizeof(WCHAR) - 1, L"%wZ", service);
    text[size / sizeof(WCHAR) - 1] = 0;
}

void pnp_key_list_devices(PCUNICODE_STRING service)
{
    struct path path;
    ULONG count = 0;

    if (!service->Length || !NT_SUCCESS(make_path(&path, L"Services\\", service, L"")) ||
        !exists(&path) || !NT_SUCCESS(make_path(&path, L"Services\\", service, L"\\Enum")))
        return;
    delete_path(&path);
    for (struct pnp_node *node = NULL; (node = pnp_next_node(node)) != NULL;) {
        WCHAR name[12];

        if (!RtlEqualUnicodeString(&node->service, service, TRUE))
            continue;
        cm_create_volatile_key(&path.string);
        _snwprintf(name, ARRAY_COUNT(name), L"%u", count++);
        set(&path, name, REG_SZ, node->instance.Buffer, node->instance.MaximumLength);
    }
    if (count) {
        set(&path, L"Count", REG_DWORD, &count, sizeof(count));
        set(&path, L"NextInstance", REG_DWORD, &count, sizeof(count));
    }
}
