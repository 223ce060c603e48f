#!/bin/bash
# Sleep, wake and shutdown as drivers see them: which IRPs, in which order; a driver that refuses,
# one that never answers; a shutdown by a script, by a program, and at the end of a run.
#
#   RINGSIDE=build/ringside tests/cli/power_test.sh

. "$(dirname "$0")/checks.sh"

here=$top/tests/cli
refuse='open \\.\Power; ioctl CTL_CODE(0x22,0x800,0,0)'
keep='open \\.\Power; ioctl CTL_CODE(0x22,0x801,0,0)'

# said EXPECTED: what the drivers have printed since they were loaded.
said() {
    grep -aE '^[A-Za-z]+: ' err | grep -av 'the display is on$' > found
    diff -u <(printf '%s\n' "$1") found
}

ok "the driver builds" "$ringside" cc "$here/power_driver.c" -o Power.sys
ok "the client builds" "$ringside" cc "$here/power_client.c" -o client.exe
cp Power.sys Second.sys

ok "sleep and wake" exits 0 run --quiet --do 'pnp sleep; sleep 100; pnp wake' Power.sys
ok "queries first, then the system's IRP, then the device's" said \
    'Power: the system leaves S0
Power: QUERY_POWER S3, yes
Power: the display is off
Power: SET_POWER S3, action 2, IRQL 0
Power: SET_POWER D3, was D0
Power: SET_POWER S0, action 2, IRQL 0
Power: SET_POWER D0, was D3
Power: the system is back
Power: unload'

ok "two drivers" exits 0 run --quiet --do 'pnp sleep; pnp wake' Power.sys Second.sys
ok "the newest device sleeps first and wakes last" \
    [ "$(grep -aoE '^[A-Za-z]+: (QUERY|SET)_POWER S[0-9]' err | tr '\n' ' ')" = \
    'Second: QUERY_POWER S3 Power: QUERY_POWER S3 Second: SET_POWER S3 Power: SET_POWER S3 '"\
"'Power: SET_POWER S0 Second: SET_POWER S0 ' ]
ok "the display goes on after it went off" \
    [ "$(grep -aoE '^Power: the display is .*' err | tr '\n' ' ')" = \
    'Power: the display is on Power: the display is off Power: the display is on ' ]

ok "a driver refuses" exits 0 run --quiet \
    --do "$refuse; pnp sleep expect=STATUS_DEVICE_BUSY; pnp sleep; pnp wake" Power.sys Second.sys
ok "those that were asked hear of it" \
    [ "$(grep -aE 'POWER S|the system' err | head -8)" = 'Power: the system leaves S0
Second: the system leaves S0
Second: QUERY_POWER S3, yes
Power: QUERY_POWER S3, no
Power: SET_POWER S0, action 2, IRQL 0
Second: SET_POWER S0, action 2, IRQL 0
Power: the system is back
Second: the system is back' ]
ok "and the next time it sleeps" match err '^Power: SET_POWER S3'

ok "a driver refuses: the status is a failure of the script" \
    exits 1 run --quiet --do "$refuse; pnp sleep" Power.sys
ok "sleep while asleep, wake while awake" exits 0 run --quiet \
    --do 'pnp wake expect=STATUS_INVALID_DEVICE_STATE; pnp sleep
        pnp sleep expect=STATUS_INVALID_DEVICE_STATE; shutdown expect=STATUS_INVALID_DEVICE_STATE
        pnp wake' Power.sys

ok "a driver does not answer" exits 102 run --quiet --do "$keep; pnp sleep" Power.sys
ok "bug check 0x9F" match err 'STOP 0x0000009F DRIVER_POWER_STATE_FAILURE' \
    'Power: .Driver.Power has kept a power IRP for 120 seconds' \
    '^    1: 0x3  a device has kept an IRP too long$' '^  devices: a device without a name of .Driver.Power$' \
    '^    0x[0-9a-f]+: .* \(DO_POWER_PAGABLE\), .*, D0, extension 0x' \
    '^    0x[0-9a-f]+: .*DO_BUS_ENUMERATED_DEVICE.*, started$' '^  .  2  IRP_MJ_POWER, minor 2, .*, marked pending$'

ok "a script shuts down" exits 0 run --do 'open \\.\Power; shutdown; sleep 1' Power.sys Second.sys
ok "SHUTDOWN to all, last chances, then power" said 'Power: the system leaves S0
Second: the system leaves S0
Second: SHUTDOWN
Power: SHUTDOWN
Second: SHUTDOWN, last chance
Power: SHUTDOWN, last chance
Second: SET_POWER S5, action 6, IRQL 0
Second: SET_POWER D3, was D0
Power: SET_POWER S5, action 6, IRQL 0
Power: SET_POWER D3, was D0'
ok "the summary says so" match err '^machine +the system has shut down$' \
    '^script +2 of 3 statements, 0 failed$'
ok "no client runs after it" exits 0 run --do shutdown Power.sys client.exe
ok "the client did not start" match err '^client +client.exe was not started'

ok "a client shuts down" exits 0 run Power.sys client.exe
ok "it needs the privilege, and does not go on" \
    diff -u <(printf 'action 3: 0xC000000D\nno privilege: 0xC0000061\nnow\n') <(tr -d '\r' < out)
ok "the driver hears of a restart" match err '^Power: SHUTDOWN$' \
    '^Power: SET_POWER S5, action 5, IRQL 0$' '^client +client.exe ran until the system shut down'
ok "JSON" exits 0 run --json --do shutdown Power.sys
ok "the end in JSON" has_json err 'it["result"] == "ok" and "shut down" in it["stop"]["cause"]'

ok "drivers that stay loaded" exits 0 run --no-unload Power.sys
ok "are shut down at the end" match err '^Power: SHUTDOWN$' '^driver +Power.sys: started, still'
ok "a driver that is unloaded" exits 0 run Power.sys
ok "is not shut down" lacks err 'SHUTDOWN|SET_POWER'

cat > Legacy.c <<'END'
#include <ntddk.h>
DRIVER_INITIALIZE DriverEntry;
static NTSTATUS NTAPI power(PDEVICE_OBJECT device, PIRP irp)
{
    DbgPrint("Legacy: a power IRP\n");
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}
static VOID NTAPI firmware(PVOID context, PVOID what, PVOID value)
{
    HalReturnToFirmware(3);
}
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\PowerState");
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object;
    PDEVICE_OBJECT device;
    driver->MajorFunction[IRP_MJ_POWER] = power;
#ifdef FIRMWARE
    InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
    ExCreateCallback(&object, &attributes, FALSE, TRUE);
    ExRegisterCallback(object, firmware, NULL);
#endif
    return IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
}
END
ok "a legacy driver builds" "$ringside" cc -Wno-everything Legacy.c -o Legacy.sys
ok "it takes no part" exits 0 run --no-unload --quiet --do 'pnp sleep; pnp wake' Legacy.sys
ok "no IRP came" lacks err 'a power IRP'
ok "another builds" "$ringside" cc -Wno-everything -DFIRMWARE Legacy.c -o Firmware.sys
ok "a driver restarts the machine" exits 0 run --no-unload --do 'pnp sleep' Firmware.sys
ok "and nothing else happens" match err '^machine +the system was restarted'
finish
