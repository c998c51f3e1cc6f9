"""Plans a release: which articles, in which order, in which files, under which version.

Pure: Arrow tables and values in, a :class:`~newsdata.exporters.plan.Plan` out, which
:func:`newsdata.exporters.directory.seal` writes. No disk and no clock.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from newsdata.columns import digits_of, plain
from newsdata.errors import ReleaseError, UsageError
from newsdata.exporters.facts import filled
from newsdata.exporters.features import breaking
from newsdata.exporters.hashing import leaves_of, moments_of, moved, runs
from newsdata.exporters.plan import About, InMemory, Plan, Rows, Shard
from newsdata.exporters.rows import conform, content_hash, cut, differing, take
from newsdata.exporters.versions import Step, Version
from newsdata.schema import Schema
from newsdata.settings import PERIODS, Period, Settings
from newsdata.sizes import row_bytes
from newsdata.training.preparation import CONFIGS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

__all__ = [
    "REQUIRE",
    "SHARD_BYTES",
    "About",
    "Changes",
    "Plan",
    "Proposal",
    "Shard",
    "Version",
    "compare",
    "content_hash",
    "default_require",
    "parse_require",
    "plan",
    "propose",
    "release_date",
    "select",
    "shards",
]

#: An article lacking one of these is left out of a release, unless the caller says otherwise.
REQUIRE = ("id", "title", "text", "timestamp", "source", "language")

#: A period with more bytes than this (texts as UTF-8, before compression) is split.
SHARD_BYTES = 1_000_000_000

#: The roles of the schema of articles.
ROLES = {"id": "id", "timestamp": "timestamp"}
#: The roles whose columns decide the order of rows.
HEADS = ("id", "timestamp")

#: Columns of heads that :mod:`newsdata.preparing` adds: why an article is left out, and its split.
LEFT, SPLIT = "left", "split"

#: numpy's name of a period, and how many characters of an ISO day name it.
_UNITS: dict[Period, tuple[str, int]] = {"year": ("Y", 4), "month": ("M", 7), "day": ("D", 10)}


# -- which articles, in which order -------------------------------------------------------------


def default_require(schema: Schema) -> tuple[str, ...]:
    """The fields of :data:`REQUIRE` that a schema has, under the names it gives their roles."""
    return tuple(schema.roles[name] for name in REQUIRE if name in schema.roles)


def parse_require(text: str) -> tuple[str, ...]:
    """``"id, title"`` -> ``("id", "title")``: the value of ``--require``."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def select(
    articles: pa.Table, require: Sequence[str] = REQUIRE, roles: Mapping[str, str] = ROLES
) -> tuple[pa.Table, dict[str, int]]:
    """Articles that have every required field, sorted by (timestamp, id), undated ones last.

    The second value counts those left out under ``missing-<field>``, each once, under the first
    field it lacks; an empty text or list is lacking. The id is always required. Raises UsageError
    for a field that the table does not have, ReleaseError where an id stands twice.
    """
    _known_fields(articles.column_names, roles, require)
    heads = heads_of(articles, roles, require)
    chosen = _chosen(heads, require, roles.get("id"))
    check_ids(heads, chosen)
    return take(articles, chosen.order), chosen.left_out


def heads_of(articles: pa.Table, roles: Mapping[str, str], require: Sequence[str]) -> pa.Table:
    """The small columns that decide where a row goes, as :func:`arrange` wants them."""
    import pyarrow as pa

    columns = {role: articles.column(roles[role]) for role in HEADS if role in roles}
    if "id" in roles:
        columns["says.id"] = pa.array(filled(articles.column(roles["id"])))
    for name in require:
        columns[f"says.{name}"] = pa.array(filled(articles.column(name)))
    columns["size"] = pa.array(row_bytes(articles))
    return pa.table(columns)


