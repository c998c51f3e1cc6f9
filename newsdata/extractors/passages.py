"""HTML inside a record (a feed's item, an agency's body) as paragraphs. Pure."""

from __future__ import annotations

import re
from typing import Any

from newsdata.text import squeeze

_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "dd", "div", "dl", "dt", "figure",
     "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre",
     "section", "table", "td", "th", "tr", "ul")
)  # fmt: skip
#: What is no text; captions belong to pictures.
_NO_TEXT = frozenset(("script", "style", "noscript", "template", "figcaption", "head", "title"))
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--")
_REFERENCE = re.compile(r"&(?:#\d+|#x[0-9A-Fa-f]+|[A-Za-z]\w+);")


def is_markup(text: str) -> bool:
    """Whether a text holds tags or character references.

    >>> is_markup("a <b>c</b>"), is_markup("1 < 2 & 3")
    (True, False)
    """
    return bool(_TAG.search(text) or _REFERENCE.search(text))


def paragraphs_of(markup: str) -> list[str]:
    """The paragraphs of a piece of HTML, without empty ones.

    Two line breaks in a row part paragraphs, one is a space.

    >>> paragraphs_of("<p>One<br>two.</p>Three.<br><br>Four <b>five</b>.<script>x</script>")
    ['One two.', 'Three.', 'Four five.']
    """
    root = _root(markup)
    parts: list[str] = []
    if root is not None:
        _walk(root, parts)
    text = "".join(parts)
    pieces = re.split(r"\x1e\s*|\x1f\s*\x1f[\s\x1f]*", text)
    return [line for piece in pieces if (line := squeeze(piece.replace("\x1f", " ")))]


def line_of(text: str) -> str:
    """A short text on one line, its markup taken off.

    >>> line_of("Fish &amp; <i>chips</i>"), line_of("1 < 2")
    ('Fish & chips', '1 < 2')
    """
    return squeeze(" ".join(paragraphs_of(text)) if is_markup(text) else text)


def pictures_in(markup: str) -> list[tuple[str, str | None]]:
    """(address, caption) of each picture; the caption is that of its figure."""
    root = _root(markup)
    found: list[tuple[str, str | None]] = []
    for image in root.iter("img") if root is not None else ():
        address = (image.get("src") or "").strip()
        figure = next(image.iterancestors("figure"), None)
        label = figure.find(".//figcaption") if figure is not None else None
        caption = squeeze(label.text_content()) if label is not None else None
        if address.startswith(("http://", "https://")):
            found.append((address, caption or None))
    return found


def _root(markup: str) -> Any:
    from lxml import etree  # type: ignore[import-untyped, unused-ignore]
    from lxml import html as lxml_html

    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    clean = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", markup)
    content = f"<html><body>{clean}</body></html>".encode(errors="replace")
    try:
        return lxml_html.document_fromstring(content, parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def _walk(root: Any, parts: list[str]) -> None:
    """Texts in their order, U+001E around blocks and U+001F for line breaks; no recursion, so
    that nesting has no limit."""
    todo: list[Any] = [root]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            parts.append(item)
            continue
        if item.tail and item is not root:
            todo.append(item.tail)
        if item.tag in _NO_TEXT:
            continue
        if item.tag == "br":
            parts.append("\x1f")
            continue
        is_block = item.tag in _BLOCKS
        if is_block:
            parts.append("\x1e")
            todo.append("\x1e")
        todo.extend(reversed(item))
        if item.text:
            parts.append(item.text)
