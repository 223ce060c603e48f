/*
 * Registry keys of devices, and the paths that the other files build.
 *
 *   Enum\ROOT\SAMPLE\0000                    the device: its ids, its class, its driver
 *   Enum\ROOT\SAMPLE\0000\Device Parameters  PLUGPLAY_REGKEY_DEVICE
 *   Enum\ROOT\SAMPLE\0000\Control            while the device is there: what programs may ask of it
 *   Control\Class\{class}\0000               PLUGPLAY_REGKEY_DRIVER, named by the value Driver
 *   Hardware Profiles\Current\System\CurrentControlSet\…   the same two for this profile
 */
#include "cm/cm.h"
#include "pnp/interface.h"
#include "rtl/printf.h"

#define FORMAT_CHARACTERS 1024
#define DRIVER_KEY_CHARACTERS 128 /* {class}\0000 */

NTSTATUS pnp_format(PUNICODE_STRING text, PCWSTR format, ...)
{
    WCHAR buffer[FORMAT_CHARACTERS];
    UNICODE_STRING formatted = {.Buffer = buffer};
    va_list arguments;
    int length;

    RtlInitUnicodeString(text, NULL);
    va_start(arguments, format);
    length = _vsnwprintf(buffer, FORMAT_CHARACTERS - 1, format, arguments);
    va_end(arguments);
    if (length < 0)
        return STATUS_NAME_TOO_LONG;
    formatted.Length = formatted.MaximumLength = (USHORT)((ULONG)length * sizeof(WCHAR));
    return RtlDuplicateUnicodeString(RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE |
                                         RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING,
                                     &formatted, text);
}

