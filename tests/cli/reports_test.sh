#!/bin/bash
# The reports of --verify: words, JSON, SARIF, JUnit; the list of rules; docs/rules.md.
#
#   RINGSIDE=build/ringside tests/cli/reports_test.sh

. "$(dirname "$0")/checks.sh"

source=$top/tests/guest/verify/irp_status_differs.c
request='open \\.\Verify; ioctl 0x222000 in=hex:0102 expect=STATUS_INVALID_DEVICE_REQUEST; close'
rules=$("$ringside" verify | wc -l)
line=$(grep -n 'static NTSTATUS NTAPI verify_dispatch' "$top/tests/guest/verify/verify.h" | cut -d: -f1)

play() { # WANTED-EXIT OPTIONS...
    local wanted=$1
    shift
    exits "$wanted" run "$@" driver.sys --do "$request"
}

words() {
    play 103 --verify && match err '^RS-IRP-006 error: status returned differs' \
        "^    at  driver\.sys\+0x[0-9a-f]+  verify_dispatch  \(verify\.h:[0-9]+\)$" \
        '^    on Windows: 0xC9 ' '^    advice: keep the status in a variable' \
        '^1 finding; rules: all; '
}

# steps: what happened to the IRP of the first finding; of places in files, that there is one.
steps() {
    sed -n '/^    history of IRP 0x/,/^    [^ ]/s/^      [0-9]*  //p' err |
        sed -E 's/\([a-z_]*\.[ch]:[0-9]+\)/(PLACE)/g'
}

# The request, its bytes, and what happened to its IRP, in order.
history() {
    play 103 --verify && match err '^      0000  01 02  +\.\.$' \
        '^    serving IRP_MJ_DEVICE_CONTROL, code 0x00222000 \(FILE_DEVICE_UNKNOWN, function 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS\), 2 bytes in, 0 bytes out$' &&
        steps | diff - <(cat << 'STEPS'
allocated, by the I/O manager
IoCallDriver: IRP_MJ_DEVICE_CONTROL to \Device\Verify, to driver.sys!verify_dispatch (PLACE), by the I/O manager
IoCompleteRequest: STATUS_INVALID_DEVICE_REQUEST, 0 bytes, by driver.sys!verify_dispatch (PLACE)
the dispatch routine returned STATUS_SUCCESS
STEPS
        )
}

# finds NAME PATTERN...: steps in the history of what that driver of the rules' tests is found with.
finds() {
    "$ringside" cc "$top/tests/guest/verify/$1.c" -o "$1.sys" || return
    call run --verify=RS-IRP "$1.sys" --do 'open \\.\Verify; ioctl 0x222000; close'
    steps > steps && match steps "${@:2}"
}

long_history() {
    finds irp_pending_not_passed_up \
        '^IoCallDriver: .* to \\Driver\\irp_pending_not_passed_up, .*, by irp_pending_not_passed_up\.sys!' \
        '^marked pending, by ' '^completion routine .*!completed \(PLACE\) returned STATUS_SUCCESS$' &&
        finds irp_queue_keeps '^queued, by .*!request \(PLACE\)$' \
            '^taken from the queue, by .*!request ' '^IoFreeIrp, by the I/O manager$' &&
        finds irp_completed_cancelable '^cancel routine set: irp_completed_cancelable\.sys!cancel '
}

# Of an IRP that came a long way the first steps and the last ones.
bounded_history() {
    cat > again.c << 'C'
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PIRP own = IoAllocateIrp(device->StackSize, FALSE);

    for (int i = 0; i < 40; i++)
        IoReuseIrp(own, STATUS_SUCCESS);
    IoFreeIrp(own);
    IoFreeIrp(own);
    return finish(irp, STATUS_SUCCESS, 0);
}
C
    cp "$top/tests/guest/verify/verify.h" . && "$ringside" cc again.c -o again.sys || return
    call run --verify=RS-IRP again.sys --do 'open \\.\Verify; ioctl 0x222000'
    steps > steps && match err '^      \.\.\. 19 more$' && match steps '^allocated, by again\.sys!request' &&
        [ "$(grep -c IoReuseIrp steps)" = 21 ] && [ "$(tail -n 2 steps | grep -c ^IoFreeIrp)" = 2 ]
}

off() {
    play 0 && play 0 --verify=RS-IRP-003 && match err '^0 findings; rules: RS-IRP-003$' &&
        play 103 --verify=RS-IRP-003,RS-IRP-006
}

