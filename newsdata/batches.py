"""What one batch of readings becomes: a decision for every input, in columns. Pure.

Most inputs of a day are plain: a new id, a text nobody has, no embargo, no withdrawal. They are
articles and are found by a few vectorised look-ups; only the others go through
:func:`newsdata.duplicates.decide`, with the same result as if all did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from newsdata.duplicates import Decision, Known, Row, Version, decide
from newsdata.ledger import in_microseconds
from newsdata.settings import Settings

Mask = npt.NDArray[np.bool_]

#: Columns of the ledger that a decision reads; times may be timestamps or microseconds.
FACTS = (
    "outcome",
    "reason",
    "id",
    "digest",
    "modified",
    "instant",
    "until",
    "withdrawn",
    "length",
    "words",
    "fingerprint",
    "outline",
    "source",
    "reading",
    "extractor_version",
    "input",
)


class KnownInBulk(Known, Protocol):
    """What a batch asks about many keys at once; a false yes is allowed, a false no is not."""

    def known_ids(self, ids: Sequence[str]) -> Mask:
        """Of each id, whether it was observed before."""

    def known_texts(self, fingerprints: pa.Array) -> Mask:
        """Of each fingerprint, whether a text had it before."""

    def known_inputs(self, keys: Sequence[bytes]) -> Mask:
        """Of each key of an input, whether it stands in the ledger."""


@dataclass(slots=True)
class Counts:
    """How many inputs became what; the first six always add up: see :meth:`check`."""

    read: int = 0
    articles: int = 0
    duplicates: int = 0
    rejected: int = 0
    withheld: int = 0
    unchanged: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    relations: dict[str, int] = field(
        default_factory=lambda: {"exact": 0, "near": 0, "chained": 0, "revision": 0}
    )
    changed: dict[str, int] = field(
        default_factory=lambda: {"rekept": 0, "superseded": 0, "released": 0}
    )
    notices: dict[str, int] = field(default_factory=dict)

    def check(self) -> None:
        """Raise where an input was lost or counted twice: nothing may vanish."""
        parts = self.articles + self.duplicates + self.rejected + self.withheld + self.unchanged
        if parts != self.read:
            raise AssertionError(f"{self.read} inputs were read, but {parts} have an outcome")


@dataclass(slots=True)
class BatchDecision:
    """``rows[i]``: how input i stands in the ledger, None where it is known already.
    ``state``: further rows, without a record, of ids whose state changed."""

    rows: list[Row | None]
    state: list[tuple[str, Row]]
    counts: Counts


def decide_batch(
    facts: pa.Table, known: KnownInBulk, settings: Settings, now: int, before: int
) -> BatchDecision:
    """Decide every input of a batch.

    ``facts`` has the columns :data:`FACTS`, one row for each input read, in reading order, with
    outcome ``article`` or ``rejected``. ``now`` and ``before`` are microseconds since 1970 UTC.
    """
    rows: list[Row | None] = [None] * facts.num_rows
    counts = Counts(read=facts.num_rows)
    rejected = np.asarray(pc.equal(facts.column("outcome"), "rejected"))
    _decide_rejected(facts, np.flatnonzero(rejected), known, rows, counts)
    articles = np.flatnonzero(~rejected)
    state = _decide_articles(facts, articles, known, settings, now, before, rows, counts)
    counts.check()
    return BatchDecision(rows, state, counts)


def _decide_rejected(
    facts: pa.Table,
    where: npt.NDArray[np.intp],
    known: KnownInBulk,
    rows: list[Row | None],
    counts: Counts,
) -> None:
    part = facts.select(["input", "reason"]).take(pa.array(where))
    keys, reasons = (part.column(c).to_pylist() for c in ("input", "reason"))
    seen = {k for k, old in zip(keys, known.known_inputs(keys), strict=True) if old}
    for position, key, reason in zip(where.tolist(), keys, reasons, strict=True):
        if key in seen:
            counts.unchanged += 1
            continue
        seen.add(key)
        rows[position] = Row("rejected", "", reason=reason)
        counts.rejected += 1
        counts.reasons[reason] = counts.reasons.get(reason, 0) + 1


def _decide_articles(
    facts: pa.Table,
    where: npt.NDArray[np.intp],
    known: KnownInBulk,
    settings: Settings,
    now: int,
    before: int,
    rows: list[Row | None],
    counts: Counts,
) -> list[tuple[str, Row]]:
    part = in_microseconds(facts.take(pa.array(where)).combine_chunks())
    plain = _plain(part, known, now)
    digests = part.column("digest").to_pylist()
    for at in np.flatnonzero(plain).tolist():
        rows[int(where[at])] = Row("article", digests[at])
    counts.articles += int(plain.sum())
    others = np.flatnonzero(~plain)
    versions = versions_of(part.take(pa.array(others)))
    decision = decide(versions, known, settings, now, before)
    for at, version, row in zip(others.tolist(), versions, decision.rows, strict=True):
        rows[int(where[at])] = row
        _count(version, row, now, counts)
    _count_changes(decision, counts)
    return decision.state


def _plain(part: pa.Table, known: KnownInBulk, now: int) -> Mask:
    """Inputs that are articles whatever else the batch and the archive hold."""
    ids = part.column("id")
    texts = part.column("fingerprint")
    wordless = np.asarray(pc.equal(part.column("words"), 0))
    public = np.asarray(pc.invert(part.column("withdrawn")))
    until = part.column("until")
    free = np.asarray(pc.or_(pc.is_null(until), pc.less_equal(pc.fill_null(until, 0), now)))
    alone = _unique(ids) & ~known.known_ids(ids.to_pylist())
    original = wordless | (_unique(texts) & ~known.known_texts(texts.combine_chunks()))
    plain: Mask = public & free & alone & original
    return plain


def _unique(column: pa.ChunkedArray) -> Mask:
    codes = column.combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    return np.asarray(np.bincount(codes, minlength=1)[codes] == 1)


def versions_of(part: pa.Table) -> list[Version]:
    """Rows of facts, times in microseconds, as versions."""
    return [
        Version(
            id=r["id"],
            digest=r["digest"],
            modified=r["modified"],
            timestamp=r["instant"],
            withdrawn=r["withdrawn"],
            until=r["until"],
            length=r["length"],
            words=r["words"],
            fingerprint=r["fingerprint"],
            outline=r["outline"],
            source=r["source"],
            reading=r["reading"],
            extractor_version=r["extractor_version"],
        )
        for r in part.to_pylist()
    ]


def _count(version: Version, row: Row | None, now: int, counts: Counts) -> None:
    """Count an input by what it is, which follows from the input, not from the row's name."""
    if row is None:
        counts.unchanged += 1
    elif version.withdrawn or (version.until is not None and version.until > now):
        counts.withheld += 1
        reason = "withdrawn" if version.withdrawn else "embargo"
        counts.reasons[reason] = counts.reasons.get(reason, 0) + 1
    elif row.outcome == "duplicate":
        counts.duplicates += 1
        counts.relations[str(row.relation)] += 1
    else:
        counts.articles += 1


def _count_changes(decision: Decision, counts: Counts) -> None:
    counts.relations["revision"] += decision.revisions
    counts.changed["rekept"] += decision.rekept
    counts.changed["superseded"] += decision.superseded
    counts.changed["released"] += decision.released
    if decision.same_id_other_text:
        counts.notices["same-id-other-text"] = decision.same_id_other_text
