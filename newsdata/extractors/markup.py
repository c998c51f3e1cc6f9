"""The bytes of an HTML page as one parsed document, with what its head says. Pure.

The encoding is, in this order: a byte order mark, UTF-8 where all bytes are valid as such, what
the transport says, what the page says, what its bytes look like. Valid UTF-8 with any letter
beyond ASCII is never anything else in practice, while declarations are often copied.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from newsdata.records import Page
from newsdata.text import squeeze

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,200}encoding\s*=\s*[\"']([A-Za-z0-9_.-]{2,40})")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Names that browsers read as another encoding than the one they name (WHATWG Encoding).
_READ_AS = {
    "iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252",
    "ascii": "cp1252", "iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030",
    "shift_jis": "cp932", "x-sjis": "cp932", "ks_c_5601-1987": "cp949", "euc-kr": "cp949",
    "x-cp1251": "cp1251", "win-1251": "cp1251", "x-mac-cyrillic": "mac-cyrillic",
}  # fmt: skip
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EACH_CONTROL = tuple(map(chr, (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)))
#: A page with so few bytes that are not UTF-8 is UTF-8 with damage.
_DAMAGED_SHARE = 1000


def decode(page: Page) -> str:
    """The page as text; bytes that cannot be read become U+FFFD."""
    content = page.content
    for mark, name in _BOMS:
        if content.startswith(mark):
            return _clean(content[len(mark) :].decode(name, "replace"))
    try:
        return _clean(content.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    declared = [*_declared(page.media_type, content)]
    damaged = content.decode("utf-8", "replace")
    if "utf-8" in declared[:1] or damaged.count("\ufffd") * _DAMAGED_SHARE < len(damaged):
        return _clean(damaged)
    for name in declared:
        if name != "utf-8":
            return _clean(content.decode(name, "replace"))
    return _clean(content.decode(_guessed(content), "replace"))


def _declared(media_type: str | None, content: bytes) -> Iterator[str]:
    transport = _CHARSET.search((media_type or "").encode("ascii", "ignore"))
    inside = _CHARSET.search(content[:8192]) or _XML_ENCODING.match(content)
    for match in (transport, inside):
        name = match.group(1).decode("ascii").lower() if match else ""
        name = _READ_AS.get(name, name)
        try:
            info = codecs.lookup(name)
        except (LookupError, ValueError):
            continue
        # hex, rot13 and the like are codecs too, but of bytes; utf-16 without a mark is a mistake
        if getattr(info, "_is_text_encoding", True) and not info.name.startswith("utf-16"):
            yield "utf-8" if info.name in ("utf-8", "utf-8-sig", "utf-7") else info.name


def _guessed(content: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(content[:65_536]).best()
    return best.encoding if best else "cp1252"


def _clean(text: str) -> str:
    # A look for each is faster than the pattern, and most pages have none.
    return _CONTROLS.sub("", text) if any(map(text.__contains__, _EACH_CONTROL)) else text


_MOST_MARKED = 5000


class Markup:
    """One parsed page. ``tree`` is its root element; what is asked for is read once."""

    def __init__(self, text: str, url: str | None = None) -> None:
        from lxml import etree  # type: ignore[import-untyped, unused-ignore]
        from lxml import html as lxml_html

        self.url = url
        parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        self.tree: Any = None
        try:
            self.tree = lxml_html.document_fromstring(text.encode(errors="replace"), parser=parser)
        except (etree.LxmlError, ValueError):  # an empty document, or nothing but comments
            self.tree = lxml_html.document_fromstring(b"<html></html>")
        #: How many elements the page has.
        self.size = int(self.tree.xpath("count(//*)"))
        #: The texts of the JSON-LD scripts.
        self.scripts = self._take_scripts()

    def _take_scripts(self) -> list[str]:
        """JSON-LD's texts; all scripts and styles then leave the tree.

        No text of an article is in them, and trafilatura's search in broken JSON-LD takes
        quadratic time (300,000 escaped quotes: more than five minutes).
        """
        from lxml import etree

        scripts = (
            e for e in self.tree.iter("script") if "ld+json" in (e.get("type") or "").lower()
        )
        texts = [element.text or "" for element, _ in zip(scripts, range(100), strict=False)]
        etree.strip_elements(self.tree, "script", "style", with_tail=False)
        return texts

    def first(self, *tags: str, most: int) -> list[Any]:
        """The first elements of these tags, in the order of the page: faster than an XPath."""
        return list(islice(self.tree.iter(*tags), most))

    @cached_property
    def marked(self) -> list[Any]:
        """The elements with a ``rel`` or ``itemprop``: links of the head, microdata."""
        return self.find("//*[@rel or @itemprop]")[:_MOST_MARKED]

    def having(self, attribute: str, value: str) -> list[Any]:
        """The elements whose ``rel`` or ``itemprop`` has this word."""
        return [e for e in self.marked if value in (e.get(attribute) or "").lower().split()]

    def find(self, path: str) -> list[Any]:
        """The elements or strings of an XPath, in the order of the page."""
        found = self.tree.xpath(path)
        return list(found) if isinstance(found, list) else []

    @cached_property
    def metas(self) -> dict[str, list[str]]:
        """``<meta>`` values by lower-case name, property or itemprop, in the order of the page."""
        metas: dict[str, list[str]] = {}
        for element in self.first("meta", most=2000):
            content = squeeze(element.get("content") or "")
            if not content:
                continue
            for attribute in ("property", "name", "itemprop"):
                for name in (element.get(attribute) or "").lower().split():
                    metas.setdefault(name, []).append(content)
        return metas

    def meta(self, *names: str) -> str | None:
        """The first value of the first of these names that has any."""
        return next((self.metas[name][0] for name in names if name in self.metas), None)

    def meta_all(self, *names: str) -> list[str]:
        """All values of all these names."""
        return [value for name in names for value in self.metas.get(name, ())]

    @cached_property
    def headings(self) -> list[str]:
        """The texts of the ``h1`` elements, those with a headline's name first."""
        named = [e for e in self.having("itemprop", "headline") if e.tag in ("h1", "h2")]
        elements = [*named[:20], *self.first("h1", most=20)]
        texts = [text_of(element) for element in elements]
        return list(dict.fromkeys(text for text in texts if text))

    @cached_property
    def title(self) -> str | None:
        """The text of ``<title>``."""
        for element in self.first("title", most=20):
            if not any(around.tag == "svg" for around in element.iterancestors()):
                return text_of(element)
        return None

    @cached_property
    def language(self) -> str | None:
        """The language that the root element or the head declares, as written."""
        declared = self.tree.get("lang") or self.tree.get(
            "{http://www.w3.org/XML/1998/namespace}lang"
        )
        return declared or self.meta("og:locale", "content-language", "dc.language", "language")

    @cached_property
    def canonical(self) -> str | None:
        """The address that the page gives for itself."""
        links = [e.get("href") for e in self.having("rel", "canonical") if e.tag == "link"]
        own = [self.absolute(link) for link in links[:1]] + [self.meta("og:url")]
        return next((url for url in own if url), None)

    @cached_property
    def _base(self) -> str:
        """What relative links start from: the address given, else the one the page gives."""
        links = [e for e in self.having("rel", "canonical") if e.tag == "link"]
        own = [e.get("href") for e in (*self.first("base", most=5), *links)]
        full = (str(url) for url in (self.url, *own, self.meta("og:url")) if url)
        return next((url for url in full if url.startswith(("http://", "https://"))), "")

    def absolute(self, url: str | None) -> str | None:
        """A link of the page as a full http or https address, None where it is none."""
        if not url or len(url) > 4000:
            return None
        try:
            full = urljoin(self._base, url.strip())
        except ValueError:
            return None
        return full if full.startswith(("http://", "https://")) else None


def text_of(element: Any) -> str:
    """The text in an element on one line."""
    return squeeze(" ".join(element.itertext()))
