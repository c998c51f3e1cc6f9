"""Body and tail of a page saved as text, line by line: paragraphs, captions, credits. Pure.

Every line is noted with what it was taken for and why, which ``newsdata explain`` shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from newsdata.extractors.chrome import is_banner, is_navigation, is_promo, tags_of
from newsdata.extractors.layouts import Layout
from newsdata.grammar.bylines import Byline, is_byline, read_byline, split_reporting_tail
from newsdata.grammar.credits import Credit, read_credit, split_credit
from newsdata.sites import find_agency

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


@dataclass(frozen=True, slots=True)
class Span:
    """What a part of a line of the body (``row``, from 0; of the tail: from its length on) is."""

    row: int
    label: str
    text: str
    why: str


@dataclass(slots=True)
class Picture:
    """A picture the page shows by its caption: the picture itself is not in a dump."""

    caption: str
    after: int
    credit: Credit | None = None


@dataclass(slots=True)
class Story:
    """What the body and tail of one dump hold, gathered line by line."""

    paragraphs: list[str] = field(default_factory=list)
    images: list[Picture] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    editors: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    described: bool = False  # a picture's description, "На снимке: ..."
    spans: list[Span] = field(default_factory=list)  # what each part of a line was taken for
    row: int = 0  # of the line that is being read

    def note(self, label: str, text: str, why: str) -> None:
        """Remember what a part of the present line was taken for, for ``explain``."""
        self.spans.append(Span(self.row, label, text, why))


def read_story(layout: Layout, language: str | None) -> Story:
    """What the body and the tail of a layout hold; ``language`` is that of the edition."""
    story = Story()
    rows = list(layout.body)
    if not layout.ended:
        while rows and is_banner(rows[-1]) and len(rows) > 1:
            story.row = len(rows) - 1
            story.note("footer", rows.pop(), "all in capitals after the text, as campaigns print")
    seen: set[str] = set()
    index = 0
    while index < len(rows):
        row = rows[index]
        same = _run_of_same(rows, index)
        if same > 1 and _may_be_caption(row):
            for story.row in range(index, index + same - 1):
                story.note("caption", rows[story.row], "the same line again below: a picture")
            story.row = index + same - 1
            _add_caption(story, rows[story.row], language, "printed twice, as pictures do")
        else:
            story.row = index
            if row in seen and len(row) > _LONG_PARAGRAPH:
                story.note("repeat", row, "a paragraph that was read already")
            else:
                _add_row(story, row, language, edge=index < 2 or index >= len(rows) - 2)
        seen.add(row)
        index += same
    _read_tail(story, layout, language)
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


def _add_row(story: Story, row: str, language: str | None, edge: bool) -> None:
    """One line of the body: navigation, credit, byline, caption or paragraph."""
    if is_navigation(row) or is_promo(row):
        story.note("navigation", row, "leads to something else")
        return
    if _take_tags(story, row) or _take_signature(story, row, language, edge):
        return
    credit = read_credit(row, language)
    if credit:
        _add_credit(story, credit)
        return
    for part in _CAPTION_INSIDE.split(row):
        caption = _CAPTION.fullmatch(part)
        if caption:
            story.described = True
            story.note("caption", part[: caption.start("caption")], "announces a description")
            _add_caption(story, caption["caption"], language, "follows a phrase as «На снимке:»")
        else:
            _add_paragraph(story, part, language)


def _take_tags(story: Story, row: str) -> bool:
    tags = tags_of(row)
    story.tags.extend(tag for tag in tags if tag not in story.tags)
    if tags:
        story.note("tags", row, f"lists {len(tags)} tags")
    return bool(tags)


_BOTH = re.compile(
    r"(?P<text>(?i:текст|тэкст|text|słowa|автор|аўтар|autor)\s*(?:[:–—-]\s*)?\S[^.:]{3,80}?)"
    r"\s*[.,;|/]?\s+(?P<credit>(?i:фото|фота|photos?|fotos?|fot\.|bild(?:er)?|zdjęcia|видео)\b.{2,90})"
)


def _take_signature(story: Story, row: str, language: str | None, edge: bool) -> bool:
    """A line that is a byline, alone or with the credit: ``Текст: ... Фото: ...``."""
    if not edge or len(row) > _LONGEST_CAPTION:
        return False
    if is_byline(row) and not _BOTH.fullmatch(row):
        _add_byline(story, read_byline(row), row)
        return True
    both = _BOTH.fullmatch(row)
    credit = (
        read_credit(both["credit"][0].upper() + both["credit"][1:], language) if both else None
    )
    byline = read_byline(both["text"]) if both and credit else None
    if not both or not credit or not byline or not byline.authors:
        return False
    _add_byline(story, byline, row[: both.start("credit")])
    _add_credit(story, credit)
    return True


def _add_byline(story: Story, byline: Byline, text: str) -> None:
    story.authors.extend(name for name in byline.authors if name not in story.authors)
    story.note("byline", text, "names " + ", ".join(byline.authors))


def _add_paragraph(story: Story, text: str, language: str | None) -> None:
    rest, credit = split_credit(text, language)
    if rest:
        story.paragraphs.append(rest)
        story.note("paragraph", rest, "text of the article")
    if credit:
        _add_credit(story, credit)


def _add_caption(story: Story, text: str, language: str | None, why: str) -> None:
    credit = read_credit(text, language)
    rest, inside = ("", credit) if credit else split_credit(text, language)
    if rest:
        story.images.append(Picture(rest, len(story.paragraphs), inside))
        story.note("caption", rest, why)
    if inside:
        story.credits.append(inside)
        story.note("credit", inside.raw, _why_credit(inside))


def _add_credit(story: Story, credit: Credit) -> None:
    """A credit belongs to the picture just before it, else to those still without one."""
    story.credits.append(credit)
    story.note("credit", credit.raw, _why_credit(credit))
    if credit.medium == "photo" and story.images and story.images[-1].credit is None:
        story.images[-1].credit = credit


def _why_credit(credit: Credit) -> str:
    """What was read from a credit, in words."""
    parts = [f"kind {credit.kind}"]
    if credit.photographers:
        parts.append(f"{credit.case} of " + ", ".join(credit.photographers))
    if credit.agency:
        parts.append(f"agency {credit.agency}")
    if credit.ambiguous:
        parts.append("another person may be meant")
    return "; ".join(parts)


def _read_tail(story: Story, layout: Layout, language: str | None) -> None:
    """After the end mark only credits, tags and signatures count; a credit serves all pictures
    without."""
    read = set(layout.body)
    for story.row, row in enumerate(layout.tail, len(layout.body)):
        if _take_tags(story, row) or _take_signature(story, row, language, edge=True):
            continue
        credit = read_credit(row, language)
        if credit and credit.raw not in {known.raw for known in story.credits}:
            story.credits.append(credit)
            story.note("credit", row, _why_credit(credit))
        elif row in read:
            story.note("repeat", row, "a paragraph that was read already")
        else:
            story.note("footer", row, "after the end mark only credits count")
    photos = [credit for credit in story.credits if credit.medium == "photo"]
    for image in story.images:
        if image.credit is None and photos:
            image.credit = photos[-1]


def _cut_signatures(story: Story) -> None:
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
