"""The official JSON-Schema-Test-Suite through ``newsdata.validate``, every file that is there.

It is not part of the project and is looked for beside the clone; any draft found is run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import newsdata
from newsdata.errors import SchemaError
from newsdata.records import Rejected
from newsdata.schema.bundling import DRAFTS, bundle
from newsdata.schema.references import resolver_of

SUITE = Path(__file__).resolve().parents[2] / "shared" / "data" / "json-schema-test-suite"
REMOTE = "http://localhost:1234/"
DIALECTS = {f"draft{name}": address for address, name in DRAFTS.items()}
#: In these files formats are mere annotations; here they are rules, as optional/format has them.
ANNOTATIONS = {"format.json", "format-annotation.json"}
#: Fewer cases than these of draft 2020-12 would mean that files went missing.
LEAST = {"required": 1150, "optional": 150, "format": 700}

pytestmark = pytest.mark.skipif(
    not SUITE.exists(), reason="the JSON Schema test suite is not beside the clone"
)


def kind_of(file: Path) -> str:
    if "format" in file.parent.name:
        return "format"
    return "optional" if "optional" in file.parts else "required"


def groups(dialect: str, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted((SUITE / "tests" / dialect).rglob("*.json")):
        if kind_of(file) != kind or (kind == "required" and file.name in ANNOTATIONS):
            continue
        for group in json.loads(file.read_text("utf-8")):
            if not lacks_remotes(group):
                yield f"{file.name}: {group['description']}", group


def lacks_remotes(group: dict[str, Any]) -> bool:
    """Whether a case refers to the remote schemas of a draft that is not beside the clone."""
    text = json.dumps(group["schema"])
    return any(
        f"{REMOTE}{dialect}/" in text and not (SUITE / "remotes" / dialect).is_dir()
        for dialect in DIALECTS
    )


def referred(group: dict[str, Any], address: str) -> Any:
    """The schema of a case, or one of the suite's remotes: here alone something is fetched."""
    if address == "file:///case.json":
        return group["schema"]
    file = SUITE / "remotes" / address.removeprefix(REMOTE)
    if not address.startswith(REMOTE) or not file.is_file():
        raise SchemaError(f"{address} is no schema of the suite")
    return json.loads(file.read_text("utf-8"))


def verdicts(group: dict[str, Any], dialect: str, folder: Path) -> list[bool]:
    """What ``newsdata.validate`` says of each record {"value": instance} of a group."""
    document = {
        "$schema": DIALECTS[dialect],
        "properties": {"value": {"$ref": "case.json"}},
    }
    made = bundle(document, "file:///root.json", lambda a: referred(group, a), "case")
    (folder / "schema.json").write_text(json.dumps(made), "utf-8")
    lines = [json.dumps({"value": case["data"]}) for case in group["tests"]]
    (folder / "records.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    found = newsdata.validate([folder / "records.jsonl"], str(folder / "schema.json"))
    return [not isinstance(item, Rejected) for item in found]


@pytest.mark.parametrize("kind", ["required", "optional", "format"])
@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_no_case_fails(dialect: str, kind: str, tmp_path: Path) -> None:
    if not (SUITE / "tests" / dialect).is_dir():
        pytest.skip(f"the suite beside the clone has no {dialect}")
    failed, cases = [], 0
    for name, group in groups(dialect, kind):
        expected = [case["valid"] for case in group["tests"]]
        try:
            found: Any = verdicts(group, dialect, tmp_path)
        except SchemaError as error:
            found = str(error)
        cases += len(expected)
        if found != expected:
            failed.append((name, found, expected))
    assert failed == []
    if dialect == "draft2020-12":
        assert cases > LEAST[kind]


def test_metaschemas_are_known_without_a_network() -> None:
    assert resolver_of({}).lookup("https://json-schema.org/draft/2020-12/schema").contents
