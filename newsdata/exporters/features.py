"""Column types in the words of ``datasets`` (for the card's YAML) and of people.

The YAML is what ``datasets.Features._to_yaml_list()`` of datasets 4 and 5 writes (a test
compares them). It is made here from the Arrow schema, so that the bytes of a release do not
depend on the version of ``datasets`` and sealing need not load it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from newsdata.errors import SchemaError

if TYPE_CHECKING:
    import pyarrow as pa

#: Arrow's name of a type -> the name ``datasets`` has for it.
DTYPES = {
    "string": "string",
    "bool": "bool",
    "int16": "int16",
    "int32": "int32",
    "int64": "int64",
    "double": "float64",
    "date32[day]": "date32",
    "timestamp[us, tz=UTC]": "timestamp[us, tz=UTC]",
}


def yaml_features(schema: pa.Schema | pa.StructType) -> list[dict[str, Any]]:
    """``dataset_info.features`` of the columns.

    >>> import pyarrow as pa
    >>> yaml_features(pa.schema({"author": pa.list_(pa.string())}))
    [{'name': 'author', 'list': 'string'}]
    """
    return [{"name": item.name, **_feature(item.type)} for item in schema]


def _feature(kind: pa.DataType) -> dict[str, Any]:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return {"struct": yaml_features(kind)}
    if not pa.types.is_list(kind):
        return {"dtype": _dtype(kind)}
    inner = kind.value_type
    if pa.types.is_struct(inner):
        return {"list": yaml_features(inner)}
    return {"list": _feature(inner) if pa.types.is_list(inner) else _dtype(inner)}


def _dtype(kind: pa.DataType) -> str:
    if str(kind) not in DTYPES:
        raise SchemaError(f"a release has no columns of type {kind}")
    return DTYPES[str(kind)]


def plain_type(kind: pa.DataType) -> str:
    """A short name of a type for a table that people read.

    >>> import pyarrow as pa
    >>> plain_type(pa.list_(pa.struct({"url": pa.string()})))
    'list of {url}'
    """
    import pyarrow as pa

    if pa.types.is_list(kind):
        return f"list of {plain_type(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "{" + ", ".join(item.name for item in kind) + "}"
    if pa.types.is_timestamp(kind):
        return "timestamp, UTC"
    return {"date32[day]": "date", "double": "float64"}.get(str(kind), str(kind))


def breaking(old: Iterable[pa.Field], new: Iterable[pa.Field], path: str = "") -> list[str]:
    """Columns that a reader of the old schema would miss or find of another type."""
    import pyarrow as pa

    names = {item.name: item.type for item in new}
    found = []
    for item in old:
        where = f"{path}{item.name}"
        kind = names.get(item.name)
        before = item.type
        while kind is not None and pa.types.is_list(before) and pa.types.is_list(kind):
            before, kind, where = before.value_type, kind.value_type, f"{where}[]"
        if kind is None:
            found.append(f"{where} is gone")
        elif pa.types.is_struct(before) and pa.types.is_struct(kind):
            found += breaking(before, kind, f"{where}.")
        elif before != kind:
            found.append(f"{where} is {kind}, was {before}")
    return found
