"""What each input is: article, duplicate, withheld, a further version, or known already.

The state of an archive is a function of the *set* of its observations and of ``now``, never of
the order in which they came. :func:`state_of` computes that function from scratch and is the
definition; :func:`decide` computes only what a batch changes, from the few things the batch
touches, and must agree with it (a property test holds the two together).

Terms. An *observation* is one (id, digest): one version of one article. The *current version* is
the one that counts at ``now``; its text is the article's only *active text*. Active texts that
say the same form a *cluster*; one of its articles is *kept*, the others are duplicates of it.

Rules, in the order they are applied:

1. Of several readings of one input only those of the newest extractor count.
2. A version under embargo does not count before its time; if none counts: withheld, ``embargo``.
3. Versions are ordered by (modified, else timestamp; withdrawn after public; digest). A missing
   time is the lowest, for a withdrawal the highest. The largest is current.
4. Is the current version withdrawn (status ``withheld`` or ``canceled``): withheld, ``withdrawn``.
5. Clusters are the connected components of the active texts under the links given.
6. Kept is the least by the keep policy; no ties remain, because ids differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from newsdata.records import Relation
from newsdata.settings import Settings

#: Stands for a missing time: below, and for a withdrawal above, every time in microseconds.
LOWEST, HIGHEST = -(2**63), 2**63 - 1


class Version(NamedTuple):
    """The facts of one observation that decide; times in microseconds since 1970 UTC."""

    id: str
    digest: str
    modified: int | None
    timestamp: int | None
    withdrawn: bool
    until: int | None
    length: int
    words: int
    fingerprint: bytes
    outline: bytes
    source: str | None
    reading: bytes
    extractor_version: int


class Event(NamedTuple):
    """What the ledger said last of an id: its state."""

    outcome: str  # "article" | "duplicate" | "withheld"
    digest: str
    of: str | None = None
    reason: str | None = None


@dataclass(slots=True)
class History:
    """All that is known of one id: its versions, and its last event that is not a revision."""

    versions: dict[str, Version] = field(default_factory=dict)
    last: Event | None = None


class Known(Protocol):
    """What :func:`decide` may ask about the archive so far: each answer costs what it returns."""

    def histories(self, ids: Iterable[str]) -> Mapping[str, History]:
        """Of each id; one never seen has an empty history."""

    def with_text(self, fingerprint: bytes) -> Iterator[str]:
        """Ids any version of which had this text, perhaps superseded since."""

    def copies_of(self, id_: str) -> Iterable[str]:
        """Ids that an event once called duplicates of this one, perhaps changed since."""

    def embargo_ends(self, after: int, until: int) -> Iterable[str]:
        """Ids with a version whose embargo ends in (after, until]."""


class Row(NamedTuple):
    """How one event stands in the ledger."""

    outcome: str
    digest: str
    of: str | None = None
    relation: str | None = None
    score: float | None = None
    reason: str | None = None


@dataclass(slots=True)
class Decision:
    """What a batch changes. ``rows[i]`` belongs to the batch's i-th version; None: unchanged.

    ``state`` holds the events of ids whose new state is told by no version of this batch.
    """

    rows: list[Row | None]
    state: list[tuple[str, Row]] = field(default_factory=list)
    revisions: int = 0
    same_id_other_text: int = 0
    rekept: int = 0
    superseded: int = 0
    released: int = 0


KeepKey = tuple[Any, ...]


def keep_key(version: Version, settings: Settings) -> KeepKey:
    """The least key of a cluster is kept: (missing time, time, longest, id), or as set."""
    missing, time = version.timestamp is None, version.timestamp or 0
    if settings.keep == "latest":
        key: KeepKey = (missing, -time, -version.length, version.id)
    elif settings.keep == "longest":
        key = (-version.length, missing, time, version.id)
    else:
        key = (missing, time, -version.length, version.id)
    if settings.prefer:
        prefer = settings.prefer
        rank = prefer.index(version.source) if version.source in prefer else len(prefer)
        key = (rank, *key)
    return key


def version_key(version: Version) -> tuple[int, bool, str]:
    """Orders the versions of one id; see rule 3."""
    time = version.modified if version.modified is not None else version.timestamp
    if time is None:
        time = HIGHEST if version.withdrawn else LOWEST
    return (time, version.withdrawn, version.digest)


def current(versions: Iterable[Version], now: int) -> tuple[Version | None, Version, str | None]:
    """(the current version or None, the version that decided, why there is none).

    ``versions`` are all versions seen of one id, at least one.
    """
    counted = _newest_readings(list(versions))
    public = [v for v in counted if v.until is None or v.until <= now]
    if not public:
        return None, max(counted, key=version_key), "embargo"
    latest = max(public, key=version_key)
    if latest.withdrawn:
        return None, latest, "withdrawn"
    return latest, latest, None


def _newest_readings(versions: list[Version]) -> list[Version]:
    newest: dict[bytes, int] = {}
    for v in versions:
        newest[v.reading] = max(newest.get(v.reading, -1), v.extractor_version)
    return [v for v in versions if v.extractor_version == newest[v.reading]]


def same_text(versions: Iterable[Version]) -> Iterator[tuple[str, str]]:
    """Links between texts with the same words in the same order; a text of no words has none."""
    first: dict[bytes, str] = {}
    for v in versions:
        if v.words:
            other = first.setdefault(v.fingerprint, v.id)
            if other != v.id:
                yield other, v.id


def share_little(a: Version, b: Version) -> bool:
    """Whether two texts have no bin of their outlines in common, which says that their Jaccard
    similarity is low (0.2 passes once in 36). Good for a notice, not for a decision."""
    if not (a.words and b.words and a.outline and b.outline):
        return False
    pairs = zip(a.outline[::2], a.outline[1::2], b.outline[::2], b.outline[1::2], strict=True)
    return all((high, low) != (other, lower) for high, low, other, lower in pairs)


Links = Callable[[Iterable[Version]], Iterable[tuple[str, str]]]


def state_of(
    versions: Iterable[Version], now: int, settings: Settings, links: Links = same_text
) -> dict[str, Event]:
    """The state of every id, from scratch: the definition that :func:`decide` must agree with."""
    by_id: dict[str, list[Version]] = defaultdict(list)
    for v in versions:
        by_id[v.id].append(v)
    state: dict[str, Event] = {}
    active: dict[str, Version] = {}
    for id_, seen in by_id.items():
        version, decider, reason = current(seen, now)
        if version is None:
            state[id_] = Event("withheld", decider.digest, reason=reason)
        else:
            active[id_] = version
    for members in components(active, links(active.values())):
        kept = min(members, key=lambda i: keep_key(active[i], settings))
        for id_ in members:
            digest = active[id_].digest
            state[id_] = (
                Event("article", digest) if id_ == kept else Event("duplicate", digest, kept)
            )
    return state


def components(nodes: Iterable[str], links: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Connected components, each in the order of ``nodes``.

    >>> components("abcd", [("a", "c"), ("c", "d")])
    [['a', 'c', 'd'], ['b']]
    """
    forest = Forest()
    nodes = list(nodes)
    for a, b in links:
        forest.join(a, b)
    groups: dict[str, list[str]] = {}
    for node in nodes:
        groups.setdefault(forest.root(node), []).append(node)
    return list(groups.values())


