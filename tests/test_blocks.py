"""Promises of judging by Arrow's columns: what is sure there is valid, and its row is the row that
the long way makes; all else goes the long way. All schemas and records are made up."""

from __future__ import annotations

import io
import json
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from bad_inputs import BAD, GOOD, large_file, line, mixed, record
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdata.checks import blocks, judging, parts, walk
from newsdata.checks.blocks import Block, Blocks, is_strict
from newsdata.checks.columns import read_rows
from newsdata.checks.files import Options, Targets, validate_files
from newsdata.checks.keywords import doubts_of
from newsdata.checks.patterns import FORMATS, plain_pattern
from newsdata.errors import SchemaError
from newsdata.ledger import fit_records
from newsdata.limits import Limits
from newsdata.records import empty_record
from newsdata.schema import Schema, parse_schema
from newsdata.sources import chunks
from newsdata.validation import check, parse_json

MINUTES = float(os.environ.get("NEWSDATA_TEST_FUZZ_MINUTES", "0"))


def read(lines: list[bytes], schema: Schema, **limits: int) -> Block | None:
    return Blocks(schema, Limits(**limits)).read(b"".join(one + b"\n" for one in lines))


def surely_valid(lines: list[bytes], schema: Schema, **limits: int) -> set[bytes]:
    """The lines that are certain, without spaces around them."""
    block = read(lines, schema, **limits)
    if block is None:
        return set()
    doubtful = set(block.doubtful.tolist())
    return {block.content(n)[0] for n in range(len(block.rows)) if n not in doubtful}


def of(**properties: Any) -> Schema:
    return parse_schema({"type": "object", "properties": properties}, "made")


# -- one kind of line ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BAD)
def test_no_bad_kind_is_sure(kind, schema):
    for seed in range(5):
        rng = random.Random(seed)
        bad = BAD[kind](rng)
        for lines in ([bad], [line(record(rng), rng), bad, line(record(rng), rng)]):
            assert bad.strip(b" \t\r") not in surely_valid(lines, schema, line=300_000)


@pytest.mark.parametrize(
    "kind", ["plain", "line-separators", "long-digits-in-text", "brackets-in-text",
             "spaces-around", "carriage-return", "long-text"]
)  # fmt: skip
def test_good_kinds_are_sure(kind, schema):
    rng = random.Random(1)
    lines = [GOOD[kind](rng) for _ in range(20)]
    assert surely_valid(lines, schema) == {one.strip(b" \t\r") for one in lines}


def test_full_records_are_sure_and_blank_lines_are_none(schema):
    rng = random.Random(2)
    full = empty_record(
        **record(rng),
        dateline={"raw": "MINSK", "places": ["Minsk"]},
        images=[{"url": "https://n.example/a.jpg", "photographer": ["Ada Fable"]}, {}],
        url="https://news.example/a/1?b=c#d",
        language="be-tarask",
        topic="medtop:20000001",
        local_date="2024-02-28",
    )
    lines = [b"", line(full, rng), b" \t", line(record(rng), rng), b"\r", b""]
    block = read(lines, schema)
    assert block is not None
    assert (block.lines, block.numbers.tolist(), block.doubtful.tolist()) == (6, [1, 3], [])
    assert block.content(1) == (lines[3], sum(len(one) + 1 for one in lines[:3]))


@pytest.mark.parametrize(
    "trick",
    [
        [b'{"a": "x"}{"a": "y"}', b'{"a": "z"}\0}', b'{"a": 5}'],
        [b'{"a": "x"} {"a": "y"}', b" "],
        [b'{"a": "x"} null {"a": "y"}'],
        [b'{"a":', b'"x"}'],
        [b'{"a": "x"', b"}"],
        [b'{"a": "{', b'}"}'],
        [b'{"a": "x"}, {"a": "y"}'],
        [b'[{"a": "x"}, {"a": "y"}]'],
        [b'\xef\xbb\xbf{"a": "x"}'],
        [b"null", b'{"a": "x"}'],
    ],
)
def test_rows_are_lines(trick):
    lines = [b'{"a": "before"}', *trick, b'{"a": "after"}']
    sure = surely_valid(lines, of(a={"type": "string"}))
    assert not sure & set(trick)


