"""How the witnesses of an HTML page are read and weighed: times, names, tags, languages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from newsdata.extractors import jsonld
from newsdata.extractors.fields import Clock
from newsdata.grammar.dates import PrintedTime, epoch_time, read_time
from newsdata.text import squeeze


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


def split_tags(texts: list[str]) -> list[str]:
    """Keywords, one by one; a list that was joined is taken apart."""
    parts = [part for text in texts for part in re.split(r"\s*[,;|]\s*", text)]
    return list(dict.fromkeys(part for part in map(squeeze, parts) if 1 < len(part) < 80))[:100]


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
