#!/bin/bash
# Events that drivers write: in the trace when there is one, nowhere when there is none; and the
# registration that a driver forgets.
#
#   RINGSIDE=build/ringside tests/cli/etw_test.sh

. "$(dirname "$0")/checks.sh"

# event ID EXPRESSION: the expression is true of the one event `it` with that id and provider.
event() {
    python3 -c '
import json, sys
events = [json.loads(line) for line in open("trace.jsonl")]
found = [e for e in events if e["event"] == "etw" and e["id"] == int(sys.argv[1])
         and e["provider"].startswith("{5D2A1B70-000") and eval("(" + sys.argv[2] + ")")]
if len(found) != 1:
    sys.exit(f"{len(found)} events: " + str([e for e in events if e["event"] == "etw"]))' "$@"
}

ok "the driver builds" "$ringside" cc "$top/tests/cli/etw_events.c" -o etw_events.sys
call run --trace trace.jsonl etw_events.sys
ok "a trace enables the provider" \
    match err 'enabled: control 1, level 255, any ffffffffffffffff, all 0, context .*77, IRQL 0'
ok "and the events" match err 'enabled: 1 1'
ok "and the messages" match err 'classic: control 1, level 255, flags ffffffff'
ok "and those of Windows XP" match err 'wmi: enabled, level 255, its guid'
ok "an event with data" event 300 'e["provider"] == "{5D2A1B70-0001-4C6E-9011-223344556677}" and
    e["level"] == 3 and e["version"] == 1 and e["channel"] == 16 and e["opcode"] == 2 and
    e["task"] == 9 and e["keyword"] == "0x20" and e["data"] == "6162630102" and e["length"] == 5 and
    e["activity"] == "{00000001-0002-0003-0405-060708090A0B}" and "related" not in e'
ok "a text" event 0 'e.get("text") == "a \u00fc text" and e["level"] == 2 and e["length"] == 18'
ok "a long event is cut" event 301 'e["length"] == 6000 and e["data"] == "5a" * 4096'
ok "an event that describes itself" event 0 'e.get("text") == "Start" and e["channel"] == 11 and
    e["provider_name"] == "Etw.Tester.1" and e["data"] == "44332211"'
ok "a WPP message" event 12 'e["provider"] == "{5D2A1B70-0002-4C6E-9011-223344556677}" and
    e["data"] == "6162630102"'
ok "the forgotten registration is named" \
    match err 'ETW: provider \{5D2A1B70-0003-4C6E-9011-223344556677\}.*still registered'
ok "and no other" [ "$(grep -ac 'ETW: provider' err)" = 1 ]
call run --trace trace.txt etw_events.sys
ok "the text view" match trace.txt \
    ' etw +\{5D2A1B70-0001-4C6E-9011-223344556677\} +id=300 .*data=6162630102'

call run etw_events.sys
ok "without a trace nothing is enabled" match err 'enabled: 0 0'
ok "no callback is called" lacks err '^(enabled: control|classic:|wmi:)'
ok "and a message has no logger" match err 'message: c0000008'
ok "the summary counts what was forgotten" grep -aqE 'leaks .*1 object' out err
finish
