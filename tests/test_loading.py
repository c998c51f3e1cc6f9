"""Releases come back the same in every library, in part, as a stream, and from docs/loading.md."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import datasets
import pytest

import newsdata
from newsdata.errors import UsageError
from newsdata.exporters.frames import FORMS
from newsdata.exporters.sealed import read_manifest, read_rows

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TO = ("datasets", *FORMS)


def record(number: int) -> dict[str, Any]:
    """An invented article; every third has a rubric, every fifth is Belarusian."""
    return {
        "id": f"example:{number:03}",
        "source": "news.example",
        "language": "be" if number % 5 == 0 else "en",
        "title": f"Invented headline {number}",
        "text": f"Invented text number {number}, the only one of the kind {number * 7}.",
        "timestamp": f"2023-{1 + number % 4:02}-{1 + number % 28:02}T{number % 24:02}:00:00+03:00",
        "rubric": ("Sport", "Politics")[number % 2] if number % 3 == 0 else None,
        "author": ["Ada Fable"] * (number % 3),
    }


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1.0.0 of 60 articles and some copies, 1.1.0 of 90."""
    place = tmp_path_factory.mktemp("load") / "archive"
    for version, count in (("1.0.0", 60), ("1.1.0", 90)):
        records = [record(n) for n in range(count)]
        records += [{**record(n), "id": f"copy:{n}", "source": "mirror.example"} for n in range(3)]
        lines = "".join(json.dumps(one) + "\n" for one in records)
        (place.parent / "in.jsonl").write_text(lines)
        newsdata.build([str(place.parent / "in.jsonl")], place)
        newsdata.release(version, place)
    return place


@pytest.fixture(scope="module")
def odd(plain: Path) -> Path:
    """Its releases in a folder that looks like a glob and like a partition of a table."""
    copy = plain.parent / "a[1] day=2*"
    shutil.copytree(plain / "releases", copy / "releases")
    return copy


def rows_of(loaded: Any, to: str, streaming: bool, columns: list[str]) -> list[tuple[Any, ...]]:
    """What was loaded as rows of Python values."""
    if to == "datasets":
        rows: list[dict[str, Any]] = list(loaded)
    elif to == "arrow":
        rows = (loaded.read_all() if streaming else loaded).to_pylist()
    elif to == "pandas":
        rows = loaded.to_dict("records")
    elif to == "polars":
        rows = (loaded.collect() if streaming else loaded).to_dicts()
    else:
        rows = loaded.to_arrow_table().to_pylist()
    found = []
    for row in rows:
        assert set(columns) <= set(row)
        values = [row[name] for name in columns]
        values = [v.tolist() if hasattr(v, "tolist") else v for v in values]
        found.append(tuple(None if v != v else v for v in values))
    return found


FILTERS: list[Any] = [
    None,
    [("language", "==", "be")],
    [("rubric", "!=", "Sport")],
    [("timestamp", ">=", "2023-02-10T00:00"), ("timestamp", "<", date(2023, 4, 1))],
    [("rubric", "in", ["Sport", "Chess"])],
    [("rubric", "not in", ["Sport"])],
    [[("rubric", "==", "Sport"), ("language", "==", "be")], [("id", "<=", "example:004")]],
    [("local_date", ">", "2023-04-20")],
    [("utc_offset", "==", 60)],
]
COLUMNS = ["id", "rubric"]


def meets(row: dict[str, Any], filters: Any) -> bool:
    """The conditions by plain Python: the second opinion."""
    if filters is None:
        return True
    groups = filters if isinstance(filters[0], list) else [filters]

    def one(name: str, sign: str, value: Any) -> bool:
        found = row[name]
        if found is None:
            return False
        if isinstance(found, datetime):
            value = datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
        elif isinstance(found, date):
            value = date.fromisoformat(value)
        tests = {
            "==": lambda: found == value, "!=": lambda: found != value,
            "<": lambda: found < value, "<=": lambda: found <= value,
            ">": lambda: found > value, ">=": lambda: found >= value,
            "in": lambda: found in value, "not in": lambda: found not in value,
        }  # fmt: skip
        return tests[sign]()

    return any(all(one(*condition) for condition in group) for group in groups)


