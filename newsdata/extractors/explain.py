"""What every line of a page was taken for, and why: the reading made visible. Pure.

A dump tells by the very decisions that were made when it was read. An HTML page is shown as the
lines of text it prints, each found again in the record that its extractor made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from newsdata.errors import UsageError
from newsdata.extractors.chrome import (
    find_end_mark,
    has_weekday_and_date,
    is_doubled,
    is_footer,
    is_navigation,
    is_weather,
)
from newsdata.extractors.dumps import Dump, extract_dump, read_dump
from newsdata.extractors.layouts import Layout
from newsdata.extractors.lists import find_items
from newsdata.extractors.story import Span, read_story
from newsdata.records import Article, Fault, Page, Rejected
from newsdata.text import clean_text, squeeze

#: Every label, with what it says.
LABELS: dict[str, str] = {
    "navigation": "leads elsewhere and says nothing of the article",
    "rubric": "the section, as printed",
    "time": "the printed time of publication or of the last change",
    "title": "the headline",
    "byline": "who wrote or edited, and notices of the desk",
    "dateline": "place, day and agency that open the text",
    "paragraph": "the text",
    "caption": "what a picture shows",
    "credit": "whose the picture is",
    "tags": "the keywords, as printed",
    "end mark": "ends the text",
    "repeat": "a paragraph printed again",
    "footer": "after the article",
    "unread": "the page was rejected before this line was looked at",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a line: its label (:data:`LABELS`), its text, and why it has that label."""

    label: str
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line that holds anything: its number in the file from 1 (in HTML: of text lines)."""

    number: int
    parts: tuple[Part, ...]

    def to_dict(self) -> dict[str, Any]:
        """Ready for ``json.dumps``."""
        parts = [{"label": p.label, "text": p.text, "why": p.why} for p in self.parts]
        return {"line": self.number, "parts": parts}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The lines of a page with their labels, and the outcome they led to."""

    lines: tuple[Line, ...]
    outcome: Article | Rejected

    def to_dict(self) -> dict[str, Any]:
        """Ready for ``json.dumps``."""
        found = self.outcome
        record = found.to_dict() if isinstance(found, Article) else None
        faults = [] if isinstance(found, Article) else [f.to_dict() for f in found.faults]
        return {
            "path": str(found.place.path) if found.place else None,
            "lines": [line.to_dict() for line in self.lines],
            "article": record,
            "faults": faults,
        }


def explain_page(page: Page) -> Explanation:
    """Every line of a page, labelled. Raises UsageError for a record, which has no lines.

    >>> from newsdata.records import Place
    >>> body = "19 сентября, Минск /Корр. БЕЛТА/. По нему едут.-0-"
    >>> text = "Мост открыт\\n2016-09-19 15:21\\n" + body
    >>> found = explain_page(Page(text.encode(), "dump", Place("bridge.txt")))
    >>> [part.label for line in found.lines for part in line.parts]
    ['title', 'time', 'dateline', 'paragraph', 'end mark']
    """
    if page.kind == "html":
        from newsdata.extractors.html import extract_html

        outcome = extract_html(page)
        return Explanation(tuple(_html_lines(page, outcome)), outcome)
    if page.kind != "dump":
        raise UsageError(f"{page.place}: found a record, expected a page: HTML or saved as text")
    outcome = extract_dump(page)
    return Explanation(tuple(_dump_lines(page, outcome)), outcome)


# -- pages saved as text -----------------------------------------------------------------------


