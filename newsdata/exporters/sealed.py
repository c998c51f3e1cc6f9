"""Reads what stands in a sealed release, and loads little for it: who loads a release waits."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from newsdata.errors import ReleaseError
from newsdata.exporters.manifest_shape import Fault, shape_fault
from newsdata.exporters.names import ARTICLES, FORMAT, MANIFEST
from newsdata.storage import Location

if TYPE_CHECKING:
    import pyarrow as pa


def read_manifest(directory: Location) -> dict[str, Any]:
    """The manifest of a release; raises ReleaseError where there is none that can be read."""
    path = directory / MANIFEST
    try:
        content = path.read_bytes()
        document = orjson.loads(content)
    except FileNotFoundError:
        raise ReleaseError(f"{directory}: no release here, it has no {MANIFEST}") from None
    except OSError as error:
        raise ReleaseError(f"{path}: cannot be read: {error}") from error
    except orjson.JSONDecodeError as error:
        raise ReleaseError(f"{path}: damaged: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("format"), int):
        raise ReleaseError(f"{path}: no manifest of a release: found no format number")
    if document["format"] > FORMAT:
        raise ReleaseError(
            f"{path}: found format {document['format']}, this newsdata reads up to {FORMAT}"
        )
    if fault := _fault(content):
        raise ReleaseError(f"{path}: no manifest of a release: {fault}")
    return document


@functools.lru_cache(maxsize=4)
def _fault(content: bytes) -> Fault | None:
    """What is wrong with the shape of a manifest. It names thousands of files, and a command
    reads the same one several times."""
    return shape_fault(orjson.loads(content))


def read_rows(
    directory: Path, config: str = ARTICLES, columns: Sequence[str] | None = None
) -> pa.Table:
    """The rows of a release, every split in its order, all columns or these.

    Raises ReleaseError where they cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    configs = read_manifest(directory).get("configs", {})
    if config not in configs:
        raise ReleaseError(f"{directory}: no config {config!r}; there are {', '.join(configs)}")
    names = [name for split in configs[config]["splits"].values() for name in split["files"]]
    try:
        # Not read_table of a folder: that would guess columns from the names of directories.
        return pa.concat_tables([pq.ParquetFile(directory / name).read(columns) for name in names])
    except (pa.ArrowException, OSError) as error:
        raise ReleaseError(f"{directory}: cannot be read: {error}") from error


def read_document(directory: Path, name: str) -> bytes:
    """A file of a release; raises ReleaseError where it cannot be read."""
    try:
        return (directory / name).read_bytes()
    except OSError as error:
        raise ReleaseError(f"{directory / name}: cannot be read: {error}") from error


def read_changelog(directory: Path) -> bytes:
    """CHANGELOG.md of a release, empty where it has none."""
    try:
        return (directory / "CHANGELOG.md").read_bytes()
    except FileNotFoundError:
        return b""


def read_removed(directory: Path) -> tuple[tuple[str, str, str], ...]:
    """removed.csv of a release, as ``Since.removed``; raises ReleaseError where it is damaged."""
    from newsdata.exporters.tables import parse_removed

    path = directory / "removed.csv"
    try:
        return parse_removed(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{path}: cannot be read: {error}") from None


def columns_of(directory: Path, config: str = ARTICLES) -> pa.Schema:
    """The columns of a release, from its first shard: every shard has the same."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    splits = read_manifest(directory)["configs"][config]["splits"]
    first = next(name for split in splits.values() for name in split["files"])
    try:
        return pq.read_schema(directory / first)
    except (pa.ArrowException, OSError) as error:
        raise ReleaseError(f"{directory / first}: cannot be read: {error}") from error
