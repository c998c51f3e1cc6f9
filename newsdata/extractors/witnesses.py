"""How the witnesses of an HTML page are read and weighed: times, names, tags, languages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from newsdata.extractors import jsonld
from newsdata.extractors.fields import Clock
from newsdata.extractors.markup import Markup, text_of
from newsdata.grammar.dates import PrintedTime, epoch_time, read_time


def top_heading(headings: list[str], others: list[str | None]) -> str | None:
    """The only top heading, or of several the one that another witness repeats."""
    if len(headings) == 1:
        return headings[0]
    return next((text for text in headings if text in others), None)


def time_of_publication(
    stamps: Iterator[tuple[str, str]], clock: Clock, language: str | None
) -> tuple[PrintedTime, str, str] | None:
    """The first readable time; a later witness of the same day only makes it more exact."""
    best: tuple[PrintedTime, str, str] | None = None
    for text, method in stamps:
        time = read_stamp(text, clock, language)
        if time is None:
            continue
        if best is None:
            best = (time, method, text)
        else:
            same_day = time.local_date == best[0].local_date
            if same_day and not time.naive and exactness(time) > exactness(best[0]):
                best = (time, method, text)
        if exactness(best[0]) == (True, True):
            break
    return best


_PRINTED = (
    "//time | //*[contains(@class, 'date') or contains(@class, 'Date') or contains(@class, 'time')"
    " or contains(@class, 'publish') or contains(@class, 'stand') or contains(@id, 'date')]"
)
#: A day with or without a clock, inside other words: ``Do 25.04.24 | 14:07 Uhr | Von A. Lee``.
_DAY_IN_TEXT = re.compile(
    r"(?:\d{1,2}[./-]\d{1,2}[./-](?:20)?\d\d|20\d\d[./-]\d{1,2}[./-]\d{1,2}"
    r"|20\d\d\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]"
    r"|\d{1,2}\.?\s(?:de\s)?[^\W\d_]{3,12}\.?,?\s(?:de\s)?20\d\d"
    r"|[^\W\d_]{3,12}\.?\s\d{1,2},?\s20\d\d)(?P<clock>\D{0,12}?\d{1,2}[:.時]\d\d)?"
)
_MOST_PRINTED = 40


def printed_stamps(markup: Markup) -> Iterator[tuple[str, str]]:
    """Times that the page prints near its headline, for want of better: elements named so."""
    for element in markup.find(_PRINTED)[:_MOST_PRINTED]:
        around = list(zip(range(6), element.iterancestors(), strict=False))
        if any(other.tag in ("footer", "nav", "aside", "figure") for _, other in around):
            continue
        text = text_of(element)
        match = _DAY_IN_TEXT.search(text) if 6 < len(text) < 90 else None
        if match:
            clock = re.search(r"\d{1,2}[:.時]\d\d", match["clock"] or "")
            day = match[0][: match.start("clock") - match.start()] if match["clock"] else match[0]
            yield (f"{day} {clock[0]}" if clock else day), "dom"


def exactness(time: PrintedTime) -> tuple[bool, bool]:
    """Whether a time has a clock, and whether it came with its zone."""
    return time.precision != "day", time.zone_printed


def read_stamp(text: str, clock: Clock, language: str | None) -> PrintedTime | None:
    """One stamp: a printed time, or Unix time in seconds or milliseconds."""
    text = text.strip()
    if re.fullmatch(r"\d{10}|\d{13}", text):
        return epoch_time(int(text))
    return read_time(text, clock.zone, language=language)


_HOUSE = re.compile(
    r"\b(?:\w*agentur|\w*agence|agencia|presse|press|media|news|nachrichten|zeitung|online"
    r"|digital|inc|ltd|gmbh|tv|radio|[\w-]{3,}\.(?:com|net|org|[a-z]{2}))\b\.?",
    re.IGNORECASE,
)


def is_house(name: str) -> bool:
    """Whether a name of the byline is that of a publisher: by a word, or as an abbreviation."""
    return bool(_HOUSE.search(name)) or (name.isupper() and " " not in name)


def bare(name: str) -> str:
    """Letters and digits alone, without case: for comparing."""
    return re.sub(r"[\W_]+", "", name.casefold())


def other_script(seen: str, declared: str) -> bool:
    """Whether one of two languages is written in Cyrillic and the other is not."""
    cyrillic = {"ru", "be", "uk", "bg", "mk", "kk", "ky", "mn", "tg", "tt", "be-tarask"}
    both = {"sr", "uz", "az", "kk", "mn"}
    if declared in both or seen in both:
        return False
    return (seen in cyrillic) != (declared in cyrillic)


def plain_body(value: Any) -> str:
    """JSON-LD's article text: entities resolved, tags removed, its own line breaks kept."""
    if isinstance(value, list):
        value = "\n".join(item for item in value if isinstance(item, str))
    if not isinstance(value, str):
        return ""
    text = re.sub(r"(?i)<br\s*/?>|</p>", "\n", jsonld.unescape(value))
    return re.sub(r"<[^<>]{1,500}>", "", text).strip()


def share(said: str, text: str) -> float:
    """How many of the words of ``said`` the text has."""
    words = set(re.findall(r"\w{3,}", said.casefold()))
    return len(words & set(re.findall(r"\w{3,}", text.casefold()))) / len(words) if words else 1.0
