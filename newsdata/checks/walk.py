"""Goes through the lines of a chunk in the best of the ways to judge them."""

from __future__ import annotations

from dataclasses import dataclass

from newsdata.checks.blocks import LEAST as HALVED
from newsdata.checks.blocks import Blocks
from newsdata.checks.lines import Lines
from newsdata.checks.parts import Part
from newsdata.checks.windows import GROUP, sure

#: Lines that are judged together, at most.
WINDOW = 8192
#: Fewer bytes are judged line by line.
LEAST = 100_000


@dataclass(frozen=True, slots=True)
class Ways:
    """How lines may be judged besides one by one, the verdicts being the same: ``many`` at once,
    in blocks of them read by Arrow, by an expression for lines."""

    many: bool = False
    blocks: Blocks | None = None
    lines: Lines | None = None


class Walk:
    """Goes through lines; ``number`` and ``position`` are those of the next one."""

    def __init__(self, work: Part, position: int, ways: Ways) -> None:
        self._work = work
        self._ways = ways
        self.number = 1
        self.position = position

    def all(self, data: bytes) -> None:
        """Judge whole lines in the best of the ways, until the part is full."""
        blocks, lines = self._ways.blocks, self._ways.lines
        if data and blocks is not None and blocks.worthwhile():
            blocks.learn(self._block(data, blocks), len(data))
        elif data and lines is not None and lines.worthwhile():
            self._pieces(data, lines)
        else:
            self._others(data)

    def _others(self, data: bytes) -> None:
        if self._ways.many and len(data) > LEAST:
            self._windows(data)
        else:
            self._one_by_one(data.split(b"\n")[:-1])

    def _one_by_one(self, lines: list[bytes]) -> None:
        for line in lines:
            self._work.line(line, self.number, self.position)
            self._pass(1, len(line) + 1)
            if self._work.full:
                return

    def _pieces(self, data: bytes, lines: Lines) -> None:
        """Judge lines of which an expression tells most."""
        for begin, end, certain in lines.pieces(data):
            piece = data if end - begin == len(data) else data[begin:end]
            if certain:
                self._pass(self._work.lines(piece), len(piece))
            else:
                self._others(piece)
            if self._work.full:
                return

    def _block(self, data: bytes, blocks: Blocks) -> int:
        """Judge lines as a block, or their halves where that cannot be; the bytes for which it
        could."""
        if self._work.full:
            return 0
        block = blocks.read(data)
        if block is not None:
            self._work.block(block, self.number, self.position)
            self._pass(block.lines, len(data))
            return len(data)
        border = data.find(b"\n", len(data) // 2) + 1
        if len(data) < 2 * HALVED or border == len(data):
            self._windows(data)
            return 0
        return self._block(data[:border], blocks) + self._block(data[border:], blocks)

    def _windows(self, data: bytes) -> None:
        lines = data.split(b"\n")[:-1]
        begin = 0
        for at in range(0, len(lines), WINDOW):
            window = lines if len(lines) <= WINDOW else lines[at : at + WINDOW]
            size = sum(map(len, window)) + len(window)
            self._window(window, data[begin : begin + size])
            begin += size
            if self._work.full:
                return

    def _window(self, lines: list[bytes], data: bytes) -> None:
        groups = sure(lines, data, self._work.wanted())
        for at, group in zip(range(0, len(lines), GROUP), groups, strict=True):
            part = lines[at : at + GROUP]
            if group is None:
                self._one_by_one(part)
            else:
                self._work.group(part, group, self.number, self.position)
                self._pass(len(part), sum(map(len, part)) + len(part))
            if self._work.full:
                return

    def _pass(self, lines: int, size: int) -> None:
        self.number += lines
        self.position += size
