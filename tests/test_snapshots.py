"""What a release is planned from: small columns of all rows, in few bytes, and some rows' more."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import newsdata
from newsdata import columns, states
from newsdata.archive import Archive
from newsdata.archive.gather import Ledger
from newsdata.cli import run
from newsdata.columns import (
    among,
    dictionary_of,
    digits_of,
    each,
    encoded,
    packed,
    plain,
    unpacked,
)
from newsdata.errors import ArchiveError
from newsdata.exporters.sealed import read_rows
from newsdata.reports import final_counts
from newsdata.settings import Settings
from newsdata.snapshots import snapshot

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


# Invented records.
def record(number: int, **more: Any) -> dict[str, Any]:
    words = random.Random(number)
    return {
        "id": f"demo:{number}",
        "title": f"Title {number}",
        "text": " ".join(f"w{words.randrange(10**9)}" for _ in range(30)),
        "timestamp": f"2024-01-01T00:00:{number % 60:02}Z",
        "source": "demo.example",
        "language": "en",
        **more,
    }


@pytest.fixture
def archive(tmp_path, schema):
    return Archive.create(tmp_path / "archive", Settings(), schema)


def put(archive, *batches):
    return archive.append(lambda: list(batches), NOON)


def ledger(archive) -> Ledger:
    return archive.row_groups(lambda table: table)


# -- columns in few bytes -----------------------------------------------------------------------


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=20), st.integers(0, 5))
def test_digests_packed_and_unpacked_are_the_same(digests, cut):
    texts = [one.hex() for one in digests]
    column = pa.chunked_array([pa.array(["0" * 32, *texts[:cut]]).slice(1), texts[cut:]])
    small = packed(column)
    assert small.to_pylist() == digests
    assert unpacked(small).to_pylist() == texts
    some = small.slice(1)
    assert digits_of(some, 0, len(some)).decode() == "".join(texts[1:])


@pytest.mark.parametrize("wrong", ["0" * 31, "0" * 33, "g" * 32, "", None])
def test_what_is_no_digest_is_a_damaged_ledger(wrong):
    with pytest.raises(ArchiveError, match="the ledger is damaged"):
        packed(pa.chunked_array([["0" * 32, wrong]]))


@given(
    st.lists(st.lists(st.text(max_size=3) | st.sampled_from("ab"), max_size=8), max_size=4),
    st.sampled_from([1, 5, 1 << 20]),
    st.booleans(),
)
def test_texts_stand_once_as_they_first_appear(parts, at_once, one_hash):
    rows = [value for part in parts for value in part]
    texts = pa.chunked_array([pa.array(["x", *part]).slice(1) for part in parts], pa.string())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("newsdata.columns.HASHED", at_once)
        if one_hash:  # all are doubtful then
            patch.setattr(
                "newsdata.columns._hashes", lambda column: np.zeros(len(column), np.uint64)
            )
        found = encoded(texts)
    assert found.to_pylist() == rows
    assert found.dictionary.to_pylist() == list(dict.fromkeys(rows))


def test_few_of_many_ids_have_hashes_of_others():
    """Else a dictionary would be made of all of them, which costs several times their bytes."""
    ids = [f"demo.example:{n}" for n in range(100_000)] + ["a", "b", "", "ab", "ba"]
    assert len(np.unique(columns._hashes(pa.chunked_array([ids])))) == len(ids)


@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=6), max_size=4))
def test_a_dictionary_of_several_tells_of_each_row(parts):
    rows = [value for part in parts for value in part]
    texts = pa.chunked_array([pa.array(part, pa.string()) for part in parts], pa.string())
    alone = [pa.array(part, pa.string()).dictionary_encode() for part in parts]
    kind = pa.dictionary(pa.int32(), pa.string())
    # One dictionary for all chunks, or each chunk with its own.
    for column in (pa.chunked_array([encoded(texts)]), pa.chunked_array(alone, kind)):
        values, numbers = dictionary_of(column)
        assert [values[n].as_py() for n in numbers] == rows
        assert plain(column).to_pylist() == rows
        assert among(column, pa.array(["b", "d"])).to_pylist() == [v in "bd" for v in rows]
    assert each(texts, lambda one: one).to_pylist() == rows


# -- the ledger ---------------------------------------------------------------------------------


def says(archive, name):
    table = pa.concat_tables(ledger(archive).overview(["id"], [name], [name]))
    rows = table.filter(table.column("id").is_valid()).to_pylist()
    return {row["id"]: (row[f"record.{name}"], row[f"says.{name}"]) for row in rows}


@pytest.mark.parametrize("name", ["title", "rubric", "author", "timestamp", "rights", "modified"])
def test_whether_a_field_says_something_is_told_as_by_its_values(archive, rows_of, name):
    full = {
        "rubric": "Sport",
        "author": ["Ada Fable"],
        "rights": {"license": "cc-by-4.0"},
        "modified": "2024-01-02T00:00:00Z",
    }
    full = {key: value for key, value in full.items() if key == name}
    put(archive, rows_of([record(n, **full) for n in range(5)]))
    empty: dict[str, Any] = {"title": "", "author": [], "rubric": ""}
    put(archive, rows_of([record(n, **full) for n in range(5, 8)] + [record(8)]))
    lacking = record(9, **full)
    lacking[name] = empty.get(name)
    put(archive, rows_of([lacking]))
    found = says(archive, name)
    assert len(found) == 10
    for id_, (value, told) in found.items():
        assert told == (value not in (None, "", [])), (id_, value, told)
    assert not found["demo:9"][1]
    assert found["demo:0"][1]


def test_what_statistics_tell_is_not_read(archive, rows_of, monkeypatch):
    put(archive, rows_of([record(n) for n in range(5)]))
    read = []
    original = pq.ParquetFile.read_row_groups

    def watched(self, groups, columns, **options):
        read.append(columns)
        return original(self, groups, columns, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", watched)
    assert all(told for _, told in says(archive, "language").values())
    read.clear()
    table = pa.concat_tables(ledger(archive).overview(["id"], (), ["language", "rubric"]))
    assert ["record.language"] not in read
    assert ["record.rubric"] in read  # it is null everywhere: only its values tell
    told = table.filter(table.column("id").is_valid())
    assert told.column("says.language").to_pylist() == [True] * 5
    assert told.column("says.rubric").to_pylist() == [False] * 5


def test_a_file_without_statistics_is_read(archive, rows_of):
    put(archive, rows_of([record(1), record(2, title="")]))
    (name,) = (archive.path / "ledger").glob("*.parquet")
    pq.write_table(pq.read_table(name), name, write_statistics=False)
    assert says(archive, "title") == {"demo:1": ("Title 1", True), "demo:2": ("", False)}


def test_some_rows_are_read_in_the_order_they_are_asked_for(archive, rows_of, monkeypatch):
    monkeypatch.setattr("newsdata.archive.writing.GROUP_BYTES", 1)
    monkeypatch.setattr("newsdata.archive.gather.PORTION_ROWS", 2)
    for start in (0, 7, 9):
        put(archive, *(rows_of([record(n)]) for n in range(start, start + 7)))
    seen = ledger(archive)
    everything = pa.concat_tables(seen.overview(["id", "length"], ["title"]))
    assert everything.num_rows == 16 + 3  # with the rows of the batches
    for wanted in ([], [3], [18, 0, 5, 5, 1], list(range(19))[::-1]):
        found = seen.some(np.array(wanted, np.int64), ["id", "length"], ["title"])
        assert found.to_pylist() == [everything.slice(n, 1).to_pylist()[0] for n in wanted]


# -- the state ----------------------------------------------------------------------------------

EVENTS = st.lists(
    st.tuples(st.sampled_from(["article", "withheld", "revision"]), st.integers(0, 4)),
    min_size=1,
    max_size=12,
)


@given(EVENTS, st.randoms(use_true_random=False))
def test_ids_in_a_dictionary_have_the_same_state(events, rng):
    """Also where an id first stands in a row that tells no state."""
    order = list(range(len(events)))
    rng.shuffle(order)
    rows = pa.table(
        {
            "batch": pa.array([1] * len(events)),
            "row": pa.array(order),
            "outcome": [outcome for outcome, _ in events],
            "id": pa.array([f"demo:{number}" for _, number in events]),
            "digest": [f"d{n}" for n in range(len(events))],
            "of": pa.nulls(len(events), pa.string()),
            "reason": pa.nulls(len(events), pa.string()),
        }
    )
    coded = rows.set_column(3, "id", pa.chunked_array([encoded(rows.column("id"))]))
    one, other = states.fold(rows), states.fold(coded)
    for name in ("ids", "outcome", "digest", "reason"):
        assert getattr(one, name).to_pylist() == getattr(other, name).to_pylist()
    assert one.kept.tolist() == other.kept.tolist()
    assert one.at.tolist() == other.at.tolist()


# -- the snapshot -------------------------------------------------------------------------------


def build(archive, records, tail=""):
    file = archive.parent / f"in{len(list(archive.parent.iterdir()))}.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in records) + tail, "utf-8")
    newsdata.build(file, archive)


def test_counts_of_a_snapshot_are_those_of_the_ledger(tmp_path):
    path = tmp_path / "archive"
    build(path, [record(n) for n in range(6)], "{broken\n[]\n")
    build(path, [record(7, text=record(1)["text"]), record(2, title="Another")], "{again\n")
    build(path, [record(3, status="withheld", modified="2024-01-03T00:00:00Z")])
    opened = Archive.open(path)
    opened.refresh()
    seen = snapshot(opened, ["title", "language"])
    for batch in (1, 2, 3, 4):
        then = seen.until(batch)
        noted = then.noted()
        assert noted is not None
        counts = final_counts(opened, then.state(), batch, noted)
        assert counts == final_counts(opened, then.state(), batch)
        assert sum(v for k, v in counts.items() if k not in ("reasons",)) > 0
    assert counts["revisions"] == 2
    assert counts["rejected"] == 3


def test_rows_are_held_in_few_bytes(tmp_path):
    """Besides its id: what planning a release of millions of articles holds follows from it."""
    path = tmp_path / "archive"
    build(path, [record(n) for n in range(2000)])
    opened = Archive.open(path)
    opened.refresh()
    seen = snapshot(opened, ["title", "language", "source", "timestamp"])
    ids = sum(len(f"demo:{n}") + 4 for n in range(2000))
    assert seen.rows.nbytes - ids < 80 * 2000
    heads = seen.heads(seen.state(), ["id", "title", "text", "language"])
    own = [heads.column(name) for name in heads.column_names if name != "id"]
    assert sum(column.nbytes for column in own) < 60 * 2000


def test_ids_of_more_than_arrow_holds_are_an_error(archive, rows_of, monkeypatch):
    """Two gigabytes of them; here Arrow's own error stands in for all of them."""
    put(archive, rows_of([record(1)]))

    def full(column):
        raise pa.ArrowInvalid("offset overflow while concatenating arrays")

    monkeypatch.setattr("newsdata.snapshots.encoded", full)
    with pytest.raises(ArchiveError, match="their id would be more than 2 GB"):
        snapshot(archive, [])


