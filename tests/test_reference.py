"""The reference validator as second opinion, over known differences and at random."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from newsdata.cli import cli
from newsdata.errors import SchemaError
from newsdata.records import Page, Place
from newsdata.reference import KNOWN, Opinions, SecondOpinion, second_opinion
from newsdata.schema import Schema, parse_schema
from newsdata.schema.bundling import DRAFTS

NAMES = ("a", "b", "c", "ab", "é", "", "x-1")
TEXTS = (
    "", "a", "ab", "aa", "abc", "a\n", "é", "e\u0301", "😀", "1", "-1", " ", "\u00a0", "٣", "a b",
    "2024-02-29", "2023-02-29", "2024-05-31T12:00:00Z", "2024-05-31T12:00:00.123+03:00",
    "2024-05-31t12:00:00z", "1998-12-31T23:59:60Z", "2024-05-31T12:00:00", "0000-01-01",
    "12:00:00Z", "a@b.c", "a@", "@", "\"a b\"@c.d", "ä@b.de", "127.0.0.1", "01.2.3.4", "256.1.1.1",
    "::1", "1::2::3", "http://e.org/x?y=1#z", "//e.org", "e.org/x", "urn:x:y", "mailto:a@b.c",
    "http://e.org/a b", "e.org", "-e.org", "xn--a", "00000000-0000-0000-0000-000000000000", "P1D",
    "P", "/a/b", "a/b", "0#", "^a", "(", "[a-z]+", "\\p{L}", "{x}", "{",
)  # fmt: skip
NUMBERS = (
    0, 1, -1, 2, 3, 10, 100, 0.0, -0.0, 1.0, 0.1, 0.2, 0.3, 1.5, 2.5, 1e-7, 1e10, 1e16, 1e300,
    2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63),
)  # fmt: skip
PATTERNS = (
    "^a", "a$", "^a$", "^[a-c]*$", "\\d", "^\\d+$", "\\w", "\\s", "^.$", "a{2}", "(a|b)c?", "\\S",
    "^[^a]", "\\.", "\\bab\\b", "[\\w-]+",
)  # fmt: skip
FORMATS = (
    "date", "date-time", "time", "duration", "email", "idn-email", "hostname", "ipv4", "ipv6",
    "uri", "uri-reference", "iri", "uuid", "regex", "json-pointer", "uri-template", "unknown",
)  # fmt: skip
TYPES = ("string", "integer", "number", "boolean", "null", "array", "object")


class Maker:
    """Makes schemas of one draft and values to judge by them."""

    def __init__(self, seed: int, draft: str = "2020-12") -> None:
        self.random = Random(seed)
        self.draft = draft
        self.new = draft in ("2019-09", "2020-12")
        self.defs = "$defs" if self.new else "definitions"
        self.targets: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """A whole document: an object schema with definitions that may refer to each other."""
        # No circle: a schema that refers to itself on the spot never ends.
        inner = {"e": self.schema(2)}
        self.targets = ("e",)
        inner["d"] = self.schema(2)
        self.targets = ("d", "e")
        names = self.random.sample(NAMES, 3)
        made: dict[str, Any] = {
            **self._object(3),
            "properties": {name: self.schema(3) for name in names},
            self.defs: inner,
        }
        return made

    def record(self) -> dict[str, Any]:
        """A JSON object."""
        return {name: self.value(3) for name in self._some(NAMES)}

    def value(self, depth: int) -> Any:
        """Any JSON value, not deeper than ``depth``."""
        kind = self.random.randrange(10 if depth else 7)
        if kind < 3:
            return self.random.choice(TEXTS)
        if kind < 5:
            return self.random.choice(NUMBERS)
        if kind < 7:
            return self.random.choice((True, False, None))
        if kind == 7:
            return {name: self.value(depth - 1) for name in self._some(NAMES)}
        return [self.value(depth - 1) for _ in range(self.random.randrange(4))]

    def schema(self, depth: int) -> Any:
        """A schema of a few keywords."""
        if self.random.random() < 0.05 and self.draft != "4":
            return self.random.random() < 0.7
        if self.targets and self.random.random() < 0.08:
            return {"$ref": f"#/{self.defs}/{self.random.choice(self.targets)}"}
        parts: list[Callable[[int], dict[str, Any]]] = [
            self._type, self._text, self._number, self._format, self._fixed,
        ]  # fmt: skip
        if depth:
            parts += [self._array, self._object, self._logic, self._logic]
        made: dict[str, Any] = {}
        for part in self.random.sample(parts, self.random.randrange(1, 3)):
            made |= part(depth)
        return made

    def _some(self, items: tuple[str, ...]) -> list[str]:
        return self.random.sample(items, self.random.randrange(0, 4))

    def _maybe(self, **made: Callable[[], Any]) -> dict[str, Any]:
        return {name: make() for name, make in made.items() if self.random.random() < 0.4}

    def _type(self, _depth: int) -> dict[str, Any]:
        if self.random.random() < 0.7:
            return {"type": self.random.choice(TYPES)}
        return {"type": self.random.sample(TYPES, 2)}

    def _text(self, _depth: int) -> dict[str, Any]:
        length = self.random.randrange(4)
        return self._maybe(
            minLength=lambda: length,
            maxLength=lambda: length + 1,
            pattern=lambda: self.random.choice(PATTERNS),
        )

    def _format(self, _depth: int) -> dict[str, Any]:
        return {"format": self.random.choice(FORMATS)}

    def _number(self, _depth: int) -> dict[str, Any]:
        bound = self.random.choice(NUMBERS)
        made = self._maybe(
            minimum=lambda: bound,
            maximum=lambda: self.random.choice(NUMBERS),
            multipleOf=lambda: self.random.choice((1, 2, 3, 0.1, 0.5, 1e-7, 1.5, 10)),
        )
        if self.random.random() < 0.3:
            if self.draft != "4":
                made["exclusiveMinimum"] = bound
            elif "minimum" in made:
                made["exclusiveMinimum"] = True
        return made

    def _fixed(self, _depth: int) -> dict[str, Any]:
        if self.random.random() < 0.5 and self.draft != "4":
            return {"const": self.value(1)}
        values = [self.value(1) for _ in range(3)]
        distinct = {repr(v): v for v in values}
        return {"enum": [v for v in distinct.values() if not isinstance(v, bool | int | float)]
                or ["a"]}  # fmt: skip

    def _array(self, depth: int) -> dict[str, Any]:
        size = self.random.randrange(3)
        made = self._maybe(
            items=lambda: self.schema(depth - 1),
            minItems=lambda: size,
            maxItems=lambda: size + 1,
            uniqueItems=lambda: True,
        )
        if self.draft == "2020-12" and self.random.random() < 0.3:
            made["prefixItems"] = [self.schema(depth - 1) for _ in range(2)]
        if self.draft != "4" and self.random.random() < 0.3:
            made["contains"] = self.schema(depth - 1)
            if self.new:
                made |= self._maybe(minContains=lambda: size, maxContains=lambda: size + 1)
        if self.new and self.random.random() < 0.15:
            made["unevaluatedItems"] = self.schema(depth - 1)
        return made

    def _object(self, depth: int) -> dict[str, Any]:
        size = self.random.randrange(4)
        made = self._maybe(
            properties=lambda: {n: self.schema(depth - 1) for n in self._some(NAMES)},
            required=lambda: self._some(NAMES) or ["a"],
            minProperties=lambda: size,
            maxProperties=lambda: size + 1,
            additionalProperties=lambda: self.schema(depth - 1),
            patternProperties=lambda: {
                self.random.choice(PATTERNS): self.schema(depth - 1),
            },
        )
        if self.draft != "4" and self.random.random() < 0.2:
            made["propertyNames"] = self.schema(0)
        if self.new:
            made |= self._evaluated(depth)
        elif self.random.random() < 0.2:
            made["dependencies"] = {"a": self._some(NAMES) or ["b"], "b": self.schema(depth - 1)}
        return made

    def _evaluated(self, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if self.random.random() < 0.2:
            made["dependentRequired"] = {self.random.choice(NAMES): self._some(NAMES)}
        if self.random.random() < 0.2:
            made["dependentSchemas"] = {self.random.choice(NAMES): self.schema(depth - 1)}
        if self.random.random() < 0.15:
            made["unevaluatedProperties"] = self.schema(depth - 1)
        return made

    def _logic(self, depth: int) -> dict[str, Any]:
        word = self.random.choice(("allOf", "anyOf", "oneOf", "not", "if"))
        if word == "not":
            return {"not": self.schema(depth - 1)}
        if word == "if" and self.draft not in ("4", "6"):
            return {name: self.schema(depth - 1) for name in ("if", "then", "else")}
        word = "anyOf" if word == "if" else word
        return {word: [self.schema(depth - 1) for _ in range(2)]}


#: Minutes of random schemas and records; a deeper run is asked for by the environment.
MINUTES = float(os.environ.get("NEWSDATA_TEST_FUZZ_MINUTES", "0"))


def random_schema(seed: int) -> Schema | None:
    """A random schema; None where it is none or refers to itself without end."""
    address, draft = sorted(DRAFTS.items())[seed % len(DRAFTS)]
    made = {"$schema": address, **Maker(seed, draft).document()}
    try:
        return parse_schema(made, f"seed {seed}")
    except SchemaError:
        return None


def disagreements(seed: int) -> tuple[int, Counter[str], list[Any]]:
    """Records judged of a random schema, known differences by name, and all others."""
    schema = random_schema(seed)
    if schema is None:
        return 0, Counter(), []
    maker = Maker(-seed)
    records = [maker.record() for _ in range(30)]
    known: Counter[str] = Counter()
    others = []
    for found in second_opinion(records, schema):
        if found.known is None:
            others.append((seed, dict(schema.document), records[found.index], found))
        else:
            known[found.known] += 1
    return len(records), known, others


def test_random_schemas_and_records_are_judged_alike() -> None:
    end = time.monotonic() + 60 * MINUTES
    judged, known, others, seed = 0, Counter[str](), [], 0
    while seed < 400 or time.monotonic() < end:
        count, explained, rest = disagreements(seed)
        judged += count
        known += explained
        others += rest
        seed += 1
    print(f"{seed} schemas, {judged} records, known differences: {dict(known)}")
    assert judged > 9000
    assert others == [], "\n".join(str(one) for one in others[:3])


@pytest.mark.parametrize(
    ("name", "words", "value"),
    [
        ("time-format", {"format": "date-time"}, "1998-12-31T23:59:60Z"),  # a leap second
        ("time-format", {"format": "date-time"}, "0000-01-01T00:00:00Z"),  # the year 0
        ("unchecked-format", {"format": "hostname"}, "-no-host-"),
        ("format", {"format": "email"}, "@"),  # an @ is enough for the reference
        ("pattern", {"pattern": "^a$"}, "a\n"),  # Python's $ and that of ECMA 262
        ("pattern", {"pattern": "^\\d$"}, "٣"),  # a digit beyond ASCII
        ("multiple-of", {"multipleOf": 0.1}, 0.3),
        ("failed", {"pattern": "^\\p{Lu}"}, "Ж"),  # Python's re has no \\p
        ("several", {"allOf": [{"format": "email"}, {"pattern": "^@$"}]}, "@\n"),
    ],
)
def test_known_differences_have_their_name(name: str, words: dict[str, Any], value: Any) -> None:
    schema = parse_schema({"properties": {"v": words}}, "test")
    (found,) = second_opinion([{"v": value}, {}], schema)
    assert (found.index, found.known) == (0, name)
    assert bool(found.ours) != bool(found.reference)
    assert KNOWN[name].meaning


def test_what_draft_2019_09_evaluates_is_known_there_alone() -> None:
    words = {"additionalProperties": {"const": "x"}, "unevaluatedProperties": False}
    old = {"$schema": "https://json-schema.org/draft/2019-09/schema", **words}
    (found,) = second_opinion([{"a": "x"}], parse_schema(old, "test"))
    assert (found.known, found.ours) == ("unevaluated", ())
    assert second_opinion([{"a": "x"}], parse_schema(words, "test")) == []


def test_a_difference_that_nothing_explains_is_unknown() -> None:
    class Wrong(SecondOpinion):
        def _theirs(self, record: Any) -> tuple[tuple[str, ...], bool]:
            return ("everything is wrong",), False

    found = Wrong(parse_schema({"properties": {"v": {"type": "string"}}}, "test")).judge({"v": ""})
    assert found is not None
    assert (found.known, found.ours) == (None, ())


def test_a_schema_that_never_ends_is_no_crash() -> None:
    node = {"$ref": "#/$defs/a"}
    schema = parse_schema({"$defs": {"a": {"allOf": [node]}}, "properties": {"v": node}}, "test")
    (found,) = second_opinion([{"v": 1}], schema)
    assert found.known == "failed"


def test_opinions_of_a_sample_are_the_same_in_any_order() -> None:
    schema = parse_schema({"properties": {"v": {"format": "email"}}}, "test")
    pages = [
        Page(json.dumps({"v": "@" if n % 3 else "a@b.c", "n": n}).encode(), "record",
             Place("x", n + 1, 0, 1))
        for n in range(60)
    ]  # fmt: skip
    summaries = []
    for order in (pages, pages[::-1]):
        opinions = Opinions(SecondOpinion(schema), 20)
        for page in order:
            opinions.see(page)
        opinions.finish()
        summaries.append(opinions.summary())
    assert summaries[0] == summaries[1]
    assert summaries[0]["judged"] == 20
    assert summaries[0]["known"]["format"] > 5


def test_validate_asks_the_reference(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"properties": {"v": {"format": "email"}}}')
    (tmp_path / "r.jsonl").write_text('{"v": "a@b.c"}\n{"v": "@"}\n{"v": 1}\n{bad\n')
    arguments = ["validate", str(tmp_path / "r.jsonl"), "--schema", str(tmp_path / "s.json")]
    shown = CliRunner().invoke(cli, [*arguments, "--reference", "--json"])
    told = json.loads(shown.stdout)
    assert (told["read"], told["valid"], told["rejected"]) == (4, 2, 2)
    assert told["reference"]["judged"] == 3  # what is no JSON has no second opinion
    assert (told["reference"]["known"], told["reference"]["disagreements"]) == ({"format": 1}, 0)
    assert shown.exit_code == 1
    wrong = CliRunner().invoke(cli, [*arguments, "--sample", "3"])
    assert (wrong.exit_code, "--sample needs --reference" in wrong.output) == (2, True)
    assert CliRunner().invoke(cli, [*arguments, "--reference", "-o", "x"]).exit_code == 2


def test_an_unknown_disagreement_is_shown_and_exits_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s.json").write_text('{"properties": {"v": {"type": "string"}}}')
    (tmp_path / "r.jsonl").write_text('{"v": "a"}\n')
    monkeypatch.setattr(SecondOpinion, "_theirs", lambda *_: (("/v: odd",), False))
    arguments = ["--schema", str(tmp_path / "s.json"), "--reference"]
    shown = CliRunner().invoke(cli, ["validate", str(tmp_path / "r.jsonl"), *arguments])
    assert shown.exit_code == 1
    assert "r.jsonl:1: we accept, the reference does not: /v: odd" in shown.output
