"""The archive: an append-only ledger on Delta Lake, its settings and its index.

::

    my-archive/
      newsdata.toml    settings
      ledger/          one Delta table, a row per event (newsdata.ledger names the columns)
      index/           a cache (newsdata.index); may be deleted
      releases/        sealed releases

One batch is one Delta commit, so a killed build leaves either all of it or nothing. Two appends
that started from one version would both succeed in Delta; so each carries its batch number as
a Delta application transaction. The second to commit is refused, reads what came in, decides its
batch again and retries: the state after two writers is that of one after the other.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newsdata import batches, states
from newsdata.duplicates import Row
from newsdata.errors import ArchiveError, BatchConflictError, SettingsError, UsageError
from newsdata.index import COLUMNS as INDEX_COLUMNS
from newsdata.index import Index
from newsdata.ledger import STATISTICS, ledger_columns
from newsdata.schema import Schema
from newsdata.settings import FIXED, FREE, Settings, to_toml, with_values

if TYPE_CHECKING:
    import pyarrow.dataset as ds
    from deltalake import DeltaTable

SETTINGS_FILE = "newsdata.toml"
FORMAT_VERSION = 1
#: How names of files begin that are not finished yet.
WRITING = ".writing-"

#: Name under which batch numbers stand in the Delta log.
APPLICATION = "newsdata"
#: A ledger read so many seconds ago is not read again before a batch is decided.
FRESH = 1.0
#: How often a batch is decided again because another writer was faster.
ATTEMPTS = 100
#: Files smaller than TARGET_FILE_SIZE that may gather before they are compacted.
SMALL_FILES = 64
TARGET_FILE_SIZE = 64 * 1024 * 1024

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: A function that yields the rows of a batch anew each time it is called (a retry calls it again).
Shards = Callable[[], Iterable[pa.RecordBatch]]


def clock() -> datetime:
    """The time now, in UTC: the one place where an archive reads the clock."""
    return datetime.now(UTC)


def stopwatch() -> Callable[[], float]:
    """A function that tells the seconds since this call."""
    begun = time.perf_counter()
    return lambda: round(time.perf_counter() - begun, 3)


@contextlib.contextmanager
def scratch(settings: Settings, schema: Schema) -> Iterator[Archive]:
    """An empty archive that is gone afterwards: for a dry run where there is none yet."""
    with tempfile.TemporaryDirectory(prefix="newsdata-") as folder:
        yield Archive.create(Path(folder), settings, schema)


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970 UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


class Archive:
    """An open archive. ``settings`` are those in force, ``schema`` that of its records."""

    def __init__(self, path: Path, settings: Settings, schema: Schema, table: DeltaTable) -> None:
        self.path = path
        self.settings = settings
        self.schema = schema
        self.table = table
        self.columns = ledger_columns(schema)
        self._read_at = time.monotonic()
        self._last_batch: int | None = None
        identity = f"{table.metadata().id} hash {settings.hash_version} seed {settings.seed}"
        self.index = Index(path / "index", identity)

    # -- opening ------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path, settings: Settings, schema: Schema) -> Archive:
        """A new archive; raises ArchiveError where one stands already, or other files do."""
        if is_archive(path):
            raise ArchiveError(f"{path}: there is an archive already")
        if path.exists() and not _is_free(path):
            raise ArchiveError(f"{path}: found other files, expected an empty or a new folder")
        path.mkdir(parents=True, exist_ok=True)
        _write_new(path / SETTINGS_FILE, to_toml(settings))
        return cls.open(path, schema)

    @classmethod
    def open(cls, path: Path, schema: Schema) -> Archive:
        """Open an archive; finish one whose creation was interrupted.

        Raises ArchiveError where there is none, it is damaged, or its format is newer.
        """
        settings = read_settings(path)
        table = _open_ledger(path, settings, schema)
        _check_fixed(path, settings, table)
        archive = cls(path, settings, schema, table)
        archive._check_columns()
        return archive

    def _check_columns(self) -> None:
        found = {field.name for field in self.table.schema().fields}
        missing = [name for name in self.columns.names if name not in found]
        if missing:
            raise ArchiveError(
                f"{self.path}: the ledger has no column {', '.join(missing)}; "
                "it is damaged or of another format"
            )

    # -- appending ----------------------------------------------------------------------------

    def append(
        self,
        shards: Shards,
        now: datetime | None = None,
        skipped: int = 0,
        about: Mapping[str, Any] | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Decide a batch and append it as one commit; returns its summary.

        ``shards`` yields record batches in the ledger's columns with outcome ``article`` or
        ``rejected``; ``skipped`` inputs were known by their key and not read again. ``about``
        (command, versions) is kept in the row of the batch. ``now`` is the time that decides
        embargoes: later than that of the last batch, else a UsageError. Nothing new: nothing is
        appended, and the summary's ``batch`` is None. Raises BatchConflictError when other writers
        were faster every time.
        """
        for attempt in range(ATTEMPTS):
            self.refresh(0 if attempt else FRESH)
            number = self.last_batch + 1
            moment = self._moment(now)
            decision = self._decide(shards, moment)
            decision.counts.read += skipped
            decision.counts.unchanged += skipped
            summary = _summary(decision.counts, number)
            if not decision.state and all(row is None for row in decision.rows):
                return summary | {"batch": None}
            if dry_run:
                return summary | {"batch": None}
            note = {"summary": summary, **(about or {})}
            if self._commit(shards, decision, number, moment, note):
                self._maintain()
                return summary
        raise BatchConflictError(
            f"{self.path}: other writers were faster {ATTEMPTS} times; "
            "nothing was appended, try again"
        )

    def _moment(self, now: datetime | None) -> datetime:
        last = self.index.now
        if now is None:
            now = clock()
            return max(now, _EPOCH + timedelta(microseconds=last)) if self.last_batch else now
        if microseconds(now) < last:
            shown = _EPOCH + timedelta(microseconds=last)
            raise UsageError(
                f"--now {now.isoformat()}: the last batch was made at {shown.isoformat()}; "
                "time must not run backwards"
            )
        return now

    def _decide(self, shards: Shards, now: datetime) -> batches.BatchDecision:
        columns = list(batches.FACTS)
        wanted = pa.schema([self.columns.field(name) for name in columns])
        parts = [pa.Table.from_batches([b]).select(columns) for b in shards()]
        facts = pa.concat_tables(parts) if parts else wanted.empty_table()
        before = self.index.now
        return batches.decide_batch(facts, self.index, self.settings, microseconds(now), before)

    def _commit(
        self,
        shards: Shards,
        decision: batches.BatchDecision,
        number: int,
        now: datetime,
        note: Mapping[str, Any],
    ) -> bool:
        """Write and commit the rows of a batch; False where another writer was faster."""
        from deltalake import (
            CommitProperties,
            PostCommitHookProperties,
            Transaction,
            WriterProperties,
            write_deltalake,
        )
        from deltalake.exceptions import CommitFailedError

        indexed: list[pa.RecordBatch] = []

        def rows() -> Iterator[pa.RecordBatch]:
            for batch in _rows(shards(), decision, number, now, note, self.columns):
                indexed.append(batch.select(list(INDEX_COLUMNS)))
                yield batch

        try:
            write_deltalake(
                self.table,
                pa.RecordBatchReader.from_batches(self.columns, rows()),
                mode="append",
                commit_properties=CommitProperties(
                    app_transactions=[Transaction(APPLICATION, number)]
                ),
                writer_properties=WriterProperties(compression="ZSTD", compression_level=3),
                # Looking for expired logs reads the whole log folder: half the cost of a small
                # commit in an archive of 1,000 batches. _maintain does it now and then.
                post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
            )
        except CommitFailedError as error:
            if "oncurrent" in str(error):
                return False
            raise ArchiveError(f"{self.path}: the batch could not be committed: {error}") from None
        self._last_batch = None
        self.index.add(pa.Table.from_batches(indexed), number, number)
        return True

    def _maintain(self) -> None:
        """Compact small files and drop what compaction replaced a week ago."""
        from deltalake import WriterProperties
        from deltalake.exceptions import DeltaError

        sizes = pa.table(self.table.get_add_actions(flatten=True)).column("size_bytes").to_pylist()
        if sum(size < TARGET_FILE_SIZE for size in sizes) <= SMALL_FILES:
            return
        # Upkeep only: what another process does at the same time it may do instead of us.
        with contextlib.suppress(DeltaError):
            self.table.optimize.compact(
                target_size=TARGET_FILE_SIZE,
                writer_properties=WriterProperties(compression="ZSTD", compression_level=3),
            )
            self.table.vacuum(retention_hours=24 * 7, dry_run=False)
            self.table.cleanup_metadata()

    # -- reading ------------------------------------------------------------------------------

    @property
    def last_batch(self) -> int:
        """Number of the newest batch in the ledger as last refreshed, 0 for none."""
        if self._last_batch is None:
            self._last_batch = int(self.table.transaction_version(APPLICATION) or 0)
        return self._last_batch

    def refresh(self, older_than: float = 0.0) -> None:
        """See what other processes committed, and let the index catch up with the ledger.

        The ledger is not looked at again when that was done less than ``older_than`` seconds
        ago: what another writer did meanwhile is found out when the batch is committed.
        """
        if time.monotonic() - self._read_at >= older_than:
            self.table.update_incremental()
            self._read_at = time.monotonic()
            self._last_batch = None
        self.index.reload()
        if self.index.last_batch > self.last_batch:
            self.index.clear()
        first = self.index.last_batch + 1
        if first <= self.last_batch:
            rows = self.rows(INDEX_COLUMNS, pc.field("batch") >= first)
            self.index.add(rows, first, self.last_batch)

    def _dataset(self) -> ds.Dataset:
        return self.table.to_pyarrow_dataset()

    def rows(self, columns: Iterable[str], where: pc.Expression | None = None) -> pa.Table:
        """Rows of the ledger as they stand in its files, in no promised order."""
        return self._dataset().to_table(columns=list(columns), filter=where)

    def scan(
        self, columns: Iterable[str], where: pc.Expression | None = None
    ) -> Iterator[pa.RecordBatch]:
        """As :meth:`rows`, a batch at a time, so that memory does not grow with the archive."""
        scanned: Iterator[pa.RecordBatch] = self._dataset().to_batches(
            columns=list(columns), filter=where, batch_size=4096, batch_readahead=2
        )
        return scanned

    def damaged_files(self) -> Iterator[tuple[str, str, str, str]]:
        """(file, what, found, expected) of each file of the ledger, read whole, that is not as
        the log says."""
        for action in pa.table(self.table.get_add_actions(flatten=True)).to_pylist():
            name = f"ledger/{action['path']}"
            fault = _file_fault(self.path / name, action["size_bytes"], action["num_records"])
            if fault is not None:
                yield (name, *fault)

    def state(self) -> states.State:
        """The state of every id."""
        return states.fold(self.rows(states.COLUMNS))

    def records(self, digests: pa.Array, columns: Iterable[str] | None = None) -> pa.Table:
        """Records of the observations with these digests, in the schema's columns (or some)."""
        names = list(columns) if columns is not None else self.schema.arrow.names
        wanted = {name: pc.field("record", name) for name in names}
        table = self._dataset().to_table(
            columns=wanted,
            filter=pc.is_valid(pc.field("withdrawn")) & pc.field("digest").isin(digests),
        )
        return table.cast(pa.schema([self.schema.arrow.field(name) for name in names]))

    def articles(self, columns: Iterable[str] | None = None) -> pa.Table:
        """The current versions of all kept articles, in no promised order."""
        return self.records(self.state().digests("article"), columns)

    def batch_notes(self) -> list[dict[str, Any]]:
        """Summary and circumstances of every batch, oldest first."""
        rows = self.rows(("batch", "timestamp", "message"), pc.field("outcome") == "batch")
        return [
            {"batch": r["batch"], "now": r["timestamp"].isoformat(), **json.loads(r["message"])}
            for r in rows.sort_by("batch").to_pylist()
        ]

    def history(self, id_: str) -> list[dict[str, Any]]:
        """Every row of one id, in the order of the ledger, its record as JSON values."""
        rows = self.rows(self.columns.names, pc.field("id") == id_)
        ordered = rows.sort_by([("batch", "ascending"), ("row", "ascending")])
        events: list[dict[str, Any]] = ordered.to_pylist()
        return events

    @property
    def releases(self) -> Path:
        """The folder of the sealed releases, each under its version."""
        return self.path / "releases"

    def note_release(self, version: str, note: Mapping[str, Any]) -> None:
        """Keep beside a release what must not stand in it: when and from what it was cut."""
        _write_new(self.releases / f"{version}.json", json.dumps(note, indent=2) + "\n")