def test_an_archive_without_a_batch_has_nothing_to_release(tmp_path, capsys):
    assert run(["init", str(tmp_path / "archive")]) == 0
    assert run(["release", "1.0.0", "-a", str(tmp_path / "archive")]) == 3
    assert "there is no batch yet, so nothing to release" in capsys.readouterr().err


def test_ids_that_are_no_texts_are_those_of_the_release(tmp_path):
    document = {
        "type": "object",
        "properties": {
            "n": {"type": "integer", "x-newsdata": "id"},
            "body": {"type": "string", "x-newsdata": "text"},
            "at": {"type": "string", "format": "date", "x-newsdata": "timestamp"},
        },
    }
    (tmp_path / "s.json").write_text(json.dumps(document))
    assert run(["init", str(tmp_path / "a"), "--schema", str(tmp_path / "s.json")]) == 0
    texts = [
        {"n": n % 9, "body": f"word{n % 11} of {n % 2}", "at": "2024-01-01"} for n in range(12)
    ]
    build(tmp_path / "a", texts)
    build(tmp_path / "a", [{"n": 20, "body": texts[3]["body"], "at": "2024-01-02"}])
    opened = Archive.open(tmp_path / "a")
    opened.refresh()
    seen = snapshot(opened, [])
    assert not seen.has_own_ids()
    heads = seen.heads(seen.state(), [])
    assert sorted(heads.column("id").to_pylist()) == list(range(9))
    released = newsdata.release("1.0.0", tmp_path / "a").sealed
    assert released is not None
    copies = read_rows(released.path, "duplicates").to_pylist()
    assert [(one["id"], one["kept"]) for one in copies] == [("20", "3")]
    assert {row["n"] for row in read_rows(released.path, "revisions").to_pylist()} == {0, 1, 2}
