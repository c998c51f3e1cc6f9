"""What parsers let through in silence, found in the text itself: doubled keys, depth, half pairs.

orjson is fast and strict about most of RFC 8259, but keeps the last of two equal keys, turns
integers beyond 64 bits into floats, and its messages differ between versions. This scanner is
only asked where a cheap guard could not rule that out, or to say what is wrong with a text that
orjson refused; its cost is linear, also for text
that is no JSON: a string that is never closed is one token up to the end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""[ \t\r\n]*+(?:
    (?P<string>"(?:[^"\\]++|\\.)*+(?:"|\\?\Z))
    |(?P<mark>[{}\[\],:])
    |(?P<other>[^ \t\r\n{}\[\],:"]++)
    )""",
    re.VERBOSE | re.DOTALL,
)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Doubled:
    """A key that an object has again: the pointer's parts, and where the second stands."""

    path: tuple[str | int, ...]
    position: int


def doubled_keys(text: str) -> Iterator[Doubled]:
    """Keys that stand twice in one object of a text that is JSON, in their order.

    >>> [d.path for d in doubled_keys('{"a": [{"b": 1, "b": 2}], "a": 3}')]
    [('a', 0, 'b'), ('a',)]
    """
    # One entry for each open array (None) or object (its keys); beside it, where we are in it.
    seen: list[set[str] | None] = []
    path: list[str | int] = []
    key_next = False
    for match in _TOKEN.finditer(text):
        part = match.group(match.lastgroup or 0)
        if match.lastgroup == "string":
            keys = seen[-1] if seen else None
            if key_next and keys is not None:
                name = json.loads(part, strict=False)
                path[-1] = name
                if name in keys:
                    yield Doubled(tuple(path), match.end() - len(part))
                keys.add(name)
                key_next = False
        elif part == "{":
            seen.append(set())
            path.append("")
            key_next = True
        elif part == "[":
            seen.append(None)
            path.append(0)
            key_next = False
        elif part in "}]" and seen:
            seen.pop()
            path.pop()
        elif part == "," and seen:
            last = path[-1]
            key_next = isinstance(last, str) and seen[-1] is not None
            if isinstance(last, int):
                path[-1] = last + 1


def depth(text: str, limit: int) -> tuple[int, int]:
    """How deep arrays and objects are nested, and where the limit was first passed (else -1).

    >>> depth('{"a": ["]"]}', 5), depth("[[[", 2)
    ((2, -1), (3, 2))
    """
    deepest = level = 0
    beyond = -1
    for match in _TOKEN.finditer(text):
        mark = match.group("mark")
        if mark is not None and mark in "{[":
            level += 1
            if level > deepest:
                deepest = level
                if level == limit + 1:
                    beyond = match.end() - 1
        elif mark is not None and mark in "}]":
            level -= 1
    return deepest, beyond


def lone_surrogate(text: str) -> int:
    """Position of the first ``\\u`` escape in a text that is half of a pair, or -1.

    >>> lone_surrogate(r'"\\ud83d\\ude00"'), lone_surrogate(r'"a\\ude00"')
    (-1, 2)
    """
    if not _SURROGATE.search(text):
        return -1
    high = -1  # position of a high half that waits for its low half
    end = -1
    for match in _ESCAPE.finditer(text):
        code = int(match.group(1), 16) if match.group(1) else 0
        if high >= 0 and (match.start() != end or not 0xDC00 <= code < 0xE000):
            return high
        if high >= 0:
            high = -1
        elif 0xDC00 <= code < 0xE000:
            return match.start()
        elif 0xD800 <= code < 0xDC00:
            high, end = match.start(), match.end()
    return high


def not_finite(text: str) -> tuple[str, int] | None:
    """The first ``NaN`` or ``Infinity`` outside strings, and where it stands.

    >>> not_finite('{"NaN": -Infinity}')
    ('-Infinity', 8)
    """
    for match in _TOKEN.finditer(text):
        token = match.group("other")
        if token is not None and token.lstrip("+-").lower() in ("nan", "infinity", "inf"):
            return token, match.start("other")
    return None
