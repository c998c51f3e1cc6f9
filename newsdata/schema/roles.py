"""What an archive asks of a schema: an id, and columns that can play the roles. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from newsdata.errors import SchemaError
from newsdata.schema import Schema
from newsdata.schema.bundling import ALONE, draft_of, pointer

if TYPE_CHECKING:
    import pyarrow as pa

#: Name of the property that is added where no property has the role ``id``.
OWN_ID = "newsdata_id"

_TIME = "timestamp[us, tz=UTC]"
_MADE_ID = {
    "description": "made by newsdata: no property of the schema is the id of a record",
    "type": "string",
    "x-newsdata": "id",
}


def for_archive(schema: Schema) -> Schema:
    """The schema that an archive of such records keeps: with an id, and with fitting roles.

    A schema whose records have no id gets the property :data:`OWN_ID` for the one that is made
    of their bytes. Raises SchemaError, with the place, where a property cannot become a column
    or cannot play its role.
    """
    for role, name in schema.roles.items():
        kind = schema.arrow.field(name).type
        if not _plays(role, kind):
            raise SchemaError(
                f"{schema.name}: {pointer(['properties', name])}: found the role {role!r} for "
                f"values stored as {kind}, expected {EXPECTED.get(role, 'a string')}"
            )
    _check_names(schema)
    return schema if "id" in schema.roles else _with_id(schema)


def _plays(role: str, kind: pa.DataType) -> bool:
    name = str(kind)
    if role == "id":
        return name in ("string", "int16", "int32", "int64")
    if role == "timestamp":
        return name in (_TIME, "date32[day]")
    if role in ("modified", "embargoed_until"):
        return name == _TIME
    if role == "provenance":
        return "sha256: string" in name and "extractor_version: int16" in name
    if role in ("author", "photographer") and name.startswith("list<"):
        return name.endswith(": string>")
    return name == "string"


#: Role -> what its values must be; every other one is played by strings.
EXPECTED = {
    "id": "a string or an integer",
    "timestamp": "a string with the format date-time or date",
    "modified": "a string with the format date-time",
    "embargoed_until": "a string with the format date-time",
    "provenance": "the provenance that newsdata makes",
    "author": "a string or an array of strings",
    "photographer": "a string or an array of strings",
}


def _check_names(schema: Schema) -> None:
    """Two names that differ in their case alone are one column for many readers of Parquet."""
    seen: dict[str, str] = {}
    for name in schema.arrow.names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise SchemaError(
                f"{schema.name}: {pointer(['properties', name])}: found a name that differs from "
                f"{other!r} in its case alone, expected columns that can be told apart"
            )


def _with_id(schema: Schema) -> Schema:
    name = OWN_ID
    while name in schema.arrow.names:
        name += "_"
    document = dict(schema.document)
    if draft_of(document) in ALONE and "$ref" in document:  # beside it a property is ignored
        document["allOf"] = [{"$ref": document.pop("$ref")}, *document.get("allOf", [])]
    properties = {name: dict(_MADE_ID), **document.get("properties", {})}
    made = {**document, "properties": properties}
    return replace(schema, document=made, roles={"id": name, **schema.roles})
