"""The pages of a Parquet file, which pyarrow cuts where the content says.

pyarrow tells where a column is, not where its pages are: that stands in its offset index, in
Thrift's compact protocol (https://parquet.apache.org/docs/file-format/pageindex/). Only what is
needed of both is read here, for files that pyarrow wrote.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from chunks import new_shares

#: Types of the compact protocol: true, false, byte, i16 to i64, double, binary, list, set, struct.
TRUE, FALSE, BYTE, I16, I64, DOUBLE, BINARY, LIST, SET, STRUCT = 1, 2, 3, 4, 6, 7, 8, 9, 10, 12
#: Field numbers of parquet.thrift.
ROW_GROUPS, COLUMNS, OFFSET_INDEX, LOCATIONS, OFFSET, SIZE = 4, 1, 4, 1, 1, 2


class Compact:
    """Reads structs as {field number: value}, lists as lists."""

    def __init__(self, content: bytes, at: int) -> None:
        self.content, self.at = content, at

    def number(self) -> int:
        """A number without a sign."""
        value = shift = 0
        while True:
            byte = self.content[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def signed(self) -> int:
        """A number with a sign."""
        value = self.number()
        return value >> 1 ^ -(value & 1)

    def bytes(self, size: int) -> bytes:
        """So many bytes."""
        self.at += size
        return self.content[self.at - size : self.at]

    def value(self, kind: int) -> Any:
        """A value of this type."""
        if kind in (TRUE, FALSE):
            return kind == TRUE
        if I16 <= kind <= I64:
            return self.signed()
        if kind in (BYTE, DOUBLE):
            return self.bytes(1 if kind == BYTE else 8)
        if kind == BINARY:
            return self.bytes(self.number())
        if kind in (LIST, SET):
            head = self.bytes(1)[0]
            count = head >> 4 if head >> 4 < 15 else self.number()
            # A bool takes a byte in a list, and none in a struct.
            one = BYTE if head & 15 in (TRUE, FALSE) else head & 15
            return [self.value(one) for _ in range(count)]
        if kind == STRUCT:
            return self.struct()
        raise ValueError(f"no type of the compact protocol: {kind}")

    def struct(self) -> dict[int, Any]:
        """The fields of a struct."""
        found: dict[int, Any] = {}
        name = 0
        while head := self.bytes(1)[0]:
            name = name + (head >> 4) if head >> 4 else self.signed()
            found[name] = self.value(head & 15)
        return found


def pages(content: bytes) -> Iterator[bytes]:
    """The data pages of a file as they stand there, with their headers."""
    (size,) = struct.unpack_from("<I", content, len(content) - 8)
    footer = Compact(content, len(content) - 8 - size).struct()
    for group in footer[ROW_GROUPS]:
        for column in group[COLUMNS]:
            for page in Compact(content, column[OFFSET_INDEX]).struct()[LOCATIONS]:
                yield content[page[OFFSET] : page[OFFSET] + page[SIZE]]


def new_pages(known: Iterable[Path], files: Iterable[Path]) -> dict[str, float]:
    """Shares of the pages of some files, and of their bytes, that are in none of the known."""
    number, size = new_shares(known, files, pages)
    return {"pages": number, "bytes": size}
