#!/bin/bash
# ringside findings, and what a machine with --verify leaves behind when it stops: its findings and
# its dump.
#
#   RINGSIDE=build/ringside tests/cli/findings_test.sh

. "$(dirname "$0")/checks.sh"
. "$top/tests/cli/machine.sh"

sources=$top/tests/guest/verify
logs=$RINGSIDE_HOME/default/logs

build() {
    cp "$sources"/irp_status_differs.c "$sources"/irp_used_after_completion.c "$sources"/verify.h . &&
        "$ringside" cc irp_status_differs.c -o Differs.sys &&
        "$ringside" cc irp_used_after_completion.c -o After.sys
}

no_machine() { refused 'default is not running; start it with' findings; }
wrong_rules() {
    refused 'boot: --verify= needs rules' boot --verify= &&
        refused 'boot: --verify: RS-NONE is no rule and no beginning of one' boot --verify=RS-IRP,RS-NONE &&
        refused 'RS-ONLY cannot be checked: it compares runs' boot --verify=RS-IRP,RS-ONLY-001 &&
        refused 'RS-ONLY cannot be checked: it compares runs' boot --verify=RS-ONLY && [ ! -e "$RINGSIDE_HOME/default/lock" ]
}
without() {
    exits 0 boot && refused 'the machine checks nothing; boot it with --verify' findings && exits 0 shutdown
}

# start NAME: its driver.
start() {
    cp "$1.sys" "$drive/" && exits 0 sc create "$1" type= kernel binPath= "C:\\$1.sys" &&
        exits 0 sc start "$1"
}

nothing_yet() {
    exits 0 boot --verify && exits 0 status && match out '^  verifier  all,-RS-ONLY$' &&
        exits 0 findings && match out '^0 findings; rules: all,-RS-ONLY$' '^RS-ONLY-\.\.\. are left out: ' &&
        exits 0 findings --json && has_json out 'it["findings"] == [] and it["rules"] == "all,-RS-ONLY"' &&
        refused 'takes no words' findings now
}
send() { # the driver fails it
    exits 1 'do' 'open \\.\Verify; ioctl 0x222000; close' && match out STATUS_INVALID_DEVICE_REQUEST
}
finds() {
    start Differs && send && exits 103 findings &&
        match out '^RS-IRP-[0-9]+ (error|warning): ' 'verify\.h:[0-9]+' '^    advice: ' \
            '^1 finding; rules: all,-RS-ONLY$' || return
    # What a run says about the same driver, but for addresses and threads.
    exits 1 run --verify=RS-IRP --quiet Differs.sys --do 'open \\.\Verify; ioctl 0x222000; close'
    "$ringside" findings > live
    [ "$(grep -E '^RS-IRP|advice' err)" = "$(grep -E '^RS-IRP|advice' live)" ]
}
counts() { # the same again is the same finding
    exits 103 findings --json && has_json out 'len(it["findings"]) == 1 and it["findings"][0]["count"] == 1' &&
        send && exits 103 findings --json &&
        has_json out 'len(it["findings"]) == 1 and it["findings"][0]["count"] == 2'
}
forms() {
    exits 103 findings --sarif it.sarif --junit it.xml && python3 - << 'END'
import json, xml.dom.minidom
run = json.load(open("it.sarif"))["runs"][0]
assert [result["ruleId"][:6] for result in run["results"]] == ["RS-IRP"]
rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
assert rules[run["results"][0]["ruleIndex"]] == run["results"][0]["ruleId"]
assert len(rules) > 50 and not [rule for rule in rules if rule.startswith("RS-ONLY")]
place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
assert place == {"uri": "verify.h", "uriBaseId": "%SRCROOT%"}, place
suite = xml.dom.minidom.parse("it.xml").getElementsByTagName("testsuite")[0]
assert suite.getAttribute("failures") == "1" and suite.getAttribute("tests") == str(len(rules))
END
}
no_file() { exits 101 findings --sarif nowhere/it.sarif && match err 'nowhere/it.sarif: No such file'; }
no_dump_yet() { # while the machine is up there is the file that it will write
    exits 0 status --json && has_json out '"dump" not in it' && [ ! -e "$logs/MEMORY.DMP" ]
}
stops() {
    exits 0 sc stop Differs
    start After && exits 102 'do' 'open \\.\Verify; ioctl 0x222000; close' &&
        exits 102 status && match out '^  dump +/.*/default/logs/MEMORY\.DMP, of the last stop$' '\*\*\* STOP '
}
findings_of_stopped() {
    exits 103 findings && match out '^RS-IRP-002 error: ' 'irp_used_after_completion\.c:' '^2 findings' \
        '\(2 times\)' && exits 103 findings --json && has_json out 'len(it["findings"]) == 2' && exits 103 findings --sarif it.sarif &&
        python3 - << 'END'
import json
run = json.load(open("it.sarif"))["runs"][0]
rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
assert len(run["results"]) == 2
for result in run["results"]:
    assert rules[result["ruleIndex"]] == result["ruleId"], result
assert run["invocations"][0]["executionSuccessful"] is False
END
}
dumped() {
    [ "$(head -c 4 "$logs/MEMORY.DMP")" = MDMP ] && [ ! -e "$logs/MEMORY.DMP.new" ]
}
after_reboot() { # new findings, the old dump
    exits 0 reboot && exits 0 findings && match out '^0 findings' && dump=$(cksum < "$logs/MEMORY.DMP") &&
        exits 0 shutdown && [ "$(cksum < "$logs/MEMORY.DMP")" = "$dump" ] && [ ! -e "$logs/MEMORY.DMP.new" ]
}
some_rules() {
    rm -rf "$RINGSIDE_HOME/default"
    exits 0 boot --verify=RS-LOCK,RS-LOAD && start Differs && send && exits 0 findings &&
        match out '^0 findings; rules: RS-LOCK,RS-LOAD$' && lacks out 'left out' &&
        exits 0 shutdown && [ ! -e "$logs/MEMORY.DMP" ] && [ ! -e "$logs/MEMORY.DMP.new" ]
}
# ringside run, too, has the rules in its report when the machine has stopped.
run_stops() {
    exits 102 run --verify=RS-IRP --quiet --sarif run.sarif After.sys --do 'open \\.\Verify; ioctl 0x222000' &&
        python3 -c 'import json; r = json.load(open("run.sarif"))["runs"][0]
assert r["tool"]["driver"]["rules"][r["results"][0]["ruleIndex"]]["id"] == "RS-IRP-002"'
}

ok 'what the tests need is built' build
ok 'without a machine' no_machine
ok 'rules that cannot be checked' wrong_rules
ok 'a machine without checks' without
ok 'nothing is found' nothing_yet
ok 'a finding' finds
ok 'the same again' counts
ok 'SARIF and JUnit' forms
ok 'a file that cannot be written' no_file
ok 'no dump while it is up' no_dump_yet
ok 'the machine stops' stops
ok 'its findings are there afterwards' findings_of_stopped
ok 'and its dump' dumped
ok 'reboot' after_reboot
ok 'other rules, and no stop' some_rules
ok 'a run that stops' run_stops
finish
