"""Datelines: place, day and agency that open a wire story. Pure, linear, at most the opening read.

Forms, after real texts: ``19 июня, Минск /Корр. БЕЛТА/.``, ``MINSK, 14. Dezember (BelTA) -``,
``МОСКВА, 3 мая. /ТАСС/.``, ``МИНСК, 15 авг - РИА Новости, Имя Фамилия.``,
``Москва. 5 июня. INTERFAX.RU -``, ``GROSSETO, Italy (AP) --``. What has neither an agency that is
known nor the slashes of a correspondent is running text and left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import islice, pairwise
from typing import Any

from newsdata.grammar.bylines import is_person
from newsdata.grammar.chinese import read_chinese
from newsdata.grammar.dates import date_near, possible_date
from newsdata.grammar.months import TODAY, WEEKDAYS, YESTERDAY, month_number
from newsdata.sites import AGENCIES, find_agency
from newsdata.text import word_set

#: A dateline is never longer.
LONGEST = 200
LONGEST_PLACE = 60


@dataclass(frozen=True, slots=True)
class Dateline:
    """One dateline.

    ``raw`` as printed; ``date`` is None where its year is unknown; ``agency`` as printed, None
    where the page lost it; ``correspondents`` are the persons it names, in the nominative.
    """

    raw: str
    places: tuple[str, ...] = ()
    date: date | None = None
    agency: str | None = None
    correspondents: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The ``dateline`` of a record."""
        return {
            "raw": self.raw,
            "places": list(self.places),
            "date": self.date.isoformat() if self.date else None,
            "agency": self.agency,
            "correspondent": ", ".join(self.correspondents) or None,
        }


@dataclass(frozen=True, slots=True)
class _Day:
    """A day as a dateline prints it."""

    day: int
    month: int
    year: int | None = None


@dataclass(frozen=True, slots=True)
class _Match:
    """A dateline found at the start of a text: its parts and where the text goes on."""

    end: int
    places: tuple[str, ...]
    day: _Day | None
    agency: str | None
    correspondents: tuple[str, ...] = ()


def read_dateline(
    paragraph: str,
    page_date: date | None = None,
    url_year: int | None = None,
    url_date: date | None = None,
) -> tuple[Dateline | None, str]:
    """The dateline that opens ``paragraph`` and the rest of it; None and all of it without one.

    ``page_date`` is the day the page prints, ``url_year`` the year in its address, ``url_date``
    the whole day where the address has it: they supply the year (see
    :func:`~newsdata.grammar.dates.date_near`).

    >>> line, rest = read_dateline("19 июня, Минск /Корр. БЕЛТА/. Мост открыт.", url_year=2023)
    >>> line.raw, line.places, line.date.isoformat(), rest
    ('19 июня, Минск /Корр. БЕЛТА/.', ('Минск',), '2023-06-19', 'Мост открыт.')
    >>> read_dateline("3 июля, в День Независимости, проходят концерты.")[0] is None
    True
    """
    lead = len(paragraph) - len(paragraph.lstrip())
    opening = paragraph[lead : lead + LONGEST]
    match = _match(opening)
    if match is None:
        return None, paragraph
    raw = opening[: match.end].strip()
    day = _full_date(match.day, page_date or url_date, url_year)
    line = Dateline(raw, match.places, day, match.agency, match.correspondents)
    return line, paragraph[lead + match.end :].strip()


@lru_cache(maxsize=512)
def _match(opening: str) -> _Match | None:
    """The dateline in an opening. One page asks for the same few openings again and again."""
    if "/" in opening and (match := _slashes(opening)):
        return match
    if "(" in opening and (match := _parentheses(opening)):
        return match
    if "日" in opening or "电" in opening or "讯" in opening:
        return _chinese(opening)
    return _dashes(opening) or _points(opening)


def _full_date(day: _Day | None, page_date: date | None, url_year: int | None) -> date | None:
    if day is None:
        return None
    if day.year is not None:
        return possible_date(day.year, day.month, day.day)
    return date_near(day.day, day.month, page_date, url_year)


