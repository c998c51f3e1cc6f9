"""The configs beside the articles: their files, their hashes, their place in the manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from newsdata.exporters.parquet import row_groups, write_groups
from newsdata.exporters.plan import ARTICLES, Plan, side_file
from newsdata.exporters.rows import content_hash
from newsdata.exporters.shards import Older, file_entry, link_if_same
from newsdata.sizes import row_bytes


def write_sides(folder: Path, plan: Plan, older: Older | None) -> dict[str, dict[str, Any]]:
    """Write the configs below a directory: name -> sha256, size, rows of each file."""
    files = {}
    for side in plan.sides:
        name = side_file(plan, side)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        groups = row_groups(row_bytes(side.table))
        tables = (side.table.slice(a, b - a) for a, b in groups)
        write_groups(path, tables, side.table.schema, {})
        if older is not None:
            link_if_same(path, older.path / name)
        files[name] = {**file_entry(path), "rows": side.table.num_rows}
    return files


def content_hashes(plan: Plan, articles: str) -> dict[str, str]:
    """Config -> content hash, given that of the articles."""
    return {
        ARTICLES: articles,
        **{side.name: content_hash(side.table.schema, side.table) for side in plan.sides},
    }
