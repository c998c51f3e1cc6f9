"""Which of the held texts are near, contained in or contain one of many others: leaks.

The held texts (an evaluation side, a benchmark) stay in memory as sets of shingles, the others
pass by in batches. Nothing is sampled or estimated: a pair is found if and only if

- ``near``: the Jaccard index of the two sets of shingles reaches ``threshold``; or
- ``contained``: the other holds at least the share ``least`` of the shingles of the held text; or
- ``contains``: the held text holds that share of the other.

Candidates come from the prefix filter (Chaudhuri, Ganti, Kaushik 2006; Bayardo, Ma, Srikant 2007):
of a set of n shingles of which ceil(c n) must be in the other, any n - ceil(c n) + 1 hold at least
one that is. The rarest among the held texts are asked for, so that boilerplate costs little; every
candidate is counted exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from newsdata.errors import UsageError
from newsdata.fingerprints import Fingerprints
from newsdata.neighbours.overlap import distinct_sets, shared_counts
from newsdata.words import split_words

Relation: TypeAlias = Literal["near", "contained", "contains"]
Int64s: TypeAlias = npt.NDArray[np.int64]
Uint64s: TypeAlias = npt.NDArray[np.uint64]
Bools: TypeAlias = npt.NDArray[np.bool_]

#: Share of a text that must be found in the other one for it to be contained in it.
LEAST = 0.8

_PAIRS = 1 << 18
_FILTER_BITS = 24


@dataclass(frozen=True, slots=True)
class Leak:
    """The other text that gives most of a held one away.

    ``held`` is the held text's row, ``other`` the id of the other text, ``score`` what was
    reached: the Jaccard index of near texts, else the share of the contained one. ``others`` is
    the number of texts that leak into the held one.
    """

    held: int
    other: str
    relation: Relation
    score: Fraction
    others: int


class LeakFinder:
    """Finds leaks between held texts and others; both fingerprinted by the same settings.

    >>> from newsdata.fingerprints import fingerprint_batch
    >>> text = "one two three four five six seven eight nine ten eleven twelve"
    >>> finder = LeakFinder(fingerprint_batch([text + " and a few words more", "alone"]))
    >>> finder.add(["report"], fingerprint_batch([text]))
    >>> [(leak.held, leak.other, leak.relation, leak.score) for leak in finder.found()]
    [(0, 'report', 'contains', Fraction(1, 1))]
    """

    def __init__(self, held: Fingerprints, threshold: float = 0.75, least: float = LEAST) -> None:
        for name, value in (("threshold", threshold), ("least", least)):
            if not 0.1 <= value <= 1:
                raise UsageError(f"{name} is {value}; expected 0.1 to 1")
        self._near = Fraction(str(threshold))
        self._least = Fraction(str(least))
        self._lower = min(self._near, self._least)
        self._sets = _sets_of(held)
        self._sizes = np.fromiter(map(len, self._sets), np.int64, len(self._sets))
        self._best: dict[int, tuple[Fraction, str, Relation]] = {}
        self._count: dict[int, int] = {}
        self._index()

    def _index(self) -> None:
        """Postings of all shingles of the held texts, and which of them are rare prefixes."""
        values = np.concatenate(self._sets) if self._sets else np.zeros(0, np.uint64)
        owners = np.repeat(np.arange(len(self._sets)), self._sizes)
        self._values, number, self._counts = np.unique(
            values, return_inverse=True, return_counts=True
        )
        order = np.lexsort((owners, number))
        self._owners = owners[order]
        self._first = np.append(0, np.cumsum(self._counts))
        self._prefix = _prefixes(self._counts[number], owners, self._sizes, self._lower)[order]
        self._mask = np.uint64((1 << _FILTER_BITS) - 1)
        self._maybe = np.zeros(1 << _FILTER_BITS, np.bool_)
        self._maybe[self._values & self._mask] = True

    def add(self, ids: Sequence[str], others: Fingerprints) -> None:
        """Compare a batch of other texts; ``ids`` are theirs, row by row."""
        if not len(self._values):
            return
        sets = _sets_of(others)
        for rows, held in self._candidates(sets):
            self._judge(ids, sets, rows, held)

    def found(self) -> list[Leak]:
        """One leak for each held text that has any, by row; of equal scores the smallest id."""
        return [
            Leak(held, other, relation, score, self._count[held])
            for held, (score, other, relation) in sorted(self._best.items())
        ]

    def _candidates(self, sets: Sequence[Uint64s]) -> Iterator[tuple[Int64s, Int64s]]:
        """Distinct pairs (row of the batch, row of the held), a bounded number at a time."""
        sizes = np.fromiter(map(len, sets), np.int64, len(sets))
        values = np.concatenate(sets) if sets else np.zeros(0, np.uint64)
        owners = np.repeat(np.arange(len(sets)), sizes)
        places = np.full(len(values), -1, np.int64)
        maybe = np.flatnonzero(self._maybe[values & self._mask])
        at = np.searchsorted(self._values, values[maybe])
        at[at == len(self._values)] = 0
        known = self._values[at] == values[maybe]
        places[maybe[known]] = at[known]
        counts = np.where(places >= 0, self._counts[places], 0)
        own_prefix = _prefixes(counts, owners, sizes, self._lower)
        hits = np.flatnonzero(places >= 0)
        yield from self._pairs(owners[hits], places[hits], own_prefix[hits])

    def _pairs(
        self, rows: Int64s, places: Int64s, own_prefix: Bools
    ) -> Iterator[tuple[Int64s, Int64s]]:
        """Pairs that share a shingle in the prefix of either; whole rows of the batch at once."""
        work = np.cumsum(self._counts[places])
        begin = 0
        while begin < len(rows):
            done = work[begin - 1] if begin else 0
            end = max(int(np.searchsorted(work, done + _PAIRS)), begin + 1)
            end = int(np.searchsorted(rows, rows[end - 1], side="right"))
            count = self._counts[places[begin:end]]
            start = np.repeat(self._first[places[begin:end]], count)
            inside = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
            posting = start + inside
            wanted = self._prefix[posting] | np.repeat(own_prefix[begin:end], count)
            pair = np.repeat(rows[begin:end], count)[wanted] * len(self._sets)
            pair = np.unique(pair + self._owners[posting[wanted]])
            for part in range(0, len(pair), _PAIRS):
                some = pair[part : part + _PAIRS]
                yield some // len(self._sets), some % len(self._sets)
            begin = end

    def _judge(
        self, ids: Sequence[str], sets: Sequence[Uint64s], rows: Int64s, held: Int64s
    ) -> None:
        left = [self._sets[row] for row in held.tolist()]
        right = [sets[row] for row in rows.tolist()]
        shared = shared_counts(left, right).astype(np.int64)
        mine = self._sizes[held]
        theirs = np.fromiter(map(len, right), np.int64, len(right))
        reached = _at_least(shared, mine + theirs - shared, self._near)
        reached |= _at_least(shared, np.minimum(mine, theirs), self._least)
        for place in np.flatnonzero(reached).tolist():
            numbers = (int(shared[place]), int(mine[place]), int(theirs[place]))
            verdict = self._verdict(*numbers)
            self._keep(int(held[place]), ids[int(rows[place])], *verdict)

    def _verdict(self, shared: int, held: int, other: int) -> tuple[Relation, Fraction]:
        jaccard = Fraction(shared, held + other - shared)
        if jaccard >= self._near:
            return "near", jaccard
        share = Fraction(shared, min(held, other))
        return ("contained" if held <= other else "contains"), share

    def _keep(self, held: int, other: str, relation: Relation, score: Fraction) -> None:
        self._count[held] = self._count.get(held, 0) + 1
        best = self._best.get(held)
        if best is None or (-score, other) < (-best[0], best[1]):
            self._best[held] = (score, other, relation)


def _at_least(part: Int64s, whole: Int64s, share: Fraction) -> Bools:
    """Where part / whole reaches a share, in whole numbers."""
    reached: Bools = np.greater_equal(part * share.denominator, whole * share.numerator)
    return reached


def _sets_of(prints: Fingerprints) -> list[Uint64s]:
    """The distinct shingles of each text, sorted; nothing for a text without words."""
    sets = distinct_sets(prints.shingles, prints.starts)
    return [part if words else part[:0] for part, words in zip(sets, prints.words, strict=True)]


def _prefixes(counts: Int64s, owners: Int64s, sizes: Int64s, share: Fraction) -> Bools:
    """Marks the n - ceil(share n) + 1 rarest values of each owner; owners stand together."""
    order = np.lexsort((counts, owners))
    first = np.cumsum(sizes) - sizes
    rank = np.empty(len(owners), np.int64)
    rank[order] = np.arange(len(owners)) - first[owners[order]]
    needed = -(-sizes * share.numerator // share.denominator)
    marked: Bools = np.less_equal(rank, (sizes - needed)[owners])
    return marked


def passage(held: str, other: str, ngram: int = 5, words: int = 30) -> str:
    """The longest run of words that two texts share, cut to ``words``; empty under ``ngram``.

    Words are those of :mod:`newsdata.words`; of equally long runs the first in ``held``.

    >>> passage("Yes: the cat sat on the old mat, he said", "The cat sat on the old mat again")
    'the cat sat on the old mat'
    """
    left, right = split_words(held), split_words(other)
    places: dict[tuple[str, ...], list[int]] = {}
    for place in range(len(right) - ngram + 1):
        places.setdefault(tuple(right[place : place + ngram]), []).append(place)
    best = (0, 0)
    runs: dict[int, int] = {}
    for place in range(len(left) - ngram + 1):
        found = places.get(tuple(left[place : place + ngram]), [])
        runs = {at: runs.get(at - 1, ngram - 1) + 1 for at in found}
        longest = max(runs.values(), default=0)
        if longest > best[0]:
            best = (longest, place + ngram - longest)
    return " ".join(left[best[1] : best[1] + min(best[0], words)])
