"""Which pairs to look at: all pairs of a group that are worth it, without listing the others.

A pair is worth it when its ends are in different components and at least one end is fresh (new
since the links among the others were found).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from newsdata.neighbours.rule import Bools, Int64s

_PAIRS = 1 << 19
"""Pairs listed at a time: 8 MB."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Rows in groups, with the component and the age of each; one row may be in many groups."""

    rows: Int64s
    groups: Int64s
    roots: Int64s
    fresh: Bools

    def take(self, chosen: Int64s | Bools) -> Entries:
        """Some of the entries."""
        return Entries(
            self.rows[chosen], self.groups[chosen], self.roots[chosen], self.fresh[chosen]
        )


@dataclass(frozen=True, slots=True)
class Ranges:
    """Pairs not yet listed: ``probe[i]`` with each of ``pool[begin[i] : begin[i] + count[i]]``."""

    probe: Int64s
    begin: Int64s
    count: Int64s
    pool: Int64s
    groups: Int64s  # group of each probe

    def total(self) -> int:
        """Number of pairs."""
        return int(self.count.sum())

    def take(self, chosen: Int64s | Bools) -> Ranges:
        """The pairs of some of the probes."""
        return Ranges(
            self.probe[chosen],
            self.begin[chosen],
            self.count[chosen],
            self.pool,
            self.groups[chosen],
        )

    def listed(self) -> Iterator[tuple[Int64s, Int64s]]:
        """The pairs as two arrays, some hundred thousand at a time."""
        for part, begin, count in self._portions():
            place = np.arange(count.sum()) + np.repeat(begin - np.cumsum(count) + count, count)
            yield np.repeat(self.probe[part], count), self.pool[place]

    def _portions(self) -> Iterator[tuple[slice, Int64s, Int64s]]:
        done = np.cumsum(self.count)
        at = 0
        while at < len(done):
            before = done[at - 1] if at else 0
            end = int(np.searchsorted(done, before + _PAIRS, side="right"))
            if end > at:
                yield slice(at, end), self.begin[at:end], self.count[at:end]
                at = end
                continue
            for skip in range(0, int(self.count[at]), _PAIRS):  # one probe with a giant range
                count = min(_PAIRS, int(self.count[at]) - skip)
                begin = self.begin[at : at + 1] + skip
                yield slice(at, at + 1), begin, np.array([count])
            at += 1


def pairs_across(probes: Entries, pool: Entries, *, mirrored: bool) -> Ranges:
    """Pairs of a probe and a pool entry of one group that are worth it.

    ``mirrored`` says that probes and pool are the same entries: each pair is then listed once.
    """
    roots, rank = np.unique(np.concatenate((probes.roots, pool.roots)), return_inverse=True)
    width = len(roots) + 1
    probe_rank, pool_rank = rank[: len(probes.rows)], rank[len(probes.rows) :]
    # in the pool: group by group, the fresh before the others, component by component
    key = (pool.groups * 2 + ~pool.fresh) * width + pool_rank
    order = np.argsort(key, kind="stable")
    key, rows = key[order], pool.rows[order]
    begins, ends, which = [], [], []

    def add(chosen: Int64s, low: Int64s, high: Int64s) -> None:
        begins.append(np.searchsorted(key, low))
        ends.append(np.searchsorted(key, high))
        which.append(chosen)

    # each with the fresh of later components; of earlier ones too, unless those probe as well
    chosen = np.flatnonzero(probes.fresh) if mirrored else np.arange(len(probes.rows))
    base, own = probes.groups[chosen] * 2 * width, probe_rank[chosen]
    add(chosen, base + own + 1, base + width)
    if not mirrored:
        add(chosen, base, base + own)
    # the fresh also with those that are not
    chosen = np.flatnonzero(probes.fresh)
    base, own = (probes.groups[chosen] * 2 + 1) * width, probe_rank[chosen]
    add(chosen, base, base + own)
    add(chosen, base + own + 1, base + width)
    probe = np.concatenate(which)
    begin = np.concatenate(begins)
    count = np.concatenate(ends) - begin
    some = count > 0
    probe = probe[some]
    return Ranges(probes.rows[probe], begin[some], count[some], rows, probes.groups[probe])
