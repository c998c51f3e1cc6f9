"""Rows that are taken, spilled and read back are the rows that were there."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdata.archive.gather import LONG_RUN, merged
from newsdata.archive.spilled import Spilled, blank, joined, taken

SCHEMA = pa.schema(
    {
        "id": pa.int64(),
        "text": pa.string(),
        "author": pa.list_(pa.string()),
        "images": pa.list_(pa.struct({"url": pa.string(), "rank": pa.int32()})),
        "rights": pa.struct({"license": pa.string(), "signals": pa.list_(pa.string())}),
    }
)
IMAGE = st.none() | st.fixed_dictionaries({"url": st.none() | st.text(max_size=3)})
RIGHTS = st.fixed_dictionaries({"license": st.none() | st.just("by"), "signals": st.just([])})
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(max_size=5),
    "author": st.lists(st.none() | st.text(max_size=3), max_size=2),
    "images": st.lists(IMAGE, max_size=2),
    "rights": RIGHTS,
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """A table of one or several chunks, each column null, empty, or of any values."""
    count = draw(st.integers(1, 6))
    columns: dict[str, list[Any]] = {"id": list(range(count))}
    for name, values in VALUES.items():
        blanks = [st.none(), values | st.none()]
        if pa.types.is_list(SCHEMA.field(name).type):
            blanks.append(st.just([]))
        one = draw(st.sampled_from(blanks))
        columns[name] = draw(st.lists(one, min_size=count, max_size=count))
    table = pa.table(columns, SCHEMA)
    cut = draw(st.integers(0, count))
    return pa.concat_tables([table.slice(0, cut), table.slice(cut)]) if cut else table


@given(tables(), st.data())
def test_taken_rows_are_those_with_the_numbers(table: pa.Table, data: st.DataObject) -> None:
    number = st.integers(0, table.num_rows - 1)
    rows = np.array(data.draw(st.lists(number, max_size=12)), np.int64)
    assert taken(table, rows).to_pylist() == table.take(pa.array(rows)).to_pylist()
    assert taken(table, rows).schema == table.schema


@given(st.lists(tables(), min_size=1, max_size=4), st.data())
def test_what_was_spilled_is_read_back(found: list[pa.Table], data: st.DataObject) -> None:
    spilled = Spilled(Path(tempfile.gettempdir()))
    with contextlib.closing(spilled):
        for table in found:
            spilled.add(table)
        spilled.end()
        for _ in range(3):
            pieces = []
            for number, table in enumerate(found):
                first = data.draw(st.integers(0, table.num_rows - 1))
                pieces.append((number, first, data.draw(st.integers(1, table.num_rows - first))))
            expected = joined([found[n].slice(first, count) for n, first, count in pieces])
            assert joined(spilled.read(pieces)).to_pylist() == expected.to_pylist()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([None, None], "null"),
        ([[], []], "empty"),
        ([[], None], None),
        ([[], ["a"]], None),
        ([[None]], None),
        ([], "null"),
    ],
)
def test_a_column_is_blank_only_where_all_of_it_is_alike(values: Any, kind: str | None) -> None:
    assert blank(pa.chunked_array([values], pa.list_(pa.string()))) == kind
    assert blank(pa.chunked_array([[["b"], *values]], pa.list_(pa.string())).slice(1)) == kind
    struct = pa.chunked_array([[None if v is None else {"a": None} for v in values]])
    if values and values[0] is not None:
        assert blank(struct) is None  # a value without anything in it is a value


def test_nothing_is_left_of_the_file(tmp_path: Path) -> None:
    spilled = Spilled(tmp_path)
    spilled.add(pa.table({"id": [1, 2]}))
    spilled.end()
    assert list(tmp_path.iterdir()) == []
    (rows,) = spilled.read([(0, 1, 1)])
    spilled.close()
    assert rows.to_pylist() == [{"id": 2}]  # what was read stays


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), min_size=1, max_size=12))
def test_rows_of_row_groups_are_merged_in_the_order_asked_for(runs: list[tuple[int, int]]) -> None:
    group = np.concatenate([np.full(count, number) for number, count in runs])
    whole = pa.table({"at": np.arange(len(group)), "none": pa.nulls(len(group))})
    pieces = [whole.filter(pa.array(group == number)) for number in np.unique(group)]
    with mock.patch("newsdata.archive.gather.LONG_RUN", 4):
        found = merged(pieces, group)
    assert found.to_pylist() == whole.to_pylist()


def test_long_runs_of_a_row_group_are_not_copied() -> None:
    group = np.repeat([0, 1, 0, 1, 0], [LONG_RUN, LONG_RUN, 3, 5, 2])
    values = pa.table({"text": [str(n) for n in range(len(group))]})
    pieces = [values.filter(pa.array(group == number)) for number in (0, 1)]
    found = merged(pieces, group).column("text")
    assert found.to_pylist() == values.column("text").to_pylist()
    kept = {piece.column("text").chunk(0).buffers()[2].address for piece in pieces}
    assert [chunk.buffers()[2].address in kept for chunk in found.chunks] == [True, True, False]