def read_settings(path: Path) -> Settings:
    """The settings in force: the environment (NEWSDATA_TIMEZONE), ``newsdata.toml``, defaults.

    Raises ArchiveError where there is no archive or its format is newer, and SettingsError.
    """
    file = path / SETTINGS_FILE
    settings = with_values(Settings(), read_settings_file(file), str(file))
    return with_values(settings, environment_settings(), "environment")


def read_card(path: Path) -> dict[str, str]:
    """The table ``[card]`` of ``newsdata.toml``: what only the keeper can say of the dataset."""
    card = _toml(path / SETTINGS_FILE).get("card", {})
    if not isinstance(card, dict) or not all(isinstance(v, str) for v in card.values()):
        raise SettingsError(f"{path / SETTINGS_FILE}: [card]: expected texts such as license")
    return card


def environment_settings(names: Iterable[str] = FREE) -> dict[str, str]:
    """Settings that variables such as NEWSDATA_TIMEZONE give, by the name of the setting.

    The fixed ones can be given only to ``newsdata init``, so they are not looked for otherwise.
    """
    variables = {name: f"NEWSDATA_{name.upper()}" for name in names}
    return {n: os.environ[v] for n, v in variables.items() if os.environ.get(v)}


def read_settings_file(file: Path) -> dict[str, Any]:
    """The settings in a ``newsdata.toml``, unchecked; raises ArchiveError."""
    values = {k: v for k, v in _toml(file).items() if k != "card"}
    version = values.get("format_version", FORMAT_VERSION)
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise ArchiveError(
            f"{file}: format_version is {version}; this newsdata reads up to {FORMAT_VERSION}: "
            "use a newer one"
        )
    return values


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise ArchiveError(
            f"{file.parent}: there is no archive here ({SETTINGS_FILE} is missing); "
            "`newsdata init` makes one"
        ) from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ArchiveError(f"{file}: {error}") from None


