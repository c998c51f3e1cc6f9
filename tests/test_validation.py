"""Promises of validation. All sample records are invented."""

from __future__ import annotations

import json
import random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdata.limits import Limits
from newsdata.records import Page, Place, empty_record
from newsdata.reference import second_opinion
from newsdata.schema import parse_schema
from newsdata.sources.documents import article_schema
from newsdata.validation import MOST_FAULTS, check, parse_json, validate_record

GOOD = {"id": "x:1", "title": "Мост открыт", "text": "По мосту пошли трамваи."}

# (the JSON text, the code it is rejected with, what the message must name)
BAD_TEXTS = [
    (b"", "not-json", "found nothing"),
    (b" ", "not-json", "found nothing"),
    (b'{"a": 1', "not-json", "byte 7"),
    (b'{"a": 1}}', "not-json", "byte 8"),
    (b'{"a": "x', "not-json", "byte 6"),
    (b"{'a': 1}", "not-json", "byte 1"),
    (b'{"a": 01}', "not-json", "byte 7"),
    (b'{"a": .5}', "not-json", "byte 6"),
    (b'{"a": "x\ty"}', "not-json", "byte 8"),
    (b'{"a": \x00}', "not-json", "byte 6"),
    (b'{"a": "\x00"}', "not-json", "byte 7"),
    (b'{"a": "\\x41"}', "not-json", "byte"),
    ('{"я": "'.encode() + b'\xff"}', "invalid-utf8", "ff at byte 8"),
    (b'{"a": "\xed\xa0\x80"}', "invalid-utf8", "ed at byte 7"),
    (b'{"a": "\xc0\xaf"}', "invalid-utf8", "byte 7"),
    (b'\xef\xbb\xbf{"a": 1}', "bom-inside", "byte 0"),
    (b'{"a": \xef\xbb\xbf1}', "bom-inside", "byte 6"),
    ('{"я": NaN}'.encode(), "not-finite", "NaN at byte 7"),
    (b'{"a": Infinity}', "not-finite", "Infinity at byte 6"),
    (b'{"a": [-Infinity]}', "not-finite", "-Infinity at byte 7"),
    (b'{"a": "\\ud800"}', "lone-surrogate", "byte 7"),
    (b'{"a": "\\ud83d \\ude00"}', "lone-surrogate", "byte 7"),
    (b'{"a": "\\ude00\\ud83d"}', "lone-surrogate", "byte 7"),
    (b'{"a": "\\ud83d\\ude00\\udc00"}', "lone-surrogate", "byte 19"),
    (b'{"a": 1, "a": 2}', "duplicate-key", "'a' again at byte 9"),
    (b'{"a":1,"a":1}', "duplicate-key", "byte 7"),
    (b'{"a": 1, "\\u0061": 2}', "duplicate-key", "byte 9"),
    (b'{"t": "\\":", "b": {"c" : 1,"c"\n:2}}', "duplicate-key", "'c'"),
    (b'{"a": 1e999}', "number-too-large", "1.8e308"),
    (b'{"a": ' + b"9" * 5000 + b"}", "number-too-large", "4300"),
    (b"[" * 100_000, "too-deep", "100000 levels"),
    (b"[" * 100_000 + b"]" * 100_000, "too-deep", "200 allowed"),
    (b'{"a":' * 300 + b"1" + b"}" * 300, "too-deep", "300 levels"),
    (b"[1]", "not-an-object", "found an array"),
    (b"null", "not-an-object", "found null"),
    (b'"a"', "not-an-object", "found a string"),
    (b"1", "not-an-object", "found a number"),
    (b"true", "not-an-object", "found a boolean"),
]


def page(content: bytes) -> Page:
    return Page(content, "record", Place("a.jsonl", 3, 40, len(content)))