def known_fields(schema: Schema, require: Sequence[str]) -> None:
    """Raise UsageError where a required field is none of the schema."""
    _known_fields(schema.arrow.names, schema.roles, require)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which of some heads a release has: their row numbers in its order, and how many of the
    others it leaves out and why."""

    order: pa.Array
    left_out: dict[str, int]


def choose(heads: pa.Table, require: Sequence[str], schema: Schema) -> Chosen:
    """What a release with these required fields has."""
    return _chosen(heads, require, schema.roles.get("id"))


def chosen(heads: pa.Table, require: Sequence[str], schema: Schema) -> pa.Table:
    """The heads of what a release with these required fields has, in its order."""
    return heads.take(order_of(heads, require, schema))


def order_of(heads: pa.Table, require: Sequence[str], schema: Schema) -> pa.Array:
    """The row numbers of those heads, in that order."""
    return choose(heads, require, schema).order


def _known_fields(known: Sequence[str], roles: Mapping[str, str], require: Sequence[str]) -> None:
    for name in [*(roles[r] for r in ("id",) if r in roles), *require]:
        if name not in known:
            raise UsageError(f"require: unknown field {name!r}; fields are {', '.join(known)}")


def _chosen(heads: pa.Table, require: Sequence[str], key: str | None) -> Chosen:
    import numpy as np
    import pyarrow as pa

    kept = np.ones(heads.num_rows, dtype=bool)
    left_out: dict[str, int] = {}
    asked = {**({key: "says.id"} if key else {}), **{n: f"says.{n}" for n in require if n != key}}
    for name, column in asked.items():
        lacking = kept & ~heads.column(column).to_numpy()
        if lacking.any():
            left_out[f"missing-{name}"] = int(lacking.sum())
            kept &= ~lacking
    if LEFT in heads.column_names:
        for one in heads.column(LEFT).filter(pa.array(kept)).value_counts().to_pylist():
            if one["values"] is not None:
                left_out[one["values"]] = one["counts"]
        kept &= heads.column(LEFT).is_null().to_numpy()
    return Chosen(_order(heads, kept), left_out)


def _order(heads: pa.Table, kept: np.ndarray[Any, Any]) -> pa.Array:
    """Row numbers of the kept rows in the order of a release."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = [name for name in (SPLIT, "timestamp", "id") if name in heads.column_names]
    columns = heads.select(keys)
    rows = None if kept.all() else pa.array(np.flatnonzero(kept))
    if not keys:
        return pa.array(np.flatnonzero(kept))
    columns = columns if rows is None else columns.take(rows)
    if "id" in keys:
        columns = columns.set_column(keys.index("id"), "id", plain(columns.column("id")))
    order = pc.sort_indices(columns, sort_keys=[(k, "ascending") for k in keys])
    return order if rows is None else rows.take(order)


def check_ids(heads: pa.Table, chosen: Chosen) -> None:
    """Raise ReleaseError where two of the chosen heads have one id."""
    import pyarrow.compute as pc

    if "id" not in heads.column_names:
        return
    ids = heads.column("id").take(chosen.order)
    if pc.count_distinct(ids).as_py() == len(chosen.order):
        return
    counts = pc.value_counts(ids).to_pylist()
    twice = min(c["values"] for c in counts if c["counts"] > 1)
    raise ReleaseError(
        f"the id {twice!r} stands in more than one row; ids of a release are unique"
    )


# -- which files --------------------------------------------------------------------------------


def shards(
    table: pa.Table,
    period: Period = "month",
    limit: int = SHARD_BYTES,
    split: str = "train",
    timestamp: str | None = "timestamp",
) -> list[Shard]:
    """Cut a table that :func:`select` made into files, by UTC periods of its timestamps.

    A period with more than ``limit`` bytes falls into its sub-periods, a day into numbered
    parts; so what a file holds depends on the rows of its own period only. Rows without a
    timestamp come last, in files of their own. Names sort in the order of the rows.
    """
    return _shards(row_bytes(table), _moments(table, timestamp), period, limit, f"data/{split}")


