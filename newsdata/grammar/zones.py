"""Printed zones (``EDT``, ``МСК``, ``GMT+3``, ``+0300``) and clocks with history. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Abbreviation -> minutes east of UTC, or the zone whose rule of the day decides. Ambiguous ones
#: (IST, AST, BST in Asia) are left out; CST is the American one, as English wires use it.
ABBREVIATIONS: dict[str, int | str] = {
    "z": 0, "utc": 0, "gmt": 0, "ut": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "cest": 120,
    "mez": 60, "mesz": 120, "eet": 120, "eest": 180, "msk": "Europe/Moscow",
    "мск": "Europe/Moscow", "msd": 240, "est": -300, "edt": -240, "cst": -360, "cdt": -300,
    "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600,
    "et": "America/New_York", "ct": "America/Chicago", "pt": "America/Los_Angeles",
    "nst": -210, "ndt": -150, "adt": -180, "brt": -180, "art": -180, "sast": 120, "eat": 180,
    "gst": 240, "pkt": 300, "jst": 540, "kst": 540, "hkt": 480, "sgt": 480, "aest": 600,
    "aedt": 660, "acst": 570, "acdt": 630, "awst": 480, "nzst": 720, "nzdt": 780,
}  # fmt: skip
_PLACES: dict[str, str] = {
    "минску": "Europe/Minsk", "минскому": "Europe/Minsk", "москве": "Europe/Moscow",
    "московскому": "Europe/Moscow",
}  # fmt: skip
_OFFSET = re.compile(r"(?:utc|gmt)?([+\-−])(\d{1,2}):?(\d\d)?")
LONGEST_OFFSET = 18 * 60


def offset_minutes(token: str) -> int | None:
    """Minutes east of UTC of ``+03:00``, ``-0500``, ``GMT+3``; None for anything else.

    >>> offset_minutes("+0530"), offset_minutes("UTC-3"), offset_minutes("+99")
    (330, -180, None)
    """
    match = _OFFSET.fullmatch(token.casefold())
    if not match:
        return None
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    if minutes > LONGEST_OFFSET or int(match[3] or 0) > 59:
        return None
    return minutes if match[1] == "+" else -minutes


@lru_cache(maxsize=1024)
def printed_zone(token: str) -> int | str | None:
    """What a printed zone means: minutes, or the IANA zone whose rule decides, or None."""
    word = token.casefold().rstrip(".")
    found = ABBREVIATIONS.get(word)
    if found is None:
        found = _PLACES.get(word)
    return offset_minutes(token) if found is None else found


@cache
def _fixed(minutes: int) -> timezone:
    """The zone of an offset: there are a few dozen, of at most a day either way."""
    return timezone(timedelta(minutes=minutes))


@lru_cache(maxsize=256)
def find_zone(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, or None where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def at_zone(naive: datetime, zone: int | str) -> datetime | None:
    """A wall-clock time as an aware one with a fixed offset in whole minutes.

    ``zone`` is minutes or an IANA name; its rule of that day decides, summer time and all changes
    of law included. A time that exists twice is the first one. None for an unknown zone.

    >>> at_zone(datetime(2010, 7, 1, 12), "Europe/Minsk").isoformat()
    '2010-07-01T12:00:00+03:00'
    >>> at_zone(datetime(2010, 1, 1, 12), "Europe/Minsk").isoformat()
    '2010-01-01T12:00:00+02:00'
    """
    if isinstance(zone, int):
        return naive.replace(tzinfo=_fixed(zone))
    info = find_zone(zone)
    offset = naive.replace(tzinfo=info).utcoffset() if info else None
    if offset is None:
        return None
    # Before railways clocks differed by seconds; RFC 3339 knows whole minutes.
    return naive.replace(tzinfo=_fixed(round(offset.total_seconds() / 60)))
