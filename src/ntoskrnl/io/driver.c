/*
 * Driver objects and their life.
 *
 *   io_driver_load ─▶ image mapped ─▶ \Driver\Name made ─▶ DriverEntry ─┬─ fails ─▶ undone
 *                                                                       └─ succeeds ─▶ loaded
 *   loaded ── unload.c ─▶ DriverUnload ─▶ name removed ─▶ last reference: image unmapped
 */
#include "etw/etw.h"
#include "io/io_internal.h"
#include "kd/kd.h"
#include "pnp/pnp.h"
#include "vf/event.h"
#include "vf/irp.h"
#include "vf/memory.h"
#include "vf/owned.h"
#include "vf/vf.h"

POBJECT_TYPE IoDriverObjectTypeObject;
NT_EXPORT_DIRECTIVE("IoDriverObjectType=IoDriverObjectTypeObject,data");

#define DRIVER_TAG MM_POOL_TAG('D', 'r', 'v', 'r')
#define SERVICES L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"

/* What stands behind the driver object; starts like NT's DRIVER_EXTENSION. */
struct driver_extension {
    PDRIVER_OBJECT DriverObject;
    PDRIVER_ADD_DEVICE AddDevice;
    ULONG Count;
    UNICODE_STRING ServiceKeyName;
    LIST_ENTRY client_extensions; /* IoAllocateDriverObjectExtension */
    struct mm_image *image;
    UNICODE_STRING registry_path;
    KEVENT unloaded; /* DriverUnload was called, and the name is gone */
};
C_ASSERT(FIELD_OFFSET(struct driver_extension, ServiceKeyName) ==
         FIELD_OFFSET(DRIVER_EXTENSION, ServiceKeyName));

static struct driver_extension *extension_of(PDRIVER_OBJECT driver)
{
    return (struct driver_extension *)driver->DriverExtension;
}