def _shards(
    sizes: np.ndarray[Any, Any],
    moments: np.ndarray[Any, Any],
    period: Period,
    limit: int,
    prefix: str,
) -> list[Shard]:
    if period not in PERIODS:
        raise UsageError(f"shard period: found {period!r}, expected {', '.join(PERIODS)}")
    if limit < 1:
        raise UsageError(f"shard bytes: found {limit}, expected at least 1")
    cutter = _Cutter(prefix, sizes, moments, limit)
    dated = list(cutter.periods(0, len(moments), period))
    return [*dated, *cutter.parts(len(moments), len(sizes), "undated")]


def _moments(table: pa.Table, name: str | None) -> np.ndarray[Any, Any]:
    return moments_of(table.column(name) if name in table.column_names else None)


@dataclass(frozen=True, slots=True)
class _Cutter:
    """``sizes`` of all rows in bytes, ``moments`` of the dated ones, which come first."""

    prefix: str
    sizes: np.ndarray[Any, Any]
    moments: np.ndarray[Any, Any]
    limit: int

    def periods(self, start: int, stop: int, period: Period) -> Iterator[Shard]:
        unit, width = _UNITS[period]
        for first, last in runs(self.moments, start, stop, unit):
            finer = PERIODS[PERIODS.index(period) + 1 :]
            if finer and int(self.sizes[first:last].sum()) > self.limit:
                yield from self.periods(first, last, finer[0])
            else:
                name = str(self.moments[first].astype("datetime64[D]"))[:width]
                yield from self.parts(first, last, name)

    def parts(self, start: int, stop: int, name: str) -> Iterator[Shard]:
        for number, (a, b) in enumerate(cut(self.sizes[start:stop], self.limit)):
            yield Shard(f"{self.prefix}-{name}-{number:05}.parquet", start + a, start + b)


# -- the whole ----------------------------------------------------------------------------------


def plan(
    articles: pa.Table,
    schema: Schema,
    settings: Settings,
    *,
    version: str,
    name: str,
    counts: Mapping[str, Any] | None = None,
    require: Sequence[str] | None = None,
    date: date | str | None = None,
    epoch: str | int | None = None,
    about: About | None = None,
    documents: Mapping[str, bytes] | None = None,
    shard_bytes: int = SHARD_BYTES,
) -> Plan:
    """The release that these articles make, ready for ``exporters.directory.seal``.

    ``articles`` are the current articles in any order, with the schema's columns. ``counts`` are
    distinct inputs by final outcome, printed as they are. ``date`` is the user's, ``epoch`` the
    value of SOURCE_DATE_EPOCH; see :func:`release_date`. Raises ReleaseError when no article is
    left, UsageError for a bad version, date or required field.
    """
    table = conform(articles, schema.arrow)
    require = tuple(default_require(schema) if require is None else require)
    _known_fields(schema.arrow.names, schema.roles, require)
    heads = heads_of(table, schema.roles, require)
    chosen = choose(heads, require, schema)
    check_ids(heads, chosen)
    return arrange(
        heads,
        chosen,
        lambda order: InMemory(take(table, order)),
        schema,
        settings,
        version=version,
        name=name,
        counts=counts,
        require=require,
        date=date,
        epoch=epoch,
        about=about,
        documents=documents,
        shard_bytes=shard_bytes,
    )


