#!/bin/bash
# ringside trace start, stop: a trace of a part of a machine's life, which can be read by itself.
#
#   RINGSIDE=build/ringside tests/cli/trace_live_test.sh

. "$(dirname "$0")/checks.sh"
. "$top/tests/cli/machine.sh"

stack=$top/examples/driver-stack
trace=$RINGSIDE_HOME/default/logs/trace.jsonl

build() {
    local layer
    for layer in FILTER_BELOW:FilterBelow FUNCTION:Function FILTER_ABOVE:FilterAbove; do
        "$ringside" cc "-D${layer%:*}" "$stack/Layer.c" -o "${layer#*:}.sys" || return
    done
    "$ringside" cc "$stack/Bus.c" -o Bus.sys &&
        "$ringside" cc "$stack/StackClient.c" -o StackClient.exe &&
        "$ringside" cc "$top/tests/cli/live/Keep.c" -o Keep.sys &&
        "$ringside" cc "$top/tests/cli/live/keep_client.c" -o keep.exe
}

start() {
    cp "$1.sys" "$drive/" && exits 0 sc create "$1" type= kernel binPath= "C:\\$1.sys" &&
        exits 0 sc start "$1"
}
begin() {
    local driver
    exits 0 boot || return
    for driver in Bus FilterBelow Function FilterAbove; do
        start $driver || return
    done
}

no_trace() {
    refused 'the machine default has recorded no trace; start one with' trace view &&
        refused 'default is not running; start it with' trace start &&
        refused 'default is not running; start it with' trace stop
}
wrong_words() {
    refused 'trace start: takes --machine NAME and nothing else' trace start now &&
        refused 'a file or --machine, not both' trace view --machine lab run.jsonl
}
records() {
    refused 'the machine records no trace' trace stop &&
        exits 0 trace start && match out 'recording; end it with .ringside trace stop' &&
        refused 'the machine records a trace already' trace start &&
        exits 0 status && match out 'trace +is being recorded' &&
        exits 0 exec StackClient.exe && match out '^plain: done' &&
        exits 0 trace stop && match out "^$trace\$" 'ringside trace view -o trace.html' &&
        refused 'the machine records no trace' trace stop
}
# Nothing that happens between the two commands is missing, and nothing is there twice.
whole() {
    python3 - "$trace" << 'END'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
numbers = [event["sequence"] for event in events]
assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
created = [(e["driver"], e.get("device", "")) for e in events if e["event"] == "device_create"]
bus = created.index(("\\Driver\\Bus", "\\Device\\DriverStack"))
for driver in "FilterBelow", "Function", "FilterAbove":
    assert created.count(("\\Driver\\" + driver, "")) == 1, driver
first = next(i for i, e in enumerate(events) if e["event"] == "irp_send")
attached = [e for e in events[:first] if e["event"] == "device_attach"]
stack = {e["device"]: e["below"] for e in attached}
assert stack["\\Driver\\FilterAbove"] == "\\Driver\\Function"
assert stack["\\Driver\\Function"] == "\\Driver\\FilterBelow"
assert stack["\\Driver\\FilterBelow"] == "\\Device\\DriverStack"
links = {e["link"]: e["target"] for e in events[:first] if e["event"] == "link_create"}
assert links["\\??\\DriverStack"] == "\\Device\\DriverStack"
images = [e["path"].split("\\")[-1].lower() for e in events[:first] if e["event"] == "image_load"]
for name in "ntoskrnl.exe", "bus.sys", "filterabove.sys":
    assert images.count(name) == 1, name
processes = {e["new_process"] for e in events if e["event"] == "process_create"}
threads = {e["new_thread"] for e in events if e["event"] == "thread_create"}
for event in events:
    assert event["process"] in processes or event["thread"] == 0, event
    assert event["thread"] in threads | {0}, event
END
}
as_text() {
    exits 0 trace view --kind irp,debug_print &&
        match out 'irp_send +IRP_MJ_DEVICE_CONTROL ' 'irp_pass ' 'Bus: completes it, location 1 of 4' &&
        exits 0 trace view --machine default --driver Function &&
        match out 'irp_pass ' 'image_load .*Function.sys' 'Function: down, location 3 of 4'
}
as_page() {
    exits 0 trace view -o page.html && match page.html '^<!DOCTYPE html>' &&
        match page.html 'FilterAbove' 'irp_send' || return
    find_browser || return 0
    timeout 100 python3 "$top/tests/cli/trace_view_page.py" "$browser" live page.html
}
find_browser() {
    local name
    for name in chromium-headless-shell chromium chromium-browser google-chrome; do
        command -v $name > browser.name && browser=$name && return
    done
    return 1
}

again() { # the next trace takes the place of the last one; images that are loaded in it
    start Keep
    exits 0 sc stop FilterAbove && exits 0 trace start && exits 0 exec StackClient.exe later &&
        exits 0 trace stop && lacks "$trace" 'FilterAbove' && match "$trace" '"event":"irp_pend"' &&
        whole_lines
}
whole_lines() {
    python3 -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1])]' "$trace"
}
large() { # more than the machine sends at once (TRACE_BATCH)
    exits 0 trace start || return
    for _ in 1 2 3 4 5 6; do
        exits 0 exec StackClient.exe || return
    done
    exits 0 trace stop && whole_lines &&
        [ "$(grep -c 'debug_print.*Bus: completes it' "$trace")" = 6 ] &&
        [ "$(wc -c < "$trace")" -gt 200000 ]
}
client_faults() {
    exits 0 trace start && exits 5 exec keep.exe fault && exits 0 trace stop &&
        match "$trace" '"event":"exception","code":"0xc0000005".*STATUS_ACCESS_VIOLATION' \
            '"event":"process_exit","status":"0xc0000005".*keep\.exe'
}
shut_down() {
    exits 0 trace start && exits 0 exec StackClient.exe && exits 0 shutdown && whole_lines &&
        match "$trace" 'Bus: completes it' && match "$trace" '"major":"IRP_MJ_SHUTDOWN"|"event":"stop"' &&
        exits 0 trace view --kind debug_print && match out 'Bus: completes it'
}
crash() {
    exits 0 boot && exits 0 sc stop Bus
    exits 0 sc start Keep && exits 0 trace start && exits 102 exec keep.exe crash && whole_lines &&
        tail -1 "$trace" > last && match last '"event":"stop".*"MANUALLY_INITIATED_CRASH"' &&
        match "$trace" '"event":"process_create".*keep\.exe' 'IRP_MJ_DEVICE_CONTROL.*0x00222410' &&
        exits 102 trace start && match err 'is stopped: .*MANUALLY_INITIATED_CRASH' &&
        exits 102 status && lacks out 'being recorded' &&
        exits 0 reboot && refused 'the machine records no trace' trace stop
}

ok 'what the tests need is built' build
ok 'without a machine' no_trace
ok 'boot, and a stack of four drivers' begin
ok 'words that make no sense' wrong_words
ok 'start and stop' records
ok 'it can be read by itself' whole
ok 'as text' as_text
ok 'as a page' as_page
ok 'another one' again
ok 'a long one' large
ok 'a program faults' client_faults
ok 'the machine shuts down while it records' shut_down
ok 'the machine stops while it records' crash
finish
