"""JSON Lines cut out of a stream: one piece for every line that is not blank.

Lines end at LF only: ``str.splitlines`` would also break at U+2028 and U+0085, which JSON allows
inside strings. A CR before the LF and the white space around a record are no part of it. A line
beyond the limit (counted without its LF) is hashed while it passes and never held whole.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from newsdata.limits import Limits
from newsdata.records import RAW_KEPT_WHEN_TRUNCATED, Fault

BLOCK = 1 << 20
_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes of one record in a file, at ``offset`` (from 0), on ``line`` (from 1).

    With a ``fault`` the bytes may be only the first of them: ``length`` and ``sha256`` are of
    all. Without one, ``sha256`` is None and the bytes are all.
    """

    content: bytes
    line: int
    offset: int
    length: int
    fault: Fault | None = None
    sha256: str | None = None


class Readable(Protocol):
    """What a piece reader needs of a stream."""

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes, none only at the end."""
        ...


def skip_bom(block: bytes) -> int:
    """How many bytes of a byte order mark a file starts with: 3 or 0."""
    return 3 if block.startswith(codecs.BOM_UTF8) else 0


def read_lines(
    stream: Readable, limits: Limits, offset: int = 0, line: int = 1, stop: int | None = None
) -> Iterator[Piece]:
    """The pieces of ``stream``, which stands at byte ``offset``, the start of line ``line``.

    With ``stop`` it ends at that byte, which must be the start of a line or the end.
    """
    carry: list[bytes] = []
    carried = 0
    first = offset == 0
    long_line: LongLine | None = None
    piece: Piece | None
    while stop is None or offset + carried < stop:
        block = stream.read(BLOCK if stop is None else min(BLOCK, stop - offset - carried))
        if not block:
            break
        if first:
            # A stream may give its first bytes one by one; a mark needs three.
            while len(block) < 3 and (more := stream.read(3 - len(block))):
                block += more
            offset, first = skip_bom(block), False
            block = block[offset:]
        *ended, rest = block.split(b"\n")
        for part in ended:
            if long_line:
                long_line.add(part)
                piece, size = long_line.piece(line, offset, limits), long_line.length
            else:
                carry.append(part)
                content = b"".join(carry) if len(carry) > 1 else part
                piece, size = _piece(content, line, offset, limits), len(content)
            if piece:
                yield piece
            offset += size + 1
            line += 1
            carry, carried, long_line = [], 0, None
        carry.append(rest)
        carried += len(rest)
        if carried > limits.line:
            long_line = long_line or LongLine()
            for part in carry:
                long_line.add(part)
            carry = []
    last = long_line.piece(line, offset, limits) if long_line else None
    last = last or _piece(b"".join(carry), line, offset, limits)
    if last:
        yield last


def _piece(content: bytes, line: int, offset: int, limits: Limits) -> Piece | None:
    if len(content) > limits.line:
        whole = LongLine()
        whole.add(content)
        return whole.piece(line, offset, limits)
    stripped = content.lstrip(_SPACE)
    if not stripped:
        return None
    offset += len(content) - len(stripped)
    stripped = stripped.rstrip(_SPACE)
    return Piece(stripped, line, offset, len(stripped))


class LongLine:
    """A line too long to hold: its first bytes, its ``length`` and its sha256."""

    def __init__(self) -> None:
        self.head = b""
        self.length = 0
        self._sha256 = hashlib.sha256()

    def add(self, part: bytes) -> None:
        """The next bytes of the line."""
        if len(self.head) < RAW_KEPT_WHEN_TRUNCATED:
            self.head += part[: RAW_KEPT_WHEN_TRUNCATED - len(self.head)]
        self.length += len(part)
        self._sha256.update(part)

    def piece(self, line: int, offset: int, limits: Limits) -> Piece:
        """The line as a damaged piece."""
        message = f"found a line of {self.length} bytes, expected at most {limits.line}"
        fault = Fault("line-too-long", message)
        return Piece(self.head, line, offset, self.length, fault, self._sha256.hexdigest())