def arrange(
    heads: pa.Table,
    chosen: Chosen,
    rows_of: Callable[[pa.Array], Rows],
    schema: Schema,
    settings: Settings,
    *,
    version: str,
    name: str,
    require: Sequence[str],
    counts: Mapping[str, Any] | None = None,
    date: date | str | None = None,
    epoch: str | int | None = None,
    about: About | None = None,
    documents: Mapping[str, bytes] | None = None,
    shard_bytes: int = SHARD_BYTES,
) -> Plan:
    """As :func:`plan`, from the small columns of the articles alone.

    ``heads`` has a row for each article: ``id`` and ``timestamp`` where the schema has those
    roles, ``says.id`` and ``says.<field>`` (whether a required field says something), ``size``
    (:func:`newsdata.sizes.row_bytes`) and, where known, ``digest``, packed; where it is prepared
    for training also :data:`LEFT` (a reason or null) and :data:`SPLIT` (a name). ``chosen`` is
    what :func:`choose` says of them. ``rows_of`` is given the row numbers of what the release
    has, in its order, and returns its rows.
    """
    checked = str(Version.parse(version))
    order, left_out = chosen.order, chosen.left_out
    if not len(order):
        raise ReleaseError(_nothing(heads.num_rows, left_out))
    wanted = ("timestamp", "size", "digest", SPLIT)
    small = heads.select([n for n in wanted if n in heads.column_names]).take(order)
    cuts, parts, splits, newest = [], [], _splits(small), ""
    for split in splits:
        rows = small.slice(split.start, split.stop - split.start)
        bytes_, moments = rows.column("size").to_numpy(), _moments(rows, "timestamp")
        made = _shards(bytes_, moments, settings.shard_period, shard_bytes, f"data/{split.name}")
        cuts += moved(made, split.start)
        parts += leaves_of(split, moments)
        newest = max(newest, str(moments[-1])[:10] if len(moments) else "")
    sizes = small.column("size").to_numpy()
    if "digest" in small.column_names:
        digests = small.column("digest").combine_chunks()
        cuts, parts = keyed(cuts, digests), keyed(parts, digests)
    del small
    return Plan(
        version=checked,
        name=name,
        date=_date(newest or None, date, epoch),
        schema=schema,
        rows=rows_of(order),
        sizes=sizes,
        shards=tuple(cuts),
        leaves=tuple(parts),
        splits=tuple(splits),
        counts=dict(counts or {}),
        left_out=left_out,
        settings=_printed(settings, require, shard_bytes),
        about=about or About(),
        documents=dict(documents or {}),
    )


def _splits(rows: pa.Table) -> list[Shard]:
    """The splits of rows that are sorted by their names; one named train where they have none."""
    if SPLIT not in rows.column_names:
        return [Shard("train", 0, rows.num_rows)]
    found, start = [], 0
    for one in sorted(rows.column(SPLIT).value_counts().to_pylist(), key=lambda o: o["values"]):
        found.append(Shard(one["values"], start, start + one["counts"]))
        start += one["counts"]
    return found


def keyed(parts: Sequence[Shard], digests: pa.Array) -> list[Shard]:
    """The parts with their keys: a hash of the digits of the digests of their rows in their
    order."""

    def key(part: Shard) -> str:
        digits = digits_of(digests, part.start, part.stop)
        return hashlib.blake2b(digits, digest_size=16).hexdigest()

    return [replace(part, key=key(part)) for part in parts]


def _nothing(articles: int, left_out: Mapping[str, int]) -> str:
    if not articles:
        return "nothing to release: there are no articles"
    reasons = ", ".join(f"{reason} {count}" for reason, count in left_out.items())
    if not all(reason.startswith("missing-") for reason in left_out):
        return f"nothing to release: every one of {articles} articles is left out ({reasons})"
    return (
        f"nothing to release: every one of {articles} articles lacks a required field "
        f"({reasons}); require fewer fields to let them in"
    )


def _printed(settings: Settings, require: Sequence[str], shard_bytes: int) -> dict[str, Any]:
    """The settings as the manifest has them; the name stands in it by itself."""
    values = {key: value for key, value in asdict(settings).items() if key != "name"}
    return {**values, "require": list(require), "shard_bytes": shard_bytes}


def release_date(
    table: pa.Table,
    given: date | str | None = None,
    epoch: str | int | None = None,
    timestamp: str | None = "timestamp",
) -> str:
    """The day a release bears, ISO 8601: the given one, else SOURCE_DATE_EPOCH, else the newest.

    ``epoch`` is seconds since 1970 (reproducible-builds.org). Raises UsageError where a value
    cannot be read, or nothing is given and no row has a time.
    """
    moments = _moments(table, timestamp)
    return _date(str(moments.max())[:10] if len(moments) else None, given, epoch)


