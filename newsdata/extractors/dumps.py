"""A page saved as plain text becomes an article: title, body, dateline, captions, credits. Pure.

Nothing is guessed: what a dump does not show (the bare text of an article has no title, time or
rubric) stays null, and what is inferred from elsewhere is marked so in the provenance.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from newsdata.extractors.chrome import copyright_notice
from newsdata.extractors.fields import clock_of, finish_identity, provenance, put_time
from newsdata.extractors.layouts import Layout, day_of_header, read_layout
from newsdata.extractors.story import Picture, Story, read_story
from newsdata.grammar.credits import Credit, with_author
from newsdata.grammar.datelines import Dateline, read_dateline
from newsdata.grammar.dates import possible_date, read_time
from newsdata.grammar.languages import detect_language
from newsdata.grammar.openings import MOST_PARAGRAPHS, read_opening
from newsdata.grammar.persons import people_in_caption
from newsdata.identity import Identity, identify
from newsdata.records import Article, Fault, Found, Page, Rejected, empty_record, reject
from newsdata.text import clean_text, join_paragraphs, lines

EXTRACTOR = "dump"
#: Raised with every change of what :func:`extract_dump` reads from the same bytes.
EXTRACTOR_VERSION = 2


def extract_dump(page: Page) -> Article | Rejected:
    """The article on a page saved as text, or why there is none. Never raises on content.

    >>> from newsdata.records import Place
    >>> body = "19 сентября, Минск /Корр. БЕЛТА/. По нему едут.-0-"
    >>> text = "Мост открыт\\n2016-09-19 15:21\\n" + body
    >>> article = extract_dump(Page(text.encode(), "dump", Place("bridge.txt")))
    >>> article.title, article.text, article.timestamp, article.source
    ('Мост открыт', 'По нему едут.', '2016-09-19T15:21:00+03:00', 'belta.by')
    """
    found = read_dump(page)
    if isinstance(found, Fault):
        return reject(page, found)
    if found.layout is None:
        message = "found several items with times of their own, expected one article"
        return reject(page, Fault("list-page", message))
    if not found.layout.title and not found.layout.body:
        return reject(page, Fault("no-article", "found only navigation, expected an article"))
    return _article(page, found.layout, found.identity, copyright_notice(found.rows))


@dataclass(frozen=True, slots=True)
class Dump:
    """The lines of a dump that hold anything, stripped; its layout, None for a list of items.

    ``crawled`` is the day of reading that the header prints, in ISO 8601.
    """

    rows: list[str]
    layout: Layout | None
    identity: Identity | None
    crawled: str | None = None


def read_dump(page: Page) -> Dump | Fault:
    """Lines and layout of a page saved as text, or why it has none."""
    try:
        text = page.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte 0x{page.content[error.start]:02x} at offset {error.start}"
        return Fault("invalid-utf8", f"{found}, expected UTF-8")
    rows = lines(clean_text(text))
    if not rows:
        return Fault("empty-file", "found only white space, expected a page")
    identity = identify(page.url)
    layout = read_layout(rows, _day_of_reading(page), identity.year if identity else None)
    crawled = day_of_header(rows) if layout is None else None
    return Dump(rows, layout, identity, crawled.isoformat() if crawled else None)


def _day_of_reading(page: Page) -> date | None:
    printed = read_time(page.retrieved, "UTC") if page.retrieved else None
    return printed.local_date if printed else None


def _article(
    page: Page, layout: Layout, identity: Identity | None, notice: str | None
) -> Article | Rejected:
    language = identity.language if identity else None
    story = read_story(layout, language)
    found = Found()
    unsigned = _find_dateline(story.paragraphs)
    fault = _read_timestamp(found, page, layout, identity, unsigned)
    if fault:
        return reject(page, fault)
    dateline = _take_dateline(story, found, identity)
    _put_text(found, layout, story, dateline)
    _sign(story, tuple(found.get("author", ())))
    _put_pictures(found, story)
    agency = found.get("agency")
    finish_identity(found, page, agency)
    _put_language(found)
    _put_rights(found, notice)
    methods = {name: method for name, method in found.methods.items() if name in found.values}
    record = empty_record(**found.values)
    record["provenance"] = provenance(page.sha256, EXTRACTOR, EXTRACTOR_VERSION, methods)
    return Article(record, page.place, page.retrieved)


# -- time and dateline -------------------------------------------------------------------------


def _find_dateline(paragraphs: list[str]) -> Dateline | None:
    line = next((line for p in paragraphs[:3] if (line := read_dateline(p)[0])), None)
    opening = None if line else read_opening(paragraphs[:MOST_PARAGRAPHS])
    return opening.line if opening else line


#: Stands for the day that is not known, to see whether a line is a time at all.
_ANY_DAY = date(2000, 2, 29)


def _read_timestamp(
    found: Found,
    page: Page,
    layout: Layout,
    identity: Identity | None,
    dateline: Dateline | None,
) -> Fault | None:
    """Put the time fields; the fault where a printed time cannot be placed."""
    if layout.time is None:
        return None
    clock = clock_of(page, identity, dateline.agency if dateline else None)
    year = identity.year if identity else None
    now = layout.crawled or _day_of_reading(page)
    printed = read_time(layout.time, clock.zone, now=now, year=year)
    if printed is None and read_time(layout.time, "UTC", now=_ANY_DAY, year=_ANY_DAY.year):
        found.put("extra", [{"key": "printed_time", "value": layout.time}], "pattern")
        return None
    if printed is None:
        message = f"found {layout.time!r}, expected a time of the calendar"
        return Fault("bad-time", message, "/timestamp")
    if printed.naive:
        message = f"found {layout.time!r}, expected a zone, or a source whose zone is known"
        return Fault("naive-time", message, "/timestamp")
    whole = read_time(layout.time, clock.zone)
    put_time(found, printed, "pattern" if whole else "inferred", clock)
    changed = read_time(layout.modified, clock.zone) if layout.modified else None
    if changed and not changed.naive:
        found.put("modified", changed.when.isoformat(timespec="seconds"), "pattern")
    return None


def _take_dateline(story: Story, found: Found, identity: Identity | None) -> Dateline | None:
    """Cut the dateline off the text, wherever it stands, and put what it says."""
    local = found.get("local_date")
    page_date = date.fromisoformat(local) if local else None
    year = identity.year if identity else None
    url_date = _url_date(identity)
    paragraphs = story.paragraphs
    opening = read_opening(paragraphs[:MOST_PARAGRAPHS], page_date, year, url_date)
    if opening and (opening.notices or opening.authors):
        paragraphs[:MOST_PARAGRAPHS] = opening.paragraphs
        story.notices.extend(opening.notices)
        story.authors[:0] = [] if story.authors else opening.authors
        return _put_dateline(found, opening.line)
    for index in (*range(min(3, len(paragraphs))), len(paragraphs) - 1):
        text = paragraphs[index] if paragraphs else ""
        line, rest = read_dateline(text, page_date, year, url_date)
        if line is None or (index > 2 and rest):
            continue
        paragraphs[index : index + 1] = [rest] if rest else []
        return _put_dateline(found, line)
    return None


def _put_dateline(found: Found, line: Dateline) -> Dateline:
    found.put("dateline", line.to_dict(), "pattern")
    found.put("agency", line.agency, "pattern")
    return line


def _url_date(identity: Identity | None) -> date | None:
    if not identity or not (identity.year and identity.month and identity.day):
        return None
    return possible_date(identity.year, identity.month, identity.day)


# -- fields ------------------------------------------------------------------------------------


def _put_text(found: Found, layout: Layout, story: Story, dateline: Dateline | None) -> None:
    found.put("title", layout.title, "pattern")
    found.put("rubric", layout.rubric, "pattern")
    found.put("text", join_paragraphs(story.paragraphs), "pattern")
    found.put("tags", story.tags, "pattern")
    named = list(dateline.correspondents) if dateline else []
    found.put("author", list(dict.fromkeys(named + story.authors)), "pattern")


def _sign(story: Story, authors: tuple[str, ...]) -> None:
    """``Фото автора`` is the picture of whoever wrote the article."""
    story.credits = [with_author(credit, authors) for credit in story.credits]
    for image in story.images:
        image.credit = with_author(image.credit, authors) if image.credit else None


def _put_pictures(found: Found, story: Story) -> None:
    images = [_image(image) for image in story.images]
    people = [person for image in story.images for person in people_in_caption(image.caption)]
    photographers = [name for credit in story.credits for name in credit.photographers]
    found.put("images", images, "pattern")
    found.put("photographer", list(dict.fromkeys(photographers)), "pattern")
    found.put("people", list(dict.fromkeys(people + photographers)), "pattern")
    if story.described and "agency" not in found:
        agency = next((credit.agency for credit in story.credits if credit.agency), None)
        found.put("agency", agency, "pattern")
    extra = list(found.get("extra", []))
    extra += [{"key": "credit", "value": _credit_json(credit)} for credit in story.credits]
    extra += [{"key": "editor", "value": name} for name in story.editors]
    extra += [{"key": "notice", "value": said} for said in story.notices]
    found.put("extra", extra, "pattern")


def _image(image: Picture) -> dict[str, Any]:
    credit = image.credit
    return {
        "url": None,
        "caption": image.caption,
        "credit": credit.raw if credit else None,
        "credit_kind": credit.kind if credit else None,
        "photographer": list(credit.photographers) if credit else [],
        "agency": credit.agency if credit else None,
        "after_paragraph": image.after,
    }


def _credit_json(credit: Credit) -> str:
    """What a record has no field for: the case a credit was read in, whether it is ambiguous."""
    value = {
        "raw": credit.raw,
        "kind": credit.kind,
        "medium": credit.medium,
        "case": credit.case,
        "ambiguous": credit.ambiguous,
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _put_language(found: Found) -> None:
    if "language" not in found:
        text = f"{found.get('title', '')}\n{found.get('text', '')}"
        found.put("language", detect_language(text), "inferred")


def _put_rights(found: Found, notice: str | None) -> None:
    if notice is None:
        return
    rights = dict.fromkeys(("license", "usage_terms", "free_to_read", "observed_at"))
    signals = {"copyright_notice": notice, "tdm": "unknown", "signals": ["text"]}
    found.put("rights", {**rights, **signals}, "pattern")
