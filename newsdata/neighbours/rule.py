"""When two texts are near: a property of the two texts and these settings, and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from newsdata.errors import SettingsError
from newsdata.fingerprints import BINS

if TYPE_CHECKING:
    from fractions import Fraction

Int64s: TypeAlias = npt.NDArray[np.int64]
Uint64s: TypeAlias = npt.NDArray[np.uint64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Sketches: TypeAlias = npt.NDArray[np.uint16]

_MISS = 1e-3
_ROWS = (32, 16, 8, 4, 2, 1)


@dataclass(frozen=True, slots=True)
class Near:
    """Two texts with words are *near* when their fingerprints are equal, or all of this holds:

    1. at least one whole band of their sketches is equal (``bands`` bands of ``rows`` bins);
    2. at least ``least_equal`` of the 128 bins are equal;
    3. the Jaccard index of their shingle sets is at least ``threshold``, in whole numbers.

    What is not given follows from the threshold t: ``rows`` is the largest power of two for which
    a pair at t misses every band with a probability below 0.001, ``bands`` is 128 / rows, and
    ``least_equal`` lies four standard deviations under the expected number of equal bins.

    ===== ==== ===== =========== =========================
    t     rows bands least_equal misses at t (1) and (2)
    ===== ==== ===== =========== =========================
    0.75  4    32    76          5e-6, 3e-5
    0.4   2    64    29          1e-5, 3e-5
    ===== ==== ===== =========== =========================

    >>> Near()
    Near(threshold=0.75, bands=32, rows=4, least_equal=76)
    >>> Near(0.4)
    Near(threshold=0.4, bands=64, rows=2, least_equal=29)

    Raises :class:`newsdata.errors.SettingsError` for values that make no rule.
    """

    threshold: float = 0.75
    bands: int = 0
    rows: int = 0
    least_equal: int = -1

    def __post_init__(self) -> None:
        if not 0.05 <= self.threshold <= 1:
            raise SettingsError(f"threshold is {self.threshold}; expected 0.05 to 1")
        rows = self.rows or (BINS // self.bands if self.bands else _rows_for(self.threshold))
        bands = self.bands or BINS // max(rows, 1)
        if rows not in _ROWS or bands * rows != BINS:
            raise SettingsError(
                f"{bands} bands of {rows} rows; expected a power of two of rows, 1 to 32, "
                f"and bands * rows = {BINS}"
            )
        least = self.least_equal if self.least_equal >= 0 else _least_equal_for(self.threshold)
        if least > BINS:
            raise SettingsError(f"least_equal is {least}; a sketch has {BINS} bins")
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "bands", bands)
        object.__setattr__(self, "least_equal", least)

    @property
    def ratio(self) -> Fraction:
        """The threshold as the fraction its decimal digits mean: 0.75 is 3/4, not a binary."""
        from fractions import Fraction

        return Fraction(str(self.threshold))

    def reached(self, shared: Int64s, left: Int64s, right: Int64s) -> Bools:
        """Condition 3, for numbers of shared and of distinct shingles of either side."""
        ratio = self.ratio
        union = left + right - shared
        reached: Bools = np.greater_equal(shared * ratio.denominator, union * ratio.numerator)
        return reached


def _rows_for(threshold: float) -> int:
    for rows in _ROWS:
        if (1 - threshold**rows) ** (BINS // rows) < _MISS:
            return rows
    return 1


def _least_equal_for(threshold: float) -> int:
    deviation = sqrt(BINS * threshold * (1 - threshold))
    return max(int(BINS * threshold - 4 * deviation), 1)


_ALL_ROWS = slice(None)
_VIEW: dict[int, Any] = {1: np.uint16, 2: np.uint32}


def _words(sketch: Sketches, near: Near) -> npt.NDArray[Any]:
    """The sketch in units that make up bands: one unit a band, or rows / 4 units of 64 bits."""
    return np.ascontiguousarray(sketch).view(_VIEW.get(near.rows, np.uint64))


def band_key(sketch: Sketches, near: Near, band: int, rows: Int64s | slice = _ALL_ROWS) -> Uint64s:
    """uint64[n]: the key of one band, of all rows or some. Equal bands have equal keys; up to
    four rows the converse holds too, because the key is the band itself.

    ``sketch`` may hold the bins of some bands only; ``band`` counts from its first."""
    words = _words(sketch, near)
    units = max(near.rows // 4, 1)
    key: Uint64s = words[rows, band * units].astype(np.uint64)
    for unit in range(1, units):
        key *= np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
        key += words[rows, band * units + unit]
    return key


def band_keys(sketch: Sketches, near: Near) -> Uint64s:
    """uint64[n, bands]: the keys of all bands, for an index.

    >>> band_keys(np.zeros((3, 128), np.uint16), Near()).shape
    (3, 32)
    """
    return np.stack([band_key(sketch, near, band) for band in range(near.bands)], axis=1)


def agreement(sketch: Sketches, left: Int64s, right: Int64s, near: Near) -> tuple[Int64s, Int64s]:
    """For pairs of rows: number of equal bins, and the first equal band (``bands`` if none)."""
    equal = np.empty(len(left), np.int64)
    first = np.empty(len(left), np.int64)
    for begin in range(0, len(left), 4096):
        part = slice(begin, begin + 4096)
        same = sketch[left[part]] == sketch[right[part]]
        # eight bins to a number; the multiplication adds its eight bytes into the highest
        sums = same.view(np.uint64).sum(axis=1) * np.uint64(0x0101010101010101)
        equal[part] = sums >> np.uint64(56)
        bands = _whole_bands(same, near)
        at = bands.argmax(axis=1)
        first[part] = np.where(bands[np.arange(len(at)), at], at, near.bands)
    return equal, first


def _whole_bands(same: Bools, near: Near) -> Bools:
    """bool[n, bands] from bool[n, 128]."""
    whole: Bools = (
        np.equal(same.view(np.uint32), np.uint32(0x01010101))  # four bytes that are all 1
        if near.rows == 4
        else np.all(same.reshape(len(same), near.bands, near.rows), axis=2)
    )
    return whole
