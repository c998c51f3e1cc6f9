"""A file as a stream of decompressed bytes that ends well or says what is wrong with it.

gzip, zstd, bzip2 and xz are recognised by their first bytes, never by the name. Several members
one after another are one stream. A stream that is cut or damaged gives all that was decoded
before, then ends with ``fault`` set; so does one that grows beyond the limits (a bomb).
"""

from __future__ import annotations

import bz2
import hashlib
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, Protocol

from newsdata.errors import SourceError
from newsdata.limits import Limits
from newsdata.records import Fault

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor, ZstdError
else:
    from backports.zstd import ZstdDecompressor, ZstdError

#: First bytes -> the name of the compression. zstd also has skippable frames (0x184D2A5?).
MAGIC: dict[bytes, str] = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
}
BLOCK = 1 << 16
_OUT = 1 << 18


class _Decoder(Protocol):
    """One member of a compressed file, decoded piece by piece."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Gzip:
    """zlib with the interface that the other three share."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self.eof = False
        self.needs_input = True
        self.unused_data = b""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        out = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.eof = self._inner.eof
        self.unused_data = self._inner.unused_data
        self.needs_input = not self._inner.unconsumed_tail and len(out) < max_length
        return out


_DECODERS: dict[str, Callable[[], _Decoder]] = {
    "gzip": _Gzip,
    "zstd": ZstdDecompressor,
    "bzip2": bz2.BZ2Decompressor,
    "xz": partial(lzma.LZMADecompressor, memlimit=1 << 29),  # a header may ask for 4 GB
}
_DAMAGE = (zlib.error, ZstdError, OSError, lzma.LZMAError, EOFError, ValueError)


def compression(head: bytes) -> str | None:
    """The compression that the first bytes of a file show, or None.

    >>> compression(b"BZh91AY"), compression(b"plain")
    ('bzip2', None)
    """
    for magic, name in MAGIC.items():
        if head.startswith(magic):
            return name
    return "zstd" if head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5 else None


class Stream:
    """Decompressed bytes of a file; read to the end, then look at ``fault``.

    Memory is a few blocks, whatever the file's size. ``name`` stands in messages.
    """

    def __init__(self, file: BinaryIO, name: str, limits: Limits | None = None) -> None:
        self.fault: Fault | None = None
        self._file = file
        self._limits = limits or Limits()
        self._name = name
        self.given = 0  # decompressed bytes decoded so far
        self._taken = 0  # compressed bytes read so far
        self._buffer = b""
        head = self._read_file(BLOCK)
        self.compression = compression(head)
        self._blocks = self._plain(head) if self.compression is None else self._decode(head)

    def peek(self, size: int) -> bytes:
        """The next bytes without taking them; fewer than ``size`` only at the end."""
        self._fill(size)
        return self._buffer[:size]

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes, at least one unless the stream is at its end."""
        if not self._buffer:
            self._fill(1)
        block, self._buffer = self._buffer[:size], self._buffer[size:]
        return block

    def _fill(self, size: int) -> None:
        if len(self._buffer) >= size:
            return
        blocks = [self._buffer]
        length = len(self._buffer)
        for block in self._blocks:
            blocks.append(block)
            length += len(block)
            if length >= size:
                break
        self._buffer = b"".join(blocks)

    def _read_file(self, size: int) -> bytes:
        try:
            block = self._file.read(size)
        except OSError as error:
            raise SourceError(f"{self._name}: {error.strerror or error}") from None
        self._taken += len(block)
        return block

    def _plain(self, block: bytes) -> Iterator[bytes]:
        while block:
            yield block
            block = self._read_file(1 << 20)

    def _decode(self, block: bytes) -> Iterator[bytes]:
        kind = self.compression or ""
        member = given = 0  # where the member began, and what it gave so far
        decoder = _DECODERS[kind]()
        while block:
            start = self._taken - len(block)
            try:
                for out in _drain(decoder, block):
                    given += len(out)
                    yield from self._within_limits(out)
                    if self.fault:
                        return
            except _DAMAGE as error:
                yield from self._salvage(kind, member, start, given)
                self.fault = Fault("bad-stream", f"{kind}: found damaged data, {error}")
                return
            block = b"" if decoder.eof else self._read_file(BLOCK)
            if decoder.eof:
                block = self._next_member(decoder.unused_data)
                if self.fault or not block:
                    return
                member, given, decoder = self._taken - len(block), 0, _DECODERS[kind]()
        self.fault = Fault(
            "truncated-stream", f"{kind}: found the end of the file, expected more of the stream"
        )

    def _next_member(self, rest: bytes) -> bytes:
        """The start of another member, b"" at the end; zero padding is allowed (tar, tape)."""
        rest = rest.lstrip(b"\0")
        while not rest:
            block = self._read_file(BLOCK)
            if not block:
                return b""
            rest = block.lstrip(b"\0")
        rest += self._read_file(max(0, 8 - len(rest)))
        if compression(rest) == self.compression:
            return rest
        start = self._taken - len(rest)
        self.fault = Fault(
            "bad-stream",
            f"{self.compression}: found other data after the stream, at byte {start} of the file, "
            "expected another member or the end",
        )
        return b""

    def _within_limits(self, out: bytes) -> Iterator[bytes]:
        limits = self._limits
        limit = limits.decompressed
        if self.given + len(out) > limits.ratio_from:
            limit = min(limit, max(limits.ratio_from, self._taken * limits.ratio))
        if self.given + len(out) > limit:
            out = out[: max(0, limit - self.given)]
            self.fault = Fault(
                "too-large",
                f"{self.compression}: {self._taken} compressed bytes gave more than {limit}, "
                f"expected at most {limits.decompressed} and {limits.ratio} times as many",
            )
        self.given += len(out)
        if out:
            yield out

    def _salvage(self, kind: str, member: int, start: int, given: int) -> Iterator[bytes]:
        """What the failed call had decoded before it met the damage.

        Decoders lose it; so the member is decoded again up to the block that failed, and that
        block byte by byte. Only files that can seek; a pipe loses at most one block.
        """
        try:
            self._file.seek(member)
            decoder = _DECODERS[kind]()
            skip = given
            position = member
            while not decoder.eof:
                data = self._file.read(BLOCK if position + BLOCK <= start else 1)
                position += len(data)
                if not data:
                    return
                for out in _drain(decoder, data):
                    fresh, skip = out[skip:], max(0, skip - len(out))
                    yield from self._within_limits(fresh)
        except _DAMAGE:
            return


def _drain(decoder: _Decoder, data: bytes) -> Iterator[bytes]:
    """All that ``data`` decodes to, in pieces of bounded size."""
    out = decoder.decompress(data, _OUT)
    if out:
        yield out
    while not decoder.eof and not decoder.needs_input:
        out = decoder.decompress(b"", _OUT)
        if not out:
            return
        yield out


@contextmanager
def open_file(path: str, name: str) -> Iterator[BinaryIO]:
    """The file opened for reading bytes; ``-`` is standard input. Raises SourceError."""
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below; only opening may be our error
    except (OSError, ValueError) as error:
        raise SourceError(f"{name}: {getattr(error, 'strerror', None) or error}") from None
    with file:
        yield file


def file_sha256(path: str) -> str:
    """sha256 of the file as it is on disk, compressed or not; of nothing for standard input.

    The key of a fault that belongs to the file and to no record in it.
    """
    if path == "-":
        return hashlib.sha256(b"").hexdigest()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
