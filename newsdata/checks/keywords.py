"""The checks of :mod:`newsdata.checks.doubts` that follow from a JSON Schema. Pure.

A schema with a keyword that is not known here, or a value of one, has no checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from newsdata.checks.doubts import Doubts, Node, Test
from newsdata.checks.patterns import FORMATS, plain_pattern
from newsdata.checks.words import (
    KEYWORDS,
    UnknownError,
    count_of,
    is_annotation,
    root_words,
    words_of,
)
from newsdata.errors import SchemaError
from newsdata.schema import Schema

if TYPE_CHECKING:
    import pyarrow as pa

#: Keys that an encoder can only write as they are or with an escape that is looked for.
PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")
#: From here on not every integer is a double.
_EXACT = 2**53


def doubts_of(schema: Schema) -> Doubts | None:
    """The checks that follow from a schema; None where it asks what they cannot tell."""
    maker = _Maker(schema.document)
    try:
        root = maker.root(schema.text_struct)
    except (UnknownError, SchemaError):
        return None
    nodes = [*_all(root)]
    if not all(PLAIN_KEY.fullmatch(node.key) for node in nodes if node.key):
        return None
    optional = frozenset(n.key for n in nodes if n.absent and not n.nullable)
    return Doubts(root, maker.depth, optional)


def _all(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from _all(part)
    if node.element is not None:
        yield from _all(node.element)


class _Maker:
    """Checks of one document; ``depth`` is that of the deepest value that columns hold."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._keys: dict[str, int] = {}
        self.depth = 0

    def root(self, kind: pa.StructType) -> Node:
        """The checks of whole records."""
        return self._sole(self._node(root_words(self._document), kind, 1))

    def _sole(self, node: Node) -> Node:
        parts = tuple(self._sole(part) for part in node.parts)
        element = None if node.element is None else self._sole(node.element)
        sole = self._keys.get(node.key) == 1
        return replace(node, parts=parts, element=element, sole=sole)

    def _node(
        self, node: Any, kind: pa.DataType, depth: int, key: str = "", absent: bool | None = None
    ) -> Node:
        words, nullable = self._words(node)
        name, types = _json_kind(kind), words.get("type")
        types = {types} if isinstance(types, str) else None if types is None else set(types)
        passes_null = types is None or "null" in types
        tests = [*self._tests(words, name)]
        if types is not None and not (name in types or (name == "integer" and "number" in types)):
            tests.append(_none)
        if "enum" in words:
            passes_null = passes_null and None in words["enum"]
        if "const" in words:
            passes_null = passes_null and words["const"] is None
        parts: tuple[Node, ...] = ()
        element = None
        if name in ("object", "array"):
            self.depth = max(self.depth, depth)
        if name == "object":
            parts = tuple(self._parts(words, kind, depth))
        elif name == "array":
            element = self._node(words.get("items", {}), kind.value_type, depth + 1)
        return Node(key, nullable or passes_null, absent, False, tuple(tests), parts, element)

    def _parts(self, words: Mapping[str, Any], kind: pa.StructType, depth: int) -> Iterator[Node]:
        required = set(words.get("required", ()))
        properties = words.get("properties", {})
        if list(properties) != [item.name for item in kind] or not required <= {*properties}:
            raise UnknownError
        for item in kind:
            self._keys[item.name] = self._keys.get(item.name, 0) + 1
            sub = properties[item.name]
            yield self._node(sub, item.type, depth + 1, item.name, item.name not in required)

    def _words(self, node: Any) -> tuple[dict[str, Any], bool]:
        """What one schema asks, a reference or a nullable alternative followed; and whether null
        passes whatever it asks."""
        words = words_of(self._document, node)
        if words.keys() == {"anyOf"}:
            return self._or_null(words["anyOf"])
        if not words.keys() <= KEYWORDS:
            raise UnknownError
        return words, False

    def _or_null(self, branches: Any) -> tuple[dict[str, Any], bool]:
        others = [b for b in branches if not (isinstance(b, Mapping) and b.get("type") == "null")]
        if len(others) != 1 or len(branches) != 2:
            raise UnknownError
        nulls = [b for b in branches if b is not others[0]]
        if any(k != "type" and not is_annotation(k) for k in nulls[0]):
            raise UnknownError
        return self._words(others[0])[0], True

    def _tests(self, words: Mapping[str, Any], kind: str) -> Iterator[Test]:
        if "enum" in words:
            yield _one_of(words["enum"], kind)
        if "const" in words:
            yield _one_of([words["const"]], kind)
        if kind == "string":
            yield from _string_tests(words)
        elif kind in ("integer", "number"):
            yield from _number_tests(words, kind)
        elif kind == "array":
            yield from _array_tests(words)


