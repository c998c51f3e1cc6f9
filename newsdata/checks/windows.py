"""Many lines judged at once: which of them are valid for certain, at a fraction of the cost.

A group of lines is parsed, validated and written again by three calls in C, and what parsers let
through in silence is ruled out by counts over the whole window, see :func:`sure`. What is not
certain here is no verdict: those lines go through :func:`newsdata.validation.parse_json`, one by
one. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import orjson

from newsdata.limits import Limits
from newsdata.validation import has_long_digits, written_nested

if TYPE_CHECKING:
    import numpy as np

    Bytes = np.ndarray[Any, np.dtype[np.uint8]]

#: Lines that are judged together. One that is not certain sends all of its group another way.
GROUP = 16
#: Of a run of 19 digits (nothing shorter loses any as a float) every fourth byte, at least.
_STEP, _HITS = 4, 4
#: A run of 19 digits holds at least so many from the first of those hits on.
_SURE_RUN = 13


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of which all are valid records: how many colons their values have, written again,
    and how many of the records have each field that is none of those asked about."""

    colons: int
    others: Counter[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a record has to be, and ``names`` of the fields that need no mention (None: all)."""

    is_valid: Callable[[Any], bool]
    limits: Limits
    names: frozenset[str] | None = None


def sure(lines: Sequence[bytes], data: bytes, wanted: Wanted) -> list[Group | None]:
    """For each :data:`GROUP` of lines what is in them where all are valid without a doubt.

    ``data`` are the same lines with their line breaks. A group is certain where

    - orjson parses every line: UTF-8, no NaN, no half of a surrogate pair, nothing after the
      value; and every value is an object that the validator accepts;
    - the values can be written again inside as many arrays as make the depth limit orjson's own;
    - no number lost a digit: the window has no run of 19 digits;
    - no key stood twice: the text has as many colons as the values when they are written again.
      A colon ends a key or stands in a string. orjson writes each in a string as it is, so a
      text has at least as many as its value, unless it escapes one (``\\u003a``), and the window
      has no such escape; a key that is lost in parsing takes a colon along. As no line can
      have fewer, equal sums mean that each line has as many.
    """
    starts = range(0, len(lines), GROUP)
    if max(map(len, lines), default=0) > wanted.limits.line:
        return [None] * len(starts)
    array = _as_array(data)
    if _escapes_a_colon(array) or _may_lose_digits(data, array):
        return [None] * len(starts)
    groups = [_group(lines[at : at + GROUP], wanted) for at in starts]
    left = _colons(array)
    for at, group in zip(starts, groups, strict=True):
        left -= group.colons if group else _colons_in(lines[at : at + GROUP])
    if not left:
        return groups
    return [
        group if group and group.colons == _colons_in(lines[at : at + GROUP]) else None
        for at, group in zip(starts, groups, strict=True)
    ]


def _group(lines: Sequence[bytes], wanted: Wanted) -> Group | None:
    """The group where each line holds a valid record, whatever was lost when it was parsed."""
    try:
        values = list(map(orjson.loads, lines))
    except orjson.JSONDecodeError:
        return None
    written = written_nested(values, wanted.limits.depth + 1)
    if written is None or set(map(type, values)) != {dict}:
        return None
    if not all(map(wanted.is_valid, values)):
        return None
    others: Counter[str] = Counter()
    if wanted.names is not None and not wanted.names.issuperset(chain.from_iterable(values)):
        for value in values:
            others.update(value.keys() - wanted.names)
    return Group(_colons(_as_array(written)), others)


def _as_array(data: bytes) -> Bytes:
    import numpy as np

    return np.frombuffer(data, np.uint8)


def _colons(data: Bytes) -> int:
    import numpy as np

    return int(np.count_nonzero(data == ord(":")))


def _colons_in(lines: Sequence[bytes]) -> int:
    return sum(line.count(b":") for line in lines)


def _escapes_a_colon(data: Bytes) -> bool:
    """Whether ``\\u003a`` stands anywhere, in either case, whatever stands before it."""
    import numpy as np

    places = np.flatnonzero(data[:-5] == ord("\\"))
    places = places[data[places + 5] | 0x20 == ord("a")]  # few are left, also of Cyrillic escapes
    for step, letter in enumerate(b"u003", 1):
        places = places[data[places + step] == letter]
    return bool(len(places))


def _may_lose_digits(data: bytes, array: Bytes) -> bool:
    """Whether there is a run of 19 digits; every fourth byte tells nearly always."""
    import numpy as np

    if len(array) < _STEP * _HITS:
        return False
    digit = (array[::_STEP] - ord("0")) < 10  # in 8 bits: what is below "0" wraps around
    hits = digit[: len(digit) - _HITS + 1].copy()
    for shift in range(1, _HITS):
        hits &= digit[shift : len(digit) - _HITS + 1 + shift]
    places = np.flatnonzero(hits) * _STEP
    for step in range(1, _SURE_RUN):
        places = places[(array[places + step] - ord("0")) < 10]
    return bool(len(places)) and has_long_digits(data)