@pytest.mark.parametrize(("content", "code", "message"), BAD_TEXTS)
def test_bad_json_texts_are_rejected_with_their_place(
    content: bytes, code: str, message: str
) -> None:
    record, rejected = validate_record(page(content), article_schema())
    assert record is None
    assert rejected is not None
    assert rejected.code == code
    assert message in rejected.message
    assert rejected.place.line == 3
    assert rejected.raw == content[:1_000_000]


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        ({"title": "T", "text": "x"}, "missing-field", "/id"),
        ({**GOOD, "title": ""}, "empty-title", "/title"),
        ({**GOOD, "title": " \n"}, "empty-title", "/title"),
        ({**GOOD, "text": None}, "empty-text", "/text"),
        ({"id": "a", "title": "T"}, "empty-text", "/text"),
        ({**GOOD, "author": "И. Иванов"}, "wrong-type", "/author"),
        ({**GOOD, "author": ["a", 1]}, "wrong-type", "/author/1"),
        ({**GOOD, "timestamp": "2023-06-19T12:54:00"}, "bad-format", "/timestamp"),
        ({**GOOD, "timestamp": "2023-02-30T12:54:00Z"}, "bad-format", "/timestamp"),
        ({**GOOD, "status": "gone"}, "bad-value", "/status"),
        ({**GOOD, "dateline": {"raw": "М", "x": 1}}, "unknown-field", "/dateline"),
    ],
)
def test_bad_records_are_rejected_with_a_pointer(value: Any, code: str, pointer: str) -> None:
    content = json.dumps(value, ensure_ascii=False).encode()
    record, rejected = validate_record(page(content), article_schema())
    assert record is None
    assert rejected is not None
    assert (rejected.faults[0].code, rejected.faults[0].pointer) == (code, pointer)


def test_good_records_pass_as_they_are() -> None:
    for value in (GOOD, empty_record(**GOOD), {**GOOD, "more": {"nested": [1, 2.5, None]}}):
        for content in (orjson.dumps(value), json.dumps(value, indent=1).encode()):
            record, rejected = validate_record(page(content), article_schema())
            assert rejected is None
            assert record == value


@pytest.mark.parametrize(
    "number", [2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**400, -(10**30)]
)
def test_integers_stay_exact(number: int) -> None:
    value, faults = parse_json(b'{"n": %d, "m": [1.5]}' % number)
    assert not faults
    assert value == {"n": number, "m": [1.5]}
    assert type(value["n"]) is int


def test_a_nul_escape_and_an_inner_bom_are_json() -> None:
    assert parse_json(b'{"a": "\\u0000\xef\xbb\xbf"}') == ({"a": "\0\ufeff"}, ())


def test_every_fault_is_listed_up_to_a_bound() -> None:
    record = {**GOOD, "tags": [1] * 1000, "status": "gone"}
    faults = check(record, article_schema())
    assert len(faults) == MOST_FAULTS
    both = check({**GOOD, "tags": [1], "status": "gone"}, article_schema())
    assert {fault.pointer for fault in both} == {"/tags/0", "/status"}


def test_depth_counts_brackets_in_values_only() -> None:
    text = b'{"t": "' + b"[{" * 500 + b'"}'
    assert parse_json(text) == ({"t": "[{" * 500}, ())
    nested = b"[" * 200 + b"]" * 200
    assert not parse_json(nested)[1]
    assert parse_json(b"[" + nested + b"]")[1][0].code == "too-deep"
    assert parse_json(b"[[]]", Limits(depth=1))[1][0].code == "too-deep"


def test_raw_bytes_are_cut_to_the_limit() -> None:
    content = b'{"a": "' + b"x" * 200_000
    _, rejected = validate_record(page(content), article_schema(), Limits(raw=100_000))
    assert rejected is not None
    assert rejected.truncated
    assert content.startswith(rejected.raw)
    assert rejected.sha256 == page(content).sha256


