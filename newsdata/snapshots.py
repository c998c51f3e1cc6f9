"""What an archive is at a moment, as a release sees it: small columns of every article.

The texts stay in the ledger until the release is written, and are then read in its order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from newsdata import configs, states
from newsdata.batches import versions_of
from newsdata.exporters.parquet import ROW_GROUP_BYTES
from newsdata.exporters.plan import Side
from newsdata.exporters.rows import conform, cut
from newsdata.ledger import DECIDING, in_microseconds
from newsdata.releases import HEADS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from newsdata.archive import Archive
    from newsdata.archive.gather import Ledger, Places
    from newsdata.states import State

#: Columns of the ledger that a release is decided by, besides those of the state.
COLUMNS = ("timestamp", "source", "size", "length", "relation", "score")
#: Those that :meth:`Snapshot.heads` has no use for.
_NOT_OF_HEADS = ["batch", "row", "outcome", "of", "reason", "source", "relation", "score"]
#: Where a record stands, and its bytes.
_PLACE = ["group", "at", "size"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows of a ledger without their records: ``rows`` has states.COLUMNS, COLUMNS, the place
    (``group``, ``at``), ``record.<name>`` of odd roles and ``says.<name>`` of fields."""

    archive: Archive
    ledger: Ledger
    rows: pa.Table
    whole: bool = True
    _folded: list[State] = field(default_factory=list, repr=False, compare=False)

    def until(self, batch: int) -> Snapshot:
        """The archive as it was when that batch was the last one."""
        import pyarrow.compute as pc

        if pc.max(self.rows.column("batch")).as_py() in (None, batch):
            return self
        rows = self.rows.filter(pc.less_equal(self.rows.column("batch"), batch))
        return replace(self, rows=rows, _folded=[])

    def touched(self, batch: int) -> pa.Array:
        """The ids of which anything was noted after that batch."""
        import pyarrow.compute as pc

        later = self.rows.filter(pc.greater(self.rows.column("batch"), batch))
        return pc.unique(later.column("id").combine_chunks()).drop_null()

    def only(self, ids: pa.Array) -> Snapshot:
        """The rows of these ids alone; which article stands for a copy is not known then."""
        import pyarrow.compute as pc

        rows = self.rows.filter(pc.is_in(self.rows.column("id"), ids))
        return replace(self, rows=rows, whole=False, _folded=[])

    def state(self) -> State:
        """The state of every id."""
        if not self._folded:
            self._folded.append(states.fold(self.rows.select(states.COLUMNS), self.whole))
        return self._folded[0]

    def observed(self, digests: pa.Array) -> pa.Table:
        """The rows that carry the records with these digests, in their order."""
        import pyarrow.compute as pc

        carries = pc.is_valid(self.rows.column("size"))
        rows = self.rows.filter(pc.and_(carries, pc.is_in(self.rows.column("digest"), digests)))
        found = pc.index_in(digests, value_set=rows.column("digest").combine_chunks())
        return rows.take(found)

    def _articles(self, state: State) -> pa.Table:
        """The rows that carry the records of the articles of a state of :attr:`rows`: mostly the
        last rows of their ids; an id whose last row has no record goes back to an older one."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        at = state.at[np.asarray(pc.equal(state.outcome, "article"))]
        rows = self.rows.drop_columns(_NOT_OF_HEADS).take(pa.array(at))
        bare = pc.is_null(rows.column("size"))
        if not pc.any(bare).as_py():
            return rows
        older = self.observed(rows.column("digest").filter(bare).combine_chunks())
        older = older.select(rows.column_names)
        order = np.arange(len(at))
        order[np.asarray(bare)] = len(at) + np.arange(older.num_rows)
        return pa.concat_tables([rows, older]).take(pa.array(order))

    def heads(self, state: State, require: Sequence[str]) -> pa.Table:
        """The small columns of the articles of a state, as ``releases.arrange`` wants them, with
        their places."""
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = self._articles(state)
        roles = self.archive.schema.roles
        columns: dict[str, Any] = {n: rows.column(n) for n in ("digest", "size", "group", "at")}
        for role in HEADS:
            if role in roles:
                name = f"record.{roles[role]}"
                columns[role] = rows.column(name if name in rows.column_names else role)
        if "id" in roles:
            columns["says.id"] = pc.greater(pc.binary_length(rows.column("id")), 0)
        for name in require:
            columns[f"says.{name}"] = self._says(rows, name)
        return pa.table(columns)

    def _says(self, rows: pa.Table, name: str) -> Any:
        import pyarrow.compute as pc

        roles = self.archive.schema.roles
        if name == roles.get("id"):
            return pc.greater(pc.binary_length(rows.column("id")), 0)
        if name == roles.get("text"):
            return pc.greater(rows.column("length"), 0)
        return rows.column(f"says.{name}")

    def facts(self, heads: pa.Table, names: Mapping[str, str]) -> pa.Table:
        """Fields of the records of these heads, under other names (ours -> theirs), and
        ``length``, the number of characters of the text."""
        import numpy as np
        import pyarrow as pa

        fields = list(dict.fromkeys(names.values()))
        found = self.ledger.overview(["length"], fields)
        groups = found.column("group").to_numpy()
        places = np.searchsorted(groups, heads.column("group").to_numpy())
        rows = found.take(pa.array(places + heads.column("at").to_numpy()))
        columns = {ours: rows.column(f"record.{theirs}") for ours, theirs in names.items()}
        return pa.table({**columns, "length": rows.column("length")})

    def every(self, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        """These fields of all records known at this moment, whatever became of them."""
        import pyarrow.compute as pc

        there = [name for name in names if name in self.archive.schema.arrow.names]
        found = self.ledger.overview(["batch"], there)
        last = pc.max(self.rows.column("batch")).as_py()
        if last is None:
            return
        found = found.filter(pc.less_equal(found.column("batch"), last))
        for batch in found.select([f"record.{name}" for name in there]).to_batches(1024):
            for row in batch.to_pylist():
                yield {name: row[f"record.{name}"] for name in there}

    def rows_of(self, heads: pa.Table, order: pa.Array) -> Gathered:
        """The records of these heads in that order, to be read when they are written."""
        return Gathered(self.ledger, places_of(heads.select(_PLACE).take(order)))


@dataclass(frozen=True, slots=True)
class Gathered:
    """Rows of a release that stand in the ledger (:class:`newsdata.exporters.plan.Rows`)."""

    ledger: Ledger
    places: Places

    def tables(self, cuts: Sequence[tuple[int, int]]) -> Iterator[pa.Table]:
        """See :class:`newsdata.exporters.plan.Rows`."""
        return self.ledger.records(self.places, cuts)


def places_of(rows: pa.Table) -> Places:
    """Where the records of rows with these columns stand."""
    from newsdata.archive.gather import Places

    group, at, size = (rows.column(name).to_numpy() for name in _PLACE)
    return Places(group, at, size)


def snapshot(archive: Archive, required: Iterable[str]) -> Snapshot:
    """The archive as last refreshed; ``required`` are the fields that :meth:`Snapshot.heads` may
    be asked for."""
    import pyarrow as pa

    schema = archive.schema
    roles: Mapping[str, str] = schema.roles
    ready = {roles.get("id"), roles.get("text")}
    asked = [n for n in dict.fromkeys(required) if n in schema.arrow.names and n not in ready]
    odd = [
        roles[role]
        for role, kind in (("id", pa.string()), ("timestamp", pa.timestamp("us", "UTC")))
        if role in roles and schema.arrow.field(roles[role]).type != kind
    ]
    ledger = archive.row_groups(lambda table: conform(table, schema.arrow))
    columns = dict.fromkeys([*states.COLUMNS, *COLUMNS])
    return Snapshot(archive, ledger, ledger.overview(list(columns), odd, asked))


def sides(seen: Snapshot, state: State, articles: pa.Table, now: int) -> tuple[Side, ...]:
    """The configs beside these articles (heads of a release) in a state at ``now``, microseconds.

    A schema whose records have no id has none.
    """
    import pyarrow as pa

    if "id" not in articles.column_names:
        return ()
    ids = articles.column("id").combine_chunks().cast(pa.string())  # as the ledger has them
    copies = _copies(seen, state, ids)
    made = configs.duplicates(copies)
    sources = _sources(seen, state, made.column("kept"))
    tables = {
        configs.DUPLICATES: made,
        configs.CLUSTERS: configs.clusters(made, sources),
        configs.REVISIONS: _revisions(seen, ids, now),
    }
    # An empty one is left out: datasets 5 cannot load a split without rows.
    return tuple(
        Side(name, table, configs.MEANING[name]) for name, table in tables.items() if len(table)
    )


def _copies(seen: Snapshot, state: State, ids: pa.Array) -> pa.Table:
    """The duplicates whose kept article is in the release, for :func:`configs.duplicates`."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    chosen = np.asarray(pc.equal(state.outcome, "duplicate"))
    roots = state.ids.take(pa.array(np.where(chosen, state.kept, 0))) if len(state) else state.ids
    chosen &= np.asarray(pc.is_in(roots, ids))
    where = pa.array(np.flatnonzero(chosen))
    kept, digests = roots.take(where), state.digest.take(where)
    rows = seen.observed(digests)
    last = seen.rows.take(pa.array(state.at[chosen]))
    relation, score = _relations(seen, rows.column("id"), kept, last)
    return pa.table(
        {
            "id": rows.column("id"),
            "url": _urls(seen, rows),
            "source": rows.column("source"),
            "timestamp": rows.column("timestamp"),
            "kept": kept,
            "relation": relation,
            "score": score,
        }
    )


