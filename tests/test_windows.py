"""Promises of judging many lines at once, and of making columns straight from text.

Both are short ways: whatever they say must be what the long way says. All records are invented.
"""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from typing import Any

import orjson
import pyarrow as pa
import pytest
from bad_inputs import BAD, GOOD, line, mixed, record
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdata.checks import judging, parts, walk, windows
from newsdata.checks.columns import Columns, read_columns
from newsdata.checks.files import Options, Targets, validate_files
from newsdata.checks.windows import Wanted, sure
from newsdata.ledger import fit_records
from newsdata.limits import Limits
from newsdata.records import empty_record
from newsdata.schema import parse_schema
from newsdata.sources import chunks
from newsdata.validation import check, parse_json

ANY = parse_schema({"type": "object"}, "any object")


def sure_alone(lines: list[bytes], schema: Any = ANY, **limits: int) -> list[bool]:
    """Whether each line is certain, in a window with the others but a group of its own."""
    wanted = Wanted(schema.validator.is_valid, Limits(**limits))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "GROUP", 1)
        return [bool(g) for g in sure(lines, b"\n".join(lines) + b"\n", wanted)]


@pytest.mark.parametrize("kind", BAD)
def test_no_bad_kind_is_certain(kind, schema):
    for seed in range(5):
        rng = random.Random(seed)
        lines = [line(record(rng), rng), BAD[kind](rng), line(record(rng), rng)]
        assert not sure_alone(lines, schema, line=300_000)[1]


#: Good ones that cannot be told from bad ones by counting, or that keep a window from it.
DOUBTFUL = {"escaped-key-and-colon", "long-integer", "largest-unsigned", "long-digits-in-text"}


@pytest.mark.parametrize("kind", sorted({*GOOD} - DOUBTFUL))
def test_good_kinds_are_certain(kind, schema):
    rng = random.Random(1)
    assert sure_alone([GOOD[kind](rng) for _ in range(20)], schema) == [True] * 20


