"""Whether bytes are UTF-8, by comparing whole arrays of them. Pure.

Arrow and Python go through what is not ASCII a character at a time; in texts of letters of two
bytes that is a tenth of the cost of making columns of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Bytes = np.ndarray[Any, np.dtype[np.uint8]]
    Places = np.ndarray[Any, np.dtype[np.int64]]

#: Bytes that are compared at a time: they stay in the cache.
_STEP = 1 << 17
#: Of so many bytes one may begin a character of three bytes or more, at most.
_RARE = 8


def is_utf8(data: bytes) -> bool | None:
    """Whether all of ``data``, which ends with a line break, is UTF-8 (RFC 3629).

    None where many characters have three bytes and more: others tell that at less cost.

    A byte is one that continues a character exactly where one before it begins a character of
    enough bytes. After every first byte and nowhere else stands one that continues; the
    exceptions must be the third and fourth bytes of longer characters.
    """
    import numpy as np

    if not data.endswith(b"\n"):
        return None
    text = np.frombuffer(data, np.uint8)
    odd, long = [], []
    for at in range(0, len(text), _STEP):
        # One more: a step looks at pairs.
        part = text[at : at + _STEP + 1]
        begins = part[:-1] >= 0xC2
        if (part[:-1] & 0xFE == 0xC0).any():
            return False
        differ = begins != (part[1:].view(np.int8) < -64)
        if differ.any():
            odd.append(np.flatnonzero(differ) + (at + 1))
        if part.max() >= 0xE0:
            long.append(np.flatnonzero(part[:-1] >= 0xE0) + at)
    if text[0] & 0xC0 == 0x80:
        return False
    if not long or not odd:
        return not long and not odd
    first = np.concatenate(long)
    if len(first) * _RARE > len(text):
        return None
    return _are_long(text, first, np.concatenate(odd))


def _are_long(text: Bytes, first: Places, found: Places) -> bool:
    """Whether characters of three bytes and more begin here, and these are the rest of them."""
    import numpy as np

    lead, second = text[first], text[first + 1]
    low = np.full(256, 0x80, np.uint8)
    high = np.full(256, 0xBF, np.uint8)
    # Nothing that fits fewer bytes, no halves of pairs, nothing beyond U+10FFFF.
    low[0xE0], high[0xED], low[0xF0], high[0xF4] = 0xA0, 0x9F, 0x90, 0x8F
    low[0xF5:] = 0xFF
    if (second < low[lead]).any() or (second > high[lead]).any():
        return False
    rest = np.concatenate([first + 2, first[lead >= 0xF0] + 3])
    return bool(np.array_equal(np.sort(rest), found))
