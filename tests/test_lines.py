"""Promises of judging lines by an expression: what it matches is valid; all else goes the other
ways, with the same bytes in the end. All schemas and records are made up."""

from __future__ import annotations

import io
import json
import os
import random
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import re2
from bad_inputs import BAD, GOOD, large_file, line, mixed, record
from hypothesis import given, settings
from hypothesis import strategies as st
from test_blocks import Maker, all_outputs, everything_at_once, of, patterns, samples

from newsdata.checks import judging, parts
from newsdata.checks.expressions import CHARACTER, Layout, _inside, _number, expression_of
from newsdata.checks.files import Options, Targets, validate_files
from newsdata.checks.lines import Lines
from newsdata.checks.patterns import FORMATS, plain_pattern
from newsdata.checks.words import UnknownError
from newsdata.errors import SchemaError
from newsdata.limits import Limits
from newsdata.records import empty_record
from newsdata.schema import Schema, parse_schema
from newsdata.sources import chunks
from newsdata.validation import check, parse_json

MINUTES = float(os.environ.get("NEWSDATA_TEST_FUZZ_MINUTES", "0"))


def pieces_of(made: Lines, lines: list[bytes]) -> list[tuple[list[bytes], bool]]:
    """The lines of each piece, and whether they are sure; the pieces make up the whole."""
    data = b"".join(one + b"\n" for one in lines)
    found = [(data[a:b], sure) for a, b, sure in made.pieces(data)]
    assert b"".join(piece for piece, _ in found) == data
    assert all(piece.endswith(b"\n") for piece, _ in found)
    return [(piece.split(b"\n")[:-1], sure) for piece, sure in found]


def surely_valid(lines: list[bytes], schema: Schema, **limits: int) -> list[bytes]:
    """The lines that are certain once all of them were seen."""
    made = Lines(schema, Limits(**limits))
    pieces_of(made, lines)
    return [one for piece, sure in pieces_of(made, lines) if sure for one in piece]


# -- texts --------------------------------------------------------------------------------------


def test_characters_are_those_of_utf8():
    program = re2.compile(CHARACTER)
    edges = (0x00, 0x22, 0x5C, 0x7F, 0x80, 0x81, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF)
    texts = [bytes([a]) for a in range(256)]
    texts += [bytes([a, b]) for a in range(0x80, 256) for b in range(256)]
    texts += [bytes([a, b, c]) for a in range(0xC0, 256) for b in range(256) for c in edges]
    texts += [
        bytes([a, b, c, d])
        for a in range(0xF0, 0xF8) for b in range(256) for c in edges for d in edges
    ]  # fmt: skip
    for text in texts:
        try:
            valid = len(text.decode()) == 1 and text not in b'"\\' and text >= b" "
        except UnicodeDecodeError:
            valid = False
        assert bool(program.fullmatch(text)) == valid, text


@pytest.mark.parametrize("low", range(0xD700, 0xE100, 0x7F))
def test_escapes_are_those_of_whole_characters(low):
    program = re2.compile(CHARACTER)
    for other in (0x41, 0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000):
        for text in (f"\\u{low:04x}", f"\\u{low:04X}\\u{other:04x}"):
            value = json.loads(f'"{text}"')
            whole = len(value) == 1 and not "\ud800" <= value <= "\udfff"
            assert bool(program.fullmatch(text)) == whole, text
    for text in ("\\x", "\\u00", "\\u00g0", "\\", "\\ud83d\\u", "\\U0041"):
        assert not program.fullmatch(text)


@given(patterns, st.lists(samples, min_size=1, max_size=20), st.booleans())
@settings(max_examples=400, deadline=None)
def test_what_a_pattern_matches_in_writing_the_validator_matches(
    pattern: str, values: list[str], escaped: bool
) -> None:
    try:
        inside = _inside(plain_pattern(pattern, written=True))
        made = of(a={"type": "string", "pattern": pattern})
    except (SchemaError, UnknownError):
        return
    program = re2.compile(inside)
    for value in values:
        written = json.dumps(value, ensure_ascii=escaped)[1:-1]
        if program.fullmatch(written):
            assert not check({"a": value}, made), (pattern, inside, value)


