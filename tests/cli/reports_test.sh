#!/bin/bash
# The reports of --verify: words, JSON, SARIF, JUnit; the list of rules; docs/rules.md.
#
#   RINGSIDE=build/ringside tests/cli/reports_test.sh

. "$(dirname "$0")/checks.sh"

source=$top/tests/guest/verify/irp_status_differs.c
request='open \\.\Verify; ioctl 0x222000 in=hex:0102 expect=STATUS_INVALID_DEVICE_REQUEST; close'
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
        '^1 finding; rules: all'
}

off() {
    play 0 && play 0 --verify=RS-IRP-003 && match err '^0 findings; rules: RS-IRP-003$' &&
        play 103 --verify=RS-IRP-003,RS-IRP-006
}

json() {
    play 103 --verify --json && tail -n 1 err | python3 -c '
import json, sys
run = json.load(sys.stdin)
assert run["result"] == "findings" and run["rules"] == "all"
[finding] = run["findings"]
assert finding["rule"] == "RS-IRP-006" and finding["severity"] == "error" and finding["count"] == 1
frame = finding["frames"][0]
assert frame["module"] == "driver.sys" and frame["function"] == "verify_dispatch", frame
assert frame["file"].endswith("verify.h") and frame["line"] > 0, frame'
}

# Valid for code scanning: schema names, rule indices, relative paths with lines, fingerprints.
sarif() {
    play 103 --verify --sarif report.sarif && python3 - "$line" << 'PYTHON'
import json, sys
report = json.load(open("report.sarif"))
assert report["version"] == "2.1.0" and "sarif-2.1.0" in report["$schema"]
[run] = report["runs"]
rules = run["tool"]["driver"]["rules"]
assert len(rules) == len({rule["id"] for rule in rules}) >= 5
for rule in rules:
    for part in ("shortDescription", "fullDescription", "help"):
        assert rule[part]["text"], rule
[result] = run["results"]
assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "RS-IRP-006"
assert result["level"] == "error" and result["message"]["text"]
place = result["locations"][0]["physicalLocation"]
assert place["artifactLocation"]["uri"].endswith("verify.h")
assert abs(place["region"]["startLine"] - int(sys.argv[1])) <= 2, place
assert result["stacks"][0]["frames"][0]["module"] == "driver.sys"
assert result["partialFingerprints"]["ringside/v1"].startswith("RS-IRP-006/driver.sys/")
assert run["invocations"][0]["executionSuccessful"] is True
PYTHON
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
assert "verify_dispatch" in failed.find("failure").text'
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
        exits 100 verify RS-NOPE
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
ok 'only the rules that were asked for' off
ok '--json' json
ok '--sarif' sarif
ok '--sarif, paths below the current folder' relative_path
ok '--junit' junit
ok 'with --explore' explored
ok 'what cannot be checked is refused' usage
ok 'the list of rules' rules
ok 'docs/rules.md is up to date' page
ok 'every rule has a driver that breaks it' covered
finish
