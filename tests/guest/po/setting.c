/* Power settings, and what drivers need of the system. */
#include "stack.h"

static const GUID acdc_power_source = {
    0x5D3E9A59, 0xE9D5, 0x4B00, {0xA6, 0xBD, 0xFF, 0x34, 0xFF, 0x51, 0x65, 0x48}};
static const GUID console_display_state = {
    0x6FE69556, 0x704A, 0x47A0, {0x8F, 0x24, 0xC2, 0x8D, 0x93, 0x6F, 0xDA, 0x47}};
static const GUID power_scheme_personality = {
    0x245D8541, 0x3943, 0x4422, {0xB0, 0x25, 0x13, 0xA7, 0x84, 0xF6, 0x79, 0xB7}};
static const GUID unknown = {0x12345678, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

static struct {
    LONG calls;
    GUID setting;
    UCHAR value[16];
    ULONG length;
    PVOID context;
    KIRQL irql;
} told;

static NTSTATUS NTAPI on_setting(LPCGUID setting, PVOID value, ULONG length, PVOID context)
{
    told.calls++;
    told.setting = *setting;
    told.length = length;
    RtlCopyMemory(told.value, value, length < sizeof(told.value) ? length : sizeof(told.value));
    told.context = context;
    told.irql = KeGetCurrentIrql();
    return STATUS_SUCCESS;
}

static PVOID begin(const GUID *setting)
{
    PVOID handle = NULL;

    RtlZeroMemory(&told, sizeof(told));
    ok_eq_status(PoRegisterPowerSettingCallback(NULL, setting, on_setting, &told, &handle),
                 STATUS_SUCCESS);
    ok(handle != NULL, "a handle");
    stack_wait(100);
    return handle;
}

GUEST_TEST(present_value_is_told)
{
    PVOID handle = begin(&acdc_power_source);

    ok_eq_int(told.calls, 1);
    ok(RtlCompareMemory(&told.setting, &acdc_power_source, sizeof(GUID)) == sizeof(GUID),
       "the setting");
    ok_eq_int(told.length, sizeof(ULONG));
    ok_eq_int(*(ULONG *)told.value, 0); /* mains power */
    ok(told.context == &told, "the context");
    ok_eq_int(told.irql, PASSIVE_LEVEL);
    ok_eq_status(PoUnregisterPowerSettingCallback(handle), STATUS_SUCCESS);
}

GUEST_TEST(display_and_scheme)
{
    PVOID handle = begin(&console_display_state);

    ok_eq_int(told.calls, 1);
    ok_eq_int(*(ULONG *)told.value, PowerMonitorOn);
    ok_eq_status(PoUnregisterPowerSettingCallback(handle), STATUS_SUCCESS);
    handle = begin(&power_scheme_personality);
    ok_eq_int(told.calls, 1);
    ok_eq_int(told.length, sizeof(GUID));
    ok_eq_status(PoUnregisterPowerSettingCallback(handle), STATUS_SUCCESS);
}

GUEST_TEST(unknown_setting_has_no_value)
{
    PVOID handle = begin(&unknown);

    ok_eq_int(told.calls, 0);
    ok_eq_status(PoUnregisterPowerSettingCallback(handle), STATUS_SUCCESS);
}

static EXECUTION_STATE execution_state(void)
{
    EXECUTION_STATE state = 0;

    ok_eq_status(ZwPowerInformation(SystemExecutionState, NULL, 0, &state, sizeof(state)),
                 STATUS_SUCCESS);
    return state;
}

GUEST_TEST(system_state)
{
    EXECUTION_STATE before = execution_state();
    PVOID handle = PoRegisterSystemState(NULL, ES_SYSTEM_REQUIRED | ES_CONTINUOUS), again;

    ok(handle != NULL, "a handle");
    ok(execution_state() & ES_SYSTEM_REQUIRED, "the system is required: 0x%x", execution_state());
    again = PoRegisterSystemState(handle, ES_DISPLAY_REQUIRED | ES_CONTINUOUS);
    ok(again == handle, "the same registration");
    ok(execution_state() & ES_DISPLAY_REQUIRED, "now the display: 0x%x", execution_state());
    PoUnregisterSystemState(handle);
    ok_eq_int(execution_state(), before);
    PoSetSystemState(ES_SYSTEM_REQUIRED);
    ok_eq_int(execution_state(), before);
}

GUEST_TEST(power_information)
{
    ULONG64 time = ~0ull;
    ULONG small;

    ok_eq_status(ZwPowerInformation(LastSleepTime, NULL, 0, &time, sizeof(time)), STATUS_SUCCESS);
    ok(time != ~0ull, "the last sleep at %I64u", time);
    ok_eq_status(ZwPowerInformation(LastWakeTime, NULL, 0, &small, sizeof(small)),
                 STATUS_BUFFER_TOO_SMALL);
    ok_eq_status(ZwPowerInformation(LastWakeTime, &small, sizeof(small), &time, sizeof(time)),
                 STATUS_INVALID_PARAMETER);
}

GUEST_TEST(power_request)
{
    PVOID request = &request;

    stack_begin(0, 0);
    ok_eq_status(PoCreatePowerRequest(&request, NULL, NULL), STATUS_INVALID_PARAMETER);
    ok(request == NULL, "no object: %p", request);
    ok_eq_status(PoCreatePowerRequest(&request, stack.device, NULL), STATUS_SUCCESS);
    ok_eq_status(PoSetPowerRequest(request, PowerRequestSystemRequired), STATUS_SUCCESS);
    ok_eq_status(PoSetPowerRequest(request, PowerRequestSystemRequired), STATUS_SUCCESS);
    ok_eq_status(PoClearPowerRequest(request, PowerRequestSystemRequired), STATUS_SUCCESS);
    ok_eq_status(PoSetPowerRequest(request, (POWER_REQUEST_TYPE)77), STATUS_NOT_SUPPORTED);
    ok_eq_status(PoClearPowerRequest(request, (POWER_REQUEST_TYPE)77), STATUS_NOT_SUPPORTED);
    PoDeletePowerRequest(request);
    stack_end();
}

GUEST_TEST_FILE(power_setting, GUEST_ROW(present_value_is_told), GUEST_ROW(display_and_scheme),
                GUEST_ROW(unknown_setting_has_no_value), GUEST_ROW(system_state),
                GUEST_ROW(power_information), GUEST_ROW(power_request));