def _date(newest: str | None, given: date | str | None, epoch: str | int | None) -> str:
    if given is not None:
        return _given_day(given)
    if epoch not in (None, ""):
        return _epoch_day(str(epoch))
    if newest is not None:
        return newest
    raise UsageError("date: no article has a timestamp, so the date of the release must be given")


def _given_day(given: date | str) -> str:
    try:
        moment = given if isinstance(given, date) else datetime.fromisoformat(given.strip())
    except ValueError:
        raise UsageError(f"date: found {given!r}, expected a day such as 2024-05-31") from None
    if isinstance(moment, datetime):
        moment = moment.astimezone(UTC).date() if moment.tzinfo else moment.date()
    return moment.isoformat()


def _epoch_day(epoch: str) -> str:
    try:
        if not re.fullmatch(r"[0-9]+", epoch, re.ASCII):
            raise ValueError
        return datetime.fromtimestamp(int(epoch), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"SOURCE_DATE_EPOCH: found {epoch!r}, expected seconds since 1970"
        ) from None


# -- which version ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changes:
    """Numbers of rows that a release adds, removes and changes against the one before."""

    added: int = 0
    removed: int = 0
    changed: int = 0

    def __str__(self) -> str:
        return f"{self.added} added, {self.removed} removed, {self.changed} changed"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The version a release should have, and why.

    ``step`` is None for the first release and when nothing changed; then ``version`` is the
    first one, or the one there is.
    """

    version: Version
    step: Step | None
    reason: str
    changes: Changes


def compare(previous: pa.Table, current: pa.Table, key: str = "id") -> Changes:
    """Count rows by id. Only the columns that both tables have are compared."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    shared = [
        item.name
        for item in previous.schema
        if item.name in current.column_names and current.schema.field(item.name).equals(item)
    ]
    places = pc.index_in(current.column(key), value_set=previous.column(key).combine_chunks())
    common = np.flatnonzero(places.is_valid().to_numpy())
    pairs = places.take(pa.array(common)).to_numpy(), common
    changed = int(differing(previous.select(shared), current.select(shared), pairs).sum())
    added, removed = current.num_rows - len(common), previous.num_rows - len(common)
    return Changes(added, removed, changed)


def propose(
    planned: Plan,
    manifest: Mapping[str, Any] | None = None,
    previous: pa.Table | None = None,
    configs: Sequence[str] = (),
) -> Proposal:
    """The next version after the newest release, given its manifest and its rows.

    A breaking change of the schema or of how shards are cut is a major step, added rows or
    columns a minor one, corrections and removals a patch; so it is with the ``configs`` for
    trainers that it has. The version in ``planned`` is no matter.
    """
    if manifest is None or previous is None:
        return first_proposal(planned)
    changes = _changes(planned, previous)
    return proposal(planned, manifest, previous.schema, changes, configs)


def first_proposal(planned: Plan) -> Proposal:
    """What an archive without a release should call its first one."""
    changes = Changes(added=planned.num_rows)
    return Proposal(Version(1, 0, 0), None, "there is no release yet", changes)


_SIZES: tuple[Step | None, ...] = (None, "patch", "minor", "major")


def proposal(
    planned: Plan,
    manifest: Mapping[str, Any],
    columns: pa.Schema,
    changes: Changes,
    configs: Sequence[str] = (),
) -> Proposal:
    """As :func:`propose`, given the columns of the newest release and what changed since."""
    last = Version.parse(manifest["version"])
    step, reason = _step(planned, manifest, columns, changes)
    other, why = _trained(planned.settings, manifest, configs)
    if _SIZES.index(other) > _SIZES.index(step):
        step, reason = other, why
    if step is None:
        return Proposal(last, None, f"nothing changed since {last}", changes)
    return Proposal(last.next(step), step, f"{reason} since {last}", changes)


