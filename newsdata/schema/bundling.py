"""One self-contained JSON Schema document of several files that refer to each other. Pure.

What is put together is a *compound schema document* (JSON Schema 2020-12, core 9.3): each further
file stands under ``$defs`` (``definitions`` up to draft 7) with a ``$id`` of its own, and every
``$ref`` to it names that ``$id``. So a schema can be kept in an archive and in a release as one
file, and judging a record never reads another. References are found where the drafts have
subschemas, not in values (``enum``, ``const``, ``default``).
"""

from __future__ import annotations

import copy
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from newsdata.errors import SchemaError

#: The drafts that can be used, by the address in ``$schema``, without its empty fragment.
DRAFTS = {
    "http://json-schema.org/draft-04/schema": "4",
    "http://json-schema.org/draft-06/schema": "6",
    "http://json-schema.org/draft-07/schema": "7",
    "https://json-schema.org/draft/2019-09/schema": "2019-09",
    "https://json-schema.org/draft/2020-12/schema": "2020-12",
}
#: The draft of a document without ``$schema``.
NEWEST = "2020-12"
#: Drafts in which the keywords beside a ``$ref`` are ignored.
ALONE = ("4", "6", "7")

_OF_NAMES = (
    "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies",
)  # fmt: skip
_OF_MANY = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_OF_ONE = (
    "additionalProperties", "additionalItems", "items", "not", "if", "then", "else", "contains",
    "propertyNames", "unevaluatedItems", "unevaluatedProperties", "contentSchema",
)  # fmt: skip
_REFS = ("$ref", "$dynamicRef", "$recursiveRef")
_METASCHEMAS = ("http://json-schema.org/draft-0", "https://json-schema.org/draft/")

Path = tuple[str | int, ...]


def draft_of(document: Any, default: str = NEWEST) -> str:
    """The draft that a document names: ``4``, ``6``, ``7``, ``2019-09`` or ``2020-12``; where it
    names none of them, ``default``."""
    named = document.get("$schema") if isinstance(document, Mapping) else None
    return DRAFTS.get(str(named).rstrip("#"), default)


