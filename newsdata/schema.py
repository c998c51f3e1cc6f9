"""A JSON Schema document in; a validator, Arrow columns and a canonical form out.

The document is the single source of truth (``schemas/article.schema.json`` for articles): the
validator, the Arrow schema, ``datasets.Features`` and the digest of a record are derived here.

What can become a column: strings (``date-time`` as ``timestamp[us, UTC]``, ``date`` as
``date32``), integers (the smallest of int16, int32, int64 that holds ``minimum`` and
``maximum``), numbers, booleans, arrays, objects with declared properties (structs), any of them
or null. An object without declared properties becomes JSON text. No map and no dictionary type:
``datasets`` refuses the first and turns the second into strings (measured with datasets 5).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from newsdata.canonical import Fit, fitter
from newsdata.errors import SchemaError
from newsdata.records import Fault

if TYPE_CHECKING:
    import datasets
    import jsonschema_rs
    import pyarrow as pa

#: Roles that ``x-newsdata`` may give to a property, so that other records work like articles.
ROLES = ("id", "title", "text", "timestamp", "url")

#: JSON Schema keyword -> reason code; every other keyword is ``bad-value``.
KEYWORD_CODES = {
    "required": "missing-field",
    "additionalProperties": "unknown-field",
    "unevaluatedProperties": "unknown-field",
    "type": "wrong-type",
    "format": "bad-format",
}


@dataclass(frozen=True)
class Schema:
    """A checked JSON Schema document (``parse_schema`` makes one).

    ``roles`` maps a role to the property that plays it. The validator and the Arrow schema are
    made when first asked for, so that validating one record loads no Arrow.
    """

    document: Mapping[str, Any]
    name: str
    roles: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def validator(self) -> jsonschema_rs.Validator:
        """The compiled validator, for the draft that the document names."""
        import jsonschema_rs

        try:
            make = jsonschema_rs.validator_cls_for(dict(self.document))
            return make(dict(self.document), validate_formats=True, offline=True)
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise SchemaError(f"{self.name}: {_first_line(error)}") from None

    @property
    def version(self) -> str | None:
        """``x-newsdata-version`` of the document, named in releases."""
        return self.document.get("x-newsdata-version")

    @property
    def properties(self) -> Mapping[str, Any]:
        """The declared properties, in their order."""
        declared: Mapping[str, Any] = self.document.get("properties", {})
        return declared

    def faults(self, record: Any) -> Iterator[Fault]:
        """Everything that is wrong with a parsed record, in the order of the validator.

        >>> schema = parse_schema({"type": "object", "required": ["id"]}, "demo")
        >>> [(fault.code, fault.pointer) for fault in schema.faults({})]
        [('missing-field', '/id')]
        """
        if self.validator.is_valid(record):
            return
        for error in self.validator.iter_errors(record):
            yield self._fault(error)

    def _fault(self, error: Any) -> Fault:
        path = [*error.instance_path]
        keyword = error.kind.name
        keyword = str(error.schema_path[-1]) if error.schema_path else str(keyword)
        if keyword == "required":
            path.append(error.kind.property)
        code = KEYWORD_CODES.get(keyword, "bad-value")
        if keyword in ("minLength", "pattern") and len(path) == 1:
            code = self._empty_code(path[0], error.instance) or code
        if keyword == "required" and len(path) == 1 and path[0] in self._emptiable:
            code = self._emptiable[path[0]]
        if keyword == "type" and len(path) == 1 and error.instance is None:
            code = self._emptiable.get(path[0], code)
        return Fault(code, _message(error, keyword), pointer(path), keyword)

    @cached_property
    def _emptiable(self) -> dict[str, str]:
        """Property -> the reason code of its absence, for the two that have one of their own."""
        return {self.roles[r]: f"empty-{r}" for r in ("title", "text") if r in self.roles}

    def _empty_code(self, name: Any, value: Any) -> str | None:
        return self._emptiable.get(name) if not str(value).strip() else None

    # -- columns ------------------------------------------------------------------------------

    @cached_property
    def arrow(self) -> pa.Schema:
        """One column for each property, in the document's order, every one nullable."""
        import pyarrow as pa

        return pa.schema(_Columns(self.document, self.name).fields(self.document))

    @property
    def struct(self) -> pa.DataType:
        """The same columns as one struct type: the ``record`` column of the ledger."""
        import pyarrow as pa

        return pa.struct(list(self.arrow))

    @cached_property
    def features(self) -> datasets.Features:
        """The same columns for ``datasets``."""
        from datasets import Features

        return Features.from_arrow_schema(self.arrow)

    def to_arrow(self, records: Iterable[Mapping[str, Any]]) -> pa.StructArray:
        """Canonical records as one struct array.

        Raises ``pyarrow.ArrowException`` (or OverflowError, ValueError) where a value is valid
        but does not fit its column: a leap second, an integer beyond 64 bits.
        """
        import pyarrow as pa

        return _read_times(pa.array(list(records), _times_as_text(self.struct)), self.struct)

    # -- the canonical form -------------------------------------------------------------------

    @cached_property
    def _fit(self) -> Fit:
        return fitter(self.struct)

    def canonical(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The record as columns hold it: every declared field, times in UTC, nothing else.

        Two JSON texts have equal canonical records exactly when a release prints the same row
        for both. A record read back from Arrow gives the same canonical record.
        """
        canonical: dict[str, Any] = self._fit(record)
        return canonical


def digest(canonical: Mapping[str, Any]) -> str:
    """128-bit digest of a canonical record, 32 hex digits: the identity of a version.

    >>> digest({"id": "a"}) == digest({"id": "a"}) != digest({"id": "b"})
    True
    """
    return hashlib.blake2b(canonical_json(canonical), digest_size=16).hexdigest()


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, UTF-8."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def parse_schema(document: Any, name: str) -> Schema:
    """Check a parsed schema document; ``name`` stands in error messages.

    Raises SchemaError where it is no JSON Schema, or an ``x-newsdata`` role is unknown or taken.
    """
    if not isinstance(document, dict):
        raise SchemaError(f"{name}: found {type(document).__name__}, expected a JSON object")
    roles: dict[str, str] = {}
    properties = document.get("properties", {})
    for key, sub in properties.items() if isinstance(properties, dict) else ():
        role = sub.get("x-newsdata") if isinstance(sub, dict) else None
        if role is None:
            continue
        if role not in ROLES:
            raise SchemaError(
                f"{name}: /properties/{key}/x-newsdata: found {role!r}, "
                f"expected one of {', '.join(ROLES)}"
            )
        if role in roles:
            raise SchemaError(
                f"{name}: the role {role!r} is given to {roles[role]!r} and to {key!r}"
            )
        roles[role] = key
    schema = Schema(document, name, roles)
    _ = schema.validator
    return schema


def pointer(path: Iterable[str | int]) -> str:
    """JSON Pointer (RFC 6901) of a path.

    >>> pointer(["images", 0, "a/b"])
    '/images/0/a~1b'
    """
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in path)


def _message(error: Any, keyword: str) -> str:
    """What was found and what was expected, in words; at most 500 characters."""
    found = json.dumps(error.instance, ensure_ascii=False, default=str)
    found = found if len(found) <= 120 else found[:117] + "..."
    told = error.kind.as_dict() if hasattr(error.kind, "as_dict") else {}
    if keyword == "required":
        text = f"found no {error.kind.property!r}, expected it in the object"
    elif keyword == "type" and "types" in told:
        text = f"found {found}, expected {' or '.join(told['types'])}"
    elif keyword == "format" and "format" in told:
        text = f"found {found}, expected a {told['format']}"
    elif keyword in ("minLength", "pattern") and not str(error.instance).strip():
        text = f"found {found}, expected some text"
    else:
        text = f"found {found}: {error.message}"
    return text if len(text) <= 500 else text[:497] + "..."


def _first_line(error: Exception) -> str:
    return str(error).split("\n\nFailed", 1)[0].replace("\n", " ")


class _Columns:
    """JSON Schema -> Arrow types for one document."""

    def __init__(self, document: Mapping[str, Any], name: str) -> None:
        self.root = document
        self.name = name

    def fields(self, node: Mapping[str, Any], where: str = "") -> list[pa.Field]:
        import pyarrow as pa

        properties = node.get("properties")
        if not properties:
            raise SchemaError(f"{self.name}: {where or '/'}: no properties to make columns of")
        return [
            pa.field(key, self.type_of(sub, f"{where}/properties/{key}"))
            for key, sub in properties.items()
        ]

    def type_of(self, node: Any, where: str, seen: tuple[str, ...] = ()) -> pa.DataType:
        import pyarrow as pa

        if node is True or node == {}:
            return pa.string()
        node, seen = self._resolve(node, where, seen)
        for keyword in ("anyOf", "oneOf"):
            if keyword in node:
                return self._alternatives(node[keyword], f"{where}/{keyword}", seen)
        kind = self._kind(node, where)
        if kind == "array":
            return pa.list_(self.type_of(node.get("items", {}), f"{where}/items", seen))
        if kind == "object":
            if node.get("properties"):
                return pa.struct(
                    [
                        pa.field(k, self.type_of(v, f"{where}/properties/{k}", seen))
                        for k, v in node["properties"].items()
                    ]
                )
            return pa.string()
        if kind == "integer":
            return _integer_type(node)
        if kind == "string":
            formats = {"date-time": pa.timestamp("us", "UTC"), "date": pa.date32()}
            return formats.get(node.get("format"), pa.string())
        return {"number": pa.float64(), "boolean": pa.bool_(), "null": pa.string()}[kind]

    def _resolve(
        self, node: Any, where: str, seen: tuple[str, ...]
    ) -> tuple[Any, tuple[str, ...]]:
        while isinstance(node, dict) and "$ref" in node:
            ref = node["$ref"]
            if not ref.startswith("#/"):
                raise SchemaError(
                    f"{self.name}: {where}: columns need a local $ref, found {ref!r}"
                )
            if ref in seen:
                raise SchemaError(f"{self.name}: {where}: {ref!r} refers to itself; no column can")
            seen = (*seen, ref)
            target: Any = self.root
            for key in ref[2:].split("/"):
                target = target[key.replace("~1", "/").replace("~0", "~")]
            node = {**target, **{k: v for k, v in node.items() if k != "$ref"}}
        return node, seen

    def _alternatives(self, nodes: Any, where: str, seen: tuple[str, ...]) -> pa.DataType:
        real = [n for n in nodes if n != {"type": "null"}]
        types = {str(t): t for t in (self.type_of(n, where, seen) for n in real)}
        if len(types) != 1:
            raise SchemaError(f"{self.name}: {where}: one column cannot hold {', '.join(types)}")
        return next(iter(types.values()))

    def _kind(self, node: Mapping[str, Any], where: str) -> str:
        kinds = node.get("type")
        if kinds is None:
            values = node.get("enum", [node["const"]] if "const" in node else [])
            kinds = sorted({_json_type(v) for v in values})
        kinds = [kinds] if isinstance(kinds, str) else list(kinds)
        kinds = [k for k in kinds if k != "null"] or (["null"] if kinds else [])
        if set(kinds) == {"integer", "number"}:
            kinds = ["number"]
        if len(kinds) != 1:
            found = " or ".join(kinds) or "no type"
            raise SchemaError(
                f"{self.name}: {where}: found {found}, expected one type for a column"
            )
        return str(kinds[0])


def _integer_type(node: Mapping[str, Any]) -> pa.DataType:
    import pyarrow as pa

    low, high = node.get("minimum"), node.get("maximum")
    if low is None or high is None:
        return pa.int64()
    for bits, kind in ((15, pa.int16()), (31, pa.int32())):
        if -(2**bits) <= low and high < 2**bits:
            return kind
    return pa.int64()


def _json_type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return "null" if value is None else names.get(type(value), "object")


def _times_as_text(kind: pa.DataType) -> pa.DataType:
    """The type with its times and dates as strings: what JSON holds, one cast away."""
    import pyarrow as pa

    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_times_as_text(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, _times_as_text(f.type)) for f in kind])
    return kind


def _read_times(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Undo :func:`_times_as_text`. Arrow's own cast of a struct reads the empty strings that
    stand below a null struct and fails; so children are taken with their parents' nulls."""
    import pyarrow as pa

    if array.type == kind:
        return array
    if pa.types.is_struct(kind):
        children = [_read_times(a, f.type) for a, f in zip(array.flatten(), kind, strict=True)]
        return pa.StructArray.from_arrays(children, fields=list(kind), mask=array.is_null())
    if pa.types.is_list(kind):
        values = _read_times(array.values, kind.value_type)
        return pa.ListArray.from_arrays(array.offsets, values, type=kind, mask=array.is_null())
    return array.cast(kind)
