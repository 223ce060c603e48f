#!/bin/bash
# Tests of `ringside trace view`: all forms of a trace, its filters, and the page in a browser.
#
#   RINGSIDE=build/ringside tests/cli/trace_view_test.sh

. "$(dirname "$0")/checks.sh"

script='open \\.\Hostile; ioctl 0x222000; ioctl 0x222004'
stack='Bus.sys FilterBelow.sys Function.sys FilterAbove.sys StackClient.exe'

compiles() {
    local layer
    for layer in FILTER_BELOW:FilterBelow FUNCTION:Function FILTER_ABOVE:FilterAbove; do
        "$ringside" cc "-D${layer%:*}" "$top/examples/driver-stack/Layer.c" -o "${layer#*:}.sys" ||
            return
    done
    "$ringside" cc "$top/examples/driver-stack/Bus.c" -o Bus.sys &&
        "$ringside" cc "$top/examples/driver-stack/StackClient.c" -o StackClient.exe &&
        "$ringside" cc "$top/tests/cli/trace_view_hostile.c" -o Hostile.sys
}

# shellcheck disable=SC2086 # a list of words
records() {
    exits 0 run --quiet --trace stack.jsonl $stack &&
        exits 0 run --quiet --trace stack.txt $stack &&
        exits 0 run --quiet --trace later.jsonl $stack later &&
        exits 103 run --quiet --verify --trace hostile.jsonl Hostile.sys \
            --do "$script" &&
        exits 103 run --quiet --verify --trace hostile.txt Hostile.sys \
            --do "$script"
}

# shellcheck disable=SC2086 # a list of words
same_again() {
    exits 0 run --quiet --trace again.jsonl $stack && cmp again.jsonl stack.jsonl
}

same_text() {
    exits 0 trace view stack.jsonl && cmp out stack.txt
}

# Bytes that are not UTF-8 are \xff in the text and U+FFFD in JSON: one kind of line differs.
same_hostile_text() {
    exits 0 trace view hostile.jsonl && sed 's/\\xff/\xef\xbf\xbd/g' hostile.txt | cmp - out
}

same_lines() {
    exits 0 trace view stack.jsonl --format jsonl && cmp out stack.jsonl
}

from_standard_input() {
    "$ringside" trace view - < stack.jsonl > out && cmp out stack.txt
}

by_name() {
    exits 0 trace view stack.jsonl -o named.jsonl && cmp named.jsonl stack.jsonl &&
        exits 0 trace view -o named.html stack.jsonl && match named.html '^<!DOCTYPE html>'
}

# counts N PATTERN ARGUMENTS...: so many lines of the view match, and no line does not.
counts() {
    local wanted=$1 pattern=$2 found
    shift 2
    exits 0 trace view "$@" stack.jsonl || return
    found=$(grep -cE -- "$pattern" out)
    [ "$found" = "$wanted" ] && [ "$(wc -l < out)" = "$wanted" ] && return
    echo "$found lines of $(wc -l < out) instead of $wanted"
    cat out
    return 1
}

of_driver() {
    exits 0 trace view --driver "$1" --kind irp_send,irp_pass,debug_print,device stack.jsonl &&
        match out 'device_create +\\Driver\\Bus ' 'Bus: completes it' 'irp_pass .*\\Device\\DriverStack' &&
        lacks out 'FilterAbove:|Function:|irp_pass .*\\Driver\\'
}

of_request() {
    local irp
    exits 0 trace view --irp 19 stack.jsonl || return
    irp=$(sed -n '1s/.*irp=\(0x[0-9a-f]*\).*/\1/p' out)
    [ "$(grep -c irp_send out)" = 1 ] && [ "$(grep -c irp_pass out)" = 3 ] &&
        [ "$(grep -c 'irp_up ' out)" = 3 ] && [ "$(grep -c "irp=$irp" out)" = "$(wc -l < out)" ] || { cat out; return 1; }
    exits 0 trace view --irp "$irp" stack.jsonl && [ "$(grep -c irp_send out)" = 4 ]
}

is_cut_off() {
    head -c 20000 stack.jsonl > cut.jsonl
    exits 0 trace view cut.jsonl && match err 'cut.jsonl: the last line is cut off' &&
        [ "$(wc -l < err)" = 1 ] && [ "$(wc -l < out)" = "$(wc -l < cut.jsonl)" ]
}

# refuses PATTERN FILE: exit code 101, one line that says why.
refuses() {
    exits 101 trace view "$2" && [ "$(wc -l < err)" = 1 ] && match err "$1"
}

is_broken_inside() {
    { head -n 3 stack.jsonl; echo '{"sequence":'; tail -n 2 stack.jsonl; } > broken.jsonl
    refuses 'broken.jsonl:4: no event' broken.jsonl
}

disk_is_full() {
    exits 104 trace view stack.jsonl -o /dev/full && match err '/dev/full: No space left'
}

# chrome FILE ARGUMENTS...: trace-event JSON that keeps the rules.
chrome() {
    local file=$1
    shift
    exits 0 trace view "$@" "$file" --format chrome -o "$file.json" &&
        python3 "$top/tests/cli/trace_view_chrome.py" "$file.json"
}

chrome_has() {
    chrome stack.jsonl > counted && match counted '"B": [1-9]' '"b": [1-9]' '"n": [1-9]' '"i": [1-9]' &&
        python3 -c '
import json
events = json.load(open("stack.jsonl.json"))["traceEvents"]
names = [e["args"]["name"] for e in events if e["ph"] == "M"]
assert "StackClient.exe" in names and "System" in names, names
assert any(e["ph"] == "B" and "LayerDeviceControl (Layer.c:" in e["name"] for e in events)
assert any(e["ph"] == "i" and e["name"] == "Bus: StackSize 1" for e in events)
assert any(e["ph"] == "b" and e["name"].startswith("IRP_MJ_DEVICE_CONTROL") and e["id"].startswith("0x61") for e in events)'
}

