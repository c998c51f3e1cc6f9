"""The pictures of a card: how many articles each month, each rubric, each length has.

Drawn by Pillow with a font that travels with newsdata (DejaVu Sans Condensed: Latin, Greek,
Cyrillic and more) and without its layout engine for complex scripts, which loads a library of the
host. So the bytes follow from the numbers and from the version of Pillow, which stands in the
manifest. Matplotlib would weigh ten times as much and take half a second to load.
"""

from __future__ import annotations

import io
import math
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from newsdata.exporters.facts import Facts, month_name

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

FONT = Path(__file__).parent / "fonts" / "DejaVuSansCondensed.ttf"

#: Pixels. Twice what a card shows, for screens with small ones.
WIDTH, HEIGHT, ROW = 1600, 640, 46
MARGIN, TITLE, SMALL = 40, 34, 26

WHITE, INK, FAINT, GRID, BAR = "#ffffff", "#1f2328", "#656d76", "#d8dee4", "#2f6fb0"

#: Bars beyond this are drawn by year, decade or century.
MOST = 240
#: Pixels of the widest bar, so that a release of one month is no blue wall.
WIDEST = 160
#: Rubrics in the picture; the card's table has more.
RUBRICS = 15
#: Upper bounds, in characters, of the lengths that are drawn together.
LENGTHS = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)

Bars: TypeAlias = Sequence[tuple[str, int]]


def pictures(facts: Facts) -> dict[str, bytes]:
    """Path in a release -> PNG; only of what the rows have."""
    found = {}
    if facts.months:
        unit, bars = by_period(facts.months)
        found[f"images/articles-by-{unit}.png"] = columns(f"Articles by {unit} (UTC)", bars)
    if facts.counted.get("rubric"):
        found["images/articles-by-rubric.png"] = rows("Articles by rubric", rubrics(facts))
    if facts.characters:
        bars = by_length(facts.lengths)
        found["images/articles-by-length.png"] = columns("Articles by characters of text", bars)
    return found


# -- what is drawn ------------------------------------------------------------------------------


