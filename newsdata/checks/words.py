"""The keywords of a JSON Schema as checks of many records at once understand them. Pure.

Shared by :mod:`newsdata.checks.keywords` (columns) and :mod:`newsdata.checks.expressions`
(lines): what says nothing of a value, what is known, and where a reference leads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newsdata.schema.bundling import DRAFTS

#: Keywords that ask nothing of a value, besides all that begin with ``x-``.
_ANNOTATIONS = frozenset(
    {"title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly",
     "$comment"}
)  # fmt: skip
_AT_ROOT = frozenset({"$schema", "$id", "$defs", "definitions"})
KEYWORDS = frozenset(
    {"type", "enum", "const", "minLength", "maxLength", "pattern", "format", "minimum", "maximum",
     "exclusiveMinimum", "exclusiveMaximum", "items", "minItems", "maxItems", "properties",
     "required", "additionalProperties"}
)  # fmt: skip


class UnknownError(Exception):
    """The schema asks what no check of many records can tell."""


def root_words(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a document asks of whole records. Raises UnknownError for a draft of its own."""
    named = document.get("$schema")
    if named is not None and str(named).rstrip("#") not in DRAFTS:
        raise UnknownError
    return {k: v for k, v in document.items() if k not in _AT_ROOT}


def is_annotation(keyword: str) -> bool:
    """Whether a keyword asks nothing of a value."""
    return keyword in _ANNOTATIONS or keyword.startswith("x-")


def words_of(document: Mapping[str, Any], node: Any) -> dict[str, Any]:
    """What a schema asks without its annotations, references followed; ``true`` asks nothing.

    Raises UnknownError where it is no schema of known form or refers to what cannot be followed.
    """
    for _ in range(20):
        if node is True:
            return {}
        if not isinstance(node, Mapping):
            raise UnknownError
        words = {k: v for k, v in node.items() if not is_annotation(k)}
        if words.keys() != {"$ref"}:
            return words
        node = _target(document, words["$ref"])
    raise UnknownError


def _target(document: Mapping[str, Any], ref: Any) -> Any:
    if not isinstance(ref, str) or not ref.startswith("#/") or "%" in ref or "~" in ref:
        raise UnknownError
    node: Any = document
    for key in ref[2:].split("/"):
        inner = node is not document
        if not isinstance(node, Mapping) or key not in node or (inner and "$id" in node):
            raise UnknownError
        node = node[key]
    return node


def count_of(words: Mapping[str, Any], keyword: str) -> int | None:
    """The value of a keyword that counts something. Raises UnknownError for an odd one."""
    value = words.get(keyword)
    if value is not None and (type(value) is not int or not 0 <= value < 2**31):
        raise UnknownError
    return value
