/*
 * WMI: a device registers its blocks, is asked for them, and another driver reads them.
 */
#include "../guest.h"
#include <wmistr.h>

static const GUID block_id = {
    0x5D2A1B70, 0x0002, 0x4C6E, {0x90, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77}};
static const GUID smbios_id = {
    0x8F680850, 0xA584, 0x11D1, {0xBF, 0x38, 0x00, 0xA0, 0xC9, 0x06, 0x29, 0x10}};

static struct {
    PDEVICE_OBJECT device;
    ULONG registrations, updates, queries, old_style, others;
    BOOLEAN only_old_style, wants_room;
    KEVENT asked;
    KIRQL irql;
} wmi;

static NTSTATUS answer_registration(PIO_STACK_LOCATION location, ULONG_PTR *size)
{
    PWMIREGINFOW information = location->Parameters.WMI.Buffer;
    ULONG needed = FIELD_OFFSET(WMIREGINFOW, WmiRegGuid) + 2 * sizeof(WMIREGGUIDW);

    wmi.irql = KeGetCurrentIrql();
    if ((ULONG_PTR)location->Parameters.WMI.DataPath == WMIUPDATE)
        wmi.updates++;
    else
        wmi.registrations++;
    if (wmi.wants_room)
        needed += 0x2000;
    if (location->Parameters.WMI.BufferSize < needed) {
        *(ULONG *)information = needed;
        *size = sizeof(ULONG);
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlZeroMemory(information, needed);
    information->BufferSize = needed;
    information->GuidCount = 2;
    information->WmiRegGuid[0].Guid = block_id;
    information->WmiRegGuid[0].Flags = WMIREG_FLAG_INSTANCE_PDO;
    information->WmiRegGuid[0].InstanceCount = 1;
    *size = needed;
    KeSetEvent(&wmi.asked, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static NTSTATUS answer_query(PIO_STACK_LOCATION location, ULONG_PTR *size)
{
    PWNODE_ALL_DATA block = location->Parameters.WMI.Buffer;
    ULONG needed = sizeof(*block) + sizeof(ULONG);

    wmi.queries++;
    if (!IsEqualGUID(location->Parameters.WMI.DataPath, &block_id))
        return STATUS_WMI_GUID_NOT_FOUND;
    if (location->Parameters.WMI.BufferSize < needed) {
        PWNODE_TOO_SMALL small = (PWNODE_TOO_SMALL)block;

        small->WnodeHeader.BufferSize = sizeof(*small);
        small->WnodeHeader.Flags |= WNODE_FLAG_TOO_SMALL;
        small->SizeNeeded = needed;
        *size = sizeof(*small);
        return STATUS_SUCCESS;
    }
    block->WnodeHeader.BufferSize = needed;
    block->WnodeHeader.Flags |= WNODE_FLAG_FIXED_INSTANCE_SIZE;
    block->InstanceCount = 1;
    block->FixedInstanceSize = sizeof(ULONG);
    block->DataBlockOffset = sizeof(*block);
    *(ULONG *)(block + 1) = 0xC0FFEE;
    *size = needed;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI system_control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = STATUS_NOT_SUPPORTED;
    ULONG_PTR size = 0;

    if (location->Parameters.WMI.ProviderId != (ULONG_PTR)device) {
        wmi.others++;
    } else if (location->MinorFunction == IRP_MN_REGINFO_EX && !wmi.only_old_style) {
        status = answer_registration(location, &size);
    } else if (location->MinorFunction == IRP_MN_REGINFO) {
        wmi.old_style++;
        status = answer_registration(location, &size);
    } else if (location->MinorFunction == IRP_MN_QUERY_ALL_DATA) {
        status = answer_query(location, &size);
    }
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = size;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI start(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = system_control;
    return IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &wmi.device);
}

NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING name, PDRIVER_INITIALIZE initialize);
VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT driver);

static PDRIVER_OBJECT begin(void)
{
    RtlZeroMemory(&wmi, sizeof(wmi));
    KeInitializeEvent(&wmi.asked, NotificationEvent, FALSE);
    ok_eq_status(IoCreateDriver(NULL, start), STATUS_SUCCESS);
    wmi.device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return wmi.device->DriverObject;
}

static void end(PDRIVER_OBJECT driver)
{
    IoDeleteDevice(wmi.device);
    IoDeleteDriver(driver);
}

static NTSTATUS wait_until_asked(void)
{
    LARGE_INTEGER timeout = {.QuadPart = -50000000};
    LARGE_INTEGER moment = {.QuadPart = -100000};
    NTSTATUS status = KeWaitForSingleObject(&wmi.asked, Executive, KernelMode, FALSE, &timeout);

    KeDelayExecutionThread(KernelMode, FALSE, &moment); /* until the answer is evaluated */
    return status;
}

GUEST_TEST(registration)
{
    PDRIVER_OBJECT driver = begin();
    PVOID object;

    ok_eq_status(IoWMIRegistrationControl(wmi.device, WMIREG_ACTION_DEREGISTER),
                 STATUS_INVALID_PARAMETER);
    ok_eq_status(IoWMIOpenBlock((GUID *)&block_id, 1, &object), STATUS_WMI_GUID_NOT_FOUND);
    ok_eq_status(IoWMIRegistrationControl(wmi.device, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    ok_eq_status(wait_until_asked(), STATUS_SUCCESS);
    ok_eq_int(wmi.registrations, 1);
    ok_eq_int(wmi.irql, PASSIVE_LEVEL);
    ok_eq_int(wmi.others, 0);
    ok(IoWMIDeviceObjectToProviderId(wmi.device) != 0, "a registered device has no id");
    ok_eq_status(IoWMIRegistrationControl(wmi.device, WMIREG_ACTION_UPDATE_GUIDS), STATUS_SUCCESS);
    ok_eq_int(wmi.updates, 1);
    ok_eq_status(IoWMIOpenBlock((GUID *)&block_id, 1, &object), STATUS_SUCCESS);
    ObDereferenceObject(object);
    ok_eq_status(IoWMIRegistrationControl(wmi.device, WMIREG_ACTION_DEREGISTER), STATUS_SUCCESS);
    ok_eq_status(IoWMIOpenBlock((GUID *)&block_id, 1, &object), STATUS_WMI_GUID_NOT_FOUND);
    end(driver);
}

GUEST_TEST(registration_in_other_ways)
{
    PDRIVER_OBJECT driver = begin();
    PVOID object;

    wmi.only_old_style = wmi.wants_room = TRUE;
    ok_eq_status(IoWMIRegistrationControl(wmi.device, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    ok_eq_status(wait_until_asked(), STATUS_SUCCESS);
    ok_eq_int(wmi.old_style, 2); /* too small, then with room */
    ok_eq_status(IoWMIOpenBlock((GUID *)&block_id, 1, &object), STATUS_SUCCESS);
    ObDereferenceObject(object);
    ok_eq_status(IoWMIRegistrationControl(wmi.device, WMIREG_ACTION_DEREGISTER), STATUS_SUCCESS);
    end(driver);
}

GUEST_TEST(query)
{
    PDRIVER_OBJECT driver = begin();
    UCHAR buffer[256];
    PWNODE_ALL_DATA block = (PWNODE_ALL_DATA)buffer;
    ULONG size = 0;
    PVOID object = NULL;

    IoWMIRegistrationControl(wmi.device, WMIREG_ACTION_REGISTER);
    wait_until_asked();
    ok_eq_status(IoWMIOpenBlock((GUID *)&block_id, 1, &object), STATUS_SUCCESS);
    ok_eq_status(IoWMIQueryAllData(object, &size, NULL), STATUS_BUFFER_TOO_SMALL);
    ok(size >= sizeof(*block) + sizeof(ULONG) && size <= sizeof(buffer), "needs %lu bytes", size);
    size = sizeof(buffer);
    ok_eq_status(IoWMIQueryAllData(object, &size, buffer), STATUS_SUCCESS);
    ok(IsEqualGUID(&block->WnodeHeader.Guid, &block_id), "another block");
    ok_eq_int(block->WnodeHeader.Linkage, 0);
    ok_eq_int(block->InstanceCount, 1);
    ok_eq_int(*(ULONG *)(buffer + block->DataBlockOffset), 0xC0FFEE);
    ok_eq_status(IoWMIRegistrationControl(wmi.device, WMIREG_ACTION_BLOCK_IRPS), STATUS_SUCCESS);
    wmi.queries = 0;
    size = sizeof(buffer);
    ok(!NT_SUCCESS(IoWMIQueryAllData(object, &size, buffer)), "a blocked device answers");
    ok_eq_int(wmi.queries, 0);
    ok_eq_status(IoWMIRegistrationControl(wmi.device, WMIREG_ACTION_DEREGISTER), STATUS_SUCCESS);
    size = sizeof(buffer);
    ok_eq_status(IoWMIQueryAllData(object, &size, buffer), STATUS_WMI_GUID_NOT_FOUND);
    ObDereferenceObject(object);
    end(driver);
}

GUEST_TEST(smbios)
{
    PWNODE_ALL_DATA block;
    ULONG size = 0, length;
    PUCHAR data;
    PVOID object;

    ok_eq_status(IoWMIOpenBlock((GUID *)&smbios_id, 1, &object), STATUS_SUCCESS);
    ok_eq_status(IoWMIQueryAllData(object, &size, NULL), STATUS_BUFFER_TOO_SMALL);
    block = ExAllocatePoolWithTag(NonPagedPool, size, 'tseT');
    ok_eq_status(IoWMIQueryAllData(object, &size, block), STATUS_SUCCESS);
    ok_eq_int(block->InstanceCount, 1);
    ok(block->WnodeHeader.Flags & WNODE_FLAG_FIXED_INSTANCE_SIZE, "instances of different sizes");
    data = (PUCHAR)block + block->DataBlockOffset;
    RtlCopyMemory(&length, data + 4, sizeof(length));
    ok_eq_int(length + 8, block->FixedInstanceSize);
    ok(block->DataBlockOffset + block->FixedInstanceSize <= size, "the data ends too late");
    ok_eq_int(data[8], 0); /* the first structure describes the firmware */
    ExFreePoolWithTag(block, 'tseT');
    ObDereferenceObject(object);
}

GUEST_TEST(events)
{
    PWNODE_EVENT_ITEM item = ExAllocatePoolWithTag(NonPagedPool, sizeof(*item), 'tseT');
    ULONG first = 99, second = 99;

    RtlZeroMemory(item, sizeof(*item));
    item->WnodeHeader.BufferSize = sizeof(*item);
    item->WnodeHeader.Guid = block_id;
    item->WnodeHeader.Flags = WNODE_FLAG_EVENT_ITEM;
    ok_eq_status(IoWMIWriteEvent(item), STATUS_SUCCESS); /* which frees it */
    ok_eq_status(IoWMIAllocateInstanceIds((GUID *)&block_id, 3, &first), STATUS_SUCCESS);
    ok_eq_status(IoWMIAllocateInstanceIds((GUID *)&block_id, 1, &second), STATUS_SUCCESS);
    ok_eq_int(second - first, 3);
}

GUEST_TEST_FILE(wmi_block, GUEST_ROW(registration), GUEST_ROW(registration_in_other_ways),
                GUEST_ROW(query), GUEST_ROW(smbios), GUEST_ROW(events));
