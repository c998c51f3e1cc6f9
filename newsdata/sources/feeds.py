"""RSS (0.9 to 2.0, RDF) and Atom cut into items: one page of kind ``entry`` for each.

The content of such a page is JSON: the item's own fields as they stand, with what the feed says
for all of its items (language, base address, rights, publisher). What they mean is for the
extractor. A damaged feed gives the items before the damage, then the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

import orjson

from newsdata.limits import Limits
from newsdata.records import RAW_KEPT_WHEN_TRUNCATED, Fault, Page, Place, Rejected

_ATOM = ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#")
_XML = "{http://www.w3.org/XML/1998/namespace}"
#: Namespace -> the prefix under which its elements are kept; others are not read.
_PREFIXES = {
    "": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss2": "",
    **dict.fromkeys(_ATOM, "atom:"),
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://search.yahoo.com/mrss": "media:",
    "http://backend.userland.com/creativeCommonsRssModule": "cc:",
    "http://creativecommons.org/ns#": "cc:",
    "http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html": "cc:",
    "http://news.yandex.ru": "yandex:",
    "http://news.yandex.com": "yandex:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
}
_ITEMS = ("item", "atom:entry")
_OF_FEED = (
    "language", "dc:language", "copyright", "dc:rights", "atom:rights", "title", "atom:title",
    "atom:author", "cc:license", "managingEditor",
)  # fmt: skip


def feed_items(page: Page, limits: Limits) -> Iterator[Page | Rejected]:
    """One item for each entry of the feed that is the content of ``page``.

    Without any entry the feed itself is rejected. Lines are those of the feed.
    """
    root, fault = _parsed(page.content)
    count = 0
    base = page.url
    if root is not None:
        shared = _shared(root)
        base = urljoin(base or "", root.get(f"{_XML}base") or "") or None
        for element in root.iter():
            if _name(element) in _ITEMS:
                count += 1
                yield _entry(page, element, shared, base)
    if fault is None and not count:
        fault = Fault("bad-feed", "found a feed without items, expected some")
    if fault is not None:
        yield _rejected(page, fault, limits)


def _parsed(content: bytes) -> tuple[Any, Fault | None]:
    from lxml import etree  # type: ignore[import-untyped, unused-ignore]

    # No entities of its own making, nothing from the network; depth and size are bounded.
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return None, Fault("bad-feed", f"found no XML: {error!s:.200}")
    if root is None:
        return None, Fault("bad-feed", "found no XML, expected RSS or Atom")
    fatal = [entry for entry in parser.error_log if entry.level_name == "FATAL"]
    if not fatal:
        return root, None
    first = fatal[0]
    return root, Fault("bad-feed", f"found damaged XML on line {first.line}: {first.message:.200}")


def _name(element: Any) -> str:
    """The element's name with our prefix, "" for what is not read."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    space, _, local = tag.rpartition("}")
    prefix = _PREFIXES.get(space.removeprefix("{"))
    return "" if prefix is None else prefix + local


def _shared(root: Any) -> dict[str, Any]:
    """What the feed says for all its items."""
    top = next((e for e in root if _name(e) == "channel"), root)
    shared = _fields(e for e in top if _name(e) in _OF_FEED)
    language = root.get(f"{_XML}lang")
    return {**shared, **({"language": [language]} if language else {})}


def _fields(elements: Any) -> dict[str, Any]:
    """Name -> values in their order: a text, or an object where an element has attributes."""
    found: dict[str, Any] = {}
    for element in elements:
        name = _name(element)
        if name:
            found.setdefault(name, []).append(_value(element))
    return found


def _value(element: Any) -> Any:
    if element.get("type") == "xhtml" and len(element):
        from lxml import etree

        inner = b"".join(etree.tostring(child, encoding="utf-8") for child in element)
        return {"type": "html", "text": inner.decode("utf-8", "replace")}
    children = _fields(element) if len(element) else {}
    attributes = {key: value for key, value in element.attrib.items() if "}" not in key}
    text = "".join(element.itertext()) if not children else ""
    if not attributes and not children:
        return text
    return {**attributes, **children, **({"text": text} if text.strip() else {})}


def _entry(page: Page, element: Any, shared: dict[str, Any], base: str | None) -> Page:
    base = urljoin(base or "", element.get(f"{_XML}base") or "") or None
    value: dict[str, Any] = {"item": _fields(element), "feed": shared}
    language = element.get(f"{_XML}lang")
    if language:
        value["language"] = language
    if base:
        value["base"] = base
    about = element.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about")
    if about:
        value["about"] = about
    content = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    place = Place(page.place.path, element.sourceline, page.place.offset, page.place.length)
    return replace(page, content=content, kind="entry", place=place, url=None, media_type=None)


def _rejected(page: Page, fault: Fault, limits: Limits) -> Rejected:
    raw = page.content
    if len(raw) > limits.raw:
        raw = raw[:RAW_KEPT_WHEN_TRUNCATED]
    cut = len(raw) < len(page.content)
    return Rejected(page.place, (fault,), raw, page.sha256, cut, page.retrieved)
