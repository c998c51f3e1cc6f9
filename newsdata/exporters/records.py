"""Records of any shape as JSON Lines or as one Parquet file, a portion at a time.

A portion is what :class:`newsdata.sources.again.Places` hands on: bytes of JSON records, or rows
of a Parquet file. JSON Lines keep the bytes of a record; Parquet keeps the columns of a Parquet
input, and takes those of JSON records from all their values.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

import orjson

from newsdata.errors import UsageError
from newsdata.exporters.parquet import ROW_GROUP_BYTES, ZSTD_LEVEL
from newsdata.records import Fault
from newsdata.sources.again import Int64s, Places, Portion
from newsdata.sources.tables import rows_of
from newsdata.validation import parse_json

if TYPE_CHECKING:
    import pyarrow as pa


def canonical_bytes(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, also of what only Python and Parquet hold.

    >>> canonical_bytes({"b": 2**70, "a": b"x"})
    b'{"a":"eA==","b":1180591620717411303424}'
    """
    try:
        return orjson.dumps(value, _plain, orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits
        text = json.dumps(
            value, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        return text.encode("utf-8", "surrogatepass")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def records_of(portion: Portion) -> Iterator[dict[str, Any]]:
    """The records of a portion; all of them were read once without a fault."""
    if isinstance(portion, list):
        for content in portion:
            yield parse_json(content)[0]
    else:
        for row in rows_of(portion):
            yield {} if isinstance(row, Fault) else row


def write_lines(stream: IO[bytes], portions: Iterable[Portion]) -> None:
    """One line for each record; JSON that stood on one line is written byte for byte."""
    for portion in portions:
        if isinstance(portion, list):
            lines = [c if b"\n" not in c else _line(parse_json(c)[0]) for c in portion]
        else:
            lines = [_line(record) for record in records_of(portion)]
        stream.write(b"".join(line + b"\n" for line in lines))


def _line(record: Any) -> bytes:
    try:
        return orjson.dumps(record, _plain)
    except TypeError:
        return json.dumps(record, default=_plain, ensure_ascii=False).encode()


def write_json(stream: IO[bytes], values: Iterable[Any]) -> int:
    """One line for each value; returns how many."""
    count = 0
    for value in values:
        stream.write(_line(value) + b"\n")
        count += 1
    return count


def write_parquet(stream: IO[bytes], places: Places, rows: Int64s) -> None:
    """The records at ``rows`` as one Parquet file.

    Raises UsageError where one field has values of several types, which one column cannot hold.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _common_schema(places, rows)
    pending: list[pa.RecordBatch] = []
    size = 0
    try:
        opened = pq.ParquetWriter(
            stream,
            schema,
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            use_content_defined_chunking=True,
        )
    except pa.ArrowNotImplementedError as error:  # an object that is empty in every record
        raise _mixed(error) from None
    with opened as writer:
        for portion in places.take(rows):
            batch = _fitted(portion, schema)
            pending.append(batch)
            size += batch.nbytes
            if size >= ROW_GROUP_BYTES:
                writer.write_table(pa.Table.from_batches(pending, schema).combine_chunks())
                pending, size = [], 0
        if pending:
            writer.write_table(pa.Table.from_batches(pending, schema).combine_chunks())


def _common_schema(places: Places, rows: Int64s) -> pa.Schema:
    import pyarrow as pa

    schema = pa.schema([])
    found = (_inferred(portion) for portion in places.take(rows, tables=False))
    for other in (*places.schemas(), *found):
        try:
            schema = pa.unify_schemas([schema, other], promote_options="permissive")
        except pa.ArrowException as error:
            raise _mixed(error) from None
        schema = schema.with_metadata(schema.metadata or other.metadata)
    return schema


def _inferred(portion: Portion) -> pa.Schema:
    import pyarrow as pa

    records = list(records_of(portion))
    names = dict.fromkeys(name for record in records for name in record)
    fields = []
    for name in names:
        try:
            fields.append(pa.field(name, pa.array([r.get(name) for r in records]).type))
        except (pa.ArrowException, OverflowError) as error:
            raise _mixed(f"field {name!r}: {error}") from None
    return pa.schema(fields)


def _fitted(portion: Portion, schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    try:
        if isinstance(portion, list):
            records = list(records_of(portion))
            columns = [pa.array([r.get(f.name) for r in records], f.type) for f in schema]
        else:
            count, names = portion.num_rows, portion.schema.names
            columns = [
                portion.column(f.name).cast(f.type) if f.name in names else pa.nulls(count, f.type)
                for f in schema
            ]
    except (pa.ArrowException, OverflowError, TypeError) as error:
        raise _mixed(error) from None
    return pa.record_batch(columns, schema=schema)


def _mixed(error: object) -> UsageError:
    text = str(error).partition("\n")[0]
    return UsageError(f"{text}; Parquet has one type for each column: write JSON Lines instead")
