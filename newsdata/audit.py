"""Prove an archive: recompute everything its ledger claims, from the ledger alone."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from newsdata import states
from newsdata.archive import Archive
from newsdata.batches import FACTS, versions_of
from newsdata.copies import NOTHING, memory_linker
from newsdata.errors import ArchiveError
from newsdata.exporters.audit import Finding
from newsdata.exporters.audit import verify as verify_release
from newsdata.exporters.loading import is_release, known_versions
from newsdata.exporters.names import MANIFEST
from newsdata.exporters.stored import folder_of, mirrored
from newsdata.fingerprints import fingerprint_batch
from newsdata.ledger import in_microseconds, raw_bytes
from newsdata.links import hashing_of, near_of
from newsdata.opening import open_archive
from newsdata.readings import COLUMNS, RE_EXTRACTED, READ, Reading, noted_in, outdated
from newsdata.reference import second_opinion
from newsdata.schema import digest
from newsdata.storage import Location, Where, location
from newsdata.versions import Event, Version, state_of

#: Records of each file that the reference validator judges too.
SAMPLE = 20


def verify(path: Where) -> list[Finding]:
    """Everything that is wrong with an archive or a release; empty where all is well.

    Of an archive: every file of the ledger is read and compared with the log; every digest,
    fingerprint and checksum of a rejected input is computed anew; batches, counts and the state
    of every id are derived again from scratch; the kept pages are compared with their digests;
    every release is verified. Raises ArchiveError
    or ReleaseError where there is neither.
    """
    folder = location(path)
    if is_release(folder):
        return _release(folder)
    archive = open_archive(folder)
    files = list(_files(archive))
    if files:
        return files  # what cannot be read cannot be judged further
    archive.refresh()
    findings = [*_rows(archive), *_batches(archive), *_state(archive), *_index(archive)]
    findings += _pages(archive)
    for version in known_versions(folder):
        findings += [
            replace(found, file=f"releases/{version}/{found.file}")
            for found in _release(archive.releases / str(version))
        ]
    return findings


def _pages(archive: Archive) -> Iterator[Finding]:
    """The kept pages against their digests."""
    kept = archive.kept_pages()
    if kept.files and not isinstance(archive.path, Path):  # of an archive that was copied there
        yield Finding("pages", "unread", "kept pages on object storage", "an archive on a disk")
        return
    for fault in kept.faults():
        yield Finding(*fault)


def _release(place: Location) -> list[Finding]:
    """What is wrong with a release; of one on object storage every byte is read anew."""
    if isinstance(place, Path):
        return verify_release(place)
    folder = folder_of(place)
    assert folder is not None
    assert not isinstance(folder, Path)
    with mirrored(folder) as directory:
        if not is_release(directory):
            return [Finding(MANIFEST, "missing", "no file", f"the release at {folder}")]
        return verify_release(directory)


def _files(archive: Archive) -> Iterator[Finding]:
    """Each file of the ledger against what the log says of it."""
    for name, code, found, expected in archive.damaged_files():
        yield Finding(name, code, found, expected)


def _rows(archive: Archive) -> Iterator[Finding]:
    """Each row against its own digest, fingerprint or checksum."""
    facts = ("batch", "row", "id", "digest", "fingerprint", "words", "withdrawn", "record")
    for batch in archive.scan(facts, pc.is_valid(pc.field("withdrawn"))):
        yield from _observations(archive, batch)
    kept = ("batch", "row", "raw", "raw_encoding", "truncated", "sha256")
    for batch in archive.scan(kept, pc.field("outcome") == "rejected"):
        for row in batch.to_pylist():
            raw = raw_bytes(row["raw"], row["raw_encoding"])
            found = hashlib.sha256(raw).hexdigest()
            # Without raw bytes the checksum is that of the file, which is not kept.
            if raw and not row["truncated"] and found != row["sha256"]:
                yield _wrong(row, "sha256", found, row["sha256"])


def _observations(archive: Archive, batch: pa.RecordBatch) -> Iterator[Finding]:
    schema = archive.schema
    records = batch.column("record").to_pylist()
    text = schema.roles.get("text")
    texts = pa.nulls(batch.num_rows, pa.string())
    if text is not None:
        texts = pc.struct_field(batch.column("record"), text)
    prints = fingerprint_batch(texts, hashing_of(archive.settings), sketches=False, shingles=False)
    keys = prints.exact.astype(">u8")
    rows = batch.drop_columns(["record"]).to_pylist()
    for number, (row, record) in enumerate(zip(rows, records, strict=True)):
        canonical = schema.canonical(record)
        found = digest(canonical)
        if found != row["digest"]:
            yield _wrong(row, "digest", found, row["digest"])
        identity = str(canonical.get(schema.roles["id"]))
        if identity != row["id"]:
            yield _wrong(row, "id", identity, row["id"])
        if keys[number].tobytes() != row["fingerprint"]:
            yield _wrong(
                row, "fingerprint", keys[number].tobytes().hex(), row["fingerprint"].hex()
            )
    # A canonical record says null where the JSON record said nothing; the schema allows both.
    for other in second_opinion((schema.canonical(r) for r in records[:SAMPLE]), schema):
        if other.known is None:
            yield _wrong(rows[other.index], "validators", str(other.ours), str(other.reference))


def _wrong(row: Mapping[str, Any], code: str, found: str, expected: str) -> Finding:
    return Finding(f"ledger: batch {row['batch']}, row {row['row']}", code, found, expected)


def _batches(archive: Archive) -> Iterator[Finding]:
    """Numbers of batches without gap or repeat, and their counts against their rows."""
    notes = archive.batch_notes()
    numbers = [note["batch"] for note in notes]
    if numbers != list(range(1, archive.last_batch + 1)):
        yield Finding("ledger", "batches", str(numbers), f"1 to {archive.last_batch}")
    table = archive.rows(("batch", "row", "outcome", "withdrawn", "id", "digest"))
    carried: Counter[int] = Counter()
    seen: set[tuple[str, str]] = set()
    for row in table.to_pylist():
        observed = row["withdrawn"] is not None
        carried[row["batch"]] += observed or row["outcome"] == "rejected"
        if observed and (row["id"], row["digest"]) in seen:
            yield _wrong(row, "repeated", f"{row['id']} {row['digest']} again", "one row of it")
        if observed:
            seen.add((row["id"], row["digest"]))
    for note in notes:
        summary = note["summary"]
        told = sum(summary[k] for k in ("articles", "duplicates", "rejected", "withheld"))
        if told != carried[note["batch"]]:
            name = f"ledger: batch {note['batch']}"
            yield Finding(name, "counts", f"{carried[note['batch']]} inputs", f"{told} inputs")


def _state(archive: Archive) -> Iterator[Finding]:
    """The state that the events add up to, against the state that the rules give."""
    facts = in_microseconds(archive.rows(FACTS, pc.is_valid(pc.field("withdrawn"))))
    with archive.all_texts() as (shelf, place_of):

        def links(active: Iterable[Version]) -> Iterable[tuple[str, str]]:
            versions = [v._replace(text=place_of[v.digest]) for v in active]
            linker = memory_linker(versions, shelf, near_of(archive.settings))
            by_id = {v.id: v for v in versions}
            return ((str(a), str(b)) for a, b in linker.pairs((), by_id, {}, NOTHING))

        versions = versions_of(facts)
        others = list(_other_readings(archive))
        wanted = state_of(versions, archive.index.now, archive.settings, links, others)
    old = outdated([*(v.read() for v in versions if v.page), *others])
    gone = archive.outdated()
    marked = {*gone.digests.to_pylist(), *(key.hex() for key in gone.rejections.to_pylist())}
    for target, what in sorted(old, key=str):
        if what not in marked:
            name = f"ledger: {target or 'rejected'} {what}"
            yield Finding(name, RE_EXTRACTED, "not marked", "marked")
    for what in sorted(marked - {what for _, what in old}):
        yield Finding(f"ledger: {what}", RE_EXTRACTED, "marked", "not marked")
    try:
        told = _events(archive.state())
    except ArchiveError as error:
        yield Finding("ledger", "state", str(error), "pointers that lead to an article")
        return
    for id_ in sorted(wanted.keys() | told.keys()):
        expected, found = wanted.get(id_), told.get(id_)
        if expected is not None and expected.outcome == "withheld" and found is not None:
            expected = expected._replace(digest=found.digest)  # which one depends on arrival
        if expected != found:
            yield Finding(f"ledger: {id_}", "state", str(found), str(expected))


def _other_readings(archive: Archive) -> Iterator[Reading]:
    """Readings that no observation carries: further pages of one, and rejections."""
    where = pc.field("outcome").isin(pa.array(["rejected", READ]))
    for row in archive.rows(COLUMNS, where).to_pylist():
        told = noted_in(row)
        if told is not None:
            yield Reading(told[0], told[1].reader, told[1].of)


def _events(state: states.State) -> dict[str, Event]:
    ids, outcomes = state.ids.to_pylist(), state.outcome.to_pylist()
    digests, reasons = state.digest.to_pylist(), state.reason.to_pylist()
    events = {}
    for i, id_ in enumerate(ids):
        of = ids[state.kept[i]] if outcomes[i] == "duplicate" else None
        reason = reasons[i] if outcomes[i] == "withheld" else None
        events[id_] = Event(outcomes[i], digests[i], of, reason)
    return events


def _index(archive: Archive) -> Iterator[Finding]:
    """The cache holds as many rows as the ledger; what differs is rebuilt at the next build."""
    rows = archive.rows(("batch",)).num_rows
    held = sum(segment.rows for segment in archive.index.segments)
    if held != rows:
        yield Finding("index", "rows", f"{held} rows", f"{rows} rows: delete index/ to rebuild it")
