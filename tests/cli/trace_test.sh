#!/bin/bash
# Tests of `ringside run --trace`.
#
#   RINGSIDE=build/ringside tests/cli/trace_test.sh

. "$(dirname "$0")/checks.sh"

script='open \\.\SecondDriver; ioctl 0x80002003 in=hex:0100000008000000; ioctl 0x80002003 in=hex:01'

compiles() {
    "$ringside" cc "$top/examples/second-driver/SecondDriver.cpp" -o SecondDriver.sys &&
        "$ringside" cc "$top/examples/second-driver/SecondDriverClient.cpp" -o client.exe &&
        "$ringside" cc -DIO_DIRECT "$top/examples/example-io/Example.c" -o Example.sys
}

# traced FILE ARGUMENTS...: run with a trace. Exit codes of client and script do not matter here.
traced() {
    local file=$1
    shift
    call run --quiet --seed 7 --trace "$file" "$@"
    [ "$code" -lt 100 ] && [ -s "$file" ] || { cat out err; return 1; }
}

same_twice() {
    local kind=$1
    shift
    traced "first.$kind" "$@" && traced "second.$kind" "$@" && cmp "first.$kind" "second.$kind"
}

# all FILE EXPRESSION: the Python expression over the list of objects `events` is true. Nothing but
# JSON objects may stand in the file.
all() {
    python3 -c '
import json, sys
with open(sys.argv[1], encoding="utf-8", errors="strict") as file:
    events = [json.loads(line) for line in file]
kinds = {event["event"] for event in events}
def of(kind, **wanted):
    return [e for e in events if e["event"] == kind and wanted.items() <= e.items()]
if not eval("(" + sys.argv[2] + ")"):
    sys.exit("not true: " + sys.argv[2])' "$1" "$2"
}

has_kinds() {
    local kind
    for kind in irp_send irp_complete call debug_print object_create object_delete handle_open \
        handle_close pool_allocate pool_free thread_create thread_switch thread_exit process_create \
        image_load image_unload; do
        all first.jsonl "'$kind' in kinds" || return
    done
}

shows_requests() {
    all first.jsonl 'len(of("irp_send", major="IRP_MJ_CREATE", device="\\Device\\SecondDriver")) == 1' &&
        all first.jsonl '[e["input"] for e in of("irp_send", major="IRP_MJ_DEVICE_CONTROL")]
            == ["0100000008000000", "01"]' &&
        all first.jsonl 'of("irp_send", major="IRP_MJ_DEVICE_CONTROL")[0]["control"] ==
            {"code": "0x80002003", "device_type": 0x8000, "function": 0x800,
             "method": "METHOD_NEITHER", "access": "FILE_ANY_ACCESS"}' &&
        all first.jsonl '[e["status_name"] for e in of("irp_complete", major="IRP_MJ_DEVICE_CONTROL")]
            == ["STATUS_INVALID_PARAMETER", "STATUS_BUFFER_TOO_SMALL"]'
}

shows_calls() {
    all first.jsonl 'len(of("call", function="ntoskrnl.exe!IoCreateDevice")) == 1' &&
        all first.jsonl 'of("call", function="ntoskrnl.exe!IoCreateDevice")[0]["arguments"][2]["text"]
            == "\\Device\\SecondDriver"' &&
        all first.jsonl 'of("call", function="ntoskrnl.exe!IoCreateDevice")[0]["caller_at"]
            .startswith("SecondDriver.sys+0x")'
}

# The buffers of a request, by each method of transfer.
shows_buffers() {
    traced buffers.jsonl Example.sys --do 'open \\.\Example; write "Hello"; read 5' || return
    all buffers.jsonl 'any("48656c6c6f" in (e.get("input"), e.get("direct"))
        for e in of("irp_send", major="IRP_MJ_WRITE"))' &&
        all buffers.jsonl 'any(e.get("output") for e in of("irp_complete", major="IRP_MJ_READ"))'
}

