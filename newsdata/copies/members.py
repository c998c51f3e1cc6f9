"""Which records are copies of which, and which of them is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from newsdata.copies.facts import Facts, Id, Int64s
from newsdata.fingerprints import fingerprint_batch, fingerprint_blocks
from newsdata.links import hashing_of
from newsdata.neighbours import (
    Contained,
    Joined,
    Near,
    Shelf,
    Texts,
    components,
    contained,
    link,
    near_pairs,
)
from newsdata.records import Relation
from newsdata.settings import Settings

#: How much of a text another one must hold to be evidence.
CONTAINS = 0.8
#: How much of a text another one must hold to be of its family. At .8 Russian agency texts that
#: share their background paragraphs grow together into one family; at .9 they do not.
FAMILY = 0.9


@dataclass(frozen=True, slots=True)
class Member:
    """One record of a cluster of two or more; ``relation`` and ``score`` are None for the kept."""

    row: int
    kept: int
    cluster: Id
    relation: Relation | None
    score: float | None


def find_members(
    facts: Facts, texts: Texts, again: Sequence[tuple[int, int]], near: Near | None
) -> list[Member]:
    """Every record that has a copy, sorted by cluster, the kept one first, then by id.

    ``again`` are pairs of rows with identical records: they belong together, words or not.
    """
    found = link(texts, near).labels if near else _same_words(texts)
    count = len(found)
    first, twice = np.array(again, np.int64).reshape(-1, 2).T
    labels = components(count, np.append(found, first), np.append(np.arange(count), twice))
    groups = [
        (min(rows, key=lambda r: facts.keep_key(r, int(texts.words[r]))), rows)
        for rows in _groups(labels)
    ]
    left = [row for kept, rows in groups for row in rows if row != kept]
    right = [kept for kept, rows in groups for row in rows if row != kept]
    scores = iter(_relations(texts, np.array(left, np.int64), np.array(right, np.int64), near))
    names = _cluster_ids(facts, [rows for _, rows in groups])
    members = [
        Member(row, kept, name, *((None, None) if row == kept else next(scores)))
        for (kept, rows), name in zip(groups, names, strict=True)
        for row in rows
    ]

    def order(m: Member) -> tuple[Any, ...]:
        return isinstance(m.cluster, str), m.cluster, m.row != m.kept, facts.order(m.row), m.row

    return sorted(members, key=order)


def _same_words(texts: Texts) -> Int64s:
    """int64[n]: the first row with the same words in the same order."""
    labels = np.arange(len(texts.words))
    rows = np.flatnonzero(texts.words)
    order = rows[np.lexsort((texts.exact[rows, 1], texts.exact[rows, 0]))]
    exact = texts.exact[order]
    fresh = np.append(True, (exact[1:] != exact[:-1]).any(axis=1))[: len(order)]
    if len(order):
        labels[order] = order[fresh][np.cumsum(fresh) - 1]  # lexsort is stable
    return labels


def _groups(labels: Int64s) -> list[list[int]]:
    """The rows of each label that several rows have."""
    rows = np.flatnonzero((np.bincount(labels) > 1)[labels]) if len(labels) else labels
    rows = rows[np.argsort(labels[rows], kind="stable")]
    edges = np.flatnonzero(np.diff(labels[rows])) + 1
    return [part.tolist() for part in np.split(rows, edges) if len(part)]


def _relations(
    texts: Texts, left: Int64s, right: Int64s, near: Near | None
) -> list[tuple[Relation, float]]:
    result: list[tuple[Relation, float]] = [("exact", 1.0)] * len(left)
    others = np.flatnonzero((texts.exact[left] != texts.exact[right]).any(axis=1))
    if near is not None and len(others):
        close, shared, union = near_pairs(texts, left[others], right[others], near)
        rows = zip(others.tolist(), close.tolist(), shared.tolist(), union.tolist(), strict=True)
        for at, is_near, common, total in rows:
            result[at] = ("near" if is_near else "chained", common / total)
    return result


def _cluster_ids(facts: Facts, groups: Sequence[list[int]]) -> list[Id]:
    """The smallest id of each; where different records of one id would name two clusters, its
    digest is added."""
    least = [min(rows, key=facts.order) for rows in groups]
    count: dict[Id | None, int] = {}
    for row in least:
        count[facts.ids[row]] = count.get(facts.ids[row], 0) + 1
    return [
        id_ if count[id_] == 1 else f"{id_}#{facts.digests[row].hex()}"
        for row in least
        if (id_ := facts.ids[row]) is not None
    ]


@dataclass(frozen=True, slots=True)
class Held:
    """Kept texts that others hold, as places in ``rows``: kept rows in the order of their ids, so
    that it decides ties."""

    rows: Int64s
    pairs: Contained


def find_held(facts: Facts, texts: Texts, kept: Int64s) -> Held:
    """Pairs of kept texts, one of which holds at least :data:`CONTAINS` of the other."""
    rows = np.array(sorted(kept.tolist(), key=facts.order), np.int64)
    return Held(rows, contained(Joined([(texts, rows)]), np.arange(len(rows)), CONTAINS))


def evidence(facts: Facts, held: Held) -> Iterator[dict[str, Any]]:
    """A line for each pair."""
    found, ids = held.pairs, facts.ids
    pairs = zip(found.inner.tolist(), found.outer.tolist(), found.share(), strict=True)
    for inner, outer, share in pairs:
        one, other = int(held.rows[inner]), int(held.rows[outer])
        yield {"inner": ids[one], "outer": ids[other], "share": share}


def families(facts: Facts, held: Held, members: Sequence[Member]) -> Iterator[dict[str, Any]]:
    """A line for each record of a family of two or more, by family, then by id.

    A family is a cluster with all clusters whose kept texts hold :data:`FAMILY` of its own or
    are held by it; closed transitively, for reading and for splitting data, never for removal.
    """
    found = held.pairs
    ratio = Fraction(str(FAMILY))
    close = found.shared * ratio.denominator >= found.size * ratio.numerator
    labels = components(len(held.rows), found.inner[close], found.outer[close])
    copies: dict[int, list[int]] = {}
    for member in members:
        copies.setdefault(member.kept, []).append(member.row)
    for places in _families(labels, held.rows, copies):
        rows = [(row, kept) for kept in places for row in copies.get(kept, [kept])]
        rows.sort(key=lambda pair: (facts.order(pair[0]), pair[0]))
        for row, kept in rows:
            name, own, of = facts.ids[rows[0][0]], facts.ids[row], facts.ids[kept]
            yield {"id": own, "family": name, "kept": of}


def _families(
    labels: Int64s, rows: Int64s, copies: Mapping[int, list[int]]
) -> Iterator[list[int]]:
    """The kept rows of each family with two records or more."""
    groups: dict[int, list[int]] = {}
    for label, row in zip(labels.tolist(), rows.tolist(), strict=True):
        groups.setdefault(label, []).append(row)
    for kept in groups.values():
        if len(kept) > 1 or kept[0] in copies:
            yield kept


def shelve(
    texts: Iterable[str], settings: Settings, shelf: Shelf, *, exact_only: bool = False
) -> Shelf:
    """Put the numbers of texts on a shelf; for exact copies neither sketches nor shingles."""
    hashing = hashing_of(settings)
    if exact_only:
        shelf.add(fingerprint_batch(texts, hashing, sketches=False, shingles=False))
        return shelf
    for prints in fingerprint_blocks(texts, hashing):
        shelf.add(prints)
    return shelf
