"""Rows of the ledger in an order that is not its own, a part at a time.

A release is sorted by time, a ledger by arrival. Small columns of all observations are read first
(:meth:`Ledger.overview`), each with its place: the row group it stands in and its row there. Who
has decided an order by them gets the records in it (:meth:`Ledger.records`), in tables of a
bounded size. Where neighbours in that order stand together in the ledger their row groups are read
for each part; else every row group is read once and its rows are spilled to disk by parts. So
memory follows the size of a part, not of the archive.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newsdata.archive.spilled import Spilled, joined, taken
from newsdata.sizes import together
from newsdata.storage.tables import Files

Int64s = npt.NDArray[np.int64]

#: Bytes of records that are brought into order at once.
PART_BYTES = 64_000_000
#: Row groups are read for each part anew while that reads no more than so many times all of them.
AGAIN = 1.3
#: Rows of an overview that are read at once.
PORTION_ROWS = 50_000
#: Row groups kept in memory, because the next part begins where the last one ended.
KEPT = 2
#: So many neighbours of one row group are not copied to stand beside others.
LONG_RUN = 256


@dataclass(frozen=True, slots=True)
class Places:
    """Where each of n rows stands: number of its row group, row in it, bytes of its record."""

    group: Int64s
    row: Int64s
    size: Int64s

    def __len__(self) -> int:
        return len(self.group)


class Ledger:
    """The row groups of the files of one version of a ledger; what is committed later is not seen.

    Read by Parquet's own reader: asked for one field of the record, that of Arrow's data sets
    reads all of it. ``shape`` is done to the records of each row group; it keeps their columns.
    """

    def __init__(
        self,
        files: Files,
        names: Sequence[str],
        record: pa.Schema,
        spill: Path,
        shape: Callable[[pa.Table], pa.Table] = lambda table: table,
    ) -> None:
        self._shape = shape
        self._record = record
        self._spill = spill
        self._files = files
        self._names = list(names)
        self._open: tuple[int, pq.ParquetFile] | None = None
        counts = [self._counts(number) for number in range(len(self._names))]
        self._groups = [
            (n, group) for n, sizes in enumerate(counts) for group in range(len(sizes))
        ]
        #: Number of the first row of each row group, and at the end that of all rows.
        self._starts = np.cumsum([0, *(size for sizes in counts for size in sizes)])
        self._kept: dict[int, pa.Table] = {}

    def _counts(self, file: int) -> list[int]:
        with self._files.reading():
            told = self._file(file).metadata
            return [told.row_group(group).num_rows for group in range(told.num_row_groups)]

    def overview(
        self, columns: Sequence[str], fields: Sequence[str] = (), asked: Sequence[str] = ()
    ) -> Iterator[pa.Table]:
        """Small columns of all rows, in tables of some row groups: ``columns`` of the ledger,
        ``fields`` of the record under their names with ``record.`` before them, of those ``asked``
        for only whether they say something (:func:`says`) under ``says.`` and the name: that is
        not told of a row without a record. A row's number is its place among all.
        """
        for first, last in self._portions():
            table = self._columns(first, last, columns, fields)
            leaves = self._leaves(first) if asked else []
            for name in asked:
                told = [self._says(number, name, leaves) for number in range(first, last)]
                table = table.append_column(f"says.{name}", pa.concat_arrays(told))
            yield table

    def some(self, rows: Int64s, columns: Sequence[str], fields: Sequence[str] = ()) -> pa.Table:
        """As :meth:`overview`, of the rows with these numbers, in their order."""
        order = np.argsort(rows, kind="stable")
        ascending = rows[order]
        groups = self._group_of(ascending)
        parts = [self._columns(0, 0, columns, fields)]
        edges = np.flatnonzero(np.diff(groups, prepend=-1, append=-1)).tolist()
        for a, b in pairwise(edges):
            group = int(groups[a])
            table = self._columns(group, group + 1, columns, fields)
            parts.append(table.take(pa.array(ascending[a:b] - self._starts[group])))
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        return pa.concat_tables(parts).take(pa.array(back))

    def _group_of(self, rows: Int64s) -> Int64s:
        return np.searchsorted(self._starts, rows, "right") - 1

    def places(self, rows: Int64s, sizes: Int64s) -> Places:
        """Where the rows with these numbers stand; ``sizes`` are the bytes of their records."""
        groups = self._group_of(rows)
        return Places(groups, rows - self._starts[groups], sizes)

    def _portions(self) -> Iterator[tuple[int, int]]:
        """Row groups of one file that are read at once: first and last (not included)."""
        first = 0
        for last in range(1, len(self._groups) + 1):
            ends = last == len(self._groups) or self._groups[last][0] != self._groups[first][0]
            if ends or self._starts[last] - self._starts[first] >= PORTION_ROWS:
                yield first, last
                first = last

    def _columns(
        self, first: int, last: int, columns: Sequence[str], fields: Sequence[str]
    ) -> pa.Table:
        """Columns and fields of the record of some row groups of one file."""
        table = self._portion(first, last, [*columns, *(f"record.{name}" for name in fields)])
        found = {name: table.column(name) for name in columns}
        for name in fields:
            found[f"record.{name}"] = pc.struct_field(table.column("record"), name)
        return pa.table(found)

    def _leaves(self, number: int) -> list[str]:
        """The paths of the Parquet columns of the file that a row group stands in."""
        with self._files.reading():
            schema = self._file(self._groups[number][0]).schema
        return [schema.column(leaf).path for leaf in range(len(schema))]

    def _says(self, number: int, name: str, leaves: Sequence[str]) -> pa.Array:
        """Where the records of a row group say something in a field. Mostly its statistics tell
        that all do; then the field is not read."""
        at, group = self._groups[number]
        with self._files.reading():
            told = self._file(at).metadata.row_group(group)
        if _all_say(told, leaves, f"record.{name}", self._record.field(name).type):
            return pa.array(np.ones(told.num_rows, bool))
        record = self._read(number, [f"record.{name}"]).column("record")
        return says(pc.struct_field(record, name)).combine_chunks()

    def records(self, places: Places, cuts: Sequence[tuple[int, int]]) -> Iterator[pa.Table]:
        """The records at places ``start`` to ``stop`` (not included), a table for each cut.

        The cuts ascend and do not overlap; none is much larger than memory allows.
        """
        parts = _parts(cuts, places.size)
        touched = sum(len(np.unique(places.group[a:b])) for a, b, _ in parts)
        once = len(set().union(*(places.group[a:b].tolist() for a, b, _ in parts)))
        if touched <= AGAIN * once:
            for start, stop, inner in parts:
                rows = merged(self._gathered(places, start, stop), places.group[start:stop])
                yield from _cut(rows, start, inner)
                del rows  # before those of the next part
            self._kept.clear()
            return
        with self._spilled(places, parts) as read:
            for number, (start, stop, inner) in enumerate(parts):
                rows = merged(read(number), places.group[start:stop])
                yield from _cut(rows, start, inner)
                del rows

    def _gathered(self, places: Places, start: int, stop: int) -> list[pa.Table]:
        """Rows of a part, a table for each row group, each in the wanted order."""
        group, row = places.group[start:stop], places.row[start:stop]
        return [taken(self._group(n), row[group == n]) for n in np.unique(group).tolist()]

    def _group(self, number: int) -> pa.Table:
        if number not in self._kept:
            while len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[number] = self._records_of(number)
        return self._kept[number]

    def _records_of(self, number: int) -> pa.Table:
        record = self._read(number, ["record"]).column("record")
        arrays = [pc.struct_field(record, name) for name in self._record.names]
        table = pa.Table.from_arrays(arrays, names=self._record.names)
        return self._shape(table.cast(self._record)).combine_chunks()

    def _read(self, number: int, columns: Sequence[str]) -> pa.Table:
        return self._portion(number, number + 1, columns)

    def _portion(self, first: int, last: int, columns: Sequence[str]) -> pa.Table:
        """Columns of some row groups of one file; none of them, and it is empty."""
        at = self._groups[first][0]
        groups = [group for _, group in self._groups[first:last]]
        with self._files.reading():
            return self._file(at).read_row_groups(groups, list(columns), use_threads=False)

    def _file(self, number: int) -> pq.ParquetFile:
        if self._open is None or self._open[0] != number:
            if self._open is not None:
                self._open[1].close()
            self._open = number, self._files.parquet(self._names[number])
        return self._open[1]

    @contextlib.contextmanager
    def _spilled(self, places: Places, parts: Sequence[_Part]) -> Iterator[Any]:
        """Every row group read once; a function that reads a part of the spilled rows."""
        starts = np.array([a for a, _, _ in parts])
        stops = np.array([b for _, b, _ in parts])
        wanted = np.concatenate([np.arange(a, b) for a, b, _ in parts])
        order = wanted[np.argsort(places.group[wanted], kind="stable")]
        groups = places.group[order]
        found: list[list[tuple[int, int, int]]] = [[] for _ in parts]
        with contextlib.closing(Spilled(self._spill)) as spilled:
            edges = np.flatnonzero(np.diff(groups, prepend=-1, append=-1)).tolist()
            for at, (a, b) in enumerate(pairwise(edges)):
                rows = order[a:b]  # ascending, so the rows of a part stand together
                spilled.add(taken(self._records_of(int(groups[a])), places.row[rows]))
                ends = np.searchsorted(rows, stops)
                for number, first in enumerate(np.searchsorted(rows, starts).tolist()):
                    if first < ends[number]:
                        found[number].append((at, first, int(ends[number]) - first))
            spilled.end()
            yield lambda number: spilled.read(found[number])


#: First and last (not included) row, and the cuts inside.
_Part = tuple[int, int, list[tuple[int, int]]]


def _parts(cuts: Sequence[tuple[int, int]], sizes: Int64s) -> list[_Part]:
    return [(one[0][0], one[-1][1], one) for one in together(cuts, sizes, PART_BYTES)]


def merged(pieces: Sequence[pa.Table], group: Int64s) -> pa.Table:
    """Rows in the order in which ``group`` names the row group of each; ``pieces`` are those of
    each row group, by its number, in that order already.

    Neighbours that stand together in the ledger stay where they are. Only where rows of several
    row groups alternate are they copied.
    """
    if len(pieces) == 1:
        return pieces[0]
    numbers = np.unique(group)
    used = np.zeros(len(pieces), np.int64)
    found = []
    for start, stop in _zones(group):
        which = np.searchsorted(numbers, group[start:stop])
        counts = np.bincount(which, minlength=len(pieces))
        here = np.flatnonzero(counts).tolist()
        some = joined([pieces[n].slice(int(used[n]), int(counts[n])) for n in here])
        if len(here) > 1:
            stands = np.argsort(which, kind="stable")
            where = np.empty(len(stands), np.int64)
            where[stands] = np.arange(len(stands))
            some = taken(some, where)
        found.append(some)
        used += counts
    return joined(found)


def _zones(group: Int64s) -> Iterator[tuple[int, int]]:
    """First and last (not included) of the rows to be ordered together: each run of
    :data:`LONG_RUN` rows or more of one row group alone, those between them together."""
    edges = np.flatnonzero(np.diff(group, prepend=-1, append=-1))
    long = np.diff(edges) >= LONG_RUN
    begins = np.ones(len(long), bool)
    begins[1:] = long[1:] | long[:-1]
    yield from pairwise([*edges[:-1][begins].tolist(), len(group)])


def _cut(table: pa.Table, start: int, cuts: Sequence[tuple[int, int]]) -> Iterator[pa.Table]:
    """The tables of the cuts out of the rows of their part, the first of which is ``start``."""
    return (table.slice(a - start, b - a) for a, b in cuts)


def _all_say(
    told: pq.RowGroupMetaData, leaves: Sequence[str], path: str, kind: pa.DataType
) -> bool:
    """Whether the statistics of a row group tell that all its records say something in a field:
    it is null in no more rows than have no record, and the least of its texts is not empty."""
    if pa.types.is_nested(kind) or path not in leaves:
        return False
    sizes, values = (told.column(leaves.index(one)).statistics for one in ("size", path))
    if not all(one is not None and one.has_null_count for one in (sizes, values)):
        return False
    if values.null_count != sizes.null_count:
        return False
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return not is_text or (values.has_min_max and len(values.min_raw) > 0)


def says(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Where a column says something: not null, not an empty text, not an empty list."""
    found = pc.is_valid(column)
    if pa.types.is_list(column.type):
        found = pc.fill_null(pc.greater(pc.list_value_length(column), 0), False)
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        found = pc.fill_null(pc.greater(pc.binary_length(column), 0), False)
    return found
