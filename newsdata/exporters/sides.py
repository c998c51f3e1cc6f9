"""The configs beside the articles: their files, their hashes, their place in the manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsdata.exporters.names import ARTICLES
from newsdata.exporters.parquet import row_groups, write_groups
from newsdata.exporters.plan import Plan, Shard, Stream, side_file, stream_files
from newsdata.exporters.rows import ContentHash, content_hash
from newsdata.exporters.shards import Older, link_if_same
from newsdata.sizes import row_bytes

if TYPE_CHECKING:
    import pyarrow as pa


def write_sides(folder: Path, plan: Plan, older: Older | None) -> dict[str, dict[str, Any]]:
    """Write the configs below a directory: name -> sha256, size, rows of each file."""
    files = {}
    for side in plan.sides:
        name = side_file(plan, side)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        groups = row_groups(row_bytes(side.table))
        tables = (side.table.slice(a, b - a) for a, b in groups)
        entry = write_groups(path, tables, side.table.schema, {})
        if older is not None:
            link_if_same(path, older.path / name)
        files[name] = {**entry, "rows": side.table.num_rows}
    return files


def write_streams(
    folder: Path, plan: Plan, older: Older | None
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Write the configs as large as the articles: name -> sha256, size, rows of each file and the
    sums of the columns that have totals; and config -> content hash."""
    files, hashes = {}, {}
    for stream in plan.streams:
        parts, hasher = stream_files(stream), ContentHash(stream.columns)
        cuts = {part.name: _cuts(stream, part) for part in parts}
        tables = stream.rows.tables([one for part in parts for one in cuts[part.name]])
        for part in parts:
            path = folder / part.name
            path.parent.mkdir(parents=True, exist_ok=True)
            sums: Counter[str] = Counter()
            groups = _watched(islice(tables, len(cuts[part.name])), hasher, stream.totals, sums)
            entry = write_groups(path, groups, stream.columns, {})
            if older is not None:
                link_if_same(path, older.path / part.name)
            files[part.name] = {**entry, "rows": part.stop - part.start, **sums}
        hashes[stream.name] = hasher.hexdigest()
    return files, hashes


def _watched(
    tables: Iterable[pa.Table], hasher: ContentHash, names: Iterable[str], sums: Counter[str]
) -> Iterator[pa.Table]:
    """The tables, unchanged, while they are hashed and the sums of some columns grow."""
    import pyarrow.compute as pc

    for table in tables:
        hasher.update(table)
        for name in names:
            sums[name] += pc.sum(table.column(name)).as_py() or 0
        yield table


def _cuts(stream: Stream, part: Shard) -> list[tuple[int, int]]:
    groups = row_groups(stream.sizes[part.start : part.stop])
    return [(part.start + a, part.start + b) for a, b in groups]


def _hash(stream: Stream) -> str:
    hasher = ContentHash(stream.columns)
    for table in stream.rows.tables([c for p in stream_files(stream) for c in _cuts(stream, p)]):
        hasher.update(table)
    return hasher.hexdigest()


def content_hashes(
    plan: Plan, articles: str, streams: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Config -> content hash, given that of the articles, and of the streams where they are
    written."""
    if streams is None:
        streams = {stream.name: _hash(stream) for stream in plan.streams}
    return {
        ARTICLES: articles,
        **{side.name: content_hash(side.table.schema, side.table) for side in plan.sides},
        **streams,
    }
