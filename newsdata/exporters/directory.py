"""Seals a release: a directory that appears whole under its name, or not at all.

Everything is written into a hidden directory beside the target, flushed to disk and renamed at
the end. Whoever seals holds a lock on that hidden directory for as long as the process lives, so
a later seal can tell what a killed one left behind from what another is still writing.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from newsdata.errors import ReleaseError, UsageError
from newsdata.exporters.documents import DOCUMENTS, IMAGES, documents
from newsdata.exporters.hashing import combined_hash
from newsdata.exporters.manifest import (
    OF_THE_PROGRAM,
    manifest,
    schema_bytes,
    schema_file,
    sums,
    to_bytes,
    totals,
)
from newsdata.exporters.manifest_shape import PATH
from newsdata.exporters.names import MANIFEST, SUMS
from newsdata.exporters.plan import Plan
from newsdata.exporters.reuse import Memory
from newsdata.exporters.sealed import read_manifest
from newsdata.exporters.shards import Older, content_of, write_shards
from newsdata.exporters.sides import content_hashes, write_sides, write_streams
from newsdata.storage import Location

if TYPE_CHECKING:
    pass

_PARTIAL = re.compile(r"\..+-[0-9]+-[0-9]+\.partial")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A release on disk.

    ``created`` is false when this version was there already with the same rows; then
    ``differs`` names the keys of its manifest that would be others today (its date, counts).
    """

    path: Location
    manifest: Mapping[str, Any]
    created: bool
    differs: tuple[str, ...] = ()
    memory: Memory | None = None


def seal(
    target: Path, plan: Plan, previous: Path | None = None, memory: Memory | None = None
) -> Sealed:
    """Write the planned release as the directory ``target``.

    A shard with the rows of one of ``previous`` (an older release directory) becomes a hard link
    to it; where ``memory`` tells that its rows are the same, they are not even read. ``memory``
    is what is remembered of ``previous``, or of this very version where it is there already.
    Raises ReleaseError where the version exists with other rows, or the place cannot be written.
    """
    _check_documents(plan)
    try:
        if os.path.lexists(target):
            return already(target, plan, memory)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _workplace(target) as partial:
            document, remembered = _write(partial, plan, _older(previous, memory))
            try:
                partial.rename(target)
            except OSError:
                if not os.path.lexists(target):
                    raise
                return already(target, plan, remembered)  # another seal was faster
            _flush(target.parent)
    except OSError as error:
        raise ReleaseError(f"{target}: cannot be sealed: {error}") from error
    return Sealed(target, document, True, memory=remembered)


def taken(path: Path) -> bool:
    """Whether anything stands at a path, be it a broken link."""
    return os.path.lexists(path)


def _older(previous: Path | None, memory: Memory | None) -> Older | None:
    if previous is None:
        return None
    try:
        files = read_manifest(previous)["files"]
    except ReleaseError:
        return None  # a damaged release has nothing to offer
    return Older(previous, files, memory or Memory(""))


def already(target: Location, plan: Plan, memory: Memory | None) -> Sealed:
    """The answer when the version is taken: the same rows are fine, others are refused."""
    try:
        old = read_manifest(target)
    except ReleaseError as error:
        raise ReleaseError(f"{target} exists, and it cannot be replaced: {error}") from None
    hashes = content_hashes(plan, content_of(plan, memory))
    hashed = combined_hash(hashes)
    if old.get("content_hash") != hashed:
        raise ReleaseError(
            f"version {plan.version} is taken: {target} has other content "
            f"(content hash {str(old.get('content_hash'))[:16]}…, now {hashed[:16]}…); "
            "a sealed release never changes, choose a new version"
        )
    new = orjson.loads(to_bytes(manifest(plan, hashes, schema_file(plan.schema.document), {})))
    differs = (k for k in new if k not in OF_THE_PROGRAM and new[k] != old.get(k))
    return Sealed(target, old, False, tuple(sorted(differs)))


def _check_documents(plan: Plan) -> None:
    reserved = {*DOCUMENTS, MANIFEST, SUMS, schema_file(plan.schema.document)}
    folders = ("data/", IMAGES, *(f"{s.name}/" for s in plan.sides))
    folders += tuple(f"{stream.name}/" for stream in plan.streams)
    for path in plan.documents:
        if not PATH.fullmatch(path) or path in reserved or path.startswith(folders):
            raise UsageError(f"documents: {path!r} is no place for a further file of a release")


# -- writing ------------------------------------------------------------------------------------


def _write(partial: Path, plan: Plan, older: Older | None) -> tuple[dict[str, Any], Memory]:
    written = write_shards(partial, plan, older)
    files: dict[str, dict[str, Any]] = {**written.files, **write_sides(partial, plan, older)}
    streamed, known = write_streams(partial, plan, older)
    files |= streamed
    for name in files:
        _flush(partial / name)
    hashes = content_hashes(plan, written.content_hash, known)
    told = totals(plan, files)
    described = plan.described(written.facts, combined_hash(hashes), dict(files), told)
    texts = {
        **documents(described),
        schema_file(plan.schema.document): schema_bytes(plan),
        **plan.documents,
    }
    for name, content in texts.items():
        files[name] = _put(partial / name, content)
    document = manifest(plan, hashes, schema_file(plan.schema.document), files)
    files[MANIFEST] = _put(partial / MANIFEST, to_bytes(document))
    _put(partial / SUMS, sums({name: entry["sha256"] for name, entry in files.items()}))
    for folder in {name.rpartition("/")[0] for name in files}:
        _flush(partial / folder)
    return document, written.memory


def _put(path: Path, content: bytes) -> dict[str, Any]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    _flush(path)
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# -- the hidden directory -----------------------------------------------------------------------


@contextlib.contextmanager
def _workplace(target: Path) -> Iterator[Path]:
    """A locked directory beside the target; removed at the end unless it was renamed."""
    with _locked(target.parent, wait=True):
        _clean(target.parent)
        partial = _unused(target)
        partial.mkdir()
        held = contextlib.ExitStack()
        held.enter_context(_locked(partial, wait=False))
    with held:
        try:
            yield partial
        finally:
            if partial.exists():
                shutil.rmtree(partial, ignore_errors=True)


def _unused(target: Path) -> Path:
    number = 0
    while True:
        path = target.with_name(f".{target.name}-{os.getpid()}-{number}.partial")
        if not path.exists():
            return path
        number += 1


def _clean(parent: Path) -> None:
    """Remove what killed seals left. What is locked belongs to a living process and stays; so
    does everything where the file system knows no locks."""
    for path in parent.iterdir():
        if _PARTIAL.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
            with contextlib.suppress(OSError), _locked(path, wait=False) as locked:
                if locked:
                    shutil.rmtree(path)


@contextlib.contextmanager
def _locked(directory: Path, wait: bool) -> Iterator[bool]:
    """Hold an exclusive lock on a directory; yields False where there are no locks.

    Raises BlockingIOError where another process holds it and ``wait`` is false.
    """
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        locked = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise
        except OSError:
            locked = False
        yield locked
    finally:
        os.close(descriptor)
