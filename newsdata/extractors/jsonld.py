"""What a page says of itself in JSON-LD, read as leniently as browsers and search engines do.

Broken JSON is common there: comments and CDATA around it, trailing commas, raw line breaks in
strings, entities that were escaped twice. References (``@id``) are resolved one step. Nothing
here raises on content, and all work is bounded.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from newsdata.text import squeeze

#: Beyond these a page is not describing an article any more.
LONGEST_SCRIPT = 5_000_000
MOST_NODES = 5_000

_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)\s*")
_UNWRAPPING = re.compile(r"\s*(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)\s*;?\s*$")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_TAG = re.compile(r"<[^<>]{1,500}>")
_ARTICLE_TYPES = ("article", "blogposting", "report", "analysisnews", "reviewnews")
#: Lists of what happened minute by minute, and pages of the site itself.
_LESSER_TYPES = ("liveblogposting", "webpage", "socialmediaposting")
_LIST_TYPES = frozenset({"collectionpage", "searchresultspage", "itemlist"})


def read_scripts(scripts: Iterable[str]) -> list[dict[str, Any]]:
    """All nodes of a page's JSON-LD scripts, outermost first, references resolved.

    >>> nodes = read_scripts(['<!-- {"@type": "NewsArticle", "headline": "T",} -->'])
    >>> nodes[0]["headline"]
    'T'
    """
    nodes: list[dict[str, Any]] = []
    for script in scripts:
        for value in _values(script):
            for node in _nodes(value):
                if len(nodes) >= MOST_NODES:
                    break
                nodes.append(node)
    by_id: dict[str, dict[str, Any]] = {}
    for node in nodes:
        name = node.get("@id")
        if isinstance(name, str) and len(node) > 1:
            known = by_id.setdefault(name, {})
            for key, value in node.items():
                known.setdefault(key, value)
    return [{key: _resolved(value, by_id) for key, value in node.items()} for node in nodes]


def _values(script: str) -> Iterator[Any]:
    """The JSON values in one script; several may stand one after another."""
    if len(script) > LONGEST_SCRIPT:
        return
    text = _UNWRAPPING.sub("", _WRAPPING.sub("", script)).strip().strip("\ufeff;")
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text), html.unescape(text)):
        values, rest = _decode_all(attempt)
        if values and not rest:
            break
    yield from values


def _decode_all(text: str) -> tuple[list[Any], str]:
    decoder = json.JSONDecoder(strict=False)
    values: list[Any] = []
    while text and len(values) < 100:
        try:
            value, end = decoder.raw_decode(text)
        except (ValueError, RecursionError):
            return values, text
        values.append(value)
        text = text[end:].lstrip(" \t\r\n,;")
    return values, text


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a value, those of ``@graph`` and of lists too, each before its parts."""
    todo = [value]
    count = 0
    while todo and count < MOST_NODES:
        item = todo.pop()
        count += 1
        if isinstance(item, list):
            todo.extend(reversed(item))
        elif isinstance(item, dict):
            yield item
            inner = [
                item[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in item
            ]
            todo.extend(inner)


def _resolved(value: Any, by_id: dict[str, dict[str, Any]]) -> Any:
    if isinstance(value, list):
        return [_resolved(item, by_id) if isinstance(item, dict) else item for item in value]
    if isinstance(value, dict) and isinstance(value.get("@id"), str) and len(value) <= 2:
        return {**by_id.get(value["@id"], {}), **value}
    return value


def types_of(node: dict[str, Any]) -> list[str]:
    """The types of a node in lower case, without their vocabulary.

    >>> types_of({"@type": ["http://schema.org/NewsArticle", "Thing"]})
    ['newsarticle', 'thing']
    """
    types = node.get("@type")
    names = types if isinstance(types, list) else [types]
    return [name.rpartition("/")[2].rpartition(":")[2].lower() for name in names
            if isinstance(name, str)]  # fmt: skip


def article_node(nodes: list[dict[str, Any]], titles: Iterable[str] = ()) -> dict[str, Any]:
    """The node of the page's article, {} where there is none.

    Of several the one whose headline agrees with ``titles`` (what the page prints) is taken,
    then the one that says most; an article before a live blog or a web page.
    """
    printed = {word for title in titles for word in _words(title)}
    best: tuple[float, dict[str, Any]] = (0.0, {})
    for node in nodes:
        score = _score(node, printed)
        if score > best[0]:
            best = (score, node)
    return best[1]


def _score(node: dict[str, Any], printed: set[str]) -> float:
    kinds = types_of(node)
    is_article = any(kind.endswith(_ARTICLE_TYPES) for kind in kinds)
    lesser = any(kind.endswith(_LESSER_TYPES) for kind in kinds)
    if not is_article and not lesser:
        return 0.0
    said = sum(key in node for key in ("headline", "datePublished", "author", "articleBody"))
    if not is_article and not said:
        return 0.0
    words = _words(text_of(node.get("headline")) or text_of(node.get("name")) or "")
    agreement = len(words & printed) / len(words | printed) if words and printed else 0.0
    return 0.1 + 4 * agreement + said + (1.0 if is_article else 0.0) - (0.5 if lesser else 0.0)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def is_list(nodes: list[dict[str, Any]]) -> bool:
    """Whether the page calls itself a collection of articles."""
    return any(kind in _LIST_TYPES for node in nodes for kind in types_of(node))


def text_of(value: Any) -> str | None:
    """A value as one line of text: a string, the first of a list, the name of an object.

    >>> text_of([{"@value": "Bread &amp; salt"}]), text_of({"name": " A  B "}), text_of(3)
    ('Bread & salt', 'A B', None)
    """
    for _ in range(5):
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            value = value.get("@value", value.get("name", value.get("text")))
        else:
            break
    if not isinstance(value, str):
        return None
    return squeeze(_TAG.sub("", unescape(value))) or None


def unescape(text: str) -> str:
    """Entities resolved, also those that were escaped twice."""
    for _ in range(3):
        once = html.unescape(text)
        if once == text:
            break
        text = once
    return text


def texts_of(value: Any) -> list[str]:
    """Every text of a value that is one or a list of many."""
    items = value if isinstance(value, list) else [value]
    return [text for item in items[:200] if (text := text_of(item))]


def names_of(value: Any) -> list[str]:
    """The names of persons: strings, and objects that are not organisations.

    >>> names_of([{"@type": "Person", "name": "A B"}, {"@type": "Organization", "name": "C"}])
    ['A B']
    """
    items = value if isinstance(value, list) else [value]
    names: list[str] = []
    for item in items[:100]:
        if isinstance(item, dict) and any("organi" in kind for kind in types_of(item)):
            continue
        if isinstance(item, dict) and isinstance(item.get("name"), list):
            names.extend(texts_of(item["name"]))
            continue
        name = text_of(item)
        if name and not name.startswith(("http://", "https://")):
            names.append(name)
    return names


def organisations_of(value: Any) -> list[str]:
    """The names of organisations among authors or publishers."""
    items = value if isinstance(value, list) else [value]
    return [
        name
        for item in items[:100]
        if isinstance(item, dict)
        and any("organi" in kind for kind in types_of(item))
        and (name := text_of(item))
    ]


def url_of(value: Any) -> str | None:
    """A URL: a string, or the ``url``, ``contentUrl`` or ``@id`` of an object."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        keys = ("url", "contentUrl", "@id", "thumbnailUrl")
        value = next((value[key] for key in keys if isinstance(value.get(key), str)), None)
    if not isinstance(value, str):
        return None
    value = html.unescape(value.strip())
    return value if value.startswith(("http://", "https://", "//")) else None
