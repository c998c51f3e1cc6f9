"""Which lines of a dump are what: header, rubric, time, title, body, tail. Pure.

The layouts seen (full page, AMP, bare text of the article, photo news) differ in what they lack,
so one reading serves them all: find the printed time; what stands just before and after it is
rubric and title; the header is everything up to the last line that only navigation prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from newsdata.extractors.chrome import (
    find_end_mark,
    has_weekday_and_date,
    is_doubled,
    is_footer,
    is_navigation,
    is_updated,
    is_weather,
)
from newsdata.grammar.datelines import read_dateline
from newsdata.grammar.dates import PrintedTime, has_shape_of_time, read_time
from newsdata.grammar.openings import read_opening
from newsdata.grammar.rubrics import slug_of_rubric
from newsdata.text import word_set

#: The printed time stands among the first lines; a long menu may come before it.
_SEARCHED = 150
_LONGEST_TITLE = 250
_LONGEST_RUBRIC = 50
_LONG_LINE = 180
_LABELS = word_set("описание апісанне description")


@dataclass(frozen=True, slots=True)
class Layout:
    """The lines of a dump by their office.

    ``time`` is the line of the printed time, ``modified`` that of the last change; ``crawled``
    the day of reading that the header shows; ``tail`` what follows the end mark, ``ended``
    whether there is one. ``at`` says in which of the dump's lines each stands: the indices of
    ``header`` (its end), ``body`` (its start), ``title``, ``rubric``, ``time`` and ``modified``.
    """

    title: str | None
    rubric: str | None
    time: str | None
    modified: str | None
    crawled: date | None
    body: tuple[str, ...]
    tail: tuple[str, ...]
    ended: bool
    at: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Top:
    """What stands above the body."""

    body_from: int
    title: str | None = None
    rubric: str | None = None
    time: str | None = None


def read_layout(rows: list[str], now: date | None, year: int | None) -> Layout | None:
    """The layout of a dump's lines (stripped, none empty); None where it is a list of items.

    ``now`` is the day of reading known from outside, ``year`` the year in the address: a time
    printed without its year or as ``сегодня`` needs them.
    """
    body_starts = _first_dateline(rows)
    header = _header_end(rows[: _SEARCHED if body_starts is None else body_starts])
    crawled = _crawl_date(rows[:header])
    whole = rows
    rows, removed = _without_updated(rows, crawled or now)
    modified = None if removed is None else whole[removed]
    body_starts = _first_dateline(rows)
    stamps = _stamps(rows, crawled or now, body_starts)
    if _is_list(rows, stamps, body_starts):
        return None
    top = _top(rows, header, _time_row(rows, stamps, crawled or now, year, header), body_starts)
    body, tail, ended = _cut(rows[top.body_from :])
    return Layout(
        top.title,
        top.rubric,
        top.time,
        modified,
        crawled,
        tuple(body),
        tuple(tail),
        ended,
        _places(rows, top, header, removed),
    )


def _places(rows: list[str], top: _Top, header: int, removed: int | None) -> dict[str, int]:
    """Where each part stands, counted with the line of the last change."""
    above = rows[: top.body_from]
    at = {"header": header, "body": top.body_from}
    for name in ("time", "title", "rubric"):
        line = getattr(top, name)
        if line in above[header:]:  # the last: a menu may show the same words
            at[name] = len(above) - 1 - above[::-1].index(line)
    if removed is None:
        return at
    return {"modified": removed} | {n: i + (i >= removed) for n, i in at.items()}


def _without_updated(rows: list[str], now: date | None) -> tuple[list[str], int | None]:
    """The lines without that of the last change, and where it stood."""
    for index, row in enumerate(rows[:_SEARCHED]):
        if is_updated(row) and _any_time(row, now):
            return rows[:index] + rows[index + 1 :], index
    return rows, None


def _first_dateline(rows: list[str]) -> int | None:
    for index, row in enumerate(rows[:_SEARCHED]):
        if len(row) > 10 and (read_dateline(row)[0] or _opens_after_notice(row)):
            return index
    return None


def _opens_after_notice(row: str) -> bool:
    """Whether a line has its dateline behind a notice in brackets or a byline."""
    return row.startswith(("(", "By ", "BY ", "by ")) and read_opening([row]) is not None


# -- header and stamps -------------------------------------------------------------------------


def _header_end(rows: list[str]) -> int:
    """The index after the last line of the header; 0 where there is none."""
    end = 0
    for index, row in enumerate(rows):
        if len(row) > _LONG_LINE or is_footer(row):
            break
        twice = index > 0 and row == rows[index - 1] and is_navigation(row)
        if is_doubled(row) or is_weather(row) or has_weekday_and_date(row) or twice:
            end = index + 1 if not _is_full_time(row) else end
        elif is_navigation(row) and row.casefold() not in _LABELS:
            end = index + 1
    return end


def _is_full_time(row: str) -> bool:
    """A time with its clock, which the header's day of reading never shows."""
    printed = read_time(row, "UTC")
    return printed is not None and printed.precision != "day"


