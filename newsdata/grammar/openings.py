"""What may stand before a dateline: notices in brackets and a byline. Pure, linear.

Forms, after real wire copy: ``(Corrects name in paragraph 2)``, alone or before the text,
``(Adds details, updates shares``, ``By Ann Lee LONDON, March 3 (Reuters) -``. They are taken off
only where a dateline follows: without one nothing tells a notice from an aside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from newsdata.grammar.bylines import read_byline
from newsdata.grammar.datelines import Dateline, read_dateline

#: Notices, byline and dateline stand in so many paragraphs.
MOST_PARAGRAPHS = 4
MOST_NOTICES = 4
LONGEST_BYLINE = 150

_NOTICE = re.compile(r"\((?P<said>(?:[^()]|\([^()]{0,80}\)){3,600})\)\s*")
_UNCLOSED = re.compile(r"\((?P<said>[^()]{3,600})")
_BY = re.compile(r"(?i:by)\s+(?=[^\W\d_])")
_SHOUTED = re.compile(r"(?<!\S)[^\W\d_]{2,}[^\s(]*")


@dataclass(frozen=True, slots=True)
class Opening:
    """The dateline of a story with what stood before it, and the paragraphs that are left.

    ``notices`` are as printed, without their brackets; ``authors`` are those of the byline.
    """

    line: Dateline
    paragraphs: tuple[str, ...]
    notices: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


def read_opening(
    paragraphs: Sequence[str],
    page_date: date | None = None,
    url_year: int | None = None,
    url_date: date | None = None,
) -> Opening | None:
    """The opening of a story by its paragraphs, None where no dateline opens it.

    The dates serve :func:`~newsdata.grammar.datelines.read_dateline`.

    >>> found = read_opening(["(Adds a quote) By Ann Lee LONDON (Reuters) - The tram runs."])
    >>> found.notices, found.authors, found.line.places, found.paragraphs
    (('Adds a quote',), ('Ann Lee',), ('LONDON',), ('The tram runs.',))
    >>> read_opening(["(It rained.) Trams run."]) is None
    True
    """
    notices: list[str] = []
    authors: tuple[str, ...] = ()
    for index, paragraph in enumerate(paragraphs[:MOST_PARAGRAPHS]):
        text = paragraph
        if text.startswith("(") and not read_dateline(text)[0]:
            said, text = _notices(text)
            notices += said
        if not authors:  # before the dateline: "By Ann Lee LONDON" could be a place
            authors, text = _byline(text)
        line, rest = read_dateline(text, page_date, url_year, url_date)
        if line:
            left = (rest, *paragraphs[index + 1 :])
            return Opening(line, tuple(filter(None, left)), tuple(notices), authors)
        if text:
            return None
    return None


def _notices(text: str) -> tuple[list[str], str]:
    """The notices that open a paragraph, and what follows them."""
    said: list[str] = []
    end = 0
    while len(said) < MOST_NOTICES and (match := _NOTICE.match(text, end)):
        said.append(" ".join(match["said"].split()))
        end = match.end()
    text = text[end:]
    unclosed = _UNCLOSED.fullmatch(text)
    if unclosed:  # "(Adds details, changes" and a line break
        return [*said, " ".join(unclosed["said"].split())], ""
    return said, text


def _byline(text: str) -> tuple[tuple[str, ...], str]:
    """The persons of a byline that opens a paragraph, and what follows it: a dateline or nothing.

    Where nothing parts the name from the place, the place is written in capitals.
    """
    start = _BY.match(text)
    if not start:
        return (), text
    if len(text) <= LONGEST_BYLINE and not text.endswith((".", "?", "!")):
        names = read_byline(text).authors
        if names and "(" not in text:
            return names, ""
    for match in _SHOUTED.finditer(text, start.end(), LONGEST_BYLINE):
        if match[0].isupper() and read_dateline(text[match.start() :])[0]:
            names = read_byline(text[: match.start()]).authors
            return (names, text[match.start() :]) if names else ((), text)
    return (), text
