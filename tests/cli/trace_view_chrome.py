"""
Checks a file of trace events ("Trace Event Format") as a viewer would need it: trace_view_chrome.py
FILE. Prints what is wrong; the exit code is 1 then.
"""

import json
import sys

DEPTH = 16  # a call of a program through four drivers and up again needs less


def check(events):
    last, stacks, asynchronous, named, used = {}, {}, {}, set(), set()
    for number, event in enumerate(events):
        phase, thread = event["ph"], (event["pid"], event["tid"])
        where = f"event {number}, {event}"
        if phase == "M":
            named.add((event["name"], event["pid"] if event["name"] == "process_name" else thread))
            assert event["args"]["name"], where
            continue
        used.add(thread)
        assert event["ts"] >= last.get(thread, 0), f"time goes back: {where}"
        last[thread] = event["ts"]
        if phase == "B":
            stacks.setdefault(thread, []).append(event)
            assert len(stacks[thread]) < DEPTH, f"slices do not end: {where}"
            assert event["name"] and event["cat"], where
        elif phase == "E":
            start = stacks[thread].pop()
            assert event["ts"] > start["ts"], f"no length: {start} to {where}"
        elif phase == "b":
            asynchronous.setdefault((event["cat"], event["id"]), []).append(event)
        elif phase == "e":
            start = asynchronous[event["cat"], event["id"]].pop()
            assert event["ts"] >= start["ts"], f"negative: {start} to {where}"
        elif phase == "n":
            assert asynchronous[event["cat"], event["id"]], f"outside of a request: {where}"
        else:
            assert phase == "i" and event["s"] in "tpg" and event["name"], where
    for left in (stacks, asynchronous):
        assert not any(left.values()), f"never ended: {left}"
    for thread in used:
        assert ("thread_name", thread) in named, f"no name: {thread}"
        assert ("process_name", thread[0]) in named, f"no name: {thread[0]}"


with open(sys.argv[1], encoding="utf-8") as file:
    trace_events = json.load(file)["traceEvents"]
assert trace_events, "empty"
check(trace_events)
print(json.dumps({phase: sum(each["ph"] == phase for each in trace_events) for phase in "BEbneiM"}))