def _crawl_date(header: list[str]) -> date | None:
    for row in header:
        if has_weekday_and_date(row):
            words = row.split()
            for start in range(min(3, len(words))):
                printed = read_time(" ".join(words[start:]), "UTC")
                if printed:
                    return printed.local_date
    return None


def _stamps(rows: list[str], now: date | None, body_starts: int | None) -> list[int]:
    """Lines that are nothing but a time, with or without its year, above the article's end."""
    found = []
    for index, row in enumerate(rows):
        if find_end_mark(row) or (is_footer(row) and index > 0):
            break
        if len(row) <= 60 and any(map(str.isdigit, row)) and _any_time(row, now):
            found.append(index)
    return found if body_starts is None else [index for index in found if index < body_starts]


def day_of_header(rows: list[str]) -> date | None:
    """The day of reading that the header of a page prints."""
    return _crawl_date(rows[: _header_end(rows[:_SEARCHED])])


def times_in(rows: list[str]) -> list[int]:
    """The lines of a list that are nothing but a time, with or without its year.

    The day of reading in the header is none.
    """
    stamps = _stamps(rows, None, None)
    return [index for index in stamps if not has_weekday_and_date(rows[index])]


def _any_time(row: str, now: date | None) -> PrintedTime | None:
    return read_time(row, "UTC", now=now or date(2000, 2, 29), year=now.year if now else 2000)


def _is_list(rows: list[str], stamps: list[int], body_starts: int | None) -> bool:
    """Several stamps with little text between them; or many short lines and no sentence."""
    stamps = [index for index in stamps if not has_weekday_and_date(rows[index])]
    if body_starts is not None and len(stamps) < 3:
        return False
    yearless = [index for index in stamps if read_time(rows[index], "UTC") is None]
    if len(stamps) >= 3 or (len(stamps) == 2 and len(yearless) == 2):
        between = rows[stamps[0] + 1 : stamps[1]]
        return sum(len(row) > 2 * _LONG_LINE for row in between) < 2 and len(between) <= 6
    if stamps or body_starts is not None or any(find_end_mark(row) for row in rows):
        return False
    sentences = sum(row.endswith((".", "!", "?", "»", '"')) for row in rows)
    return len(rows) >= 15 and sentences * 5 < len(rows) and max(map(len, rows)) < 2 * _LONG_LINE


def _time_row(
    rows: list[str], stamps: list[int], now: date | None, year: int | None, header: int
) -> int | None:
    """The line of publication: with a clock rather than without, after the header."""
    found: list[tuple[int, int]] = []
    for index in stamps:
        printed = read_time(rows[index], "UTC", now=now, year=year)
        if printed is None or index >= _SEARCHED:
            continue
        weekday = has_weekday_and_date(rows[index])
        if weekday and printed.precision == "day" and header:
            continue
        rank = 2 * (printed.precision == "day") + (weekday and bool(header))
        found.append((rank, index))
    if found:
        return min(found)[1]
    unplaced = [index for index in stamps if index < _SEARCHED and _is_unplaced(rows[index])]
    if unplaced:
        return unplaced[0]
    top = rows[: stamps[0] if stamps else 10][:10]
    return next((index for index, row in enumerate(top) if has_shape_of_time(row)), None)


