"""Which rows and columns of a release are read: its files in their order, and conditions.

Conditions are written as pandas and ``datasets`` write them, ``[("rubric", "==", "Politics")]``:
a list of conditions that all hold, or a list of such lists of which one holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from newsdata.errors import ReleaseError, UsageError
from newsdata.exporters.names import ARTICLES
from newsdata.exporters.sealed import read_manifest

if TYPE_CHECKING:
    import pyarrow as pa

OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in", "not in")

Condition: TypeAlias = tuple[str, str, Any]
Filters: TypeAlias = Sequence[Condition] | Sequence[Sequence[Condition]]


@dataclass(frozen=True, slots=True)
class Part:
    """Some splits of one config of a release: its files in the order of their rows."""

    directory: Path
    config: str
    names: tuple[str, ...]
    schema: pa.Schema

    @property
    def paths(self) -> list[str]:
        """The files as absolute paths."""
        return [str(self.directory.resolve() / name) for name in self.names]


def choose_config(directory: Path, config: str | None = None) -> tuple[str, dict[str, Any]]:
    """A config by its name, or the default one, with what the manifest says of it."""
    configs = read_manifest(directory)["configs"]
    name = config or next((n for n, c in configs.items() if c.get("default")), ARTICLES)
    known("config", [name], configs)
    return name, configs[name]


def choose(directory: Path, config: str | None = None, split: str | None = None) -> Part:
    """The files of a config: of one split, of several (``train+test``), or of all of them.

    Raises UsageError for an unknown config or split, ReleaseError where a file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    name, found = choose_config(directory, config)
    splits = found["splits"]
    chosen = list(splits) if split is None else [part.strip() for part in split.split("+")]
    known("split", chosen, splits)
    names = [file for one in chosen for file in splits[one]["files"]]
    first = next((file for one in splits.values() for file in one["files"]), None)
    if first is None:
        raise ReleaseError(f"{directory}: config {name!r} has no files")
    try:
        schema = pq.read_schema(directory / first)
    except (pa.ArrowException, OSError) as error:
        raise ReleaseError(f"{directory / first}: cannot be read: {error}") from error
    return Part(directory, name, tuple(names), schema)


def known(what: str, names: Iterable[str], there: Iterable[str]) -> None:
    """Raise UsageError for the first name that is not there, with those that are."""
    for name in names:
        if name not in there:
            raise UsageError(f"unknown {what} {name!r}; this release has {', '.join(there)}")


def check_columns(columns: Sequence[str] | None, there: Iterable[str]) -> None:
    """Raise UsageError for what are no names of columns, each once."""
    if columns is None:
        return
    if isinstance(columns, str) or not columns or len(set(columns)) < len(columns):
        raise UsageError(f"columns: found {columns!r}, expected a list of names, each once")
    known("column", columns, there)


def conditions(filters: Filters | None, schema: pa.Schema) -> list[list[Condition]] | None:
    """Filters as a list of lists of conditions, times and days read where a column has them.

    A time without a zone is UTC. Raises UsageError for what is no condition.

    >>> import pyarrow as pa
    >>> conditions([("day", ">=", "2023-06-01")], pa.schema({"day": pa.date32()}))
    [[('day', '>=', datetime.date(2023, 6, 1))]]
    """
    if not filters:
        return None
    nested = all(isinstance(item, list) for item in filters)
    groups: Any = filters if nested else [filters]
    if not all(groups):
        raise UsageError("filters: found an empty list, expected conditions that all hold")
    return [[_condition(item, schema) for item in group] for group in groups]


def _condition(item: Any, schema: pa.Schema) -> Condition:
    if not isinstance(item, tuple) or len(item) != 3:
        raise UsageError(f"filters: found {item!r}, expected (COLUMN, OPERATOR, VALUE)")
    name, operator, value = item
    known("column", [name], schema.names)
    if operator not in OPERATORS:
        raise UsageError(f"filters: found {operator!r}, expected one of {', '.join(OPERATORS)}")
    kind = schema.field(name).type
    try:
        if operator in ("in", "not in"):
            if isinstance(value, str):
                raise UsageError(f"filters: {name}: found {value!r}, expected a list of values")
            # A null meets no condition, so it is equal to nothing in the list either.
            return name, operator, [_value(one, kind) for one in value if one is not None]
        return name, operator, _value(value, kind)
    except (ValueError, TypeError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"filters: {name}: found {value!r}: {error}") from None


def _value(value: Any, kind: pa.DataType) -> Any:
    """A value in the type of its column, so that every library compares the same things."""
    import pyarrow as pa

    if pa.types.is_nested(kind):
        raise UsageError(f"filters: columns of {kind} cannot be compared")
    if pa.types.is_timestamp(kind):
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if pa.types.is_date(kind) and isinstance(value, str):
        return date.fromisoformat(value)
    if pa.types.is_date(kind) and isinstance(value, datetime):
        raise UsageError(f"filters: found {value!r}, expected a day: the column has no times")
    pa.scalar(value, kind)  # a text for a number raises here, not deep in a reader
    return value
