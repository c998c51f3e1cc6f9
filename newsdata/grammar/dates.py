"""Printed times: ``19 июня 2023, 12:54``, ``Fri Oct 20, 2006 6:15pm EDT``, ``вчера, 10:15``. Pure.

A printed time is read whole or not at all: one unknown word makes it unreadable, so that running
text is never taken for a time. Only the first :data:`LONGEST` characters are looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias

from newsdata.grammar.months import FILLERS, TODAY, WEEKDAYS, YESTERDAY, month_number
from newsdata.grammar.zones import at_zone, find_zone, offset_minutes, printed_zone

Precision: TypeAlias = Literal["second", "minute", "day"]

#: No printed time is longer; what is, is not one.
LONGEST = 120
FIRST_YEAR, LAST_YEAR = 1000, 2999


@dataclass(frozen=True, slots=True)
class PrintedTime:
    """A time as printed.

    ``when`` is aware, with the printed offset or that of its zone on that day; it is naive where
    the time can be read but no zone is known (``naive`` is then true). ``precision`` ``day``
    means local midnight stands for the whole day. ``zone_printed`` tells an offset that was
    printed from one that was supplied.
    """

    when: datetime
    precision: Precision
    zone_printed: bool = False

    @property
    def naive(self) -> bool:
        """Readable, but at which place on earth is unknown."""
        return self.when.tzinfo is None

    @property
    def utc_offset(self) -> int | None:
        """Minutes east of UTC, None when naive."""
        offset = self.when.utcoffset()
        return None if offset is None else int(offset.total_seconds()) // 60

    @property
    def local_date(self) -> date:
        """The day at the place of printing."""
        return self.when.date()


@dataclass(slots=True)
class _Parts:
    """What the tokens of one printed time said so far."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int = 0
    second: int = 0
    precision: Precision = "day"
    half: str | None = None
    zone: int | str | None = None
    days_ago: int | None = None
    weekday_or_month: bool = False  # "mar." is March, and in Romance languages Tuesday
    numbers: list[int] = field(default_factory=list)


def read_time(
    text: str,
    zone: str | None = None,
    now: date | datetime | None = None,
    year: int | None = None,
    language: str | None = None,
) -> PrintedTime | None:
    """The time that ``text`` prints, or None where it is not readable as one.

    ``zone`` (IANA name) is the clock of a time printed without one; ``now`` the day of reading,
    for ``сегодня`` and ``вчера``, and for a day without its year in the half year before it;
    ``year`` serves such a day too, and without both it is unreadable. ``language`` decides month
    names that differ between languages.

    >>> read_time("19 июня 2023, 12:54", "Europe/Minsk").when.isoformat()
    '2023-06-19T12:54:00+03:00'
    >>> read_time("Fri Oct 20, 2006 6:15pm EDT").utc_offset
    -240
    >>> read_time("19 июня 2023, 12:54").naive, read_time("24 декабря, 09:18")
    (True, None)
    """
    text = " ".join(text[: LONGEST + 1].split())
    if not text or len(text) > LONGEST:
        return None
    parts = _read_numeric(text) or _read_words(text, language)
    if parts is None or not _complete(parts, zone, now, year):
        return None
    return _printed(parts, zone)


# -- all numbers -------------------------------------------------------------------------------

_CLOCK = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,]\d{1,9})?)?"
    r"(?:\s?(?P<half>[ap]\.?m\b\.?))?"
)
_TAIL = (
    r"\s*\(?(?P<zone>Z|(?:UTC|GMT)?[+\-−]\d\d?:?(?:\d\d)?|[^\W\d_]{2,5})?\)?(?:\s*\[[\w/+-]+\])?"
)
_CLOCK_FIRST = re.compile(r"(?P<clock>\d{1,2}:\d\d(?::\d\d)?)[,\s]+(?P<date>\d[\d./-]{5,9})")
_NUMERIC = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<year>\d{{4}})(?P<sep>[-./])(?P<month>\d\d?)(?P=sep)(?P<day>\d\d?)"
        rf"(?:(?:T|,?\s+|\s*[-–—|]\s*){_CLOCK}{_TAIL})?",
        rf"(?P<first>\d\d?)(?P<sep>[-./])\s?(?P<second_>\d\d?)(?P=sep)\s?(?P<year>\d{{4}}|\d\d)"
        rf"(?:\s?г\.?)?(?:(?:,?\s+|\s*[-–—|]\s*)(?:в\s|at\s|um\s)?{_CLOCK}(?:\s?uhr)?{_TAIL})?",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
        r"(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?:(?P<second>\d\d))?(?P<zone>Z|[+-]\d{4})?)?",
        r"(?P<year>\d{4})\s?[年년]\s?(?P<month>\d\d?)\s?[月월]\s?(?P<day>\d\d?)\s?[日일号]?"
        r"(?:\s*(?:星期|周)[一二三四五六日天])?"
        r"(?:[,\s]*(?P<hour>\d\d?)[:：时時](?P<minute>\d\d?)"
        r"(?:[:：分](?P<second>\d\d)?秒?)?)?"
        rf"{_TAIL}",
    )
)


