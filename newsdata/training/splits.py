"""On which side of a split an article stands: a function of that article alone.

Because nothing else decides, adding articles never moves an old one to another side.

- ``time:2024-01-01,2024-07-01``: train before the first day (UTC), validation from it, test from
  the second; with one day there is no validation side. An article without a time has no side.
- ``share:90,5,5``: train, validation and test in these proportions (two numbers: train and test),
  by a hash of the seed and the id.
- ``source:test=example.org+example.net,validation=example.com``: the articles of these
  publishers; all others are train.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Literal, TypeAlias

from newsdata.errors import UsageError

Side: TypeAlias = Literal["train", "validation", "test"]

#: The sides in their usual order; the first is what models learn from.
SIDES: tuple[Side, ...] = ("train", "validation", "test")

_KINDS = "time:DATE[,DATE], share:90,5,5 or source:test=HOST[+HOST...][,validation=HOST]"
_RANGE = 1 << 64


@dataclass(frozen=True, slots=True)
class Split:
    """A rule as :func:`parse_split` reads it. ``text`` is its canonical form: two rules with the
    same text put every article on the same side."""

    text: str
    borders: tuple[datetime, ...] = ()
    limits: tuple[int, ...] = ()
    hosts: Mapping[str, Side] | None = None
    sides: tuple[Side, ...] = SIDES
    seed: int = 0

    def side(
        self, id_: str, timestamp: datetime | None = None, source: str | None = None
    ) -> Side | None:
        """The side of an article; None where it lacks the time that decides.

        >>> rule = parse_split("time:2024-01-01")
        >>> rule.side("a", datetime(2023, 12, 31, 23, 59, tzinfo=UTC)), rule.side("b")
        ('train', None)
        """
        if self.borders:
            if timestamp is None:
                return None
            moment = timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)
            return self.sides[sum(moment >= border for border in self.borders)]
        if self.limits:
            digest = hashlib.blake2b(f"{self.seed}\n{id_}".encode(), digest_size=8).digest()
            number = int.from_bytes(digest, "big")
            return self.sides[sum(number >= limit for limit in self.limits)]
        return (self.hosts or {}).get((source or "").lower(), "train")


def parse_split(text: str, seed: int = 0) -> Split:
    """Read a rule; raises UsageError that says what was found and what is expected.

    >>> parse_split("share: 90, 5, 5").text
    'share:90,5,5'
    >>> parse_split("by:luck")
    Traceback (most recent call last):
    ...
    newsdata.errors.UsageError: split: found 'by:luck'; expected \
time:DATE[,DATE], share:90,5,5 or source:test=HOST[+HOST...][,validation=HOST]
    """
    kind, _, rest = text.partition(":")
    parts = [part.strip() for part in rest.split(",") if part.strip()]
    readers = {"time": _by_time, "share": _by_share, "source": _by_source}
    reader = readers.get(kind.strip())
    if reader is None or not parts:
        raise UsageError(f"split: found {text!r}; expected {_KINDS}")
    return reader(parts, seed)


def _by_time(parts: list[str], seed: int) -> Split:
    borders = []
    for part in parts:
        try:
            day = date.fromisoformat(part)
        except ValueError:
            raise UsageError(
                f"split time: found {part!r}; expected a day such as 2024-01-01"
            ) from None
        borders.append(datetime(day.year, day.month, day.day, tzinfo=UTC))
    if len(borders) > 2 or borders != sorted(set(borders)):
        raise UsageError(
            f"split time: found {', '.join(parts)}; expected one or two days, the earlier first"
        )
    text = "time:" + ",".join(border.date().isoformat() for border in borders)
    return Split(text, borders=tuple(borders), sides=_sides(len(borders) + 1), seed=seed)


def _by_share(parts: list[str], seed: int) -> Split:
    try:
        shares = [Fraction(part) for part in parts]
    except (ValueError, ZeroDivisionError):
        shares = []
    if len(shares) not in (2, 3) or min(shares) < 0 or shares[0] <= 0 or sum(shares[1:]) <= 0:
        raise UsageError(
            f"split share: found {','.join(parts)}; expected two or three numbers such as 90,5,5"
        )
    total, so_far, limits = sum(shares), Fraction(0), []
    for share in shares[:-1]:
        so_far += share
        limits.append(int(so_far / total * _RANGE))
    text = "share:" + ",".join(parts)
    return Split(text, limits=tuple(limits), sides=_sides(len(shares)), seed=seed)


def _by_source(parts: list[str], seed: int) -> Split:
    hosts: dict[str, Side] = {}
    for part in parts:
        name, _, listed = part.partition("=")
        side = next((side for side in SIDES[1:] if side == name.strip()), None)
        given = [host.strip().lower() for host in listed.split("+") if host.strip()]
        if side is None or not given or hosts.keys() & set(given):
            raise UsageError(
                f"split source: found {part!r}; expected test=HOST or validation=HOST, "
                "each host once"
            )
        hosts.update(dict.fromkeys(given, side))
    sides = tuple(side for side in SIDES if side == "train" or side in hosts.values())
    canonical = [
        f"{side}=" + "+".join(sorted(host for host in hosts if hosts[host] == side))
        for side in sides[1:]
    ]
    return Split("source:" + ",".join(canonical), hosts=hosts, sides=sides, seed=seed)


def _sides(count: int) -> tuple[Side, ...]:
    return SIDES if count == 3 else ("train", "test")
