"""Pure functions over rows as Arrow holds them: their hash, their size, where they differ.

All of them go column by column through the buffers. Making a JSON text of each row first
(:func:`newsdata.schema.canonical_json`) gave the same guarantees at 30 times
the CPU (3 against 87 µs a row).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from newsdata.errors import SchemaError
from newsdata.sizes import lengths_of, numbers_of, offsets_of, per_list, row_bytes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

#: Named in every content hash, so that a change of the rule cannot pass for a change of rows.
HASH_FORMAT = "newsdata rows 1"

#: Above this a table's texts can outgrow the 32-bit offsets of Arrow's strings when rows are
#: put in order, which copies each column into one piece.
WIDE_BYTES = 1_000_000_000

#: Chunks that are smaller on average are hashed in one piece.
SMALL_CHUNK = 250_000

#: Rows that are compared at once.
BLOCK = 20_000


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with exactly the schema's columns, and empty lists for null ones.

    A null list and an empty one are the same thing in a record (``Schema.canonical``), so they
    must be the same bytes in a release. Raises SchemaError where a column is missing or its
    values do not fit.
    """
    import pyarrow as pa

    missing = [name for name in schema.names if name not in table.column_names]
    if missing:
        raise SchemaError(f"the table lacks the columns {', '.join(missing)}")
    table = table.select(schema.names).replace_schema_metadata(None)
    try:
        if table.schema != schema:
            table = table.cast(schema)
    except pa.ArrowException as error:
        raise SchemaError(f"the table does not fit the schema: {error}") from None
    columns = [
        pa.chunked_array([_filled(chunk) for chunk in column.chunks], column.type)
        if pa.types.is_nested(column.type)
        else column
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _filled(array: pa.Array) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    if pa.types.is_struct(array.type):
        children = [_filled(child) for child in array.flatten()]
        return pa.StructArray.from_arrays(
            children, fields=list(array.type), mask=array.is_null() if array.null_count else None
        )
    if pa.types.is_list(array.type):
        if not array.null_count and not pa.types.is_nested(array.type.value_type):
            return array
        values = _filled(array.flatten())
        places = offsets_of(lengths_of(array)).astype(np.int32)
        # Not ``pa.array``, which loads pandas where there is one: a third of a second.
        offsets = pa.Array.from_buffers(pa.int32(), len(places), [None, pa.py_buffer(places)])
        return pa.ListArray.from_arrays(offsets, values, type=array.type)
    return array


def take(table: pa.Table, order: pa.Array) -> pa.Table:
    """The rows with those numbers, in that order and in the same types, of a table of any size."""
    import pyarrow as pa

    if table.nbytes < WIDE_BYTES:
        return table.take(order)
    wide = pa.schema([pa.field(item.name, _wide(item.type)) for item in table.schema])
    # In one piece first: taking from several brings them together again each time.
    whole = table.cast(wide).combine_chunks()
    sizes = row_bytes(whole)[order.to_numpy()]
    parts = [order.slice(a, b - a) for a, b in cut(sizes, WIDE_BYTES)]
    return pa.concat_tables(
        [table.slice(0, 0), *(whole.take(part).cast(table.schema) for part in parts)]
    )


def _wide(kind: pa.DataType) -> pa.DataType:
    """The type with 64-bit offsets wherever it holds texts."""
    import pyarrow as pa

    if pa.types.is_string(kind):
        return pa.large_string()
    if pa.types.is_list(kind):
        return pa.list_(_wide(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(item.name, _wide(item.type)) for item in kind])
    return kind


# -- the content hash ---------------------------------------------------------------------------


def content_hash(schema: pa.Schema, table: pa.Table) -> str:
    """sha256 over the rows in their order, 64 hex digits; see :class:`ContentHash`."""
    hasher = ContentHash(schema)
    hasher.update(conform(table, schema))
    return hasher.hexdigest()


class ContentHash:
    """A hash of rows that is independent of files, of their compression and of batches.

    Every leaf of the schema is up to three streams of bytes over all rows: which values are
    there (one byte each), lengths of texts and lists (int64), and the values (UTF-8; int64
    microseconds, days, numbers; IEEE doubles). Each stream is hashed with sha256, then the
    JSON of ``[HASH_FORMAT, rows, [[path, kind, digest], ...]]`` sorted by path. A null list
    counts as an empty one; the width of an integer does not count.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._rows = 0
        self._streams: dict[tuple[tuple[str, ...], str], Any] = {}
        self.update(schema.empty_table())

    def update(self, rows: pa.Table | pa.RecordBatch) -> None:
        """Add rows; they must have the schema's columns, in any chunking."""
        import pyarrow as pa

        for name in self._schema.names:
            column = rows.column(name)
            chunks = _chunks(column) if isinstance(column, pa.ChunkedArray) else [column]
            # An empty table has a column of no chunks, but its streams must exist.
            for chunk in chunks or [pa.array([], column.type)]:
                for path, kind, data in _streams((name,), chunk):
                    self._stream(path, kind).update(data)
        self._rows += rows.num_rows

    def _stream(self, path: tuple[str, ...], kind: str) -> Any:
        key = (path, kind)
        if key not in self._streams:
            self._streams[key] = hashlib.sha256()
        return self._streams[key]

    def hexdigest(self) -> str:
        """64 hex digits of all rows so far."""
        parts = [[list(path), kind, s.hexdigest()] for (path, kind), s in self._streams.items()]
        return hashlib.sha256(orjson.dumps([HASH_FORMAT, self._rows, sorted(parts)])).hexdigest()


def _chunks(column: pa.ChunkedArray) -> list[pa.Array]:
    """The chunks of a column; small ones are copied together, since each has a price."""
    if column.num_chunks > 1 and column.nbytes < min(SMALL_CHUNK * column.num_chunks, WIDE_BYTES):
        return [column.combine_chunks()]
    return list(column.chunks)


def _streams(path: tuple[str, ...], array: pa.Array) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    """(path, kind of stream, bytes) of one chunk of one column."""
    import pyarrow as pa

    kind = array.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield path, "list", lengths_of(array)
        yield from _streams((*path, "[]"), array.flatten())
        return
    yield path, "present", _present(array)
    if pa.types.is_struct(kind):
        for item, child in zip(kind, array.flatten(), strict=True):
            yield from _streams((*path, item.name), child)
        return
    array = array.drop_null()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        offsets, data = _text_buffers(array)
        yield path, "text", data
        yield path, "length", offsets[1:] - offsets[:-1]
    elif pa.types.is_floating(kind):
        yield path, "number", _doubles(array)
    elif pa.types.is_timestamp(kind):
        yield path, "time", numbers_of(array.cast(pa.timestamp("us", "UTC")))
    elif pa.types.is_date32(kind):
        yield path, "date", numbers_of(array)
    elif pa.types.is_boolean(kind):
        yield path, "boolean", numbers_of(array)
    elif pa.types.is_integer(kind):
        yield path, "integer", numbers_of(array)
    else:
        raise SchemaError(f"{'.'.join(path)}: a release has no columns of type {kind}")


def _present(array: pa.Array) -> np.ndarray[Any, Any]:
    import numpy as np

    if not array.null_count:
        return np.ones(len(array), dtype=np.uint8)
    valid: np.ndarray[Any, Any] = array.is_valid().to_numpy(zero_copy_only=False)
    return valid.astype(np.uint8)


def _text_buffers(array: pa.Array) -> tuple[np.ndarray[Any, Any], Any]:
    """Offsets and the bytes between the first and the last, of texts without nulls."""
    import numpy as np
    import pyarrow as pa

    if not len(array):
        return np.zeros(1, dtype="<i8"), b""
    width = np.int64 if pa.types.is_large_string(array.type) else np.int32
    _, places, data = array.buffers()
    offsets = np.frombuffer(places, dtype=width)[array.offset : array.offset + len(array) + 1]
    offsets = offsets.astype("<i8", copy=False)
    return offsets, memoryview(data)[offsets[0] : offsets[-1]] if data is not None else b""


def _doubles(array: pa.Array) -> np.ndarray[Any, Any]:
    import numpy as np
    import pyarrow as pa

    values: np.ndarray[Any, Any] = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
    # There are many bit patterns of NaN and they all mean the same.
    return np.where(np.isnan(values), np.nan, values).astype("<f8", copy=False)


# -- cutting ----------------------------------------------------------------------------------


def cut(sizes: Sequence[int] | np.ndarray[Any, Any], limit: int) -> list[tuple[int, int]]:
    """Cut a run of rows into parts of at most ``limit`` bytes and at least one row.

    >>> cut([4, 4, 4, 20, 1], 10)
    [(0, 2), (2, 3), (3, 4), (4, 5)]
    """
    import numpy as np

    ends = np.cumsum(np.asarray(sizes, dtype=np.int64))
    parts = []
    start, done = 0, 0
    while start < len(ends):
        stop = max(int(np.searchsorted(ends, done + limit, side="right")), start + 1)
        parts.append((start, stop))
        start, done = stop, int(ends[stop - 1])
    return parts


# -- differences --------------------------------------------------------------------------------


def differing(
    left: pa.Table,
    right: pa.Table,
    rows: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
) -> np.ndarray[Any, Any]:
    """Which pairs of rows (numbers in ``left``, numbers in ``right``) differ: booleans.

    The tables have the same columns. Null and empty lists are the same, as in the content hash.
    One column at a time is brought into one piece, so memory follows the largest column.
    """
    import numpy as np

    different = np.zeros(len(rows[0]), dtype=bool)
    for name in left.column_names:
        one, two = (_piece(table.column(name)) for table in (left, right))
        for start in range(0, len(different), BLOCK):
            part = slice(start, start + BLOCK)
            different[part] |= _differing(one.take(rows[0][part]), two.take(rows[1][part]))
    return different


def differing_rows(left: pa.Array, right: pa.Array) -> np.ndarray[Any, Any]:
    """The numbers of the rows in which two arrays of one type and length differ, as
    :func:`differing` tells it."""
    import numpy as np

    return np.flatnonzero(_differing(left, right))


def _piece(column: pa.ChunkedArray) -> pa.Array:
    return column.cast(_wide(column.type)).combine_chunks()


def _differing(left: pa.Array, right: pa.Array) -> np.ndarray[Any, Any]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_list(left.type):
        lengths = lengths_of(left)
        different: np.ndarray[Any, Any] = lengths != lengths_of(right)
        same = pa.array(~different)
        left, right = left.filter(same), right.filter(same)
        elements = _differing(left.flatten(), right.flatten())
        different[~different] = per_list(left, elements.astype(np.int64)) > 0
        return different
    different = _present(left) != _present(right)
    if pa.types.is_struct(left.type):
        for one, two in zip(left.flatten(), right.flatten(), strict=True):
            different |= _differing(one, two)
        return different
    unequal = pc.fill_null(pc.not_equal(left, right), False)
    result: np.ndarray[Any, Any] = different | unequal.to_numpy(zero_copy_only=False)
    return result