keys = st.sampled_from(["a", "b", "\\u0061", "c:", 'd\\":', " "])
json_texts = st.recursive(
    st.one_of(
        st.integers().map(str),
        st.floats(allow_nan=False).map(lambda f: json.dumps(f).replace("Infinity", "1e999")),
        st.text(max_size=6).map(json.dumps),
        st.sampled_from(['"\\":"', '"{["', "null", "NaN", '"\\ud800"', "1e5", "-0", "2E+400"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.tuples(st.lists(st.tuples(keys, inner), max_size=3), st.sampled_from([":", " : "])).map(
            lambda both: "{" + ",".join(f'"{k}"{both[1]}{v}' for k, v in both[0]) + "}"
        ),
    ),
    max_leaves=10,
)


def strict_reading(text: str) -> tuple[Any, str | None]:
    """A second, slow reading by the standard library: the value, or the first reason."""

    class BadError(Exception):
        pass

    def constant(name: str) -> None:
        raise BadError("not-finite")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(items)) < len(items):
            raise BadError("duplicate-key")
        return dict(items)

    try:
        value = json.loads(text, parse_constant=constant, object_pairs_hook=pairs)
        json.dumps(value, ensure_ascii=False).encode()
        json.dumps(value, allow_nan=False)
    except BadError as error:
        return None, str(error)
    except UnicodeEncodeError:
        return None, "lone-surrogate"
    except ValueError:
        return None, "number-too-large"
    return value, None


@given(json_texts)
@settings(max_examples=500, deadline=None)
def test_agrees_with_a_strict_reading_by_the_standard_library(text: str) -> None:
    value, faults = parse_json(text.encode())
    expected, reason = strict_reading(text)
    if reason is None:
        assert not faults
        assert value == expected
        assert json.dumps(value, sort_keys=True) == json.dumps(expected, sort_keys=True)
    else:
        # A text may be wrong in two ways; then either may be named.
        assert faults
        assert value is None
        assert {fault.code for fault in faults} <= {
            "not-finite", "duplicate-key", "lone-surrogate", "number-too-large",
        }  # fmt: skip


@given(st.binary(max_size=60), st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=2))))
@settings(max_examples=500, deadline=None)
def test_any_bytes_give_a_value_or_faults(junk: bytes, changes: list[tuple[int, bytes]]) -> None:
    content = bytearray(json.dumps({**GOOD, "tags": ["a"], "n": [1.5, {}]}, indent=1).encode())
    for at, new in changes:
        content[at % len(content) : at % len(content) + 1] = new
        content = content or bytearray(b"x")
    for text in (junk, bytes(content)):
        record, rejected = validate_record(page(text), article_schema())
        assert (record is None) != (rejected is None)
        if record is not None:
            assert json.loads(text) == record


def test_a_hostile_text_is_read_in_linear_time() -> None:
    import time

    for text in (b'"' + b'\\"' * 2_000_000, b'{"a":' * 500_000, b'{"a": "' + b"\\u0041" * 500_000):
        start = time.perf_counter()
        assert parse_json(text)[1]
        assert time.perf_counter() - start < 8


# -- the second opinion -----------------------------------------------------------------------


def test_both_validators_agree_on_records_good_and_broken() -> None:
    rng = random.Random(1)
    record = empty_record(**GOOD, url="https://n.example/1", timestamp="2023-06-19T12:54:00+03:00")
    junk = [None, "", 0, -1, 1.5, [], {}, "x", ["", 1], {"raw": ""}, "2023-13-01", True, 10**30]
    records = [record]
    for _ in range(1000):
        changed = dict(record)
        for name in rng.sample(sorted(changed), 2):
            changed[name] = rng.choice(junk)
        records.append(changed)
    assert sum(not check(r, article_schema()) for r in records) > 10
    assert second_opinion(records, article_schema()) == []


# Where both read the standards differently; known and without harm to a release.
KNOWN_DISAGREEMENTS = [
    ("date-time", "1998-12-31T23:59:60Z"),  # a leap second: RFC 3339 has it, datetime does not
    ("date-time", "0000-01-01T00:00:00Z"),  # year 0000: RFC 3339 has it, datetime does not
]


@pytest.mark.parametrize(("form", "value"), KNOWN_DISAGREEMENTS)
def test_known_disagreements_are_reported(form: str, value: str) -> None:
    schema = parse_schema({"properties": {"v": {"type": "string", "format": form}}}, "test")
    (found,) = second_opinion([{"v": value}], schema)
    assert found.index == 0
    assert bool(found.ours) != bool(found.reference)


def test_a_disagreement_shows_what_each_found() -> None:
    schema = parse_schema({"properties": {"v": {"pattern": "^a$"}}}, "test")
    (found,) = second_opinion([{"v": "a"}, {"v": "a\n"}], schema)  # Python's $ and ECMA 262's
    assert found.index == 1
    assert found.ours
    assert not found.reference
