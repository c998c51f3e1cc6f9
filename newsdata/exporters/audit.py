"""Recomputes everything a sealed release claims, from the directory alone."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from newsdata.errors import NewsdataError, ReleaseError
from newsdata.exporters.hashing import LeafHash, combined_hash, leaves_of, moments_of
from newsdata.exporters.manifest import read_sums, self_hash, sums, to_bytes
from newsdata.exporters.manifest_shape import shape_fault
from newsdata.exporters.names import ARTICLES, FORMAT, MANIFEST, SELF, SUMS
from newsdata.exporters.plan import Shard
from newsdata.exporters.rows import ContentHash
from newsdata.exporters.sealed import read_manifest
from newsdata.exporters.shards import file_entry
from newsdata.reference import second_opinion
from newsdata.schema import Schema, parse_schema

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


#: Rows that the reference validator, the slowest part of all, judges too: of each shard, and
#: together, where shards are not more than that. It sees one row of each at least.
SAMPLE, MOST_SAMPLED = 20, 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: in which file, what was looked at, what was there instead."""

    file: str
    code: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}: {self.code}: found {self.found}, expected {self.expected}"

    def to_dict(self) -> dict[str, str]:
        """Ready for ``json.dumps``."""
        return {
            "file": self.file,
            "code": self.code,
            "found": self.found,
            "expected": self.expected,
        }


def verify(directory: Path) -> list[Finding]:
    """Everything that is wrong with a release, in the order of its files; empty when all is well.

    Recomputes each file's checksum and size, the manifest's own hash, SHA256SUMS, and of the
    shards their schema, row counts, order, ids and content hash. Raises ReleaseError where
    there is no release at all, or one of a newer format.
    """
    if not (directory / MANIFEST).is_file() and not (directory / SUMS).is_file():
        raise ReleaseError(f"{directory}: no release here, it has neither {MANIFEST} nor {SUMS}")
    actual, odd = _entries(directory)
    document, findings = _manifest(directory)
    if document is None:
        listed: dict[str, Mapping[str, Any]] = _from_sums(directory) if SUMS in actual else {}
    else:
        listed = {**document["files"], MANIFEST: actual[MANIFEST]}
        hashes = {path: entry["sha256"] for path, entry in listed.items()}
        findings += _sums(directory, hashes) if SUMS not in odd else ()
    # A manifest that is no file was found wanting already, with its reason.
    findings += [one for path, one in odd.items() if path != MANIFEST]
    findings += _files(actual, {path: about for path, about in listed.items() if path not in odd})
    if document is not None:
        findings += _content(directory, document, {finding.file for finding in findings})
    return sorted(findings, key=lambda finding: (finding.file, finding.code))


def _entries(directory: Path) -> tuple[dict[str, dict[str, Any]], dict[str, Finding]]:
    """Checksum and size of every file, and what is no file or cannot be read.

    A link to a file is that file (the Hub's cache is made of them). A pipe would never end, and
    behind a link to a folder may stand anything: neither is opened.
    """
    actual: dict[str, dict[str, Any]] = {}
    odd: dict[str, Finding] = {}
    for path in _tree(directory):
        try:
            mode = (directory / path).stat().st_mode
            if stat.S_ISREG(mode):
                actual[path] = file_entry(directory / path)
            else:
                kind = "a link to a folder" if stat.S_ISDIR(mode) else "a device, pipe or socket"
                odd[path] = Finding(path, "no-file", kind, "a file")
        except FileNotFoundError:
            odd[path] = Finding(path, "no-file", "a link that leads nowhere", "a file")
        except OSError as error:
            odd[path] = Finding(path, "unreadable", str(error.strerror), "a file")
    return actual, odd


def _tree(directory: Path) -> Iterator[str]:
    """Every file below a directory, and every link to a folder; no link is followed."""
    for folder, folders, names in os.walk(directory):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in (*names, *links):
            yield (Path(folder) / name).relative_to(directory).as_posix()


# -- files --------------------------------------------------------------------------------------


