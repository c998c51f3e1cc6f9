"""The valid records of a chunk as columns: straight from their text where that gives the same.

Arrow's own reader of JSON makes columns of texts at a fraction of the cost of going through Python
values and their canonical form. It refuses what it would have to convert (1.0 for an integer, an
object for a column of text), so what it reads, it reads as ``Schema.canonical`` does once null
lists are made empty; a test compares both. Where it refuses, the records go the long way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from newsdata.errors import NewsdataError
from newsdata.limits import Limits
from newsdata.records import Fault
from newsdata.schema import Schema
from newsdata.validation import parse_json

if TYPE_CHECKING:
    import pyarrow as pa

#: Valid records that become columns together, the long way: one that fits no column has all of
#: its group tried one by one.
GROUP = 1000
#: From here on not every integer is a double: Arrow's reader would round what has to be refused.
_EXACT = 2.0**53


class Columns:
    """Valid records gathered into Arrow batches, with their bytes and places until then.

    ``batches`` are those that are made. ``unheld`` counts the records that have a field for which
    there is no column, one of ``names``.
    """

    def __init__(self, schema: Schema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self.names = frozenset(schema.arrow.names)
        self._waiting: list[tuple[bytes, Any]] = []
        self.batches: list[pa.RecordBatch] = []
        self.unheld: Counter[str] = Counter()

    def note(self, record: Mapping[str, Any]) -> None:
        """Count the fields of a record that have no column."""
        if not self.names.issuperset(record):
            self.unheld.update(record.keys() - self.names)

    def add(self, content: bytes, place: Any) -> None:
        """Take a valid record that was noted: its text, and where it stands."""
        self._waiting.append((content, place))

    def add_rows(self, rows: pa.StructArray) -> bool:
        """Take rows of valid records that Arrow read, none waiting before them; whether their
        columns are for certain those of the canonical records, else they must be added one by
        one."""
        if not len(rows):
            return True
        batch = read_rows(rows, self._schema)
        if batch is not None:
            self.batches.append(batch)
        return batch is not None

    def flush(self) -> Iterator[tuple[bytes, Any, Fault | None]]:
        """Make batches of what waits; each record again, with a fault if no column holds it."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        batch = read_columns([content for content, _ in waiting], self._schema)
        if batch is not None:
            self.batches.append(batch)
            for content, place in waiting:
                yield content, place, None
            return
        for at in range(0, len(waiting), GROUP):
            group = waiting[at : at + GROUP]
            batch, misfits = self._fit([content for content, _ in group])
            self.batches.append(batch)
            for number, (content, place) in enumerate(group):
                yield content, place, misfits.get(number)

    def _fit(self, contents: Sequence[bytes]) -> tuple[pa.RecordBatch, dict[int, Fault]]:
        """The columns of canonical records, and those that no column holds."""
        import pyarrow as pa

        from newsdata.ledger import fit_records

        records = [parse_json(content, self._limits)[0] for content in contents]
        fitted, misfits = fit_records([*map(self._schema.canonical, records)], self._schema)
        return pa.RecordBatch.from_struct_array(fitted), misfits


def read_columns(contents: Sequence[bytes], schema: Schema) -> pa.RecordBatch | None:
    """Valid records as columns, straight from their texts; None where that could differ from the
    columns of their canonical form."""
    import pyarrow as pa

    try:
        table = schema.read_texts(b"\n".join(contents), unknown="ignore")
    except pa.ArrowException:
        return None
    if table.num_rows != len(contents):
        return None
    (batch,) = table.combine_chunks().to_batches()
    return read_rows(batch.to_struct_array(), schema)


def read_rows(rows: pa.StructArray, schema: Schema) -> pa.RecordBatch | None:
    """Valid records that Arrow read, with times as text, as the schema's columns; None where
    those could differ from the columns of their canonical form."""
    import pyarrow as pa

    from newsdata.exporters.rows import conform
    from newsdata.ledger import check_times

    try:
        table = conform(pa.Table.from_batches([schema.read_times(rows)]), schema.arrow)
        for column in table.columns:
            for chunk in column.chunks:
                check_times(chunk)
                _check_doubles(chunk)
    except (pa.ArrowException, NewsdataError, ValueError):
        return None
    (batch,) = table.combine_chunks().to_batches()
    return batch


def _check_doubles(array: pa.Array) -> None:
    """Raise ValueError where a double in the array, however deep, may be a rounded integer."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_struct(array.type):
        for child in array.flatten():
            _check_doubles(child)
    elif pa.types.is_list(array.type):
        _check_doubles(array.flatten())
    elif pa.types.is_floating(array.type):
        largest = pc.max(pc.abs(array)).as_py()
        if largest is not None and largest >= _EXACT:
            raise ValueError("an integer may have been rounded")
