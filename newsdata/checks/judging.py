"""Judge one chunk of inputs: how many are valid, which are rejected, and the valid ones to keep.

This is what worker processes run. A chunk is judged in parts of bounded size, so that a file of
a million broken lines costs no more memory than a good one: what is left comes back as ``rest``.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from newsdata.checks import walk
from newsdata.checks.blocks import Blocks
from newsdata.checks.lines import Lines
from newsdata.checks.parts import Asked, Part, Verdict
from newsdata.checks.walk import Walk, Ways
from newsdata.records import Page, Place, Rejected
from newsdata.sources.chunks import CHUNK, Chunk, chunk_bytes, chunk_pieces, piece_item
from newsdata.sources.lines import skip_bom

#: So many bytes are judged line by line: judging many lines at once needs numpy, which takes a
#: tenth of a second to load. An expression for lines is made in a hundredth.
FIRST, FIRST_LINES = 8_000_000, 1_000_000


Judge = Callable[[Chunk], Verdict]


def judge_of(asked: Asked, seen: int = 0) -> Judge:
    """The function that judges a chunk; its validator is compiled once. ``seen`` bytes were
    judged before it, which decides what is worth loading."""
    _ = asked.schema.validator
    return _Judge(asked, seen)


class _Judge:
    """:func:`judge`, first line by line and then, where there is much to do, many at once."""

    def __init__(self, asked: Asked, seen: int) -> None:
        self._asked = asked
        self._bytes = seen
        self._ways = Ways()

    def __call__(self, chunk: Chunk) -> Verdict:
        self._bytes += chunk.size
        ways, asked = self._ways, self._asked
        made = asked.schema, asked.reading.limits
        if chunk.size > walk.LEAST:
            many = self._bytes > FIRST
            if asked.columns:
                ways = Ways(many, (ways.blocks or Blocks(*made)) if many else None)
            elif self._bytes > FIRST_LINES:
                ways = Ways(many, None, ways.lines or Lines(*made))
            self._ways = ways
        return judge(asked, chunk, ways if chunk.size > walk.LEAST else Ways())


def judge(asked: Asked, chunk: Chunk, ways: Ways | None = None) -> Verdict:
    """The verdict on a chunk, or on its first part.

    Raises SourceError where it cannot be read.
    """
    with _no_collector():
        work = Part(asked, chunk)
        if chunk.items is not None:
            return _judge_items(work, chunk.items)
        if chunk.piece is not None:
            work.reject(piece_item(chunk, chunk.piece, asked.reading))
            long = chunk.size > chunk.piece.length and chunk.piece.fault is not None
            return work.verdict(1 if long else 0, chunk.start + chunk.size)
        if chunk.size > CHUNK + asked.reading.limits.line:  # then one line is beyond the limit
            return _judge_pieces(work, chunk)
        return _judge_lines(work, chunk, ways or Ways())


@contextmanager
def _no_collector() -> Iterator[None]:
    """Records are trees without cycles; the collector would only walk them again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _judge_lines(work: Part, chunk: Chunk, ways: Ways) -> Verdict:
    """All lines at once in memory: the path of nearly every record."""
    data = chunk_bytes(chunk)
    position = chunk.start
    if position == 0:
        position = skip_bom(data)
        data = data[position:] if position else data
    way = Walk(work, position, ways)
    whole = data.rfind(b"\n") + 1
    way.all(data[:whole] if whole < len(data) else data)
    if not work.full:  # after the last line break: nothing, or the file's unfinished last line
        work.line(data[whole:], way.number, way.position)
        way.position += len(data) - whole
    rest = None
    if way.position < chunk.start + chunk.size:
        rest = _after(chunk, way.position, data)
    return work.verdict(way.number - 1, way.position, rest)


def _after(chunk: Chunk, position: int, data: bytes) -> Chunk:
    """What is left of a chunk from a line on."""
    end = chunk.start + chunk.size
    left = None if chunk.data is None else data[len(data) - (end - position) :]
    return replace(chunk, start=position, size=end - position, data=left)


def _judge_pieces(work: Part, chunk: Chunk) -> Verdict:
    """A chunk that is too long to hold, read piece by piece."""
    end = chunk.start + chunk.size
    line = 0
    for piece in chunk_pieces(chunk, work.asked.reading):
        line = piece.line
        if piece.fault is not None:
            work.reject(piece_item(chunk, piece, work.asked.reading))
        else:
            place = Place(chunk.name, piece.line, piece.offset, piece.length)
            work.page(Page(piece.content, "record", place))
    return work.verdict(line, end)


def _judge_items(work: Part, items: tuple[Page | Rejected, ...]) -> Verdict:
    for item in items:
        if isinstance(item, Rejected):
            work.reject(item)
        else:
            work.page(item)
    last = items[-1].place
    return work.verdict(0, (last.offset or 0) + (last.length or 0))
