"""Rows of a release as JSON records: what the record was before it became columns.

Reading such a record back gives the same article: the canonical form, and so the digest, is that
of the row it came from (a test builds an archive from an export and compares content hashes).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from newsdata.schema import Schema

if TYPE_CHECKING:
    import pyarrow as pa

Fix = Callable[[Any], Any]


def records(batch: pa.RecordBatch, schema: Schema) -> Iterator[dict[str, Any]]:
    """The rows of a batch as records with only JSON values.

    Times are ISO 8601 in UTC, but the one that plays the role of the timestamp has the printed
    offset where ``utc_offset`` says it. A list that is null is empty; a null that the schema of
    articles does not allow is left out.
    """
    fixes = {
        item.name: _fix(item.type, schema.properties.get(item.name, {})) for item in batch.schema
    }
    time = schema.roles.get("timestamp", "")
    for row in batch.to_pylist():
        moment = row.get(time)
        if isinstance(moment, datetime):
            row[time] = _local(moment, row.get("utc_offset"))
        fixed = {name: fixes[name](value) for name, value in row.items()}
        yield {n: v for n, v in fixed.items() if v is not None or _nullable(schema, n)}


def named_by_role(record: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """A record whose roles stand under their own names, for schemas that name them otherwise."""
    return {**record, **{role: record.get(name) for role, name in schema.roles.items()}}


def _local(moment: datetime, offset: Any) -> datetime:
    if not isinstance(offset, int):
        return moment
    try:
        return moment.astimezone(timezone(timedelta(minutes=offset)))
    except (OverflowError, ValueError):  # the first and the last day there is
        return moment


def _nullable(schema: Schema, name: str) -> bool:
    return _allows_null(schema.properties.get(name, {}))


def _allows_null(node: Any) -> bool:
    kinds = node.get("type", "null") if isinstance(node, Mapping) else "null"
    return "null" in ([kinds] if isinstance(kinds, str) else kinds)


def _fix(kind: pa.DataType, node: Any) -> Fix:
    import pyarrow as pa

    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        items = node.get("items", {}) if isinstance(node, Mapping) else {}
        return functools.partial(_list, _fix(kind.value_type, items))
    if pa.types.is_struct(kind):
        declared = node.get("properties", {}) if isinstance(node, Mapping) else {}
        parts = {
            item.name: (
                _fix(item.type, declared.get(item.name, {})),
                _allows_null(declared.get(item.name, {})),
            )
            for item in kind
        }
        return functools.partial(_struct, parts)
    return _scalar


def _list(fix: Fix, value: Any) -> list[Any]:
    return [fix(item) for item in value or ()]


def _struct(parts: Mapping[str, tuple[Fix, bool]], value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    fixed = ((name, fix(value[name]), null) for name, (fix, null) in parts.items())
    return {name: item for name, item, null in fixed if null or item is not None}


def _scalar(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value  # a datetime is a date
