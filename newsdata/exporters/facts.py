"""True numbers about the rows of a release, computed from them and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from newsdata.schema import Schema


@dataclass(frozen=True, slots=True)
class Facts:
    """``first`` and ``last`` are UTC days (ISO 8601) or None when no row is dated.

    ``counted`` has, for each of the columns ``source``, ``language`` and ``rubric`` that the
    schema has, its values with their numbers of rows, most frequent first. ``filled`` is the
    number of rows in which a column says something (not null, not empty). ``characters`` are
    those of the texts.
    """

    rows: int
    first: str | None
    last: str | None
    undated: int
    characters: int
    counted: Mapping[str, tuple[tuple[str, int], ...]]
    filled: Mapping[str, int]

    @property
    def languages(self) -> tuple[str, ...]:
        """BCP-47 tags, most frequent first."""
        return tuple(value for value, _ in self.counted.get("language", ()))


COUNTED = ("source", "language", "rubric")


def facts(table: pa.Table, schema: Schema) -> Facts:
    """Count the rows of a table that has the schema's columns."""
    import pyarrow as pa

    days: tuple[str | None, str | None] = (None, None)
    undated = table.num_rows
    name = schema.roles.get("timestamp")
    if name and pa.types.is_timestamp(table.schema.field(name).type):
        days = _days(table.column(name))
        undated = table.column(name).null_count
    return Facts(
        rows=table.num_rows,
        first=days[0],
        last=days[1],
        undated=undated,
        characters=_characters(table, schema),
        counted={n: _counted(table.column(n)) for n in COUNTED if _is_text(table, n)},
        filled={n: int(filled(table.column(n)).sum()) for n in table.column_names},
    )


def filled(column: pa.ChunkedArray) -> Any:
    """Where a column says something: not null, not an empty text, not an empty list."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    says = pc.is_valid(column)
    if pa.types.is_list(column.type):
        says = pc.fill_null(pc.greater(pc.list_value_length(column), 0), False)
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        says = pc.fill_null(pc.greater(pc.binary_length(column), 0), False)
    return np.asarray(says.to_numpy(), dtype=bool)


def _is_text(table: pa.Table, name: str) -> bool:
    import pyarrow as pa

    return name in table.column_names and pa.types.is_string(table.schema.field(name).type)


def _days(column: pa.ChunkedArray) -> tuple[str | None, str | None]:
    import pyarrow.compute as pc

    ends = pc.min_max(column)
    return _day(ends["min"]), _day(ends["max"])


def _day(moment: pa.Scalar) -> str | None:
    # numpy, because Python's own dates end with the year 9999 and begin with 1.
    import numpy as np

    return None if not moment.is_valid else str(np.datetime64(moment.value, "us"))[:-16]


def _characters(table: pa.Table, schema: Schema) -> int:
    import pyarrow.compute as pc

    name = schema.roles.get("text")
    if name is None or not _is_text(table, name):
        return 0
    return pc.sum(pc.utf8_length(table.column(name))).as_py() or 0


def _counted(column: pa.ChunkedArray) -> tuple[tuple[str, int], ...]:
    import pyarrow.compute as pc

    pairs = [(p["values"], p["counts"]) for p in pc.value_counts(column).to_pylist()]
    known = [(value, count) for value, count in pairs if value is not None]
    return tuple(sorted(known, key=lambda pair: (-pair[1], pair[0])))