def _dump_lines(page: Page, outcome: Article | Rejected) -> Iterator[Line]:
    text = clean_text(page.content.decode("utf-8-sig", "replace"))
    numbers = [n for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    found = read_dump(page)
    if isinstance(found, Fault) or found.layout is None:
        rows = [line.strip() for line in text.split("\n") if line.strip()]
        why = outcome.message if isinstance(outcome, Rejected) else ""
        items = {} if isinstance(found, Fault) else _listed(rows)
        for index, (number, row) in enumerate(zip(numbers, rows, strict=True)):
            yield Line(number, (items.get(index, Part("unread", row, why)),))
        return
    parts = _above(found, found.layout, outcome)
    below = _below(found, found.layout, outcome)
    for index, number in enumerate(numbers):
        yield Line(number, tuple(parts.get(index) or below.get(index) or _last(found, index)))


def _listed(rows: list[str]) -> dict[int, Part]:
    """The lines of the items of a list."""
    parts: dict[int, Part] = {}
    for number, item in enumerate(find_items(rows), 1):
        for index in range(item.start, item.end):
            label = "paragraph"
            if index in (item.title, item.time):
                label = "time" if index == item.time else "title"
            parts[index] = Part(label, rows[index], f"of item {number} of a list")
    return parts


def _last(found: Dump, index: int) -> list[Part]:
    row = found.rows[index]
    why = "begins what follows an article" if is_footer(row) else "below such a line"
    return [Part("footer", row, why)]


def _above(found: Dump, layout: Layout, outcome: Article | Rejected) -> dict[int, list[Part]]:
    """The lines above the body."""
    names = {index: name for name, index in layout.at.items() if name not in ("header", "body")}
    parts: dict[int, list[Part]] = {}
    for index, row in enumerate(found.rows[: layout.at["body"]]):
        name = names.get(index)
        if name in ("time", "modified"):
            parts[index] = [Part("time", row, _why_time(name, outcome))]
        elif name is not None:
            parts[index] = [Part(name, row, _why_top(name, layout))]
        elif row == layout.title:
            parts[index] = [Part("title", row, "the title once more")]
        else:
            parts[index] = [Part("navigation", row, _why_navigation(found.rows, index, layout))]
    changed = layout.at.get("modified")
    if changed is not None:
        parts[changed] = [Part("time", found.rows[changed], _why_time("modified", outcome))]
    return parts


def _why_time(name: str, outcome: Article | Rejected) -> str:
    if not isinstance(outcome, Article):
        return outcome.message
    if name == "modified":
        return f"says that it is the last change: {outcome.modified}"
    return f"a day, with its clock {outcome.timestamp}"


def _why_top(name: str, layout: Layout) -> str:
    if name == "rubric":
        return "the short line before " + ("the time" if "time" in layout.at else "the title")
    time, title = layout.at.get("time"), layout.at.get("title", 0)
    if time is None:
        return "the first line that is not a sentence"
    return "the line after the time" if time < title else "the line before the time"


def _why_navigation(rows: list[str], index: int, layout: Layout) -> str:
    row = rows[index]
    reasons = (
        (is_doubled(row), "the same words twice in one line"),
        (is_weather(row), "a temperature: the weather"),
        (has_weekday_and_date(row), "a day with its weekday: the day of reading"),
        (is_navigation(row), "words of a menu"),
    )
    inside = "above the last line of the header" if index < layout.at["header"] else None
    return next((why for test, why in reasons if test), inside or "neither rubric, title nor time")


def _below(found: Dump, layout: Layout, outcome: Article | Rejected) -> dict[int, list[Part]]:
    """The lines of body and tail, by what the reading of the story noted."""
    story = read_story(layout, found.identity.language if found.identity else None)
    changed = layout.at.get("modified")
    order = [n for n in range(layout.at["body"], len(found.rows)) if n != changed]
    marked = None
    if layout.ended:
        marked = next(n for n in order if find_end_mark(found.rows[n]))
    where = _row_numbers(layout, order, marked, found.rows)
    parts: dict[int, list[Part]] = {}
    for span in _with_dateline(story.spans, outcome):
        parts.setdefault(where[span.row], []).append(Part(span.label, span.text, span.why))
    if marked is not None:
        mark = find_end_mark(found.rows[marked])
        end = Part("end mark", mark[0] if mark else "", "what follows is not text")
        own = parts.setdefault(marked, [])
        after = len(layout.body) and where.get(len(layout.body)) == marked
        own.insert(len(own) - 1 if after and own else len(own), end)
    return parts


def _row_numbers(
    layout: Layout, order: list[int], marked: int | None, rows: list[str]
) -> dict[int, int]:
    """Row of the body or, counted on, of the tail -> index of the line it is (a part of)."""
    where = dict(enumerate(order[: len(layout.body)]))
    if marked is None:
        return where
    mark = find_end_mark(rows[marked])
    first = order.index(marked) + (0 if mark and rows[marked][mark.end() :].strip() else 1)
    return where | {len(layout.body) + n: line for n, line in enumerate(order[first:])}


def _with_dateline(spans: Iterable[Span], outcome: Article | Rejected) -> Iterator[Span]:
    """The spans, paragraphs parted into dateline, text and signature as the record has them."""
    record: Mapping[str, Any] = outcome.record if isinstance(outcome, Article) else {}
    line = record.get("dateline")
    kept = (record.get("text") or "").split("\n\n")
    for span in spans:
        if span.label != "paragraph":
            yield span
            continue
        rest = span.text
        if line and line["raw"] in rest:
            before, raw, rest = rest.partition(line["raw"])
            if before.strip():
                yield Span(span.row, "byline", before.strip(), "stands before the dateline")
            yield Span(span.row, "dateline", raw, _why_dateline(line))
            line, rest = None, rest.strip()
        text = next((text for text in kept if rest.startswith(text) and text), "")
        if text and len(text) < len(rest):
            yield Span(span.row, "paragraph", text, span.why)
            signature = rest[len(text) :].strip()
            yield Span(span.row, "byline", signature, "signs the text: reporters, editors, agency")
        elif rest:
            yield Span(span.row, "paragraph" if text else "byline", rest, span.why)


def _why_dateline(line: Mapping[str, Any]) -> str:
    """What a dateline was read as, in words."""
    said = {
        "place": ", ".join(line["places"]),
        "day": line["date"] or "of an unknown year",
        "agency": line["agency"],
        "correspondent": line["correspondent"],
    }
    return "; ".join(f"{name} {value}" for name, value in said.items() if value)


# -- HTML --------------------------------------------------------------------------------------

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "dd", "div", "dl", "dt",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "li", "main", "nav", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul", "time",
})  # fmt: skip
_UNSEEN = frozenset({"head", "script", "style", "template", "noscript", "iframe", "svg"})
_SHORTEST = 4