def _manifest(directory: Path) -> tuple[dict[str, Any] | None, list[Finding]]:
    """The manifest if it is whole, else None with what is wrong with it."""
    path = directory / MANIFEST
    if not path.is_file():
        return None, [Finding(MANIFEST, "missing", "no file", "the manifest of the release")]
    raw = path.read_bytes()
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return None, [Finding(MANIFEST, "manifest", str(error), "JSON")]
    if not isinstance(document, dict) or SELF not in document:
        return None, [Finding(MANIFEST, "manifest", f"no {SELF}", "the manifest of a release")]
    computed = self_hash(document)
    if computed != document[SELF]:
        return None, [Finding(MANIFEST, "self-hash", computed, str(document[SELF]))]
    if isinstance(document.get("format"), int) and document["format"] > FORMAT:
        read_manifest(directory)  # raises: a newer format is no damage
    if fault := shape_fault(document):
        return None, [Finding(MANIFEST, *fault)]
    if raw != to_bytes(document):
        return None, [Finding(MANIFEST, "layout", "other white space", "the JSON as written")]
    return document, []


def _from_sums(directory: Path) -> dict[str, Mapping[str, Any]]:
    """What SHA256SUMS says of the files: the second witness, when the manifest is damaged."""
    try:
        text = (directory / SUMS).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    hashes = read_sums(text.splitlines())
    # The manifest was already found wanting, with its reason.
    return {path: {"sha256": value} for path, value in hashes.items() if path != MANIFEST}


def _sums(directory: Path, hashes: Mapping[str, str]) -> Iterator[Finding]:
    """SHA256SUMS must be exactly what follows from a whole manifest."""
    try:
        found = (directory / SUMS).read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        yield Finding(SUMS, "missing", "no file", "checksums of every other file")
        return
    expected = sums(hashes)
    if found == expected:
        return
    pairs = zip(
        [*found.split(b"\n"), b"nothing"], [*expected.split(b"\n"), b"nothing"], strict=False
    )
    number, (one, two) = next((n, p) for n, p in enumerate(pairs, 1) if p[0] != p[1])
    yield Finding(SUMS, f"line {number}", _shown(one), _shown(two))


def _shown(line: bytes) -> str:
    return repr(line.decode("utf-8", "backslashreplace"))


