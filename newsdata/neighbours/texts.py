"""The texts whose neighbours are sought: their fingerprints, sketches and shingles by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from newsdata.fingerprints import BINS, Fingerprints
from newsdata.neighbours.rule import Int64s, Sketches, Uint64s


class Texts(Protocol):
    """Rows 0 .. n - 1. The arrays may be memory maps; shingles are asked for as needed."""

    @property
    def exact(self) -> Uint64s:
        """uint64[n, 2], as in :class:`newsdata.fingerprints.Fingerprints`."""

    @property
    def words(self) -> npt.NDArray[np.int32]:
        """int32[n]: at least the number of shingles of each text; 0 for one without words."""

    @property
    def sketch(self) -> Sketches:
        """uint16[n, 128]."""

    def shingles(self, rows: Int64s) -> tuple[Uint64s, Int64s]:
        """Shingle hashes of ``rows`` one after the other, and int64[len(rows) + 1] borders.

        Repeats within a text are allowed, their order is free.
        """


class _Grown:
    """An array that grows by its first axis without a second copy of itself in memory."""

    def __init__(self, width: tuple[int, ...], kind: Any) -> None:
        self._array = np.empty((0, *width), kind)
        self._used = 0

    def add(self, rows: npt.NDArray[Any]) -> None:
        used = self._used + len(rows)
        if used > len(self._array):
            room = max(used, len(self._array) + len(self._array) // 4, 1024)
            self._array.resize((room, *self._array.shape[1:]), refcheck=False)
        self._array[self._used : used] = rows
        self._used = used

    def view(self) -> npt.NDArray[Any]:
        return self._array[: self._used]


class Shelf:
    """Texts of one batch. Sketches stay in memory (256 bytes a text), shingles (8 bytes a word)
    go to ``spill``, an open binary file for reading and writing that the caller owns, or stay in
    memory too without one.

    Take no views of the arrays before the last :meth:`add`: growing moves them.

    >>> from newsdata.fingerprints import fingerprint_batch
    >>> shelf = Shelf()
    >>> shelf.add(fingerprint_batch(["one two three", "four"]))
    >>> len(shelf), shelf.words.tolist()
    (2, [3, 1])
    """

    def __init__(self, spill: BinaryIO | None = None) -> None:
        self._exact = _Grown((2,), np.uint64)
        self._words = _Grown((), np.int32)
        self._sketch = _Grown((BINS,), np.uint16)
        self._ends = _Grown((), np.int64)
        self._kept = None if spill else _Grown((), np.uint64)
        self._spill = spill
        self._base = spill.seek(0, 2) if spill else 0
        self._total = 0

    def __len__(self) -> int:
        return len(self.words)

    def add(self, prints: Fingerprints) -> None:
        """Append the rows of ``prints``."""
        self._exact.add(prints.exact)
        self._words.add(prints.words)
        self._sketch.add(prints.sketch)
        self._ends.add(prints.starts[1:] + self._total)
        self._total += len(prints.shingles)
        if self._kept is not None:
            self._kept.add(prints.shingles)
        elif self._spill is not None:
            self._spill.write(prints.shingles.data)

    @property
    def exact(self) -> Uint64s:
        """uint64[n, 2]: fingerprints."""
        return self._exact.view()

    @property
    def words(self) -> npt.NDArray[np.int32]:
        """int32[n]: numbers of words."""
        return self._words.view()

    @property
    def sketch(self) -> Sketches:
        """uint16[n, 128]: sketches."""
        return self._sketch.view()

    @property
    def ends(self) -> Int64s:
        """int64[n]: where the shingles of each text end, counted from the first of all."""
        return self._ends.view()

    def shingles(self, rows: Int64s) -> tuple[Uint64s, Int64s]:
        """As :meth:`Texts.shingles`."""
        ends = self._ends.view()
        last = ends[rows]
        first = np.where(rows > 0, ends[np.maximum(rows, 1) - 1], 0)
        borders = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(last - first, out=borders[1:])
        values = np.empty(borders[-1], np.uint64)
        places = zip(first.tolist(), last.tolist(), borders.tolist(), strict=False)
        if self._kept is not None:
            kept = self._kept.view()
            for begin, end, to in places:
                values[to : to + end - begin] = kept[begin:end]
        elif self._spill is not None:
            for begin, end, to in places:
                self._read(values[to : to + end - begin], begin)
        return values, borders

    def _read(self, into: Uint64s, begin: int) -> None:
        assert self._spill is not None
        self._spill.seek(self._base + 8 * begin)
        rest = into.view(np.uint8).data
        while len(rest):
            got = self._spill.readinto(rest)  # type: ignore[attr-defined]
            if not got:
                raise EOFError("the spill file is shorter than what was written to it")
            rest = rest[got:]


class Joined:
    """Chosen rows of several sets of texts as one: a new batch and the touched part of an archive.

    >>> from newsdata.fingerprints import fingerprint_batch
    >>> old, new = Shelf(), Shelf()
    >>> old.add(fingerprint_batch(["a", "b c", "d e f"]))
    >>> new.add(fingerprint_batch(["g h i j"]))
    >>> Joined([(new, np.array([0])), (old, np.array([2]))]).words.tolist()
    [4, 3]
    """

    def __init__(self, parts: Sequence[tuple[Texts, Int64s]]) -> None:
        self._parts = list(parts)
        self._first = np.cumsum([0] + [len(rows) for _, rows in parts])
        self.exact: Uint64s = np.concatenate([texts.exact[rows] for texts, rows in parts])
        self.words: npt.NDArray[np.int32] = np.concatenate(
            [texts.words[rows] for texts, rows in parts]
        )
        self.sketch: Sketches = np.concatenate([texts.sketch[rows] for texts, rows in parts])

    def __len__(self) -> int:
        return len(self.words)

    def shingles(self, rows: Int64s) -> tuple[Uint64s, Int64s]:
        """As :meth:`Texts.shingles`."""
        part_of = np.searchsorted(self._first, rows, side="right") - 1
        sizes = np.zeros(len(rows), np.int64)
        pieces: list[tuple[Int64s, Uint64s, Int64s]] = []
        for part, (texts, chosen) in enumerate(self._parts):
            here = np.flatnonzero(part_of == part)
            values, borders = texts.shingles(chosen[rows[here] - self._first[part]])
            sizes[here] = np.diff(borders)
            pieces.append((here, values, borders))
        total = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(sizes, out=total[1:])
        joined = np.empty(total[-1], np.uint64)
        for here, values, borders in pieces:
            shift = np.repeat(total[here] - borders[:-1], np.diff(borders))
            joined[np.arange(len(values)) + shift] = values
        return joined, total
