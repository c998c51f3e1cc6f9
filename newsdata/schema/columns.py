"""JSON Schema -> Arrow columns, over ``$ref``, ``allOf`` and nullable alternatives. Pure.

What can become a column stands in :mod:`newsdata.schema`. A column has one type, whatever else
the schema asks of its values; where none follows, SchemaError names the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from newsdata.errors import SchemaError
from newsdata.schema.bundling import ALONE, draft_of

if TYPE_CHECKING:
    import pyarrow as pa
    from referencing._core import Resolver


#: Keywords that ask nothing of a value.
_ANNOTATIONS = frozenset({
    "title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly",
    "$comment", "$defs", "definitions", "$schema", "$id", "id", "$ref",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spot:
    """A schema somewhere in the document: ``at`` resolves its references (None: as the root
    does), ``seen`` are the references that led here."""

    node: Any
    where: str
    at: Resolver[Any] | None = None
    seen: tuple[int, ...] = ()

    def below(self, node: Any, *keys: str | int) -> Spot:
        """A schema inside this one."""
        return Spot(node, "/".join((self.where, *map(str, keys))), self.at, self.seen)


@dataclass(slots=True)
class Shape:
    """What the schemas that hold at one spot say together."""

    words: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Spot] = field(default_factory=dict)
    items: list[Spot] = field(default_factory=list)
    alternatives: list[list[Spot]] = field(default_factory=list)


class Columns:
    """The columns of one document; ``name`` stands in error messages."""

    def __init__(self, document: Mapping[str, Any], name: str) -> None:
        self.root = document
        self.name = name
        self.alone = draft_of(document) in ALONE

    def properties(self) -> dict[str, dict[str, Any]]:
        """Property -> what the schema says of its value, references followed."""
        shape = self._shape(Spot(self.root, ""))
        return {name: self._shape(spot).words for name, spot in shape.properties.items()}

    def fields(self) -> list[pa.Field]:
        """One Arrow field for each property, in the order of the document."""
        import pyarrow as pa

        shape = self._shape(Spot(self.root, ""))
        if not shape.properties:
            raise SchemaError(f"{self.name}: /: no properties to make columns of")
        return [pa.field(name, self._type(spot)) for name, spot in shape.properties.items()]

    # -- what a schema says -------------------------------------------------------------------

    def _shape(self, spot: Spot) -> Shape:
        shape = Shape()
        self._gather(spot, shape)
        return shape

    def _gather(self, spot: Spot, shape: Shape) -> None:
        node = spot.node
        if not isinstance(node, Mapping):
            return
        words = dict(node)
        if "$ref" in node:
            self._gather(self._target(spot), shape)
            if self.alone:
                words = {k: node[k] for k in ("description", "x-newsdata") if k in node}
        for number, branch in enumerate(words.pop("allOf", ())):
            self._gather(spot.below(branch, "allOf", number), shape)
        for word in ("anyOf", "oneOf"):
            nodes = words.pop(word, ())
            if nodes:
                below = [spot.below(n, word, number) for number, n in enumerate(nodes)]
                shape.alternatives.append(below)
        for name, sub in words.pop("properties", {}).items():
            shape.properties[name] = spot.below(sub, "properties", name)
        self._items(spot, words, shape)
        shape.words.update(words)

    def _items(self, spot: Spot, words: dict[str, Any], shape: Shape) -> None:
        first = words.get("prefixItems", [])
        rest = words.get("items")
        if isinstance(rest, list):  # up to draft 2019-09
            first, rest = rest, None
        shape.items += [spot.below(n, "items", number) for number, n in enumerate(first)]
        if rest is not None and rest is not False:
            shape.items.append(spot.below(rest, "items"))

    def _target(self, spot: Spot) -> Spot:
        from referencing.exceptions import Unresolvable

        ref = spot.node["$ref"]
        try:
            found = (spot.at or self._resolver).lookup(ref)
        except (Unresolvable, ValueError, TypeError, KeyError, AttributeError):
            raise SchemaError(
                f"{self.name}: {spot.where}/$ref: found {ref!r}, expected a place in the schema"
            ) from None
        if id(found.contents) in spot.seen:
            raise SchemaError(
                f"{self.name}: {spot.where}: {ref!r} refers to itself; no column can"
            )
        return Spot(found.contents, spot.where, found.resolver, (*spot.seen, id(found.contents)))

    @cached_property
    def _resolver(self) -> Resolver[Any]:
        from newsdata.schema.references import resolver_of

        return resolver_of(self.root)

    # -- its type -----------------------------------------------------------------------------

    def _type(self, spot: Spot) -> pa.DataType:
        import pyarrow as pa

        shape = self._shape(spot)
        kind = self._kind(shape, spot.where)
        if kind is None:
            return self._untyped(shape, spot.where)
        if kind == "array":
            return pa.list_(self._element(shape, spot.where))
        if kind == "object" and shape.properties:
            inner = shape.properties.items()
            return pa.struct([pa.field(name, self._type(sub)) for name, sub in inner])
        if kind == "integer":
            return _integer_type(shape.words)
        if kind == "string":
            formats = {"date-time": pa.timestamp("us", "UTC"), "date": pa.date32()}
            return formats.get(str(shape.words.get("format")), pa.string())
        plain = {"number": pa.float64(), "boolean": pa.bool_()}
        return plain.get(kind, pa.string())

    def _untyped(self, shape: Shape, where: str) -> pa.DataType:
        """The type that the alternatives agree on; JSON text where nothing is asked at all."""
        import pyarrow as pa

        for nodes in shape.alternatives:
            found = {str(t): t for t in self._several(nodes)}
            if len(found) > 1:
                place = nodes[0].where.rpartition("/")[0]
                kinds = ", ".join(found)
                raise SchemaError(f"{self.name}: {place}: one column cannot hold {kinds}")
            if found:
                return next(iter(found.values()))
        asked = [w for w in shape.words if w not in _ANNOTATIONS and not w.startswith("x-")]
        if asked or shape.alternatives:
            raise SchemaError(
                f"{self.name}: {where}: found no type, expected one type for a column"
            )
        return pa.string()

    def _several(self, spots: list[Spot]) -> list[pa.DataType]:
        """The types of alternatives; null adds none, and neither does one that names no type."""
        told = [s for s in spots if self._tells(s)]
        return [self._type(s) for s in told]

    def _tells(self, spot: Spot) -> bool:
        shape = self._shape(spot)
        return self._kind(shape, spot.where) not in (None, "null") or bool(shape.alternatives)

    def _element(self, shape: Shape, where: str) -> pa.DataType:
        import pyarrow as pa

        types = {str(t): t for t in map(self._type, shape.items)}
        if len(types) > 1:
            raise SchemaError(
                f"{self.name}: {where}/items: one column cannot hold {', '.join(types)}"
            )
        return next(iter(types.values()), pa.string())

    def _kind(self, shape: Shape, where: str) -> str | None:
        """The one JSON type of a shape besides null; None where it names no type at all."""
        words = shape.words
        kinds = words.get("type")
        if kinds is None:
            values = words.get("enum", [words["const"]] if "const" in words else [])
            kinds = sorted({_json_type(v) for v in values})
            if not kinds and (shape.properties or shape.items):
                kinds = ["object" if shape.properties else "array"]
        kinds = [kinds] if isinstance(kinds, str) else list(kinds)
        if not kinds:
            return None
        kinds = [k for k in kinds if k != "null"] or ["null"]
        if set(kinds) == {"integer", "number"}:
            kinds = ["number"]
        if len(kinds) != 1:
            raise SchemaError(
                f"{self.name}: {where}: found {' or '.join(kinds)}, expected one type for a column"
            )
        return str(kinds[0])


def _integer_type(words: Mapping[str, Any]) -> pa.DataType:
    import pyarrow as pa

    low, high = words.get("minimum"), words.get("maximum")
    if low is None or high is None:
        return pa.int64()
    for bits, kind in ((15, pa.int16()), (31, pa.int32())):
        if -(2**bits) <= low and high < 2**bits:
            return kind
    return pa.int64()


def _json_type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return "null" if value is None else names.get(type(value), "object")