def test_a_first_null_is_survived(schema):
    code = (
        "from newsdata.checks.blocks import Blocks\nfrom newsdata.limits import Limits\n"
        "from newsdata.sources.documents import article_schema\n"
        "blocks = Blocks(article_schema(), Limits())\n"
        "for text in (b'null\\n', b' \\nnull\\n', b'\\n', b'', b'null\\n{}\\n', b'{}\\nnull\\n'"
        "):\n"
        "    assert blocks.read(text) is None, text\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("schema", "text", "sure"),
    [
        ({"n": {"type": "number"}}, b'{"n": NaN}', False),
        ({"n": {"type": "number"}}, b'{"n": -Infinity}', False),
        ({"n": {"type": "number"}}, b'{"n": 9007199254740993}', False),
        ({"n": {"type": "number"}}, b'{"n": 1.5e3}', True),
        ({"n": {"type": "integer"}}, b'{"n": 1.0}', False),
        ({"n": {"type": "integer"}}, b'{"n": 9223372036854775808}', False),
        ({"n": {"type": "integer", "minimum": 3}}, b'{"n": 3}', True),
        ({"n": {"type": "integer", "exclusiveMinimum": 3}}, b'{"n": 3}', False),
        ({"n": {"enum": [1, 70000, None], "minimum": 0, "maximum": 9}}, b'{"n": 1}', True),
        ({"n": {"type": "boolean", "enum": [True]}}, b'{"n": false}', False),
        ({"n": {"type": "boolean", "const": True}}, b'{"n": true}', True),
        ({"n": {"type": "null"}}, b'{"n": "a"}', False),
        ({"n": {"type": ["object", "null"]}}, b'{"n": "a"}', False),
        ({"n": {"type": "string", "maxLength": 2}}, '{"n": "яя"}'.encode(), True),
        ({"n": {"type": "string", "minLength": 2}}, '{"n": "я"}'.encode(), False),
        ({"n": {"type": "string", "pattern": r"\S"}}, '{"n": "\u00a0"}'.encode(), False),
        ({"n": {"type": "array", "items": {"type": "string"}}}, b'{"n": [null]}', False),
        ({"n": {"type": "array", "items": {"type": "string"}}}, b'{"n": null}', False),
        ({"n": {"type": "array", "items": {"type": "string"}}}, b'{"n" \t:  null}', False),
        ({"n": {"type": "array", "items": {"type": "string"}}}, b'{"\\u006e": null}', False),
        ({"n": {"type": "array", "items": {"type": "string"}}}, b'{"m": "n\\":null"}', True),
        ({"n": {"type": "array", "maxItems": 1}}, b'{"n": ["a", "b"]}', False),
        ({"n": {"type": ["string", "null"], "enum": ["a"]}}, b'{"n": null}', False),
        ({"n": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, b'{"n": null}', True),
    ],
)  # fmt: skip
def test_what_is_sure_of_one_value(schema, text, sure):
    made = of(**schema, m={"type": "string"})
    assert surely_valid([text], made) == ({text} if sure else set())
    if sure:
        assert not check(parse_json(text)[0], made)


@pytest.mark.parametrize("spaces", [0, 1, 200])
def test_null_is_told_from_absent(spaces):
    made = parse_schema(
        {
            "type": "object",
            "required": ["must"],
            "properties": {"must": {"type": ["string", "null"]}, "may": {"type": "string"}},
        },
        "made",
    )
    gap = b" " * spaces
    plain, null, none = b'{"must": null}', b'{"must": "a", "may"' + gap + b":null}", b"{}"
    assert surely_valid([plain, plain], made) == {plain}
    assert null not in surely_valid([plain, null], made)
    assert not surely_valid([plain, none], made)
    assert not check({"must": None}, made)
    assert check({}, made)
    assert check({"must": "a", "may": None}, made)


@pytest.mark.parametrize(
    "node",
    [
        {"type": "string", "contentEncoding": "base64"},
        {"type": "integer", "multipleOf": 3},
        {"type": "string", "format": "hostname"},
        {"type": "string", "pattern": "(?!a)"},
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        {"type": "object", "properties": {"a": {"type": "string"}}, "minProperties": 1},
        {"type": "string", "not": {"const": "a"}},
    ],
)
def test_what_is_not_known_has_no_checks(node):
    assert doubts_of(of(a={"type": "string"})) is not None
    assert doubts_of(of(a=node)) is None


def test_limits_hold(schema):
    rng = random.Random(5)
    lines = [line(record(rng, text="x" * 3000), rng)]
    assert surely_valid(lines, schema, line=len(lines[0])) == set(lines)
    assert not surely_valid(lines, schema, line=len(lines[0]) - 1)
    assert not surely_valid(lines, schema, depth=3)
    assert surely_valid(lines, schema, depth=4)


# -- patterns and formats -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "plain"),
    [
        ("^medtop:[0-9]{8}$", True),
        ("^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", True),
        ("^[^a-z\\s]+?$", True),
        ("^(?:a|b.)*\\.[\\w.-]+$", True),
        ("[а-я]+", True),
        ("a{1001}", False),
        ("\\bword", False),
        ("(?<a>b)", False),
        ("(a)\\1", False),
        ("a**", False),
        ("[a&&b]", False),
        ("[]a]", False),
        ("\\u0041", False),
        ("a{,3}", False),
        ("^*", False),
        ("(", False),
        (")", False),
        ("\\", False),
    ],
)
def test_which_patterns_are_plain(pattern, plain):
    assert (plain_pattern(pattern) is not None) == plain


