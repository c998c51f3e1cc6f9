"""Text and standfirst of an HTML page: its own blocks, other readings where these fail. Pure.

The page's blocks are trusted unless they are thin, or JSON-LD's ``articleBody`` says much that
they lack. Then the parts that usually hold no article are read too, then JSON-LD's text counts,
and trafilatura is asked last: it is good and takes ten times as long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from newsdata.extractors.blocks import Block, Walker
from newsdata.extractors.bodies import Body, bare, find_body, length
from newsdata.extractors.markup import Markup
from newsdata.extractors.plain import read_plain
from newsdata.extractors.witnesses import share

#: A text is thin below this, and where it shares less of JSON-LD's text.
_THIN_TEXT = 350
_LEAST_SHARE = 0.6
#: Below this even a short piece of news is asked for twice.
_SCRAP = 200
#: So many letters and digits tell one standfirst from another.
_START = 50
_STANDFIRST = re.compile(
    r"stand-?_*first|(?:^|[\s_-])(?:lead|lede|dek|deck|intro|introduction|chapo|chapeau|sapo|abstract"
    r"|announce|description|summary|sumario|entradilla|ingress|vorspann|manchet|perex|spot|excerpt"
    r"|kicker-?text|teaser-?text|article-?lead|preamble)(?:$|[\s_-])|sub-?_*(?:title|head(?:line)?)"
    r"|(?:article|story|news|post)_*-?(?:lead|intro|summary)",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(slots=True)
class PageText:
    """What a page says: ``rows`` of text, how they were found, and the blocks they come from.

    ``parts`` are figures and parts left out, with the number of blocks before each; ``span`` the
    numbers of the first and the last block of the article.
    """

    rows: list[str] = field(default_factory=list)
    method: str = "dom"
    blocks: list[Block] = field(default_factory=list)
    parts: list[tuple[Any, int]] = field(default_factory=list)
    body: Body = field(default_factory=Body)
    span: tuple[int, int] = (0, 0)


def text_of_page(markup: Markup, title: str, said: str, room: Any = None) -> PageText:
    """The text of a page; ``said`` is the text that JSON-LD gives, empty where it gives none.

    ``room`` is the element that a site's rule names as holding the article; its blocks count.
    """
    if room is not None:
        text = _walk(markup, title, lenient=True, room=room)
        if text.rows:
            text.method = "site"
            return text
    text = _walk(markup, title, lenient=False)
    if not _is_weak(text.body.text, said):
        return text
    second = _walk(markup, title, lenient=True)
    if len(second.body.text) > 1.2 * len(text.body.text):
        text = second
        if not _is_weak(text.body.text, said):
            return text
    own = text.body.text
    if len(said) >= _THIN_TEXT and len(said) > len(own):
        text.rows, text.method = said.split("\n"), "jsonld"
        return text
    if length(own) < _SCRAP and len(said) < _SCRAP:
        plain = str(read_plain(markup).get("text") or "")
        if len(plain) > 1.2 * len(own):
            text.rows = plain.split("\n")
    elif len(said) > len(own):
        text.rows, text.method = said.split("\n"), "jsonld"
    return text


def _walk(markup: Markup, title: str, *, lenient: bool, room: Any = None) -> PageText:
    walker = Walker(markup.tree, lenient=lenient)
    blocks = walker.run()
    home = walker.numbers.get(room) if room is not None else None
    body = Body() if room is not None and home is None else find_body(blocks, title, home)
    rows = [block.text for block in body.blocks]
    return PageText(rows, "dom", blocks, walker.left_out, body, _span(blocks, body, title))


def _span(blocks: Sequence[Block], body: Body, title: str) -> tuple[int, int]:
    """From the headline (the article's first block where there is none) to the last block."""
    if not body.blocks:
        return 0, len(blocks)
    first, end = len(body.before), len(blocks)
    last = next(n for n in range(end - 1, -1, -1) if blocks[n] is body.blocks[-1])
    wanted = bare(title)
    head = (n for n in range(first, -1, -1) if blocks[n].tag == "h1")
    room = range(len(title) // 2, 2 * len(title) + 2)  # most blocks are not even as long
    same = (
        n
        for n in range(first + 1)
        if wanted and len(blocks[n].text) in room and bare(blocks[n].text) == wanted
    )
    start = next(same, next(head, max(0, first - 30)))
    return start, last + 1


def _is_weak(text: str, said: str) -> bool:
    if length(text) < _THIN_TEXT:
        return not (said and len(text) >= 0.8 * len(said) and share(said, text) >= _LEAST_SHARE)
    return bool(said) and share(said, text) < _LEAST_SHARE


def find_lead(text: PageText, said: Iterable[str | None], title: str) -> tuple[str | None, int]:
    """The standfirst, and how many of the text's first rows it is (1 or none).

    A description that the page prints too, else a block above the text that is named as one.
    """
    body = text.body
    wanted = bare(title)
    starts = {bare(given[:200])[:_START] for given in said if given and len(given) >= 20}
    starts.discard(wanted[:_START])
    first = body.blocks[0] if body.blocks else None
    own = first is not None and len(body.blocks) > 1 and text.rows[:1] == [first.text]
    said_first = first is not None and bare(first.text[:200])[:_START] in starts
    if first is not None and own and said_first and _is_standfirst(first):
        return first.text, 1
    inside = bare("".join(row[:200] for row in text.rows[:4]))
    for block in reversed(body.before[-60:]):
        if not 20 <= len(block.text) < 3000 or block.links > 0.5:
            continue
        start = bare(block.text[:200])[:_START]
        if start in starts and start not in inside:
            return block.text, 0
    for block in reversed(body.before[-15:]):
        fits = 25 <= length(block.text) < 1500 and block.links < 0.3 and block.tag != "h1"
        fits = fits and _is_standfirst(block) and bare(block.text) != wanted
        if fits and bare(block.text[:200])[:_START] not in inside:
            return block.text, 0
    return None, 0


def _is_standfirst(block: Block) -> bool:
    """Whether the markup sets a block apart from the paragraphs of the text."""
    element = block.element
    if element.tag in ("h2", "h3"):
        return True
    around = element.getparent()
    names = f"{element.get('class') or ''} {element.get('itemprop') or ''}"
    if around is not None and len(around) <= 3:
        names += f" {around.get('class') or ''}"
    return len(names) < 400 and bool(_STANDFIRST.search(_CAMEL.sub("-", names)))
