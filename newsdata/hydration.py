"""Fills in the texts that a release left out, from an archive that has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsdata.configs import (
    CLUSTERS,
    DUPLICATES,
    MEANING,
    REVISIONS,
    cluster_columns,
    duplicate_columns,
)
from newsdata.errors import ReleaseError
from newsdata.exporters.comparing import schema_of
from newsdata.exporters.directory import seal, taken
from newsdata.exporters.hashing import leaves, moments_of
from newsdata.exporters.names import ARTICLES
from newsdata.exporters.plan import About, Plan, Shard, Side, Since
from newsdata.exporters.sealed import read_changelog, read_manifest, read_removed, read_rows
from newsdata.exporters.tables import before_this
from newsdata.exporters.without import (
    FINGERPRINTS,
    Fingerprinter,
    slots,
    steps_of,
    with_texts,
)
from newsdata.opening import open_archive
from newsdata.schema import Schema
from newsdata.snapshots import Snapshot, snapshot
from newsdata.storage import Where

if TYPE_CHECKING:
    import pyarrow as pa

    from newsdata.archive import Archive

#: A row of a release: its config and its number there.
Row = tuple[str, int]
#: The left-out texts of a row as one value: how many, and the sum of their fingerprints. A
#: fingerprint is made of the id, the field and the place too.
Sum = tuple[int, int]

MATCH, CHANGED, MISSING = "match", "changed", "missing"


@dataclass(frozen=True, slots=True)
class Hydrated:
    """What became of the rows of a release that left texts out: ``counts`` of rows by ``match``,
    ``changed`` (the archive has the article with other texts) and ``missing``; ``ids`` of the
    latter two. ``path`` is the release that was written, None for a mere report; ``whole`` says
    that it has the content hash of the release with all its texts."""

    counts: Mapping[str, int]
    ids: Mapping[str, Sequence[str]]
    path: Path | None = None
    whole: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        path = str(self.path) if self.path is not None else None
        ids = {fate: list(found) for fate, found in self.ids.items()}
        return {"counts": dict(self.counts), "ids": ids, "path": path, "whole": self.whole}


def hydrate(directory: Path, archive: Where, target: Path | None = None) -> Hydrated:
    """Look in an archive for the texts that a release left out; write the release with them.

    A text is taken only where its fingerprint is that of the release. What is not found stays
    null, and then the settings in the manifest of ``target`` say how many rows lack texts.
    Raises ReleaseError where the release left nothing out or something stands at ``target``.
    """
    manifest = read_manifest(directory)
    if not manifest.get("without"):
        raise ReleaseError(f"{directory}: this release left no text out")
    if target is not None and taken(target):
        raise ReleaseError(f"{target}: something stands there already")
    opened = open_archive(archive)
    opened.refresh()
    found = _Search.of(directory, manifest, opened.schema)
    found.look(opened)
    counts, ids = found.fates()
    if target is None:
        return Hydrated(counts, ids)
    planned = _plan(directory, manifest, found, snapshot(opened, ()), counts)
    sealed = seal(target, planned)
    whole = sealed.manifest["content_hash"] == manifest["without"]["content_hash"]
    return Hydrated(counts, ids, target, whole)


# -- which version of which article -------------------------------------------------------------


@dataclass(slots=True)
class _Search:
    """``wanted``: the sum of each row that lacks texts. ``digests``: of the version that has
    them. ``known``: ids that the archive has."""

    prints: Fingerprinter
    fields: tuple[str, ...]
    key: str
    ids: dict[Row, str]
    wanted: dict[Row, Sum]
    digests: dict[Row, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, directory: Path, manifest: Mapping[str, Any], schema: Schema) -> _Search:
        """What is asked of an archive whose records have this schema."""
        fields = tuple(manifest["without"]["fields"])
        lacking = {name for name in fields if not steps_of(schema.arrow, name)}
        if lacking or "id" not in schema.roles:
            names = ", ".join(sorted(lacking)) or "id"
            raise ReleaseError(f"{directory}: the records of the archive have no {names}")
        prints = Fingerprinter.of(manifest["name"], manifest["version"])
        search = cls(prints, fields, schema.roles["id"], {}, {})
        if FINGERPRINTS in manifest["configs"]:
            table = read_rows(directory, FINGERPRINTS)
            shown = ("config", "row", "id", "fingerprint")
            columns = (table.column(name).to_pylist() for name in shown)
            for config, row, id_, told in zip(*columns, strict=True):
                count, total = search.wanted.get((config, row), (0, 0))
                search.wanted[config, row] = count + 1, total + int(told, 16)
                search.ids[config, row] = id_
        return search

    def look(self, archive: Archive) -> None:
        """Go through all versions of the articles that the archive has ever seen."""
        import pyarrow as pa
        import pyarrow.compute as pc

        rows: dict[str, list[Row]] = defaultdict(list)
        for row, id_ in self.ids.items():
            rows[id_].append(row)
        names = dict.fromkeys(
            [self.key, *(steps_of(archive.schema.arrow, name)[0] for name in self.fields)]
        )
        columns = {name: pc.field("record", name) for name in names}
        columns["version digest"] = pc.field("digest")
        asked = pa.array(rows, pa.string())
        where = pc.is_valid(pc.field("withdrawn")) & pc.field("id").isin(asked)
        for batch in archive.scan(columns, where):
            table = pa.Table.from_batches([batch])
            sums: dict[int, Sum] = {}
            for at, _, _, _, told in self.prints.of_table(table, self.key, self.fields):
                count, total = sums.get(at, (0, 0))
                sums[at] = count + 1, total + int(told, 16)
            ids = [str(one) for one in table.column(self.key).to_pylist()]
            digests = table.column("version digest").to_pylist()
            for at, (id_, digest) in enumerate(zip(ids, digests, strict=True)):
                self.known.add(id_)
                for row in rows[id_]:
                    # The least one, so that the result does not hang on the order of the ledger.
                    if self.wanted[row] == sums.get(at, (0, 0)):
                        self.digests[row] = min(digest, self.digests.get(row, digest))

    def fates(self) -> tuple[dict[str, int], dict[str, list[str]]]:
        """Counts of rows, and the ids of those that are not filled in."""
        counts = {MATCH: len(self.digests), CHANGED: 0, MISSING: 0}
        ids: dict[str, set[str]] = {CHANGED: set(), MISSING: set()}
        for row, id_ in self.ids.items():
            if row not in self.digests:
                fate = CHANGED if id_ in self.known else MISSING
                counts[fate] += 1
                ids[fate].add(id_)
        return counts, {fate: sorted(found) for fate, found in ids.items()}


# -- the rows -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Filled:
    """The rows of a config with their texts (:class:`newsdata.exporters.plan.Rows`)."""

    config: str
    rows: pa.Table | _Files
    search: _Search
    seen: Snapshot

    def tables(self, cuts: Sequence[tuple[int, int]]) -> Iterator[pa.Table]:
        """See :class:`newsdata.exporters.plan.Rows`."""
        import pyarrow as pa

        wanted = [[n for n in range(a, b) if self._digest(n)] for a, b in cuts]
        digests = pa.array([self._digest(n) for part in wanted for n in part], pa.string())
        places = self.seen.places(self.seen.observed(digests))
        own, start = [], 0
        for part in wanted:
            own.append((start, start + len(part)))
            start += len(part)
        records = self.seen.ledger.records(places, [cut for cut in own if cut[0] < cut[1]])
        for (a, b), part in zip(cuts, wanted, strict=True):
            table = self.rows.slice(a, b - a)
            yield self._with(table, [n - a for n in part], next(records)) if part else table

    def _digest(self, row: int) -> str | None:
        return self.search.digests.get((self.config, row))

    def _with(self, table: pa.Table, rows: Sequence[int], records: pa.Table) -> pa.Table:
        """The texts of some rows, whose records are given; those whose sum is that of the
        release have all its texts, each at its place."""
        import pyarrow as pa

        values: dict[str, pa.Array | None] = {}
        for name in self.search.fields:
            texts = {(rows[row], at): text for row, at, text in slots(records, name)}
            found = [texts.get((row, at)) for row, at, _ in slots(table, name)]
            values[name] = pa.array(found, pa.string())
        return with_texts(table, values)


@dataclass(frozen=True, slots=True)
class _Files:
    """The rows of the shards of a release."""

    directory: Path
    shards: tuple[Shard, ...]

    def slice(self, start: int, length: int) -> pa.Table:
        """Some rows, at least one."""
        import pyarrow as pa

        stop = start + length
        touched = [s for s in self.shards if s.start < stop and start < s.stop]
        return pa.concat_tables(
            [self._of(s, max(start, s.start), min(stop, s.stop)) for s in touched]
        )

    def _of(self, shard: Shard, start: int, stop: int) -> pa.Table:
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.directory / shard.name) as file:
            rows = file.read(use_threads=False)
        return rows.slice(start - shard.start, stop - start)


def _plan(
    directory: Path,
    manifest: Mapping[str, Any],
    search: _Search,
    seen: Snapshot,
    counts: Mapping[str, int],
) -> Plan:
    schema = schema_of(directory)
    ((split, told),) = manifest["configs"][ARTICLES]["splits"].items()
    shards, start = [], 0
    for name in told["files"]:
        rows = manifest["files"][name]["rows"]
        shards.append(Shard(name, start, start + rows))
        start += rows
    timestamp = schema.roles.get("timestamp")
    times = read_rows(directory, columns=[timestamp]).column(0) if timestamp else None
    settings = {k: v for k, v in manifest["settings"].items() if k != "without"}
    if counts[CHANGED] or counts[MISSING]:
        settings["hydrated"] = dict(counts)
    rows = _Filled(ARTICLES, _Files(directory, tuple(shards)), search, seen)
    return Plan(
        version=manifest["version"],
        name=manifest["name"],
        date=manifest["date"],
        schema=schema,
        rows=rows,
        sizes=_sizes(search, seen, start),
        shards=tuple(shards),
        leaves=tuple(leaves(moments_of(times), start)),
        splits=(Shard(split, 0, start),),
        counts={name: manifest["counts"][name] for name in manifest["without"]["counts"]},
        left_out=manifest["left_out"],
        settings=settings,
        about=About(**manifest["without"]["about"]),
        sides=tuple(_sides(directory, manifest, search, seen)),
        since=_since(directory, manifest),
    )


def _sizes(search: _Search, seen: Snapshot, rows: int) -> Any:
    """Bytes of each row, as the archive knows them: they decide the row groups."""
    import numpy as np
    import pyarrow as pa

    found = {row: d for (config, row), d in search.digests.items() if config == ARTICLES}
    sizes = np.zeros(rows, np.int64)
    observed = seen.observed(pa.array(found.values(), pa.string()))
    sizes[list(found)] = observed.column("size").to_numpy()
    return sizes


def _sides(
    directory: Path, manifest: Mapping[str, Any], search: _Search, seen: Snapshot
) -> Iterable[Side]:
    columns = {
        DUPLICATES: duplicate_columns(),
        CLUSTERS: cluster_columns(),
        REVISIONS: schema_of(directory).arrow,
    }
    for name in columns:  # in the order in which a release has them
        if name not in manifest["configs"]:
            continue
        # Parquet gives the parts of a list another name than Arrow does.
        table = read_rows(directory, name).cast(columns[name])
        if name == REVISIONS:
            filled = _Filled(name, table, search, seen)
            table = next(filled.tables([(0, table.num_rows)]))
        yield Side(name, table.combine_chunks(), MEANING[name])


def _since(directory: Path, manifest: Mapping[str, Any]) -> Since:
    removed, changelog = read_removed(directory), before_this(read_changelog(directory))
    return Since(**manifest["without"]["since"], removed=removed, changelog=changelog)
