"""Schemas that users bring: of every draft, over several files, wrong ones, and their codes."""

from __future__ import annotations

import json
import pickle
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from newsdata.cli import cli, run
from newsdata.errors import SchemaError
from newsdata.reasons import REASONS
from newsdata.schema import parse_schema
from newsdata.schema.bundling import DRAFTS
from newsdata.sources.documents import load_schema

#: Codes that were released. A code keeps its meaning for ever; new ones may be added.
STABLE = {
    "bad-format", "bad-sidecar", "bad-stream", "bad-time", "bad-value", "bom-inside",
    "duplicate-key", "embargo", "empty-file", "empty-text", "empty-title", "extractor-failed",
    "invalid-utf8", "line-too-long", "list-page", "lone-surrogate", "missing-field",
    "naive-time", "no-article", "not-an-object", "not-finite", "not-json", "not-representable",
    "number-too-large", "too-deep", "too-large", "truncated-stream", "unknown-field",
    "unknown-kind", "withdrawn", "wrong-type",
}  # fmt: skip

COMMON = {
    "$defs": {
        "key": {"type": "string", "minLength": 2, "x-newsdata": "id"},
        "tree": {"properties": {"child": {"$ref": "#/$defs/tree"}}},
        "back": {"$ref": "../main.json#/properties/n"},
    }
}


def written(folder: Path, files: dict[str, Any]) -> Path:
    for name, document in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(document if isinstance(document, str) else json.dumps(document))
    return folder / "main.json"


MAIN = {
    "properties": {
        "key": {"$ref": "parts/common.json#/$defs/key"},
        "n": {"type": "integer"},
        "m": {"$ref": "parts/common.json#/$defs/back"},
        "list": {"type": "array", "items": {"$ref": "parts/flag.json"}},
        "at": {"$ref": "parts/a%20time.json"},
    },
    "allOf": [{"$ref": "base.json"}],
}
FILES = {
    "main.json": MAIN,
    "base.json": {"$id": "https://e.example/base.json", "properties": {"extra": {"enum": ["x"]}}},
    "parts/common.json": COMMON,
    "parts/flag.json": {"type": "boolean"},
    "parts/a time.json": {"type": ["string", "null"], "format": "date-time"},
}


def test_a_schema_of_several_files_is_one_document(tmp_path: Path) -> None:
    made = load_schema(written(tmp_path, FILES))
    bad = {"key": "k", "n": "1", "m": "2", "list": [1], "at": "noon", "extra": "y"}
    assert {fault.pointer for fault in made.faults(bad)} == {
        "/key", "/n", "/m", "/list/0", "/at", "/extra",
    }  # fmt: skip
    assert made.roles == {"id": "key"}
    assert {field.name: str(field.type) for field in made.arrow} == {
        "extra": "string", "key": "string", "n": "int64", "m": "int64",
        "list": "list<item: bool>", "at": "timestamp[us, tz=UTC]",
    }  # fmt: skip
    assert made.properties["key"]["minLength"] == 2
    # In a release or in another process it is the same, without its files and in any folder.
    again = parse_schema(json.loads(made.text), "again")
    assert (again.digest, again.roles, again.arrow) == (made.digest, made.roles, made.arrow)
    assert pickle.loads(pickle.dumps(made)).digest == made.digest
    shutil.copytree(tmp_path, tmp_path / "elsewhere" / "deep")
    assert load_schema(tmp_path / "elsewhere" / "deep" / "main.json").text == made.text
    assert str(tmp_path) not in made.text.decode()


