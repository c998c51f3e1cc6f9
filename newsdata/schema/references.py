"""References inside one JSON Schema document, by the library of the reference validator. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from newsdata.schema.bundling import DRAFTS, draft_of, pointer, subschemas

if TYPE_CHECKING:
    from referencing import Registry
    from referencing._core import Resolver


def resolver_of(document: Mapping[str, Any]) -> Resolver[Any]:
    """What resolves the references at the root of a self-contained document.

    It knows the document, what is embedded in it, and the metaschemas; it reads nothing.
    """
    from jsonschema_specifications import REGISTRY
    from referencing.jsonschema import specification_with

    address = {draft: address for address, draft in DRAFTS.items()}[draft_of(document)]
    resource = specification_with(address).create_resource(document)
    registry: Registry[Any] = REGISTRY
    resolver: Resolver[Any] = (
        registry.with_resource("", resource).crawl().resolver_with_root(resource)
    )
    return resolver


def dangling(document: Mapping[str, Any]) -> tuple[str, str] | None:
    """(JSON Pointer, text) of the first ``$ref`` that leads nowhere, or None.

    >>> dangling({"properties": {"a": {"$ref": "#/$defs/b"}}})
    ('/properties/a/$ref', '#/$defs/b')
    """
    from referencing.exceptions import Unresolvable

    root = resolver_of(document)
    bases: dict[tuple[str | int, ...], Resolver[Any]] = {}
    for path, node in subschemas(document):
        above = path
        while above and above not in bases:
            above = above[:-1]
        at = bases.get(above, root)
        if not isinstance(node, Mapping):
            continue
        if path and isinstance(node.get("$id", node.get("id")), str):
            at = _inside(node, document, at)
        bases[path] = at
        text = node.get("$ref")
        if not isinstance(text, str):
            continue
        try:
            at.lookup(text)
        except (Unresolvable, ValueError, TypeError, KeyError, AttributeError):
            return pointer((*path, "$ref")), text
    return None


def _inside(
    node: Mapping[str, Any], document: Mapping[str, Any], at: Resolver[Any]
) -> Resolver[Any]:
    from referencing.jsonschema import specification_with

    address = {draft: address for address, draft in DRAFTS.items()}
    draft = draft_of(node, draft_of(document))
    return at.in_subresource(specification_with(address[draft]).create_resource(node))