def open_or_create(path: Path, settings: Settings, schema: Schema) -> Archive:
    """The archive at ``path``, made with these settings where there is none yet.

    Another process may make it at the same time: then its settings hold.
    """
    if not is_archive(path):
        try:
            return Archive.create(path, settings, schema)
        except ArchiveError:
            if not is_archive(path):
                raise
    return Archive.open(path, schema)


def _is_free(path: Path) -> bool:
    """Whether an archive may be made here; what another maker is writing does not count."""
    return path.is_dir() and all(p.name.startswith(WRITING) for p in path.iterdir())


def is_archive(path: Path) -> bool:
    """Whether an archive stands at ``path``, finished or not."""
    return (path / SETTINGS_FILE).exists()


def _file_fault(file: Path, size: int, rows: int | None) -> tuple[str, str, str] | None:
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


def find_archive(start: Path) -> Path | None:
    """The archive that ``start`` is in, looked for upward as git does."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    return None


def _write_new(path: Path, text: str) -> None:
    """Write a file that appears whole or not at all; leave one that is there already."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=WRITING)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _open_ledger(path: Path, settings: Settings, schema: Schema) -> DeltaTable:
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    ledger = path / "ledger"
    try:
        try:
            return DeltaTable(str(ledger))
        except TableNotFoundError:
            _create_ledger(path, settings, schema)
            return DeltaTable(str(ledger))
    except (DeltaError, OSError) as error:
        raise ArchiveError(f"{ledger}: the ledger cannot be read: {error}") from None


