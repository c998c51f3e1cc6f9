"""The elements of one JSON array cut out of a stream, each with its own bytes and offset.

Elements are found by their brackets and strings, without parsing, so a whole file never has to
be held. A damaged element is handed on as it stands and rejected later; what it costs the
others:

* damage that keeps brackets and quotes in balance (NaN, bad UTF-8, a doubled key, a trailing
  comma, bare words) costs nothing but the element itself;
* a lost quote or bracket is noticed at a line break inside a string or at a bracket of the wrong
  kind. Where elements start on lines of their own with one indent, as ``json.dump(indent=...)``
  and most exporters write them, reading goes on at the next such line;
* where they do not, the rest of the array cannot be told apart and is one rejected piece.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from newsdata.limits import Limits
from newsdata.records import RAW_KEPT_WHEN_TRUNCATED, Fault
from newsdata.sources.lines import Piece, Readable, skip_bom

BLOCK = 1 << 20
_SPACES = re.compile(rb"[ \t\r\n]*")
_SEPARATORS = re.compile(rb"[ \t\r\n,]*")
_MARK = re.compile(rb'["{}\[\],]')
# A string ends at its quote; a line break in it means that the quote was lost.
_STRING_END = re.compile(rb'(?:[^"\\\n]++|\\[^\n])*+(["\n])')
_OPENER = {b"}": b"{", b"]": b"["}


class _DerailedError(Exception):
    """Brackets or quotes do not fit: the end of the element cannot be known."""


class _Window:
    """The part of the stream that is not cut up yet, ``data[at:]``, with its place in the file."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.data = b""
        self.at = 0
        self.offset = 0  # of data[at] in the file
        self.line = 1  # of data[at]
        self.ended = False

    def __len__(self) -> int:
        return len(self.data) - self.at

    def grow(self) -> bool:
        """Read one block more; False at the end of the stream."""
        block = b"" if self.ended else self._stream.read(BLOCK)
        self.ended = not block
        self.data += block
        return bool(block)

    def drop(self, size: int) -> bytes:
        """Take the first ``size`` bytes away."""
        taken = self.data[self.at : self.at + size]
        self.at += size
        self.offset += size
        self.line += taken.count(b"\n")
        if self.at >= BLOCK:  # not at every element: that would copy a block for each
            self.data, self.at = self.data[self.at :], 0
        return taken

    def find(self, pattern: re.Pattern[bytes], start: int) -> re.Match[bytes] | None:
        return pattern.search(self.data, self.at + start)

    def head(self, size: int) -> bytes:
        return self.data[self.at : self.at + size]

    def skip(self, pattern: re.Pattern[bytes]) -> bytes:
        """Take away what ``pattern`` matches at the start; returns the last of it."""
        taken = b""
        while True:
            match = pattern.match(self.data, self.at)
            taken += self.drop(match.end() - self.at if match else 0)
            taken = taken[-200:]
            if len(self) or not self.grow():
                return taken


def read_elements(stream: Readable, limits: Limits) -> Iterator[Piece]:
    """The elements of the one array that ``stream`` holds, in order, and what is wrong with it.

    A last piece with a fault and no content says that the array was not closed.
    """
    window = _Window(stream)
    while len(window) < 3 and window.grow():
        pass
    window.drop(skip_bom(window.data))
    window.skip(_SPACES)
    if window.head(1) != b"[":
        yield _rest(window, Fault("not-json", "found other text, expected '[' of an array"))
        return
    window.drop(1)
    indent: bytes | None = None
    while True:
        gap = window.skip(_SEPARATORS)
        if not len(window):
            message = "found the end of the file, expected ',' or ']' of the array"
            yield Piece(b"", window.line, window.offset, 0, Fault("not-json", message))
            return
        if window.head(1) == b"]":
            window.drop(1)
            break
        if indent is None:
            indent = _indent(gap)
        piece = _element(window, limits, indent)
        yield piece
        if piece.fault is not None and not len(window) and window.ended:
            return
    window.skip(_SPACES)
    if len(window):
        yield _rest(window, Fault("not-json", "found more text after the end of the array"))


def _indent(gap: bytes) -> bytes:
    """The line break and indent that elements start with, b"" where they share a line."""
    _, newline, indent = gap.rpartition(b"\n")
    return newline + indent


