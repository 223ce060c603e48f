/*
 * NtLoadDriver and NtUnloadDriver: from a service's registry key to a driver.
 *
 * ImagePath           what is loaded
 *   (none)              \SystemRoot\System32\drivers\NAME.sys
 *   \…                  as it is (\??\C:\…, \SystemRoot\…, \Device\…)
 *   C:\…                \??\C:\…; NT leaves this translation to the service control manager
 *   %SystemRoot%\…      \SystemRoot\…
 *   anything else       \SystemRoot\…
 */
#include "cm/cm.h"
#include "ex/ex.h"
#include "io/io_internal.h"
#include "pnp/pnp.h"

NTSTATUS NTAPI NtLoadDriver(PUNICODE_STRING path);
NTSTATUS NTAPI NtUnloadDriver(PUNICODE_STRING path);

#define IO_TAG_LOAD MM_POOL_TAG('I', 'o', 'L', 'd')
#define MAXIMUM_PATH 1024 /* bytes of an ImagePath */

#define SERVICE_DRIVERS                                                                            \
    (SERVICE_KERNEL_DRIVER | SERVICE_FILE_SYSTEM_DRIVER | SERVICE_RECOGNIZER_DRIVER)

/* What is known of a service. */
struct service {
    UNICODE_STRING key;  /* \Registry\Machine\System\CurrentControlSet\Services\NAME; owned */
    UNICODE_STRING name; /* its last component; points into key */
    WCHAR value[MAXIMUM_PATH / sizeof(WCHAR)];
    UNICODE_STRING image; /* owned */
};

static NTSTATUS check_privilege(void)
{
    return SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_LOAD_DRIVER_PRIVILEGE),
                                  ke_previous_mode())
               ? STATUS_SUCCESS
               : STATUS_PRIVILEGE_NOT_HELD;
}