def _create_ledger(path: Path, settings: Settings, schema: Schema) -> None:
    from deltalake import DeltaTable

    if (path / "index").exists() or (path / "releases").exists():
        raise ArchiveError(f"{path}: the ledger is gone, although the archive was in use")
    DeltaTable.create(
        str(path / "ledger"),
        ledger_columns(schema),
        mode="ignore",
        name="newsdata ledger",
        description=_fixed_as_text(settings),
        configuration={
            "delta.appendOnly": "true",
            "delta.checkpointInterval": "10",
            "delta.dataSkippingStatsColumns": ",".join(STATISTICS),
        },
    )


def _fixed_as_text(settings: Settings) -> str:
    return json.dumps(_fixed(settings), sort_keys=True)


def _fixed(settings: Settings) -> dict[str, Any]:
    values = {name: getattr(settings, name) for name in FIXED}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def _check_fixed(path: Path, settings: Settings, table: DeltaTable) -> None:
    """The fixed settings must be those the ledger was made with."""
    made = json.loads(table.metadata().description or "{}")
    for name, found in _fixed(settings).items():
        expected = made.get(name)
        if found != expected:
            raise ArchiveError(
                f"{path / SETTINGS_FILE}: {name} is {found!r}, but the ledger was made with "
                f"{expected!r}; it cannot be changed afterwards"
            )


