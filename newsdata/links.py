"""Which texts of a batch say the same as each other and as those of the archive. Pure.

``exact`` copies have equal fingerprints; ``near`` ones satisfy :class:`newsdata.neighbours.Near`,
a property of the two texts and the settings alone. Archived texts are found through an index of
bands that leaves none out, and every pair is verified on all shingles before it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from newsdata.duplicates import Active, Node, archived_copy
from newsdata.fingerprints import Hashing
from newsdata.neighbours import Joined, Near, Texts, link, near_pairs
from newsdata.records import Relation
from newsdata.settings import Settings
from newsdata.versions import Version

Int64s = npt.NDArray[np.int64]


class TextIndex(Protocol):
    """What a linker asks about the texts of an archive."""

    def with_texts(self, fingerprints: Sequence[bytes]) -> Mapping[bytes, Iterable[str]]:
        """Of those that are known: ids any version of which had the text, found when asked."""

    def near_texts(self, sketch: npt.NDArray[np.uint16]) -> Sequence[Mapping[str, Any]]:
        """id, digest, fingerprint, shelf, text of texts that share a band with a sketch."""

    def texts(self, places: Sequence[tuple[int, int]]) -> Texts:
        """The texts at these (shelf, place on it)."""


def hashing_of(settings: Settings) -> Hashing:
    """How the texts of an archive are hashed."""
    return Hashing(settings.ngram, settings.seed, settings.hash_version)


def near_of(settings: Settings) -> Near | None:
    """When two texts are near; None where only exact copies count (threshold 1)."""
    return Near(settings.threshold) if settings.threshold < 1 else None


class TextLinker:
    """Links by text (a :class:`newsdata.duplicates.Linker`).

    ``places[p]`` is the place of the text at position p of the batch; ``prints`` and ``words``
    have its fingerprint and number of words, and ``shelf`` the texts (not used for exact copies).
    """

    def __init__(
        self,
        prints: Sequence[bytes],
        words: Sequence[int],
        places: Int64s,
        index: TextIndex,
        near: Near | None,
        shelf: Texts | None = None,
    ) -> None:
        self._shelf = shelf
        self._prints = prints
        self._words = words
        self._places = places
        self._index = index
        self._near = near

    def pairs(
        self,
        plain: Sequence[int],
        come: Mapping[str, Version],
        dirty: Mapping[str, Version],
        active: Active,
    ) -> Iterable[tuple[Node, Node]]:
        """See :class:`newsdata.duplicates.Linker`."""
        nodes: list[Node] = [*plain, *come, *dirty]
        versions = [*come.values(), *dirty.values()]
        prints = [self._prints[int(self._places[p])] for p in plain]
        prints += [v.fingerprint for v in versions]
        words = [self._words[int(self._places[p])] for p in plain]
        words += [v.words for v in versions]
        found = list(_same_prints(nodes, prints, words))
        found += self._archived(nodes, prints, words, active)
        if self._near is None:
            return found
        one = _one_of_each(nodes, prints, words)
        places = [self._place(nodes[i], come, dirty) for i in one]
        return [*found, *self._near_pairs([nodes[i] for i in one], places, active)]

    def _place(
        self, node: Node, come: Mapping[str, Version], dirty: Mapping[str, Version]
    ) -> tuple[int, int]:
        if isinstance(node, int):
            return 0, int(self._places[node])
        version = come.get(node) or dirty[node]
        return version.shelf, version.text

    def _archived(
        self, nodes: Sequence[Node], prints: Sequence[bytes], words: Sequence[int], active: Active
    ) -> list[tuple[Node, Node]]:
        """For each text that the archive has word for word, one active article with it."""
        first = {p: n for n, p, w in zip(nodes, prints, words, strict=True) if w}
        found: list[tuple[Node, Node]] = []
        for fingerprint, ids in self._index.with_texts(list(first)).items():
            other = archived_copy(fingerprint, ids, active)
            if other is not None:
                found.append((first[fingerprint], other))
        return found

    def _near_pairs(
        self, nodes: list[Node], places: list[tuple[int, int]], active: Active
    ) -> Iterable[tuple[Node, Node]]:
        """Pairs that span the components of the near graph of these texts and the archive."""
        assert self._near is not None
        fresh = self._texts(places)
        others, kept = self._candidates(fresh, active)
        rows = len(nodes)
        old = self._index.texts([(r["shelf"], r["text"]) for r in others])
        joined = Joined([(fresh, np.arange(rows)), (old, np.arange(len(others)))])
        first: dict[str, int] = {}
        known = [first.setdefault(root, rows + at) for at, root in enumerate(kept)]
        labels = np.array([*range(rows), *known], np.int64)
        is_fresh = np.arange(rows + len(others)) < rows
        found = link(joined, self._near, labels=labels, fresh=is_fresh).labels
        names: list[Node] = [*nodes, *kept]
        joined_to = np.flatnonzero(found != np.arange(len(names)))
        return [(names[i], names[int(found[i])]) for i in joined_to.tolist()]

    def _candidates(
        self, fresh: Texts, active: Active
    ) -> tuple[list[Mapping[str, Any]], list[str]]:
        """Archived active texts that share a band with a fresh one, each text once, and the kept
        article of the cluster of each."""
        rows = self._index.near_texts(fresh.sketch[np.flatnonzero(fresh.words)])
        ids = dict.fromkeys(r["id"] for r in rows)
        active.prefetch(ids)
        chosen: dict[bytes, tuple[Mapping[str, Any], str]] = {}
        missed: dict[bytes, Mapping[str, Any]] = {}
        for row in rows:
            fingerprint = row["fingerprint"]
            if fingerprint in chosen:
                continue
            version = active(row["id"])
            if version is not None and version.fingerprint == fingerprint:
                chosen[fingerprint] = (row, active.kept(row["id"]))
            else:
                missed[fingerprint] = row
        # The row that stands for a text in the bands is active no more: another article may be.
        rest = [p for p in missed if p not in chosen]
        for fingerprint, others in self._index.with_texts(rest).items():
            other = archived_copy(fingerprint, others, active)
            if other is not None:
                chosen[fingerprint] = (missed[fingerprint], active.kept(other))
        ordered = list(chosen.values())
        return [row for row, _ in ordered], [kept for _, kept in ordered]

    def _texts(self, places: Sequence[tuple[int, int]]) -> Texts:
        """Texts at (shelf, place) in this order; shelf 0 is that of the batch."""
        assert self._shelf is not None
        here = np.array([i for i, (shelf, _) in enumerate(places) if shelf == 0], np.int64)
        there = [i for i, (shelf, _) in enumerate(places) if shelf != 0]
        mine = np.array([places[i][1] for i in here.tolist()], np.int64)
        old = self._index.texts([places[i] for i in there])
        joined = Joined([(self._shelf, mine), (old, np.arange(len(there)))])
        order = np.argsort(np.concatenate([here, np.array(there, np.int64)]), kind="stable")
        return Joined([(joined, order)])

    def relations(self, pairs: Sequence[tuple[Version, Version]]) -> list[tuple[Relation, float]]:
        """See :class:`newsdata.duplicates.Linker`."""
        result: list[tuple[Relation, float]] = [("exact", 1.0)] * len(pairs)
        others = [i for i, (a, b) in enumerate(pairs) if a.fingerprint != b.fingerprint]
        if not others or self._near is None:
            return result
        texts = self._texts([(v.shelf, v.text) for i in others for v in pairs[i]])
        left = np.arange(0, 2 * len(others), 2)
        near, shared, union = near_pairs(texts, left, left + 1, self._near)
        rows = zip(others, near.tolist(), shared.tolist(), union.tolist(), strict=True)
        for i, is_near, common, total in rows:
            result[i] = ("near" if is_near else "chained", common / total if total else 0.0)
        return result


def _same_prints(
    nodes: Sequence[Node], prints: Sequence[bytes], words: Sequence[int]
) -> Iterable[tuple[Node, Node]]:
    first: dict[bytes, Node] = {}
    for node, fingerprint, count in zip(nodes, prints, words, strict=True):
        if count:
            other = first.setdefault(fingerprint, node)
            if other != node:
                yield other, node


def _one_of_each(
    nodes: Sequence[Node], prints: Sequence[bytes], words: Sequence[int]
) -> list[int]:
    """Positions of the first node of each text that has words."""
    first: dict[bytes, int] = {}
    for at in range(len(nodes)):
        if words[at]:
            first.setdefault(prints[at], at)
    return list(first.values())