/* What a MajorFunction slot holds until the driver sets it. */
NTSTATUS NTAPI io_invalid_device_request(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    irp->IoStatus.Information = 0;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS copy_string(PUNICODE_STRING to, PCWSTR prefix, PCUNICODE_STRING from)
{
    SIZE_T prefix_bytes = wcslen(prefix) * sizeof(WCHAR);
    SIZE_T bytes = prefix_bytes + from->Length;

    if (bytes + sizeof(WCHAR) > MAXUSHORT)
        return STATUS_NAME_TOO_LONG;
    to->Buffer = ExAllocatePoolWithTag(NonPagedPool, bytes + sizeof(WCHAR), DRIVER_TAG);
    if (!to->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(to->Buffer, prefix, prefix_bytes);
    RtlCopyMemory((UCHAR *)to->Buffer + prefix_bytes, from->Buffer, from->Length);
    to->Buffer[bytes / sizeof(WCHAR)] = 0;
    to->Length = (USHORT)bytes;
    to->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static void free_string(PUNICODE_STRING string)
{
    if (string->Buffer)
        ExFreePoolWithTag(string->Buffer, DRIVER_TAG);
    string->Buffer = NULL;
}

/* The object's memory goes, after the last device and the last reference. */
void io_delete_driver(PVOID object)
{
    PDRIVER_OBJECT driver = object;
    struct driver_extension *extension = extension_of(driver);

    while (extension->client_extensions.Flink && !IsListEmpty(&extension->client_extensions))
        ExFreePoolWithTag(RemoveHeadList(&extension->client_extensions), DRIVER_TAG);
    free_string(&driver->DriverName);
    free_string(&extension->ServiceKeyName);
    free_string(&extension->registry_path);
    if (extension->image) {
        VF(memory_driver_gone(driver));
        mm_unload_image(extension->image);
    }
}

static void fill_image(PDRIVER_OBJECT driver, struct mm_image *image)
{
    driver->DriverStart = (PVOID)image->base;
    driver->DriverSize = (ULONG)image->size;
    driver->DriverSection = image->loader_entry;
    driver->DriverInit = (PDRIVER_INITIALIZE)image->entry;
    driver->Flags = DRVO_LEGACY_DRIVER;
}

/* A driver without an image of its own is part of the kernel's, or of another driver's. */
static NTSTATUS fill_driver(PDRIVER_OBJECT driver, PCUNICODE_STRING name, PCUNICODE_STRING service,
                            struct mm_image *image)
{
    struct driver_extension *extension = (struct driver_extension *)(driver + 1);
    static UNICODE_STRING hardware =
        RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM");
    NTSTATUS status;

    RtlZeroMemory(driver, sizeof(*driver) + sizeof(*extension));
    driver->Type = IO_TYPE_DRIVER;
    driver->Size = sizeof(*driver);
    driver->DriverExtension = (PDRIVER_EXTENSION)extension;
    driver->HardwareDatabase = &hardware;
    extension->DriverObject = driver;
    InitializeListHead(&extension->client_extensions);
    KeInitializeEvent(&extension->unloaded, NotificationEvent, FALSE);
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = io_invalid_device_request;
    status = copy_string(&driver->DriverName, L"", name);
    if (NT_SUCCESS(status))
        status = copy_string(&extension->ServiceKeyName, L"", service);
    if (NT_SUCCESS(status))
        status = copy_string(&extension->registry_path, SERVICES, service);
    if (!NT_SUCCESS(status))
        return status;
    if (image)
        fill_image(driver, image);
    else
        driver->Flags = DRVO_BUILTIN_DRIVER;
    return STATUS_SUCCESS;
}

/* Make a driver object with a name. It owns the image from here on. */
static NTSTATUS create_named(PUNICODE_STRING name, PCUNICODE_STRING service, struct mm_image *image,
                             PDRIVER_OBJECT *created)
{
    OBJECT_ATTRIBUTES attributes;
    PDRIVER_OBJECT driver;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL, NULL);
    status = ObCreateObject(KernelMode, IoDriverObjectTypeObject, &attributes, KernelMode, NULL,
                            sizeof(DRIVER_OBJECT) + sizeof(struct driver_extension), 0, 0,
                            (PVOID *)&driver);
    if (!NT_SUCCESS(status))
        return status;
    status = fill_driver(driver, name, service, image);
    if (NT_SUCCESS(status))
        status = ObInsertObject(driver, NULL, FILE_READ_DATA, 0, NULL, NULL);
    else
        ObDereferenceObject(driver);
    if (NT_SUCCESS(status)) {
        extension_of(driver)->image = image; /* from here on the object owns it */
        *created = driver;
    }
    return status;
}

static NTSTATUS create_driver(PCUNICODE_STRING service, struct mm_image *image,
                              PDRIVER_OBJECT *created)
{
    UNICODE_STRING name;
    NTSTATUS status = io_service_object_name(service, &name);

    if (!NT_SUCCESS(status))
        return status;
    status = create_named(&name, service, image, created);
    RtlFreeUnicodeString(&name);
    return status;
}

void io_driver_devices_initialized(PDRIVER_OBJECT driver)
{
    for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice)
        device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
}

/* A routine of the driver has returned. Bug check 0xC8 codes both IRQLs in its first parameter. */
static void check_irql(ULONG_PTR routine)
{
    if (ke_irql() != PASSIVE_LEVEL)
        ke_bugcheck(IRQL_UNEXPECTED_VALUE, (ULONG_PTR)ke_irql() << 16, routine, 0, 0);
}

static void check_timers(PDRIVER_OBJECT driver)
{
    ULONG64 start = (ULONG64)driver->DriverStart;

    ke_check_timers(start, start + driver->DriverSize);
}

static NTSTATUS call_driver_entry(PVOID context)
{
    PDRIVER_OBJECT driver = context;
    PUNICODE_STRING registry_path = &extension_of(driver)->registry_path;
    NTSTATUS status =
        vf_on ? vf_driver_entry(driver, registry_path) : driver->DriverInit(driver, registry_path);

    check_irql((ULONG_PTR)driver->DriverInit);
    VF(load_entry_returned(driver, NT_SUCCESS(status)));
    if (NT_SUCCESS(status))
        io_driver_devices_initialized(driver);
    else
        check_timers(driver);
    if (driver->DriverExtension->AddDevice)
        driver->Flags &= ~(ULONG)DRVO_LEGACY_DRIVER;
    if (!NT_SUCCESS(status) || !io.starting)
        io_driver_reinitialize(driver, NT_SUCCESS(status));
    return status;
}

NTSTATUS io_driver_call_unload(PVOID context)
{
    PDRIVER_OBJECT driver = context;

    if (vf_on)
        vf_driver_unload(driver);
    else
        driver->DriverUnload(driver);
    check_irql((ULONG_PTR)driver->DriverUnload);
    VF(driver_unloaded(driver));
    check_timers(driver);
    etw_driver_unloaded((ULONG64)driver->DriverStart,
                        (ULONG64)driver->DriverStart + driver->DriverSize);
    return STATUS_SUCCESS;
}

UNICODE_STRING io_name_last_part(PCUNICODE_STRING name)
{
    UNICODE_STRING part = *name;
    USHORT start = name->Length / sizeof(WCHAR);

    while (start && name->Buffer[start - 1] != L'\\')
        start--;
    part.Buffer += start;
    part.Length = part.MaximumLength = (USHORT)(name->Length - start * sizeof(WCHAR));
    return part;
}

NTSTATUS io_driver_create(PUNICODE_STRING name, PDRIVER_OBJECT *driver)
{
    UNICODE_STRING service = io_name_last_part(name); /* it has no service key */

    return create_named(name, &service, NULL, driver);
}

PUNICODE_STRING io_driver_service(PDRIVER_OBJECT driver)
{
    return &extension_of(driver)->ServiceKeyName;
}

PUNICODE_STRING io_driver_registry_path(PDRIVER_OBJECT driver)
{
    return &extension_of(driver)->registry_path;
}

PKEVENT io_driver_unloaded(PDRIVER_OBJECT driver)
{
    return &extension_of(driver)->unloaded;
}

void io_driver_forget(PDRIVER_OBJECT driver)
{
    ObMakeTemporaryObject(driver);
    ObDereferenceObject(driver);
}

NTSTATUS io_driver_load(PCUNICODE_STRING service, PCUNICODE_STRING image_path)
{
    struct mm_image *image;
    PDRIVER_OBJECT driver;
    NTSTATUS status = mm_load_image(image_path, &image);

    if (!NT_SUCCESS(status))
        return status;
    if (!image->entry) {
        kd_print_loader_error(image_path, "an image without an entry point");
        mm_unload_image(image);
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    status = create_driver(service, image, &driver);
    if (!NT_SUCCESS(status)) {
        mm_unload_image(image);
        return status == STATUS_OBJECT_NAME_COLLISION ? STATUS_IMAGE_ALREADY_LOADED : status;
    }
    status = io_run_on_system_thread(call_driver_entry, driver);
    if (!NT_SUCCESS(status)) {
        while (driver->DeviceObject && !io_extension(driver->DeviceObject)->DeletePending)
            IoDeleteDevice(driver->DeviceObject);
        io_driver_forget(driver);
        return status;
    }
    mm_discard_init_sections(image);
    return STATUS_SUCCESS;
}

NTSTATUS io_driver_find(PCUNICODE_STRING service, PDRIVER_OBJECT *driver)
{
    UNICODE_STRING name;
    NTSTATUS status = io_service_object_name(service, &name);

    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, NULL, 0, IoDriverObjectTypeObject,
                                     KernelMode, NULL, (PVOID *)driver);
    RtlFreeUnicodeString(&name);
    return status;
}

struct client_extension {
    LIST_ENTRY links;
    PVOID identifier;
    PVOID padding;
    UCHAR data[];
};

/*
 * Per-driver memory that other code finds by an identifier; freed with the driver object.
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_OBJECT_NAME_COLLISION for a used identifier.
 * Source: Windows driver documentation, IoAllocateDriverObjectExtension.
 */
NTSTATUS NTAPI IoAllocateDriverObjectExtension(PDRIVER_OBJECT driver, PVOID identifier, ULONG size,
                                               PVOID *extension)
{
    struct client_extension *client;

    *extension = NULL;
    if (IoGetDriverObjectExtension(driver, identifier))
        return STATUS_OBJECT_NAME_COLLISION;
    client = ExAllocatePoolWithTag(NonPagedPool, sizeof(*client) + size, DRIVER_TAG);
    if (!client)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(client->data, size);
    client->identifier = identifier;
    InsertTailList(&extension_of(driver)->client_extensions, &client->links);
    *extension = client->data;
    return STATUS_SUCCESS;
}
NT_EXPORT(IoAllocateDriverObjectExtension, DISPATCH_LEVEL, "Opup");

PVOID NTAPI IoGetDriverObjectExtension(PDRIVER_OBJECT driver, PVOID identifier)
{
    LIST_ENTRY *head = &extension_of(driver)->client_extensions;

    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct client_extension *client = CONTAINING_RECORD(link, struct client_extension, links);

        if (client->identifier == identifier)
            return client->data;
    }
    return NULL;
}
NT_EXPORT(IoGetDriverObjectExtension, DISPATCH_LEVEL, "Op");
