#!/bin/bash
# Privileged instructions in loops are rewritten (ke/hot_site.c). What must not change by that: the
# trace, unloading, and what a debugger sees.
#
#   RINGSIDE=build/ringside tests/cli/hot_site_test.sh

. "$(dirname "$0")/checks.sh"

cat > Hot.c <<'END'
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static volatile LONG runs;
static KDPC dpc;

static VOID NTAPI on_dpc(PKDPC object, PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    InterlockedIncrement(&runs);
}

static void one_round(void)
{
    ULONG64 old;

    __asm__ volatile("movq %%cr8, %0; movq %1, %%cr8" : "=&r"(old) : "r"(2ull) : "memory");
    KeInsertQueueDpc(&dpc, NULL, NULL);
    __asm__ volatile("movq %0, %%cr8; cli; sti" : : "r"(old) : "memory");
    runs += 1; /* behind the sites */
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    LARGE_INTEGER pause = {.QuadPart = -100000};

    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    KeInitializeDpc(&dpc, on_dpc, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        DbgPrint("round\n");
        one_round();
        if (round >= 100)
            KeDelayExecutionThread(KernelMode, FALSE, &pause);
    }
    DbgPrint("runs: %d\n", runs);
    return STATUS_SUCCESS;
}
END

cat > restart.c <<'END'
#include <windows.h>
#include <stdio.h>

/* AvailablePages of SYSTEM_PERFORMANCE_INFORMATION */
static int pages(void)
{
    LONG(NTAPI *query)(ULONG class, PVOID buffer, ULONG size, PULONG returned) =
        (void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtQuerySystemInformation");
    static ULONG information[256];

    for (ULONG size = 256; query(2, information, size, NULL) && size < sizeof(information);)
        size += 4;
    return (int)information[11];
}

int main(int argc, char **argv)
{
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    SC_HANDLE service = OpenServiceA(manager, argv[argc - 1], SERVICE_ALL_ACCESS);
    SERVICE_STATUS status;

    for (int i = 0; i < 6; i++) {
        int loaded = pages(), unloaded;

        if (!ControlService(service, SERVICE_CONTROL_STOP, &status))
            return 1;
        unloaded = pages();
        if (!StartServiceA(service, 0, NULL))
            return 2;
        printf("%d pages\n", unloaded - loaded);
    }
    return 0;
}
END

# Between "round" and "round" there are the same events, in all rounds.
rounds_are_equal() {
    call run --quiet --trace rounds.jsonl Hot.sys
    [ "$code" = 0 ] || { cat out err; return 1; }
    python3 - <<'END'
import json, sys
rounds = []
for line in open("rounds.jsonl"):
    event = json.loads(line)
    if event["event"] == "debug_print" and event.get("text") == "round\n":
        rounds.append([])
    elif rounds:
        for changing in ("time_us", "time", "sequence", "number"):
            event.pop(changing, None)
        rounds[-1].append(event)
different = [number for number, events in enumerate(rounds[:-1]) if events != rounds[0]]
if len(rounds) != 100 or different:
    sys.exit(f"{len(rounds)} rounds, of which differ: {different}\n{rounds[0]}\n"
             f"{rounds[different[0]] if different else ''}")
if not any(event["event"].startswith("dpc") for event in rounds[0]):
    sys.exit(f"no DPC in {rounds[0]}")
END
}

cat > Spin.c <<'END'
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

__attribute__((noinline)) static void spin(void)
{
    ULONG64 irql;

    for (;;)
        __asm__ volatile("movq %%cr8, %0; movq %0, %%cr8" : "=r"(irql) : : "memory");
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    spin();
    return STATUS_SUCCESS;
}
END

# Nearly all of its time is spent in stubs; the report names the function that they belong to.
spinning_is_reported() {
    timeout 60 "$ringside" run --quiet --timeout 1 Spin.sys > out 2>&1
    [ $? = 102 ] || { cat out; return 1; }
    match out THREAD_STUCK_IN_DEVICE_DRIVER ' 0  Spin.sys.* spin ' ' 1  Spin.sys.* DriverEntry '
}

signals='handle SIGSEGV SIGILL SIGBUS SIGFPE SIGSYS SIGVTALRM nostop noprint pass'
line=$(grep -nF 'behind the sites' Hot.c | cut -d: -f1)

debugger_from_the_start() {
    timeout 120 gdb -nx -batch -ex 'set breakpoint pending on' -ex "$signals" \
        -ex "break Hot.c:$line" -ex 'run' -ex 'ignore 1 80' -ex 'continue' -ex 'disassemble' \
        -ex 'delete' -ex 'continue' \
        --args "$ringside" run --quiet Hot.sys > gdb.log 2>&1 < /dev/null
    match gdb.log 'mov .*%cr8,%' 'mov .*%r.*,%cr8' '[[:space:]]cli' '[[:space:]]sti' 'runs: 200' 'exited normally'
}

debugger_that_comes_later() {
    local machine
    "$ringside" run --quiet --clock real Long.sys > machine.log 2>&1 < /dev/null &
    machine=$!
    sleep 2
    timeout 60 gdb -nx -batch -ex 'set breakpoint pending on' -ex "$signals" \
        -ex "break Hot.c:$line" -ex continue -ex continue -ex continue -ex 'disassemble' -ex kill \
        -p $machine > gdb.log 2>&1 < /dev/null
    kill $machine 2> /dev/null
    wait $machine 2> /dev/null
    match gdb.log 'one_round .*Hot\.c' 'mov .*%cr8,%' 'mov .*%r.*,%cr8' '[[:space:]]cli' '[[:space:]]sti'
}

# Loaded and unloaded again and again. A driver that had hot sites gives back more pages than the
# same one without: those of the stubs.
unloads() {
    call run --quiet Cold.sys restart.exe Cold
    [ "$code" = 0 ] && grep pages out > cold || { echo "exit code $code"; cat out err; return 1; }
    call run --quiet Hot.sys restart.exe Hot
    [ "$code" = 0 ] && [ "$(cat out err | grep -c 'runs: 200')" = 7 ] &&
        grep pages out > hot && [ "$(tail -n 5 hot | sort -u | wc -l)" = 1 ] &&
        [ "$(tail -n 1 hot | cut -d' ' -f1)" -gt "$(($(tail -n 1 cold | cut -d' ' -f1) + 16))" ] ||
        { echo "exit code $code"; cat cold hot out err; return 1; }
}

ok 'the driver compiles' "$ringside" cc -O1 -DROUNDS=100 Hot.c -o Hot.sys
ok 'a driver without hot sites compiles' "$ringside" cc -O1 -DROUNDS=1 Hot.c -o Cold.sys
ok 'the endless driver compiles' "$ringside" cc -O1 -DROUNDS=10000 Hot.c -o Long.sys
ok 'the client compiles' "$ringside" cc restart.c -o restart.exe
ok 'the driver that spins compiles' "$ringside" cc Spin.c -o Spin.sys
ok 'every round has the same trace' rounds_are_equal
ok 'unloading and loading' unloads
ok 'a driver that spins is reported' spinning_is_reported
if command -v gdb > /dev/null; then
    ok 'a debugger sees the driver as it was built' debugger_from_the_start
    ok 'so does one that comes later' debugger_that_comes_later
fi

finish
