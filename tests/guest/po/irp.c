/*
 * Power IRPs: what PoRequestPowerIrp sends and calls back, at which IRQL, and which IRPs wait for
 * each other.
 */
#include "stack.h"

static struct {
    LONG calls;
    PDEVICE_OBJECT device;
    UCHAR minor;
    POWER_STATE state;
    PVOID context;
    IO_STATUS_BLOCK result;
    KIRQL irql;
} called;

static VOID NTAPI on_completion(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state,
                                PVOID context, PIO_STATUS_BLOCK result)
{
    called.calls++;
    called.device = device;
    called.minor = minor;
    called.state = state;
    called.context = context;
    called.result = *result;
    called.irql = KeGetCurrentIrql();
}

static void begin(ULONG filter_flags, ULONG device_flags)
{
    RtlZeroMemory(&called, sizeof(called));
    stack_begin(filter_flags, device_flags);
}

static NTSTATUS request(UCHAR minor, DEVICE_POWER_STATE device_state)
{
    POWER_STATE state = {.DeviceState = device_state};

    return PoRequestPowerIrp(stack.device, minor, state, on_completion, &called, NULL);
}

GUEST_TEST(refuses_other_minor_codes)
{
    begin(DO_POWER_PAGABLE, DO_POWER_PAGABLE);
    ok_eq_status(request(IRP_MN_POWER_SEQUENCE, PowerDeviceD0), STATUS_INVALID_PARAMETER_2);
    ok_eq_status(request(0x42, PowerDeviceD0), STATUS_INVALID_PARAMETER_2);
    stack_wait(10);
    ok_eq_int(stack.count, 0);
    ok_eq_int(called.calls, 0);
    stack_end();
}

GUEST_TEST(set_power)
{
    struct stack_arrival *arrival = &stack.arrivals[0];

    begin(DO_POWER_PAGABLE, DO_POWER_PAGABLE);
    ok_eq_status(request(IRP_MN_SET_POWER, PowerDeviceD2), STATUS_PENDING);
    stack_wait(10);
    ok_eq_int(stack.count, 1);
    ok_eq_int(arrival->location.MajorFunction, IRP_MJ_POWER);
    ok_eq_int(arrival->minor, IRP_MN_SET_POWER);
    ok_eq_status(arrival->status, STATUS_NOT_SUPPORTED);
    ok_eq_int(arrival->location.Parameters.Power.Type, DevicePowerState);
    ok_eq_int(arrival->location.Parameters.Power.State.DeviceState, PowerDeviceD2);
    ok_eq_int(arrival->location.Parameters.Power.ShutdownType, PowerActionNone);
    ok_eq_int(called.calls, 1);
    ok(called.device == stack.device, "the device that was named, not the top of the stack");
    ok_eq_int(called.minor, IRP_MN_SET_POWER);
    ok_eq_int(called.state.DeviceState, PowerDeviceD2);
    ok(called.context == &called, "the context");
    ok_eq_status(called.result.Status, STATUS_SUCCESS);
    ok_eq_int(called.result.Information, 7);
    stack_end();
}

GUEST_TEST(query_power_fails)
{
    begin(DO_POWER_PAGABLE, DO_POWER_PAGABLE);
    stack.result = STATUS_DEVICE_BUSY;
    ok_eq_status(request(IRP_MN_QUERY_POWER, PowerDeviceD3), STATUS_PENDING);
    stack_wait(10);
    ok_eq_int(stack.arrivals[0].minor, IRP_MN_QUERY_POWER);
    ok_eq_int(called.calls, 1);
    ok_eq_int(called.minor, IRP_MN_QUERY_POWER);
    ok_eq_status(called.result.Status, STATUS_DEVICE_BUSY);
    stack_end();
}

GUEST_TEST(nobody_is_called_back)
{
    POWER_STATE state = {.DeviceState = PowerDeviceD1};

    begin(DO_POWER_PAGABLE, DO_POWER_PAGABLE);
    ok_eq_status(PoRequestPowerIrp(stack.filter, IRP_MN_SET_POWER, state, NULL, NULL, NULL),
                 STATUS_PENDING);
    stack_wait(10);
    ok_eq_int(stack.count, 1);
    stack_end();
}

GUEST_TEST(wait_wake_is_cancelled)
{
    POWER_STATE state = {.SystemState = PowerSystemSleeping3};
    PIRP irp = NULL;

    begin(DO_POWER_PAGABLE, DO_POWER_PAGABLE);
    stack.keep = TRUE;
    ok_eq_status(
        PoRequestPowerIrp(stack.device, IRP_MN_WAIT_WAKE, state, on_completion, &called, &irp),
        STATUS_PENDING);
    stack_wait(10);
    ok_eq_int(stack.count, 1);
    ok(irp != NULL && irp == stack.kept[0], "the IRP is told");
    ok_eq_int(stack.arrivals[0].minor, IRP_MN_WAIT_WAKE);
    ok_eq_int(stack.arrivals[0].location.Parameters.WaitWake.PowerState, PowerSystemSleeping3);
    ok_eq_int(PoGetSystemWake(irp), FALSE);
    PoSetSystemWake(irp);
    ok_eq_int(PoGetSystemWake(irp), TRUE);
    /* It waits for as long as it likes, and for nobody else. */
    ok_eq_status(request(IRP_MN_SET_POWER, PowerDeviceD1), STATUS_PENDING);
    stack_wait(10);
    ok_eq_int(stack.count, 2);
    ok_eq_int(called.calls, 0);
    stack_complete(STATUS_CANCELLED);
    ok_eq_int(called.minor, IRP_MN_WAIT_WAKE);
    ok_eq_int(called.state.SystemState, PowerSystemSleeping3);
    ok_eq_status(called.result.Status, STATUS_CANCELLED);
    stack_complete(STATUS_SUCCESS);
    ok_eq_int(called.calls, 2);
    stack_end();
}

