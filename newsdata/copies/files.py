"""Deduplicate records in files; memory follows their number, not their size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, TypeAlias

import numpy as np

from newsdata.copies.facts import Facts, Fields, Id, Int64s
from newsdata.copies.members import Member, evidence, families, find_held, find_members, shelve
from newsdata.exporters.records import (
    canonical_bytes,
    records_of,
    write_json,
    write_lines,
    write_parquet,
)
from newsdata.limits import Limits
from newsdata.links import near_of
from newsdata.neighbours import Shelf
from newsdata.records import Fault, Place, Rejected
from newsdata.settings import Settings
from newsdata.sources.again import Places, rereadable, spill_file
from newsdata.sources.arguments import Sources, listed
from newsdata.sources.files import Input, find_inputs
from newsdata.sources.reading import Reading, read_inputs
from newsdata.sources.tables import is_parquet, read_rows
from newsdata.validation import parse_json

#: Told of every record that is left out: where it stands, and why.
Report: TypeAlias = Callable[[Place, Sequence[Fault]], None]


@dataclass(frozen=True, slots=True)
class Target:
    """An open stream for records, and whether they are written to it as Parquet."""

    stream: IO[bytes]
    parquet: bool = False


@dataclass(frozen=True, slots=True)
class Targets:
    """What is written: records kept, records removed, members of clusters, evidence, families."""

    kept: Target | None = None
    removed: Target | None = None
    clusters: IO[bytes] | None = None
    evidence: IO[bytes] | None = None
    families: IO[bytes] | None = None

    @property
    def held(self) -> bool:
        """Whether texts that hold others are asked for."""
        return self.evidence is not None or self.families is not None


@dataclass(slots=True)
class Counts:
    """The summary of a run; see :meth:`to_dict`."""

    read: int = 0
    kept: int = 0
    relations: dict[str, int] = field(
        default_factory=lambda: {"exact": 0, "near": 0, "chained": 0}
    )
    reasons: dict[str, int] = field(default_factory=dict)
    notices: dict[str, int] = field(default_factory=dict)
    clusters: int = 0
    largest: int = 0
    contains: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Ready for ``json.dumps``. ``read`` is always kept + duplicates + rejected; ``contains``
        is null where nobody asked for evidence."""
        duplicates, rejected = sum(self.relations.values()), sum(self.reasons.values())
        if self.kept + duplicates + rejected != self.read:
            raise AssertionError(f"of {self.read} records some were lost or counted twice")
        return {
            "format": 1,
            "read": self.read,
            "kept": self.kept,
            "duplicates": duplicates,
            "rejected": rejected,
            "relations": self.relations,
            "clusters": self.clusters,
            "largest": self.largest,
            "contains": self.contains,
            "reasons": dict(sorted(self.reasons.items())),
            "notices": {name: count for name, count in self.notices.items() if count},
        }


def deduplicate_files(
    sources: Sources,
    targets: Targets,
    settings: Settings | None = None,
    fields: Fields | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Read sources, write what ``targets`` ask for, and return the summary.

    Kept and removed records come in the order of the input. Raises SourceError where a source
    cannot be opened or changes while it is read, UsageError where records do not fit one table.
    """
    settings = settings or Settings()
    facts = Facts(fields or Fields(), settings)
    counts, places = Counts(), Places(Limits())
    near = near_of(settings)
    with (
        rereadable(find_inputs(listed(sources))) as inputs,
        spill_file() as spill,
        spill_file() as sketches,
    ):
        found = _read_texts(inputs, facts, places, counts, report)
        few = near is None and not targets.held
        texts = shelve(found, settings, Shelf(spill, sketches), exact_only=few)
        again = facts.settle_ids(lambda rows: _canonical(places, rows))
        members = find_members(facts, texts, again, near)
        kept = np.ones(len(facts), np.bool_)
        kept[np.array([m.row for m in members if m.relation], np.int64)] = False
        _count(counts, facts, members)
        if targets.held:
            held = find_held(facts, texts, np.flatnonzero(kept))
            if targets.evidence is not None:
                counts.contains = write_json(targets.evidence, evidence(facts, held))
            if targets.families is not None:
                write_json(targets.families, families(facts, held, members))
        if targets.clusters is not None:
            write_json(targets.clusters, (_cluster_line(m, facts) for m in members))
        _write_records(targets.kept, places, np.flatnonzero(kept))
        _write_records(targets.removed, places, np.flatnonzero(~kept))
    return counts.to_dict()


def _read_texts(
    inputs: Sequence[Input], facts: Facts, places: Places, counts: Counts, report: Report | None
) -> Iterator[str]:
    """The text of every record that has one; its facts and its place are noted on the way."""
    for one in inputs:
        places.begin(one, table=is_parquet(one))
        for record, place in read_records(one, facts.fields):
            counts.read += 1
            text = record[0] if isinstance(record, tuple) else facts.add(record)
            if isinstance(text, str):
                places.add(place.offset or 0, place.length or 0)
                yield text
                continue
            faults = record if isinstance(record, tuple) else (text,)
            counts.reasons[faults[0].code] = counts.reasons.get(faults[0].code, 0) + 1
            if report is not None:
                report(place, faults)


def read_records(one: Input, fields: Fields) -> Iterator[tuple[Any, Place]]:
    """The value of each record of a file, or a tuple of faults; and where it stands. Of Parquet
    only the columns of ``fields`` are read."""
    return _table_records(one, fields) if is_parquet(one) else _json_records(one)


def _json_records(one: Input) -> Iterator[tuple[Any, Place]]:
    """The value of each JSON record, or a tuple of faults; and where it stands."""
    limits = Limits()
    for item in read_inputs([one], Reading(limits=limits)):
        if isinstance(item, Rejected):
            yield item.faults, item.place
        elif item.kind != "record":
            message = f"found a page ({item.kind}), expected JSON records"
            yield (Fault("not-json", message),), item.place
        else:
            value, faults = parse_json(item.content, limits)
            yield faults or value, item.place


def _table_records(one: Input, fields: Fields) -> Iterator[tuple[Any, Place]]:
    """The same of the rows of a Parquet file; only the columns of ``fields`` are read."""
    for row, record in enumerate(read_rows(one, fields.columns())):
        yield (record,) if isinstance(record, Fault) else record, Place(one.name, row + 1, row)


def _canonical(places: Places, rows: Int64s) -> Iterator[bytes]:
    for portion in places.take(rows):
        yield from map(canonical_bytes, records_of(portion))


def _count(counts: Counts, facts: Facts, members: Sequence[Member]) -> None:
    sizes: dict[Id, int] = {}
    for member in members:
        sizes[member.cluster] = sizes.get(member.cluster, 0) + 1
        if member.relation is not None:
            counts.relations[member.relation] += 1
    counts.kept = len(facts) - sum(counts.relations.values())
    counts.clusters, counts.largest = len(sizes), max(sizes.values(), default=0)
    counts.notices = facts.notices


def _cluster_line(member: Member, facts: Facts) -> dict[str, Any]:
    return {
        "id": facts.ids[member.row],
        "cluster": member.cluster,
        "kept": facts.ids[member.kept],
        "relation": member.relation,
        "score": member.score,
    }


def _write_records(target: Target | None, places: Places, rows: Int64s) -> None:
    if target is None:
        return
    if target.parquet:
        write_parquet(target.stream, places, rows)
    else:
        write_lines(target.stream, places.take(rows))