@pytest.mark.parametrize("name", FORMATS)
def test_formats_have_their_ends(name):
    inside = _inside(FORMATS[name])
    assert inside.startswith("(?:")
    assert inside.endswith(")")
    assert '"' not in re.sub(r"\[[^\]]*\]", "", inside)
    assert not re2.fullmatch(inside, '"')
    assert not re2.fullmatch(inside, "a\\b")


@pytest.mark.parametrize("pattern", ["^a|b$", "^a|b", "a|b$", "(^a)b", "a$b"])
def test_ends_of_one_alternative_are_not_known(pattern):
    with pytest.raises(UnknownError):
        _inside(plain_pattern(pattern, written=True))


# -- numbers ------------------------------------------------------------------------------------

bounds = st.integers(-1200, 1200) | st.sampled_from([0.5, -0.5, 99.5, 10**14, -(10**14), 2.0])
asked = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), bounds),
)
written = (
    st.integers(-1300, 1300).map(str)
    | st.integers(-(10**16), 10**16).map(str)
    | st.decimals(-1300, 1300, allow_nan=False, places=3).map(str)
    | st.sampled_from(["-0", "0", "00", "-", "1.", ".5", "1e5", "1E-5", "0.5", "99.500", "+1"])
)


@given(asked, st.sampled_from(["integer", "number"]), st.lists(written, max_size=30))
@settings(max_examples=400, deadline=None)
def test_numbers_that_match_keep_to_their_bounds(
    words: dict[str, Any], kind: str, texts: list[str]
) -> None:
    made = of(a={"type": kind, **words})
    try:
        program = re2.compile(_number(words, kind))
    except UnknownError:
        return
    for text in texts:
        if program.fullmatch(text):
            value, faults = parse_json(b'{"a": %s}' % text.encode())
            assert not faults
            assert not check(value, made), (words, text)


@pytest.mark.parametrize(
    ("words", "text", "sure"),
    [
        ({}, "999999999999999", True),
        ({}, "9999999999999999", False),
        ({"minimum": -1080, "maximum": 1080}, "-999", True),
        ({"minimum": -1080, "maximum": 1080}, "1081", False),
        ({"minimum": 0}, "0", True),
        ({"exclusiveMinimum": 0}, "0", False),
        ({"minimum": 1}, "1", True),
        ({"minimum": 2}, "2", False),
        ({"maximum": -1}, "-1", True),
        ({"maximum": 9.5}, "9", True),
    ],
)
def test_which_whole_numbers_are_sure(words, text, sure):
    assert bool(re2.fullmatch(_number(words, "integer"), text)) == sure


# -- lines --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BAD)
def test_no_bad_kind_is_sure(kind, schema):
    for seed in range(5):
        rng = random.Random(seed)
        bad = BAD[kind](rng)
        good = [line(record(rng), rng) for _ in range(3)]
        assert bad not in surely_valid([*good, bad, good[0], bad], schema, line=300_000)


@pytest.mark.parametrize(
    "kind", ["plain", "line-separators", "long-digits-in-text", "brackets-in-text",
             "carriage-return", "long-text"]
)  # fmt: skip
def test_good_kinds_are_sure(kind, schema):
    rng = random.Random(1)
    lines = [GOOD[kind](rng) for _ in range(20)]
    assert surely_valid(lines, schema) == lines


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_full_records_are_sure(schema, escaped, separators):
    rng = random.Random(2)
    full = empty_record(
        **record(rng),
        dateline={"raw": "МИНСК", "places": ["Minsk"]},
        images=[{"url": "https://n.example/a.jpg", "photographer": ["Ада"]}, {"caption": "😀"}],
        url="https://news.example/a/1?b=c#d",
        language="be-tarask",
        topic="medtop:20000001",
        local_date="2024-02-28",
        utc_offset=180,
    )
    texts = [full, {**full, "title": "Заголовок"}, {**full, "dateline": None, "images": []}]
    lines = [json.dumps(t, ensure_ascii=escaped, separators=separators).encode() for t in texts]
    assert surely_valid(lines, schema) == lines


