"""Parts of splits as ``datasets`` writes them: ``train[:100]``, ``train[10%:20%]+test``.

Rows are those that meet the conditions, where there are any; percentages are rounded to the
closest row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsdata.errors import UsageError

_PIECE = re.compile(r"([\w.-]+)(?:\[(?:(-?\d+)(%?))?:(?:(-?\d+)(%?))?\])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Piece:
    """A split or a slice of one; ``first`` and ``last`` are rows, or percent of them."""

    split: str
    first: int | None = None
    last: int | None = None
    percent: bool = False

    @property
    def whole(self) -> bool:
        """Whether it is all of the split."""
        return self.first is None and self.last is None

    def bounds(self, rows: int) -> tuple[int, int]:
        """The rows from where and to where, of so many.

        >>> [Piece("train", a, b).bounds(10) for a, b in ((None, 3), (-2, None), (4, 2), (8, 99))]
        [(0, 3), (8, 10), (4, 4), (8, 10)]
        >>> Piece("train", 10, 55, percent=True).bounds(11)
        (1, 6)
        """
        start, stop = (self._row(value, rows) for value in (self.first or 0, self.last))
        return start, max(start, stop)

    def _row(self, value: int | None, rows: int) -> int:
        if value is None:
            return rows
        found = round(value * rows / 100) if self.percent else value
        return min(max(rows + found, 0) if found < 0 else found, rows)


def pieces(text: str) -> list[Piece]:
    """The pieces of ``train[:100]+test``; raises UsageError for what is none.

    >>> [(one.split, one.last, one.percent) for one in pieces("train[:10%] + test")]
    [('train', 10, True), ('test', None, False)]
    """
    return [_piece(part, text) for part in text.split("+")]


def _piece(part: str, text: str) -> Piece:
    match = _PIECE.fullmatch(part.strip())
    if match is None:
        raise UsageError(
            f"split: found {text!r}, expected a name, or rows of it such as train[:100], "
            "train[10%:20%] or train[:5]+test"
        )
    split, first, unit, last, other = match.groups()
    units = {one for value, one in ((first, unit), (last, other)) if value}
    begin, end = (int(value) if value else None for value in (first, last))
    if len(units) > 1 or ("%" in units and max(abs(begin or 0), abs(end or 0)) > 100):
        raise UsageError(f"split: found {text!r}, expected rows, or percents from 0 to 100")
    return Piece(split, begin, end, percent="%" in units)