pieces = st.sampled_from(
    ["a", "я", "\\d", "\\w", "\\s", "\\S", ".", "[a-c]", "[^a-c]", "[^\\s]", "[^\\d.]", "[\\w-]",
     "[-a]", "\\.", "-", "(a|b)", "(?:ab)?", "^", "$", "[А-я0-9 ]", "\\/", " ", "é", "[^<>]", "|"]
)  # fmt: skip
patterns = st.lists(
    st.tuples(pieces, st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "{2,}", "*?"])),
    min_size=1,
    max_size=4,
).map(lambda parts: "".join(a + b for a, b in parts))
samples = st.text(
    st.sampled_from("aabc0٣ \n\r\t\u00a0\u2028\ufeff\u0085éяЯ.-/<é😀_Ⅷ\x1f"), max_size=6
)


@given(patterns, st.lists(samples, min_size=1, max_size=20))
@settings(max_examples=400, deadline=None)
def test_what_a_plain_pattern_matches_the_validator_matches(
    pattern: str, values: list[str]
) -> None:
    plain = plain_pattern(pattern)
    if plain is None:
        return
    try:
        made = of(a={"type": "string", "pattern": pattern})
    except SchemaError:
        return
    found = pc.match_substring_regex(pa.array(values, pa.string()), plain).to_pylist()
    for value, matched in zip(values, found, strict=True):
        if matched:
            assert not check({"a": value}, made), (pattern, plain, value)


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_plain_format_matches_the_validator_accepts(name):
    @given(st.from_regex(FORMATS[name].replace(r"\z", r"\Z")))
    @settings(max_examples=300, deadline=None)
    def accepted(value: str) -> None:
        assert not check({"a": value}, of(a={"type": "string", "format": name}))

    accepted()


@pytest.mark.parametrize("length", [1, 20, 21, 22, 63, 64, 65])
def test_long_parts_of_an_address_are_never_sure(length):
    made = of(a={"type": "string", "format": "email"})
    part = "a" * length
    joined = "-".join(["a" * 21] * 3)[:length]
    for value in (f"{part}@b.org", f"{joined}@b.org", f"b@{part}.org", f"b@{joined}.org"):
        if re.search(FORMATS["email"].replace(r"\z", r"\Z"), value):
            assert not check({"a": value}, made), value


# -- any schema, any text -----------------------------------------------------------------------