shows_system_calls() {
    same_twice program.jsonl SecondDriver.sys client.exe 4 31 &&
        all first.program.jsonl 'of("system_call", name="NtDeviceIoControlFile") and
            of("system_return", name="NtDeviceIoControlFile") and "process_exit" in kinds'
}

# Host addresses are 0x55…, 0x56…, 0x7e… and 0x7f… with twelve digits; the machine has none there.
has_no_host_address() {
    lacks first.jsonl '"0x(5[4-7]|7[c-f])[0-9a-f]{10}"'
}

numbers_records() {
    all first.jsonl '[e["sequence"] for e in events] == list(range(1, len(events) + 1))'
}

# A driver that says where its import of DbgPrint leads; with STOP it ends the machine.
make_probe() {
    cat > Probe.c <<- 'END'
	#include <ntddk.h>
	extern PVOID __imp_DbgPrint;
	DRIVER_INITIALIZE DriverEntry;
	static VOID unload(PDRIVER_OBJECT driver)
	{
	    (void)driver;
	}
	NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
	{
	    ULONG_PTR target = (ULONG_PTR)__imp_DbgPrint;
	    UNICODE_STRING name = RTL_CONSTANT_STRING(L"DbgPrint");
	    (void)path;
	    driver->DriverUnload = unload;
	    DbgPrint("%s, lookup %s\n", target >> 40 == 0x60 ? "straight" : "stub",
	             (ULONG_PTR)MmGetSystemRoutineAddress(&name) == target ? "same" : "other");
	    DbgPrint("bytes \xff\"\\\x01 and \xc3\xa4\n");
	#ifdef STOP
	    KeBugCheckEx(0xE2, 1, 2, 3, 4);
	#endif
	    return STATUS_SUCCESS;
	}
	END
    "$ringside" cc Probe.c -o Probe.sys && "$ringside" cc -DSTOP Probe.c -o Stop.sys
}

binds_straight() {
    exits 0 run --quiet Probe.sys && match err '^straight, lookup same$'
}

binds_to_stub() {
    traced probe.jsonl Probe.sys && match err '^stub, lookup same$'
}

escapes_text() {
    all probe.jsonl 'of("debug_print")[1]["text"] == "bytes \ufffd\"\\\x01 and \u00e4\n"' &&
        traced probe.txt Probe.sys && match probe.txt 'bytes \\xff"\\\\x01 and ä\\n$'
}

records_stop() {
    call run --quiet --trace stop.jsonl Stop.sys
    [ "$code" = 102 ] && all stop.jsonl 'events[-1]["event"] == "stop" and
        events[-1]["code"] == "0xe2" and events[-1]["parameters"] == ["0x1", "0x2", "0x3", "0x4"]'
}

seed_is_all() {
    traced other.jsonl --seed 8 SecondDriver.sys --do "$script"
}

ok 'drivers and a client' compiles
ok 'JSON: the same seed gives the same bytes' same_twice jsonl SecondDriver.sys --do "$script"
ok 'text: the same seed gives the same bytes' same_twice txt SecondDriver.sys --do "$script"
ok 'text: a request' match first.txt \
    '^ +[0-9]+\.[0-9] us +[0-9]+:[0-9]+  P +irp_send +IRP_MJ_DEVICE_CONTROL  \\Device\\SecondDriver  0x80002003 \('
ok 'sequence numbers' numbers_records
ok 'kinds of events' has_kinds
ok 'requests' shows_requests
ok 'calls' shows_calls
ok 'buffers' shows_buffers
ok 'system calls of a program' shows_system_calls
ok 'no host address' has_no_host_address
ok 'another seed' seed_is_all
ok 'a probe driver' make_probe
ok 'no trace: imports lead to the kernel' binds_straight
ok 'trace: imports lead to stubs' binds_to_stub
ok 'text that is not UTF-8' escapes_text
ok 'the stop of the machine is the last record' records_stop

finish
