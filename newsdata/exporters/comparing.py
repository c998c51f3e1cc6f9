"""What changed between two releases: read from their files alone, and only from what differs.

Shards with equal checksums are not opened. Of the others the ids are read first, then one column
of one pair of shards at a time, so that memory follows the largest column of a shard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from newsdata.errors import ReleaseError
from newsdata.exporters.directory import columns_of, read_manifest, read_rows
from newsdata.exporters.manifest import schema_file
from newsdata.exporters.plan import ARTICLES
from newsdata.exporters.rows import differing
from newsdata.schema import Schema, parse_schema

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

#: Kinds of change, in the order in which they are listed.
KINDS = ("added", "changed", "withdrawn", "rekept")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one article.

    ``changed``: the value of ``field`` was ``before`` and is ``after`` (JSON values). ``rekept``:
    the article is now a copy of the article ``after``. ``withdrawn``: it is gone otherwise.
    """

    kind: str
    id: str
    field: str | None = None
    before: Any = None
    after: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Ready for ``json.dumps``."""
        return {
            "kind": self.kind,
            "id": self.id,
            "field": self.field,
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes from one version to another, sorted by kind, id and field."""

    old: str
    new: str
    changes: tuple[Change, ...]

    def counts(self) -> dict[str, int]:
        """Kind -> number of articles, every kind present."""
        found = Counter(kind for kind, _ in {(c.kind, c.id) for c in self.changes})
        return {kind: found[kind] for kind in KINDS}

    def to_dict(self) -> dict[str, Any]:
        """Ready for ``json.dumps``."""
        return {
            "format": 1,
            "old": self.old,
            "new": self.new,
            "counts": self.counts(),
            "changes": [change.to_dict() for change in self.changes],
        }

    def to_arrow(self) -> pa.Table:
        """The changes as a table; ``before`` and ``after`` are JSON texts."""
        import pyarrow as pa

        names = ("kind", "id", "field", "before", "after")
        columns: dict[str, list[Any]] = {name: [] for name in names}
        for change in self.changes:
            for name in names:
                value = getattr(change, name)
                if name in ("before", "after") and value is not None:
                    value = orjson.dumps(value).decode()
                columns[name].append(value)
        return pa.table(columns, schema=pa.schema({name: pa.string() for name in names}))


def write_changes(path: Path, difference: Difference) -> None:
    """The changes as one Parquet file."""
    import pyarrow.parquet as pq

    try:
        pq.write_table(difference.to_arrow(), path, compression="zstd")
    except OSError as error:
        raise ReleaseError(f"{path}: cannot be written: {error}") from error


def compare_releases(old: Path, new: Path) -> Difference:
    """Compare the articles of two release directories.

    Raises ReleaseError where one cannot be read or its records have no id.
    """
    import pyarrow as pa

    schema = _schema(new)
    key = schema.roles.get("id")
    if key is None or key not in columns_of(old).names:
        raise ReleaseError(f"{new}: its records have no id to compare them by")
    try:
        changes = list(_changes(old, new, key, schema))
    except (pa.ArrowException, OSError) as error:
        raise ReleaseError(f"{old} and {new}: cannot be compared: {error}") from error
    order = {kind: number for number, kind in enumerate(KINDS)}
    changes.sort(key=lambda c: (order[c.kind], c.id, c.field or ""))
    before, after = (str(read_manifest(folder)["version"]) for folder in (old, new))
    return Difference(before, after, tuple(changes))