def _read_numeric(text: str) -> _Parts | None:
    if not text[0].isdecimal():  # as every form begins
        return None
    swapped = _CLOCK_FIRST.fullmatch(text)
    if swapped:
        text = f"{swapped['date']} {swapped['clock']}"
    for pattern in _NUMERIC:
        match = pattern.fullmatch(text)
        if match:
            return _from_groups(match.groupdict())
    return None


def _from_groups(groups: dict[str, str | None]) -> _Parts | None:
    parts = _Parts(year=int(groups["year"] or 0))
    if "first" in groups:
        order = _day_and_month(int(groups["first"] or 0), int(groups["second_"] or 0), groups)
        if order is None:
            return None
        parts.day, parts.month = order
        if parts.year is not None and parts.year < 100:
            parts.year += 2000 if parts.year < 70 else 1900
    else:
        parts.month, parts.day = int(groups["month"] or 0), int(groups["day"] or 0)
    if groups.get("hour"):
        _set_clock(parts, groups["hour"], groups.get("minute"), groups.get("second"))
        parts.half = (groups.get("half") or "")[:1].lower() or None
    if groups.get("zone"):
        parts.zone = printed_zone(groups["zone"] or "")
        if parts.zone is None:
            return None
    return parts


def _day_and_month(
    first: int, second: int, groups: dict[str, str | None]
) -> tuple[int, int] | None:
    """Day and month; with slashes only where the numbers leave no doubt, never a guess."""
    if groups["sep"] in (".", "-"):
        return (first, second) if len(groups["year"] or "") == 4 or groups["sep"] == "." else None
    if first > 12 or first == second:
        return first, second
    return (second, first) if second > 12 else None


def _set_clock(
    parts: _Parts, hour: str | None, minute: str | None = None, second: str | None = None
) -> None:
    parts.hour, parts.minute, parts.second = int(hour or 0), int(minute or 0), int(second or 0)
    parts.precision = "second" if second else "minute"


# -- with words --------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"(?:(?P<clock>\d{1,2}(?::\d\d){1,2}(?:[.,]\d{1,6}(?!\d))?)"
    r"|(?P<french>\d{1,2}\s?h(?:\s?\d\d)?)(?!\w)"
    r"|(?P<dotted>\d{1,2}\.\d\d)(?![\w.])"
    r"|(?P<half>[ap]\.?m(?!\w)\.?)"
    r"|(?P<offset>(?:utc|gmt)?\s?[+\-−]\d{1,2}:?(?:\d\d)?(?![\d-]))"
    r"|(?P<number>\d{1,4})(?:st|nd|rd|th|го|er|º|ª)?(?![^\W_])"
    r"|(?P<half_hour>\d{1,2})(?=[ap]\.?m(?!\w))"
    r"|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)?\.?)"
    r"|(?P<space>[\s,;:|/()\[\]·•–—.-]))"
    # What parts tokens goes with the one before, but for a hyphen: it may be a minus.
    r"[\s,;:|/()\[\]·•–—.]*",
    re.IGNORECASE,
)


def _read_words(text: str, language: str | None) -> _Parts | None:
    parts = _Parts()
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or not _take(parts, match, language):
            return None
        position = match.end()
    return parts if _place_numbers(parts) else None


_CLOCK_PARTS = re.compile(r"[:.,]|\s?[hH]\s?")


