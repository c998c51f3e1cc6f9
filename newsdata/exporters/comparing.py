"""What changed between two releases: read from their files alone, and only from what differs.

Shards with equal checksums are not opened. Of two of one name that have the same ids in the same
rows only the columns are decoded that are not the same bytes (:mod:`newsdata.exporters.twins`).
Of the others the ids are read first, then the rows of several small pairs of shards at once, or
one column of a large pair at a time, so that memory follows the largest column of a shard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from newsdata.errors import ReleaseError
from newsdata.exporters.manifest import schema_file
from newsdata.exporters.names import ARTICLES
from newsdata.exporters.rows import differing
from newsdata.exporters.sealed import columns_of, read_manifest, read_rows
from newsdata.exporters.twins import Twins, differing_twins, twins
from newsdata.schema import Schema, parse_schema

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

#: Kinds of change, in the order in which they are listed.
KINDS = ("added", "changed", "withdrawn", "rekept")

#: Bytes of files that are read at once; a larger one is read a column at a time.
READ_BYTES = 16_000_000


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

    schema, columns = schema_of(new), columns_of(old).names
    key = schema.roles.get("id")
    if key is None or key not in columns:
        raise ReleaseError(f"{new}: its records have no id to compare them by")
    names = [name for name in columns if name in schema.arrow.names and name != key]
    manifests = read_manifest(old), read_manifest(new)
    try:
        changes = list(_changes((old, new), manifests, key, names))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise ReleaseError(f"{old} and {new}: cannot be compared: {error}") from error
    order = {kind: number for number, kind in enumerate(KINDS)}
    changes.sort(key=lambda c: (order[c.kind], c.id, c.field or ""))
    before, after = (str(manifest["version"]) for manifest in manifests)
    return Difference(before, after, tuple(changes))


def schema_of(directory: Path) -> Schema:
    """The schema that a release carries; raises ReleaseError where it cannot be read."""
    file = read_manifest(directory)["schema"]["file"]
    try:
        document = orjson.loads((directory / file).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ReleaseError(f"{directory / file}: cannot be read: {error}") from None
    return parse_schema(document, schema_file(document))


@dataclass(frozen=True, slots=True)
class _Ids:
    """The ids of some shards; row i stands in shard ``shard[i]`` of ``files`` at ``row[i]``;
    ``sizes`` are bytes of the files, ``lengths`` their rows."""

    folder: Path
    files: list[str]
    sizes: list[int]
    lengths: list[int]
    ids: pa.Array
    shard: np.ndarray[Any, Any]
    row: np.ndarray[Any, Any]

    def beside(self, shards: np.ndarray[Any, Any], names: Sequence[str]) -> _Beside:
        """These shards, to be read together."""
        import numpy as np

        start = np.zeros(len(self.files), np.int64)
        wanted, at = np.unique(shards).tolist(), 0
        for shard in wanted:
            start[shard] = at
            at += self.lengths[shard]
        files = [self.folder / self.files[shard] for shard in wanted]
        small = sum(self.sizes[shard] for shard in wanted) <= READ_BYTES
        return _Beside(files, start, _read(files, names) if small else None)


def _changes(
    folders: tuple[Path, Path],
    manifests: tuple[Mapping[str, Any], Mapping[str, Any]],
    key: str,
    names: Sequence[str],
) -> Iterator[Change]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    old, new = folders
    was, now = _unlike(*manifests), _unlike(*manifests[::-1])
    paired: set[str] = set()

    def paired_shards() -> Iterator[Twins]:
        for name in sorted(was.keys() & now.keys()):
            both = twins(old / name, new / name, key)
            if both is not None:
                paired.add(name)
                yield both

    for found in differing_twins(paired_shards(), key, names):
        yield from _told(found.name, found.key, found.before, found.after)
    one, two = _ids(old, was, paired, key), _ids(new, now, paired, key)
    places = pc.index_in(two.ids, value_set=one.ids)
    common = np.flatnonzero(np.asarray(pc.is_valid(places)))
    before = np.asarray(pc.fill_null(places, 0))[common]
    yield from (Change("added", i) for i in two.ids.filter(pc.is_null(places)).to_pylist())
    gone = np.ones(len(one.ids), dtype=bool)
    gone[before] = False
    copies = _copies(new, manifests[1])
    for id_ in one.ids.filter(pa.array(gone)).to_pylist():
        kept = copies.get(id_)
        yield Change("rekept", id_, after=kept) if kept else Change("withdrawn", id_)
    pairs = np.stack([one.shard[before], two.shard[common]], axis=1)
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    for at in _together(order, pairs, one, two):
        left, right = one.beside(pairs[at, 0], names), two.beside(pairs[at, 1], names)
        rows = (
            left.start[one.shard[before[at]]] + one.row[before[at]],
            right.start[two.shard[common[at]]] + two.row[common[at]],
        )
        ids = two.ids.take(pa.array(common[at]))
        for name in names:
            yield from _field(left.column(name), right.column(name), name, rows, ids)


def _together(
    order: np.ndarray[Any, Any], pairs: np.ndarray[Any, Any], one: _Ids, two: _Ids
) -> Iterator[np.ndarray[Any, Any]]:
    """The rows that are compared at once: those of pairs of shards up to READ_BYTES, because
    each comparison has a price of its own."""
    import numpy as np

    if not len(order):
        return
    edges = np.flatnonzero((np.diff(pairs[order], axis=0) != 0).any(axis=1)) + 1
    waiting: list[np.ndarray[Any, Any]] = []
    held = 0
    for rows in np.split(order, edges):
        left, right = pairs[rows[0]].tolist()
        size = one.sizes[left] + two.sizes[right]
        if waiting and held + size > READ_BYTES:
            yield np.concatenate(waiting)
            waiting, held = [], 0
        waiting.append(rows)
        held += size
    yield np.concatenate(waiting)


@dataclass(frozen=True, slots=True)
class _Beside:
    """Some shards as if they were one: ``start`` is where the rows of each shard begin. They
    are read whole where they are small, else a column at a time."""

    files: Sequence[Path]
    start: np.ndarray[Any, Any]
    table: pa.Table | None

    def column(self, name: str) -> pa.Table:
        """A table of this column alone."""
        return self.table.select([name]) if self.table is not None else _read(self.files, [name])


def _read(files: Sequence[Path], names: Sequence[str]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = []
    for path in files:
        with pq.ParquetFile(path) as file:
            tables.append(file.read(list(names), use_threads=False))
    return pa.concat_tables(tables)


def _unlike(manifest: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, int]:
    """The shards that the other release does not have as they are, with their bytes."""
    files, theirs = manifest["files"], other["files"]
    return {
        name: files[name]["size"]
        for split in manifest["configs"][ARTICLES]["splits"].values()
        for name in split["files"]
        if theirs.get(name, {}).get("sha256") != files[name]["sha256"]
    }


def _ids(directory: Path, sizes: Mapping[str, int], without: set[str], key: str) -> _Ids:
    """The ids in these shards, without some."""
    import numpy as np
    import pyarrow as pa

    files = [name for name in sizes if name not in without]
    found = [_read([directory / name], [key]).column(0) for name in files]
    lengths = [len(ids) for ids in found]
    chunks = [chunk for ids in found for chunk in ids.chunks]
    whole = pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
    shard = np.repeat(np.arange(len(files)), lengths)
    row = np.concatenate([np.zeros(0, np.int64), *(np.arange(n) for n in lengths)])
    return _Ids(directory, files, [sizes[name] for name in files], lengths, whole, shard, row)


def _copies(directory: Path, manifest: Mapping[str, Any]) -> Mapping[str, str]:
    """Id -> kept id of the removed copies that a release names."""
    if "duplicates" not in manifest["configs"]:
        return {}
    rows = read_rows(directory, "duplicates").select(["id", "kept"]).to_pydict()
    return dict(zip(rows["id"], rows["kept"], strict=True))


def _field(
    one: pa.Table,
    two: pa.Table,
    name: str,
    rows: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
    ids: pa.Array,
) -> Iterator[Change]:
    """The changes of one field in the rows that some shards have in common."""
    import numpy as np
    import pyarrow as pa

    if one.schema.equals(two.schema):
        at = np.flatnonzero(differing(one, two, rows))
    else:
        at = np.arange(len(ids))
    values = [
        table.column(0).take(pa.array(where[at]))
        for table, where in ((one, rows[0]), (two, rows[1]))
    ]
    found = ids.take(pa.array(at)), *values
    yield from _told(name, *(column.to_pylist() for column in found))


def _told(name: str, ids: list[str], *values: list[Any]) -> Iterator[Change]:
    """The changes of a field in the articles with these ids: its values before and after."""
    for id_, before, after in zip(ids, *values, strict=True):
        before, after = _plain(before), _plain(after)
        if before != after:
            yield Change("changed", id_, name, before, after)


def _plain(value: Any) -> Any:
    """A value as JSON has it: times as ISO 8601."""
    if value is None or isinstance(value, str | int):
        return value
    return orjson.loads(orjson.dumps(value, option=orjson.OPT_UTC_Z))