def test_a_schema_of_one_file_stays_as_it_is(tmp_path: Path) -> None:
    document = {"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"type": "null"}}}
    assert load_schema(written(tmp_path, {"main.json": document})).document == document


@pytest.mark.parametrize(("address", "draft"), sorted(DRAFTS.items()))
def test_every_draft_refers_to_files(tmp_path: Path, address: str, draft: str) -> None:
    words = {"exclusiveMinimum": True, "minimum": 3} if draft == "4" else {"exclusiveMinimum": 3}
    main = {"$schema": address, "$ref": "part.json#/definitions/w"}
    part = {"definitions": {"w": {"properties": {"x": {"$ref": "n.json"}}}}}
    number = {"$schema": address, "type": "integer", **words}
    made = load_schema(written(tmp_path, {"main.json": main, "part.json": part, "n.json": number}))
    assert [fault.pointer for fault in made.faults({"x": 3})] == ["/x"]
    assert not [*made.faults({"x": 4})]
    assert str(made.arrow.field("x").type) == "int64"


def test_a_file_may_be_of_another_draft(tmp_path: Path) -> None:
    old = {"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 3,
           "exclusiveMinimum": True}  # fmt: skip
    files = {"main.json": {"properties": {"x": {"$ref": "old.json"}}}, "old.json": old}
    made = load_schema(written(tmp_path, files))
    assert [fault.keyword for fault in made.faults({"x": 3})] == ["exclusiveMinimum"]


@pytest.mark.parametrize(
    "ref",
    ["../out.json", "in/../../out.json", "%2e%2e/out.json", "in/link.json", "in/folder/o.json"],
)
def test_a_reference_does_not_leave_the_folder_of_the_schema(tmp_path: Path, ref: str) -> None:
    main = written(tmp_path / "own", {"main.json": {"items": {"$ref": ref}}, "in/a.json": {}})
    written(tmp_path, {"out.json": {"type": "string"}, "far/o.json": {"type": "string"}})
    (tmp_path / "own/in/link.json").symlink_to(tmp_path / "out.json")
    (tmp_path / "own/in/folder").symlink_to(tmp_path / "far")
    with pytest.raises(SchemaError, match=r"/items/\$ref: found .* leads out of the folder"):
        load_schema(main)


def test_an_id_leads_to_no_file_outside_either(tmp_path: Path) -> None:
    written(tmp_path, {"out.json": {"type": "string"}})
    schema = {"$id": (tmp_path / "x.json").as_uri(), "items": {"$ref": "out.json"}}
    with pytest.raises(SchemaError, match=r"no file|leads out"):
        load_schema(written(tmp_path / "own", {"main.json": schema}))


def test_a_schema_that_is_a_link_has_the_files_beside_what_it_leads_to(tmp_path: Path) -> None:
    main = written(tmp_path / "kept", {"main.json": {"items": {"$ref": "a.json"}}, "a.json": {}})
    (tmp_path / "kept/link.json").symlink_to(main)
    assert load_schema(tmp_path / "kept/link.json").document["items"]
    (tmp_path / "own").mkdir()
    (tmp_path / "own/a.json").symlink_to(tmp_path / "kept/a.json")
    (tmp_path / "own/main.json").symlink_to(main)
    assert load_schema(tmp_path / "own/main.json").document["items"]


@pytest.mark.parametrize(
    ("main", "words"),
    [
        ({"properties": {"a": {"type": "strng"}}}, ["/properties/a/type", '"strng"', "string"]),
        ({"properties": {"a": {"pattern": "("}}}, ["/properties/a/pattern", '"("', "expression"]),
        ({"minLength": -1}, ["/minLength", "found -1", "at least 0"]),
        ({"required": "x"}, ["/required", 'found "x"', "expected array"]),
        ({"properties": {"a": {"$ref": "#/$defs/x"}}}, ["/properties/a/$ref", "'#/$defs/x'"]),
        ({"$schema": "http://json-schema.org/draft-03/schema#"}, ["/$schema", "draft-04"]),
        ({"$schema": "https://e.example/mine"}, ["/$schema", "'https://e.example/mine'"]),
        ({"$schema": 7}, ["/$schema", "found 7", "expected string"]),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "exclusiveMinimum": 3},
         ["main.json: /"]),
        ({"items": {"$ref": "https://e.example/x.json"}}, ["/items/$ref", "never fetched"]),
        ({"items": {"$ref": "//e.example/x.json"}}, ["/items/$ref", "'//e.example/x.json'"]),
        ({"items": {"$ref": "none.json"}}, ["/items/$ref", "'none.json'", "no file"]),
        ({"items": {"$ref": "torn.json"}}, ["/items/$ref", "torn.json: line 1", "no JSON"]),
        ({"items": {"$ref": "list.json"}}, ["/items/$ref", "JSON Schema in it"]),
        ({"items": {"$ref": "/etc/hostname"}}, ["/items/$ref", "relative to the schema's file"]),
        ({"items": {"$ref": "file:///etc/hostname"}}, ["/items/$ref", "relative"]),
        ({"items": {"$ref": "far.json"}}, ["far.json: /items/$ref", "never fetched"]),
        ({"items": {"$ref": "far.json#/nowhere"}}, ["/$ref"]),
        ([], ["found an array", "expected a JSON object"]),
        ("{", ["main.json: line 1"]),
    ],
)  # fmt: skip
def test_a_wrong_schema_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, main: Any, words: list[str]
) -> None:
    def no_network(*_: Any) -> None:
        raise AssertionError("a schema reached for the network")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    files = {
        "main.json": main,
        "torn.json": '{"type":',
        "list.json": [],
        "far.json": {"items": {"$ref": "http://e.example/y.json"}},
    }
    path = written(tmp_path, files)
    with pytest.raises(SchemaError) as refusal:
        load_schema(path)
    told = str(refusal.value)
    assert all(word in told for word in ("json", *words)), told
    assert "\n" not in told
    assert run(["schema", "--file", str(path)]) == 3


def test_a_reference_in_a_value_is_no_reference(tmp_path: Path) -> None:
    document = {"enum": [{"$ref": "none.json"}], "default": {"$ref": "https://e.example/"}}
    assert load_schema(written(tmp_path, {"main.json": document})).document == document


def test_reason_codes_are_stable_and_listed() -> None:
    assert set(REASONS) >= STABLE
    shown = CliRunner().invoke(cli, ["schema", "codes"]).output
    assert all(code in shown for code in REASONS)
    listed = CliRunner().invoke(cli, ["schema", "codes", "--json"]).output
    assert json.loads(listed) == REASONS
    assert CliRunner().invoke(cli, ["schema", "--codes"]).output == shown
    documented = (Path(__file__).parents[1] / "docs" / "schema.md").read_text("utf-8")
    assert all(f"| `{code}` |" in documented for code in REASONS)


@pytest.mark.parametrize(
    ("view", "word"),
    [("fields", "headline"), ("json", '"$schema"'), ("columns", "timestamp[us, tz=UTC]"),
     ("features", "Value('string')"), ("roles", "photographer")],
)  # fmt: skip
def test_views_of_a_schema(view: str, word: str) -> None:
    assert word in CliRunner().invoke(cli, ["schema", view]).output
    assert json.loads(CliRunner().invoke(cli, ["schema", view, "--json"]).output)


def test_alternatives_without_a_type_add_none_to_a_column() -> None:
    node = {"type": "object", "properties": {"a": {"anyOf": [{"minLength": 1}, {"type": "null"}],
            "type": ["string", "null"]}}, "anyOf": [{"required": ["a"]}, {}]}  # fmt: skip
    made = parse_schema({"properties": {"x": node, "y": {"description": "anything"}}}, "demo")
    assert str(made.arrow.field("x").type) == "struct<a: string>"
    assert str(made.arrow.field("y").type) == "string"