def subschemas(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every schema in a schema, itself first, with the keys that lead to it.

    >>> [path for path, _ in subschemas({"properties": {"a": {"items": True}}})]
    [(), ('properties', 'a'), ('properties', 'a', 'items')]
    """
    todo: list[tuple[Path, Any]] = [(path, node)]
    while todo:
        path, node = todo.pop()
        yield path, node
        if isinstance(node, Mapping):
            todo.extend(reversed([*_below(path, node)]))


def _below(path: Path, node: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for word in _OF_NAMES:
        inner = node.get(word)
        if isinstance(inner, Mapping):
            yield from (((*path, word, name), sub) for name, sub in inner.items())
    for word in _OF_MANY:
        inner = node.get(word)
        if isinstance(inner, list):
            yield from (((*path, word, number), sub) for number, sub in enumerate(inner))
    for word in _OF_ONE:
        if isinstance(node.get(word), Mapping | bool):
            yield (*path, word), node[word]


def pointer(path: Iterable[str | int]) -> str:
    """JSON Pointer (RFC 6901) of a path.

    >>> pointer(["images", 0, "a/b"])
    '/images/0/a~1b'
    """
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in path)


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to another file: where it stands, its text, and the address it leads to.

    ``target`` is relative to the file it stands in; ``meant`` to the address that the schema
    gives itself by its ``$id``.
    """

    path: Path
    keyword: str
    text: str
    target: str
    meant: str


Read = Callable[[str], Any]


def bundle(document: Mapping[str, Any], address: str, read: Read, name: str) -> dict[str, Any]:
    """The document with every file it refers to, directly or over others, embedded in it.

    ``address`` is that of the document's file, ``file:///...``; ``read(address)`` returns the
    document at another one or raises SchemaError. Of the addresses of files only what they have
    not in common is kept, so that the result is the same on every machine. A document that
    refers to no other file comes back as it is. Raises SchemaError naming the place of a
    reference that is not to a file beside the schema.

    >>> made = bundle({"items": {"$ref": "b.json"}}, "file:///x/a.json", lambda _: {}, "a.json")
    >>> made["items"], made["$defs"]
    ({'$ref': 'file:///b.json'}, {'b.json': {'$id': 'file:///b.json'}})
    """
    return _Bundler(name, read).bundle(dict(document), address)


class _Bundler:
    def __init__(self, name: str, read: Read) -> None:
        self.name = name
        self.read = read
        self.documents: dict[str, Any] = {}
        self.references: dict[str, list[Reference]] = {}

    def bundle(self, document: dict[str, Any], address: str) -> dict[str, Any]:
        self.documents[address] = document
        todo = [address]
        while todo:
            here = todo.pop()
            self.references[here] = list(_references(self.documents[here], here))
            for reference in list(self.references[here]):
                if self._known(reference) is not None:
                    continue
                fetched = self._fetched(here, reference)
                if fetched is None:  # a metaschema that nobody has: told with the draft
                    self.references[here].remove(reference)
                    continue
                self.documents[fetched[0]] = fetched[1]
                todo.append(fetched[0])
        if len(self.documents) == 1 and not self.references[address]:
            return document
        return self._together(address)

    def _known(self, reference: Reference) -> str | None:
        """Where the document was read that a reference leads to, by place or by its own id."""
        wanted = (reference.target, reference.meant)
        for address in wanted:
            if address in self.documents:
                return address
        return next((a for a, d in self.documents.items() if _own_id(d) in wanted), None)

    def _fetched(self, here: str, reference: Reference) -> tuple[str, Any] | None:
        shown = self.name if len(self.documents) == 1 else unquote(urlsplit(here).path)
        place = f"{shown}: {pointer((*reference.path, reference.keyword))}"
        found = f"found {reference.text!r}"
        if urlsplit(reference.text).scheme == "file" or reference.text.startswith("/"):
            raise SchemaError(f"{place}: {found}, expected a path relative to the schema's file")
        wrong: list[SchemaError] = []
        for address in dict.fromkeys((reference.target, reference.meant)):
            try:
                read = self.read(address)
            except SchemaError as error:
                wrong.append(error)
                continue
            if not isinstance(read, dict | bool):
                raise SchemaError(f"{place}: {found}, expected a file with a JSON Schema in it")
            return address, read
        if reference.keyword == "$schema":
            return None
        raise SchemaError(f"{place}: {found}: {wrong[0]}") from None

    def _together(self, address: str) -> dict[str, Any]:
        names = _names([*self.documents])
        ids = {a: _own_id(d) or _short(a, names[a]) for a, d in self.documents.items()}
        draft = draft_of(self.documents[address])
        made = {a: self._rewritten(a, ids, draft_of(d, draft)) for a, d in self.documents.items()}
        root = made.pop(address)
        container = "definitions" if draft in ALONE else "$defs"
        if not isinstance(root.get(container, {}), dict):
            return root  # no schema at all: the validator will say so
        embedded = dict(root.get(container, {}))
        for other, document in made.items():
            key = names[other]
            while key in embedded:
                key += "_"
            embedded[key] = document
        return {**root, container: embedded}

    def _rewritten(self, address: str, ids: Mapping[str, str], draft: str) -> dict[str, Any]:
        document = copy.deepcopy(self.documents[address])
        if not isinstance(document, dict):  # true or false, which can have no id
            document = {"allOf": [document]} if document else {"not": {}}
        for reference in self.references[address]:
            node = document
            for key in reference.path:
                node = node[key]
            target = self._known(reference)
            assert target is not None
            fragment = urldefrag(reference.text).fragment
            node[reference.keyword] = ids[target] + (f"#{fragment}" if fragment else "")
        if draft in ALONE and "$ref" in document:  # beside it an id would be ignored
            inner = {"$ref": document.pop("$ref")}
            document["allOf"] = [inner, *document.get("allOf", [])]
        word = "id" if draft == "4" else "$id"
        first = {k: document.pop(k) for k in ("$schema",) if k in document}
        return {**first, word: ids[address], **{k: v for k, v in document.items() if k != word}}


def _own_id(document: Any) -> str | None:
    """The absolute address that a document gives itself."""
    given = _id_of(document)
    if given is None or not urlsplit(given).scheme:
        return None
    return urldefrag(given).url


def _id_of(node: Any) -> str | None:
    if not isinstance(node, Mapping):
        return None
    for word in ("$id", "id"):
        given = node.get(word)
        if isinstance(given, str) and not given.startswith("#"):
            return given
    return None


def _references(document: Any, address: str) -> Iterator[Reference]:
    """The references of a file that lead out of it."""
    root = _own_id(document) or address
    bases: dict[Path, tuple[str, str]] = {}
    inside: set[str] = {root, address}
    found: list[tuple[Path, str, str, str, str]] = []
    named = document.get("$schema") if isinstance(document, Mapping) else None
    if isinstance(named, str) and urlsplit(named).scheme and named.rstrip("#") not in DRAFTS:
        found.append(((), "$schema", named, root, address))
    for path, node in subschemas(document):
        logical, local = bases.get(_parent(path, bases), (root, address))
        given = _id_of(node)
        if given is not None and path:
            logical, local = urljoin(logical, given), urljoin(local, given)
            inside.add(urldefrag(logical).url)
        bases[path] = (logical, local)
        for word in _REFS:
            text = node.get(word) if isinstance(node, Mapping) else None
            if isinstance(text, str) and not text.startswith("#"):
                found.append((path, word, text, logical, local))
    for path, word, text, logical, local in found:
        meant = urldefrag(urljoin(logical, text)).url
        if meant in inside or meant.startswith(_METASCHEMAS):
            continue
        # A relative reference is to the file beside this one, whatever address it gives itself.
        yield Reference(path, word, text, urldefrag(urljoin(local, text)).url, meant)


def _parent(path: Path, bases: Mapping[Path, object]) -> Path:
    while path and path not in bases:
        path = path[:-1]
    return path


def _names(addresses: list[str]) -> dict[str, str]:
    """Each address without what those of all files have in common."""
    files = {a: unquote(urlsplit(a).path) for a in addresses if urlsplit(a).scheme == "file"}
    top = posixpath.commonpath([posixpath.dirname(p) for p in files.values()]) if files else "/"
    return {a: posixpath.relpath(files[a], top) if a in files else a for a in addresses}


def _short(address: str, name: str) -> str:
    return address if urlsplit(address).scheme != "file" else "file:///" + quote(name)
