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
    """A record as an article: what plays a role stands under its name, a number that is an id is
    its digits, one author a list of one. A field of another schema that has only the name of an
    article's field, and not its shape, is left out: a format would make nonsense of it.
    """
    named = {**record, **{role: record.get(name) for role, name in schema.roles.items()}}
    if isinstance(named.get("id"), int):
        named["id"] = str(named["id"])
    return {name: fitting(named.get(name), shape) for name, shape in _ARTICLE.items()}


#: What the formats of articles read: ``str``, ``bool``, a list of a shape, or an object of shapes.
_ARTICLE: dict[str, Any] = {
    **dict.fromkeys(
        (
            "id", "url", "source", "title", "lead", "text", "timestamp", "timestamp_precision",
            "local_date", "modified", "embargoed_until", "agency", "rubric", "rubric_slug",
            "topic", "language", "status",
        ),
        str,
    ),
    **{key: [str] for key in ("alt_ids", "author", "photographer", "tags", "people")},
    "dateline": {"raw": str, "places": [str]},
    "images": [
        {"url": str, "caption": str, "credit": str, "photographer": [str], "agency": str}
    ],
    "rights": {
        "license": str, "copyright_notice": str, "usage_terms": str, "free_to_read": bool,
    },
}  # fmt: skip


def fitting(value: Any, shape: Any) -> Any:
    """What of a value has a shape: of a list those items that have it, a text alone as a list of
    one, None where nothing has.

    >>> fitting(["a", 1, None], [str]), fitting("a", [str]), fitting(1, str)
    (['a'], ['a'], None)
    """
    if isinstance(shape, type):
        return value if isinstance(value, shape) else None
    if isinstance(shape, dict):
        if not isinstance(value, Mapping):
            return None
        return {name: fitting(value.get(name), inner) for name, inner in shape.items()}
    items = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    found = (fitting(item, shape[0]) for item in items)
    return [item for item in found if item is not None]


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