json() {
    play 103 --verify --json && tail -n 1 err | python3 -c '
import json, sys
run = json.load(sys.stdin)
assert run["result"] == "findings" and run["rules"] == "all" and run["rules_left_out"] is None
assert len(run["rules_on"]) == int(sys.argv[1]) and "RS-ONLY-001" in run["rules_on"]
[finding] = run["findings"]
assert finding["rule"] == "RS-IRP-006" and finding["severity"] == "error" and finding["count"] == 1
frame = finding["frames"][0]
assert frame["module"] == "driver.sys" and frame["function"] == "verify_dispatch", frame
assert frame["file"].endswith("verify.h") and frame["line"] > 0, frame
irp = finding["irp"]
assert irp["function"] == "IRP_MJ_DEVICE_CONTROL" and irp["input"] == "0102" and irp["input_length"] == 2
assert irp["control"] == {"code": "0x00222000", "device_type": 0x22, "function": 0x800,
                          "method": "METHOD_BUFFERED", "access": "FILE_ANY_ACCESS"}
events = irp["history"]
assert [event["event"] for event in events] == ["allocate", "call", "complete", "return"], events
assert events[0]["by"] is None and not events[0]["by_driver"] and events[2]["by_driver"]
assert events[1]["device"] == r"\Device\Verify" and events[1]["routine"]["function"] == "verify_dispatch"
assert events[2]["status"] == "STATUS_INVALID_DEVICE_REQUEST" and events[2]["by"]["line"] > 0
assert events[3]["status"] == "STATUS_SUCCESS" and irp["history_left_out"] == 0' "$rules"
}

# What code scanning asks of a report and of each place in it.
valid_sarif() { # FILE EXPRESSION: the expression over `results` and `rules` is true, too
    python3 "$top/tests/cli/sarif_check.py" "$@"
}

sarif() {
    play 103 --verify --sarif report.sarif && valid_sarif report.sarif "
        [r['ruleId'] for r in results] == ['RS-IRP-006'] and len(rules) == $rules and
        results[0]['locations'][0]['physicalLocation']['artifactLocation']['uri'].endswith('verify.h') and
        abs(results[0]['locations'][0]['physicalLocation']['region']['startLine'] - $line) <= 2 and
        results[0]['stacks'][0]['frames'][0]['module'] == 'driver.sys' and
        [s['location']['message']['text'].split(':')[0].split(' ')[0]
         for s in results[0]['codeFlows'][0]['threadFlows'][0]['locations']] ==
        ['IoCallDriver', 'IoCompleteRequest', 'the']"
}

# Two results in one function differ; names that a URI spells otherwise; a driver without lines.
sarif_places() {
    local request='open \\.\Verify; ioctl 0x222000'
    mkdir -p 'a b' && cp "$top/tests/guest/verify/verify.h" 'a b' || return
    cat > 'a b/two#.c' << 'C'
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    ExFreePool(ExAllocatePoolWithTag(NonPagedPool, 8, 'egaP'));
    ExFreePool(ExAllocatePoolWithTag(NonPagedPool, 16, 'egaP'));
    return finish(irp, STATUS_SUCCESS, 0);
}
C
    "$ringside" cc 'a b/two#.c' -o two.sys &&
        exits 0 run --verify=RS-MEM --sarif two.sarif two.sys --do "$request" &&
        valid_sarif two.sarif "len(results) == 2 and all(
            r['locations'][0]['physicalLocation']['artifactLocation']['uri'] == 'a%20b/two%23.c' for r in results)" &&
        x86_64-w64-mingw32-strip -g two.sys &&
        exits 0 run --verify=RS-MEM --sarif two.sarif two.sys --do "$request" &&
        valid_sarif two.sarif "results[0]['locations'][0]['physicalLocation'] ==
            {'artifactLocation': {'uri': 'two.sys'}, 'region': {'startLine': 1}}"
}

relative_path() {
    cp "$source" "$top/tests/guest/verify/verify.h" . && "$ringside" cc irp_status_differs.c -o driver.sys &&
        play 103 --verify --sarif report.sarif && python3 -c '
import json
place = json.load(open("report.sarif"))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
assert place["artifactLocation"] == {"uri": "verify.h", "uriBaseId": "%SRCROOT%"}, place'
}

