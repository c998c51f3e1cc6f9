"""Lines judged by one regular expression, which is learned from the first of them.

Most lines of a file are laid out alike, and of those :mod:`newsdata.checks.expressions` tells
which are surely valid, at less than the cost of parsing them. The others are judged in the other
ways, and what is valid among them is learned as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from newsdata.checks.expressions import Layout, expression_of
from newsdata.limits import Limits
from newsdata.schema import Schema
from newsdata.validation import parse_json

#: Lines that are learned from at a time, and the longest of them.
_SAMPLE, _SAMPLED = 64, 100_000
#: An expression is made anew at most so often.
_MOST_MADE = 200
#: After so many blocks with few sure lines they are tried again, at the latest.
_MOST_PASSED = 64
#: What RE2 may keep of the states that it has met.
_MEMORY = 32 << 20
_SPACE = b" \t\r"

#: Where a piece begins, where it ends, and whether all its lines are surely valid records.
Piece = tuple[int, int, bool]


class Lines:
    """Tells valid lines by one schema; says when it is not worth it."""

    def __init__(self, schema: Schema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._layout = Layout()
        self._text: str | None = None
        self._longest = 0
        self._program: Any = None
        self._made = self._passed = self._pause = 0

    def worthwhile(self) -> bool:
        """Whether to try the next block, asked once for each."""
        if self._passed:
            self._passed -= 1
            return False
        return True

    def pieces(self, data: bytes) -> Iterator[Piece]:
        """Whole lines, each with its line break, as pieces in their order.

        When all are taken, what was doubtful and valid is learned.
        """
        if self._program is None:
            self._learn(data, [(0, len(data), False)])
        doubtful = []
        for piece in self._pieces(data):
            if not piece[2]:
                doubtful.append(piece)
            yield piece
        if not doubtful:
            self._pause = 0
            return
        self._learn(data, doubtful)
        if 2 * sum(end - begin for begin, end, _ in doubtful) > len(data):
            self._pause = min(2 * self._pause + 1, _MOST_PASSED)
            self._passed = self._pause

    def _pieces(self, data: bytes) -> Iterator[Piece]:
        if self._program is None or (
            len(data) > self._longest and max(map(len, data.split(b"\n"))) > self._longest
        ):
            yield 0, len(data), False
            return
        at = doubt = 0
        while at < len(data):
            end = self._program.match(data, at).end()
            if end > at:
                if doubt < at:
                    yield doubt, at, False
                yield at, end, True
                doubt = end
            at = data.find(b"\n", end) + 1 or len(data)
            if end == len(data):
                at = end
        if doubt < len(data):
            yield doubt, len(data), False

    def _learn(self, data: bytes, pieces: Sequence[Piece]) -> None:
        """Learn from valid lines of these pieces, and make an expression where it is another."""
        if self._made >= _MOST_MADE:
            return
        records = [*self._records(data, pieces)]
        mostly = 2 * sum(end - begin for begin, end, _ in pieces) > len(data)
        # Where most lines are of another order, that is the one to know.
        for layout in (self._layout, Layout()) if mostly else (self._layout,):
            for record in records:
                layout.learn(record)
            limits = self._limits
            made = expression_of(self._schema.document, layout, limits.depth, limits.line)
            if made is not None and made.text != self._text and records:
                self._layout, self._text, self._longest = layout, made.text, made.longest
                self._program = _compiled(made.text)
                self._made += 1
                return

    def _records(self, data: bytes, pieces: Sequence[Piece]) -> Iterator[dict[str, Any]]:
        """The valid ones of the first lines."""
        for line in islice(_lines(data, pieces), _SAMPLE):
            content = line.strip(_SPACE)
            if content and len(content) <= _SAMPLED:
                value, faults = parse_json(content, self._limits)
                if not faults and type(value) is dict and self._schema.validator.is_valid(value):
                    yield value


def _lines(data: bytes, pieces: Sequence[Piece]) -> Iterator[bytes]:
    for begin, end, _ in pieces:
        while begin < end:
            stop = data.find(b"\n", begin)
            yield data[begin:stop]
            begin = stop + 1


def _compiled(text: str) -> Any:
    import re2

    options = re2.Options()
    options.longest_match = True
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(text, options)
    except re2.error:
        return None
