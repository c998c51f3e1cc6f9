"""A page's tree as a list of blocks: runs of text that a browser would set as a paragraph. Pure.

One walk in document order. Navigation, forms and what only looks different (scripts, pictures)
are left out, and so is everything whose class or id names it as clutter, unless it holds so much
of the page's paragraphs that the name must be wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

#: Elements whose text is part of the line they stand in.
_INLINE = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike",
    "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "ruby", "rb",
})  # fmt: skip
#: The cells of a table row are read as one line, unless they hold blocks of their own.
_CELLS = frozenset({"td", "th"})
_NEVER = frozenset({
    "script", "style", "noscript", "svg", "iframe", "select", "option", "template", "figure",
    "figcaption", "video", "audio", "object", "embed", "picture", "img", "textarea", "input",
    "button", "dialog", "menu", "canvas", "map", "math", "head", "amp-img", "amp-ad", "rt", "rp",
    "amp-video", "amp-iframe", "amp-carousel", "amp-sidebar",
})  # fmt: skip
_FIGURES = frozenset({"figure", "figcaption", "button"})
#: A part with such a name, an image and little text is a picture with its caption.
_PICTURE = re.compile(
    r"(?:^|[\s_-])(?:image|img|picture|photo|pic|foto|bild|thumb(?:nail)?)(?:$|[\s_-])",
    re.IGNORECASE,
)
_LONGEST_CAPTION = 500
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: These hold the article only where a page was built wrongly.
_ASIDE = frozenset({"nav", "footer", "aside", "form", "ins"})
#: Quotations are often tweets, and a heading inside the article has the class of a widget's.
_NAMED_FREELY = _HEADINGS | {"blockquote"}
_ROOMS = frozenset({"body", "html", "main"})

_CLUTTER = re.compile(
    r"teaser|caption|bildunterschrift|(?:media|photo|image|img|picture|slide|gallery|carousel)"
    r"[a-z_-]*desc|related(?:article|broadcast|content|link|post|stor)|(?:^|[\s_-])(?:related|recommend(?:ed|ations?)?|promo(?:s|ted|box)?|newsletters?|side-?bar"
    r"|shar(?:e|es|ing)|social|comments?|disqus|footer|breadcrumbs?|cookies?|consent"
    r"|most-?read|popular|trending|advert(?:s|isements?)?|ads?|adslot|sponsor(?:ed|s)?"
    r"|subscri(?:be|ption)|paywall|login|sign-?up|menu|nav|navigation|legend|credits?"
    r"|copyright|bylines?|authors?|bio|tags?|tag-?(?:list|box|cloud)|topics|keywords|read-?more|more-?on|see-?also"
    r"|also-?read|widgets?|outbrain|taboola|banner|modal|popup|toolbar|print-?only|hidden|sr-only"
    r"|visually-?hidden|screen-?reader-?text|meta|metadata|timestamp|pagination|carousel|gallery"
    r"|slideshow|player|infobox|rating|poll|quiz|donat(?:e|ion)s?|follow|feedback|disclaimer|embed"
    r"|tweet|toc|noprint|read-?next|up-?next|latest)(?:$|[\s_-])",
    re.IGNORECASE,
)
_BODY = re.compile(
    r"article-?_*(?:body|content|text|main)|story-?_*(?:body|content|text)"
    r"|post-?_*(?:body|content|entry)|entry-?_*content|content-?_*body|news-?_*(?:text|body|content)"
    r"|rich-?_*text|body-?_*text|text-?_*block|paragraph",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: A part with so much of the paragraphs' text is the article, whatever it is called.
_LARGE = 0.4
_LEAST_PARAGRAPHS = 400
#: To count the paragraphs of a part takes time; parts in parts in parts would take too much.
_MOST_ASKED = 50
_PICTURE_ROOMS = frozenset({"div", "p", "span", "section"})
#: Deeper no browser would draw; libxml2 itself stops at about as many.
_DEEPEST = 250
#: Beyond so many elements a page is no article; the walk ends.
_MOST_ELEMENTS = 200_000
_BREAK = "\x00"
_GAP = re.compile(r"\x00[\s\x00]*\x00")


@dataclass(slots=True)
class Block:
    """One paragraph, heading or item: its text on one line, where it stands, and how linked.

    ``path`` holds the numbers of the elements around it, outermost first; ``links`` is the share
    of its characters that stand in links.
    """

    text: str
    tag: str
    links: float
    path: tuple[int, ...]
    element: Any


@lru_cache(maxsize=16_384)
def is_clutter(name: str) -> bool:
    """Whether a class and id say that a part of a page is not its article.

    >>> is_clutter("story related-links"), is_clutter("article-body with-sidebar"), is_clutter("p")
    (True, False, False)
    """
    if len(name) > 300:
        name = name[:300]
    if not _CLUTTER.search(_CAMEL.sub("-", name)):
        return False
    return not (_BODY.search(name) and len(name) < 120)


@lru_cache(maxsize=16_384)
def is_picture(name: str) -> bool:
    """Whether a class and id name a picture."""
    return len(name) < 300 and bool(_PICTURE.search(_CAMEL.sub("-", name)))


class Walker:
    """The walk over one page. ``lenient`` also enters what usually holds no article."""

    def __init__(self, tree: Any, *, lenient: bool = False) -> None:
        from lxml import etree  # type: ignore[import-untyped, unused-ignore]

        self.blocks: list[Block] = []
        #: Figures and parts left out, each with the number of blocks before it: captions of
        #: pictures are among them.
        self.left_out: list[tuple[Any, int]] = []
        #: The number of every element that was entered as a block of its own.
        self.numbers: dict[Any, int] = {}
        self._lenient = lenient
        self._length = etree.XPath("string-length(.)")
        self._paragraphs = etree.XPath(".//p")
        self._buffer: list[str] = []
        self._linked = 0
        self._seen = 0
        self._asked = 0
        bodies = tree.xpath("//body")
        self._root = bodies[0] if bodies else tree
        whole = self._share_of(self._root)
        #: Whether the page's text stands in ``p``; else all its text counts.
        self._has_paragraphs = whole >= _LEAST_PARAGRAPHS
        self._whole = whole if self._has_paragraphs else max(int(self._length(self._root)), 1)

    def _share_of(self, element: Any) -> int:
        return sum(min(int(self._length(p)), 800) for p in self._paragraphs(element)[:3000])

    def _is_large(self, element: Any) -> bool:
        enough = _LARGE * self._whole
        if self._length(element) < enough or self._asked >= _MOST_ASKED:
            return False
        self._asked += 1
        return not self._has_paragraphs or self._share_of(element) >= enough

    def run(self) -> list[Block]:
        """The blocks of the page."""
        self._visit(self._root, (0,), self._root, False)
        self._flush(self._root, (0,))
        return self.blocks

    def _visit(self, element: Any, path: tuple[int, ...], owner: Any, linked: bool) -> None:
        """Take the text of an element's inside; its own borders are the caller's."""
        buffer = self._buffer
        text = element.text
        if text:
            buffer.append(text)
            if linked:
                self._linked += len(text)
        for child in element:
            tag = child.tag
            if tag == "br":
                buffer.append(_BREAK)
            elif tag in _CELLS:
                self._buffer.append(" ")
                self._visit(child, path, owner, linked)
            elif tag in _INLINE:
                if self._is_left_out(child, tag):
                    self.left_out.append((child, len(self.blocks)))
                else:
                    self._visit(child, path, owner, linked or tag == "a")
            elif tag not in _NEVER:
                if len(path) < _DEEPEST:
                    self._block(child, tag, path, owner, linked)
            elif tag in _FIGURES:
                self._flush(owner, path)
                self.left_out.append((child, len(self.blocks)))
            text = child.tail
            if text:
                self._buffer.append(text)
                if linked:
                    self._linked += len(text)

    def _block(
        self, child: Any, tag: str, path: tuple[int, ...], owner: Any, linked: bool
    ) -> None:
        self._flush(owner, path)
        if self._is_left_out(child, tag):
            if tag not in _ASIDE:
                self.left_out.append((child, len(self.blocks)))
            return
        self._seen += 1
        if self._seen > _MOST_ELEMENTS:
            return
        self.numbers[child] = self._seen
        inner = (*path, self._seen)
        self._visit(child, inner, child, linked)
        self._flush(child, inner)

    def _is_left_out(self, element: Any, tag: str) -> bool:
        if tag in _ASIDE and not self._lenient and not self._is_large(element):
            return True
        attributes = element.attrib
        if not attributes:
            return False
        hidden = "hidden" in attributes or attributes.get("aria-hidden") == "true"
        style = attributes.get("style")
        if style and "display" in style and "none" in style:
            hidden = hidden or "display:none" in style.replace(" ", "")
        if hidden:
            return not self._is_large(element)
        name = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        if len(name) < 3 or tag in _ROOMS or tag in _NAMED_FREELY:
            return False
        if is_clutter(name):
            return not self._is_large(element)
        return (
            tag in _PICTURE_ROOMS
            and is_picture(name)
            and self._length(element) <= _LONGEST_CAPTION
            and next(element.iter("img", "picture", "amp-img"), None) is not None
        )

    def _flush(self, owner: Any, path: tuple[int, ...]) -> None:
        buffer = self._buffer
        if not buffer:
            return
        whole = "".join(buffer)
        links = self._linked
        buffer.clear()
        self._linked = 0
        if not whole or whole.isspace():
            return
        parts = _GAP.split(whole) if _BREAK in whole else [whole]
        share = min(1.0, links / len(whole))
        for part in parts:
            for text in _lines(part):
                self.blocks.append(Block(text, str(owner.tag), share, path, owner))


def _lines(part: str) -> list[str]:
    """A run of text on one line; where single breaks part whole sentences, one line for each."""
    if _BREAK not in part:
        text = " ".join(part.split())
        return [text] if text else []
    pieces = [" ".join(piece.split()) for piece in part.split(_BREAK)]
    pieces = [piece for piece in pieces if piece]
    if len(pieces) > 1 and sum(map(len, pieces)) > 100 * len(pieces):
        return pieces
    return [" ".join(pieces)] if pieces else []
