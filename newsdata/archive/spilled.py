"""Tables on their way from one order into another: rows taken, spilled to disk and read back.

Most columns of news records are empty. One in which nothing stands is the same whatever rows of it
are taken, so it is never moved: any piece of it will do.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Int64s = npt.NDArray[np.int64]


def taken(table: pa.Table, rows: Int64s) -> pa.Table:
    """The rows with these numbers, in this order; no copy where they stand one after the other."""
    if not len(rows):
        return table.slice(0, 0)
    first = int(rows[0])
    if int(rows[-1]) - first == len(rows) - 1 and bool((np.diff(rows) == 1).all()):
        return table.slice(first, len(rows))
    columns = list(table.columns)
    full = [at for at, column in enumerate(columns) if blank(column) is None]
    moved = table.select(full).take(pa.array(rows))
    for at, column in zip(full, moved.columns, strict=True):
        columns[at] = column
    for at in set(range(len(columns))) - set(full):
        columns[at] = _any_of(columns[at], len(rows))
    return pa.Table.from_arrays(columns, schema=table.schema)


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """The rows of all tables, at least one, one after the other."""
    return tables[0] if len(tables) == 1 else pa.concat_tables(tables)


def blank(column: pa.ChunkedArray) -> str | None:
    """``null`` where all values of a column are, ``empty`` where all are lists without elements;
    None where anything stands in it, or some are of one kind and some of the other."""
    if column.null_count == len(column):
        return "null"
    if (
        pa.types.is_list(column.type)
        and not column.null_count
        and not any(map(_ends, column.chunks))
    ):
        return "empty"
    return None


def _ends(array: pa.ListArray) -> int:
    """Elements of the lists of an array without nulls, all together."""
    if not len(array):
        return 0
    offsets = np.frombuffer(array.buffers()[1], np.int32)
    return int(offsets[array.offset + len(array)]) - int(offsets[array.offset])


def _any_of(column: pa.ChunkedArray, count: int) -> pa.ChunkedArray:
    """So many values of a column that are all the same."""
    if len(column) >= count:
        return column.slice(0, count)
    times, rest = divmod(count, len(column))
    chunks = [*column.chunks * times, *column.slice(0, rest).chunks]
    return pa.chunked_array(chunks, column.type)


class Spilled:
    """Tables of one schema in a file without a name, of which slices are read back.

    Columns that are :func:`blank` stay in memory, one of each kind.
    """

    def __init__(self, folder: Path) -> None:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".spill-") as file:
            self._sink = pa.OSFile(file.name, "wb")
            self._source = os.open(file.name, os.O_RDONLY)
        # It has no name any more: nothing is left of it, however this process ends.
        self._blanks: dict[tuple[str, str], pa.ChunkedArray] = {}
        self._held: list[tuple[int, int, dict[str, str]]] = []
        self._tables: list[pa.Table] = []
        self._map: mmap.mmap | None = None
        self._schema: pa.Schema = pa.schema([])

    def add(self, table: pa.Table) -> None:
        """Write a table."""
        self._schema = table.schema
        kinds = {}
        for name, column in zip(table.column_names, table.columns, strict=True):
            kind = blank(column)
            if kind is None:
                continue
            kinds[name] = kind
            if len(self._blanks.get((name, kind), ())) < len(column):
                self._blanks[name, kind] = column
        begin = self._sink.tell()
        full = table.drop_columns(list(kinds))
        with pa.ipc.new_stream(self._sink, full.schema) as writer:
            writer.write_table(full)
        self._held.append((begin, self._sink.tell(), kinds))

    def end(self) -> None:
        """No more tables will come: now they can be read."""
        self._sink.close()
        if not self._held:
            return
        self._map = mmap.mmap(self._source, 0, access=mmap.ACCESS_READ)
        whole = pa.py_buffer(self._map)
        self._tables = [
            pa.ipc.open_stream(whole.slice(begin, stop - begin)).read_all()
            for begin, stop, _ in self._held
        ]

    def read(self, pieces: Sequence[tuple[int, int, int]]) -> list[pa.Table]:
        """Rows of some tables: number of the table, first row in it, how many rows."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            # Else all that was read once would count as memory of this process.
            self._map.madvise(mmap.MADV_DONTNEED)
        return [self._piece(*piece) for piece in pieces]

    def _piece(self, number: int, first: int, count: int) -> pa.Table:
        table, kinds = self._tables[number].slice(first, count), self._held[number][2]
        columns = [
            self._blanks[name, kinds[name]].slice(0, count)
            if name in kinds
            else table.column(name)
            for name in self._schema.names
        ]
        return pa.Table.from_arrays(columns, schema=self._schema)

    def close(self) -> None:
        """Give the disk back."""
        self._sink.close()
        self._tables.clear()
        os.close(self._source)
        # The map goes when nobody holds rows that stand in it any more.
        self._map = None
