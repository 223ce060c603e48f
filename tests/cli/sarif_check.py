"""A SARIF report as code scanning takes it: sarif_check.py FILE EXPRESSION

The expression over `results` and `rules` must be true, too.
"""
import json
import re
import sys

LEVELS = ("note", "warning", "error")


def check_place(place):
    physical = place["physicalLocation"]
    uri = physical["artifactLocation"]["uri"]
    assert re.fullmatch(r"(file:///)?[^/:?# %]([^:?# %]|%[0-9A-F]{2})*", uri), uri
    line = physical["region"]["startLine"]
    assert isinstance(line, int) and line >= 1, physical


def check_rule(rule):
    for part in ("shortDescription", "fullDescription", "help"):
        assert 0 < len(rule[part]["text"]) <= 1024, rule
    assert rule["defaultConfiguration"]["level"] in LEVELS, rule


def check_result(result, rules):
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["level"] in LEVELS and result["message"]["text"], result
    check_place(result["locations"][0])
    for stack in result.get("stacks", []):
        assert stack["frames"] and stack["message"]["text"], stack
        for frame in stack["frames"]:
            check_place(frame["location"])
    for flow in result.get("codeFlows", []):
        for thread in flow["threadFlows"]:
            assert thread["locations"], flow
            for step in thread["locations"]:
                check_place(step["location"])
                assert step["location"]["message"]["text"], step


with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)
assert report["version"] == "2.1.0" and report["$schema"].endswith("sarif-2.1.0.json")
[run] = report["runs"]
driver = run["tool"]["driver"]
assert driver["name"] == "Ringside" and driver["semanticVersion"]
rules = driver["rules"]
assert len({rule["id"] for rule in rules}) == len(rules) > 0
for rule in rules:
    check_rule(rule)
results = run["results"]
for result in results:
    check_result(result, rules)
prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
assert all(re.fullmatch("[0-9a-f]{16}:[0-9]+", text) for text in prints), prints
assert len(set(prints)) == len(prints), prints
assert isinstance(run["invocations"][0]["executionSuccessful"], bool)
if not eval("(" + sys.argv[2] + ")"):
    sys.exit(f"not true: {sys.argv[2]}\n{json.dumps(results, indent=1)}")