def test_an_order_is_learned_and_another_after_it():
    schema = of(a={"type": "string"}, b={"type": "string"}, c={"type": "string"})
    made = Lines(schema, Limits())
    first = [b'{"a":"1","b":"2"}', b'{"a":"1","c":"3"}', b'{"c":"3"}', b'{"b":"2"}', b"{}"] * 5
    assert [sure for _, sure in pieces_of(made, first)] == [True]
    second = [b'{"c":"3","b":"2","a":"1"}'] * 20
    assert not any(sure for _, sure in pieces_of(made, second))
    assert made.worthwhile() is False
    assert made.worthwhile() is True
    assert [sure for _, sure in pieces_of(made, second)] == [True]


@pytest.mark.parametrize(
    ("node", "text", "sure"),
    [
        ({"type": "string", "minLength": 2}, '"я"', False),
        ({"type": "string", "minLength": 2}, '"яя"', True),
        ({"type": "string", "maxLength": 2}, '"яяя"', False),
        ({"type": "string", "maxLength": 2}, '"\\ud83d\\ude00a"', True),
        ({"type": "string", "maxLength": 2, "minLength": 3}, '"aa"', False),
        ({"type": "string", "maxLength": 500}, '"a"', True),
        ({"type": "string", "maxLength": 500}, '"' + "a" * 600 + '"', False),
        ({"type": "string", "pattern": r"\S", "minLength": 1}, '"a"', True),
        ({"type": "string", "pattern": r"\S"}, '" \\n\u00a0"', False),
        ({"type": "string", "pattern": r"^[^<]*$"}, '"Минск"', True),
        ({"type": "string", "pattern": r"^[^<]*$"}, '"\\u041c"', True),
        ({"type": "string", "pattern": r"^[^<]*$"}, '"\\u003c"', False),
        ({"type": "string", "enum": ["a", "b"]}, '"b"', True),
        ({"type": "string", "enum": ["a", "b", None]}, "null", False),
        ({"type": ["string", "null"], "enum": ["a", None]}, "null", True),
        ({"enum": [1, True, 2.5]}, "1", True),
        ({"enum": [1, True, 2.5]}, "1.0", False),
        ({"const": False}, "false", True),
        ({"type": "number"}, "-1.5e10", True),
        ({"type": "number"}, "NaN", False),
        ({"type": "number"}, "1e999", False),
        ({"type": "number"}, "123456789012345678901", False),
        ({"type": "integer"}, "1.0", False),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, '["a"]', False),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, '["a", "b"]', True),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 1}, '["a","b"]', False),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 0}, "[]", True),
        ({"type": "array"}, "[1]", True),
        ({"type": "array"}, "[[1]]", False),
        ({"anyOf": [{"type": "string"}, {"type": "integer", "not": {}}]}, '"a"', True),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "null", True),
        (True, '"a"', True),
        (True, '{"a": 1}', False),
        ({}, "null", True),
        ({"$ref": "#/properties/m"}, '"a"', True),
    ],
)  # fmt: skip
def test_what_is_sure_of_one_value(node, text, sure):
    made = of(n=node, m={"type": "string"})
    whole = f'{{"m": "x", "n": {text}}}'.encode()
    assert surely_valid([whole], made) == ([whole] if sure else [])
    if sure:
        assert not check(parse_json(whole)[0], made)


@pytest.mark.parametrize(
    "trick",
    [
        b'{"a": "x", "a": "y"}',
        b'{"a": "x", "\\u0061": "y"}',
        b'{"a": "x"}{"a": "y"}',
        b'{"a": "x"},',
        b'{"a": "x"',
        b'{"a": "x",}',
        b'{,"a": "x"}',
        b'{"a" "x"}',
        b'[{"a": "x"}]',
        b'{"a": "x"} null',
        b'{"a": "\t"}',
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\xc0\xaf"}',
        b'{"a": "\xf4\x90\x80\x80"}',
        b'{"a": "x"}\0',
        b'\xef\xbb\xbf{"a": "x"}',
        b'{"a": "x", "o": {"p": 1, "p": 1}}',
        b"",
        b" ",
        b"null",
    ],
)
def test_no_trick_is_sure(trick):
    made = of(a={"type": "string"}, o={"type": "object", "properties": {"p": {"type": "integer"}}})
    good = [b'{"a": "x"}', b'{"a": "x", "o": {"p": 1}}']
    assert surely_valid([*good, trick, *good], made) == [*good, *good]