def _json_kind(kind: pa.DataType) -> str:
    """The JSON type of the values of a column that are not null."""
    import pyarrow as pa

    for test, name in (
        (pa.types.is_string, "string"),
        (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "number"),
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_list, "array"),
        (pa.types.is_struct, "object"),
    ):
        if test(kind):
            return name
    raise UnknownError


def _none(array: pa.Array) -> Any:
    """No value passes."""
    return array.is_null()


def _one_of(values: Any, kind: str) -> Test:
    """The values of the column's own type: others, equal to JSON Schema (1.0), are doubted."""
    python = {"string": str, "integer": int, "boolean": bool}.get(kind)
    if python is None or not isinstance(values, list):
        raise UnknownError
    wanted = tuple(v for v in values if type(v) is python)
    if any(isinstance(v, int) and not -(2**63) <= v < 2**63 for v in wanted):
        raise UnknownError
    return partial(_is_one_of, wanted=wanted)


def _is_one_of(array: pa.Array, wanted: tuple[Any, ...]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_boolean(array.type):
        if len(set(wanted)) == 1:
            return array if True in wanted else pc.invert(array)
        return True if wanted else _none(array)
    values = _texts(wanted) if pa.types.is_string(array.type) else _numbers(wanted, pa.int64())
    return pc.or_(pc.is_in(array.cast(values.type), values), array.is_null())


# Not ``pa.array`` and ``pa.scalar``, which load pandas where there is one: a third of a second.


def _texts(values: Sequence[str]) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    texts = [value.encode() for value in values]
    offsets = np.cumsum([0, *map(len, texts)]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(texts))]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers)


def _numbers(values: Sequence[float], kind: pa.DataType) -> pa.Array:
    """Values as int64 or float64."""
    import numpy as np
    import pyarrow as pa

    numbers = np.array(values, np.int64 if pa.types.is_integer(kind) else np.float64)
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(numbers)])


def _string_tests(words: Mapping[str, Any]) -> Iterator[Test]:
    least, most = count_of(words, "minLength"), count_of(words, "maxLength")
    if least or most is not None:
        yield partial(_has_length, least=least or 0, most=most)
    if "pattern" in words:
        yield _matcher(plain_pattern(words["pattern"]))
    if "format" in words:
        yield _matcher(FORMATS.get(words["format"]))


def _matcher(pattern: str | None) -> Test:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pattern is None:
        raise UnknownError
    try:
        pc.match_substring_regex(pa.nulls(1, pa.string()), pattern)
    except pa.ArrowException:
        raise UnknownError from None
    return partial(_matches, pattern=pattern)


def _matches(array: pa.Array, pattern: str) -> Any:
    import pyarrow.compute as pc

    return pc.match_substring_regex(array, pattern)


def _has_length(array: pa.Array, least: int, most: int | None) -> Any:
    """Characters are counted only where bytes do not tell."""
    import pyarrow.compute as pc

    found = pc.min_max(pc.binary_length(array)).as_py()
    # A character has 4 bytes at most.
    if found["min"] >= max(4 * least - 3, 0) and (most is None or found["max"] <= most):
        return True
    return _is_between(pc.utf8_length(array), least, most)


_COMPARED = {
    "minimum": "greater_equal",
    "maximum": "less_equal",
    "exclusiveMinimum": "greater",
    "exclusiveMaximum": "less",
}


def _number_tests(words: Mapping[str, Any], kind: str) -> Iterator[Test]:
    if kind == "number":
        yield _is_exact
    for keyword, name in _COMPARED.items():
        bound = words.get(keyword)
        if bound is None:
            continue
        if type(bound) not in (int, float) or abs(bound) >= _EXACT:
            raise UnknownError
        if kind == "integer" and bound != int(bound):
            raise UnknownError
        yield partial(_compares, name=name, bound=int(bound) if kind == "integer" else bound)


def _is_exact(array: pa.Array) -> Any:
    """NaN, infinity, and what may be an integer that lost digits do not pass."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.less(pc.abs(array), _numbers([_EXACT], pa.float64())[0])


def _compares(array: pa.Array, name: str, bound: float) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    wide = pa.int64() if pa.types.is_integer(array.type) else pa.float64()
    return getattr(pc, name)(array.cast(wide), _numbers([bound], wide)[0])


def _array_tests(words: Mapping[str, Any]) -> Iterator[Test]:
    least, most = count_of(words, "minItems"), count_of(words, "maxItems")
    if least or most is not None:
        yield partial(_has_items, least=least or 0, most=most)


def _has_items(array: pa.Array, least: int, most: int | None) -> Any:
    import pyarrow.compute as pc

    return _is_between(pc.list_value_length(array), least, most)


def _is_between(counts: pa.Array, least: int, most: int | None) -> Any:
    import pyarrow.compute as pc

    passes = _compares(counts, "greater_equal", least)
    return passes if most is None else pc.and_(passes, _compares(counts, "less_equal", most))