# -- parts -------------------------------------------------------------------------------------

_DAY_MONTH = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?[\s-]+(?:de\s+)?(?P<month>[^\W\d_]{2,12})\.?"
    r"(?:[\s,]+(?:de\s+)?(?P<year>\d{4})(?:\s?г\.?|\s?г(?:ода|\.)?)?)?"
)
_MONTH_DAY = re.compile(
    r"(?P<month>[^\W\d_]{2,12})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{4}))?"
)


def _day(text: str, language: str | None = None) -> _Day | None:
    """The day a text prints, if it prints nothing else."""
    text = text.strip(" .,")
    match = _DAY_MONTH.fullmatch(text) or _MONTH_DAY.fullmatch(text)
    month = month_number(match["month"], language) if match else None
    if not match or not month or not 1 <= int(match["day"]) <= 31:
        return None
    return _Day(int(match["day"]), month, int(match["year"]) if match["year"] else None)


_PLACE_SPLIT = re.compile(r"\s*/\s*|\s+[-–—]\s+")
_PLACE_WORD = re.compile(r"[^\W_][\w.'’`-]*")
_ELIDED = re.compile(r"[dlDL]['’][^\W\d_]")  # Val d'Isère
_SMALL_WORDS = word_set(
    "раён район р-н область вобласць обл г аг д гп пос деревня город агрогородок сельсовет край"
    " на у в над во де de del la las los el upon am an der in do of the le les sur и dos rio"
    " powiat obwód rejon г.п с п д ст"
)


#: No places, though they stand where places do: ``Понедельник, 19 июня. БЕЛТА подводит итоги``.
_DAYS = frozenset(word for word in WEEKDAYS | TODAY | YESTERDAY if len(word) > 3)


def _places(text: str) -> tuple[str, ...] | None:
    """The places a text names if it names nothing else; () for no text, None for other text."""
    text = text.strip(" .,")
    if not text:
        return ()
    parts = tuple(" ".join(part.split()) for part in _PLACE_SPLIT.split(text))
    return parts if all(map(_is_place, parts)) else None


def _is_place(text: str) -> bool:
    if not text or len(text) > LONGEST_PLACE:
        return False
    words = text.replace(",", " ").split()
    if not words or len(words) > 6 or not any(word[0].isupper() for word in words):
        return False
    if len(words) == 1 and words[0].casefold() in _DAYS:
        return False
    return all(
        _PLACE_WORD.fullmatch(word)
        and (word[0].isupper() or word.strip(".") in _SMALL_WORDS or _ELIDED.match(word))
        for word in words
    )


@lru_cache(maxsize=2048)  # the places of a house are few, and its days many stories long
def _place_and_day(
    text: str, language: str | None = None
) -> tuple[tuple[str, ...], _Day | None] | None:
    """``19 июня, Минск``, ``МОСКВА, 3 мая.``, ``GROSSETO, Italy``: in either order."""
    text = text.strip(" ,")
    day = _day(text, language)
    if day:
        return (), day
    for match in re.finditer(r"[,;]|\.(?=\s)", text):
        before, after = text[: match.start()], text[match.end() :]
        for day_text, place_text in ((before, after), (after, before)):
            day = _day(day_text, language)
            places = _places(place_text) if day else None
            if day and places:
                return places, day
    words = text.split()
    day = _day(" ".join(words[-2:]), language) if len(words) > 2 else None
    places = _places(" ".join(words[:-2])) if day else None
    if day and places and all(map(_shouted, places)):  # "TEL AVIV  Nov 7"
        return places, day
    places = _places(text)
    return None if places is None else (places, None)


# -- forms -------------------------------------------------------------------------------------

_CORRESPONDENT = re.compile(
    r"(?i)^(?:наш\s+)?(?:соб(?:ств)?\.?\s?|спец\.?\s?|фото)?(?:корр|корреспондент|кор|кар|карэспандэнт|kor|korespondent"
    r"|corr|correspondent|korr|korrespondent)\b\.?\s*"
)
_AFTER_SLASH = re.compile(r"\s*[.,]?(?:\s*[-–—]+(?=\s))?\s*")


