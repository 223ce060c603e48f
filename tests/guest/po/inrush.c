/* Devices that draw much current when they are switched on: one at a time in the whole system. */
#include "stack.h"

static PDRIVER_OBJECT driver;
static PDEVICE_OBJECT devices[2];
static PIRP kept[4];
static LONG arrived;

static NTSTATUS NTAPI keep(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    kept[arrived++] = irp;
    return STATUS_PENDING;
}

static NTSTATUS NTAPI initialize(PDRIVER_OBJECT object, PUNICODE_STRING registry_path)
{
    UNREFERENCED_PARAMETER(registry_path);
    object->MajorFunction[IRP_MJ_POWER] = keep;
    driver = object;
    return STATUS_SUCCESS;
}

static void complete(LONG number)
{
    kept[number]->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(kept[number], IO_NO_INCREMENT);
    stack_wait(10);
}

static void request_both(DEVICE_POWER_STATE device_state)
{
    POWER_STATE state = {.DeviceState = device_state};

    arrived = 0;
    for (ULONG i = 0; i < 2; i++)
        PoRequestPowerIrp(devices[i], IRP_MN_SET_POWER, state, NULL, NULL, NULL);
    stack_wait(10);
}

static void begin(void)
{
    ok_eq_status(IoCreateDriver(NULL, initialize), STATUS_SUCCESS);
    for (ULONG i = 0; i < 2; i++) {
        ok_eq_status(IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &devices[i]),
                     STATUS_SUCCESS);
        devices[i]->Flags |= DO_POWER_INRUSH;
        devices[i]->Flags &= ~DO_DEVICE_INITIALIZING;
    }
}

static void end(void)
{
    IoDeleteDevice(devices[0]);
    IoDeleteDevice(devices[1]);
    IoDeleteDriver(driver);
}

GUEST_TEST(one_is_switched_on_at_a_time)
{
    begin();
    request_both(PowerDeviceD0);
    ok_eq_int(arrived, 1);
    complete(0);
    ok_eq_int(arrived, 2);
    complete(1);
    end();
}

GUEST_TEST(both_are_switched_off)
{
    begin();
    request_both(PowerDeviceD3);
    ok_eq_int(arrived, 2);
    complete(1);
    complete(0);
    ok_eq_int(arrived, 2);
    end();
}

GUEST_TEST_FILE(inrush, GUEST_ROW(one_is_switched_on_at_a_time), GUEST_ROW(both_are_switched_off));