static NTSTATUS open_service(struct service *service, PCUNICODE_STRING path)
{
    USHORT start;
    NTSTATUS status = ex_capture_string(&service->key, path, ke_previous_mode());

    service->image.Buffer = NULL;
    if (!NT_SUCCESS(status))
        return status;
    start = service->key.Length / sizeof(WCHAR);
    while (start > 0 && service->key.Buffer[start - 1] != L'\\')
        start--;
    service->name.Buffer = service->key.Buffer + start;
    service->name.Length = service->name.MaximumLength =
        (USHORT)(service->key.Length - start * sizeof(WCHAR));
    return start > 0 && service->name.Length ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static void close_service(struct service *service)
{
    if (service->key.Buffer)
        ExFreePool(service->key.Buffer);
    if (service->image.Buffer)
        ExFreePoolWithTag(service->image.Buffer, IO_TAG_LOAD);
    ExFreePoolWithTag(service, IO_TAG_LOAD);
}

/* Other types of services are not for us; a key without a type passes. */
static NTSTATUS check_type(const struct service *service)
{
    static const UNICODE_STRING name = RTL_CONSTANT_STRING(L"Type");
    ULONG type, size = sizeof(type), kind;
    NTSTATUS status = cm_query_value(&service->key, &name, &kind, &type, &size);

    if (!NT_SUCCESS(status))
        return STATUS_SUCCESS;
    if (kind != REG_DWORD || size != sizeof(type) || !(type & SERVICE_DRIVERS))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static NTSTATUS set_image(struct service *service, PCWSTR prefix, PCUNICODE_STRING rest,
                          PCWSTR suffix)
{
    SIZE_T bytes = (wcslen(prefix) + wcslen(suffix) + 1) * sizeof(WCHAR) + rest->Length;

    service->image.Buffer = ExAllocatePoolWithTag(PagedPool, bytes, IO_TAG_LOAD);
    if (!service->image.Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    service->image.Length = 0;
    service->image.MaximumLength = (USHORT)bytes;
    RtlAppendUnicodeToString(&service->image, prefix);
    RtlAppendUnicodeStringToString(&service->image, rest);
    return RtlAppendUnicodeToString(&service->image, suffix);
}

/* From the text of ImagePath to an NT path, as the table above says. */
static NTSTATUS complete_image(struct service *service, PUNICODE_STRING path)
{
    static const UNICODE_STRING variable = RTL_CONSTANT_STRING(L"%SystemRoot%\\");
    const WCHAR *text = path->Buffer;

    if (text[0] == L'\\')
        return set_image(service, L"", path, L"");
    if (path->Length > 3 * sizeof(WCHAR) && text[1] == L':' && text[2] == L'\\')
        return set_image(service, L"\\??\\", path, L"");
    if (RtlPrefixUnicodeString(&variable, path, TRUE)) {
        path->Buffer += variable.Length / sizeof(WCHAR);
        path->Length -= variable.Length;
    }
    return set_image(service, L"\\SystemRoot\\", path, L"");
}

static NTSTATUS find_image(struct service *service)
{
    static const UNICODE_STRING name = RTL_CONSTANT_STRING(L"ImagePath");
    UNICODE_STRING path = {.Buffer = service->value};
    ULONG kind, size = sizeof(service->value);
    NTSTATUS status = cm_query_value(&service->key, &name, &kind, service->value, &size);

    if (status == STATUS_BUFFER_OVERFLOW)
        return STATUS_NAME_TOO_LONG;
    if (NT_SUCCESS(status) && kind != REG_SZ && kind != REG_EXPAND_SZ)
        return STATUS_INVALID_PARAMETER;
    path.Length = path.MaximumLength = NT_SUCCESS(status) ? (USHORT)(size & ~1u) : 0;
    while (path.Length && path.Buffer[path.Length / sizeof(WCHAR) - 1] == 0)
        path.Length -= sizeof(WCHAR);
    if (path.Length)
        return complete_image(service, &path);
    return set_image(service, L"\\SystemRoot\\System32\\drivers\\", &service->name, L".sys");
}

/* An image that is not found may lack its folder, too. */
static NTSTATUS missing(PCUNICODE_STRING image)
{
    UNICODE_STRING folder = *image;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;

    while (folder.Length && folder.Buffer[folder.Length / sizeof(WCHAR) - 1] != L'\\')
        folder.Length -= sizeof(WCHAR);
    InitializeObjectAttributes(&attributes, &folder, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    if (!NT_SUCCESS(ZwOpenFile(&handle, SYNCHRONIZE, &attributes, &iosb,
                               FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                               FILE_DIRECTORY_FILE)))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    ZwClose(handle);
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS load(struct service *service)
{
    NTSTATUS status = RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, service->key.Buffer);

    if (NT_SUCCESS(status))
        status = check_type(service);
    if (NT_SUCCESS(status))
        status = find_image(service);
    if (NT_SUCCESS(status))
        status = io_check_signature(&service->image);
    if (!NT_SUCCESS(status))
        return status;
    status = io_driver_load(&service->name, &service->image);
    return status == STATUS_OBJECT_NAME_NOT_FOUND ? missing(&service->image) : status;
}

static NTSTATUS load_and_start_device(struct service *service)
{
    NTSTATUS status = load(service);

    if (NT_SUCCESS(status))
        pnp_service_started(&service->name);
    return status;
}

static NTSTATUS unload(struct service *service)
{
    return io_driver_unload(&service->name, TRUE);
}

static NTSTATUS with_service(PUNICODE_STRING path, NTSTATUS (*action)(struct service *))
{
    struct service *service;
    NTSTATUS status = check_privilege();

    if (!NT_SUCCESS(status))
        return status;
    service = ExAllocatePoolWithTag(PagedPool, sizeof(*service), IO_TAG_LOAD);
    if (!service)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = open_service(service, path);
    if (NT_SUCCESS(status))
        status = action(service);
    close_service(service);
    return status;
}

NTSTATUS io_service_load(PCUNICODE_STRING service)
{
    UNICODE_STRING path;
    NTSTATUS status = io_service_key(service, &path);

    if (!NT_SUCCESS(status))
        return status;
    status = with_service(&path, load);
    RtlFreeUnicodeString(&path);
    return status;
}

NTSTATUS io_service_start(PCUNICODE_STRING service)
{
    UNICODE_STRING path;
    NTSTATUS status = io_service_key(service, &path);

    if (!NT_SUCCESS(status))
        return status;
    status = with_service(&path, load_and_start_device);
    RtlFreeUnicodeString(&path);
    return status;
}

/*
 * Load and start a driver. A Plug and Play driver (AddDevice) gets a device of the root bus.
 * @param path  of the service's key, \Registry\Machine\System\CurrentControlSet\Services\NAME
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_PRIVILEGE_NOT_HELD without SeLoadDriverPrivilege;
 * STATUS_OBJECT_NAME_NOT_FOUND for a missing key or image, STATUS_OBJECT_PATH_NOT_FOUND for a
 * missing folder; STATUS_INVALID_PARAMETER for a service that is no driver;
 * STATUS_INVALID_IMAGE_FORMAT, STATUS_INVALID_IMAGE_WIN_32, STATUS_INVALID_IMAGE_HASH (signature.c)
 * for an image of the wrong kind; STATUS_IMAGE_ALREADY_LOADED; what DriverEntry returned.
 * Source: Windows driver documentation, ZwLoadDriver.
 */
NTSTATUS NTAPI NtLoadDriver(PUNICODE_STRING path)
{
    return with_service(path, load_and_start_device);
}
NT_SERVICE(LoadDriver, 1, PASSIVE_LEVEL, "U");

/*
 * Unload a driver, when nobody uses its devices any more: a handle that is open, or a driver that
 * is attached above, delays DriverUnload, and the devices cannot be opened from now on.
 * @param path  as for NtLoadDriver; the key itself may be gone
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_PRIVILEGE_NOT_HELD; STATUS_OBJECT_NAME_NOT_FOUND for a driver
 * that is not loaded; STATUS_INVALID_DEVICE_REQUEST without DriverUnload;
 * STATUS_PLUGPLAY_QUERY_VETOED when a device of the driver cannot be removed.
 * Differs from NT: that refuses to unload Plug and Play drivers at all.
 * Source: Windows driver documentation, ZwUnloadDriver.
 */
NTSTATUS NTAPI NtUnloadDriver(PUNICODE_STRING path)
{
    return with_service(path, unload);
}
NT_SERVICE(UnloadDriver, 1, PASSIVE_LEVEL, "U");