def _summary(counts: batches.Counts, number: int) -> dict[str, Any]:
    values = asdict(counts)
    values["reasons"] = dict(sorted(values["reasons"].items()))
    return {"format": 1, "batch": number, **values}


def _rows(
    shards: Iterable[pa.RecordBatch],
    decision: batches.BatchDecision,
    number: int,
    now: datetime,
    note: Mapping[str, Any],
    columns: pa.Schema,
) -> Iterator[pa.RecordBatch]:
    """The rows of a batch: its inputs, then the other state changes, then the batch itself."""
    start = row = 0
    for shard in shards:
        decided = decision.rows[start : start + shard.num_rows]
        start += shard.num_rows
        new = [i for i, r in enumerate(decided) if r is not None]
        if new:
            kept = shard if len(new) == shard.num_rows else shard.take(pa.array(new))
            told = [r for r in decided if r is not None]
            yield _decided(kept, told, number, row, columns)
            row += len(new)
    ids = [id_ for id_, _ in decision.state]
    if ids:
        empty = pa.record_batch([pa.nulls(len(ids), f.type) for f in columns], schema=columns)
        at = columns.get_field_index("id")
        named = empty.set_column(at, columns.field(at), pa.array(ids))
        digests = pa.array([r.digest for _, r in decision.state])
        at = columns.get_field_index("digest")
        named = named.set_column(at, columns.field(at), digests)
        yield _decided(named, [r for _, r in decision.state], number, row, columns)
        row += len(ids)
    values = {
        "batch": number,
        "row": row,
        "outcome": "batch",
        "timestamp": now,
        "instant": now,
        "message": json.dumps(note, ensure_ascii=False, sort_keys=True),
    }
    yield pa.record_batch(
        [pa.array([values.get(f.name)], f.type) for f in columns], schema=columns
    )


def _decided(
    shard: pa.RecordBatch, told: list[Row], number: int, first: int, columns: pa.Schema
) -> pa.RecordBatch:
    """A shard with what was decided filled in."""
    values: dict[str, list[Any]] = {
        "batch": [number] * len(told),
        "row": list(range(first, first + len(told))),
        "outcome": [r.outcome for r in told],
        "of": [r.of for r in told],
        "relation": [r.relation for r in told],
        "score": [r.score for r in told],
        "reason": [r.reason for r in told],
    }
    arrays = [
        pa.array(values[f.name], f.type) if f.name in values else shard.column(i)
        for i, f in enumerate(columns)
    ]
    return pa.record_batch(arrays, schema=columns)