def _relations(
    seen: Snapshot, ids: pa.ChunkedArray, kept: pa.Array, last: pa.Table
) -> tuple[list[str], list[float]]:
    """How the text of each copy relates to that of its kept article.

    What the ledger said when the copy was found holds where the article kept then is the one kept
    today and has had one version only; the others are compared anew.
    """
    import numpy as np
    import pyarrow.compute as pc

    observed = seen.rows.column("id").filter(pc.is_valid(seen.rows.column("size")))
    counts = pc.value_counts(observed.filter(pc.is_in(observed, kept)))
    once = counts.field("values").filter(pc.equal(counts.field("counts"), 1))
    holds = np.asarray(pc.fill_null(pc.equal(last.column("of"), kept), False))
    holds &= np.asarray(pc.is_in(kept, once))
    how, score = last.column("relation").to_pylist(), last.column("score").to_pylist()
    anew = np.flatnonzero(~holds).tolist()
    found = seen.archive.relations([(ids[i].as_py(), kept[i].as_py()) for i in anew])
    for i, (relation, value) in zip(anew, found, strict=True):
        how[i], score[i] = relation, value
    return how, score


def _urls(seen: Snapshot, rows: pa.Table) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    name = seen.archive.schema.roles.get("url")
    if name is None or not rows.num_rows:
        return pa.nulls(rows.num_rows, pa.string())
    urls = seen.ledger.overview(["digest"], [name])
    urls = urls.filter(pc.is_in(urls.column("digest"), rows.column("digest").combine_chunks()))
    urls = urls.filter(pc.is_valid(urls.column(f"record.{name}")))
    places = pc.index_in(rows.column("digest"), value_set=urls.column("digest").combine_chunks())
    return urls.column(f"record.{name}").take(places)


