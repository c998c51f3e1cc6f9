"""The memory-mapped cache beside the ledger: what an id, a text or an input was before.

A segment covers the rows of batches ``first`` to ``last`` and is one Arrow file, mapped into
memory, never read whole: its rows stand sorted by a 64-bit hash of the id, and beside them stand
four sorted lists of other keys (text, input, ``of``, end of embargo) with the rows they belong
to. A lookup is a binary search, then the whole key is compared. Each batch adds a segment; when
four of one size class have gathered they are merged, so a batch costs what it holds and a
lookup touches few segments.

The index is never trusted over the ledger. Its file names say which batches they cover and their
metadata which archive and hash version; what is missing is read again from the ledger, what does
not belong is left out and removed. A segment is written under a temporary name and renamed.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from newsdata.duplicates import Event, History, Version
from newsdata.ledger import in_microseconds

#: Layout of a segment; another number is rebuilt in silence.
LAYOUT = "1"
#: How many segments of one size class are merged.
FAN = 4

#: Columns taken from the ledger as they are.
FACTS = (
    "id",
    "digest",
    "outcome",
    "of",
    "reason",
    "modified",
    "instant",
    "until",
    "withdrawn",
    "length",
    "words",
    "fingerprint",
    "outline",
    "source",
    "reading",
    "extractor_version",
    "input",
)
#: What :meth:`Index.add` needs of the ledger.
COLUMNS = ("batch", "row", *FACTS)

Uint64s = npt.NDArray[np.uint64]
_NO_KEY = np.uint64(2**64 - 1)


def hash_id(id_: str) -> int:
    """64-bit hash of an id; equality of ids is always checked on the id itself."""
    return int.from_bytes(
        hashlib.blake2b(id_.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little"
    )


def hash_ids(ids: Sequence[str | None]) -> Uint64s:
    """:func:`hash_id` of each; 0 for None."""
    return np.fromiter((0 if i is None else hash_id(i) for i in ids), np.uint64, len(ids))


def key_prefixes(keys: pa.Array) -> Uint64s:
    """The first 8 bytes of each binary key as a number; a null gives the key of no row."""
    values = [_NO_KEY if k is None else int.from_bytes(k[:8], "big") for k in keys.to_pylist()]
    return np.array(values, np.uint64)


class Index:
    """The segments of one archive's index, open for reading; see the module.

    ``identity`` is a text that names the archive and how it hashes: a segment of another
    identity is not used. Not safe for use by two threads; any number of processes may read, and
    several may write, because a segment's content follows from the ledger alone.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self.folder = folder
        self.identity = identity
        self.segments: list[Segment] = []
        self._histories: dict[str, History] = {}
        self.reload()

    @property
    def now(self) -> int:
        """The time of the newest batch that is covered, in microseconds; before all for none."""
        return max((s.now for s in self.segments), default=-(2**63))

    @property
    def last_batch(self) -> int:
        """The newest batch that is covered without a gap from the first; 0 for none."""
        return self.segments[-1].last if self.segments else 0

    def reload(self) -> None:
        """Take the segments that now stand in the folder: the fewest that cover all batches."""
        self._histories = {}
        opened = {s.name: s for s in self.segments}
        for _ in range(100):  # a merge may remove a file between the listing and the opening
            try:
                self.segments = self._cover(opened)
                return
            except FileNotFoundError:
                continue
        self.segments = []

    def _cover(self, opened: Mapping[str, Segment]) -> list[Segment]:
        names = self._names()
        chosen: list[Segment] = []
        upto = 0
        while candidates := [n for n in names if n[0] == upto + 1]:
            for first, last, name in sorted(candidates, key=lambda n: -n[1]):
                segment = opened.get(name) or Segment.open(
                    self.folder / name, first, last, self.identity
                )
                if segment is not None:
                    chosen.append(segment)
                    upto = last
                    break
            else:
                break
        return chosen

    def _names(self) -> list[tuple[int, int, str]]:
        if not self.folder.is_dir():
            return []
        matches = (re.fullmatch(r"rows-(\d+)-(\d+)\.arrow", p.name) for p in self.folder.iterdir())
        return [(int(m[1]), int(m[2]), m[0]) for m in matches if m]

    # -- writing ------------------------------------------------------------------------------

    def add(self, rows: pa.Table, first: int, last: int) -> None:
        """Cover the batches ``first`` to ``last``, all of whose rows (COLUMNS) are given."""
        self._write(_segment_table(rows), first, last)
        self.reload()
        self._merge()

    def clear(self) -> None:
        """Remove every segment; the next reader of the ledger builds them again."""
        for _, _, name in self._names():
            (self.folder / name).unlink(missing_ok=True)
        self.segments = []
        self.reload()

    def _write(self, table: pa.Table, first: int, last: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        meta = {"newsdata": self.identity, "layout": LAYOUT, "now": str(_latest(table))}
        table = table.replace_schema_metadata(meta).combine_chunks()
        handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table, max_chunksize=max(table.num_rows, 1))
            Path(temporary).replace(self.folder / f"rows-{first}-{last}.arrow")
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _merge(self) -> None:
        """Merge the newest segments while four of one size class stand at the end."""
        while True:
            run = self._run_to_merge()
            if not run:
                break
            tables = [s.facts() for s in run]
            self._write(_segment_table(pa.concat_tables(tables)), run[0].first, run[-1].last)
            for segment in run:
                (self.folder / segment.name).unlink(missing_ok=True)
            self.reload()
        self._tidy()

    def _run_to_merge(self) -> list[Segment]:
        classes = [_size_class(s.rows) for s in self.segments]
        tail = len(classes)
        while tail > 0 and classes[tail - 1] <= classes[-1]:
            tail -= 1
        run = self.segments[tail:]
        return run if len(run) >= FAN else []

    def _tidy(self) -> None:
        """Remove what a crash or a merge by another process left behind."""
        used = {s.name for s in self.segments}
        for first, last, name in self._names():
            covered = any(s.first <= first and last <= s.last for s in self.segments)
            if name not in used and covered:
                (self.folder / name).unlink(missing_ok=True)

    # -- reading ------------------------------------------------------------------------------

    def known_ids(self, ids: Sequence[str]) -> npt.NDArray[np.bool_]:
        """For each id whether it was ever observed (a rare hash collision says yes too)."""
        return self._contains("id_key", hash_ids(ids))

    def known_texts(self, fingerprints: pa.Array) -> npt.NDArray[np.bool_]:
        """For each fingerprint whether a text may have had it (its first 64 bits are compared)."""
        return self._contains("text_key", key_prefixes(fingerprints))

    def known_inputs(self, keys: Sequence[bytes]) -> npt.NDArray[np.bool_]:
        """For each key of an input whether it stands in the ledger."""
        wanted = key_prefixes(pa.array(keys, pa.binary()))
        known = np.zeros(len(keys), bool)
        for segment in self.segments:
            for query, row in segment.find("input_key", "input_row", wanted):
                known[query] |= segment.value("input", row) == keys[query]
        return known

    def _contains(self, column: str, wanted: Uint64s) -> npt.NDArray[np.bool_]:
        known = np.zeros(len(wanted), bool)
        for segment in self.segments:
            known |= segment.contains(column, wanted)
        return known

    def histories(self, ids: Iterable[str]) -> Mapping[str, History]:
        """See :class:`newsdata.duplicates.Known`."""
        wanted = [i for i in dict.fromkeys(ids) if i not in self._histories]
        keys = hash_ids(wanted)
        for id_ in wanted:
            self._histories[id_] = History()
        for segment in self.segments:
            rows = segment.rows_of(keys)
            for row in segment.take(rows):
                history = self._histories.get(row["id"])
                if history is not None:
                    _remember(history, row)
        return self._histories

    def with_text(self, fingerprint: bytes) -> Iterator[str]:
        """See :class:`newsdata.duplicates.Known`."""
        key = np.array([int.from_bytes(fingerprint[:8], "big")], np.uint64)
        for segment in self.segments:
            for _, row in segment.find("text_key", "text_row", key):
                if segment.value("fingerprint", row) == fingerprint:
                    yield segment.value("id", row)

    def copies_of(self, id_: str) -> Iterable[str]:
        """See :class:`newsdata.duplicates.Known`."""
        for segment in self.segments:
            for _, row in segment.find("of_key", "of_row", hash_ids([id_])):
                if segment.value("of", row) == id_:
                    yield segment.value("id", row)

    def embargo_ends(self, after: int, until: int) -> Iterable[str]:
        """See :class:`newsdata.duplicates.Known`."""
        for segment in self.segments:
            for row in segment.ending(after, until):
                yield segment.value("id", row)

    def forget(self) -> None:
        """Drop what was remembered of histories, to bound memory between batches."""
        self._histories = {}


