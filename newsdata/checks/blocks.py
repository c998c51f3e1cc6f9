"""Many lines judged at once from Arrow's columns of them.

Arrow's reader of JSON makes columns at about the cost of a parser alone. Told the columns, and to
refuse keys that have none, it is as strict as :func:`newsdata.validation.parse_json` but for what
is ruled out here; so a record that it reads and that the checks of columns do not doubt
(:mod:`newsdata.checks.doubts`) is valid, and its row is made already. The others are judged one by
one by the validator. Where Arrow refuses a block, its halves are tried, and at last all of its
lines are judged in the other ways. Pure.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from newsdata.checks.keywords import doubts_of
from newsdata.checks.utf8 import is_utf8
from newsdata.limits import Limits
from newsdata.schema import Schema, parse_schema

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Places = np.ndarray[Any, np.dtype[np.int64]]

#: A block of fewer bytes than twice this is not tried again in halves.
LEAST = 100_000
#: After so many blocks that Arrow mostly refused it is asked again, at the latest.
_MOST_PASSED = 64
_STEP = 1 << 17
_BREAK, _OPEN, _CLOSE = b"\n{}"
_SPACE = b" \t\r"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that Arrow could read.

    ``rows`` are the columns, with times as text, of those that are not blank; ``doubtful`` the
    numbers of the rows that may be no valid records. Row ``n`` is line ``numbers[n]`` (from 0),
    which begins at byte ``begins[n]`` of ``data`` and ends before byte ``ends[n]``.
    """

    data: bytes
    lines: int
    rows: pa.StructArray
    doubtful: Places
    numbers: Places
    begins: Places
    ends: Places

    def content(self, row: int) -> tuple[bytes, int]:
        """A row's text without spaces around it, and the byte at which it begins."""
        line = self.data[self.begins[row] : self.ends[row]]
        content = line.lstrip(_SPACE)
        return content.rstrip(_SPACE), int(self.begins[row]) + len(line) - len(content)

    def without(self, bad: Collection[int]) -> pa.StructArray:
        """The rows but for those with these numbers."""
        import numpy as np
        import pyarrow as pa

        if not bad:
            return self.rows
        good = np.delete(np.arange(len(self.rows), dtype=np.int64), sorted(bad))
        # Not ``pa.array``, which loads pandas where there is one: a third of a second.
        numbers = pa.Array.from_buffers(pa.int64(), len(good), [None, pa.py_buffer(good)])
        return self.rows.take(numbers)


class Blocks:
    """Reads blocks of lines by one schema; says when it is not worth it."""

    def __init__(self, schema: Schema, limits: Limits) -> None:
        doubts = doubts_of(schema)
        fine = doubts is not None and doubts.depth <= limits.depth and is_strict()
        self._doubts = doubts if fine else None
        self._schema = schema
        self._limits = limits
        self._passed = self._pause = 0

    def worthwhile(self) -> bool:
        """Whether to try the next block, asked once for each."""
        if self._doubts is None:
            return False
        if self._passed:
            self._passed -= 1
            return False
        return True

    def learn(self, read: int, size: int) -> None:
        """Take how many bytes of a block were read: where it is few, pause for a while."""
        if 2 * read >= size:
            self._pause = 0
        else:
            self._pause = min(2 * self._pause + 1, _MOST_PASSED)
            self._passed = self._pause

    def read(self, data: bytes) -> Block | None:
        """Lines, each with its line break; None where Arrow refuses them or may have read them
        otherwise.

        What the reader lets through and must not is ruled out:

        - a text that is no UTF-8: the bytes or the columns are checked;
        - several values on a line and one on several lines, a byte order mark: each line begins
          with ``{`` and ends with ``}``, and there are as many rows as lines. A line break
          between these two cannot stand inside a value, and one in a string is refused;
        - what follows a NUL, where it stops; a first ``null``, which it does not survive;
        - NaN, infinity and integers that lost digits, in columns of numbers: they are doubted.
        """
        import pyarrow as pa

        if self._doubts is None or not data or b"\0" in data:
            return None
        found = _objects(data)
        if found is None or (found[2] - found[1]).max() > self._limits.line:
            return None
        numbers, begins, ends, lines = found
        try:
            table = self._schema.read_texts(data, unknown="error")
            if not data.isascii():
                valid = is_utf8(data)
                if valid is None:
                    table.validate(full=True)
                elif not valid:
                    return None
        except pa.ArrowException:
            return None
        if table.num_rows != len(numbers):
            return None
        (batch,) = table.combine_chunks().to_batches()
        rows = batch.to_struct_array()
        doubtful = self._doubts.places(rows, data)
        return Block(data, lines, rows, doubtful, numbers, begins, ends)


#: What Arrow's reader must refuse where it knows of a column ``s`` of texts and an object ``o``
#: with a text ``s``: a doubled key, an unknown one, half of a pair, a control
#: character, other types.
_REFUSED = (
    '{"s":"a","s":"a"}', '{"s":null,"\\u0073":null}', '{"o":{"s":null,"s":null}}', '{"x":null}',
    '{"o":{"x":1}}', '{"s":"\\ud83d"}', '{"s":"\\ude00"}', '{"s":"a\tb"}', '{"s":"a\\x"}',
    '{"s":"a",}', '{"s":1}', '{"s":{}}', '{"o":"a"}', '{"s":"a"} x', '{"s":"a"', '{"s":"a\nb"}',
)  # fmt: skip


@cache
def is_strict() -> bool:
    """Whether the pyarrow that is installed reads JSON as strictly as is relied on here."""
    import pyarrow as pa

    properties: dict[str, Any] = {"s": {"type": "string"}}
    properties["o"] = {"type": "object", "properties": dict(properties)}
    schema = parse_schema({"type": "object", "properties": properties}, "probe")

    def refuses(text: str) -> bool:
        try:
            schema.read_texts(text.encode() + b"\n", unknown="error")
        except pa.ArrowException:
            return True
        return False

    return all(map(refuses, _REFUSED)) and not refuses('{"s":"a","o":{"s":"b"}}')


def _objects(data: bytes) -> tuple[Places, Places, Places, int] | None:
    """The lines that are not blank: their numbers, where they begin and where they end; and how
    many lines there are. None where one of them does not begin and end with a brace, or where
    there is none."""
    import numpy as np

    text = np.frombuffer(data, np.uint8)
    # In steps: what is compared stays in the cache, and no large piece of memory comes and goes.
    steps = range(0, len(text), _STEP)
    ends = np.concatenate([np.flatnonzero(text[at : at + _STEP] == _BREAK) + at for at in steps])
    begins = np.concatenate([[0], ends[:-1] + 1])
    numbers = np.arange(len(ends))
    # An empty line begins with its own line break, and ends with the one before.
    if (text[begins] == _OPEN).all() and (text[ends - 1] == _CLOSE).all():
        return numbers, begins, ends, len(ends)
    blank = np.zeros(len(ends), bool)
    for number, line in enumerate(data.split(b"\n")[:-1]):
        content = line.strip(_SPACE)
        blank[number] = not content
        if content and not (content[0] == _OPEN and content[-1] == _CLOSE):
            return None
    lines = len(ends)
    numbers, begins, ends = numbers[~blank], begins[~blank], ends[~blank]
    return (numbers, begins, ends, lines) if len(numbers) else None
