"""Rows of CSV, TSV and Parquet files as records: each one a JSON object of its columns.

In CSV an empty cell is no value, and a cell that is a JSON array or object is one, as our own
export writes it; all else is text. A row with more or fewer cells than the header is rejected.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import orjson

from newsdata.limits import Limits
from newsdata.records import RAW_KEPT_WHEN_TRUNCATED, Fault
from newsdata.sources.files import Input
from newsdata.sources.lines import Piece
from newsdata.sources.streams import Stream

#: Columns of ours that are numbers; the others that look like one (an id) stay as written.
_NUMBERS = frozenset({"utc_offset"})
_NUMBER = re.compile(r"[+-]?\d{1,5}")


def parquet_pieces(one: Input) -> Iterator[Piece]:
    """The rows of a Parquet file; ``line`` is the row from 1, ``offset`` the row from 0."""
    from newsdata.sources.tables import read_rows

    for number, row in enumerate(read_rows(one)):
        if isinstance(row, Fault):
            yield Piece(b"", number + 1, number, 0, row)
            continue
        try:
            content = _json(row)
        except (TypeError, ValueError) as error:
            fault = Fault("not-representable", f"found a row that is no JSON: {error!s:.200}")
            content = repr(row).encode("utf-8", "backslashreplace")[:RAW_KEPT_WHEN_TRUNCATED]
            yield Piece(content, number + 1, number, len(content), fault)
            continue
        yield Piece(content, number + 1, number, len(content))


def _json(row: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(row, default=_plain)
    except TypeError:  # an integer beyond 64 bits
        return json.dumps(row, ensure_ascii=False, default=_plain).encode()


def _plain(value: Any) -> Any:
    """What JSON has no form for: times as ISO 8601, bytes as text, all else as it prints."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return str(value)


def table_pieces(stream: Stream, limits: Limits, delimiter: str) -> Iterator[Piece]:
    """The rows of CSV text (UTF-8, with or without a byte order mark) below its header.

    ``line`` is where a row begins; the bytes of a piece are the row as JSON, so that a rejected
    one can be repaired as a record. ``offset`` is the number of the row from 0.
    """
    csv.field_size_limit(limits.line)
    raw = io.BufferedReader(_Raw(stream))
    text = io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    number = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = Fault("bad-value", f"found a damaged row: {error!s:.200}")
            yield Piece(b"", line, number, 0, fault)
            number += 1
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            continue
        yield _row(header, cells, line, number)
        number += 1


def _row(header: list[str], cells: list[str], line: int, number: int) -> Piece:
    if not all(cell.isascii() or _is_text(cell) for cell in cells):
        content = _delimited(cells)
        fault = Fault("invalid-utf8", "found bytes that are not UTF-8 in the row")
        return Piece(content, line, number, len(content), fault)
    if len(cells) != len(header):
        content = orjson.dumps(cells)
        message = f"found {len(cells)} cells, expected {len(header)}, as in the header"
        sha256 = hashlib.sha256(content).hexdigest()
        fault = Fault("bad-value", message)
        return Piece(content, line, number, len(content), fault, sha256)
    row = {name: _cell(name, cell) for name, cell in zip(header, cells, strict=True) if name}
    content = orjson.dumps(row)
    return Piece(content, line, number, len(content))


def _is_text(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def _delimited(cells: list[str]) -> bytes:
    """The bytes of a row that is no text, its cells parted by tabs."""
    return "\t".join(cells).encode("utf-8", "surrogateescape")


def _cell(name: str, cell: str) -> Any:
    if not cell.strip():
        return None
    if name in _NUMBERS and _NUMBER.fullmatch(cell):
        return int(cell)
    if cell[0] in "[{":
        try:
            return orjson.loads(cell)
        except orjson.JSONDecodeError:
            return cell
    return cell


class _Raw(io.RawIOBase):
    """A stream as the file that the text layer wants."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._stream.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)