def test_a_field_that_is_not_declared_is_sure_where_it_may_be_and_holds_no_keys(schema):
    rng = random.Random(1)
    odd = [line(record(rng, odd=1), rng), line(record(rng, odd="a"), rng)]
    deep = [line(record(rng, odd={"a": 1}), rng), line(record(rng, odd=[1]), rng)]
    assert surely_valid([*odd, *deep], schema) == odd
    made = parse_schema(
        {"type": "object", "properties": {"a": {}}, "additionalProperties": False}, "made"
    )
    assert surely_valid([b'{"a": 1}', b'{"b": 1}', b'{"a": 1, "b": 1}'], made) == [b'{"a": 1}']


def test_limits_hold(schema):
    rng = random.Random(5)
    lines = [line(record(rng, text="x" * 3000, images=[{"photographer": ["A"]}]), rng)]
    assert surely_valid(lines, schema, line=len(lines[0])) == lines
    assert not surely_valid(lines, schema, line=len(lines[0]) - 1)
    assert not surely_valid(lines, schema, depth=3)
    assert surely_valid(lines, schema, depth=4)


def test_schemas_that_refer_to_themselves_end():
    for node in (
        {"anyOf": [{"$ref": "#/properties/a"}, {"$ref": "#/properties/a"}, {"type": "null"}]},
        {"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}},
    ):
        layout = Layout()
        layout.learn({"a": {"a": {"a": {}}}})
        start = time.perf_counter()
        expression_of({"type": "object", "properties": {"a": node}}, layout, 200, 10**6)
        assert time.perf_counter() - start < 5


def test_of_many_keys_that_may_all_be_missing_the_most_frequent_is_there():
    schema = of(**{key: {"type": "integer"} for key in "abcdefgh"})
    lines = [b'{"%c": 1, "h": 2}' % key for key in b"abcdefg"]
    assert surely_valid([*lines, b'{"a": 1}', b'{"h": 1}'], schema) == [*lines, b'{"h": 1}']


def test_many_keys_are_not_learned_for_ever():
    layout = Layout()
    for n in range(2000):
        layout.learn({f"k{n}": n, "again": [[[n]]]})
    assert len(layout.keys) <= 300


# -- any schema, any text -----------------------------------------------------------------------


def judged_wrongly(seed: int) -> tuple[Counter[str], list[Any]]:
    """What became of some lines by a random schema, and those that are sure and must not be."""
    maker = Maker(seed)
    document = maker.document()
    schema = parse_schema(document, "made")
    told: Counter[str] = Counter()
    made = Lines(schema, Limits())
    wrong = []
    for _ in range(8):
        lines = []
        for _ in range(maker.random.randrange(1, 12)):
            text = maker.write(maker.members(document, document)).encode("utf-8", "surrogatepass")
            if maker.maybe(0.02):
                at = maker.random.randrange(len(text))
                text = text[:at] + bytes([maker.random.randrange(256)]) + text[at + 1 :]
            lines += text.split(b"\n")
        for piece, sure in pieces_of(made, lines):
            told["sure" if sure else "doubtful"] += len(piece)
            for one in piece if sure else ():
                value, faults = parse_json(one.strip(b" \t\r"))
                faults = faults or check(value, schema)
                if faults:
                    wrong.append((seed, document, one, faults))
    return told, wrong


def test_what_is_sure_is_valid_whatever_the_schema():
    end = time.monotonic() + MINUTES * 60
    told: Counter[str] = Counter()
    seed = 0
    while seed < 300 or time.monotonic() < end:
        found, wrong = judged_wrongly(seed)
        assert not wrong, wrong[0]
        told += found
        seed += 1
    assert told["sure"] > 12 * seed
    assert told["doubtful"] > 5 * seed
    print(f"{seed} schemas, {dict(told)}")


# -- whole files --------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [10**6, 90])
@pytest.mark.parametrize("seed", range(2))
def test_expressions_give_the_same_bytes_as_line_by_line(monkeypatch, tmp_path, seed, part):
    monkeypatch.setattr(chunks, "CHUNK", 100_000)
    monkeypatch.setattr(parts, "PART", part)
    rng = random.Random(seed)
    content, _ = mixed(seed, 90)
    rows = [line(record(rng, **({"odd": 1} if n == 9 else {})), rng) for n in range(600)]
    rows[300] = line(record(rng, title=" "), rng)
    rows[301] = b"  " + rows[301] + b" \t"
    rows[302] += b" \r"
    turned = [json.dumps(dict(reversed(json.loads(row).items()))).encode() for row in rows[:200]]
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\n".join([*rows, content, *turned, *rows]))
    told: Counter[bool] = Counter()
    real = Lines.pieces

    def counted(self: Lines, data: bytes) -> Any:
        for piece in real(self, data):
            told[piece[2]] += data.count(b"\n", *piece[:2])
            yield piece

    monkeypatch.setattr(Lines, "pieces", counted)
    for name in ("FIRST", "FIRST_LINES"):
        monkeypatch.setattr(judging, name, 10**9)
    expected = all_outputs(path)
    assert not told
    everything_at_once(monkeypatch)
    assert all_outputs(path) == expected
    assert told[True] > 400
    assert told[False] > 30


def test_real_processes_give_the_same_bytes_as_line_by_line(monkeypatch, tmp_path):
    path = large_file(tmp_path / "in.jsonl", 20_000_000)

    def outputs(workers: int) -> list[Any]:
        streams = io.BytesIO(), io.BytesIO()
        targets = Targets(lines=streams[0], rejects=streams[1])
        summary = validate_files(str(path), targets, Options(None, workers, Limits(line=300_000)))
        return [summary, *(stream.getvalue() for stream in streams)]

    made = [outputs(workers) for workers in (1, 2, 3)]
    for name in ("FIRST", "FIRST_LINES"):
        monkeypatch.setattr(judging, name, 10**12)
    assert made == [outputs(1)] * 3


def test_a_file_that_no_expression_matches_is_not_asked_about_again_and_again(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(chunks, "CHUNK", 20_000)
    everything_at_once(monkeypatch)
    rng = random.Random(7)
    path = tmp_path / "in.jsonl"
    # Two spaces after a colon are not looked for.
    path.write_bytes(
        b"".join(json.dumps(record(rng), separators=(",", ":  ")).encode() + b"\n"
                 for _ in range(3000))
    )  # fmt: skip
    asked = []
    real = Lines.pieces
    monkeypatch.setattr(Lines, "pieces", lambda self, data: asked.append(1) or real(self, data))
    summary = validate_files(str(path), Targets(), Options(None, 1))
    assert summary["valid"] == 3000
    assert 1 < len(asked) < path.stat().st_size // 20_000 / 3


def test_hostile_lines_cost_no_more_than_their_length(schema):
    rng = random.Random(8)
    good = [line(record(rng, text="слово " * 3000), rng) for _ in range(100)]
    made = Lines(schema, Limits())
    pieces_of(made, good)
    torn = [text[:-2] + b'","x' for text in good]  # all is read before the end tells
    spent = []
    for lines in (good, torn):
        start = time.process_time()
        for _ in range(5):
            list(made._pieces(b"".join(one + b"\n" for one in lines)))
        spent.append(time.process_time() - start)
    assert spent[1] < 5 * spent[0] + 0.1


def test_a_pattern_of_many_states_is_matched_in_bounded_time():
    made = of(a={"type": "string", "pattern": "a[ab]{15}$"})
    lines = Lines(made, Limits())
    rng = random.Random(9)
    texts = [
        b'{"a":"%s"}' % "".join(rng.choices("ab", k=5000)).encode() for _ in range(40)
    ]  # fmt: skip
    start = time.process_time()
    found = [one for piece, sure in pieces_of(lines, texts) if sure for one in piece]
    assert time.process_time() - start < 10
    assert all(not check(json.loads(text), made) for text in found)


def test_paths_stay_as_they_are(tmp_path: Path, monkeypatch):
    # Rejects after lines that were told at once have true lines and offsets.
    everything_at_once(monkeypatch)
    rng = random.Random(3)
    rows = [line(record(rng), rng) for _ in range(50)]
    rows[20] = b'{"id": 5}'
    rows[40] = b"{"
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\n".join(rows) + b"\n")
    rejects = io.BytesIO()
    validate_files(str(path), Targets(rejects=rejects), Options(None, 1))
    told = [json.loads(one) for one in rejects.getvalue().splitlines()]
    assert [one["line"] for one in told] == [21, 41]
    data = path.read_bytes()
    for one in told:
        assert data[one["offset"] : one["offset"] + one["length"]] == one["raw"].encode()