def test_a_bad_line_does_not_hide_behind_good_ones(schema):
    # Each of the others in its window and its group is good, and the sums must still tell.
    for kind in ("doubled-key", "doubled-key-inside", "doubled-key-spaced"):
        for seed in range(30):
            rng = random.Random(seed)
            lines = [line(record(rng, more={"a": ":" * seed}), rng) for _ in range(40)]
            at = rng.randrange(40)
            lines[at] = BAD[kind](rng)
            groups = sure(lines, b"\n".join(lines), Wanted(schema.validator.is_valid, Limits()))
            assert groups[at // windows.GROUP] is None
            assert sum(group is None for group in groups) == 1


keys = st.sampled_from(
    ["a", "b", "\\u0061", "c:", 'd\\":', " ", "\\u003a", "\\u003A", "\\\\u003a"]
)
inner_texts = st.recursive(
    st.one_of(
        st.integers().map(str),
        st.floats(allow_nan=False).map(lambda f: json.dumps(f).replace("Infinity", "1e999")),
        st.text(max_size=6).map(json.dumps),
        st.sampled_from(['"\\":"', '"\\u003a"', '"::"', "null", "NaN", '"\\ud800"', "-0"]),
        st.integers(15, 25).map(lambda n: "7" * n),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.lists(st.tuples(keys, inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f'"{k}" : {v}' for k, v in pairs) + "}"
        ),
    ),
    max_leaves=8,
)


@given(st.lists(st.lists(st.tuples(keys, inner_texts), max_size=4), min_size=1, max_size=4))
@settings(max_examples=400, deadline=None)
def test_what_is_certain_is_what_a_careful_reading_accepts(objects: Any) -> None:
    lines = [
        ("{" + ", ".join(f'"{k}": {v}' for k, v in pairs) + "}").encode() for pairs in objects
    ]
    for text, certain in zip(lines, sure_alone(lines), strict=True):
        if certain:
            value, faults = parse_json(text)
            assert not faults
            assert value == orjson.loads(text)
    quiet = [t for t in lines if b"\\u003" not in t and b"7777777" not in t]
    for text, certain in zip(quiet, sure_alone(quiet) if quiet else [], strict=True):
        if not windows.has_long_digits(b"\n".join(quiet)):
            assert certain == (not parse_json(text)[1])


@pytest.mark.parametrize("digits", range(15, 24))
def test_every_run_of_nineteen_digits_is_seen(digits):
    for shift in range(9):
        text = b'{"a":"%s","n":%s}' % (b"x" * shift, b"8" * digits)
        assert sure_alone([text]) == [digits < 19]


def test_depth_is_that_of_the_limit():
    for depth in (1, 5, 200, 250):
        inner = b"[" * (depth - 1) + b"]" * (depth - 1) if depth > 1 else b"1"
        deeper = b'{"a":[' + inner + b"]}"
        assert sure_alone([b'{"a":' + inner + b"}", deeper], depth=depth) == [True, False]


# -- whole files --------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [10**6, 90])
@pytest.mark.parametrize("seed", range(3))
def test_many_at_once_give_the_same_bytes_as_one_by_one(monkeypatch, tmp_path, seed, part):
    monkeypatch.setattr(chunks, "CHUNK", 200_000)
    monkeypatch.setattr(parts, "PART", part)
    monkeypatch.setattr(walk, "WINDOW", 300)
    rng = random.Random(seed)
    content, _ = mixed(seed, 300)
    rows = [line(record(rng, **({"odd": 1} if n % 50 == 9 else {})), rng) for n in range(1500)]
    rows[700] = line(record(rng, timestamp="1998-12-31T23:59:60Z"), rng)
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\n".join([*rows, content, *rows]))
    made = []
    ways = []
    real = walk.sure
    for first in (10**9, -1):
        monkeypatch.setattr(judging, "FIRST", first)
        monkeypatch.setattr(judging, "FIRST_LINES", 10**9)
        monkeypatch.setattr(walk, "LEAST", 0)
        monkeypatch.setattr(walk, "sure", lambda *a, first=first: ways.append(first) or real(*a))
        for columns in (True, False):
            streams = [io.BytesIO() if columns or n != 1 else None for n in range(3)]
            options = Options(None, 1, Limits(line=300_000))
            summary = validate_files(str(path), Targets(*streams), options)
            made.append([summary, *(s and s.getvalue() for s in streams)])
    assert made[:2] == made[2:]
    assert set(ways) == {-1}


# -- columns ------------------------------------------------------------------------------------

WIDE = parse_schema(
    {
        "type": "object",
        "properties": {
            "text": {"type": ["string", "null"]},
            "small": {"type": "integer", "minimum": 0, "maximum": 100},
            "whole": {"type": ["integer", "null"]},
            "real": {"type": ["number", "null"]},
            "yes": {"type": ["boolean", "null"]},
            "at": {"type": ["string", "null"], "format": "date-time"},
            "day": {"type": ["string", "null"], "format": "date"},
            "open": {"type": ["object", "null"]},
            "list": {"type": ["array", "null"], "items": {"type": ["string", "null"]}},
            "times": {"type": "array", "items": {"type": "string", "format": "date-time"}},
            "inner": {
                "type": ["object", "null"],
                "properties": {
                    "at": {"type": ["string", "null"], "format": "date-time"},
                    "list": {"type": ["array", "null"], "items": {"type": "integer"}},
                    "text": {"type": "string"},
                },
            },
            "rows": {
                "type": ["array", "null"],
                "items": {
                    "type": ["object", "null"],
                    "properties": {
                        "text": {"type": ["string", "null"]},
                        "real": {"type": "number"},
                        "list": {"type": "array", "items": {"type": "string"}},
                        "day": {"type": ["string", "null"], "format": "date"},
                    },
                },
            },
        },
    },
    "wide",
)
texts = st.text(max_size=5) | st.sampled_from(["", "\0", "\ufeff", "😀", "\u2028", '"', "null"])
times = st.builds(
    "{}-{}T{}{}{}".format,
    st.sampled_from(["2024-02-29", "0001-01-01", "9999-12-31", "1969-12-31", "0000-05-05"]),
    st.sampled_from(["23:59:60", "00:00:00", "12"]) | st.just("06:07:08"),
    st.just(""),
    st.sampled_from(["", ".5", ".250", ".000001", ".1234567", ".000000"]),
    st.sampled_from(["Z", "z", "+03:00", "-00:00", "-23:59", "+14:00", ""]),
) | st.sampled_from(["2024-02-29t06:07:08Z", "2024-02-29 06:07:08Z"])
days = st.sampled_from(["2024-02-29", "1970-01-01", "0001-01-01", "9999-12-31", "0000-01-01"])
wholes = st.integers(-3, 101) | st.sampled_from([2**31, 2**53, 2**53 + 1, -(2**63), 2**63, 10**25])
reals = (
    wholes | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([5.0, -0.0, 1e22])
)
plain = {
    "text": texts | st.none(),
    "small": st.integers(0, 100) | st.just(7.0),
    "whole": wholes | st.none(),
    "real": reals | st.none(),
    "yes": st.booleans() | st.none(),
    "at": times | st.none(),
    "day": days | st.none(),
    "open": st.none() | st.dictionaries(texts, wholes, max_size=2),
    "list": st.none() | st.lists(texts | st.none(), max_size=3),
    "times": st.lists(times, max_size=2),
    "inner": st.none()
    | st.fixed_dictionaries(
        {},
        optional={
            "at": times | st.none(),
            "list": st.none() | st.lists(wholes, max_size=2),
            "text": texts,
            "odd": reals,
        },
    ),
    "rows": st.none()
    | st.lists(
        st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "text": texts | st.none(),
                "real": reals,
                "list": st.lists(texts, max_size=2),
                "day": days | st.none(),
            },
        ),
        max_size=3,
    ),
    "more": reals | st.lists(texts, max_size=2),
}
rows_of_all = st.fixed_dictionaries({}, optional=plain)