def _element(window: _Window, limits: Limits, indent: bytes) -> Piece:
    end: int | None
    try:
        end = _end(window, limits)
    except _DerailedError as error:
        end = _resume(window, indent, limits)
        if end is None:
            message = f"{error}; the rest of the array cannot be told apart"
            return _rest(window, Fault("not-json", message))
    if end > limits.line:
        return _too_long(window, limits, indent)
    offset, line = window.offset, window.line
    content = window.drop(end).rstrip(b" \t\r\n,")
    return Piece(content, line, offset, len(content))


def _end(window: _Window, limits: Limits) -> int:
    """The length of the element at the start of the window; above the limit if it is too long."""
    position = window.at
    stack: list[bytes] = []
    while position - window.at <= limits.line:
        match = _MARK.search(window.data, position)
        if match is None:
            position = len(window.data)
            if not window.grow():
                return _at_end_of_file(len(window), stack)
            continue
        mark, position = match.group(), match.end()
        if mark == b'"':
            position = _string_end(window, position, limits)
        elif mark in (b"{", b"["):
            stack.append(mark)
        elif mark == b",":
            # Up to here also what stands after a complete value belongs to the element, so that
            # `{"a": 1} x,` is one damaged element and not a good one with a surprise behind it.
            if not stack:
                return position - 1 - window.at
        elif not stack and mark == b"]":
            return position - 1 - window.at  # the array's own bracket
        elif not stack or stack.pop() != _OPENER[mark]:
            byte = window.offset + position - 1 - window.at
            raise _DerailedError(
                f"found {mark.decode()!r} at byte {byte}, expected another closing bracket"
            )
    return position - window.at


def _at_end_of_file(length: int, stack: list[bytes]) -> int:
    if stack:
        raise _DerailedError("found the end of the file, expected a closing bracket")
    return length


def _string_end(window: _Window, position: int, limits: Limits) -> int:
    while True:
        match = _STRING_END.match(window.data, position)
        if match is not None and match.group(1) == b'"':
            return match.end()
        if match is not None:
            byte = window.offset + match.end() - 1 - window.at
            raise _DerailedError(
                f"found a line break at byte {byte}, expected the closing quote of a string"
            )
        if len(window) > limits.line:
            return len(window.data)
        if not window.grow():
            raise _DerailedError(
                "found the end of the file, expected the closing quote of a string"
            )


def _resume(window: _Window, indent: bytes, limits: Limits) -> int | None:
    """How far it is to the next element by its indent, or to the end of the array.

    None if it cannot be told; more than the limit where the damaged element is too long.
    """
    if not indent:
        return None
    pattern = re.compile(re.escape(indent) + rb"[{\[]|\r?\n[ \t]*\][ \t\r\n]*\Z")
    while True:
        match = window.find(pattern, 1)
        if match is not None and (match.group()[-1:] in (b"{", b"[") or window.ended):
            return match.start() - window.at
        if window.ended:
            return None
        if len(window) > limits.line:
            return len(window)
        window.grow()


def _too_long(window: _Window, limits: Limits, indent: bytes) -> Piece:
    """An element beyond the limit: passed over, hashed, up to the next one or the end."""
    offset, line = window.offset, window.line
    sha256 = hashlib.sha256()
    head = window.head(RAW_KEPT_WHEN_TRUNCATED)
    length = 0
    pattern = re.compile(re.escape(indent) + rb"[{\[]") if indent else None
    while True:
        match = window.find(pattern, 1) if pattern else None
        # A marker may be cut by the border of two blocks; so a little is always left over.
        keep = 0 if window.ended else min(len(window), 256)
        part = window.drop(match.start() - window.at if match else len(window) - keep)
        sha256.update(part)
        length += len(part)
        if match or (window.ended and not len(window)):
            break
        window.grow()
    message = f"found an element of {length} bytes, expected at most {limits.line}"
    if not pattern:
        message += "; the rest of the array cannot be told apart"
    fault = Fault("line-too-long", message)
    return Piece(head, line, offset, length, fault, sha256.hexdigest())


def _rest(window: _Window, fault: Fault) -> Piece:
    """All that is left of the stream as one damaged piece."""
    offset, line = window.offset, window.line
    sha256 = hashlib.sha256()
    head = b""
    length = 0
    while True:
        part = window.drop(len(window))
        sha256.update(part)
        length += len(part)
        head += part[: RAW_KEPT_WHEN_TRUNCATED - len(head)]
        if not window.grow():
            break
    return Piece(head, line, offset, length, fault, sha256.hexdigest())