@pytest.mark.parametrize("to", TO)
@pytest.mark.parametrize("streaming", [False, True])
def test_every_library_gets_the_same_rows(odd, plain, to, streaming):
    if to == "pandas" and streaming:
        with pytest.raises(UsageError, match="pandas cannot stream"):
            newsdata.load(plain, to=to, streaming=True)
        return
    rows = read_rows(plain / "releases" / "1.1.0").to_pylist()
    for filters in FILTERS:
        expected = [tuple(row[n] for n in COLUMNS) for row in rows if meets(row, filters)]
        for place in (odd, plain):
            loaded = newsdata.load(
                place, to=to, streaming=streaming, filters=filters, columns=COLUMNS
            )
            assert rows_of(loaded, to, streaming, COLUMNS) == expected, (filters, place)
    assert len(expected) == 0 < len(rows)


SLICES = (
    "train[:7]", "train[-5:]", "train[10:20]", "train[:33%]", "train[33%:66%]", "train[-1%:]",
    "train[5:5]", "train[95:]", "train[:500]", "train[:2]+train[-2:]", "train[:3] + train[50:51]",
)  # fmt: skip


@pytest.mark.parametrize("to", TO)
def test_rows_of_a_split_are_those_that_datasets_gives(plain, to):
    place = str(plain / "releases" / "1.1.0")
    whole = datasets.load_dataset(place, split="train")["id"][:]
    for split in SLICES:
        loaded = newsdata.load(plain, split=split, to=to, columns=["id"])
        found = [row[0] for row in rows_of(loaded, to, False, ["id"])]
        if split in ("train[5:5]", "train[95:]"):  # of which datasets alone makes an error
            assert found == []
        elif " " in split:
            assert found == [*whole[:3], *whole[50:51]]
        else:
            assert found == datasets.load_dataset(place, split=split)["id"][:]


@pytest.mark.parametrize("to", TO)
def test_rows_of_a_split_are_of_what_meets_the_conditions(plain, to):
    options = {"filters": [("language", "==", "be")], "columns": ["id"], "to": to}
    every = rows_of(newsdata.load(plain, **options), to, False, ["id"])
    assert len(every) == 18
    for split, kept in (("train[:5]", every[:5]), ("train[50%:]", every[9:]), ("train[20:]", [])):
        loaded = newsdata.load(plain, split=split, **options)
        assert rows_of(loaded, to, False, ["id"]) == kept


@pytest.mark.parametrize("to", TO)
@pytest.mark.parametrize("streaming", [False, True])
def test_nulls_and_nothing_in_a_list_of_values(plain, to, streaming):
    if to == "pandas" and streaming:
        pytest.skip("pandas cannot stream")
    for values, counts in (
        ([None, "Sport"], (15, 15)),
        ([None], (0, 30)),
        ([], (0, 30)),
    ):
        for sign, count in zip(("in", "not in"), counts, strict=True):
            filters = [("rubric", sign, values)]
            loaded = newsdata.load(
                plain, filters=filters, columns=["rubric"], to=to, streaming=streaming
            )
            assert len(rows_of(loaded, to, streaming, ["rubric"])) == count, (sign, values)


@pytest.mark.parametrize("to", TO)
def test_all_columns_and_an_older_version(plain, to):
    rows = read_rows(plain / "releases" / "1.0.0")
    names = [n for n in rows.column_names if n not in ("images", "provenance")]
    if to == "pandas":  # whose integers with nulls are floats
        names = ["id", "title", "text", "timestamp", "author"]
    loaded = newsdata.load(plain, "1.0.0", to=to, split="train")
    assert rows_of(loaded, to, False, names) == [
        tuple(row[n] for n in names) for row in rows.to_pylist()
    ]


@pytest.mark.parametrize("to", TO)
def test_every_config_there_is(plain, to):
    directory = plain / "releases" / "1.1.0"
    for config, about in read_manifest(directory)["configs"].items():
        rows = read_rows(directory, config)
        count, names = sum(part["rows"] for part in about["splits"].values()), rows.column_names
        assert rows.num_rows == count
        loaded = newsdata.load(plain, config=config, to=to)
        assert len(rows_of(loaded, to, False, names)) == count, config
        if to == "datasets":
            stream = newsdata.load(plain, config=config, streaming=True)
            assert len(list(stream)) == count, config