NTSTATUS pnp_open_key(PHANDLE key, ACCESS_MASK access, PCUNICODE_STRING path, BOOLEAN create)
{
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status = create ? cm_create_key(path) : STATUS_SUCCESS;

    InitializeObjectAttributes(&attributes, (PUNICODE_STRING)path,
                               OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return NT_SUCCESS(status) ? ZwOpenKey(key, access, &attributes) : status;
}

NTSTATUS pnp_node_path(const struct pnp_node *node, PUNICODE_STRING path)
{
    return pnp_format(path, PNP_CONTROL_SET L"\\Enum\\%wZ", &node->instance);
}

NTSTATUS pnp_device_name(PDEVICE_OBJECT device, PUNICODE_STRING name)
{
    union {
        OBJECT_NAME_INFORMATION information;
        WCHAR room[FORMAT_CHARACTERS];
    } buffer;
    ULONG length;
    NTSTATUS status = ObQueryNameString(device, &buffer.information, sizeof(buffer), &length);

    if (NT_SUCCESS(status) && !buffer.information.Name.Length)
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    return NT_SUCCESS(status) ? pnp_format(name, L"%wZ", &buffer.information.Name) : status;
}

static void write_text(PCUNICODE_STRING key, PCWSTR name, PCUNICODE_STRING text)
{
    UNICODE_STRING value, copy;

    RtlInitUnicodeString(&value, name);
    if (!text->Length || !NT_SUCCESS(pnp_format(&copy, L"%wZ", text)))
        return;
    cm_set_value(key, &value, REG_SZ, copy.Buffer, copy.MaximumLength);
    RtlFreeUnicodeString(&copy);
}

void pnp_write_running(const struct pnp_node *node)
{
    static const UNICODE_STRING root = RTL_CONSTANT_STRING(L"HTREE\\ROOT\\0"),
                                problem_name = RTL_CONSTANT_STRING(L"Problem");
    ULONG problem = node->problem;
    UNICODE_STRING key, name;

    if (!NT_SUCCESS(pnp_format(&key, PNP_CONTROL_SET L"\\Enum\\%wZ\\Control", &node->instance)))
        return;
    cm_create_volatile_key(&key);
    write_text(&key, L"ActiveService", &node->service);
    write_text(&key, L"Parent", node->parent ? &node->parent->instance : &root);
    cm_set_value(&key, &problem_name, REG_DWORD, &problem, sizeof(problem));
    if (NT_SUCCESS(pnp_device_name(node->physical, &name))) {
        write_text(&key, L"PhysicalDeviceObjectName", &name);
        RtlFreeUnicodeString(&name);
    }
    RtlFreeUnicodeString(&key);
}

void pnp_write_gone(const struct pnp_node *node)
{
    UNICODE_STRING path;
    HANDLE key;

    if (!NT_SUCCESS(pnp_format(&path, PNP_CONTROL_SET L"\\Enum\\%wZ\\Control", &node->instance)))
        return;
    if (NT_SUCCESS(pnp_open_key(&key, DELETE, &path, FALSE))) {
        ZwDeleteKey(key);
        ZwClose(key);
    }
    RtlFreeUnicodeString(&path);
}

/* {class}\0000, from the device's value Driver. */
static NTSTATUS read_driver_key(const struct pnp_node *node, PUNICODE_STRING driver)
{
    static const UNICODE_STRING value = RTL_CONSTANT_STRING(L"Driver");
    WCHAR text[DRIVER_KEY_CHARACTERS] = {0};
    ULONG size = sizeof(text) - sizeof(WCHAR), type;
    UNICODE_STRING path;
    NTSTATUS status = pnp_node_path(node, &path);

    if (!NT_SUCCESS(status))
        return status;
    status = cm_query_value(&path, &value, &type, text, &size);
    RtlFreeUnicodeString(&path);
    if (NT_SUCCESS(status) && type != REG_SZ)
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    return NT_SUCCESS(status) ? pnp_format(driver, L"%s", text) : status;
}

/* Where in the registry the key of that kind is, without a profile. */
static NTSTATUS key_path(const struct pnp_node *node, ULONG kind, PCWSTR root, PUNICODE_STRING path)
{
    BOOLEAN profile = (kind & PLUGPLAY_REGKEY_CURRENT_HWPROFILE) != 0;
    UNICODE_STRING driver;
    NTSTATUS status;

    if (kind & PLUGPLAY_REGKEY_DEVICE)
        return pnp_format(path, L"%s\\Enum\\%wZ%s", root, &node->instance,
                          profile ? L"" : L"\\Device Parameters");
    status = read_driver_key(node, &driver);
    if (!NT_SUCCESS(status))
        return status;
    status = pnp_format(path, L"%s\\Control\\Class\\%wZ", root, &driver);
    RtlFreeUnicodeString(&driver);
    return status;
}

/*
 * Open the registry key that a device's drivers keep their settings in. A missing one is made.
 * @param physical  the physical device object
 * @param kind      PLUGPLAY_REGKEY_DEVICE or _DRIVER, perhaps with _CURRENT_HWPROFILE
 * @param access    KEY_…
 * @param key       receives a kernel handle
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER for a wrong kind; STATUS_INVALID_DEVICE_REQUEST
 * for a device that is no physical one; STATUS_OBJECT_NAME_NOT_FOUND for the driver key of a device
 * without an installed driver.
 * Source: Windows driver documentation, IoOpenDeviceRegistryKey.
 */
NTSTATUS NTAPI IoOpenDeviceRegistryKey(PDEVICE_OBJECT physical, ULONG kind, ACCESS_MASK access,
                                       PHANDLE key)
{
    const struct pnp_node *node = pnp_node_of(physical);
    ULONG which = kind & (PLUGPLAY_REGKEY_DEVICE | PLUGPLAY_REGKEY_DRIVER);
    PCWSTR root = kind & PLUGPLAY_REGKEY_CURRENT_HWPROFILE
                      ? PNP_CONTROL_SET L"\\Hardware Profiles\\Current\\System\\CurrentControlSet"
                      : PNP_CONTROL_SET;
    UNICODE_STRING path;
    NTSTATUS status;

    *key = NULL;
    if ((which != PLUGPLAY_REGKEY_DEVICE && which != PLUGPLAY_REGKEY_DRIVER) ||
        kind & ~(ULONG)(which | PLUGPLAY_REGKEY_CURRENT_HWPROFILE))
        return STATUS_INVALID_PARAMETER;
    if (!node)
        return STATUS_INVALID_DEVICE_REQUEST;
    status = key_path(node, kind, root, &path);
    if (!NT_SUCCESS(status))
        return status;
    status = pnp_open_key(key, access, &path, TRUE);
    RtlFreeUnicodeString(&path);
    return status;
}
NT_EXPORT(IoOpenDeviceRegistryKey, PASSIVE_LEVEL, "Duup");
