/* Idle detection: after so many seconds without use a device is powered down, once. */
#include "stack.h"

static PULONG counter;

static void begin(ULONG conservation, ULONG performance)
{
    stack_begin(DO_POWER_PAGABLE, DO_POWER_PAGABLE);
    counter =
        PoRegisterDeviceForIdleDetection(stack.device, conservation, performance, PowerDeviceD3);
}

static void end(void)
{
    ok(PoRegisterDeviceForIdleDetection(stack.device, 0, 0, PowerDeviceD3) == NULL, "disabled");
    stack_end();
}

GUEST_TEST(is_powered_down)
{
    begin(5, 5);
    ok(counter != NULL, "a counter");
    stack_wait(2500);
    ok_eq_int(stack.count, 0);
    stack_wait(5000);
    ok_eq_int(stack.count, 1);
    ok_eq_int(stack.arrivals[0].minor, IRP_MN_SET_POWER);
    ok_eq_int(stack.arrivals[0].location.Parameters.Power.Type, DevicePowerState);
    ok_eq_int(stack.arrivals[0].location.Parameters.Power.State.DeviceState, PowerDeviceD3);
    ok_eq_int(stack.arrivals[0].irql, PASSIVE_LEVEL);
    stack_wait(10000);
    ok_eq_int(stack.count, 1);
    /* After a use it may be idle once more. */
    PoSetDeviceBusy(counter);
    stack_wait(7000);
    ok_eq_int(stack.count, 2);
    end();
}

GUEST_TEST(use_restarts_the_time)
{
    begin(5, 5);
    for (ULONG i = 0; i < 4; i++) {
        stack_wait(3000);
        if (i & 1)
            PoSetDeviceBusy(counter);
        else
            PoSetDeviceBusyEx(counter);
    }
    ok_eq_int(stack.count, 0);
    end();
}

GUEST_TEST(long_use)
{
    begin(3, 3);
    PoStartDeviceBusy(counter);
    stack_wait(10000);
    ok_eq_int(stack.count, 0);
    PoEndDeviceBusy(counter);
    stack_wait(5000);
    ok_eq_int(stack.count, 1);
    end();
}

GUEST_TEST(new_time_out)
{
    PULONG again;

    begin(3, 3);
    again = PoRegisterDeviceForIdleDetection(stack.device, 20, 20, PowerDeviceD2);
    ok(again == counter, "the same counter");
    stack_wait(10000);
    ok_eq_int(stack.count, 0);
    stack_wait(12000);
    ok_eq_int(stack.count, 1);
    ok_eq_int(stack.arrivals[0].location.Parameters.Power.State.DeviceState, PowerDeviceD2);
    end();
}

GUEST_TEST(disabled)
{
    begin(2, 2);
    ok(PoRegisterDeviceForIdleDetection(stack.device, 0, 0, PowerDeviceD3) == NULL, "no counter");
    stack_wait(5000);
    ok_eq_int(stack.count, 0);
    stack_end();
}

/* The class of this device has no time-out in the power policy. */
GUEST_TEST(no_standard_time_out)
{
    begin((ULONG)-1, (ULONG)-1);
    ok(counter == NULL, "no counter");
    stack_end();
}

/* A device that is deleted with idle detection on is just gone. */
GUEST_TEST(deleted_device)
{
    begin(2, 2);
    stack_end();
    stack_wait(5000);
    ok_eq_int(stack.count, 0);
}

GUEST_TEST_FILE(idle_detection, GUEST_ROW(is_powered_down), GUEST_ROW(use_restarts_the_time),
                GUEST_ROW(long_use), GUEST_ROW(new_time_out), GUEST_ROW(disabled),
                GUEST_ROW(no_standard_time_out), GUEST_ROW(deleted_device));