def _text_lines(page: Page) -> list[str]:
    """The lines of text that a page prints: its blocks, each on one line."""
    from newsdata.extractors.markup import Markup, decode

    found: list[str] = []
    said: list[str] = []

    def end() -> None:
        line = squeeze("".join(said))
        if line:
            found.append(line)
        said.clear()

    stack: list[tuple[Any, bool]] = [(Markup(decode(page), page.url).tree, False)]
    while stack:  # no recursion: a hostile page is as deep as it likes
        element, leaving = stack.pop()
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag in _BLOCKS:
            end()
        if leaving:
            said.append(element.tail or "")
            continue
        stack.append((element, True))
        if tag and tag not in _UNSEEN:
            said.append(element.text or "")
            stack.extend((child, False) for child in reversed(element))
    end()
    return found


def _html_lines(page: Page, outcome: Article | Rejected) -> Iterator[Line]:
    rows = _text_lines(page)
    if not isinstance(outcome, Article):
        for number, row in enumerate(rows, 1):
            yield Line(number, (Part("unread", row, outcome.message),))
        return
    known = _said(outcome.record)
    methods = {f["field"]: f["method"] for f in outcome.record["provenance"]["fields"]}
    labels = [_label(row, known, methods) for row in rows]
    inside = [n for n, part in enumerate(labels) if part and part.label == "paragraph"]
    last = inside[-1] if inside else len(rows)
    for number, (row, part) in enumerate(zip(rows, labels, strict=True)):
        outside = "footer" if number > last else "navigation"
        why = "below the last paragraph" if number > last else "no part of the record"
        yield Line(number + 1, (part or Part(outside, row, why),))


def _said(record: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(label, field, text) of all that a record holds of its page; longer texts first."""
    line = record["dateline"] or {}
    images = record["images"] or []
    said = [
        ("title", "title", record["title"]),
        ("rubric", "rubric", record["rubric"]),
        ("paragraph", "lead", record["lead"]),
        ("dateline", "dateline", line.get("raw")),
        *(("byline", "author", name) for name in record["author"]),
        *(("tags", "tags", tag) for tag in record["tags"]),
        *(("caption", "images", image.get("caption")) for image in images),
        *(("credit", "images", image.get("credit")) for image in images),
        *(("paragraph", "text", text) for text in (record["text"] or "").split("\n")),
    ]
    return [(label, name, squeeze(text)) for label, name, text in said if text]


def _label(row: str, known: list[tuple[str, str, str]], methods: Mapping[str, str]) -> Part | None:
    """The field of the record that a line of HTML shows, None where it shows none."""
    for label, name, text in known:
        if row == text:
            return Part(label, row, f"field {name}, found by {methods.get(name, 'pattern')}")
    for label, name, text in known:
        shorter = min(len(row), len(text))
        if shorter >= _SHORTEST and 2 * shorter > max(len(row), len(text)):
            if text in row or row in text:
                return Part(label, row, f"in {name}, found by {methods.get(name, 'pattern')}")
        elif label == "paragraph" and len(row) > 30 and row in text:
            return Part(label, row, f"in {name}, found by {methods.get(name, 'pattern')}")
        elif label == "byline" and text in row and len(row) < 200:
            return Part(label, row, "names an author")
    return None
