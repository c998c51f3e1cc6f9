"""What an archive is at a moment, as a release sees it: small columns of every article.

The texts stay in the ledger until the release is written, and are then read in its order. What is
asked of few rows only (their sources, their addresses) is read when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from newsdata import configs, states
from newsdata.columns import among, dictionary_of, each, encoded, packed
from newsdata.errors import ArchiveError
from newsdata.exporters.parquet import ROW_GROUP_BYTES
from newsdata.exporters.plan import Side
from newsdata.exporters.rows import conform, cut
from newsdata.ledger import in_microseconds
from newsdata.readings import RE_EXTRACTED
from newsdata.releases import HEADS
from newsdata.versions import Version

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from newsdata.archive import Archive
    from newsdata.archive.gather import Ledger, Places
    from newsdata.states import Ints, State

#: Columns of the rows that tell no state of an id and carry no record.
_OTHERS = ("batch", "outcome", "reason")
#: Columns of the ledger that a release is decided by, besides those of the state.
COLUMNS = ("timestamp", "size", "length")
#: What tells which earlier versions of an article are public, besides its id and digest.
_PUBLIC = ("modified", "instant", "until", "withdrawn", "reading", "extractor_version")
#: What does not tell it.
_NO_TEXT: Any = {"length": 0, "words": 0, "fingerprint": b"", "outline": b"", "source": None}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows of a ledger that tell a state or carry a record, without their records, after the
    batch ``last``.

    ``rows`` have states.COLUMNS, ``timestamp``, ``size``, ``at`` (number of the row in the
    ledger), ``record.<name>`` of odd roles and ``says.<name>`` of fields. They are what memory
    follows: ids stand once, in a dictionary, digests are 16 bytes. ``others`` are ``batch``,
    ``outcome`` and ``reason`` of all other rows.
    """

    archive: Archive
    ledger: Ledger
    rows: pa.Table
    others: pa.Table
    last: int
    whole: bool = True
    _folded: list[State] = field(default_factory=list, repr=False, compare=False)

    def until(self, batch: int) -> Snapshot:
        """The archive as it was when that batch was the last one."""
        import pyarrow.compute as pc

        if batch >= self.last:
            return self
        rows, others = (
            table.filter(pc.less_equal(table.column("batch"), batch))
            for table in (self.rows, self.others)
        )
        return replace(self, rows=rows, others=others, last=batch, _folded=[])

    def touched(self, batch: int) -> pa.Array:
        """The ids whose state was told after that batch."""
        import pyarrow as pa
        import pyarrow.compute as pc

        later = self.rows.filter(pc.greater(self.rows.column("batch"), batch))
        return pc.unique(later.column("id").cast(pa.string()).combine_chunks())

    def only(self, ids: pa.Array) -> Snapshot:
        """The rows of these ids alone; which article stands for a copy is not known then."""
        rows = self.rows.filter(among(self.rows.column("id"), ids))
        return replace(self, rows=rows, whole=False, _folded=[])

    def state(self) -> State:
        """The state of every id."""
        if not self._folded:
            self._folded.append(states.fold(self.rows.select(states.COLUMNS), self.whole))
        return self._folded[0]

    def noted(self) -> states.Noted | None:
        """What is known of inputs that tell no state; None where readings were replaced."""
        import pyarrow.compute as pc

        outcomes = self.others.column("outcome")
        if pc.any(pc.equal(outcomes, RE_EXTRACTED)).as_py():
            return None
        rejected = self.others.column("reason").filter(pc.equal(outcomes, "rejected"))
        size = self.rows.column("size")
        return states.Noted(rejected, len(size) - size.null_count)

    def observed(self, digests: pa.Array) -> pa.Table:
        """The rows that carry the records with these digests, in their order."""
        import pyarrow as pa

        return self.rows.take(pa.array(self._carrying(packed(pa.chunked_array([digests])))))

    def _carrying(self, digests: pa.Array) -> Ints:
        """Numbers of the rows that carry the records with these digests."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        carries = pc.is_valid(self.rows.column("size"))
        carries = pc.and_(carries, pc.is_in(self.rows.column("digest"), value_set=digests))
        there = np.flatnonzero(carries)
        found = self.rows.column("digest").take(pa.array(there)).combine_chunks()
        numbers: Ints = there[pc.index_in(digests, value_set=found).to_numpy()]
        return numbers

    def current(self, state: State, which: Ints) -> Ints:
        """Numbers of the rows that carry the current records of some ids of a state of
        :attr:`rows`: mostly the last rows of their ids; an id whose last row has no record goes
        back to an older one."""
        import numpy as np
        import pyarrow as pa

        at = state.at[which]
        sizes = self.rows.column("size")
        if not sizes.null_count:
            return at
        bare = np.flatnonzero(sizes.take(pa.array(at)).is_null())
        if len(bare):
            at[bare] = self._carrying(state.digest.take(pa.array(which[bare])))
        return at

    def heads(self, state: State, require: Sequence[str]) -> pa.Table:
        """The small columns of the articles of a state, as ``releases.arrange`` wants them, with
        ``at``. The ids are a dictionary, but for odd ones."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        roles = self.archive.schema.roles
        at = self.current(state, state.where("article"))
        names = {role: f"record.{roles[role]}" for role in HEADS if role in roles}
        names = {k: n if n in self.rows.column_names else k for k, n in names.items()}
        says = [n for n in require if f"says.{n}" in self.rows.column_names]
        wanted = dict.fromkeys(["digest", "size", "at", "id", *names.values()])
        rows = self.rows.select([*wanted, *(f"says.{name}" for name in says)])
        if len(at) != len(rows) or not bool((at == np.arange(len(at))).all()):
            rows = rows.take(pa.array(at))
        columns: dict[str, Any] = {n: rows.column(n) for n in ("digest", "size", "at")}
        columns |= {role: rows.column(name) for role, name in names.items()}
        ids = rows.column("id")
        if "id" in roles:
            columns["says.id"] = each(ids, lambda one: pc.greater(pc.binary_length(one), 0))
        for name in require:
            own = name == roles.get("id")
            columns[f"says.{name}"] = columns["says.id"] if own else rows.column(f"says.{name}")
        return pa.table(columns)

    def has_own_ids(self) -> bool:
        """Whether the ids of the heads are those of the ledger, which are unique in a state."""
        return f"record.{self.archive.schema.roles.get('id')}" not in self.rows.column_names

    def facts(self, heads: pa.Table, names: Mapping[str, str]) -> pa.Table:
        """Fields of the records of these heads, under other names (ours -> theirs), and
        ``length``, the number of characters of the text."""
        import pyarrow as pa

        fields = list(dict.fromkeys(names.values()))
        rows = self.ledger.some(heads.column("at").to_numpy(), ["length"], fields)
        columns = {ours: rows.column(f"record.{theirs}") for ours, theirs in names.items()}
        return pa.table({**columns, "length": rows.column("length")})

    def every(self, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        """These fields of all records known at this moment, whatever became of them."""
        import pyarrow.compute as pc

        there = [name for name in names if name in self.archive.schema.arrow.names]
        for table in self.ledger.overview(["batch"], there):
            found = table.filter(pc.less_equal(table.column("batch"), self.last))
            for batch in found.select([f"record.{name}" for name in there]).to_batches(1024):
                for row in batch.to_pylist():
                    yield {name: row[f"record.{name}"] for name in there}

    def places(self, rows: pa.Table) -> Places:
        """Where the records of these rows or heads stand."""
        return self.ledger.places(*(rows.column(name).to_numpy() for name in ("at", "size")))

    def rows_of(self, heads: pa.Table, order: pa.Array) -> Gathered:
        """The records of these heads in that order, to be read when they are written."""
        return Gathered(self.ledger, self.places(heads.select(["at", "size"]).take(order)))


@dataclass(frozen=True, slots=True)
class Gathered:
    """Rows of a release that stand in the ledger (:class:`newsdata.exporters.plan.Rows`)."""

    ledger: Ledger
    places: Places

    def tables(self, cuts: Sequence[tuple[int, int]]) -> Iterator[pa.Table]:
        """See :class:`newsdata.exporters.plan.Rows`."""
        return self.ledger.records(self.places, cuts)


# -- taken from the ledger ----------------------------------------------------------------------


def snapshot(archive: Archive, required: Iterable[str]) -> Snapshot:
    """The archive as last refreshed; ``required`` are the fields that :meth:`Snapshot.heads` may
    be asked for. Raises ArchiveError where nothing was built into it yet."""
    import pyarrow as pa

    if not archive.last_batch:
        raise ArchiveError(f"{archive.path}: there is no batch yet, so nothing to release")
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
    columns = list(dict.fromkeys([*states.COLUMNS, *COLUMNS]))
    first, parts = 0, []
    for table in ledger.overview(columns, odd, asked):
        parts.append(_split(table, first, roles.get("text")))
        first += table.num_rows
    rows, others = (pa.concat_tables(tables) for tables in zip(*parts, strict=True))
    ids = states.within(encoded, rows.column("id"), name="id")
    rows = rows.set_column(rows.column_names.index("id"), "id", ids)
    return Snapshot(archive, ledger, rows, others, archive.last_batch)


def _split(table: pa.Table, first: int, text: str | None) -> tuple[pa.Table, pa.Table]:
    """Rows of the ledger from the one numbered ``first`` on, as :class:`Snapshot` has them: those
    of ids, and the others."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    found = {name: table.column(name) for name in table.column_names if name != "length"}
    found |= {name: found[name].cast(pa.int32()) for name in ("batch", "row")}
    found["outcome"] = found["outcome"].cast(pa.dictionary(pa.int8(), pa.string()))
    found["at"] = pa.array(np.arange(first, first + len(table)))
    if text is not None:
        found[f"says.{text}"] = pc.fill_null(pc.greater(table.column("length"), 0), False)
    told = pc.is_in(table.column("outcome"), value_set=pa.array(states.STATES))
    told = pc.or_(told, pc.is_valid(table.column("size")))
    rows, others = pa.table(found), pa.table({name: found[name] for name in _OTHERS})
    if pc.all(told).as_py():
        others = others.slice(0, 0)
    else:
        rows, others = rows.filter(told), others.filter(pc.invert(told))
    at = rows.column_names.index("digest")
    return rows.set_column(at, "digest", packed(rows.column("digest"))), others


# -- the configs beside the articles ------------------------------------------------------------


def sides(
    seen: Snapshot, state: State, inside: npt.NDArray[np.bool_], now: int
) -> tuple[Side, ...]:
    """The configs beside the articles of a release, in a state at ``now``, microseconds.

    ``inside`` tells of each id of the state whether the release has its article. A schema whose
    records have no id has no such configs.
    """
    import numpy as np

    if "id" not in seen.archive.schema.roles:
        return ()
    owners = _owners(seen, state)
    versions = np.bincount(owners[owners >= 0], minlength=len(state))
    copies = state.where("duplicate")
    copies = copies[inside[state.kept[copies]]]
    made = configs.duplicates(_copies(seen, state, copies, versions))
    tables = {
        configs.DUPLICATES: made,
        configs.CLUSTERS: configs.clusters(made, _sources(seen, state, copies)),
        configs.REVISIONS: _revisions(seen, owners, inside & (versions > 1), now),
    }
    # An empty one is left out: datasets 5 cannot load a split without rows.
    return tuple(
        Side(name, table, configs.MEANING[name]) for name, table in tables.items() if len(table)
    )


def _owners(seen: Snapshot, state: State) -> Ints:
    """For each row that carries a record the number of its id in the state, for others -1."""
    import numpy as np
    import pyarrow.compute as pc

    names, numbers = dictionary_of(seen.rows.column("id"))
    places = np.full(len(names), -1, np.int32)
    places[numbers[state.at]] = np.arange(len(state))
    found: Ints = np.where(pc.is_valid(seen.rows.column("size")), places[numbers], -1)
    return found


def _copies(seen: Snapshot, state: State, copies: Ints, versions: Ints) -> pa.Table:
    """The duplicates with these numbers, for :func:`configs.duplicates`. ``versions`` are the
    numbers of versions of each id."""
    import pyarrow as pa

    rows = seen.rows.select(["timestamp", "at"]).take(pa.array(seen.current(state, copies)))
    url = seen.archive.schema.roles.get("url")
    told = seen.ledger.some(rows.column("at").to_numpy(), ["source"], [url] if url else [])
    relation, score = _relations(seen, state, copies, versions)
    return pa.table(
        {
            "id": state.ids.take(pa.array(copies)),
            "url": told.column(f"record.{url}") if url else pa.nulls(len(copies), pa.string()),
            "source": told.column("source"),
            "timestamp": rows.column("timestamp"),
            "kept": state.ids.take(pa.array(state.kept[copies])),
            "relation": relation,
            "score": score,
        }
    )


def _relations(
    seen: Snapshot, state: State, copies: Ints, versions: Ints
) -> tuple[list[str], list[float]]:
    """How the text of each copy relates to that of its kept article.

    What the ledger said when the copy was found holds where the article kept then is the one kept
    today and has had one version only; the others are compared anew.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    last = seen.rows.select(["of", "at"]).take(pa.array(state.at[copies]))
    told = seen.ledger.some(last.column("at").to_numpy(), ["relation", "score"])
    ids, kept = (state.ids.take(pa.array(n)) for n in (copies, state.kept[copies]))
    holds = np.asarray(pc.fill_null(pc.equal(last.column("of"), kept), False))
    holds &= versions[state.kept[copies]] == 1
    how, score = told.column("relation").to_pylist(), told.column("score").to_pylist()
    anew = np.flatnonzero(~holds).tolist()
    found = seen.archive.relations([(ids[i].as_py(), kept[i].as_py()) for i in anew])
    for i, (relation, value) in zip(anew, found, strict=True):
        how[i], score[i] = relation, value
    return how, score


def _sources(seen: Snapshot, state: State, copies: Ints) -> dict[str, str | None]:
    """The sources of the articles that stand for these copies, by their ids."""
    import numpy as np
    import pyarrow as pa

    kept = np.unique(state.kept[copies])
    rows = seen.rows.select(["at"]).take(pa.array(seen.current(state, kept)))
    sources = seen.ledger.some(rows.column("at").to_numpy(), ["source"]).column("source")
    ids = state.ids.take(pa.array(kept)).to_pylist()
    return dict(zip(ids, sources.to_pylist(), strict=True))


def _revisions(seen: Snapshot, owners: Ints, several: npt.NDArray[np.bool_], now: int) -> pa.Table:
    """The earlier public versions of those ids of the state that have several."""
    import numpy as np
    import pyarrow as pa

    schema = seen.archive.schema
    rows = np.flatnonzero(np.where(owners >= 0, several[owners], False))
    if not len(rows):
        return schema.arrow.empty_table()
    held = seen.rows.select(["id", "digest", "at", "size"]).take(pa.array(rows))
    facts = in_microseconds(seen.ledger.some(held.column("at").to_numpy(), _PUBLIC))
    versions = [
        Version(
            id=id_,
            digest=digest.hex(),
            modified=row["modified"],
            timestamp=row["instant"],
            withdrawn=row["withdrawn"],
            until=row["until"],
            reading=row["reading"],
            extractor_version=row["extractor_version"],
            **_NO_TEXT,
        )
        for id_, digest, row in zip(
            held.column("id").to_pylist(),
            held.column("digest").to_pylist(),
            facts.to_pylist(),
            strict=True,
        )
    ]
    outdated = set(seen.archive.outdated(seen.last).digests.to_pylist())
    place_of = {version.digest: place for place, version in enumerate(versions)}
    digests = configs.earlier(versions, now, outdated)
    wanted = held.take(pa.array([place_of[digest] for digest in digests], pa.int64()))
    places = seen.places(wanted)
    cuts = cut(places.size, ROW_GROUP_BYTES)
    found = pa.concat_tables([schema.arrow.empty_table(), *seen.ledger.records(places, cuts)])
    return found.combine_chunks()  # else all that is done to them is done a row at a time