def _schema(directory: Path) -> Schema:
    file = read_manifest(directory)["schema"]["file"]
    try:
        document = orjson.loads((directory / file).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ReleaseError(f"{directory / file}: cannot be read: {error}") from None
    return parse_schema(document, schema_file(document))


@dataclass(frozen=True, slots=True)
class _Ids:
    """The ids of some shards; row i stands in shard ``shard[i]`` of ``files`` at ``row[i]``."""

    folder: Path
    files: list[str]
    ids: pa.Array
    shard: np.ndarray[Any, Any]
    row: np.ndarray[Any, Any]


def _changes(old: Path, new: Path, key: str, schema: Schema) -> Iterator[Change]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    one, two = _ids(old, new, key), _ids(new, old, key)
    places = pc.index_in(two.ids, value_set=one.ids)
    common = np.flatnonzero(np.asarray(pc.is_valid(places)))
    before = np.asarray(pc.fill_null(places, 0))[common]
    yield from (Change("added", i) for i in two.ids.filter(pc.is_null(places)).to_pylist())
    gone = np.ones(len(one.ids), dtype=bool)
    gone[before] = False
    copies = _copies(new)
    for id_ in one.ids.filter(pa.array(gone)).to_pylist():
        kept = copies.get(id_)
        yield Change("rekept", id_, after=kept) if kept else Change("withdrawn", id_)
    names = [n for n in columns_of(old).names if n in schema.arrow.names and n != key]
    pairs = np.stack([one.shard[before], two.shard[common]], axis=1)
    for pair in np.unique(pairs, axis=0):
        at = np.flatnonzero((pairs == pair).all(axis=1))
        rows = one.row[before[at]], two.row[common[at]]
        ids = two.ids.take(pa.array(common[at]))
        with (
            pq.ParquetFile(old / one.files[pair[0]]) as left,
            pq.ParquetFile(new / two.files[pair[1]]) as right,
        ):
            for name in names:
                yield from _field(left, right, name, rows, ids)


def _ids(directory: Path, other: Path, key: str) -> _Ids:
    """The ids in the shards that the other release does not have as they are."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    manifest, theirs = read_manifest(directory), read_manifest(other)["files"]
    splits = manifest["configs"][ARTICLES]["splits"].values()
    hashes = {name: entry["sha256"] for name, entry in theirs.items()}
    files = [
        name
        for split in splits
        for name in split["files"]
        if hashes.get(name) != manifest["files"][name]["sha256"]
    ]
    found = [pq.ParquetFile(directory / name).read([key]).column(0) for name in files]
    lengths = [len(ids) for ids in found]
    chunks = [chunk for ids in found for chunk in ids.chunks]
    whole = pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
    shard = np.repeat(np.arange(len(files)), lengths)
    row = np.concatenate([np.zeros(0, np.int64), *(np.arange(n) for n in lengths)])
    return _Ids(directory, files, whole, shard, row)


def _copies(directory: Path) -> Mapping[str, str]:
    """Id -> kept id of the removed copies that a release names."""
    if "duplicates" not in read_manifest(directory)["configs"]:
        return {}
    rows = read_rows(directory, "duplicates").select(["id", "kept"]).to_pydict()
    return dict(zip(rows["id"], rows["kept"], strict=True))


def _field(
    left: pq.ParquetFile,
    right: pq.ParquetFile,
    name: str,
    rows: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
    ids: pa.Array,
) -> Iterator[Change]:
    """The changes of one field in the rows that two shards have in common."""
    import numpy as np
    import pyarrow as pa

    one, two = (file.read([name], use_threads=False) for file in (left, right))
    if one.schema.equals(two.schema):
        at = np.flatnonzero(differing(one, two, rows))
    else:
        at = np.arange(len(ids))
    values = [
        table.column(0).take(pa.array(where[at])).to_pylist()
        for table, where in ((one, rows[0]), (two, rows[1]))
    ]
    for id_, before, after in zip(ids.take(pa.array(at)).to_pylist(), *values, strict=True):
        before, after = _plain(before), _plain(after)
        if before != after:
            yield Change("changed", id_, name, before, after)


def _plain(value: Any) -> Any:
    """A value as JSON has it: times as ISO 8601."""
    return orjson.loads(orjson.dumps(value, option=orjson.OPT_UTC_Z))
