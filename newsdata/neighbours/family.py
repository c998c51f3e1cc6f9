"""Families of boilerplate: what is common to many texts, and two ways to use it without loss.

*Bounds.* The shingles that most texts of a family share become bits. Of the other shingles,
those that only one text has can be in no overlap. So the overlap of two texts is at least the
number of bits they share, and at most that plus the lesser count of what remains. Mostly nothing
remains, and the overlap is known from a few machine words.

*Prefix join.* Order the shingles of every text in one way. If two sets reach the threshold t,
then the first ``|x| - ceil(t |x|) + 1`` shingles of the larger set x and the first
``|y| - ceil(2t / (1 + t) |y|) + 1`` of the smaller set y have one in common (prefix filtering:
Chaudhuri et al. 2006, Xiao et al. 2008). With the rarest first, prefixes hold what is a text's
own, and few pairs of one family meet by accident.

Which shingles are thought common comes from a sample, and which are thought single from a table
with collisions; a poor guess costs time, never a pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from newsdata.neighbours.overlap import ShingleSets
from newsdata.neighbours.rule import Bools, Int64s, Near, Uint64s

_SAMPLE = 2000
_BITS = 4096
_BLOCK_ROWS = 1024
_TABLE_BITS = 25
"""The table of shingles seen once and twice takes at most two arrays of 32 MB."""


@dataclass(frozen=True, slots=True)
class Family:
    """Texts that share much. One entry a text, in the order of ``rows``:

    ``sizes``  distinct shingles; ``bits`` uint64[n, width] which common ones it has; ``open`` how
    many shingles are neither common nor known to be its own.

    One entry a shingle of a prefix: ``owner`` position of the text, ``values`` its hash,
    ``indexed`` whether it stands among those that the smaller set of a pair shows.
    """

    rows: Int64s
    sizes: Int64s
    bits: Uint64s
    open: Int64s
    owner: Int64s
    values: Uint64s
    indexed: Bools

    def bounds(self, left: Int64s, right: Int64s) -> tuple[Int64s, Int64s]:
        """Least and greatest overlap of pairs of positions."""
        least = np.zeros(len(left), np.int64)
        for begin in range(0, len(left), 1 << 14):
            part = slice(begin, begin + (1 << 14))
            both = self.bits[left[part]] & self.bits[right[part]]
            least[part] = np.bitwise_count(both).sum(axis=1, dtype=np.int64)
        return least, least + np.minimum(self.open[left], self.open[right])


def family_of(sets: ShingleSets, rows: Int64s, near: Near) -> Family:
    """Describe the texts ``rows``; reads every set twice."""
    repeated = _repeated(sets, rows)
    common, level = _common(sets, rows)
    parts = [
        _describe(sets.of(rows[begin : begin + _BLOCK_ROWS]), begin, common, level, repeated, near)
        for begin in range(0, len(rows), _BLOCK_ROWS)
    ]
    return Family(
        rows,
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("sizes", "bits", "open", "owner", "values", "indexed")
        ),
    )


def _repeated(sets: ShingleSets, rows: Int64s) -> Bools:
    """bool[2**k]: slots of a hash table into which shingles of two texts or more fell."""
    words = int(sets.most(rows).sum())
    bits = min(max((4 * words).bit_length(), 10), _TABLE_BITS)
    once, twice = np.zeros(1 << bits, np.bool_), np.zeros(1 << bits, np.bool_)
    for begin in range(0, len(rows), _BLOCK_ROWS):
        slots = _slots(np.concatenate(sets.of(rows[begin : begin + _BLOCK_ROWS])), bits)
        slots.sort()
        again = slots[1:] == slots[:-1]
        twice[slots[1:][again]] = True
        twice[slots[once[slots]]] = True
        once[slots] = True
    return twice


def _slots(values: Uint64s, bits: int) -> Int64s:
    return (values & np.uint64((1 << bits) - 1)).view(np.int64)


def _common(sets: ShingleSets, rows: Int64s) -> tuple[Uint64s, npt.NDArray[np.uint8]]:
    """The shingles that most texts of an evenly spaced sample share, sorted, and how common."""
    step = max(len(rows) // _SAMPLE, 1)
    sample = np.sort(np.concatenate(sets.of(rows[::step])))
    last = np.flatnonzero(np.append(sample[1:] != sample[:-1], True))
    often = np.diff(last, prepend=-1)
    chosen = np.flatnonzero(often > 1)
    chosen = np.sort(chosen[np.argsort(-often[chosen], kind="stable")[:_BITS]])
    return sample[last[chosen]], np.log2(often[chosen]).astype(np.uint8) + np.uint8(1)


def _describe(
    block: list[Uint64s],
    offset: int,
    common: Uint64s,
    level: npt.NDArray[np.uint8],
    repeated: Bools,
    near: Near,
) -> Family:
    sizes = np.fromiter(map(len, block), np.int64, len(block))
    values = np.concatenate(block)
    owner = np.repeat(np.arange(len(block), dtype=np.uint16), sizes)
    rank = repeated[_slots(values, len(repeated).bit_length() - 1)].astype(np.uint8)
    bits = np.zeros((len(block), len(common) // 64 + 1), np.uint64)
    if len(common):
        place = np.minimum(np.searchsorted(common, values), len(common) - 1)
        hit = np.flatnonzero(common[place] == values)
        place = place[hit]
        rank[hit] = level[place]
        flags = np.zeros((len(block), bits.shape[1] * 64), np.bool_)
        flags[owner[hit], place] = True
        bits = np.packbits(flags, axis=1).view(np.uint64)
    # rarest first, then by hash, as the sets are sorted: two stable radix sorts
    order = np.argsort(rank, kind="stable")
    order = order[np.argsort(owner[order], kind="stable")]
    position = np.arange(len(values)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    probing, indexing = prefix_lengths(sizes, near)
    keep = position < np.repeat(probing, sizes)
    # a shingle of one text only leads to no pair, but keeps its place in the prefix
    keep &= rank[order] > 0
    return Family(
        rows=np.arange(len(block)),
        sizes=sizes,
        bits=bits,
        open=np.bincount(owner[rank == 1], minlength=len(block)),
        owner=owner[order][keep].astype(np.int64) + offset,
        values=values[order][keep],
        indexed=(position < np.repeat(indexing, sizes))[keep],
    )


def prefix_lengths(sizes: Int64s, near: Near) -> tuple[Int64s, Int64s]:
    """Lengths of the prefixes: as the larger set of a pair, and as the smaller one.

    >>> [part.tolist() for part in prefix_lengths(np.array([7, 100]), Near(0.75))]
    [[2, 26], [2, 15]]
    """
    top, bottom = near.ratio.numerator, near.ratio.denominator
    larger = sizes - -(-sizes * top // bottom) + 1
    smaller = sizes - -(-sizes * 2 * top // (top + bottom)) + 1
    return larger, np.minimum(smaller, larger)
