"""Reads reports with parsers that are not wattlint's, and holds them against each other: a file a format in a folder."""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import unquote

folder, schema = Path(sys.argv[1]), sys.argv[2:]
text = {path.stem: path.read_text(encoding="utf-8") for path in folder.iterdir()}

whole = json.loads(text["json"])
findings = [(finding["rule"], finding["start"]["line"]) for finding in whole["findings"]]
assert findings, "nothing to compare"


def same(name, found):
    assert sorted(found) == sorted(findings), f"{name}: {sorted(found)}\nis not {sorted(findings)}"


lines = [json.loads(line) for line in text["jsonl"].splitlines()]
same("jsonl", [(line["rule"], line["start"]["line"]) for line in lines])
prints = [line["fingerprint"] for line in lines]
assert len(set(prints)) == len(prints), "a fingerprint twice"

sarif = json.loads(text["sarif"])
run = sarif["runs"][0]
counted = [result for result in run["results"] if not result.get("suppressions")]
same("sarif", [(r["ruleId"], r["locations"][0]["physicalLocation"]["region"]["startLine"]) for r in counted])
assert [r["partialFingerprints"]["wattlint/v1"] for r in counted] == prints
rules = run["tool"]["driver"]["rules"]
for result in run["results"]:
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert Path(sys.argv[0]).exists() and not uri.startswith("/"), uri
    assert (folder.parent / "tree" / unquote(uri)).is_file(), uri
assert any(rule["help"]["text"] for rule in rules) and any(result.get("fixes") for result in counted)
if schema:
    import jsonschema

    errors = list(jsonschema.Draft7Validator(json.loads(Path(schema[0]).read_text())).iter_errors(sarif))
    assert not errors, errors[:3]

issues = json.loads(text["gitlab"])
same("gitlab", [(issue["check_name"], issue["location"]["lines"]["begin"]) for issue in issues])
assert {issue["severity"] for issue in issues} <= {"info", "minor", "major", "critical", "blocker"}
assert [issue["fingerprint"] for issue in issues] == prints
assert all((folder.parent / "tree" / issue["location"]["path"]).is_file() for issue in issues)

suites = ElementTree.fromstring(text["junit"])
cases = list(suites.iter("testcase"))
assert int(suites.get("tests")) == len(cases)
assert int(suites.get("failures")) == len(list(suites.iter("failure")))
assert sum(int(suite.get("skipped")) for suite in suites) == len(list(suites.iter("skipped")))
bar = [finding for finding in whole["findings"] if finding["severity"] != "info"]
assert int(suites.get("failures")) == len(bar)

errors = ElementTree.fromstring(text["checkstyle"]).iter("error")
same("checkstyle", [(error.get("source").split(".")[-1], int(error.get("line"))) for error in errors])

command = re.compile(r"^::(error|warning|notice) ([^:]*)::(.*)$")
annotations = []
for line in text["github"].splitlines():
    match = command.match(line)
    assert match, line
    properties = dict(part.split("=", 1) for part in match[2].split(","))
    annotations.append((properties["title"].split(" ")[-1], int(properties["line"])))
same("github", annotations)

places = re.compile(r"^(.*):(\d+):\d+: (?:error|warning|info)\[([a-z0-9-]+)\]: ")
same("concise", [(m[3], int(m[2])) for m in map(places.match, text["concise"].splitlines())])

for name in text:
    raw = [c for c in text[name] if ord(c) < 32 and c != "\n" or 127 <= ord(c) < 160]
    assert not raw, f"{name}: a control character"
    assert "CANARY" not in text[name], f"{name}: a secret"
print(len(findings), "findings,", len(text), "formats")