def _slashes(text: str) -> _Match | None:
    """``19 июня, Минск /Корр. БЕЛТА/.``, ``MINSK, August 16. /TASS/.``"""
    marks = [match.start() for match in re.finditer("/", text)][:8]
    for start, end in pairwise(marks):
        inner = _signature(text[start + 1 : end])
        where = (
            (_place_and_day(text[:start]) or _day_and_any_place(text[:start])) if inner else None
        )
        if inner and where and (where[0] or where[1]):
            stop = _AFTER_SLASH.match(text, end + 1)
            places, day = where
            return _Match(stop.end() if stop else end + 1, places, day, *inner)
    return _cut_off(text)


_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2}\s[^\W\d_]{3,12}(?:\s\d{4}(?:\sг\.?)?)?)[.,]?\s+(?P<place>[^/]+)"
)


def _day_and_any_place(text: str) -> tuple[tuple[str, ...], _Day | None] | None:
    """``2 мая, д.Примерово, борт судна``: before a signature any short words are the place."""
    match = _DAY_FIRST.fullmatch(text.strip())
    day = _day(match["day"]) if match else None
    if not match or not day:
        return None
    places = tuple(part.strip(" .,") for part in _PLACE_SPLIT.split(match["place"]))
    short = all(part and len(part) <= LONGEST_PLACE and len(part.split()) < 7 for part in places)
    return (places, day) if short and ". " not in match["place"] else None


_CUT_OFF = re.compile(
    r"(?:(?P<day>\d{1,2})\s+)?(?P<month>[^\W\d_]{2,12}),\s+(?P<place>[^/\n]{2,60}?)\s*"
    r"/(?i:корр|кар|kor)\.\s+(?=\S)"
)


def _cut_off(text: str) -> _Match | None:
    """``апреля, Минск /Корр. ``: what a scraper left of a dateline."""
    match = _CUT_OFF.match(text)
    month = month_number(match["month"]) if match else None
    places = _places(match["place"]) if match else None
    if not match or not month or not places:
        return None
    day = _Day(int(match["day"]), month) if match["day"] else None
    return _Match(match.end(), places, day, None)


def _signature(inner: str) -> tuple[str | None, tuple[str, ...]] | None:
    """Agency and names between the slashes; None where it is no signature."""
    text = " ".join(inner.split())
    if not text or len(text) > 100:
        return None
    role = _CORRESPONDENT.match(text)
    rest = text[role.end() :] if role else text
    agency, rest = _agency_at_edge(rest)
    names = tuple(
        part for part in re.split(r"\s*,\s*|\s+(?:и|і|and|i)\s+", rest.strip(" -–—,.")) if part
    )
    if not agency and not role:
        return None
    if not all(is_person(name) and len(name.split()) > 1 for name in names):
        return None if not role or agency else (None, ())
    return agency, names


def _agency_at_edge(text: str) -> tuple[str | None, str]:
    """The agency a signature ends or begins with, as printed, and what is left."""
    words = text.split()
    for count in range(min(3, len(words)), 0, -1):
        for chosen, rest in ((words[-count:], words[:-count]), (words[:count], words[count:])):
            name = " ".join(chosen).strip(" .,")
            if find_agency(name):
                return name, " ".join(rest)
    return None, text


_BETWEEN_AGENCIES = re.compile(r"\s*[/,]\s*|\s+-\s+")
#: The desk of a region, as in ``dpa/lno``.
_DESK = re.compile(r"[a-z]{2,4}")
_BRACKET = re.compile(r"\(\s*(?P<inner>[^()]{2,40}?)\s*\)")
_AFTER_BRACKET = re.compile(r"\s*(?P<point>\.)?\s*(?P<dash>[-–—]{1,2})?\s*")


