"""The content hash of a release: of its rows in their order, not of its files.

The rows fall into *leaves*: the UTC months of their timestamps, a month of more than
:data:`LEAF_ROWS` rows into its days, and last the rows without a timestamp. So the leaves follow
from the rows alone, however they are cut into files. Each leaf is hashed by
:class:`newsdata.exporters.rows.ContentHash`; the hash of the config is that of all leaves with
their names and rows. A leaf whose rows are known not to have changed need not be read again.
"""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import orjson

from newsdata.exporters.plan import Shard
from newsdata.exporters.rows import ContentHash

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

#: Named in every content hash, so that a change of the rule cannot pass for a change of rows.
HASH_FORMAT = "newsdata leaves 1"
#: A month with more rows is hashed day by day. It is a part of the rule and never changes.
LEAF_ROWS = 50_000
#: Rows that are hashed at once.
HELD_ROWS = 4096


def moments_of(times: pa.ChunkedArray | None) -> np.ndarray[Any, Any]:
    """The times of the dated rows as ``datetime64[us]``; none where a column holds no times, or
    there is no column."""
    import numpy as np
    import pyarrow as pa

    if times is None or not pa.types.is_temporal(times.type):
        return np.zeros(0, dtype="datetime64[us]")
    numbers = times.drop_null().cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    moments: np.ndarray[Any, Any] = numbers.astype("datetime64[us]")
    return moments


def leaves(moments: np.ndarray[Any, Any], rows: int) -> list[Shard]:
    """The leaves of ``rows`` rows; ``moments`` are those of the dated ones, which come first, as
    ``datetime64[us]`` in ascending order."""
    found = []
    for start, stop in runs(moments, 0, len(moments), "M"):
        if stop - start > LEAF_ROWS:
            days = runs(moments, start, stop, "D")
            found += [Shard(str(moments[a].astype("datetime64[D]")), a, b) for a, b in days]
        else:
            found.append(Shard(str(moments[start].astype("datetime64[M]")), start, stop))
    if rows > len(moments):
        found.append(Shard("undated", len(moments), rows))
    return found


def leaves_of(split: Shard, moments: np.ndarray[Any, Any]) -> list[Shard]:
    """The leaves of the rows of a split. Those of train have the bare names."""
    found = moved(leaves(moments, split.stop - split.start), split.start)
    if split.name == "train":
        return found
    return [replace(leaf, name=f"{split.name}/{leaf.name}") for leaf in found]


def moved(parts: Sequence[Shard], by: int) -> list[Shard]:
    """The same parts so many rows further on."""
    return [replace(part, start=part.start + by, stop=part.stop + by) for part in parts]


def runs(moments: np.ndarray[Any, Any], start: int, stop: int, unit: str) -> list[tuple[int, int]]:
    """First and last (not included) row of each period of numpy's ``unit`` in ascending times."""
    import numpy as np

    if start == stop:
        return []
    periods = moments[start:stop].astype(f"datetime64[{unit}]")
    edges = [0, *(np.flatnonzero(periods[1:] != periods[:-1]) + 1).tolist(), len(periods)]
    return [(start + a, start + b) for a, b in pairwise(edges)]


class LeafHash:
    """Hashes rows that come in their order; ``known`` are hashes of leaves by name, which then
    need not be read: :meth:`skip` them. ``watch`` is given each leaf's name and rows that are
    hashed, in portions that may be larger than those that came."""

    def __init__(
        self,
        schema: pa.Schema,
        parts: Sequence[Shard],
        known: Mapping[str, str] | None = None,
        watch: Callable[[str, pa.Table], None] | None = None,
    ) -> None:
        self._schema = schema
        self._parts = list(parts)
        self._found = dict(known or {})
        self._watch = watch
        self._at = 0
        self._row = 0
        self._open: ContentHash | None = None
        self._pieces: list[pa.Table] = []
        self._held = 0

    def wants(self, start: int, stop: int) -> bool:
        """Whether any row from ``start`` to ``stop`` is of a leaf that is not known."""
        first = bisect.bisect_right(self._parts, start, key=lambda part: part.stop)
        for part in self._parts[first:]:
            if part.start >= stop:
                break
            if part.name not in self._found:
                return True
        return False

    def skip(self, rows: int) -> None:
        """Pass over rows of which all leaves are known."""
        self._advance(rows, None)

    def update(self, rows: pa.Table) -> None:
        """Add the next rows, in the schema's columns."""
        self._advance(rows.num_rows, rows)

    def _advance(self, count: int, rows: pa.Table | None) -> None:
        done = 0
        while done < count:
            part = self._parts[self._at]
            some = min(part.stop - self._row, count - done)
            if part.name not in self._found:
                if rows is None:
                    raise AssertionError(f"the rows of {part.name} were not read")
                self._hold(part, rows.slice(done, some))
            done += some
            self._row += some
            if self._row == part.stop:
                if part.name not in self._found:
                    self._flush(part)
                    assert self._open is not None
                    self._found[part.name] = self._open.hexdigest()
                    self._open = None
                self._at += 1

    def _hold(self, part: Shard, rows: pa.Table) -> None:
        """Small tables are hashed together: each has a price of its own."""
        self._pieces.append(rows)
        self._held += rows.num_rows
        if self._held >= HELD_ROWS:
            self._flush(part)

    def _flush(self, part: Shard) -> None:
        import pyarrow as pa

        if self._open is None:
            self._open = ContentHash(self._schema)
        if self._pieces:
            table = pa.concat_tables(self._pieces)
            table = table.combine_chunks() if len(self._pieces) > 1 else table
            self._open.update(table)
            if self._watch is not None:
                self._watch(part.name, table)
        self._pieces, self._held = [], 0

    def leaves(self) -> dict[str, str]:
        """Name -> hash of every leaf, when all rows were added."""
        return {part.name: self._found[part.name] for part in self._parts}

    def hexdigest(self) -> str:
        """64 hex digits, when all rows were added."""
        found = self.leaves()
        return combined(
            [HASH_FORMAT, [[p.name, p.stop - p.start, found[p.name]] for p in self._parts]]
        )


def combined_hash(hashes: Mapping[str, str]) -> str:
    """The content hash of a release: of the content hashes of its configs, by name."""
    return combined(sorted(hashes.items()))


def combined(parts: Iterable[Any]) -> str:
    """sha256 of the JSON of some hashes with their names."""
    return hashlib.sha256(orjson.dumps(list(parts))).hexdigest()
