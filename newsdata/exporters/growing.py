"""One Parquet file that grows row group by row group, whatever the batches it comes in.

Where a row group ends follows from the rows alone, so the same rows give the same bytes however
they were cut and by how many processes they were made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from newsdata.encodings import leaf_values, repeat, short
from newsdata.exporters.parquet import ROW_GROUP_BYTES
from newsdata.sizes import all_bytes, row_bytes

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

#: Rows of a row group at most, where rows are tiny.
MOST_ROWS = 100_000
#: Level 1: a quarter less CPU than 3, and 3 % more bytes (100,000 articles of 3 kB).
ZSTD_LEVEL = 1


class GrowingParquet:
    """Rows on their way into a Parquet file; ``rows`` of them so far.

    Texts that hardly repeat in the first row group get no dictionary: trying costs a tenth of the
    time of writing, and a begun dictionary is larger than the texts. Prose gets no statistics: the
    first and last text of every page would wait in memory for the end of the file.
    """

    def __init__(self, stream: IO[bytes], schema: pa.Schema) -> None:
        self.rows = 0
        self._stream = stream
        self._schema = schema
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self._bytes = self._count = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """More rows, with the columns of the file; those that fill a row group are written."""
        import numpy as np
        import pyarrow as pa

        table = pa.Table.from_batches([batch])
        self.rows += table.num_rows
        size = all_bytes(table)
        if self._bytes + size < ROW_GROUP_BYTES and self._count + table.num_rows < MOST_ROWS:
            self._take(table, size)
            return
        ends = np.cumsum(row_bytes(table))
        done = 0
        while done < table.num_rows:
            before = int(ends[done - 1]) if done else 0
            # The row with which the row group is full belongs to it.
            full = int(np.searchsorted(ends, before + ROW_GROUP_BYTES - self._bytes)) + 1
            stop = min(full, done + MOST_ROWS - self._count, table.num_rows)
            self._take(table.slice(done, stop - done), int(ends[stop - 1]) - before)
            done = stop
            if self._bytes >= ROW_GROUP_BYTES or self._count == MOST_ROWS:
                self.flush()

    def _take(self, table: pa.Table, size: int) -> None:
        if table.num_rows:
            self._waiting.append(table)
            self._bytes += size
            self._count += table.num_rows

    def flush(self) -> None:
        """Write what waits as one row group."""
        import pyarrow as pa

        if self._waiting:
            # One chunk for each column: the encoder starts pages anew at a chunk's border.
            table = pa.concat_tables(self._waiting).combine_chunks()
            self._opened(table).write_table(table)
            self._waiting, self._bytes, self._count = [], 0, 0

    def close(self) -> None:
        """Write what waits and the end of the file."""
        self.flush()
        self._opened(None).close()

    def _opened(self, first: pa.Table | None) -> pq.ParquetWriter:
        import pyarrow.parquet as pq

        if self._writer is None:
            leaves = None if first is None else [*leaf_values(first)]
            self._writer = pq.ParquetWriter(
                self._stream,
                self._schema,
                compression="zstd",
                compression_level=ZSTD_LEVEL,
                write_page_index=True,
                use_dictionary=leaves is None or [p for p, values in leaves if repeat(values)],
                write_statistics=leaves is None or [p for p, values in leaves if short(values)],
            )
        return self._writer


@contextmanager
def growing_parquet(stream: IO[bytes], schema: pa.Schema) -> Iterator[GrowingParquet]:
    """A Parquet file with these columns, written to ``stream``; whole when the context ends.

    Where it ends with an error nothing more is written, and the file is not readable.
    """
    growing = GrowingParquet(stream, schema)
    yield growing
    growing.close()
