"""A column of texts in two Parquet files of the same rows, compared page by page.

A page that is the same bytes in both, at the same row, holds the same texts. Of the others the
texts are compared as they stand in the page: making Arrow's columns of them takes three times as
long as to decompress them. Only one form of pages is read, that of a release: version 1, plain,
without nulls, compressed with zstd. Whatever else is found is left to who calls, and Arrow.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

#: A row, and its text before and after.
DifferingText: TypeAlias = tuple[int, str, str]

#: Bytes of a page before compression that are taken at once; a larger one is left to Arrow.
LARGEST = 1 << 26

_NUMBER = rb"([\x80-\xff]{0,4}[\x00-\x7f])"
#: The header of such a page in Thrift's compact protocol, as parquet.thrift has it: PageHeader of
#: type DATA_PAGE with its sizes, and in it a DataPageHeader: values, PLAIN, levels RLE, RLE.
_HEADER = re.compile(
    rb"\x15\x00\x15%b\x15%b\x2c\x15%b\x15\x00\x15\x06\x15\x06\x00\x00" % ((_NUMBER,) * 3)
)
_LENGTH = struct.Struct("<I")


class _OtherFormError(Exception):
    """The pages have another form."""


@dataclass(frozen=True, slots=True)
class _Page:
    """``start`` to ``stop`` with its header, ``body`` where that ends; ``size`` before
    compression."""

    start: int
    body: int
    stop: int
    size: int
    rows: int


def differing_texts(one: pa.Buffer, two: pa.Buffer, rows: int) -> list[DifferingText] | None:
    """The rows in which two columns of ``rows`` texts differ, each given as the bytes of all its
    pages. None where the pages are not of the one form: then nothing is known."""
    import pyarrow as pa

    found: list[DifferingText] = []
    try:
        for at, left, right in _stretches(one, two, rows):
            found += _compared(at, _texts(one, left), _texts(two, right))
    except (_OtherFormError, struct.error, pa.ArrowException, OSError, UnicodeDecodeError):
        return None
    return found


def _stretches(
    one: pa.Buffer, two: pa.Buffer, rows: int
) -> Iterator[tuple[int, list[_Page], list[_Page]]]:
    """First row and pages of both sides, where both have as many rows and they are not the same
    bytes."""
    i = j = at = 0
    while i < one.size or j < two.size:
        left = [_page(one, i)]
        size = left[0].stop - i
        if j + size <= two.size and one.slice(i, size).equals(two.slice(j, size)):
            i, j, at = i + size, j + size, at + left[0].rows
            continue
        right = [_page(two, j)]
        ours, theirs = left[0].rows, right[0].rows
        while ours != theirs:
            side, content = (left, one) if ours < theirs else (right, two)
            side.append(_page(content, side[-1].stop))
            ours, theirs = (sum(page.rows for page in part) for part in (left, right))
        yield at, left, right
        i, j, at = left[-1].stop, right[-1].stop, at + ours
    if at != rows:
        raise _OtherFormError


def _page(content: pa.Buffer, start: int) -> _Page:
    header = _HEADER.match(content, start)
    if header is None:
        raise _OtherFormError
    size, compressed, rows = (_number(header[n]) for n in (1, 2, 3))
    stop = header.end() + compressed
    if compressed < 0 or stop > content.size or rows < 1 or not 0 <= size <= LARGEST:
        raise _OtherFormError
    return _Page(start, header.end(), stop, size, rows)


def _number(varint: bytes) -> int:
    """A signed number of Thrift: seven bits a byte, the lowest first, then zigzag."""
    value = sum((byte & 127) << 7 * n for n, byte in enumerate(varint))
    return value >> 1 ^ -(value & 1)


@dataclass(frozen=True, slots=True)
class _Texts:
    """Texts one behind the other, each behind its length; that of row i begins with its length
    at ``places[i]`` and ends at ``places[i + 1]``."""

    content: bytes
    places: Sequence[int]

    def run(self, start: int, stop: int) -> pa.Buffer:
        """Some rows with their lengths."""
        import pyarrow as pa

        at = self.places[start]
        return pa.py_buffer(self.content).slice(at, self.places[stop] - at)

    def text(self, row: int) -> str:
        """Raises UnicodeDecodeError."""
        return self.content[self.places[row] + _LENGTH.size : self.places[row + 1]].decode()


def _texts(content: pa.Buffer, pages: Sequence[_Page]) -> _Texts:
    """The texts of some pages. Raises where one has nulls or is not as its header says."""
    import pyarrow as pa

    codec = pa.Codec("zstd")
    start, parts = 0, []
    for page in pages:
        packed = content.slice(page.body, page.stop - page.body)
        part = codec.decompress(packed, page.size, asbytes=True)
        start = next((len(form) for form in _present(page.rows) if part.startswith(form)), 0)
        if not start:
            raise _OtherFormError
        parts.append(part)
        if len(pages) > 1:
            parts[-1], start = part[start:], 0
    whole: bytes = parts[0] if len(parts) == 1 else b"".join(parts)
    rows = range(sum(page.rows for page in pages))
    at, length = start, _LENGTH.unpack_from
    places = [start]
    places += [at := at + _LENGTH.size + length(whole, at)[0] for _ in rows]
    if at != len(whole):
        raise _OtherFormError
    return _Texts(whole, places)


def _present(rows: int) -> Iterator[bytes]:
    """The definition levels of a page in which each row has a value, behind their length: one run
    of ones, or eight bits where that is shorter."""
    run = _varint(rows << 1) + b"\x01"
    yield _LENGTH.pack(len(run)) + run
    if rows <= 8:
        yield _LENGTH.pack(2) + bytes((3, (1 << rows) - 1))


def _varint(number: int) -> bytes:
    head = b""
    while number > 127:
        head += bytes((number & 127 | 128,))
        number >>= 7
    return head + bytes((number,))


def _compared(at: int, one: _Texts, two: _Texts) -> Iterator[DifferingText]:
    """The rows that differ; ``at`` is the number of the first one."""
    import numpy as np

    lengths = np.diff(one.places) != np.diff(two.places)
    apart: list[int] = np.flatnonzero(lengths).tolist()
    start = 0
    # What is between two texts of other lengths is mostly the same: compared in one piece.
    for row in (*apart, len(lengths)):
        if not one.run(start, row).equals(two.run(start, row)):
            for number in range(start, row):
                if one.text(number) != two.text(number):
                    yield at + number, one.text(number), two.text(number)
        if row < len(lengths):
            yield at + row, one.text(row), two.text(row)
        start = row + 1