def changes_between(previous: pa.Table, current: pa.Table) -> Changes:
    """Count rows by ``id``; a row whose ``digest`` is another one changed."""
    import pyarrow.compute as pc

    then, now = (plain(table.column("id")) for table in (previous, current))
    places = pc.index_in(now, value_set=then.combine_chunks())
    common = places.is_valid()
    before = previous.column("digest").take(places.filter(common))
    after = current.column("digest").filter(common)
    changed = pc.sum(pc.not_equal(before, after)).as_py() or 0
    shared = len(before)
    return Changes(current.num_rows - shared, previous.num_rows - shared, int(changed))


def _changes(planned: Plan, previous: pa.Table) -> Changes:
    key = planned.schema.roles.get("id")
    if key and key in previous.column_names:
        return compare(previous, planned.table, key)
    return Changes(added=planned.num_rows, removed=previous.num_rows)


def _makeup(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What of a preparation moves articles between files or rewrites all of them."""
    prepared = settings.get("prepared") or {}
    return {key: prepared.get(key) for key in ("split", "seed", "redact", "pseudonymise")}


def _trained(
    settings: Mapping[str, Any], manifest: Mapping[str, Any], configs: Sequence[str]
) -> tuple[Step | None, str]:
    """The step that the configs for trainers ask for, whatever the articles do."""
    before = [name for name in CONFIGS if name in manifest.get("configs", ())]
    if gone := [name for name in before if name not in configs]:
        return "major", f"configs are gone ({', '.join(gone)})"
    was = (manifest["settings"].get("prepared") or {}).get("tokenizer")
    now = (settings.get("prepared") or {}).get("tokenizer")
    if was and was != now:
        told = "are counted by another tokenizer" if now else "are no longer counted"
        return "major", f"tokens {told}"
    if new := [name for name in configs if name not in before]:
        return "minor", f"configs were added ({', '.join(new)})"
    return ("minor", "tokens are counted now") if now and not was else (None, "")


#: Settings that decide which file an article stands in: fixed by the first release of a major
#: version, so that files are the same from release to release.
CUT = ("shard_period", "shard_bytes")


def check_cut(planned: Plan, manifest: Mapping[str, Any]) -> None:
    """Raise ReleaseError where shards are cut in another way than in the release before, whose
    manifest it is, and the version is not of a further major one."""
    if Version.parse(planned.version).major > Version.parse(manifest["version"]).major:
        return
    for key in CUT:
        before, now = manifest["settings"].get(key), planned.settings.get(key)
        if before != now:
            raise ReleaseError(
                f"{key}: found {now}, but {manifest['version']} was sealed with {before}, and "
                f"files keep their articles until the next major version: set {key} back, or "
                f"release {Version.parse(manifest['version']).next('major')}"
            )


def _step(
    planned: Plan, manifest: Mapping[str, Any], columns: pa.Schema, changes: Changes
) -> tuple[Step | None, str]:
    broken = breaking(columns, planned.schema.arrow)
    if broken:
        return "major", f"the schema changed in a way that breaks readers ({', '.join(broken)})"
    if _makeup(manifest["settings"]) != _makeup(planned.settings):
        return "major", "the split or what is made unreadable in the texts changed"
    for key in CUT:
        before, now = manifest["settings"].get(key), planned.settings.get(key)
        if before != now:
            return "major", f"{key} changed from {before} to {now}, which renames the files"
    before, now = (told.get("without", []) for told in (manifest["settings"], planned.settings))
    if before != now:
        names = [", ".join(fields) or "nothing" for fields in (before, now)]
        return "major", f"what is left out changed from {names[0]} to {names[1]}"
    if changes.added:
        return "minor", f"rows were added ({changes})"
    if not columns.equals(planned.schema.arrow):
        return "minor", "the schema has new fields"
    if changes.removed or changes.changed:
        return "patch", f"rows were only corrected or removed ({changes})"
    return None, ""
