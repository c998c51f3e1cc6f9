"""The archive: an append-only ledger on Delta Lake, its settings and its index.

::

    my-archive/
      newsdata.toml    settings
      ledger/          one Delta table, a row per event (newsdata.ledger names the columns)
      index/           a cache (newsdata.index); may be deleted
      releases/        sealed releases
      pages/           what `build --keep-pages` read (newsdata.archive.pages)

One batch is one Delta commit, so a killed build leaves either all of it or nothing. Two appends
that started from one version would both succeed in Delta; so each carries its batch number as
a Delta application transaction. The second to commit is refused, reads what came in, decides its
batch again and retries: the state after two writers is that of one after the other.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from newsdata import batches, readings, states
from newsdata.archive.facts import Facts
from newsdata.archive.gather import Ledger
from newsdata.archive.pages import Keeping, KeptPages, keeping, kept_files, kept_ways, sweep
from newsdata.archive.settings_file import (
    SETTINGS_FILE,
    is_archive,
    is_free,
    read_schema,
    read_settings,
    write_new,
    write_schema,
)
from newsdata.archive.table import (
    check_fixed,
    check_path,
    file_fault,
    fixed_as_text,
    open_ledger,
    told,
    working_folder,
)
from newsdata.archive.writing import ROW_GROUP, written
from newsdata.errors import ArchiveError, BatchConflictError, UsageError
from newsdata.fingerprints import fingerprint_blocks
from newsdata.index import COLUMNS as INDEX_COLUMNS
from newsdata.index import Gathering, Index, IndexDamageError
from newsdata.index.shelves import Writing
from newsdata.ledger import ledger_columns, text_numbers
from newsdata.links import TextLinker, hashing_of, near_of
from newsdata.neighbours import Shelf
from newsdata.readings import RE_EXTRACTED
from newsdata.records import Relation
from newsdata.schema import Schema
from newsdata.settings import Settings, to_toml
from newsdata.storage import Location
from newsdata.storage.tables import Files
from newsdata.versions import Version

if TYPE_CHECKING:
    import pyarrow.dataset as ds
    from deltalake import DeltaTable, WriterProperties


#: Name under which batch numbers stand in the Delta log.
APPLICATION = "newsdata"
#: Name under which the random mark of the last batch stands there.
MARK = "newsdata-mark"
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


def _writer() -> WriterProperties:
    """Small row groups: the writer holds one in memory, and a million rows by default."""
    from deltalake import WriterProperties

    return WriterProperties(
        compression="ZSTD",
        compression_level=3,
        max_row_group_size=ROW_GROUP,
        write_batch_size=1024,
    )


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970 UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


class Archive:
    """An open archive. ``settings`` are those in force, ``schema`` that of its records."""

    def __init__(
        self, path: Location, settings: Settings, schema: Schema, table: DeltaTable
    ) -> None:
        self.path = path
        self.folder = working_folder(path, table)
        self.files = Files(path / "ledger")
        self.settings = settings
        self.schema = schema
        self.table = table
        self.columns = ledger_columns(schema)
        self._read_at = time.monotonic()
        self._last_batch: int | None = None
        self._elsewhere: tempfile.TemporaryDirectory[str] | None = None
        self.index = self._new_index(self.folder / "index")

    def _new_index(self, folder: Path) -> Index:
        identity = f"{self.table.metadata().id} {fixed_as_text(self.settings)}"
        return Index(folder, identity, near_of(self.settings))

    # -- opening ------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Location, settings: Settings, schema: Schema) -> Archive:
        """A new archive; raises ArchiveError where one stands already, or other files do.

        ``settings.schema`` is the digest of ``schema``, None for the schema of articles.
        """
        if is_archive(path):
            raise ArchiveError(f"{path}: there is an archive already")
        if path.exists() and not is_free(path):
            raise ArchiveError(f"{path}: found other files, expected an empty or a new folder")
        check_path(path)
        if isinstance(path, Path):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.check_conditions()
        if settings.schema is not None:
            write_schema(path, schema)
        write_new(path / SETTINGS_FILE, to_toml(settings))
        return cls.open(path, schema)

    @classmethod
    def open(cls, path: Location, schema: Schema | None = None) -> Archive:
        """Open an archive; finish one whose creation was interrupted.

        The schema of its records is the one it keeps, unless ``schema`` is given. Raises
        ArchiveError where there is none, it is damaged, or its format is newer.
        """
        settings = read_settings(path)
        schema = schema or read_schema(path, settings)
        table = open_ledger(path, settings, schema)
        check_fixed(path, settings, table)
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
        keep: Keeping | None = None,
    ) -> dict[str, Any]:
        """Decide a batch and append it as one commit; returns its summary.

        ``shards`` yields record batches in the ledger's columns with outcome ``article`` or
        ``rejected``; ``skipped`` inputs were known by their key and not read again. ``about``
        (command, versions) is kept in the row of the batch. ``now`` is the time that decides
        embargoes: later than that of the last batch, else a UsageError. Nothing new: nothing is
        appended, and the summary's ``batch`` is None. ``keep`` has the pages to be kept with the
        batch; those not kept already are something new too. Raises
        BatchConflictError when other writers were faster every time.
        """
        with self.index.shelving() as texts, self._reading() as facts:
            self._read(shards, facts, texts)
            for attempt in range(ATTEMPTS):
                self.refresh(0 if attempt else FRESH)
                number = self.last_batch + 1
                moment = self._moment(now)
                decision = self._decide(facts, texts, moment)
                decision.counts.read += skipped
                decision.counts.unchanged += skipped
                summary = batches.summary_of(decision.counts, number)
                pages = None if keep is None or dry_run else keep.place(self.kept_pages())
                way = None if keep is None or dry_run else keep.place_way(self.kept_pages())
                if keep is not None:
                    summary["pages_kept"] = pages["pages"] if pages else 0
                if dry_run or not (decision.changes or pages or way):
                    return summary | {"batch": None}
                note = {"summary": summary, "mark": secrets.randbits(62), **(about or {})}
                note |= ({"pages": pages} if pages else {}) | ({"way": way} if way else {})
                if self._commit(shards, decision, texts, number, moment, note):
                    self._maintain()
                    return summary
                if keep is not None:
                    keep.discard()
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

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Facts]:
        with contextlib.closing(Facts(with_prints=self.index.near is None)) as facts:
            yield facts

    def _read(self, shards: Shards, facts: Facts, texts: Writing) -> None:
        """Gather the facts of a batch; the numbers of its texts go to their shelf."""
        for batch in shards():
            articles = facts.add(batch)
            if self.index.near is not None and articles.num_rows:
                texts.add(text_numbers(articles))

    def _decide(self, facts: Facts, texts: Writing, now: datetime) -> batches.BatchDecision:
        linker = TextLinker(
            facts.prints if self.index.near is None else texts.shelf.exact,
            facts.words if self.index.near is None else texts.shelf.words,
            self.index,
            self.index.near,
            texts.shelf,
        )
        moment = batches.Moment(microseconds(now), self.index.now)
        for last_try in (False, True):
            try:
                return batches.decide_batch(facts, self.index, linker, self.settings, moment)
            except IndexDamageError:
                if last_try:
                    raise
                self.index.clear()
                self.refresh()
        raise AssertionError("unreachable")

    def _commit(
        self,
        shards: Shards,
        decision: batches.BatchDecision,
        texts: Writing,
        number: int,
        now: datetime,
        note: Mapping[str, Any],
    ) -> bool:
        """Commit the rows of a batch and cover them; False where another writer was faster."""
        expected = len(decision.kinds) + len(decision.state) + 1
        with contextlib.closing(Gathering(expected)) as gathering:

            def rows() -> Iterator[pa.RecordBatch]:
                decided = batches.ledger_rows(shards(), decision, number, now, note, self.columns)
                for batch, places in decided:
                    facts = batch.select(list(INDEX_COLUMNS))
                    gathering.add(facts.append_column("text", pa.array(places, pa.int64())))
                    yield batch

            if not self._write(rows(), number, note["mark"]):
                return False
            self._last_batch = None
            shelved = texts if self.index.near is not None else None
            # The batch is committed: a cache that cannot be written now is made up for later.
            with contextlib.suppress(OSError):
                self.index.add(gathering, number, number, note["mark"], shelved)
        return True

    def _write(self, rows: Iterator[pa.RecordBatch], number: int, mark: int) -> bool:
        """Write rows and commit them; False where another writer was faster."""
        from deltalake import CommitProperties, PostCommitHookProperties, Transaction
        from deltalake.exceptions import CommitFailedError, DeltaError

        try:
            files = written(rows, self.columns, self.path / "ledger", TARGET_FILE_SIZE)
            self.table.create_write_transaction(
                list(files),
                "append",
                self.columns,
                commit_properties=CommitProperties(
                    app_transactions=[
                        Transaction(APPLICATION, number),
                        Transaction(MARK, mark),
                    ]
                ),
                # Looking for expired logs reads the whole log folder: half the cost of a small
                # commit in an archive of 1,000 batches. _maintain does it now and then.
                post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
            )
        except (DeltaError, OSError, pa.ArrowException) as error:
            if isinstance(error, CommitFailedError) and "oncurrent" in str(error):
                return False
            why = told(error, self.path)
            raise ArchiveError(f"{self.path}: the batch could not be committed: {why}") from None
        self._look_again()
        return True

    def _maintain(self) -> None:
        """Compact small files and drop what compaction replaced a week ago."""
        from deltalake.exceptions import DeltaError

        sizes = pa.table(self.table.get_add_actions(flatten=True)).column("size_bytes").to_pylist()
        # What compaction writes may stay below its target: only half of it is surely small.
        if sum(size < TARGET_FILE_SIZE // 2 for size in sizes) <= SMALL_FILES:
            return
        # Upkeep only: what another process does at the same time it may do instead of us.
        with contextlib.suppress(DeltaError, OSError):
            self.table.optimize.compact(
                target_size=TARGET_FILE_SIZE,
                writer_properties=_writer(),
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
            self._look_again()
        self.index.reload()
        if self.index.last_batch > self.last_batch:
            self._look_again()  # another writer was here
        if not self._is_ours():
            self.index.clear()
        first = self.index.last_batch + 1
        if first <= self.last_batch:
            try:
                self._index_again(first)
            except OSError:  # the archive may only be read: its index then lives elsewhere
                self._elsewhere = tempfile.TemporaryDirectory(prefix="newsdata-index-")
                self.index = self._new_index(Path(self._elsewhere.name))
                self._index_again(1)

    def _is_ours(self) -> bool:
        """Whether the index was made of this very ledger, not of one that was put back or
        replaced: each commit carries a random mark, and the index knows that of its newest."""
        if self.index.last_batch == 0:
            return True
        if self.index.last_batch == self.last_batch:
            mark = self.table.transaction_version(MARK)
        elif self.index.last_batch < self.last_batch:
            mark = self._mark_of(self.index.last_batch)
        else:
            return False
        return bool(mark == self.index.mark)

    def _mark_of(self, batch: int) -> int | None:
        where = (pc.field("batch") == batch) & (pc.field("outcome") == "batch")
        found = self.rows(("message",), where).column("message").to_pylist()
        return json.loads(found[0])["mark"] if found else None

    def _look_again(self) -> None:
        from deltalake.exceptions import DeltaError

        try:
            self.table.update_incremental()
        except (DeltaError, OSError) as error:
            why = told(error, self.path)
            raise ArchiveError(f"{self.path}: the ledger cannot be read: {why}") from None
        self._read_at = time.monotonic()
        self._last_batch = None

    def _index_again(self, first: int) -> None:
        """Cover the batches from ``first`` on anew, from the ledger alone."""
        mark = int(self.table.transaction_version(MARK) or 0)
        columns = {name: pc.field(name) for name in INDEX_COLUMNS}
        name = self.schema.roles.get("text")
        where = pc.field("batch") >= first
        gathering = Gathering(self._dataset().count_rows())
        with contextlib.closing(gathering), contextlib.ExitStack() as stack:
            texts = None
            if self.index.near is not None and name is not None:
                columns["text"] = pc.field("record", name)
                texts = stack.enter_context(self.index.shelving())
            shelved = 0
            for batch in self.scan(columns, where):
                places = np.full(batch.num_rows, -1)
                if texts is not None:
                    observed = np.asarray(pc.is_valid(batch.column("withdrawn")))
                    words = batch.column("text").filter(pa.array(observed))
                    for prints in fingerprint_blocks(words, hashing_of(self.settings)):
                        texts.add(prints)
                    places = np.where(observed, np.cumsum(observed) - 1 + shelved, -1)
                    shelved += int(observed.sum())
                facts = batch.select(list(INDEX_COLUMNS))
                gathering.add(facts.append_column("text", pa.array(places, pa.int64())))
            self.index.add(gathering, first, self.last_batch, mark, texts)

    def _dataset(self) -> ds.Dataset:
        return self.table.to_pyarrow_dataset(filesystem=self.files.system)

    def row_groups(self, shape: Callable[[pa.Table], pa.Table]) -> Ledger:
        """The ledger as last refreshed, to be read in another order than its own; ``shape`` is
        done to portions of its records."""
        names = self._dataset().files
        return Ledger(self.files, names, self.schema.arrow, self.folder, shape)

    def rows(self, columns: Iterable[str], where: pc.Expression | None = None) -> pa.Table:
        """Rows of the ledger as they stand in its files, in no promised order."""
        with self.files.reading():
            return self._dataset().to_table(columns=list(columns), filter=where)

    def scan(
        self,
        columns: Iterable[str] | Mapping[str, pc.Expression],
        where: pc.Expression | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """As :meth:`rows`, a batch at a time, so that memory does not grow with the archive."""
        with self.files.reading():
            yield from self._dataset().to_batches(
                columns=dict(columns) if isinstance(columns, Mapping) else list(columns),
                filter=where,
                batch_size=4096,
                batch_readahead=2,
            )

    def relation(self, id_: str, kept: str) -> tuple[str, float]:
        """How the current text of a removed article relates to that of the kept one."""
        return self.relations([(id_, kept)])[0]

    def relations(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[Relation, float]]:
        """As :meth:`relation`, of many."""
        asked = list(pairs)
        histories = self.index.histories([id_ for pair in asked for id_ in pair])

        def text(id_: str) -> Version:
            last = histories[id_].last
            assert last is not None
            return histories[id_].versions[last.digest]

        none = Shelf()
        linker = TextLinker(none.exact, none.words, self.index, self.index.near, none)
        return linker.relations([(text(a), text(b)) for a, b in asked])

    @contextlib.contextmanager
    def all_texts(self) -> Iterator[tuple[Shelf, dict[str, int]]]:
        """The texts of all observations, computed anew, and digest -> place among them."""
        place_of: dict[str, int] = {}
        name = self.schema.roles.get("text")
        text = pc.field("record", name) if name else pc.scalar(pa.scalar(None, pa.string()))
        columns = {"digest": pc.field("digest"), "text": text}
        with tempfile.TemporaryFile() as spill:
            shelf = Shelf(spill)
            for batch in self.scan(columns, pc.is_valid(pc.field("withdrawn"))):
                for digest in batch.column("digest").to_pylist():
                    place_of[digest] = len(place_of)
                for prints in fingerprint_blocks(batch.column("text"), hashing_of(self.settings)):
                    shelf.add(prints)
            yield shelf, place_of

    def damaged_files(self) -> Iterator[tuple[str, str, str, str]]:
        """(file, what, found, expected) of each file of the ledger, read whole, that is not as
        the log says."""
        for action in pa.table(self.table.get_add_actions(flatten=True)).to_pylist():
            name = f"ledger/{action['path']}"
            size, rows = action["size_bytes"], action["num_records"]
            fault = file_fault(self.files, action["path"], size, rows)
            if fault is not None:
                yield (name, *fault)

    def state(self) -> states.State:
        """The state of every id."""
        return states.fold(self.rows(states.COLUMNS))

    def outdated(self, batch: int | None = None) -> states.Outdated:
        """What does not count any more because a newer extractor reads its pages otherwise; with
        ``batch``, after that batch."""
        until = pc.field("batch") <= (self.last_batch if batch is None else batch)
        marks = self.rows(readings.COLUMNS, until & (pc.field("outcome") == RE_EXTRACTED))
        if not marks.num_rows:
            return states.Outdated(pa.array([], pa.string()), pa.array([], pa.binary()))
        rejected = marks.filter(pc.is_null(marks.column("id"))).column("input").combine_chunks()
        where = pc.field("digest").isin(marks.column("digest").drop_null().combine_chunks())
        where |= pc.is_null(pc.field("id")) & pc.field("input").isin(rejected)
        return states.outdated(self.rows(readings.COLUMNS, until & where))

    def records(self, digests: pa.Array, columns: Iterable[str] | None = None) -> pa.Table:
        """Records of the observations with these digests, in the schema's columns (or some)."""
        names = list(columns) if columns is not None else self.schema.arrow.names
        wanted = {name: pc.field("record", name) for name in names}
        observed = pc.is_valid(pc.field("withdrawn"))
        with self.files.reading():
            table = self._dataset().to_table(
                columns=wanted, filter=observed & pc.field("digest").isin(digests)
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

    def kept_pages(self) -> KeptPages:
        """The pages that the batches, as last refreshed, kept."""
        notes = self.batch_notes()
        return KeptPages(self.folder / "pages", kept_files(notes), kept_ways(notes))

    @contextlib.contextmanager
    def keeping(self, way: Mapping[str, Any] | None = None) -> Iterator[Keeping]:
        """What a build gathers its pages in, and how it reads them; what killed builds left long
        ago is removed."""
        if not isinstance(self.path, Path):
            raise UsageError(
                f"--keep-pages: found the archive {self.path}, expected one on a disk; "
                "on object storage no pages are kept"
            )
        with keeping(self.path / "pages", way) as keep:
            sweep(self.kept_pages())
            yield keep

    def history(self, id_: str) -> list[dict[str, Any]]:
        """Every row of one id, in the order of the ledger, its record as JSON values."""
        rows = self.rows(self.columns.names, pc.field("id") == id_)
        ordered = rows.sort_by([("batch", "ascending"), ("row", "ascending")])
        events: list[dict[str, Any]] = ordered.to_pylist()
        return events

    @property
    def releases(self) -> Location:
        """The folder of the sealed releases, each under its version."""
        return self.path / "releases"

    def note_release(
        self, version: str, note: Mapping[str, Any], memory: Mapping[str, Any]
    ) -> None:
        """Keep beside a release what must not stand in it: when and from what it was cut, and
        what the next one need not find out again (its batch is that of ``note``).

        On object storage the note stands already: it is what makes a release visible.
        """
        if isinstance(self.releases, Path):
            write_new(self.releases / f"{version}.json", json.dumps(note, indent=2) + "\n")
        kept = orjson.dumps({**memory, "batch": note["batch"]}, option=orjson.OPT_SORT_KEYS)
        with contextlib.suppress(OSError):
            path = self._memory(version)
            path.parent.mkdir(exist_ok=True)
            path.unlink(missing_ok=True)
            write_new(path, kept.decode() + "\n")

    def release_note(self, version: str) -> dict[str, Any] | None:
        """What :meth:`note_release` noted of a release; None where nothing is."""
        try:
            found: dict[str, Any] = json.loads((self.releases / f"{version}.json").read_bytes())
        except (OSError, ValueError):
            return None
        return found

    def release_memory(self, version: str) -> dict[str, Any]:
        """What :meth:`note_release` kept of a release; empty where it is gone or unreadable."""
        try:
            kept = orjson.loads(self._memory(version).read_bytes())
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def _memory(self, version: str) -> Path:
        return self.folder / "index" / f"release-{version}.json"


def open_or_create(path: Location, settings: Settings, schema: Schema) -> Archive:
    """The archive at ``path``, made with these settings where there is none yet.

    Another process may make it at the same time: then its settings hold.
    """
    if not is_archive(path):
        try:
            return Archive.create(path, settings, schema)
        except ArchiveError:
            if not is_archive(path):
                raise
    return Archive.open(path)
