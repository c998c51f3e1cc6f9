"""Plans a release: which articles, in which order, in which files.

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
from newsdata.exporters.hashing import leaves_of, moments_of, moved, runs
from newsdata.exporters.plan import About, InMemory, Plan, Rows, Shard
from newsdata.exporters.rows import conform, content_hash, cut, take
from newsdata.exporters.versions import Version
from newsdata.schema import Schema
from newsdata.settings import PERIODS, Period, Settings
from newsdata.sizes import row_bytes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

__all__ = [
    "REQUIRE",
    "SHARD_BYTES",
    "About",
    "Plan",
    "Shard",
    "Version",
    "content_hash",
    "default_require",
    "parse_require",
    "plan",
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