NAMES = ("a", "b", "c", "text", "null", "a-b")
TEXTS = (
    "", "a", "ab", "abc", "я", "яя", "\u00a0", "\ufeff", "null", '"a":null', ":null", "😀", "\0",
    "2024-02-28", "2024-02-29", "2023-02-29", "2024-05-31T12:00:00Z", "2024-05-31T12:00:00+03:00",
    "1998-12-31T23:59:60Z", "2024-05-31T12:00:00.1234567Z", "https://e.example/x?y=1#z", "e.org",
    "00000000-0000-0000-0000-000000000000", "a@b.org", "0001-01-01T00:00:00+03:00", "a b",
)  # fmt: skip
NUMBERS = (0, 1, 2, 3, -1, 100, 40000, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63))
REALS = (*NUMBERS, 0.5, 1.0, -0.0, 1e22, 2.5)
RAW = ("NaN", "-Infinity", "1e999", "-0", "1E2", "01", "+1", '"\\ud83d"', '"\\ude00x"',
       '"\\ud83d\\ude00"', '"\\u0000"', '"\\u0061"', '"\\/"', "nul", "[1,]", '"\t"',
       "123456789012345678901234567890")  # fmt: skip


class Maker:
    """Schemas of the known keywords and, seldom, others; records that nearly keep to them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def maybe(self, chance: float = 0.3) -> bool:
        return self.random.random() < chance

    def document(self) -> dict[str, Any]:
        made = self.object(2)
        if self.maybe():
            made["$defs"] = {"d": self.node(1)}
            made["properties"]["ref"] = {"$ref": "#/$defs/d"}
        return made

    def object(self, depth: int) -> dict[str, Any]:
        names = self.random.sample(NAMES, self.random.randrange(1, 4))
        made: dict[str, Any] = {
            "type": "object",
            "properties": {name: self.node(depth) for name in names},
        }
        if self.maybe():
            made["required"] = self.random.sample(names, self.random.randrange(1, len(names) + 1))
        if self.maybe():
            made["additionalProperties"] = self.maybe(0.5)
        return made

    def node(self, depth: int) -> dict[str, Any]:
        makes = [self.text, self.text, self.whole, self.real, self.truth]
        makes += [self.object, self.array, self.array] if depth else []
        made = self.random.choice(makes)(depth - 1)
        if self.maybe(0.4) and isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
        elif self.maybe(0.1):
            made = {"anyOf": [made, {"type": "null"}]}
        if self.maybe(0.02):
            made["not"] = {"const": 1}
        return made

    def text(self, _depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "string"}
        choice = self.random.randrange(8)
        if choice == 0:
            made["format"] = self.random.choice([*FORMATS])
        elif choice == 1:
            made["enum"] = self.random.sample([*TEXTS, None], 4)
        elif choice == 2:
            made["pattern"] = self.random.choice(["\\S", "^[a-c]+$", "^.$", "[^a]", "я"])
        elif choice == 3:
            made["minLength"] = self.random.randrange(3)
        elif choice == 4:
            made["maxLength"] = self.random.randrange(1, 4)
        elif choice == 5:
            made["const"] = self.random.choice(TEXTS)
        return made

    def whole(self, _depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "integer"}
        for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            if self.maybe():
                made[word] = self.random.choice((0, 1, 2, 100, 40000, -5, 2.0))
        if self.maybe(0.1):
            made["enum"] = [1, 2, 70000, 2.0, True]
        return made

    def real(self, _depth: int) -> dict[str, Any]:
        return {**self.whole(0), "type": "number"} if self.maybe() else {"type": "number"}

    def truth(self, _depth: int) -> dict[str, Any]:
        return {"type": "boolean", **({"const": True} if self.maybe() else {})}

    def array(self, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "array", "items": self.node(max(depth, 0))}
        for word in ("minItems", "maxItems"):
            if self.maybe(0.2):
                made[word] = self.random.randrange(3)
        return made

    def value(self, node: dict[str, Any], root: dict[str, Any]) -> Any:
        """A value of the node's type, seldom of another."""
        if "$ref" in node:
            node = root["$defs"]["d"]
        if "anyOf" in node:
            return None if self.maybe() else self.value(node["anyOf"][0], root)
        kind = node["type"]
        if isinstance(kind, list):
            kind = self.random.choice(kind)
        if self.maybe(0.02):
            kind = self.random.choice(["string", "integer", "boolean", "null"])
        if kind == "object" and "properties" in node:
            return self.members(node, root)
        if kind == "array" and "items" in node:
            return [self.value(node["items"], root) for _ in range(self.random.randrange(3))]
        if kind == "string":
            known = [node["const"]] if "const" in node else node.get("enum", TEXTS)
            return self.random.choice(known if self.maybe(0.8) else TEXTS)
        numbers = NUMBERS[:6] if self.maybe(0.8) else REALS
        plain = {"integer": self.random.choice(numbers), "number": self.random.choice(REALS[:8])}
        return plain.get(kind, None if kind == "null" else self.maybe(0.7))

    def members(self, node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
        made = {
            name: self.value(sub, root)
            for name, sub in node["properties"].items()
            if name in node.get("required", ()) or self.maybe(0.7)
        }
        if self.maybe(0.05):
            made[self.random.choice(NAMES)] = self.random.choice([None, 1, "a"])
        return made

    def write(self, value: Any) -> str:
        """The value as one of its JSON texts, seldom as none."""
        if self.maybe(0.004):
            return self.random.choice(RAW)
        gap = self.random.choice(["", "", "", " ", "\t "])
        if isinstance(value, dict):
            parts = [f"{self.key(k)}{gap}:{gap}{self.write(v)}" for k, v in value.items()]
            if parts and self.maybe(0.01):
                parts.append(self.random.choice(parts))
            return "{" + f"{gap},{gap}".join(parts) + "}"
        if isinstance(value, list):
            return "[" + f",{gap}".join(map(self.write, value)) + "]"
        return json.dumps(value, ensure_ascii=self.maybe())

    def key(self, name: str) -> str:
        if self.maybe(0.01):
            return '"' + "".join(f"\\u{ord(c):04X}" for c in name) + '"'
        return json.dumps(name)


def judged_wrongly(seed: int) -> tuple[Counter[str], list[Any]]:
    """What became of some lines by a random schema, and those that are sure and must not be."""
    maker = Maker(seed)
    document = maker.document()
    schema = parse_schema(document, "made")
    told: Counter[str] = Counter()
    try:
        if doubts_of(schema) is None:
            return Counter(unknown=1), []
    except SchemaError:
        return Counter(unknown=1), []
    wrong = []
    for _ in range(8):
        lines = []
        for _ in range(maker.random.randrange(1, 7)):
            text = maker.write(maker.members(document, document)).encode("utf-8", "surrogatepass")
            if maker.maybe(0.01):
                at = maker.random.randrange(len(text))
                text = text[:at] + bytes([maker.random.randrange(256)]) + text[at + 1 :]
            lines += text.split(b"\n")
        block = read(lines, schema)
        if block is None:
            told["refused"] += 1
            continue
        told["doubtful"] += len(block.doubtful)
        told["sure"] += len(block.rows) - len(block.doubtful)
        wrong += wrong_in(block, schema)
    return told, [(seed, document, *found) for found in wrong]


def wrong_in(block: Block, schema: Schema) -> list[Any]:
    """Rows of a block that are sure and not valid, or are other rows than the long way makes."""
    doubtful = set(block.doubtful.tolist())
    good = []
    for row in range(len(block.rows)):
        content, begin = block.content(row)
        assert block.data[begin : begin + len(content)] == content
        value, faults = parse_json(content)
        faults = faults or check(value, schema)
        if row not in doubtful and faults:
            return [(content, faults)]
        if not faults:
            good.append((row, value))
    rows = block.rows.take(pa.array([row for row, _ in good], pa.int64()))
    batch = read_rows(rows, schema) if good else None
    if batch is None:
        return []
    expected, misfits = fit_records([schema.canonical(value) for _, value in good], schema)
    if misfits or not batch.equals(pa.RecordBatch.from_struct_array(expected)):
        return [([block.content(row)[0] for row, _ in good], misfits)]
    return []


def test_what_is_sure_is_valid_whatever_the_schema():
    end = time.monotonic() + MINUTES * 60
    told: Counter[str] = Counter()
    seed = 0
    while seed < 400 or time.monotonic() < end:
        found, wrong = judged_wrongly(seed)
        assert not wrong, wrong[0]
        told += found
        seed += 1
    assert told["sure"] > 1200 * (seed / 400)
    assert told["doubtful"] > 120 * (seed / 400)
    print(f"{seed} schemas, {dict(told)}")


# -- whole files --------------------------------------------------------------------------------


def everything_at_once(monkeypatch: Any) -> None:
    """No lines are too few to be judged together."""
    for module, name in ((judging, "FIRST"), (judging, "FIRST_LINES"), (walk, "LEAST")):
        monkeypatch.setattr(module, name, -1)


def all_outputs(path: Path, workers: int = 1, schema: str | None = None) -> list[Any]:
    made: list[Any] = []
    for columns in (True, False):
        streams = [io.BytesIO() if columns or n != 1 else None for n in range(3)]
        options = Options(schema, workers, Limits(line=300_000))
        summary = validate_files(str(path), Targets(*streams), options)
        made += [summary, *(s and s.getvalue() for s in streams)]
    return made


@pytest.mark.parametrize("part", [10**6, 90])
@pytest.mark.parametrize("seed", range(2))
def test_blocks_give_the_same_bytes_as_line_by_line(monkeypatch, tmp_path, seed, part):
    monkeypatch.setattr(chunks, "CHUNK", 100_000)
    monkeypatch.setattr(parts, "PART", part)
    monkeypatch.setattr(walk, "HALVED", 10_000)
    rng = random.Random(seed)
    content, _ = mixed(seed, 90)
    rows = [line(record(rng, **({"odd": 1} if n == 9 else {})), rng) for n in range(600)]
    rows[100] = line(record(rng, timestamp="1998-12-31T23:59:60Z"), rng)
    rows[200] = line(record(rng, timestamp="2024-02-29T10:00:00Z"), rng)
    rows[300] = line(record(rng, title=" "), rng)
    rows[400] = line(record(rng, status=None), rng)
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\n".join([*rows, content, *rows]))
    told: Counter[str] = Counter()
    real = Blocks.read

    def counted(self: Blocks, data: bytes) -> Block | None:
        block = real(self, data)
        told["refused" if block is None else "doubtful" if len(block.doubtful) else "sure"] += 1
        return block

    monkeypatch.setattr(Blocks, "read", counted)
    for name in ("FIRST", "FIRST_LINES"):
        monkeypatch.setattr(judging, name, 10**9)
    expected = all_outputs(path)
    assert not told
    everything_at_once(monkeypatch)
    assert all_outputs(path) == expected
    assert min(told["sure"], told["doubtful"], told["refused"]) > 0


def test_real_processes_give_the_same_bytes_as_line_by_line(monkeypatch, tmp_path):
    # As large as it must be for two workers that each pass the bytes that go line by line.
    path = large_file(tmp_path / "in.jsonl", 16_000_000)
    by_two = all_outputs(path, workers=2)
    for name in ("FIRST", "FIRST_LINES"):
        monkeypatch.setattr(judging, name, 10**12)
    assert all_outputs(path) == by_two


def test_a_file_that_arrow_refuses_is_not_asked_about_again_and_again(monkeypatch, tmp_path):
    monkeypatch.setattr(chunks, "CHUNK", 20_000)
    everything_at_once(monkeypatch)
    rng = random.Random(7)
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"".join(line(record(rng, odd=1), rng) + b"\n" for _ in range(3000)))
    asked = []
    real = Blocks.read
    monkeypatch.setattr(Blocks, "read", lambda self, data: asked.append(1) or real(self, data))
    summary = validate_files(str(path), Targets(parquet=io.BytesIO()), Options(None, 1))
    assert summary["valid"] == 3000
    assert summary["notices"] == {"no column for the field 'odd'": 3000}
    chunks_of_it = path.stat().st_size // 20_000
    assert 1 < len(asked) < chunks_of_it / 3


def test_the_reader_is_as_strict_as_is_said():
    # What blocks.py relies on, of the pyarrow that is installed.
    assert is_strict()


def test_a_lenient_reader_is_not_used(monkeypatch, schema):
    monkeypatch.setattr(blocks, "_REFUSED", (*blocks._REFUSED, '{"s":"a"}'))
    is_strict.cache_clear()
    try:
        assert read([line(record(random.Random(1)), random.Random(1))], schema) is None
    finally:
        is_strict.cache_clear()
