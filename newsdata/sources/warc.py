"""Records cut out of a WARC file (ISO 28500, 1.0 and 1.1, and the drafts), one at a time.

A record that is cut, damaged or of another length than it says is given with its fault, and the
reading goes on with the next one: at the next member of a file in which each record has its own,
else at the next line that begins a record. A record that fits is never searched for others: a
page may hold the text of a WARC.

Our own reader, because those there are skip what they cannot read or stop there, and say neither
where it was nor what; fastwarc and warcio agree with it on good files (the tests compare them).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsdata.limits import Limits
from newsdata.records import RAW_KEPT_WHEN_TRUNCATED, Fault
from newsdata.sources.http import Headers, parse_headers
from newsdata.sources.streams import Break, Stream

#: What every record begins with, and every member of a file that can go on after damage.
MAGIC = b"WARC/"
_VERSION = re.compile(rb"WARC/(\d\.\d+)[ \t]*\r?\n")
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_NEXT = re.compile(rb"\nWARC/\d\.\d+[ \t]*\r?\n[A-Za-z-]+:")
#: The longest headers read; the longest met had 3,000 bytes.
_LONGEST_HEAD = 1 << 16
_BLOCK = 1 << 18
_BETWEEN = b"\r\n"


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """One record: headers with lower-case names, and its block.

    ``offset`` and ``length`` are bytes in the decompressed file. With a ``fault`` the block is
    the whole record as far as kept, headers and all, and ``sha256`` is of all of it.
    """

    version: str
    headers: Headers
    block: bytes
    offset: int
    length: int
    fault: Fault | None = None
    sha256: str | None = None

    def header(self, name: str) -> str | None:
        """The first value of a header, None without it."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def type(self) -> str:
        """``response``, ``resource``, ``revisit`` ..., in lower case."""
        return (self.header("warc-type") or "").lower()

    @property
    def target(self) -> str | None:
        """The address, without the angle brackets that some crawlers write around it."""
        target = (self.header("warc-target-uri") or "").strip()
        if target.startswith("<") and target.endswith(">"):
            target = target[1:-1].strip()
        return target or None


