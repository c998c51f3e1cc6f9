"""Who signs an HTML page: persons, and houses where a byline names none. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from newsdata.extractors import jsonld
from newsdata.extractors.captions import names_somebody
from newsdata.extractors.markup import Markup, text_of
from newsdata.extractors.witnesses import bare, is_house
from newsdata.grammar.bylines import is_byline, is_person, read_byline
from newsdata.text import squeeze

_AUTHOR = (
    "author", "article:author", "article:author_name", "og:article:author", "dc.creator",
    "dcterms.creator", "byl", "parsely-author", "sailthru.author", "cxenseparse:author",
    "citation_author", "mediator_author", "article.author",
)  # fmt: skip
_NAMED = (
    "//*[contains(@class, 'uthor') or contains(@class, 'yline') or contains(@class, 'utor')"
    " or contains(@class, 'redakt') or contains(@class, 'writer') or contains(@class, 'reporter')]"
)
_NOT_BYLINES = frozenset({
    "meta", "script", "body", "html", "link", "img", "article", "main", "form", "input", "svg",
    "section", "figure", "figcaption",
})  # fmt: skip
_NOT_OURS = re.compile(
    r"comment|related|sidebar|footer|teaser|recommend|newsletter|most-?read|popular|promo|bio"
    r"|follow|share|card|more-from|read-?next|caption|image|photo",
    re.IGNORECASE,
)
_MOST = 12
_AGO = re.compile(r"\s+\d+\s+(?:hours?|minutes?|days?|min|std)\b.*$", re.IGNORECASE)
#: A longer line names more than who signs.
_LONGEST = 140


class Signatures:
    """The persons and houses that sign one page; ``own`` are the names of its publisher."""

    def __init__(
        self, markup: Markup, node: dict[str, Any], own: Iterable[str], host: str
    ) -> None:
        self._markup = markup
        self._said = node.get("author") or node.get("creator")
        self._own = {bare(name) for name in own}
        self._host = host

    def persons(self) -> tuple[list[str], str] | None:
        """The authors in printed order and how they were found, None without any."""
        for method, texts in self._witnesses():
            found = self.among(texts)
            if found:
                return found, method
        return None

    def houses(self) -> list[str]:
        """Names of the byline that are no persons: the publisher's own, agencies, desks."""
        names = [*jsonld.organisations_of(self._said), *jsonld.names_of(self._said)]
        if not names:
            names = [n for n in self._markup.meta_all(*_AUTHOR) if "://" not in n][:5]
        names = [squeeze(name) for name in names if 1 < len(name) < _LONGEST]
        return list(dict.fromkeys(name for name in names if name and not self.among([name])))

    def _witnesses(self) -> Iterator[tuple[str, list[str]]]:
        yield "jsonld", jsonld.names_of(self._said)
        yield "meta", self._markup.meta_all(*_AUTHOR)
        marked = [
            *self._markup.having("rel", "author"),
            *self._markup.having("itemprop", "author"),
        ]
        shown = [e for e in marked if not any(a.tag == "aside" for a in e.iterancestors())]
        yield "dom", [text_of(element) for element in shown[:5]]
        elements = [e for e in self._markup.find(_NAMED)[:200] if _may_be_byline(e)]
        links = [e for e in elements if e.tag == "a"]
        for chosen in (links, elements):
            texts = [_AGO.sub("", text_of(e)) for e in chosen[:_MOST]]
            yield "dom", [t for t in texts if 2 < len(t) < _LONGEST and _is_name_like(t)]

    def among(self, texts: list[str]) -> list[str]:
        """The persons that texts of a byline name, in printed order."""
        persons: list[str] = []
        for text in texts:
            if not text or text.startswith(("http://", "https://", "@")) or len(text) > 400:
                continue
            # the site signs itself
            if self._host and self._host in text.casefold() and "," not in text:
                continue
            whole = squeeze(text)
            single = is_person(whole) and not re.search(r"[,;/&()\[\]]", whole)
            names = [whole] if single else read_byline(whole).authors
            persons += [n for n in names if bare(n) not in self._own and not is_house(n)]
        return list(dict.fromkeys(persons))


def _may_be_byline(element: Any) -> bool:
    if element.tag in _NOT_BYLINES:
        return False
    for number, around in enumerate(element.iterancestors()):
        if number > 10 or around.tag in ("article", "main", "body"):
            break
        if around.tag in ("footer", "aside", "nav", "figure", "figcaption"):
            return False
        name = f"{around.get('class') or ''} {around.get('id') or ''}"
        if 2 < len(name) < 400 and _NOT_OURS.search(name):
            return False
    return True


def _is_name_like(text: str) -> bool:
    names = read_byline(text).authors
    return bool(names) and all(" " in name for name in names)


def byline_of(row: str) -> list[str]:
    """The persons that a first or last line of a text names and nothing else, else none.

    >>> byline_of("By Ann Lee"), byline_of("Ann Lee"), byline_of("Ann Lee won the race.")
    (['Ann Lee'], ['Ann Lee'], [])
    """
    if len(row) > 60:
        return []
    if is_byline(row):
        return list(read_byline(row).authors)
    if names_somebody(row) and "/" not in row and "|" not in row and not row.isupper():
        return list(read_byline(row).authors)
    return []