chrome_has_findings() {
    chrome hostile.jsonl > /dev/null &&
        grep -q '"cat":"finding","name":"RS-IRP-006: ' hostile.jsonl.json
}

finding_has_request() {
    python3 -c '
import json
events = [json.loads(line) for line in open("hostile.jsonl")]
found = next(e for e in events if e["event"] == "finding" and e["rule"] == "RS-IRP-006")
sent = [e["irp"] for e in events if e["event"] == "irp_send" and e["sequence"] < found["sequence"]]
assert found["irp"] == sent[-1], (found, sent)'
}

# What drivers say cannot end the element that it stands in.
stays_inside() {
    exits 0 trace view hostile.jsonl -o hostile.html && lacks hostile.html '<script>window' &&
        [ "$(grep -c '</script' hostile.html)" = 2 ]
}

no_network() {
    lacks hostile.html '(src|href)=.?(http|//)|@import|url\(|fetch\(|XMLHttp|innerHTML|outerHTML|document\.write|eval\('
}

# A trace of 120,000 events, as the example's one but longer: its requests again and again.
make_large() {
    python3 - << 'END'
import json
events = [json.loads(line) for line in open("stack.jsonl")]
request = [e for e in events if e["event"].startswith("irp_") and e["time_100ns"] == 300]
with open("large.jsonl", "w") as out:
    sequence = 0
    def put(event):
        global sequence
        sequence += 1
        out.write(json.dumps({**event, "sequence": sequence}, separators=(",", ":")) + "\n")
    for event in events:
        if event["time_100ns"] < 300:
            put(event)
    for turn in range(7000):
        for event in request:
            event = {**event, "time_100ns": 300 + 10 * turn}
            if turn % 100 == 0 and event["event"] in ("irp_complete", "irp_end"):
                event |= {"status": "0xc0000001", "status_name": "STATUS_UNSUCCESSFUL"}
            put(event)
END
    [ "$(wc -l < large.jsonl)" -gt 100000 ] && exits 0 trace view large.jsonl -o large.html
}

# in_browser CHECK FILE: see trace_view_page.py.
in_browser() {
    exits 0 trace view "$2" -o "$1.html" &&
        timeout 100 python3 "$top/tests/cli/trace_view_page.py" "$browser" "$1" "$1.html"
}

# The one of Ubuntu's packages named chromium is a stub that wants snapd.
find_browser() {
    local name
    for name in chromium-headless-shell chromium chromium-browser google-chrome; do
        command -v "$name" > /dev/null && "$name" --version 2> /dev/null | grep -qE 'Chrom(ium|e)|HeadlessShell' &&
            browser=$name && return
    done
    return 1
}

ok 'drivers and a client' compiles
ok 'traces' records
ok 'the same seed gives the same bytes' same_again
ok 'text: as --trace writes it' same_text
ok 'text: of hostile text and findings, too' same_hostile_text
ok 'jsonl: the same lines' same_lines
ok 'standard input' from_standard_input
ok 'the form by the name of -o' by_name
ok 'kinds' counts 14 ' debug_print ' --kind debug_print
ok 'families of kinds' counts 2 ' (device_create|device_attach) .*DriverStack' --kind device --to 2us \
    --driver Bus.sys
ok 'from and to' counts 10 '^ +30\.0 us .* debug_print ' --from 30 --to 0.0309ms --kind debug_print
ok 'a driver' of_driver Bus
ok 'a driver by its file' of_driver bus.SYS
ok 'a request' of_request
ok 'a last line that is cut off' is_cut_off
ok 'no such file' refuses 'No such file' nowhere.jsonl
ok 'an empty file' refuses 'empty, no trace' /dev/null
ok 'a trace in text form' refuses 'in text form' stack.txt
ok 'a driver is no trace' refuses 'no trace in JSON Lines form' Bus.sys
ok 'a broken line' is_broken_inside
ok 'a disk that is full' disk_is_full
ok 'no file' refused 'a file is missing' trace view
ok 'two files' refused 'one file at a time' trace view stack.jsonl later.jsonl
ok 'no such form' refused 'there is no format pdf' trace view --format pdf stack.jsonl
ok 'no such kind' refused 'no kind of event irq' trace view --kind irp,irq stack.jsonl
ok 'no time' refused 'is no time' trace view --from noon stack.jsonl
ok 'no request' refused 'neither the address' trace view --irp x stack.jsonl
ok 'no word' refused 'what to do is missing' trace
ok 'a mistyped word' refused 'did you mean `ringside trace view`' trace veiw stack.jsonl
ok 'output that cannot be made' refused 'No such file' trace view stack.jsonl -o nowhere/out.html
ok 'chrome: rules of the format' chrome_has
ok 'chrome: completed by another thread' chrome later.jsonl
ok 'chrome: a pending request' chrome hostile.jsonl
ok 'chrome: only a part' chrome stack.jsonl --from 30us --to 30us
ok 'chrome: the end is missing' chrome cut.jsonl
ok 'chrome: findings' chrome_has_findings
ok 'the request of a finding' finding_has_request
ok 'html: hostile text stays inside' stays_inside
ok 'html: nothing from elsewhere' no_network
ok 'html: a large trace' make_large
if find_browser; then
    ok 'page: the driver stack' in_browser stack stack.jsonl
    ok 'page: a pending request' in_browser pending hostile.jsonl
    ok 'page: hostile text, findings' in_browser hostile hostile.jsonl
    ok 'page: a large trace' in_browser large large.jsonl
else
    skip 4 'the page in a browser: there is no Chromium'
fi
finish
