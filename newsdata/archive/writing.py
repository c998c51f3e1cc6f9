"""The files of one commit of the ledger: rows in a stream, as Parquet.

Delta's own writer gathers 8,192 rows several times over before it writes any: 1 GB with texts of
36 kB. Here a row group is closed by its bytes, so memory follows neither the batch nor the length
of its texts. Delta is then told of the whole files (``add`` actions with the statistics of few
columns), and commits them.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from newsdata.encodings import SAMPLE, leaf_values, repeat
from newsdata.ledger import STATISTICS
from newsdata.storage import Location

if TYPE_CHECKING:
    import pyarrow.parquet as pq
    from deltalake.transaction import AddAction

#: Rows, and bytes in memory, of one row group in a file of the ledger.
ROW_GROUP = 8192
GROUP_BYTES = 16_000_000


@dataclass(slots=True)
class _Statistics:
    """What Delta's log says of a file, so that a reader may leave it out."""

    rows: int = 0
    least: dict[str, Any] = field(default_factory=dict)
    greatest: dict[str, Any] = field(default_factory=dict)
    nulls: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATISTICS, 0))

    def add(self, table: pa.Table) -> None:
        self.rows += table.num_rows
        for name in STATISTICS:
            column = table.column(name)
            self.nulls[name] += column.null_count
            ends = pc.min_max(column).as_py()
            if ends["min"] is not None:
                self.least[name] = min(ends["min"], self.least.get(name, ends["min"]))
                self.greatest[name] = max(ends["max"], self.greatest.get(name, ends["max"]))

    def text(self) -> str:
        """As JSON, in the form of Delta's protocol."""
        return json.dumps(
            {
                "numRecords": self.rows,
                "minValues": {name: _value(v) for name, v in self.least.items()},
                "maxValues": {name: _value(v) for name, v in self.greatest.items()},
                "nullCount": self.nulls,
            }
        )


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value


def written(
    rows: Iterable[pa.RecordBatch], columns: pa.Schema, ledger: Location, file_size: int
) -> list[AddAction]:
    """Write rows to new files of about ``file_size`` bytes in the folder of the ledger, which
    nobody sees before they are committed. Raises what the rows raise, OSError where there is no
    room, StorageError; the files are then removed."""
    with contextlib.ExitStack() as stack:
        if isinstance(ledger, Path):
            folder = ledger
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="newsdata-")))
        done: list[AddAction] = []
        try:
            for action in _files(rows, columns, folder, file_size):
                done.append(action)
                if not isinstance(ledger, Path):
                    (ledger / action.path).upload(folder / action.path)
                    (folder / action.path).unlink()
        except BaseException:
            for action in done:
                (ledger / action.path).unlink(missing_ok=True)
            raise
        return done


def _files(
    rows: Iterable[pa.RecordBatch], columns: pa.Schema, folder: Path, file_size: int
) -> Iterator[AddAction]:
    """The files one by one, each whole."""
    from deltalake.transaction import AddAction

    groups = _groups(rows, columns)
    group = next(groups, None)
    while group is not None:
        path = folder / f"part-{uuid.uuid4()}.zstd.parquet"
        statistics = _Statistics()
        try:
            with path.open("xb") as out:
                group = _write(group, groups, out, file_size, statistics)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        now = time.time_ns() // 1_000_000
        yield AddAction(path.name, path.stat().st_size, {}, now, True, statistics.text())


def _write(
    first: pa.Table, groups: Iterator[pa.Table], out: Any, size: int, statistics: _Statistics
) -> pa.Table | None:
    """Write row groups until the file has its size; returns the one that comes next. One is
    written while the next is gathered."""
    import pyarrow.parquet as pq

    # Ids, digests and texts do not repeat: a dictionary of them costs time here and where it is
    # read, and fills a megabyte before it is given up.
    told = [path for path, values in leaf_values(first.slice(0, SAMPLE)) if repeat(values)]
    options: dict[str, Any] = {"compression": "zstd", "compression_level": 3}
    options["use_dictionary"] = told
    group = first
    # The thread ends before the file is closed, however this is left.
    with pq.ParquetWriter(out, first.schema, **options) as writer, ThreadPoolExecutor(1) as thread:
        while True:
            statistics.add(group)
            under_way = thread.submit(_write_group, writer, group)
            following = next(groups, None)
            under_way.result()
            if following is None or out.tell() >= size:
                return following
            group = following


def _write_group(writer: pq.ParquetWriter, group: pa.Table) -> None:
    writer.write_table(group, row_group_size=group.num_rows)


def _groups(rows: Iterable[pa.RecordBatch], columns: pa.Schema) -> Iterator[pa.Table]:
    """The rows in portions of at most ROW_GROUP, and of no more than GROUP_BYTES where a batch
    is not larger by itself."""
    waiting: list[pa.RecordBatch] = []
    count = size = 0
    for whole in rows:
        for begin in range(0, whole.num_rows, ROW_GROUP):
            batch = whole.slice(begin, ROW_GROUP)
            full = count + batch.num_rows > ROW_GROUP or size + batch.nbytes > GROUP_BYTES
            if waiting and full:
                yield pa.Table.from_batches(waiting, columns)
                waiting, count, size = [], 0, 0
            waiting.append(batch)
            count, size = count + batch.num_rows, size + batch.nbytes
    if waiting:
        yield pa.Table.from_batches(waiting, columns)
