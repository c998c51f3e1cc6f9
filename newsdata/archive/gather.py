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
        self._groups = [
            (number, group)
            for number, name in enumerate(self._names)
            for group in range(self._count(name))
        ]
        self._open: tuple[int, pq.ParquetFile] | None = None
        self._kept: dict[int, pa.Table] = {}

    def _count(self, name: str) -> int:
        with self._files.reading(), self._files.parquet(name) as file:
            return int(file.metadata.num_row_groups)

    def overview(
        self, columns: Sequence[str], fields: Sequence[str], asked: Sequence[str] = ()
    ) -> pa.Table:
        """Small columns of all rows: ``columns`` of the ledger, ``fields`` of the record under
        their names with ``record.`` before them, of those ``asked`` for only whether they say
        something (:func:`says`) under ``says.`` and the name; ``group``, ``at`` are the place.
        """
        wanted = [*columns, *(f"record.{name}" for name in dict.fromkeys([*fields, *asked]))]
        parts = []
        for number in range(len(self._groups)):
            table = self._read(number, wanted)
            record = table.column("record") if "record" in table.column_names else None
            table = table.select(columns)
            for name in fields:
                table = table.append_column(f"record.{name}", pc.struct_field(record, name))
            for name in asked:
                table = table.append_column(f"says.{name}", says(pc.struct_field(record, name)))
            table = table.append_column("group", pa.array(np.full(table.num_rows, number)))
            parts.append(table.append_column("at", pa.array(np.arange(table.num_rows))))
        return pa.concat_tables(parts)

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
        at, group = self._groups[number]
        with self._files.reading():
            if self._open is None or self._open[0] != at:
                if self._open is not None:
                    self._open[1].close()
                self._open = at, self._files.parquet(self._names[at])
            return self._open[1].read_row_group(group, columns=list(columns), use_threads=False)

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


def says(column: pa.ChunkedArray) -> pa.Array:
    """Where a column says something: not null, not an empty text, not an empty list."""
    found = pc.is_valid(column)
    if pa.types.is_list(column.type):
        found = pc.fill_null(pc.greater(pc.list_value_length(column), 0), False)
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        found = pc.fill_null(pc.greater(pc.binary_length(column), 0), False)
    return found