def _parentheses(text: str) -> _Match | None:
    """``MINSK, 14. Dezember (BelTA) -``, ``KYIV/BRUSSELS (Reuters) -Russia``, ``(Reuters) -``."""
    for match in islice(_BRACKET.finditer(text), 3):
        agency = _agency_list(match["inner"])
        if not agency:
            continue
        language = "hr" if "hina" in agency.lower() else None
        where = _place_and_day(text[: match.start()], language)
        after = _AFTER_BRACKET.match(text, match.end())
        if where is None or after is None:
            return None
        places, day = where
        if not _convincing(
            places, day, bool(after["dash"]), bool(after["point"]), text[after.end() :]
        ):
            return None
        return _Match(after.end(), places, day, agency)
    return None


def _convincing(
    places: tuple[str, ...], day: _Day | None, dash: bool, point: bool, rest: str
) -> bool:
    """Whether place and agency open a story rather than a sentence about the agency."""
    if dash and rest[:1].islower() and not day and not all(map(_shouted, places)):
        return False
    if day:
        return dash or point or rest[:1].isupper()
    if not places:
        return dash
    return dash or (point and all(map(_shouted, places)))


def _shouted(place: str) -> bool:
    return place.split(",")[0].isupper()


@lru_cache(maxsize=512)
def _agency_list(inner: str) -> str | None:
    """One agency, or several joined by a slash, as printed."""
    parts = _BETWEEN_AGENCIES.split(inner)
    if parts[0].casefold() == "dpa" and len(parts) == 2 and _DESK.fullmatch(parts[1]):
        return inner
    return inner if parts and all(find_agency(part) for part in parts) else None


@cache
def _agency_names() -> str:
    names = sorted((name for agency in AGENCIES for name in agency.names), key=len, reverse=True)
    return "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in names)


@cache
def _dash_form() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<where>[^–—\n]{{3,90}}?)\s*[-–—]\s+(?P<agency>{_agency_names()})"
        r"(?:,\s+(?P<names>[^.\n]{3,80}?))?(?P<stop>\.|\s+[-–—])(?:\s+|$)"
    )


def _dashes(text: str) -> _Match | None:
    """``МИНСК, 15 авг - РИА Новости, Имя Фамилия.``, ``БИШКЕК, 30-авг. — Sputnik.``"""
    match = _dash_form().match(text)
    where = _place_and_day(match["where"]) if match else None
    if not match or not where or not (where[0] and where[1]):
        return None
    names = tuple(
        name.strip()
        for name in re.split(r",|\s+и\s+|\s+and\s+", match["names"] or "")
        if name.strip()
    )
    if not all(is_person(name) for name in names):
        return None
    return _Match(match.end(), *where, match["agency"], names)


@cache
def _point_form() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<where>[^\n]{{2,90}}?)\.\s+(?P<agency>{_agency_names()})(?![\w-])"
        r"(?:\s+/(?P<names>[^/\n]{3,60})/)?(?P<stop>\.|\s*[-–—]+)?(?:\s+|$)"
    )


def _points(text: str) -> _Match | None:
    """``Москва. 5 июня. INTERFAX.RU -``, ``КИЇВ. 20 червня. УНН.``, ``ASTANA. KAZINFORM Text``."""
    match = _point_form().match(text)
    where = _place_and_day(match["where"]) if match else None
    if not match or not where:
        return None
    places, day = where
    if not day and not (places and all(map(_shouted, places))):
        return None
    names = tuple(filter(None, (name.strip() for name in re.split(",", match["names"] or ""))))
    if not all(is_person(name) and " " in name for name in names):
        return None
    shouted = places and match["agency"].isupper() and all(map(_shouted, places))
    if not match["stop"] and not names and not shouted:
        return None
    return _Match(match.end(), places, day, match["agency"], names)


def _chinese(text: str) -> _Match | None:
    """``白通社明斯克12月15日电``."""
    found = read_chinese(text)
    if found is None:
        return None
    day = _Day(*found.day) if found.day else None
    return _Match(found.end, found.places, day, found.agency, found.names)