def _files(
    actual: Mapping[str, Mapping[str, Any]], listed: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    for path in sorted(actual.keys() - listed.keys() - {SUMS, MANIFEST}):
        yield Finding(path, "unexpected", "a file", "no file of this name in the release")
    for path in sorted(listed):
        if path not in actual:
            yield Finding(path, "missing", "no file", f"sha256 {listed[path]['sha256']}")
            continue
        for key in ("size", "sha256"):
            claimed = listed[path].get(key, actual[path][key])
            if claimed != actual[path][key]:
                yield Finding(path, key, str(actual[path][key]), str(claimed))


# -- content ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reading:
    """What has been gathered while the shards are read in their order."""

    schema: Schema
    hasher: LeafHash | None
    sample: int
    rows: int = 0
    last: tuple[bool, int, str] | None = None
    ids: list[Any] = field(default_factory=list)


def _content(directory: Path, document: Mapping[str, Any], damaged: set[str]) -> Iterator[Finding]:
    """What the rows themselves say. A shard already found damaged is not read: its bytes are
    wrong, whatever its rows are."""
    about = document["schema"]
    if about["file"] in damaged:
        return
    raw = (directory / about["file"]).read_bytes()
    if hashlib.sha256(raw).hexdigest() != about["sha256"]:
        found = hashlib.sha256(raw).hexdigest()
        yield Finding(about["file"], "schema-sha256", found, about["sha256"])
    try:
        schema = parse_schema(orjson.loads(raw), about["file"])
        _ = schema.arrow
    except (NewsdataError, orjson.JSONDecodeError) as error:
        yield Finding(about["file"], "schema", str(error), "a JSON Schema that makes columns")
        return
    splits = {n: s["files"] for n, s in document["configs"][ARTICLES]["splits"].items()}
    count = max(1, sum(map(len, splits.values())))
    sample = max(1, min(SAMPLE, MOST_SAMPLED // count))
    reading = _Reading(schema, _hasher(directory, splits, schema, damaged), sample)
    whole = True
    for shards in splits.values():
        reading.last = None
        for name in shards:
            findings = [] if name in damaged else list(_shard(directory, name, reading, document))
            whole = whole and name not in damaged and not findings
            yield from findings
    if whole:
        yield from _totals(reading, document)
    hashes = {}
    for config, about in document["configs"].items():
        if config != ARTICLES:
            yield from _side(directory, about, damaged, document)
        hashes[config] = about["content_hash"]
    yield from _added_up(document)
    found = combined_hash(hashes)
    if found != document["content_hash"]:
        yield Finding(MANIFEST, "content-hash", found, str(document["content_hash"]))


def _files_of(config: Mapping[str, Any]) -> list[str]:
    return [name for split in config["splits"].values() for name in split["files"]]


def _hasher(
    directory: Path, splits: Mapping[str, Iterable[str]], schema: Schema, damaged: set[str]
) -> LeafHash | None:
    """A hasher for all rows; None where they cannot all be read. Which rows are hashed together
    follows from all their times."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    name = schema.roles.get("timestamp")
    parts: list[Shard] = []
    rows = 0
    for split, shards in splits.items():
        moments, first = [moments_of(None)], rows
        for shard in shards:
            try:
                if shard in damaged:
                    return None
                with pq.ParquetFile(directory / shard) as file:
                    rows += file.metadata.num_rows
                    if name is not None:
                        moments.append(moments_of(file.read([name]).column(0)))
            except (pa.ArrowException, OSError, KeyError, IndexError):
                return None
        parts += leaves_of(Shard(split, first, rows), np.concatenate(moments))
    return LeafHash(schema.arrow, parts)


def _side(
    directory: Path, config: Mapping[str, Any], damaged: set[str], document: Mapping[str, Any]
) -> Iterator[Finding]:
    """A config beside the articles: the rows of its files and their hash."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    hasher: ContentHash | None = None
    for name in _files_of(config):
        if name in damaged:
            return
        try:
            with pq.ParquetFile(directory / name) as file:
                told = document["files"].get(name, {})
                claimed = told.get("rows")
                if file.metadata.num_rows != claimed:
                    yield Finding(name, "rows", str(file.metadata.num_rows), str(claimed))
                hasher = hasher or ContentHash(file.schema_arrow)
                sums: Counter[str] = Counter()
                for batch in file.iter_batches(batch_size=10_000):
                    hasher.update(batch)
                    _add_up(batch, told, sums)
                for column, total in sums.items():
                    if total != told[column]:
                        yield Finding(name, column, str(total), str(told[column]))
        except (pa.ArrowException, OSError, KeyError) as error:
            yield Finding(name, "unreadable", str(error), "a Parquet file")
            return
    found = hasher.hexdigest() if hasher else ""
    if found != config["content_hash"]:
        yield Finding(name, "content-hash", found, str(config["content_hash"]))


def _added_up(document: Mapping[str, Any]) -> Iterator[Finding]:
    """The rows of splits and the totals of columns, of what the entries of the files say."""
    for config, told in document["configs"].items():
        for split, about in told["splits"].items():
            found = sum(document["files"][name].get("rows", 0) for name in about["files"])
            if found != about["rows"]:
                code = f"{config}/{split}/rows"
                yield Finding(MANIFEST, code, str(found), str(about["rows"]))
    for column, configs in document.get("totals", {}).items():
        for config, splits in configs.items():
            about = document["configs"].get(config, {"splits": {}})["splits"]
            for split, claimed in splits.items():
                names = about.get(split, {"files": []})["files"]
                found = sum(document["files"].get(name, {}).get(column, 0) for name in names)
                if found != claimed:
                    yield Finding(MANIFEST, f"{config}/{split}/{column}", str(found), str(claimed))


def _add_up(batch: pa.RecordBatch, told: Mapping[str, Any], sums: Counter[str]) -> None:
    """Add the columns of which the entry of a file tells the sum."""
    import pyarrow.compute as pc

    for column in told.keys() - {"rows", "sha256", "size"}:
        sums[column] += pc.sum(batch.column(column)).as_py() or 0


def _shard(
    directory: Path, name: str, reading: _Reading, document: Mapping[str, Any]
) -> Iterator[Finding]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(directory / name) as file:
            if not file.schema_arrow.equals(reading.schema.arrow):
                yield _other_columns(name, file, reading.schema)
                return
            claimed = document["files"].get(name, {}).get("rows")
            if file.metadata.num_rows != claimed:
                yield Finding(name, "rows", str(file.metadata.num_rows), str(claimed))
            for number, batch in enumerate(file.iter_batches(batch_size=10_000)):
                if number == 0:
                    yield from _second(name, batch.slice(0, reading.sample), reading.schema)
                yield from _batch(name, batch, reading)
    except (pa.ArrowException, OSError) as error:
        yield Finding(name, "unreadable", str(error), "a Parquet file")


def _second(name: str, batch: pa.RecordBatch, schema: Schema) -> Iterator[Finding]:
    """Whether the reference validator thinks of some rows what the fast one does."""
    rows = [schema.canonical(row) for row in batch.to_pylist()]
    for other in second_opinion(rows, schema):
        if other.known is None:
            yield Finding(name, "validators", str(other.ours), str(other.reference))


def _other_columns(name: str, file: pq.ParquetFile, schema: Schema) -> Finding:
    found = {f"{item.name}: {item.type}" for item in file.schema_arrow}
    expected = {f"{item.name}: {item.type}" for item in schema.arrow}
    return Finding(
        name,
        "schema",
        ", ".join(sorted(found - expected)) or "the columns in another order or with columns less",
        ", ".join(sorted(expected - found)) or "exactly the columns of the schema, in its order",
    )


def _batch(name: str, batch: pa.RecordBatch, reading: _Reading) -> Iterator[Finding]:
    import pyarrow as pa

    if reading.hasher is not None:
        reading.hasher.update(pa.Table.from_batches([batch]))
    roles = reading.schema.roles
    ids = batch.column(roles["id"]).to_pylist() if "id" in roles else [""] * batch.num_rows
    times = _microseconds(batch, roles.get("timestamp"))
    reading.rows += batch.num_rows
    reading.ids.append(ids)
    for place in zip(times, ids, strict=True):
        key = (place[0] is None, place[0] or 0, place[1])
        if reading.last is not None and key < reading.last:
            yield Finding(name, "order", f"id {key[2]!r} after {reading.last[2]!r}", "sorted rows")
            reading.last = key
            return
        reading.last = key


def _microseconds(batch: pa.RecordBatch, name: str | None) -> list[int | None]:
    import pyarrow as pa

    if name is None or not pa.types.is_temporal(batch.column(name).type):
        return [None] * batch.num_rows
    times = batch.column(name).cast(pa.timestamp("us"))
    values: list[int | None] = times.cast(pa.int64()).to_pylist()
    return values


def _totals(reading: _Reading, document: Mapping[str, Any]) -> Iterator[Finding]:
    if reading.rows != document["rows"]:
        yield Finding(MANIFEST, "rows", str(reading.rows), str(document["rows"]))
    claimed = document["configs"][ARTICLES]["content_hash"]
    found = reading.hasher.hexdigest() if reading.hasher else "rows that cannot be read"
    if found != claimed:
        yield Finding(MANIFEST, "content-hash", found, str(claimed))
    if "id" in reading.schema.roles:
        ids = [one for part in reading.ids for one in part]
        if len(set(ids)) != len(ids):
            yield Finding(MANIFEST, "ids", f"{len(set(ids))} ids", f"{len(ids)}, one a row")