def _take(parts: _Parts, match: re.Match[str], language: str | None) -> bool:
    """Put one token where it belongs; False where it belongs nowhere."""
    kind = str(match.lastgroup)
    if kind == "space":
        return True
    token = match[kind]
    if kind in ("clock", "french", "dotted"):
        if parts.hour is not None or (kind == "dotted" and parts.month is None):
            return False
        _set_clock(parts, *_CLOCK_PARTS.split(token)[:3])
        return True
    if kind == "half":
        if parts.hour is None and parts.numbers:  # "6 pm": the number before is the hour
            _set_clock(parts, str(parts.numbers.pop()))
        parts.half = token[:1].lower()
        return parts.hour is not None
    if kind == "half_hour":
        _set_clock(parts, match["half_hour"])
        return True
    if kind == "number":
        parts.numbers.append(int(match["number"]))
        return len(parts.numbers) <= 3
    if kind == "offset":
        return _take_offset(parts, token.replace(" ", ""))
    return _take_word(parts, token, language)


def _take_offset(parts: _Parts, token: str) -> bool:
    minutes = offset_minutes(token)
    if minutes is None or parts.hour is None:
        return False
    parts.zone = minutes
    return True


def _take_word(parts: _Parts, token: str, language: str | None) -> bool:
    word = token.casefold().rstrip(".")
    month = month_number(word, language)
    if month and (parts.month is None or parts.weekday_or_month):
        parts.month = month
        parts.weekday_or_month = word in WEEKDAYS
        return True
    if word in TODAY or word in YESTERDAY:
        parts.days_ago = 0 if word in TODAY else 1
        return True
    zone = printed_zone(word) if parts.hour is not None else None
    if zone is not None and parts.zone is None:
        parts.zone = zone
        return True
    return word in WEEKDAYS or word in FILLERS


def _place_numbers(parts: _Parts) -> bool:
    """Which bare number is the day and which the year."""
    years = [n for n in parts.numbers if n >= FIRST_YEAR]
    days = [n for n in parts.numbers if n < 32]
    if parts.days_ago is not None:
        return parts.month is None and not parts.numbers
    if parts.month is None or len(years) > 1 or len(days) != 1:
        return False
    if len(years) + len(days) != len(parts.numbers):
        return False
    parts.year, parts.day = (years[0] if years else None), days[0]
    return True


# -- from parts to a time ----------------------------------------------------------------------


def _complete(
    parts: _Parts, zone: str | None, now: date | datetime | None, year: int | None
) -> bool:
    """Fill in what the page did not print: the day of ``сегодня``, the year if one is given."""
    if parts.days_ago is not None:
        if now is None:
            return False
        day = _day_at(now, parts.zone if isinstance(parts.zone, str) else zone)
        try:
            day -= timedelta(days=parts.days_ago)
        except OverflowError:
            return False
        parts.year, parts.month, parts.day = day.year, day.month, day.day
    if parts.year is None:
        parts.year = year if year is not None or now is None else _recent_year(parts, now, zone)
    return parts.year is not None


#: A day without its year is at most so long before the day of reading, else its year is unknown.
RECENT_DAYS = 183


def _recent_year(parts: _Parts, now: date | datetime, zone: str | None) -> int | None:
    """The year of a day that a page prints without it: of the last such day before reading it."""
    today = _day_at(now, zone)
    for year in (today.year, today.year - 1):
        day = possible_date(year, parts.month or 0, parts.day or 0)
        if day and -1 <= (today - day).days <= RECENT_DAYS:  # the reader's clock may be behind
            return year
    return None


def _day_at(now: date | datetime, zone: str | None) -> date:
    if not isinstance(now, datetime):
        return now
    info = find_zone(zone) if zone and now.tzinfo else None
    try:
        return now.astimezone(info).date() if info else now.date()
    except OverflowError:
        return now.date()


def _printed(parts: _Parts, zone: str | None) -> PrintedTime | None:
    hour = parts.hour or 0
    if parts.half and not 1 <= hour <= 12:
        return None
    if parts.half:
        hour = hour % 12 + (12 if parts.half == "p" else 0)
    naive = _naive(parts, hour)
    if naive is None:
        return None
    used = parts.zone if parts.zone is not None else zone
    when = at_zone(naive, used) if used is not None else None
    if parts.zone is not None and when is None:
        return None
    return PrintedTime(when or naive, parts.precision, parts.zone is not None)