junit() {
    play 103 --verify --junit report.xml && python3 -c '
import xml.etree.ElementTree as tree
suite = tree.parse("report.xml").getroot().find("testsuite")
tests = suite.findall("testcase")
assert len(tests) == int(suite.get("tests")) >= 5 and suite.get("failures") == "1"
[failed] = [test for test in tests if test.find("failure") is not None]
assert failed.get("name").startswith("RS-IRP-006 ")
text = failed.find("failure").text
assert "verify_dispatch" in text and "IoCompleteRequest: STATUS_INVALID_DEVICE_REQUEST" in text, text'
}

explored() {
    play 103 --verify --explore 5 --sarif explored.sarif && match err '^explore: seed 0: findings' &&
        python3 -c '
import json
assert len(json.load(open("explored.sarif"))["runs"][0]["results"]) == 1'
}

usage() {
    exits 100 run --verify=RS-NOPE driver.sys && match err 'RS-NOPE is no rule' &&
        exits 100 run --sarif x.sarif driver.sys && match err 'add --verify' &&
        exits 100 verify RS-NOPE && exits 100 run --verify= driver.sys && match err 'names no rule' &&
        exits 100 run --verify=all,-RS-NOPE driver.sys && match err 'RS-NOPE is no rule'
}

# A check that the run cannot make: refused when it was named, taken out of "all", which is said.
cannot_run() {
    refused 'RS-ONLY cannot be checked: --explore compares no runs' \
        run --verify=RS-ONLY-001 --explore 2 driver.sys &&
        refused 'RS-ONLY cannot be checked: runs in real time' \
            run --verify=RS-IRP,RS-ONLY --clock real driver.sys &&
        play 103 --verify --explore 2 && match err '^1 finding; rules: all,-RS-ONLY \(--explore compares no runs\)$' &&
        play 103 --verify --clock real --json=real.json && has_json real.json \
            "it['rules_left_out'] and 'RS-ONLY-001' not in it['rules_on'] and 'RS-IRP-006' in it['rules_on']" &&
        play 0 --verify=all,-RS-IRP-006
}

# So is comparing runs whose program reads what the other run does not get.
reads_input() {
    cat > reader.c << 'C'
#include <stdio.h>

int main(void)
{
    return getchar() != 'x';
}
C
    "$ringside" cc reader.c -o reader.exe && "$ringside" cc -DREPAIRED "$source" -o right.sys || return
    echo x | "$ringside" run --verify=RS-ONLY-001 right.sys reader.exe > out 2> err
    [ $? = 100 ] && match err 'RS-ONLY-001 cannot be checked: a program reads standard input' || return
    echo x | "$ringside" run --verify right.sys reader.exe > out 2> err
    [ $? = 0 ] && match err '^0 findings; rules: all,-RS-ONLY-001 \(a program reads' || return
    echo x > input
    "$ringside" run --verify=RS-ONLY-001 right.sys reader.exe < input > out 2> err
    [ $? = 0 ] && match err '^0 findings; rules: RS-ONLY-001$'
}

rules() {
    exits 0 verify && [ "$(wc -l < out)" -ge 5 ] && match out '^RS-IRP-006 +error +status returned' &&
        exits 0 verify --json RS-IRP && python3 -c '
import json
rules = json.load(open("out"))
assert all(rule["id"].startswith("RS-IRP-") for rule in rules) and rules
assert all(rule[part] for rule in rules for part in ("title", "advice", "rationale", "reference"))'
}

# The page in the sources is the one that the command prints.
page() {
    exits 0 verify --markdown && diff out "$top/docs/rules.md"
}

# Every rule has a driver that breaks it.
covered() {
    exits 0 verify || return
    sed 's/ .*//' out | while read -r rule; do
        grep -qx "// rule: $rule" "$top"/tests/guest/verify/*.c || echo "no driver breaks $rule"
    done > missing
    [ ! -s missing ] || { cat missing && false; }
}

ok 'the driver is built' "$ringside" cc "$source" -o driver.sys
ok 'in words' words
ok 'the history of the request' history
ok '... with queues, cancel and completion routines' long_history
ok '... of many steps' bounded_history
ok 'only the rules that were asked for' off
ok '--json' json
ok '--sarif' sarif
ok '--sarif, its places' sarif_places
ok '--sarif, paths below the current folder' relative_path
ok '--junit' junit
ok 'with --explore' explored
ok 'what cannot be checked is refused' usage
ok 'a check that cannot run is refused' cannot_run
ok '... because of input' reads_input
ok 'the list of rules' rules
ok 'docs/rules.md is up to date' page
ok 'every rule has a driver that breaks it' covered
finish
