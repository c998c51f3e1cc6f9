"""One shard as a Parquet file, the same bytes for the same rows and the same pyarrow.

No metadata of pandas or ``datasets`` is written into the file: the first names a version of
pandas, the second does not load in other versions of ``datasets`` (the features stand in the
card, where all of them read them).
"""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from newsdata.encodings import filled_leaves
from newsdata.exporters.rows import cut
from newsdata.sizes import row_bytes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from newsdata.schema import Schema

#: Bytes of a row group before compression: far under the 100 MB that a release promises, so that
#: a stream starts at once and ``IterableDataset.reshard()`` has something to split.
ROW_GROUP_BYTES = 32_000_000

#: Measured on 100,000 invented articles: level 3 costs a quarter more CPU than 1.
ZSTD_LEVEL = 3

#: Bytes that are written and hashed at once: Arrow hands over each page by itself, and a day of
#: articles has some hundred of them.
WRITE_BYTES = 1 << 20

#: Roles whose values hardly repeat: a dictionary of them costs time and bytes.
_DISTINCT = ("id", "url", "title", "text")
#: Roles with few values: what their dictionary leaves is too small to be worth compressing.
_FEW = ("source", "language", "status", "timestamp_precision")


def row_groups(sizes: np.ndarray[Any, Any]) -> list[tuple[int, int]]:
    """The row groups of a shard whose rows have these ``row_bytes``."""
    return cut(sizes, ROW_GROUP_BYTES)


def write_shard(path: Path, table: pa.Table, schema: Schema) -> None:
    """Write rows that have exactly the schema's columns; how they are chunked is no matter."""
    groups = row_groups(row_bytes(table))
    tables = (table.slice(a, b - a) for a, b in groups)
    write_groups(path, tables, schema.arrow, schema.roles)


def write_groups(
    path: Path, groups: Iterable[pa.Table], columns: pa.Schema, roles: Mapping[str, str]
) -> dict[str, Any]:
    """Write row groups, each a table with exactly these columns; ``roles`` names those by which
    the rows are sorted and which are prose. Returns ``sha256`` and ``size`` of the file.

    Pages are cut where the content says (content-defined chunking), so that a store which
    deduplicates by content keeps most of a shard when a few of its rows change. Parquet leaves
    that are null in all of the first row group are neither compressed nor given a dictionary:
    half of the time of writing a small shard went there.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rest = iter(groups)
    first = next(rest, None)
    if first is None:  # an empty table is not made beforehand: it costs more than a file
        first = columns.empty_table()
    # One chunk for each column: the encoder starts pages anew at a chunk's border.
    first = first.combine_chunks()
    full = list(filled_leaves(first))
    told = _told(columns, tuple(sorted(roles.items())))
    pressed = [leaf for leaf in full if leaf not in told["few"]]
    with path.open("wb", buffering=0) as file:
        hashing = _Hashing(file)
        with (
            pa.PythonFile(hashing, "w") as handed,
            pa.BufferedOutputStream(handed, WRITE_BYTES) as sink,
            pq.ParquetWriter(
                sink,
                columns,
                compression=dict.fromkeys(pressed, "zstd"),
                compression_level=dict.fromkeys(pressed, ZSTD_LEVEL),
                use_dictionary=[leaf for leaf in full if leaf not in told["distinct"]],
                write_page_index=True,
                use_content_defined_chunking=True,
                write_statistics=told["statistics"],
                sorting_columns=told["sorting"],
            ) as writer,
        ):
            for group in itertools.chain([first], rest):
                writer.write_table(group.combine_chunks())
        return {"sha256": hashing.sha256.hexdigest(), "size": hashing.size}


class _Hashing:
    """A file that is only written to, from its beginning to its end; it stays open."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, content: bytes) -> int:
        """Write all of it."""
        rest = memoryview(content)
        self.sha256.update(rest)
        self.size += len(rest)
        while len(rest):
            rest = rest[self._file.write(rest) :]
        return len(content)

    def tell(self) -> int:
        """The bytes so far."""
        return self.size

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """The file is closed by who opened it."""


@functools.lru_cache(maxsize=16)
def _told(columns: pa.Schema, roles: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """What follows from the columns and their roles alone: the same for all shards."""
    named = dict(roles)
    return {
        "distinct": {named.get(role) for role in _DISTINCT},
        "few": {named.get(role) for role in _FEW},
        "statistics": _statistics(columns, named),
        "sorting": _sorting(columns, named),
    }


def _statistics(columns: pa.Schema, roles: Mapping[str, str]) -> list[str]:
    """Columns whose smallest and largest value are worth a place in the footer: not texts."""
    import pyarrow as pa

    prose = {roles.get("title"), roles.get("text")}
    return [
        item.name
        for item in columns
        if item.name not in prose and not pa.types.is_nested(item.type)
    ]


def _sorting(columns: pa.Schema, roles: Mapping[str, str]) -> list[object] | None:
    import pyarrow.parquet as pq

    names = [roles[role] for role in ("timestamp", "id") if role in roles]
    return [
        pq.SortingColumn(_leaf(columns, columns.names.index(name)), nulls_first=False)
        for name in names
    ]


def _leaf(columns: pa.Schema, position: int) -> int:
    """Number of the first Parquet leaf of a column: nested columns before it have several."""
    return sum(_leaves(item.type) for item in list(columns)[:position])


def _leaves(kind: pa.DataType) -> int:
    import pyarrow as pa

    if pa.types.is_list(kind):
        return _leaves(kind.value_type)
    if pa.types.is_struct(kind):
        return sum(_leaves(item.type) for item in kind)
    return 1