class _Window:
    """The bytes of a stream around the place that is read."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.data = b""
        self.at = 0
        self.offset = 0  # of ``at``, in the stream
        self.ended = False

    def __len__(self) -> int:
        return len(self.data) - self.at

    def fill(self, size: int) -> bool:
        """Whether ``size`` bytes are there, after reading as much as that takes."""
        if len(self) >= size:
            return True
        parts = [self.data[self.at :]]
        length = len(parts[0])
        while length < size and not self.ended:
            block = self._stream.read(max(_BLOCK, size - length))
            self.ended = not block
            parts.append(block)
            length += len(block)
        self.data, self.at = b"".join(parts), 0
        return length >= size

    def look(self, start: int, stop: int) -> bytes:
        return self.data[self.at + start : self.at + stop]

    def skip(self, size: int) -> None:
        self.at += size
        self.offset += size

    def skip_breaks(self) -> int:
        """Pass over line breaks; how many bytes those were."""
        before = self.offset
        while self.fill(1):
            rest = self.data[self.at : self.at + 4096]
            size = len(rest) - len(rest.lstrip(_BETWEEN))
            self.skip(size)
            if size < len(rest):
                break
        return self.offset - before


class _Damaged:
    """A record that is passed over: its first bytes, its length and its sha256."""

    def __init__(self, window: _Window, kept: int) -> None:
        self._window = window
        self._kept = kept
        self._sha256 = hashlib.sha256()
        self.offset = window.offset
        self.length = 0
        self.head = b""

    def take(self, size: int) -> None:
        """Pass over ``size`` bytes, fewer at the end of the stream."""
        window = self._window
        while size and window.fill(1):
            part = window.look(0, min(size, len(window)))
            self._sha256.update(part)
            if len(self.head) < self._kept:
                self.head += part[: self._kept - len(self.head)]
            self.length += len(part)
            window.skip(len(part))
            size -= len(part)

    def record(self, fault: Fault, version: str = "", headers: Headers = ()) -> WarcRecord:
        head = self.head
        if self.length > self._kept:
            head = head[:RAW_KEPT_WHEN_TRUNCATED]
        sha256 = self._sha256.hexdigest()
        return WarcRecord(version, headers, head, self.offset, self.length, fault, sha256)


class _Reader:
    def __init__(self, stream: Stream, limits: Limits) -> None:
        self.stream = stream
        self.limits = limits
        self.window = _Window(stream)
        self.own_members = False  # each record has a member of its own

    def records(self) -> Iterator[WarcRecord]:
        window = self.window
        window.skip_breaks()
        while window.fill(1):
            yield self._record()
            window.skip_breaks()
            yield from self._left_behind()

    def _left_behind(self) -> Iterator[WarcRecord]:
        """Forget what the stream told of places passed; damage between members is told on."""
        stream, here = self.stream, self.window.offset
        self.own_members = self.own_members or bool(stream.members)
        while stream.members and stream.members[0] < here:
            stream.members.pop(0)
        while stream.breaks and stream.breaks[0].offset <= here:
            one = stream.breaks.pop(0)
            if one.fault is not stream.fault:
                yield WarcRecord("", (), b"", one.offset, 0, one.fault)

    def _record(self) -> WarcRecord:
        window = self.window
        window.fill(_LONGEST_HEAD)
        version = _VERSION.match(window.data, window.at)
        if version is None:
            found = window.look(0, 40)
            return self._damaged(Fault("bad-record", f"found {found!r}, expected WARC/1.0"), 1)
        end = _END_OF_HEADERS.search(window.data, window.at, window.at + _LONGEST_HEAD)
        name = version[1].decode()
        if end is None:
            message = f"found no end of the headers within {_LONGEST_HEAD} bytes"
            return self._damaged(Fault("bad-record", message), 1, name)
        headers = parse_headers(window.data[version.end() : end.start()])
        head = end.end() - window.at
        size = next((value for key, value in headers if key == "content-length"), "")
        if not (size.isascii() and size.isdigit() and len(size) < 16):
            message = f"found the Content-Length {size!r:.40}, expected a number of bytes"
            return self._damaged(Fault("bad-record", message), head, name, headers)
        return self._whole(name, headers, head, head + int(size))

    def _whole(self, version: str, headers: Headers, head: int, length: int) -> WarcRecord:
        window, start = self.window, self.window.offset
        if length > head + self.limits.page:
            message = f"found a record of {length} bytes, expected at most {self.limits.page}"
            fault = Fault("too-large", message)
            return self._passed(fault, length, head, version, headers)
        window.fill(length + 1)
        after = self._after(length)
        broken = self._break(start, start + after, start + length)
        if broken is not None:
            self.stream.breaks.remove(broken)
            return self._taken(broken.offset - start).record(broken.fault, version, headers)
        if len(window) < length:
            fault = self.stream.fault or Fault(
                "bad-record",
                f"found the end of the file after {len(window)} bytes of the record, "
                f"expected {length}",
            )
            return self._damaged(fault, head, version, headers)
        rest = window.look(after, after + len(MAGIC))
        if rest and rest != MAGIC and not self._ends_at(start + length, start + after):
            found = window.look(after, after + 40)
            message = f"found {found!r} after the record, expected another: its length is wrong"
            return self._damaged(Fault("bad-record", message), head, version, headers)
        block = window.look(head, length)
        window.skip(length)
        return WarcRecord(version, headers, block, start, length)

    def _after(self, length: int) -> int:
        """How far it is to what follows the line breaks after ``length`` bytes."""
        window, at = self.window, length
        while window.fill(at + len(MAGIC)) or len(window) > at:
            if window.look(at, at + 1) not in (b"\r", b"\n"):
                break
            at += 1
        return min(at, len(window))

    def _ends_at(self, start: int, stop: int) -> bool:
        """Whether the stream broke between two places, and so what follows is no rest."""
        return any(start <= one.offset <= stop for one in self.stream.breaks)

    def _break(self, start: int, stop: int, end: int) -> Break | None:
        """The first damage up to ``stop`` inside a member that a record, which ends at ``end``,
        stands in; right behind the record it is a wrong checksum."""
        for one in self.stream.breaks:
            if one.member is not None and one.member < end and start < one.offset <= stop:
                return one
        return None

    def _passed(
        self, fault: Fault, length: int, head: int, version: str, headers: Headers
    ) -> WarcRecord:
        """A record too long to hold, or one that says so: up to its end or the next member."""
        start = self.window.offset
        damaged = self._taken(head)
        while damaged.length < length and self.window.fill(1):
            size = min(length - damaged.length, len(self.window))
            stop = self._member(start + 1, self.window.offset + size)
            if stop is not None:
                damaged.take(stop - self.window.offset)
                break
            damaged.take(size)
        return damaged.record(fault, version, headers)

    def _member(self, start: int, stop: int) -> int | None:
        """Where the first member that begins a record stands between two places."""
        window = self.window
        breaks = [one.offset for one in self.stream.breaks]
        for offset in sorted([*self.stream.members, *breaks]):
            if max(start, window.offset) <= offset < stop:
                at = offset - window.offset
                if window.look(at, at + len(MAGIC)) == MAGIC:
                    return offset
        return None

    def _taken(self, size: int) -> _Damaged:
        damaged = _Damaged(self.window, self.limits.raw)
        damaged.take(size)
        return damaged

    def _damaged(
        self, fault: Fault, least: int, version: str = "", headers: Headers = ()
    ) -> WarcRecord:
        """The record at hand, passed over up to where another one begins."""
        window, start = self.window, self.window.offset
        damaged = self._taken(0)
        least = max(0, least - 1)  # the line break before the next record may end the headers
        damaged.take(least)
        while window.fill(1):
            window.fill(_BLOCK)
            stop = self._member(start + 1, window.offset + len(window))
            if stop is None and not self._has_members():
                found = _NEXT.search(window.data, window.at)
                stop = None if found is None else found.start() + 1 - window.at + window.offset
            if stop is not None:
                damaged.take(stop - window.offset)
                break
            # The line that begins a record may be cut by the border of two blocks.
            damaged.take(len(window) if window.ended else max(1, len(window) - 200))
        broken = self._break(start, window.offset, window.offset)
        if broken is not None:  # the reason why these bytes are no record
            self.stream.breaks.remove(broken)
            fault = broken.fault
        return damaged.record(fault, version, headers)

    def _has_members(self) -> bool:
        """Whether each record has a member of its own, so that no other place begins one."""
        return self.own_members or bool(self.stream.members)


def read_records(stream: Stream, limits: Limits) -> Iterator[WarcRecord]:
    """The records of a stream in their order, the damaged ones with their fault.

    The stream is to be made with ``resume=MAGIC``. After the last record look at its ``fault``:
    where no record had it, it belongs to the file.
    """
    return _Reader(stream, limits).records()