def _remember(history: History, row: Mapping[str, Any]) -> None:
    if row["observed"]:
        history.versions[row["digest"]] = Version(
            id=row["id"],
            digest=row["digest"],
            modified=row["modified"],
            timestamp=row["instant"],
            withdrawn=row["withdrawn"],
            until=row["until"],
            length=row["length"],
            words=row["words"],
            fingerprint=row["fingerprint"],
            outline=row["outline"],
            source=row["source"],
            reading=row["reading"],
            extractor_version=row["extractor_version"],
        )
    if row["outcome"] != "revision":
        history.last = Event(row["outcome"], row["digest"], row["of"], row["reason"])


class Segment:
    """One memory-mapped file of the index."""

    def __init__(self, name: str, first: int, last: int, batch: pa.RecordBatch) -> None:
        self.name = name
        self.first = first
        self.last = last
        self.rows = batch.num_rows
        self.now = int(batch.schema.metadata[b"now"])
        self._batch = batch
        self._numbers: dict[str, npt.NDArray[Any]] = {}

    @classmethod
    def open(cls, path: Path, first: int, last: int, identity: str) -> Segment | None:
        """The segment, or None where it is damaged, of another layout or another archive."""
        try:
            reader = pa.ipc.open_file(pa.memory_map(str(path)))
            meta = reader.schema.metadata or {}
            wanted = {b"newsdata": identity.encode(), b"layout": LAYOUT.encode()}
            if any(meta.get(k) != v for k, v in wanted.items()):
                return None
            return cls(path.name, first, last, reader.get_batch(0))
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError):
            return None

    def numbers(self, column: str) -> npt.NDArray[Any]:
        """A column of numbers, not copied."""
        if column not in self._numbers:
            array = self._batch.column(column)
            self._numbers[column] = array.to_numpy(zero_copy_only=True)
        return self._numbers[column]

    def value(self, column: str, row: int) -> Any:
        """One value of one row."""
        return self._batch.column(column)[int(row)].as_py()

    def contains(self, column: str, wanted: Uint64s) -> npt.NDArray[np.bool_]:
        """For each key whether a sorted column of keys has it."""
        keys = self.numbers(column)
        at = np.searchsorted(keys, wanted)
        at[at == len(keys)] = max(len(keys) - 1, 0)
        hit: npt.NDArray[np.bool_] = (keys[at] == wanted) & (wanted != _NO_KEY)
        return hit

    def find(self, keys: str, rows: str, wanted: Uint64s) -> Iterator[tuple[int, int]]:
        """(position in ``wanted``, row) of every row that has one of the keys."""
        sorted_keys, owners = self.numbers(keys), self.numbers(rows)
        low = np.searchsorted(sorted_keys, wanted, side="left")
        high = np.searchsorted(sorted_keys, wanted, side="right")
        for query in np.flatnonzero((high > low) & (wanted != _NO_KEY)).tolist():
            for at in range(int(low[query]), int(high[query])):
                yield query, int(owners[at])

    def rows_of(self, keys: Uint64s) -> npt.NDArray[np.int64]:
        """The rows of the ids with these hashes, in the order of the ledger for each id."""
        sorted_keys = self.numbers("id_key")
        low = np.searchsorted(sorted_keys, keys, side="left")
        count = np.searchsorted(sorted_keys, keys, side="right") - low
        hits = np.flatnonzero(count)
        low, count = low[hits], count[hits]
        ends = np.cumsum(count)
        steps = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - count, count)
        rows: npt.NDArray[np.int64] = np.repeat(low, count) + steps
        return rows

    def take(self, rows: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
        """Rows as dictionaries, times as microseconds."""
        if not len(rows):
            return []
        taken: list[dict[str, Any]] = (
            self._batch.select([*FACTS, "observed"]).take(pa.array(rows)).to_pylist()
        )
        return taken

    def ending(self, after: int, until: int) -> list[int]:
        """Rows whose embargo ends in (after, until], in microseconds."""
        ends = self.numbers("end_key")
        low, high = np.searchsorted(ends, [after, until], side="right")
        owners = self.numbers("end_row")[low:high]
        return [int(r) for r in owners if r >= 0]

    def facts(self) -> pa.Table:
        """The rows as :func:`_segment_table` takes them."""
        return pa.Table.from_batches([self._batch.select([*COLUMNS, "observed"])])


def _latest(table: pa.Table) -> int:
    """The latest time of the batches that a segment covers."""
    times = table.filter(pc.equal(table.column("outcome"), "batch")).column("instant")
    latest: int = pc.max(times).as_py()
    return latest


def _size_class(rows: int) -> int:
    size, limit = 0, FAN
    while rows > limit:
        size, limit = size + 1, limit * FAN
    return size


def _segment_table(rows: pa.Table) -> pa.Table:
    """Ledger rows -> the columns of a segment, sorted by the hash of the id."""
    rows = _plain(rows).combine_chunks()
    ids = rows.column("id").to_pylist()
    id_key = hash_ids(ids)
    order = np.lexsort((rows.column("row").to_numpy(), rows.column("batch").to_numpy(), id_key))
    rows = rows.take(pa.array(order))
    columns = {name: rows.column(name) for name in (*COLUMNS, "observed")}
    columns["id_key"] = pa.array(id_key[order])
    observed = np.array(rows.column("observed").to_pylist(), bool)
    words = rows.column("words").fill_null(0).to_numpy()
    copies = np.array([o == "duplicate" for o in rows.column("outcome").to_pylist()], bool)
    texts = key_prefixes(rows.column("fingerprint"))
    inputs = key_prefixes(rows.column("input"))
    of = rows.column("of").to_pylist()
    columns |= _sorted_keys("text", np.where(observed & (words > 0), texts, _NO_KEY))
    columns |= _sorted_keys("input", inputs)
    columns |= _sorted_keys("of", np.where(copies, hash_ids(of), _NO_KEY))
    columns |= _sorted_ends(rows.column("until"))
    return pa.table(columns)


def _plain(rows: pa.Table) -> pa.Table:
    """Times as microseconds, and whether a row carries its observation."""
    if "observed" not in rows.column_names:
        rows = rows.append_column("observed", pc.is_valid(rows.column("withdrawn")))
    return in_microseconds(rows)


def _sorted_keys(name: str, keys: Uint64s) -> dict[str, pa.Array]:
    order = np.argsort(keys, kind="stable")
    rows = np.where(keys[order] == _NO_KEY, -1, order)
    return {f"{name}_key": pa.array(keys[order]), f"{name}_row": pa.array(rows.astype(np.int64))}


def _sorted_ends(until: pa.ChunkedArray) -> dict[str, pa.Array]:
    never = 2**63 - 1
    ends = np.array([never if u is None else u for u in until.to_pylist()], np.int64)
    order = np.argsort(ends, kind="stable")
    rows = np.where(ends[order] == never, -1, order)
    return {"end_key": pa.array(ends[order]), "end_row": pa.array(rows.astype(np.int64))}
