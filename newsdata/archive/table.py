"""The Delta table of a ledger: made, opened, and its files checked against its log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from newsdata.archive.settings_file import SETTINGS_FILE
from newsdata.errors import ArchiveError
from newsdata.ledger import STATISTICS, ledger_columns
from newsdata.schema import Schema
from newsdata.settings import FIXED, Settings

if TYPE_CHECKING:
    from deltalake import DeltaTable


def file_fault(file: Path, size: int, rows: int | None) -> tuple[str, str, str] | None:
    """(what, found, expected) of a file of the ledger that is not as the log says, else None."""
    if not file.is_file():
        return "missing", "no file", "a file of the ledger"
    if file.stat().st_size != size:
        return "size", f"{file.stat().st_size} bytes", f"{size} bytes"
    try:
        read = sum(b.num_rows for b in pq.ParquetFile(file).iter_batches(batch_size=4096))
    except (pa.ArrowException, OSError) as error:
        return "unreadable", str(error).partition("\n")[0], "a Parquet file"
    if rows is not None and read != rows:
        return "rows", f"{read} rows", f"{rows} rows"
    return None


def open_ledger(path: Path, settings: Settings, schema: Schema) -> DeltaTable:
    """The ledger of the archive at ``path``, made where there is none yet."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    check_path(path)
    ledger = (path / "ledger").resolve().as_uri()
    try:
        try:
            return DeltaTable(ledger)
        except TableNotFoundError:
            _create_ledger(path, settings, schema)
            return DeltaTable(ledger)
    except (DeltaError, OSError) as error:
        raise ArchiveError(f"{ledger}: the ledger cannot be read: {error}") from None


def check_path(path: Path) -> None:
    """Delta Lake takes a path for a URL and fails on some characters, after writing a part."""
    found = sorted({c for c in str(path.resolve()) if c in "[]|^%\\" or not c.isprintable()})
    if found:
        raise ArchiveError(
            f"{path}: an archive cannot be kept under a path with {' '.join(map(repr, found))}"
        )


def _create_ledger(path: Path, settings: Settings, schema: Schema) -> None:
    from deltalake import DeltaTable

    if (path / "index").exists() or (path / "releases").exists():
        raise ArchiveError(f"{path}: the ledger is gone, although the archive was in use")
    DeltaTable.create(
        (path / "ledger").resolve().as_uri(),
        ledger_columns(schema),
        mode="ignore",
        name="newsdata ledger",
        description=fixed_as_text(settings),
        configuration={
            "delta.appendOnly": "true",
            "delta.checkpointInterval": "10",
            "delta.dataSkippingStatsColumns": ",".join(STATISTICS),
        },
    )


def fixed_as_text(settings: Settings) -> str:
    """The fixed settings as JSON: kept with the table, and a part of what an index is for."""
    return json.dumps(_fixed(settings), sort_keys=True)


def _fixed(settings: Settings) -> dict[str, Any]:
    values = {name: getattr(settings, name) for name in FIXED}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def check_fixed(path: Path, settings: Settings, table: DeltaTable) -> None:
    """The fixed settings must be those the ledger was made with."""
    made = json.loads(table.metadata().description or "{}")
    for name, found in _fixed(settings).items():
        expected = made.get(name, getattr(Settings(), name))
        if found != expected:
            raise ArchiveError(
                f"{path / SETTINGS_FILE}: {name} is {found!r}, but the ledger was made with "
                f"{expected!r}; it cannot be changed afterwards"
            )