def _sources(seen: Snapshot, state: State, kept: pa.ChunkedArray) -> dict[str, str | None]:
    import pyarrow.compute as pc

    wanted = pc.unique(kept)
    digests = state.digest.take(pc.index_in(wanted, value_set=state.ids))
    sources = seen.observed(digests).column("source").to_pylist()
    return dict(zip(wanted.to_pylist(), sources, strict=True))


def _revisions(seen: Snapshot, ids: pa.Array, now: int) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    schema = seen.archive.schema
    carries = pc.is_valid(seen.rows.column("size"))
    counts = pc.value_counts(seen.rows.column("id").filter(carries))
    several = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    several = several.filter(pc.is_in(several, ids))
    if not len(several):
        return schema.arrow.empty_table()
    facts = seen.ledger.overview(DECIDING, [])
    chosen = pc.and_(pc.is_valid(facts.column("withdrawn")), pc.is_in(facts.column("id"), several))
    chosen = pc.and_(
        chosen,
        pc.is_in(
            facts.column("digest"), seen.rows.column("digest").filter(carries).combine_chunks()
        ),
    )
    versions = versions_of(in_microseconds(facts.filter(chosen).select(DECIDING)))
    last = pc.max(seen.rows.column("batch")).as_py()
    outdated = set(seen.archive.outdated(last).digests.to_pylist())
    digests = configs.earlier(versions, now, outdated)
    places = places_of(seen.observed(pa.array(digests, pa.string())))
    cuts = cut(places.size, ROW_GROUP_BYTES)
    found = pa.concat_tables([schema.arrow.empty_table(), *seen.ledger.records(places, cuts)])
    return found.combine_chunks()  # else all that is done to them is done a row at a time