GUEST_TEST(pageable_stack_is_called_at_passive_level)
{
    KIRQL irql;

    begin(DO_POWER_PAGABLE, DO_POWER_PAGABLE);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ok_eq_status(request(IRP_MN_SET_POWER, PowerDeviceD0), STATUS_PENDING);
    KeLowerIrql(irql);
    stack_wait(10);
    ok_eq_int(stack.count, 1);
    ok_eq_int(stack.arrivals[0].irql, PASSIVE_LEVEL);
    ok_eq_int(stack.arrivals[0].filter_irql, PASSIVE_LEVEL);
    ok_eq_int(called.calls, 1);
    stack_end();
}

GUEST_TEST(other_stack_gets_power_at_dispatch_level)
{
    begin(0, 0);
    request(IRP_MN_SET_POWER, PowerDeviceD0);
    stack_wait(10);
    ok_eq_int(stack.arrivals[0].irql, DISPATCH_LEVEL);
    ok_eq_int(called.irql, DISPATCH_LEVEL);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    /* To give power up it may touch pageable memory once more. */
    request(IRP_MN_SET_POWER, PowerDeviceD3);
    stack_wait(10);
    ok_eq_int(stack.arrivals[1].irql, PASSIVE_LEVEL);
    request(IRP_MN_QUERY_POWER, PowerDeviceD0);
    stack_wait(10);
    ok_eq_int(stack.arrivals[2].irql, PASSIVE_LEVEL);
    stack_end();
}

GUEST_TEST(pageable_driver_below_is_called_later)
{
    begin(0, DO_POWER_PAGABLE);
    request(IRP_MN_SET_POWER, PowerDeviceD0);
    stack_wait(10);
    ok_eq_int(stack.count, 1);
    ok_eq_int(stack.arrivals[0].filter_irql, DISPATCH_LEVEL);
    ok_eq_int(stack.arrivals[0].irql, PASSIVE_LEVEL);
    ok_eq_int(called.calls, 1);
    ok_eq_status(called.result.Status, STATUS_SUCCESS);
    stack_end();
}

GUEST_TEST(one_device_irp_at_a_time)
{
    begin(DO_POWER_PAGABLE, DO_POWER_PAGABLE);
    stack.keep = TRUE;
    request(IRP_MN_QUERY_POWER, PowerDeviceD3);
    request(IRP_MN_SET_POWER, PowerDeviceD3);
    request(IRP_MN_SET_POWER, PowerDeviceD0);
    stack_wait(10);
    ok_eq_int(stack.count, 1);
    ok_eq_int(called.calls, 0);
    stack_complete(STATUS_SUCCESS);
    stack_wait(10);
    ok_eq_int(called.calls, 1);
    ok_eq_int(stack.count, 2);
    stack_complete(STATUS_SUCCESS);
    stack_wait(10);
    ok_eq_int(stack.count, 3);
    stack_complete(STATUS_SUCCESS);
    ok_eq_int(called.calls, 3);
    /* In the order in which they were asked for. */
    ok_eq_int(stack.arrivals[0].minor, IRP_MN_QUERY_POWER);
    ok_eq_int(stack.arrivals[1].location.Parameters.Power.State.DeviceState, PowerDeviceD3);
    ok_eq_int(stack.arrivals[2].location.Parameters.Power.State.DeviceState, PowerDeviceD0);
    stack_end();
}

GUEST_TEST(watchdog_time)
{
    ULONG first = 0, later = 0;

    begin(DO_POWER_PAGABLE, DO_POWER_PAGABLE);
    stack.keep = TRUE;
    ok_eq_int(PoQueryWatchdogTime(stack.device, &first), FALSE);
    request(IRP_MN_SET_POWER, PowerDeviceD3);
    stack_wait(10);
    ok_eq_int(PoQueryWatchdogTime(stack.device, &first), TRUE);
    stack_wait(3000);
    ok_eq_int(PoQueryWatchdogTime(stack.device, &later), TRUE);
    ok(later < first && first - later <= 4, "%u seconds, then %u", first, later);
    stack_complete(STATUS_SUCCESS);
    ok_eq_int(PoQueryWatchdogTime(stack.device, &later), FALSE);
    stack_end();
}

GUEST_TEST_FILE(power_irp, GUEST_ROW(refuses_other_minor_codes), GUEST_ROW(set_power),
                GUEST_ROW(query_power_fails), GUEST_ROW(nobody_is_called_back),
                GUEST_ROW(wait_wake_is_cancelled),
                GUEST_ROW(pageable_stack_is_called_at_passive_level),
                GUEST_ROW(other_stack_gets_power_at_dispatch_level),
                GUEST_ROW(pageable_driver_below_is_called_later),
                GUEST_ROW(one_device_irp_at_a_time), GUEST_ROW(watchdog_time));