def test_an_interrupted_stream_goes_on_where_it_was(plain):
    whole = newsdata.load(plain)["id"][:]
    for stop in (1, 20, 45, len(whole) - 1):
        stream = newsdata.load(plain, streaming=True, filters=[("id", "!=", "nothing")])
        seen, state = [], {}
        for row in stream:
            seen.append(row["id"])
            if len(seen) == stop:
                state = json.loads(json.dumps(stream.state_dict()))
                break
        again = newsdata.load(plain, streaming=True, filters=[("id", "!=", "nothing")])
        again.load_state_dict(state)
        assert seen + [row["id"] for row in again] == whole


def test_two_archives_with_a_release_of_one_name_are_not_mixed_up(plain, tmp_path):
    (tmp_path / "in.jsonl").write_text(json.dumps(record(500)))
    newsdata.build([str(tmp_path / "in.jsonl")], tmp_path / "archive")
    newsdata.release("1.1.0", tmp_path / "archive")
    two = [str(one / "releases" / "1.1.0") for one in (plain, tmp_path / "archive")]
    for _ in range(2):
        assert [len(newsdata.load(one)) for one in two] == [90, 1]
        assert [len(datasets.load_dataset(one, split="train")) for one in two] == [90, 1]


def test_a_relation_outlives_the_call(plain):
    relation = newsdata.load(plain, to="duckdb")
    assert relation.aggregate("count(*)").fetchall() == [(90,)]
    assert relation.filter("language = 'be'").aggregate("count(*)").fetchall() == [(18,)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"to": "excel"}, "datasets, arrow, pandas, polars, duckdb"),
        ({"filters": [("headline", "==", "x")]}, "unknown column 'headline'"),
        ({"filters": [("id", "=", "x")]}, "expected one of =="),
        ({"filters": ["id == 'x'"]}, "expected .COLUMN, OPERATOR, VALUE."),
        ({"filters": [("id", "in", "x")]}, "expected a list"),
        ({"filters": [("timestamp", ">", "yesterday")]}, "yesterday"),
        ({"filters": [("utc_offset", ">", "x")]}, "utc_offset"),
        ({"filters": [("author", "==", "Ada Fable")]}, "cannot be compared"),
        ({"to": "arrow", "split": "train[:5]", "streaming": True}, "take.. and skip.."),
        ({"split": "train[:5]", "streaming": True}, "take.. and skip.."),
        ({"split": "train[5]"}, "train.:100."),
        ({"to": "pandas", "split": "train[:101%]"}, "percents from 0 to 100"),
        ({"split": "train[1:5%]"}, "expected rows, or percents"),
        ({"split": "tran[:5]"}, "unknown split 'tran'; this release has train"),
        ({"filters": [[("id", "==", "x")], []]}, "an empty list"),
        ({"filters": [("local_date", ">", datetime(2023, 1, 1, tzinfo=UTC))]}, "expected a day"),
        ({"to": "duckdb", "columns": []}, "expected a list of names"),
        ({"columns": "id"}, "expected a list of names"),
        ({"to": "polars", "columns": ["id", "id"]}, "each once"),
        ({"to": "duckdb", "split": "test"}, "unknown split 'test'"),
        ({"to": "polars", "columns": ["headline"]}, "unknown column"),
        ({"to": "arrow", "config": "nonsense"}, "unknown config"),
    ],
)
def test_what_cannot_be_loaded_is_said_with_what_can(plain, options, words):
    with pytest.raises(UsageError, match=words):
        newsdata.load(plain, **options)


# -- the documentation ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    newsdata.build([str(ROOT / "data/pages"), str(ROOT / "data/records")], folder / "my-archive")
    newsdata.release("1.0.0", folder / "my-archive")
    return folder


EXAMPLES = BLOCK.findall((ROOT / "docs" / "loading.md").read_text("utf-8"))


def test_the_page_has_its_examples():
    assert sum("torch" in code for code in EXAMPLES) == 1
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize("code", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_of_the_page_work(tutorial, monkeypatch, code):
    for name in ("torch", "polars", "duckdb"):
        if name in code:
            pytest.importorskip(
                name, reason=f"the example needs {name}, no dependency of newsdata"
            )
    monkeypatch.chdir(tutorial)
    exec(compile(code, "docs/loading.md", "exec"), {"__name__": "example"})


def test_little_is_loaded_to_load_a_release() -> None:
    code = "import sys, newsdata.exporters.loading; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "newsdata.exporters.sealed" in loaded
    dear = {"pyarrow", "numpy", "newsdata.schema", "newsdata.exporters.card", "jsonschema_rs"}
    assert not loaded & dear
