"""How much one input may cost before it is rejected instead of read.

All sizes are bytes. The defaults let every real page and record through that was met while
this was written (the longest record had 0.6 MB) and keep a hostile one from taking the machine.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsdata.errors import UsageError

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for reading.

    ``line`` is one line of JSON Lines or one element of an array, ``page`` one saved page or one
    file that is a single object. ``decompressed`` bounds what one compressed file may grow to;
    beyond ``ratio_from`` bytes it may not exceed ``ratio`` times its compressed size either
    (news as JSON Lines compresses 3 to 20 times, a bomb a thousand times). ``raw`` is how much of
    a rejected input is kept whole. ``depth`` counts nested arrays and objects: below 255, where
    the parsers and the validator stop. ``digits`` are those of one integer, between 20 (what fits
    64 bits always passes) and 4300, where Python stops.
    """

    line: int = 32 * MB
    page: int = 32 * MB
    decompressed: int = 1_000_000 * MB
    ratio: int = 300
    ratio_from: int = 100 * MB
    raw: int = MB
    depth: int = 200
    digits: int = 4300

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise UsageError(f"limit {name}: found {value!r}, expected a whole number above 0")
        if self.depth > 250:
            raise UsageError(f"limit depth: found {self.depth}, expected at most 250")
        if not 20 <= self.digits <= 4300:
            raise UsageError(f"limit digits: found {self.digits}, expected 20 to 4300")
