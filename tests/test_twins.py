"""Two shards of the same articles: what differs, whatever way the file was written."""

from __future__ import annotations

import importlib
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdata.exporters import pages, twins
from newsdata.exporters.parquet import write_groups

NAMES = pa.struct({"given": pa.string(), "family": pa.string(), "born": pa.int16()})
COLUMNS = pa.schema(
    {
        "id": pa.string(),
        "text": pa.string(),
        "modified": pa.timestamp("us", "UTC"),
        "editor": NAMES,
        "rights": pa.struct({"owner": NAMES, "free": pa.bool_(), "tags": pa.list_(pa.string())}),
        "images": pa.list_(pa.struct({"url": pa.string(), "by": pa.string()})),
    }
)
#: Words whose texts are of all lengths, with letters of one to four bytes.
WORDS = ("", "a", "ночь", "東", "🗞", "zero\x00", "once more", "x" * 90)

TEXTS = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
PERSONS = st.none() | st.fixed_dictionaries(
    {
        "given": st.none() | TEXTS,
        "family": st.none() | TEXTS,
        "born": st.none() | st.integers(1900, 2000),
    }
)
IMAGES = st.lists(
    st.none() | st.fixed_dictionaries({"url": TEXTS, "by": st.none() | TEXTS}), max_size=2
)
RIGHTS = st.none() | st.fixed_dictionaries(
    {
        "owner": PERSONS,
        "free": st.none() | st.booleans(),
        "tags": st.lists(TEXTS, max_size=2),
    }
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "modified": st.none() | st.integers(0, 2**50),
    "editor": PERSONS,
    "rights": RIGHTS,
    "images": IMAGES,
}
#: Ways to write a file: that of a release first, with pages of few rows.
SMALL = {"use_content_defined_chunking": {"min_chunk_size": 64, "max_chunk_size": 256}}
WAYS: tuple[dict[str, Any], ...] = (
    {"compression": "zstd", "use_dictionary": False, "write_page_index": True, **SMALL},
    {"compression": "zstd", "use_dictionary": False},
    {"compression": "zstd", "use_dictionary": True, **SMALL},
    {"compression": "zstd", "use_dictionary": False, "data_page_version": "2.0", **SMALL},
    {"compression": "snappy", "use_dictionary": False},
    {"compression": "none", "use_dictionary": False, **SMALL},
    {
        "compression": "zstd",
        "use_dictionary": False,
        "column_encoding": {"text": "DELTA_BYTE_ARRAY"},
    },
)


def rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Invented records: texts are always there, the rest is not."""
    chance = random.Random(seed)
    some = [" ".join(chance.choices(WORDS, k=chance.randrange(9))) for _ in range(count)]
    person = {"given": "Ada", "family": "Fable", "born": 1950}
    return [
        {
            "id": f"n{number}",
            "text": some[number],
            "modified": chance.choice((None, number)),
            "editor": chance.choice((None, person, {**person, "family": None})),
            "rights": {"owner": chance.choice((None, person)), "free": True, "tags": ["t"]},
            "images": [{"url": "u", "by": None}] * chance.randrange(3),
        }
        for number in range(count)
    ]


def write(path: Path, records: list[dict[str, Any]], **way: Any) -> Path:
    table = pa.Table.from_pylist(records, COLUMNS)
    pq.write_table(table, path, write_statistics=False, **way)
    return path


def told(both: twins.Twins | None) -> set[tuple[str, str, str, str]]:
    assert both is not None
    found = [
        (part.name, *map(repr, values))
        for part in twins.differing_twins([both], "id", COLUMNS.names)
        for values in zip(part.key, part.before, part.after, strict=True)
    ]
    assert len(found) == len(set(found))
    return set(found)


def expected(one: Path, two: Path) -> set[tuple[str, str, str, str]]:
    """The same from all rows of both files."""
    before, after = (pq.read_table(path).to_pylist() for path in (one, two))
    return {
        (name, repr(a["id"]), repr(a[name]), repr(b[name]))
        for a, b in zip(before, after, strict=True)
        for name in COLUMNS.names
        if a[name] != b[name]
    }


@settings(deadline=None, max_examples=40)
@given(data=st.data(), count=st.integers(1, 60), nulls=st.booleans())
@pytest.mark.parametrize("way", range(len(WAYS)))
def test_what_differs_is_what_all_rows_say(
    way: int, data: st.DataObject, count: int, nulls: bool, tmp_path_factory: Any
) -> None:
    before = rows(count, seed=count)
    if nulls:
        before[count // 2]["text"] = None
    after = [dict(row) for row in before]
    edits = st.tuples(st.integers(0, count - 1), st.sampled_from(sorted(VALUES)))
    for at, name in data.draw(st.lists(edits, max_size=6)):
        after[at][name] = data.draw(VALUES[name])
    folder = tmp_path_factory.mktemp("twins")
    size = data.draw(st.sampled_from((7, 1000)))
    one, two = (
        write(folder / name, part, row_group_size=size, **WAYS[way])
        for name, part in (("one", before), ("two", after))
    )
    assert told(twins.twins(one, two, "id")) == expected(one, two)


def leaf(path: Path, name: str) -> tuple[pa.Buffer, int]:
    """The pages of a column of one row group, and the rows."""
    file = twins._open(path)
    number = file.metadata.schema.names.index(name)
    return file.bytes_of(file.leaf(0, number)), file.metadata.num_rows


def test_texts_of_a_release_are_compared_by_their_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(400, seed=1)
    after = [dict(row) for row in before]
    for at in (3, 250, 399):
        after[at]["text"] += " (corrected)"
    after[251]["text"] = before[251]["text"].swapcase()  # as long as before
    assert before[251]["text"] != after[251]["text"]
    one, two = (
        write(tmp_path / name, part, **WAYS[0]) for name, part in (("1", before), ("2", after))
    )
    (left, count), (right, _) = leaf(one, "text"), leaf(two, "text")
    opened: list[int] = []
    real = pages._texts
    monkeypatch.setattr(
        pages,
        "_texts",
        lambda c, some: (opened.append(sum(p.rows for p in some)), real(c, some))[1],
    )
    found = pages.differing_texts(left, right, count)
    assert found == [(n, before[n]["text"], after[n]["text"]) for n in (3, 250, 251, 399)]
    assert sum(opened) < 2 * count / 4  # most pages were not opened
    assert pages.differing_texts(left, left, count) == []
    # More or fewer rows than there are pages for: nothing is known.
    assert pages.differing_texts(left, right, count + 1) is None
    assert pages.differing_texts(left, right.slice(0, right.size // 2), count) is None


def test_pages_of_another_form_are_left_to_arrow(tmp_path: Path) -> None:
    before = rows(50, seed=2)
    after = [{**row, "text": row["text"] + "!"} for row in before]
    for way in WAYS[2:]:
        one, two = (write(tmp_path / n, part, **way) for n, part in (("1", before), ("2", after)))
        (left, count), (right, _) = leaf(one, "text"), leaf(two, "text")
        assert pages.differing_texts(left, right, count) is None, way
    before[7]["text"] = None
    one, two = (write(tmp_path / n, part, **WAYS[0]) for n, part in (("1", before), ("2", after)))
    assert pages.differing_texts(leaf(one, "text")[0], leaf(two, "text")[0], 50) is None
    assert len(told(twins.twins(one, two, "id"))) == 50


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_damaged_pages_raise_nothing(pages_of_two: list[Any], data: st.DataObject) -> None:
    (left, count), (right, _) = pages_of_two
    content = bytearray(right.to_pybytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from((len(content), len(content) - 3, 20, 0)))
    found = pages.differing_texts(left, pa.py_buffer(bytes(content[:cut])), count)
    assert found is None or isinstance(found, list)


@pytest.fixture(scope="module")
def pages_of_two(tmp_path_factory: Any) -> list[Any]:
    folder = tmp_path_factory.mktemp("damaged")
    before = rows(60, seed=3)
    after = [dict(row) for row in before]
    after[30]["text"] += "."
    return [
        leaf(write(folder / name, part, **WAYS[0]), "text")
        for name, part in (("1", before), ("2", after))
    ]


def test_a_column_outside_of_its_file_is_an_error(tmp_path: Path) -> None:
    one = write(tmp_path / "1", rows(50, seed=4), **WAYS[0])
    file = twins._open(one)
    short = twins._File(file.content.slice(0, 40), file.parquet, file.metadata)
    with pytest.raises(OSError, match="not where the file says"):
        short.bytes_of(file.leaf(0, 1))


def test_changed_rows_leave_most_pages_of_a_shard_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    parquet_pages = importlib.import_module("parquet_pages")
    before = rows(3000, seed=5)
    for number, row in enumerate(before):
        row["text"] = random.Random(number).randbytes(1500).hex()
    # One row more and one less: all rows between them stand elsewhere.
    after = [*before[:500], {**before[500], "text": "new"}, *before[500:]]
    del after[2000]
    files = []
    for name, part in (("one", before), ("two", after)):
        files.append(tmp_path / name)
        table = pa.Table.from_pylist(part, COLUMNS)
        write_groups(files[-1], [table], COLUMNS, {"id": "id", "text": "text"})
    one, two = (list(parquet_pages.pages(path.read_bytes())) for path in files)
    share = parquet_pages.new_pages(files[:1], files[1:])
    assert share["pages"] == sum(page not in one for page in two) / len(two)
    assert 0 < share["bytes"] < 0.3
    # They are all there is of the columns.
    group = pq.read_metadata(files[1]).row_group(0)
    leaves = [group.column(number) for number in range(group.num_columns)]
    plain = [leaf for leaf in leaves if not leaf.has_dictionary_page]
    assert sum(len(page) for page in two) >= sum(leaf.total_compressed_size for leaf in plain)