def by_period(months: Iterable[tuple[int, int]]) -> tuple[str, Bars]:
    """A unit of time and one bar for each period from the first to the last, empty ones too.

    >>> by_period([(641, 5), (643, 1)])
    ('month', [('2023-06', 5), ('2023-07', 0), ('2023-08', 1)])
    """
    pairs = list(months)
    for unit, size in (("month", 1), ("year", 12), ("decade", 120), ("century", 1200)):
        counts: Counter[int] = Counter()
        for month, count in pairs:
            # Counted from the year 0, so that decades and centuries begin with round years.
            counts[(month + 1970 * 12) // size] += count
        first, last = min(counts), max(counts)
        if last - first < MOST or unit == "century":
            break
    names = [month_name(number * size - 1970 * 12) for number in range(first, last + 1)]
    if unit != "month":
        names = [name.rpartition("-")[0] for name in names]
    return unit, [(n, counts[first + place]) for place, n in enumerate(names)]


def by_length(lengths: Iterable[tuple[int, int]]) -> Bars:
    """One bar for each range of lengths, from the first to the last that is not empty.

    >>> by_length([(99, 1), (100, 2), (500, 4)])
    [('<100', 1), ('100–199', 2), ('200–499', 0), ('500–999', 4)]
    """
    counts = [0] * (len(LENGTHS) + 1)
    for length, count in lengths:
        counts[bisect_right(LENGTHS, length)] += count
    names = [f"<{LENGTHS[0]}"]
    names += [
        f"{short(low)}–{short(high - 1) if high <= 1000 else short(high)}"
        for low, high in pairwise(LENGTHS)
    ]
    bars = list(zip([*names, f"≥{short(LENGTHS[-1])}"], counts, strict=True))
    used = [place for place, (_, count) in enumerate(bars) if count]
    return bars[used[0] : used[-1] + 1] if used else []


def rubrics(facts: Facts) -> Bars:
    """The most frequent rubrics, all others together, and the articles without one.

    A rubric in letters that the font lacks is named by its place in the card's table.
    """
    counted = facts.counted["rubric"]
    names = [(" ".join(name.split()), count) for name, count in counted[:RUBRICS]]
    bars = [
        (name if drawable(name) else f"no. {place} of the table", count)
        for place, (name, count) in enumerate(names, 1)
    ]
    rest = sum(count for _, count in counted[RUBRICS:])
    if rest:
        bars.append((f"{len(counted) - RUBRICS:,} others", rest))
    without = facts.rows - sum(count for _, count in counted)
    return [*bars, ("(no rubric)", without)] if without else bars


def short(number: int) -> str:
    """A round number in few letters.

    >>> short(500), short(20_000), short(1_500_000)
    ('500', '20k', '1.5M')
    """
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return str(number)


def drawable(text: str) -> bool:
    """Whether the font has every letter and the letters run from left to right, one by one."""
    font = _font(SMALL)
    missing = bytes(font.getmask("\U0010fffd"))
    for character in set(text) - {" "}:
        if unicodedata.bidirectional(character) in ("R", "AL", "AN"):
            return False
        if unicodedata.category(character)[0] in "MC":
            return False
        if bytes(font.getmask(character)) == missing:
            return False
    return True


def scale(most: int) -> list[int]:
    """Round numbers for the lines of a scale from 0 to at least ``most``; four to seven lines.

    >>> scale(7), scale(1034), scale(1)
    ([0, 2, 4, 6, 8], [0, 200, 400, 600, 800, 1000, 1200], [0, 1])
    """
    step = 1
    for power in range(40):
        step = next((s * 10**power for s in (1, 2, 5) if s * 10**power * 6 >= most), 0)
        if step:
            break
    return [step * n for n in range(math.ceil(most / step) + 1)]


# -- drawing ------------------------------------------------------------------------------------


def columns(title: str, bars: Bars) -> bytes:
    """A PNG with one upright bar for each label."""
    image, draw = _canvas(HEIGHT, title)
    lines = scale(max(count for _, count in bars))
    small = _font(SMALL)
    left = MARGIN + math.ceil(max(small.getlength(f"{line:,}") for line in lines)) + 16
    top, floor, right = 2 * MARGIN + TITLE, HEIGHT - MARGIN - SMALL - 14, WIDTH - MARGIN
    for line in lines:
        y = floor - (floor - top) * line // lines[-1]
        draw.line((left, y, right, y), GRID, 2)
        draw.text((left - 12, y), f"{line:,}", FAINT, small, anchor="rm")
    wide = (right - left) / len(bars)
    gap = max(min(wide / 4, 12), wide - WIDEST)
    for place, (_, count) in enumerate(bars):
        if count:
            x0, x1 = left + place * wide + gap / 2, left + (place + 1) * wide - gap / 2
            y = min(floor - (floor - top) * count // lines[-1], floor - 2)
            draw.rectangle((round(x0), y, max(round(x1) - 1, round(x0)), floor), BAR)
    draw.line((left, floor, right, floor), INK, 2)
    widest = max(small.getlength(label) for label, _ in bars) + 24
    every = math.ceil(widest / wide)
    for place in range(0, len(bars), every):
        x = left + (place + 0.5) * wide
        half = small.getlength(bars[place][0]) / 2
        x = min(max(x, half + 4), WIDTH - 4 - half)
        draw.text((round(x), floor + 12), bars[place][0], FAINT, small, anchor="ma")
    return _png(image)


def rows(title: str, bars: Bars) -> bytes:
    """A PNG with one lying bar for each label, its number beside it."""
    image, draw = _canvas(2 * MARGIN + TITLE + ROW * len(bars) + MARGIN // 2, title)
    small = _font(SMALL)
    labels = [_cut(label, small, WIDTH * 0.35) for label, _ in bars]
    left = MARGIN + math.ceil(max(small.getlength(label) for label in labels)) + 16
    most = max(count for _, count in bars)
    room = WIDTH - MARGIN - 12 - math.ceil(small.getlength(f"{most:,}")) - left
    for place, (_, count) in enumerate(bars):
        top = 2 * MARGIN + TITLE - 10 + place * ROW
        middle = top + ROW // 2
        end = left + max(room * count // most, 2)
        draw.text((left - 12, middle), labels[place], INK, small, anchor="rm")
        draw.rectangle((left, top + 6, end, top + ROW - 7), BAR)
        draw.text((end + 12, middle), f"{count:,}", FAINT, small, anchor="lm")
    return _png(image)


def _cut(text: str, font: FreeTypeFont, width: float) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"


@cache
def _font(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(FONT), size, layout_engine=ImageFont.Layout.BASIC)


def _canvas(height: int, title: str) -> tuple[Any, ImageDraw]:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH, height), WHITE)
    draw = ImageDraw.Draw(image)
    draw.text((MARGIN, MARGIN - 10), title, INK, _font(TITLE), anchor="la")
    return image, draw


def _png(image: Any) -> bytes:
    """The picture and nothing about its making: no time, no program, no colour profile."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6)
    return out.getvalue()
