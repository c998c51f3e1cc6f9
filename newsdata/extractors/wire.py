"""What wire copy carries in its text: the dateline before it and the credits behind it."""

from __future__ import annotations

from datetime import date

from newsdata.grammar.bylines import split_reporting_tail
from newsdata.grammar.datelines import Dateline, read_dateline
from newsdata.grammar.dates import possible_date
from newsdata.identity import Identity
from newsdata.records import Found
from newsdata.text import join_paragraphs, paragraphs


def dateline_agency(text: str | None) -> str | None:
    """The agency of the dateline that opens a text, None without one.

    >>> dateline_agency("MINSK, 17 August (BelTA) - The bridge is open.")
    'BelTA'
    """
    line = read_dateline(text.partition("\n\n")[0])[0] if text else None
    return line.agency if line else None


def put_wire(found: Found, identity: Identity | None, method: str = "pattern") -> tuple[str, ...]:
    """Move dateline and closing credits out of ``found``'s text into their fields.

    The persons they name join the authors, after those of the byline; a dateline's agency is
    the agency where none was found. Answers the editors that the closing credits name.
    """
    parts = paragraphs(found.get("text") or "")
    if not parts:
        return ()
    authors = list(found.get("author", []))
    line, rest = _dateline(parts[0], found, identity)
    if line:
        parts = [rest, *parts[1:]]
        authors += line.correspondents
    body, closing = split_reporting_tail(parts[-1])
    if closing:
        parts[-1] = body
        authors += closing.authors
    text = join_paragraphs(parts)
    if not text:  # nothing but a dateline: leave it, an article has a text
        return ()
    if line:
        found.put("dateline", line.to_dict(), method)
        if "agency" not in found:
            found.put("agency", line.agency, method)
    if line or closing:
        found.put("text", text, found.methods["text"])
        found.put("author", list(dict.fromkeys(authors)), found.methods.get("author", method))
    return closing.editors if closing else ()


def _dateline(
    paragraph: str, found: Found, identity: Identity | None
) -> tuple[Dateline | None, str]:
    day = found.get("local_date")
    url_year = identity.year if identity else None
    url_date = None
    if identity and identity.year and identity.month and identity.day:
        url_date = possible_date(identity.year, identity.month, identity.day)
    page_date = date.fromisoformat(day) if isinstance(day, str) else None
    return read_dateline(paragraph, page_date, url_year, url_date)
