"""A page saved as plain text becomes an article: title, body, dateline, captions, credits. Pure.

Nothing is guessed: what a dump does not show (the bare text of an article has no title, time or
rubric) stays null, and what is inferred from elsewhere is marked so in the provenance.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from newsdata.extractors.chrome import (
    copyright_notice,
    is_banner,
    is_navigation,
    is_promo,
    tags_of,
)
from newsdata.extractors.fields import clock_of, finish_identity, provenance, put_time
from newsdata.extractors.layouts import Layout, read_layout
from newsdata.grammar.bylines import is_byline, read_byline, split_reporting_tail
from newsdata.grammar.credits import Credit, read_credit, split_credit
from newsdata.grammar.datelines import Dateline, read_dateline
from newsdata.grammar.dates import possible_date, read_time
from newsdata.grammar.languages import detect_language
from newsdata.grammar.openings import MOST_PARAGRAPHS, read_opening
from newsdata.grammar.persons import people_in_caption
from newsdata.identity import Identity, identify
from newsdata.records import Article, Fault, Found, Page, Rejected, empty_record, reject
from newsdata.sites import find_agency
from newsdata.text import clean_text, join_paragraphs, lines

EXTRACTOR = "dump"
#: Raised with every change of what :func:`extract_dump` reads from the same bytes.
EXTRACTOR_VERSION = 1

_LONGEST_CAPTION = 400
_PICTURE = (
    r"(?:На (?:снимке|снимках|фото|фотографии|видео|здымку|здымках|фота)"
    r"|(?:In|On) the (?:photo|picture)|Pictured|(?:Auf dem|Im) (?:Bild|Foto)|En la foto"
    r"|Na zdjęciu)"
)
_CAPTION = re.compile(rf"{_PICTURE}(?:[^:.\n]{{0,40}}:|\s[-–—]\s)\s*(?P<caption>\S.*)")
_CAPTION_INSIDE = re.compile(rf"(?<=[.!?…»\"])\s+(?={_PICTURE}[^:.\n]{{0,40}}:)")
_SIGNED = re.compile(r"\s*\((?P<agency>[^()]{2,20})\)(?P<initials>(?:\s+[^\W\d_]{1,4}){0,3})$")
_LONG_PARAGRAPH = 100


@dataclass(slots=True)
class _Image:
    """A picture the page shows by its caption: the picture itself is not in a dump."""

    caption: str
    after: int
    credit: Credit | None = None


@dataclass(slots=True)
class _Story:
    """What the body and tail of one dump hold, gathered line by line."""

    paragraphs: list[str] = field(default_factory=list)
    images: list[_Image] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    editors: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    described: bool = False  # a picture's description, "На снимке: ..."


def extract_dump(page: Page) -> Article | Rejected:
    """The article on a page saved as text, or why there is none. Never raises on content.

    >>> from newsdata.records import Place
    >>> body = "19 сентября, Минск /Корр. БЕЛТА/. По нему едут.-0-"
    >>> text = "Мост открыт\\n2016-09-19 15:21\\n" + body
    >>> article = extract_dump(Page(text.encode(), "dump", Place("bridge.txt")))
    >>> article.title, article.text, article.timestamp, article.source
    ('Мост открыт', 'По нему едут.', '2016-09-19T15:21:00+03:00', 'belta.by')
    """
    try:
        text = page.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte 0x{page.content[error.start]:02x} at offset {error.start}"
        return reject(page, Fault("invalid-utf8", f"{found}, expected UTF-8"))
    rows = lines(clean_text(text))
    if not rows:
        return reject(page, Fault("empty-file", "found only white space, expected a page"))
    identity = identify(page.url)
    layout = read_layout(rows, _day_of_reading(page), identity.year if identity else None)
    if layout is None:
        message = "found several items with times of their own, expected one article"
        return reject(page, Fault("list-page", message))
    if not layout.title and not layout.body:
        return reject(page, Fault("no-article", "found only navigation, expected an article"))
    return _article(page, layout, identity, copyright_notice(rows))


def _day_of_reading(page: Page) -> date | None:
    printed = read_time(page.retrieved, "UTC") if page.retrieved else None
    return printed.local_date if printed else None


def _article(
    page: Page, layout: Layout, identity: Identity | None, notice: str | None
) -> Article | Rejected:
    language = identity.language if identity else None
    story = _read_story(layout, language)
    found = Found()
    unsigned = _find_dateline(story.paragraphs)
    fault = _read_timestamp(found, page, layout, identity, unsigned)
    if fault:
        return reject(page, fault)
    dateline = _take_dateline(story, found, identity)
    _put_text(found, layout, story, dateline)
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


def _take_dateline(story: _Story, found: Found, identity: Identity | None) -> Dateline | None:
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


# -- body and tail -----------------------------------------------------------------------------


def _read_story(layout: Layout, language: str | None) -> _Story:
    story = _Story()
    rows = list(layout.body)
    if not layout.ended:
        while rows and is_banner(rows[-1]) and len(rows) > 1:
            rows.pop()
    seen: set[str] = set()
    index = 0
    while index < len(rows):
        row = rows[index]
        same = _run_of_same(rows, index)
        if same > 1 and _may_be_caption(row):
            _add_caption(story, rows[index + same - 1], language)
        elif not (row in seen and len(row) > _LONG_PARAGRAPH):
            _add_row(story, row, language, edge=index < 2 or index >= len(rows) - 2)
        seen.add(row)
        index += same
    _read_tail(story, layout.tail, language)
    _cut_signatures(story)
    return story


def _may_be_caption(row: str) -> bool:
    return len(row) <= _LONGEST_CAPTION and not is_navigation(row) and any(map(str.isalpha, row))


def _run_of_same(rows: list[str], index: int) -> int:
    """How many lines from ``index`` on say the same: alternative text and caption of a picture."""
    first, count = _bare(rows[index]), 1
    while index + count < len(rows) and _bare(rows[index + count]) == first:
        count += 1
    return count


def _bare(row: str) -> str:
    return split_credit(row)[0].rstrip(" .") if len(row) <= _LONGEST_CAPTION else row


def _add_row(story: _Story, row: str, language: str | None, edge: bool) -> None:
    """One line of the body: navigation, credit, byline, caption or paragraph."""
    if is_navigation(row) or is_promo(row):
        return
    if _take_tags(story, row):
        return
    credit = read_credit(row, language)
    if credit:
        _add_credit(story, credit)
        return
    if edge and is_byline(row):
        story.authors.extend(read_byline(row).authors)
        return
    for part in _CAPTION_INSIDE.split(row):
        caption = _CAPTION.fullmatch(part)
        if caption:
            story.described = True
            _add_caption(story, caption["caption"], language)
        else:
            _add_paragraph(story, part, language)


def _take_tags(story: _Story, row: str) -> bool:
    tags = tags_of(row)
    story.tags.extend(tag for tag in tags if tag not in story.tags)
    return bool(tags)


def _add_paragraph(story: _Story, text: str, language: str | None) -> None:
    rest, credit = split_credit(text, language)
    if rest:
        story.paragraphs.append(rest)
    if credit:
        _add_credit(story, credit)


def _add_caption(story: _Story, text: str, language: str | None) -> None:
    credit = read_credit(text, language)
    rest, inside = ("", credit) if credit else split_credit(text, language)
    if rest:
        story.images.append(_Image(rest, len(story.paragraphs), inside))
    if inside:
        story.credits.append(inside)


def _add_credit(story: _Story, credit: Credit) -> None:
    """A credit belongs to the picture just before it, else to those still without one."""
    story.credits.append(credit)
    if credit.medium == "photo" and story.images and story.images[-1].credit is None:
        story.images[-1].credit = credit


def _read_tail(story: _Story, tail: Iterable[str], language: str | None) -> None:
    """After the end mark only credits and tags count; a credit serves all pictures without."""
    for row in tail:
        _take_tags(story, row)
        credit = read_credit(row, language)
        if credit and credit.raw not in {known.raw for known in story.credits}:
            story.credits.append(credit)
    photos = [credit for credit in story.credits if credit.medium == "photo"]
    for image in story.images:
        if image.credit is None and photos:
            image.credit = photos[-1]


def _cut_signatures(story: _Story) -> None:
    """``(Reporting by A; Editing by B)`` and ``(Hina) fp`` at the end of the text."""
    if not story.paragraphs:
        return
    rest, byline = split_reporting_tail(story.paragraphs[-1])
    if byline:
        story.authors.extend(name for name in byline.authors if name not in story.authors)
        story.editors.extend(byline.editors)
        story.paragraphs[-1:] = [rest] if rest else []
    signed = _SIGNED.search(story.paragraphs[-1][-60:]) if story.paragraphs else None
    if signed and find_agency(signed["agency"]):
        last = story.paragraphs[-1]
        rest = last[: len(last) - len(signed[0])].rstrip()
        story.paragraphs[-1:] = [rest] if rest else []


# -- fields ------------------------------------------------------------------------------------


def _put_text(found: Found, layout: Layout, story: _Story, dateline: Dateline | None) -> None:
    found.put("title", layout.title, "pattern")
    found.put("rubric", layout.rubric, "pattern")
    found.put("text", join_paragraphs(story.paragraphs), "pattern")
    found.put("tags", story.tags, "pattern")
    named = list(dateline.correspondents) if dateline else []
    found.put("author", list(dict.fromkeys(named + story.authors)), "pattern")


def _put_pictures(found: Found, story: _Story) -> None:
    images = [_image(image) for image in story.images]
    people = [person for image in story.images for person in people_in_caption(image.caption)]
    photographers = [name for credit in story.credits for name in credit.photographers]
    found.put("images", images, "pattern")
    found.put("photographer", list(dict.fromkeys(photographers)), "pattern")
    found.put("people", list(dict.fromkeys(people + photographers)), "pattern")
    if story.described and "agency" not in found:
        agency = next((credit.agency for credit in story.credits if credit.agency), None)
        found.put("agency", agency, "pattern")
    extra = [{"key": "credit", "value": _credit_json(credit)} for credit in story.credits]
    extra += [{"key": "editor", "value": name} for name in story.editors]
    extra += [{"key": "notice", "value": said} for said in story.notices]
    found.put("extra", extra, "pattern")


def _image(image: _Image) -> dict[str, Any]:
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
