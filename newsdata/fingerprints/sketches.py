"""Shingles to a sketch: one-permutation min-hash with filled bins.

Li, Owen, Zhang 2012 (one permutation), Shrivastava 2017 (filling bins without bias).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from newsdata.fingerprints.constants import BINS, PROBES, Constants, Int64s, Uint32s, Uint64s

_EMPTY_BIN = np.uint32(0xFFFFFFFF)
_FEW_SHINGLES = 32
"""Texts up to so many shingles have so many empty bins that all are computed at once."""


def sketch_of(values: Uint64s, starts: Int64s, constants: Constants) -> npt.NDArray[np.uint16]:
    """Least value in each of 128 bins; the top 7 bits choose the bin, the low 32 are the value."""
    count = len(starts) - 1
    sizes = np.diff(starts)
    place = (values >> np.uint64(57)).view(np.int64)
    place += np.repeat(np.arange(0, count * BINS, BINS), sizes)
    minima = np.full(count * BINS, _EMPTY_BIN, np.uint32)
    np.minimum.at(minima, place, values.astype(np.uint32))
    _fill_empty_bins(minima, values, starts, sizes, constants)
    minima *= np.uint32(0x85EBCA6B)
    minima >>= np.uint32(16)
    sketch = minima.astype(np.uint16).reshape(count, BINS)
    sketch[sizes == 0] = 0
    return sketch


def _fill_empty_bins(
    minima: Uint32s, values: Uint64s, starts: Int64s, sizes: Int64s, constants: Constants
) -> None:
    """An empty bin takes the value of the first filled bin among its fixed probes; where all are
    empty too, the least value of a hash function of its own over all shingles of the text. Both
    choices are functions of the shingle set, so equal bins stay an unbiased estimate."""
    short = np.flatnonzero((sizes > 0) & (sizes <= _FEW_SHINGLES))
    short = short[np.argsort(-sizes[short], kind="stable")]
    table = minima.reshape(-1, BINS)
    for begin in range(0, len(short), 256):
        some = short[begin : begin + 256]
        table[some] = _filled_short(table[some], values, starts[some], sizes[some], constants)
    empty = np.flatnonzero(minima == _EMPTY_BIN)
    empty = empty[sizes[empty // BINS] > 0]
    drawn = minima.copy() if len(empty) else minima
    for probe in range(PROBES):
        found = drawn[(empty & -BINS) + constants.probes[empty % BINS, probe]]
        filled = found != _EMPTY_BIN
        minima[empty[filled]] = found[filled]
        empty = empty[~filled]
    _hash_bins(minima, empty, values, starts, sizes, constants)


def _filled_short(
    drawn: Uint32s, values: Uint64s, starts: Int64s, sizes: Int64s, constants: Constants
) -> Uint32s:
    """All bins of short texts at once, longest text first: in a headline most are empty."""
    filled = drawn.copy()
    for probe in range(PROBES):
        np.copyto(filled, drawn[:, constants.probes[:, probe]], where=filled == _EMPTY_BIN)
    least = np.full(drawn.shape, 0xFFFFFFFFFFFFFFFF, np.uint64)
    for place in range(int(sizes[0])):
        longer = int(np.searchsorted(-sizes, -place))  # those with more shingles
        hashed = values[starts[:longer] + place, None] * constants.bins
        np.minimum(least[:longer], hashed, out=least[:longer])
    least >>= np.uint64(32)
    np.copyto(filled, least.astype(np.uint32), where=filled == _EMPTY_BIN)
    return filled


def _hash_bins(
    minima: Uint32s,
    empty: Int64s,
    values: Uint64s,
    starts: Int64s,
    sizes: Int64s,
    constants: Constants,
) -> None:
    work = np.cumsum(sizes[empty // BINS])
    begin = 0
    while begin < len(empty):
        done = work[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(work, done + 200_000)))
        bins = empty[begin:end]
        size = sizes[bins // BINS]
        edge = np.cumsum(size) - size
        source = np.arange(edge[-1] + size[-1]) + np.repeat(starts[bins // BINS] - edge, size)
        hashed = values[source]
        hashed *= np.repeat(constants.bins[bins % BINS], size)
        hashed >>= np.uint64(32)
        minima[bins] = np.minimum.reduceat(hashed.astype(np.uint32), edge)
        begin = end