def the_long_way(contents: list[bytes], schema: Any) -> tuple[pa.RecordBatch, dict[int, Any]]:
    records = [parse_json(content)[0] for content in contents]
    fitted, misfits = fit_records([schema.canonical(r) for r in records], schema)
    return pa.RecordBatch.from_struct_array(fitted), misfits


@given(st.lists(rows_of_all, min_size=1, max_size=4), st.booleans(), st.booleans())
@settings(max_examples=600, deadline=None)
def test_columns_from_text_are_those_of_the_canonical_records(
    rows: list[dict[str, Any]], escaped: bool, spaced: bool
) -> None:
    contents = [
        json.dumps(r, ensure_ascii=escaped, indent=1 if spaced else None).encode() for r in rows
    ]
    contents = [c for c in contents if not check(parse_json(c)[0], WIDE)]
    if contents:
        batch = read_columns(contents, WIDE)
        if batch is not None:
            expected, misfits = the_long_way(contents, WIDE)
            assert not misfits
            assert batch.equals(expected)
            assert batch.schema.equals(expected.schema)


@pytest.mark.parametrize(
    ("row", "short"),
    [
        ({"text": "a", "whole": 2**63 - 1, "real": 0.1, "yes": True, "list": []}, True),
        ({"at": "2024-02-29T06:07:08.123456+03:00", "day": "2024-02-29"}, True),
        ({"inner": {"at": None, "list": None}, "rows": [None, {}, {"text": "\0"}]}, True),
        ({"real": 2**53 - 1}, True),
        ({"real": 2**53 + 1}, False),
        ({"rows": [{"real": -(2**53) - 1}]}, False),
        ({"small": 7.0}, False),
        ({"whole": 2**63}, False),
        ({"open": {"a": 1}}, False),
        ({"at": "1998-12-31T23:59:60Z"}, False),
        ({"at": "0001-01-01T00:00:00+03:00"}, False),
        ({"at": "2024-02-29T06:07:08.1234567Z"}, False),
    ],
)
def test_which_way_a_record_goes(row, short):
    contents = [json.dumps(row).encode()]
    batch = read_columns(contents, WIDE)
    assert (batch is not None) == short
    if batch is not None:
        assert batch.equals(the_long_way(contents, WIDE)[0])


def test_articles_go_the_short_way(schema):
    rng = random.Random(3)
    full = empty_record(**record(rng), dateline={"raw": "MINSK", "places": ["Minsk"]})
    full["images"] = [{"url": "https://n.example/a.jpg", "photographer": ["Ada Fable"]}, {}]
    contents = [line(record(rng), rng) for _ in range(200)] + [line(full, rng)]
    batch = read_columns(contents, schema)
    assert batch is not None
    assert batch.equals(the_long_way(contents, schema)[0])


def test_one_misfit_leaves_the_others(schema):
    rng = random.Random(3)
    columns = Columns(schema, Limits())
    contents = [line(record(rng), rng) for _ in range(20)]
    contents[7] = line(record(rng, timestamp="1998-12-31T23:59:60Z"), rng)
    for number, content in enumerate(contents):
        columns.add(content, number)
    told = list(columns.flush())
    assert [content for content, _, _ in told] == contents
    assert [place for _, place, fault in told if fault] == [7]
    (batch,) = columns.batches
    assert batch.num_rows == 19


def test_reading_columns_loads_no_pandas(tmp_path):
    path, out = tmp_path / "in.jsonl", tmp_path / "out.parquet"
    rng = random.Random(4)
    path.write_bytes(b"".join(line(record(rng), rng) + b"\n" for _ in range(50)))
    code = (
        "import sys\nfrom newsdata.cli import run\n"
        f"assert run(['validate', {str(path)!r}, '-o', {str(out)!r}]) == 0\n"
        "assert 'pandas' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