def _is_unplaced(row: str) -> bool:
    """A time of a day that nothing tells: ``24 декабря, 09:18``, ``сегодня, 10:15``."""
    printed = None if has_weekday_and_date(row) or read_time(row, "UTC") else _any_time(row, None)
    return printed is not None and printed.precision != "day"


# -- the top of the article --------------------------------------------------------------------


def _top(rows: list[str], header: int, time: int | None, body_starts: int | None) -> _Top:
    if time is None:
        return _top_without_time(rows, header, body_starts)
    above = [row for row in rows[header:time] if not is_navigation(row)]
    below = rows[time + 1] if time + 1 < len(rows) else None
    if below is None or (above and _is_body(below, time + 1, body_starts, above)):
        title, rubric, start = above[-1] if above else None, _rubric(above[-2:-1]), time + 1
    elif above and _is_title_above(above, header, below):
        title, rubric, start = above[-1], _rubric(above[-2:-1]), time + 1
    else:
        title, rubric, start = below, _rubric(above[-1:]), time + 2
    if title is not None and (len(title) > _LONGEST_TITLE or time + 1 == body_starts == start - 1):
        title, start = None, time + 1
    while start < len(rows) and rows[start] == title:
        start += 1
    return _Top(start, title, rubric, rows[time])


def _rubric(rows: list[str]) -> str | None:
    row = rows[-1] if rows else ""
    return row if row and len(row) <= _LONGEST_RUBRIC and not row.endswith(".") else None


def _is_body(row: str, index: int, body_starts: int | None, above: list[str]) -> bool:
    """Whether the line after the time opens the body, so that the title stood before the time."""
    if index == body_starts:
        return True
    if slug_of_rubric(above[-1]):
        return False
    return len(row) > _LONG_LINE or bool(find_end_mark(row))


def _is_title_above(above: list[str], header: int, below: str) -> bool:
    """Title before the time: no header, no rubric's word, and a sentence follows."""
    if header or slug_of_rubric(above[-1]):
        return False
    return below.endswith((".", "…")) or len(above[-1]) > _LONGEST_RUBRIC


def _top_without_time(rows: list[str], header: int, body_starts: int | None) -> _Top:
    start = header
    if body_starts is not None:
        above = [row for row in rows[start:body_starts] if not is_navigation(row)]
        if not above:
            return _Top(max(start, body_starts))
        title = next((row for row in above if _like_title(row) and not slug_of_rubric(row)), None)
        if title is None:
            return _Top(start)
        at = rows.index(title, start)
        rubric = rows[at - 1] if at > start and slug_of_rubric(rows[at - 1]) else None
        return _Top(at + 1, title, rubric)
    rest = rows[start:]
    if len(rest) > 1 and _like_title(rest[0]) and _sentence_follows(rest):
        return _Top(start + 1, rest[0])
    return _Top(start)


def _like_title(row: str) -> bool:
    return len(row) <= _LONGEST_TITLE and not row.endswith((".", "…", ":", ";", ","))


def _sentence_follows(rows: list[str]) -> bool:
    """The next line but labels is a longer one or a sentence, and not the same (a caption)."""
    following = [row for row in rows[1:4] if row.casefold() not in _LABELS]
    if not following or following[0] == rows[0]:
        return False
    return following[0].endswith((".", "…", ".»", '."')) or len(following[0]) > _LONG_LINE


# -- body and tail -----------------------------------------------------------------------------


def _cut(rows: list[str]) -> tuple[list[str], list[str], bool]:
    """Body and tail, and whether the end mark parts them. Nothing after a footer is kept."""
    for index, row in enumerate(rows):
        mark = find_end_mark(row)
        if mark:
            body = [*rows[:index], row[: mark.start()].rstrip()]
            return _filled(body), _until_footer([row[mark.end() :], *rows[index + 1 :]]), True
        if is_footer(row):
            return rows[:index], [], False
    return rows, [], False


def _filled(rows: list[str]) -> list[str]:
    return [row for row in rows if row]


def _until_footer(rows: list[str]) -> list[str]:
    kept: list[str] = []
    for row in _filled(rows):
        if is_footer(row):
            break
        kept.append(row)
    return kept
