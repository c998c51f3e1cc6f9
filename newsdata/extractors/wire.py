"""What wire copy carries in its text: notices, byline and dateline before it, credits behind."""

from __future__ import annotations

from datetime import date

from newsdata.grammar.bylines import Byline, split_reporting_tail
from newsdata.grammar.dates import possible_date
from newsdata.grammar.openings import MOST_PARAGRAPHS, Opening, read_opening
from newsdata.identity import Identity
from newsdata.records import Found

_BREAK = "\n\n"


def dateline_agency(text: str | None) -> str | None:
    """The agency of the dateline that opens a text, None without one.

    >>> dateline_agency("MINSK, 17 August (BelTA) - The bridge is open.")
    'BelTA'
    """
    opening = read_opening(text.split(_BREAK, MOST_PARAGRAPHS)) if text else None
    return opening.line.agency if opening else None


def put_wire(
    found: Found, identity: Identity | None, method: str = "pattern"
) -> list[dict[str, str | None]]:
    """Move notices, dateline and closing credits out of ``found``'s text into their fields.

    The text is one in the form of a record, its paragraphs parted by blank lines. The persons of
    a byline before the dateline are the authors where none were found; those that dateline and
    closing credits name join them. A dateline's agency is the agency where none was found.
    Answers what has no field, for ``extra``: notices and editors.
    """
    whole = found.get("text") or ""
    head = whole.split(_BREAK, MOST_PARAGRAPHS)
    opening = _opening(head, found, identity) if whole else None
    text = _BREAK.join(opening.paragraphs) if opening else whole
    before, mark, last = text.rpartition(_BREAK)
    rest, closing = split_reporting_tail(last)
    if closing:
        text = before + mark + rest if rest else before
    if not text or not (opening or closing):  # nothing but a dateline: an article has a text
        return []
    found.put("text", text, found.methods["text"])
    authors = _authors(found, opening, closing)
    found.put("author", authors, found.methods.get("author", method))
    if opening:
        found.put("dateline", opening.line.to_dict(), method)
        if "agency" not in found:
            found.put("agency", opening.line.agency, method)
    notices = opening.notices if opening else ()
    extra: list[dict[str, str | None]] = [{"key": "notice", "value": said} for said in notices]
    return extra + [{"key": "editor", "value": n} for n in (closing.editors if closing else ())]


def _authors(found: Found, opening: Opening | None, closing: Byline | None) -> list[str]:
    authors = list(found.get("author", []))
    if opening:
        authors = [*(authors or opening.authors), *opening.line.correspondents]
    if closing:
        authors += closing.authors
    return list(dict.fromkeys(authors))


def _opening(paragraphs: list[str], found: Found, identity: Identity | None) -> Opening | None:
    day = found.get("local_date")
    url_year = identity.year if identity else None
    url_date = None
    if identity and identity.year and identity.month and identity.day:
        url_date = possible_date(identity.year, identity.month, identity.day)
    page_date = date.fromisoformat(day) if isinstance(day, str) else None
    return read_opening(paragraphs, page_date, url_year, url_date)