class Forest:
    """Union-find over strings; a node not seen before is its own root."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def root(self, node: str) -> str:
        """The node that stands for the tree of this one."""
        parent = self._parent
        while (above := parent.get(node, node)) != node:
            parent[node] = parent.get(above, above)
            node = above
        return node

    def join(self, a: str, b: str) -> None:
        """Make one tree of two."""
        a, b = self.root(a), self.root(b)
        if a != b:
            self._parent[max(a, b)] = min(a, b)


def relation(version: Version, kept: Version) -> tuple[Relation, float]:
    """How a removed text relates to the kept one: a function of the two texts alone."""
    if version.fingerprint == kept.fingerprint:
        return "exact", 1.0
    raise ValueError(f"{version.id} and {kept.id} share no text, yet one cluster")


def decide(
    batch: Sequence[Version], known: Known, settings: Settings, now: int, before: int
) -> Decision:
    """What ``batch`` changes in an archive whose last commit was made at ``before``.

    ``batch`` may hold one observation several times; the first counts, the others are unchanged.
    ``now`` is never less than ``before``. Cost: that of the batch, of the histories of its ids,
    and of the clusters that lose a text.
    """
    return _Work(batch, known, settings, now, before).decide()


class _Work:
    """One call of :func:`decide`: the histories it touched and the events it puts."""

    def __init__(
        self, batch: Sequence[Version], known: Known, settings: Settings, now: int, before: int
    ) -> None:
        self.batch = batch
        self.known = known
        self.settings = settings
        self.now = now
        self.before = before
        self.puts: dict[str, Row] = {}
        self.forest = Forest()
        self._histories: dict[str, History] = {}

    def decide(self) -> Decision:
        fresh = self._fresh()
        timed = sorted(set(self.known.embargo_ends(self.before, self.now)))
        self._fetch(timed)
        gone: set[str] = set()
        come: dict[str, Version] = {}
        by_time = by_version = 0
        for id_ in dict.fromkeys([*fresh, *timed]):
            old = self._active_before(id_)
            versions = [*self._history(id_).versions.values(), *fresh.get(id_, {}).values()]
            after, decider, why = current(versions, self.now)
            if old is not None and after is not None and after.digest == old.digest:
                continue
            by_version += old is not None and id_ in fresh
            by_time += id_ not in fresh
            if old is not None:
                gone.add(id_)
            if after is None:
                self._put(id_, Row("withheld", decider.digest, reason=why))
            else:
                come[id_] = after
        self._cluster(come, gone)
        return self._decision(fresh, set(timed), by_version, by_time)

    # -- what is known ------------------------------------------------------------------------

    def _fetch(self, ids: Iterable[str]) -> None:
        missing = [i for i in dict.fromkeys(ids) if i not in self._histories]
        if missing:
            self._histories.update(self.known.histories(missing))

    def _history(self, id_: str) -> History:
        self._fetch((id_,))
        return self._histories[id_]

    def _active_before(self, id_: str) -> Version | None:
        versions = self._history(id_).versions
        return current(versions.values(), self.before)[0] if versions else None

    def _kept(self, id_: str) -> str:
        """Follow the pointers of duplicates to the article that is kept."""
        while (last := self._history(id_).last) is not None and last.of is not None:
            id_ = last.of
        return id_

    def _members(self, kept: str) -> list[str]:
        """The kept article and all whose pointers lead to it."""
        members, wave = [kept], [kept]
        while wave:
            copies = sorted({c for id_ in wave for c in self.known.copies_of(id_)})
            self._fetch(copies)
            parents = set(wave)
            wave = []
            for copy in copies:
                last = self._history(copy).last
                if last is not None and last.of in parents:
                    wave.append(copy)
            members += wave
        return members

    def _fresh(self) -> dict[str, dict[str, Version]]:
        """The observations that are not known yet, by id and digest."""
        self._fetch(v.id for v in self.batch)
        fresh: dict[str, dict[str, Version]] = {}
        for v in self.batch:
            if v.digest not in self._history(v.id).versions:
                fresh.setdefault(v.id, {}).setdefault(v.digest, v)
        return fresh

    # -- clusters -----------------------------------------------------------------------------

    def _cluster(self, come: Mapping[str, Version], gone: set[str]) -> None:
        """Cluster anew whatever gained or lost a text, and put what changed by it.

        The nodes: each new text; each text of a cluster that lost one; and, for any other
        cluster that a new text joins, its kept article alone, since no member can beat it.
        """
        dirty = self._scattered(gone)
        nodes = {**dirty, **come}
        for a, b in same_text(nodes.values()):
            self.forest.join(a, b)
        for v in list(come.values()):
            other = self._archived(v, nodes, gone)
            if other is not None:
                kept = self._kept(other)
                if kept not in nodes:
                    nodes[kept] = self._before(kept)
                self.forest.join(v.id, kept)
        groups: dict[str, list[str]] = {}
        for id_ in nodes:
            groups.setdefault(self.forest.root(id_), []).append(id_)
        for members in groups.values():
            self._settle(members, nodes, dirty)

    def _scattered(self, gone: set[str]) -> dict[str, Version]:
        """The members, less the lost ones, of every cluster that lost a text."""
        dirty: dict[str, Version] = {}
        for kept in sorted({self._kept(id_) for id_ in gone}):
            for member in self._members(kept):
                if member not in gone:
                    dirty[member] = self._before(member)
        return dirty

    def _before(self, id_: str) -> Version:
        version = self._active_before(id_)
        if version is None:
            raise LookupError(f"{id_} stands in a cluster but has no active text")
        return version

    def _archived(self, new: Version, nodes: Mapping[str, Version], gone: set[str]) -> str | None:
        """An article of an untouched cluster whose active text says the same."""
        if not new.words:
            return None
        for id_ in self.known.with_text(new.fingerprint):
            if id_ in nodes or id_ in gone:
                continue
            version = self._active_before(id_)
            if version is not None and version.fingerprint == new.fingerprint:
                return id_
        return None

    def _settle(
        self, members: list[str], nodes: Mapping[str, Version], dirty: Mapping[str, Version]
    ) -> None:
        """Choose the kept one of a cluster and put the events of those whose state changed."""
        kept = min(members, key=lambda i: keep_key(nodes[i], self.settings))
        self._put(kept, Row("article", nodes[kept].digest))
        inside = set(members)
        for id_ in members:
            if id_ == kept or (id_ in dirty and self._still_leads(id_, kept, inside, nodes)):
                continue
            how, score = relation(nodes[id_], nodes[kept])
            self._put(id_, Row("duplicate", nodes[id_].digest, kept, how, score))

    def _still_leads(
        self, id_: str, kept: str, inside: set[str], nodes: Mapping[str, Version]
    ) -> bool:
        """Whether the pointers of an old duplicate lead to ``kept`` without leaving the cluster.

        They may end at an article of the cluster that is kept no more: it gets its own event.
        """
        last = self._history(id_).last
        if last is None or last.outcome != "duplicate" or last.digest != nodes[id_].digest:
            return False
        node = id_
        while node != kept:
            last = self._history(node).last
            if last is None or node not in inside:
                return False
            if last.of is None:
                return last.outcome == "article"
            node = last.of
        return True

    # -- what comes of it ---------------------------------------------------------------------

    def _put(self, id_: str, row: Row) -> None:
        """Nothing is appended that says again what the ledger said last of the id."""
        last = self._history(id_).last
        if last is not None and last.outcome == row.outcome:
            if row.outcome == "withheld" and last.reason == row.reason:
                return
            if row.outcome != "withheld" and (last.digest, last.of) == (row.digest, row.of):
                return
        self.puts[id_] = row

    def _decision(
        self,
        fresh: Mapping[str, Mapping[str, Version]],
        timed: set[str],
        superseded: int,
        released: int,
    ) -> Decision:
        rows: list[Row | None] = []
        told: set[tuple[str, str]] = set()
        for v in self.batch:
            key = (v.id, v.digest)
            if key in told or v.digest not in fresh.get(v.id, {}):
                rows.append(None)
                continue
            told.add(key)
            put = self.puts.get(v.id)
            rows.append(put if put is not None and put.digest == v.digest else self._late(v))
        state = [(i, r) for i, r in self.puts.items() if (i, r.digest) not in told]
        rekept = sum(i not in fresh and i not in timed and self._flips(i, r) for i, r in state)
        known = sum(not self._history(i).versions for i in fresh)
        revisions = sum(len(versions) for versions in fresh.values()) - known
        strangers = sum(self._strange(i, versions) for i, versions in fresh.items())
        return Decision(rows, state, revisions, strangers, rekept, superseded, released)

    def _strange(self, id_: str, fresh: Mapping[str, Version]) -> bool:
        """Whether a new version and another of the same id share little of their texts."""
        others = [*self._history(id_).versions.values(), *fresh.values()]
        return any(share_little(a, b) for a in fresh.values() for b in others)

    def _late(self, version: Version) -> Row:
        """A version that is recorded but is not the state of its id."""
        if version.until is not None and version.until > self.now:
            return Row("revision", version.digest, reason="embargo")
        return Row("revision", version.digest, reason="superseded")

    def _flips(self, id_: str, row: Row) -> bool:
        last = self._history(id_).last
        return last is not None and last.outcome != row.outcome