def _naive(parts: _Parts, hour: int) -> datetime | None:
    year, month, day = parts.year or 0, parts.month or 0, parts.day or 0
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    midnight = (hour, parts.minute, parts.second) == (24, 0, 0)
    second = min(parts.second, 59) if parts.second == 60 else parts.second  # a leap second
    try:
        naive = datetime(year, month, day, 0 if midnight else hour, parts.minute, second)  # noqa: DTZ001
        return naive + timedelta(days=1) if midnight else naive
    except (ValueError, OverflowError):
        return None


_SHAPE = re.compile(
    r"(?:[^\W\d_]+\.?,?\s)?(?:\d{4}[-./]\d\d?[-./]\d\d?|\d\d?[-./]\d\d?[-./]\d{4}"
    r"|\d\d?\.?\s(?P<month>[^\W\d_]{3,12})\.?,?\s\d{4}"
    r"|(?P<first>[^\W\d_]{3,12})\.?\s\d\d?,?\s\d{4})"
    r"(?:T|,?\s(?:[^\W\d_]{1,2}\s)?)\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s?\S{1,10}){0,2}"
)


def has_shape_of_time(text: str) -> bool:
    """Whether a text is written like a day with a clock, be there such a day or not.

    What has the shape and cannot be read (``31 июня 2023, 10:15``) is a fault, not other text.

    >>> has_shape_of_time("31 июня 2023, 10:15"), has_shape_of_time("в 10:15 31 человек")
    (True, False)
    """
    match = _SHAPE.fullmatch(" ".join(text[: LONGEST + 1].split()))
    if not match:
        return False
    word = match["month"] or match["first"]
    return word is None or month_number(word) is not None


def epoch_time(seconds: float) -> PrintedTime | None:
    """A Unix time in seconds, or in milliseconds when too large for seconds; None outside years.

    >>> epoch_time(1687168440).when.isoformat()
    '2023-06-19T09:54:00+00:00'
    """
    if not abs(seconds) < 1e15:
        return None
    value = seconds / 1000 if abs(seconds) >= 1e11 else seconds
    try:
        when = datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return PrintedTime(when, "second", zone_printed=True)


_UNIX_IN_NAME = re.compile(r"(?<!\d)1\d{9}(?!\d)")


def time_in_name(address: str) -> PrintedTime | None:
    """The Unix time in the file name of a picture: when it was put on the server.

    >>> time_in_name("https://n.example/2021/000028_1618676496_437695_big.jpg").when.isoformat()
    '2021-04-17T16:21:36+00:00'
    >>> time_in_name("https://n.example/1618676496/bridge.jpg") is None
    True
    """
    name = address.partition("?")[0].rpartition("/")[2]
    match = _UNIX_IN_NAME.search(name[:300])
    return epoch_time(int(match[0])) if match else None


# -- days without a year, as datelines print them ----------------------------------------------


def possible_date(year: int, month: int, day: int) -> date | None:
    """The date, or None where the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


#: A dateline is written at most this many days from the time the page prints.
NEAR_DAYS = 7


def date_near(
    day: int, month: int, page_date: date | None = None, url_year: int | None = None
) -> date | None:
    """The full date of a day printed without its year; None where the year stays unknown.

    The candidate in the year of the page, before or after it, that is nearest to the page's day
    and at most a week away; else the day in the year of the URL. Never a guess.

    >>> date_near(31, 12, page_date=date(2019, 1, 3))
    datetime.date(2018, 12, 31)
    >>> date_near(31, 12, url_year=2019), date_near(31, 12)
    (datetime.date(2019, 12, 31), None)
    """
    if page_date is not None:
        years = (page_date.year + step for step in (-1, 0, 1))
        days = [found for year in years if (found := possible_date(year, month, day))]
        near = min(days, key=lambda found: abs(found - page_date), default=None)
        if near is not None and abs((near - page_date).days) <= NEAR_DAYS:
            return near
    return possible_date(url_year, month, day) if url_year is not None else None
