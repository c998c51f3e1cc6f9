"""The verdict on one part of a chunk, as it grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsdata.checks.blocks import Block
from newsdata.checks.columns import Columns
from newsdata.checks.windows import Group, Wanted
from newsdata.records import Fault, Page, Place, Rejected, reject
from newsdata.schema import Schema
from newsdata.sources.chunks import Chunk, piece_item
from newsdata.sources.lines import LongLine
from newsdata.sources.reading import Reading
from newsdata.validation import check, parse_json

if TYPE_CHECKING:
    import pyarrow as pa

#: A part ends after so many records, or so many rejected ones.
PART = 50_000
PART_REJECTED = 2000
_SPACE = b" \t\r"


@dataclass(frozen=True, slots=True)
class Asked:
    """What to judge by, and what to hand on of the valid records: their bytes, their columns."""

    schema: Schema
    reading: Reading
    lines: bool = False
    columns: bool = False


@dataclass(slots=True)
class Verdict:
    """What became of the first part of a chunk.

    ``valid`` + ``rejected`` are all its inputs; ``line`` is how many line breaks it holds and
    ``end`` the byte at which it ends. Places in ``rejected`` are as the chunk counts them.
    ``lines`` are the valid records, one a line; ``batches`` the same as columns. ``unheld`` counts
    the records that have a field for which there is no column.
    ``name`` is the file's, ``start`` where in it the part begins; ``placed`` says that the lines
    in ``rejected`` count from the start of the file and not of the part.
    """

    name: str = ""
    start: int = 0
    placed: bool = False
    valid: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    line: int = 0
    end: int = 0
    lines: bytes = b""
    batches: Sequence[pa.RecordBatch] = ()
    unheld: dict[str, int] = field(default_factory=dict)
    rest: Chunk | None = None


class Part:
    """The verdict on one part of a chunk as it grows."""

    def __init__(self, asked: Asked, chunk: Chunk) -> None:
        self.asked = asked
        self._chunk = chunk
        self.made = Verdict()
        self.count = 0
        self._good: list[bytes] = []
        self._limits = asked.reading.limits
        self._is_valid = asked.schema.validator.is_valid
        self._columns = Columns(asked.schema, self._limits) if asked.columns else None

    @property
    def full(self) -> bool:
        """Whether it is time to hand on what there is."""
        return self.count >= PART or len(self.made.rejected) >= PART_REJECTED

    def reject(self, rejected: Rejected) -> None:
        """Take what is rejected already."""
        self.count += 1
        self.made.rejected.append(rejected)

    def page(self, page: Page) -> None:
        """Judge one input; only records can be valid."""
        if page.kind == "record":
            self.record(page.content, page.place)
            return
        found = Fault("not-json", f"found a page ({page.kind}), expected JSON records")
        self.reject(reject(page, found, raw_limit=self.asked.reading.limits.raw))

    def line(self, line: bytes, number: int, position: int) -> None:
        """One line without its line break, at byte ``position``."""
        if len(line) > self._limits.line:
            passed = LongLine()
            passed.add(line)
            piece = passed.piece(number, position, self._limits)
            self.reject(piece_item(self._chunk, piece, self.asked.reading))
            return
        content = line.strip(_SPACE)
        if content:
            if content is not line:
                position += len(line) - len(line.lstrip(_SPACE))
            self.record(content, (self._chunk.name, number, position, len(content)))

    def record(self, content: bytes, place: Place | tuple[str, int, int, int]) -> None:
        """Judge one record, and keep it where it is valid."""
        record, faults = self._judged(content)
        if faults:
            self._reject(content, place, faults)
        elif self._columns is not None:
            self._columns.note(record)
            self._columns.add(content, place)
        else:
            self._accept(content)

    def _judged(self, content: bytes) -> tuple[Any, tuple[Fault, ...]]:
        record, faults = parse_json(content, self._limits)
        # The verdict alone is cheaper than the list of faults, and nearly always all there is.
        if not faults and not (type(record) is dict and self._is_valid(record)):
            faults = check(record, self.asked.schema)
        return record, faults

    def wanted(self) -> Wanted:
        """What many lines at once are judged by."""
        names = None if self._columns is None else self._columns.names
        return Wanted(self._is_valid, self._limits, names)

    def group(self, lines: list[bytes], group: Group, number: int, position: int) -> None:
        """Keep lines that are valid records, the first of them line ``number``."""
        if self._columns is None:
            self.count += len(lines)
            self.made.valid += len(lines)
            if self.asked.lines:
                self._good += [line.strip(_SPACE) for line in lines]
            return
        self._columns.unheld += group.others
        for line in lines:
            content = line.strip(_SPACE)
            first = position if content is line else position + line.index(content)
            self._columns.add(content, (self._chunk.name, number, first, len(content)))
            position += len(line) + 1
            number += 1

    def lines(self, data: bytes) -> int:
        """Keep whole lines that are all valid records, and are wanted as lines at most; how many
        there are."""
        count = data.count(b"\n")
        self.count += count
        self.made.valid += count
        if self.asked.lines:
            self._good += [line.strip(_SPACE) for line in data.split(b"\n")[:-1]]
        return count

    def block(self, block: Block, number: int, position: int) -> None:
        """Judge the doubtful rows of a block and keep all that are valid; its first line is line
        ``number`` and begins at byte ``position``."""

        def located(row: int) -> tuple[bytes, tuple[str, int, int, int]]:
            content, begin = block.content(row)
            line = number + int(block.numbers[row])
            return content, (self._chunk.name, line, position + begin, len(content))

        bad = set()
        for row in block.doubtful.tolist():
            content, place = located(row)
            _, faults = self._judged(content)
            if faults:
                self._reject(content, place, faults)
                bad.add(row)
        good = [row for row in range(len(block.rows)) if row not in bad]
        if self._columns is not None:
            self._flush(self._columns)  # what stands before
            if not self._columns.add_rows(block.without(bad)):
                for row in good:
                    self._columns.add(*located(row))
                return
        self.count += len(good)
        self.made.valid += len(good)
        if self.asked.lines:
            self._good += [block.content(row)[0] for row in good]

    def _accept(self, content: bytes) -> None:
        self.count += 1
        self.made.valid += 1
        if self.asked.lines:
            # Line breaks of JSON stand between tokens only; an element of an array may have them.
            if b"\n" in content:
                content = content.replace(b"\r\n", b" ").replace(b"\n", b" ")
            self._good.append(content)

    def _reject(
        self, content: bytes, place: Place | tuple[str, int, int, int], faults: tuple[Fault, ...]
    ) -> None:
        place = place if isinstance(place, Place) else Place(*place)
        page = Page(content, "record", place)
        self.reject(reject(page, *faults, raw_limit=self.asked.reading.limits.raw))

    def _flush(self, columns: Columns) -> None:
        for content, place, fault in columns.flush():
            if fault is None:
                self._accept(content)
            else:
                self._reject(content, place, (fault,))

    def verdict(self, line: int, end: int, rest: Chunk | None = None) -> Verdict:
        """The verdict on all that was taken; see :class:`Verdict` for ``line`` and ``end``."""
        made = self.made
        made.line, made.end, made.rest = line, end, rest
        made.name, made.start = self._chunk.name, self._chunk.start
        made.placed = self._chunk.items is not None
        if self._columns is not None:
            self._flush(self._columns)
            made.batches, made.unheld = self._columns.batches, self._columns.unheld
            # A record that no column holds is found after others that follow it.
            made.rejected.sort(key=_offset)
        if self._good:
            made.lines = b"\n".join(self._good) + b"\n"
        return made


def _offset(rejected: Rejected) -> float:
    offset = rejected.place.offset
    return float("inf") if offset is None else offset
