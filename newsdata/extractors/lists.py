"""A list page saved as text, taken apart into its items: title, time, the lead it prints. Pure.

A list page is no article and is rejected as one; with ``--split-lists`` each of its items is an
input of its own, with the very bytes that the page prints for it. Its text is the lead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from newsdata.extractors.chrome import is_footer, is_navigation
from newsdata.extractors.dumps import read_dump
from newsdata.extractors.layouts import times_in
from newsdata.grammar.zones import at_zone
from newsdata.records import Fault, Page, Place
from newsdata.text import clean_text


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list: its lines from ``start`` to before ``end``, its title and its time."""

    start: int
    end: int
    title: int
    time: int


def find_items(rows: list[str]) -> list[Item]:
    """The items of a list, by the lines that print a time; [] where there are no two of them.

    Lists print the title above the time or below it, all items alike: what stands above the
    first time and below the last one tells.

    >>> rows = ["A bridge", "24 декабря, 09:18", "It is open.", "A tram", "23 декабря, 09:18"]
    >>> [(rows[item.title], item.start, item.end) for item in find_items(rows)]
    [('A bridge', 0, 3), ('A tram', 3, 5)]
    """
    stamps = times_in(rows)
    end = next((n for n, row in enumerate(rows) if is_footer(row) and n > 0), len(rows))
    stamps = [index for index in stamps if index < end]
    if len(stamps) < 2:
        return []
    shift = 1 if _titles_above(rows, stamps, end) else 0
    starts = [index - shift for index in stamps]
    return [
        Item(start, stop, time - 1 if shift else min(time + 1, stop - 1), time)
        for start, stop, time in zip(starts, [*starts[1:], end], stamps, strict=True)
        if stop - start > 1
    ]


def _titles_above(rows: list[str], stamps: list[int], end: int) -> bool:
    """Whether titles stand above their times.

    By which lines end as titles do and not as leads; where that leaves it open, by the last item:
    below the last time there is a title only if titles stand below.
    """
    if stamps[0] == 0 or is_navigation(rows[stamps[0] - 1]):
        return False
    if any(after - before < 2 for before, after in pairwise(stamps)):
        return False
    above = sum(not rows[index - 1].endswith((".", "…")) for index in stamps)
    below = sum(
        index + 1 < len(rows) and not rows[index + 1].endswith((".", "…")) for index in stamps
    )
    if above != below:
        return above > below
    gap = min(after - before - 1 for before, after in pairwise(stamps))
    return end - stamps[-1] - 1 < gap


def split_list(page: Page) -> list[Page]:
    """The items of a list page as pages of their own; [page] for any other page.

    Each has the bytes of its lines and their place in the file. What the page knows of source,
    clock and day of reading goes along; its address does not, for it is that of the list.
    """
    if page.kind != "dump":
        return [page]
    found = read_dump(page)
    if isinstance(found, Fault) or found.layout is not None:
        return [page]
    lines = list(_lines(page.content))
    items = find_items([row for row, _, _ in lines])
    if len(items) < 2 or len(lines) != len(found.rows):
        return [page]
    identity = found.identity
    zone = (identity.zone if identity else None) or page.timezone
    known = replace(
        page,
        url=None,
        source=identity.source if identity else page.source,
        timezone=zone,
        retrieved=page.retrieved or _midnight(found.crawled, zone),
    )
    return [_item_page(known, lines, item) for item in items]


def _midnight(day: str | None, zone: str | None) -> str | None:
    """The day of reading that a header prints, as the instant of a side file."""
    moment = at_zone(datetime.fromisoformat(day), zone or "UTC") if day else None
    return moment.isoformat() if moment else None


def _lines(content: bytes) -> Iterator[tuple[str, int, int]]:
    """The lines that hold anything: stripped, their number from 1, and where their bytes start."""
    offset = 0
    for number, raw in enumerate(content.split(b"\n"), 1):
        row = clean_text(raw.decode("utf-8-sig" if number == 1 else "utf-8", "replace")).strip()
        if row:
            yield row, number, offset
        offset += len(raw) + 1


def _item_page(page: Page, lines: list[tuple[str, int, int]], item: Item) -> Page:
    _, line, start = lines[item.start]
    end = lines[item.end][2] if item.end < len(lines) else len(page.content)
    content = page.content[start:end].rstrip()
    base = page.place.offset or 0
    place = Place(page.place.path, line, base + start, len(content))
    return replace(page, content=content, place=place)
