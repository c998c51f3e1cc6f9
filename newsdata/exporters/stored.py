"""Releases on object storage, where nothing can be renamed and several may write at once.

::

    releases/1.2.0.json              the note, written last and only where there is none
    releases/1.2.0/<hash>/...        the files of the release; <hash> is that of its manifest

A release is there when its note is: the note names the folder, and the store decides which of two
writers its condition lets through. Another content has another folder, so nobody writes over what
another one sealed or seals. What a killed seal had sent is seen by nobody: the next seal of the
same content sends it again under the same names, and other leftovers are removed.

To be read a release is copied into the cache of this machine, every file compared with the
manifest.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from newsdata.errors import ReleaseError, UsageError
from newsdata.exporters.directory import Sealed, already, seal
from newsdata.exporters.manifest import self_hash, sums
from newsdata.exporters.manifest_shape import PATH
from newsdata.exporters.names import MANIFEST, SELF, SUMS
from newsdata.exporters.plan import Plan
from newsdata.exporters.reuse import Memory
from newsdata.exporters.sealed import read_manifest
from newsdata.exporters.versions import Version
from newsdata.storage import Location
from newsdata.storage.cache import cache_folder, cached, private
from newsdata.storage.objects import ObjectPath

#: The key of a note that names the folder of its release, below ``releases/``.
FOLDER = "folder"
#: The key under which the ETags of a release's files are remembered.
ETAGS = "etags"
#: Characters of the hash that name the folder of a release.
HASH = 32
#: What no note names is removed after so long: until then whoever sends it may still finish.
WEEK = timedelta(days=7)
#: Files that are sent or fetched at once.
AT_ONCE = 8


# -- finding --------------------------------------------------------------------------------------


def committed(releases: ObjectPath) -> list[Version]:
    """The versions that have a note, oldest first."""
    versions = []
    for path in releases.iterdir():
        with contextlib.suppress(UsageError):
            if path.name.endswith(".json"):
                versions.append(Version.parse(path.name.removesuffix(".json")))
    return sorted(versions)


def note_of(target: ObjectPath) -> dict[str, Any] | None:
    """The note of the release ``releases/VERSION``; None where there is no such release."""
    path = target.parent / f"{target.name}.json"
    try:
        note = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ReleaseError(f"{path}: damaged: {error}") from None
    folder = note.get(FOLDER) if isinstance(note, dict) else None
    if not isinstance(folder, str) or not PATH.fullmatch(folder):
        raise ReleaseError(f"{path}: damaged: found no {FOLDER!r}, expected that of the release")
    return dict(note)


def folder_of(place: Location) -> Location | None:
    """Where the files of a release are, given itself or ``releases/VERSION``; None where there
    is no release."""
    if isinstance(place, Path):
        return place if (place / MANIFEST).is_file() else None
    if (place / MANIFEST).is_file() or (place / SUMS).is_file():
        return place
    if not place.name or place.parent.name != "releases":
        return None
    note = note_of(place)
    return None if note is None else place.parent / note[FOLDER]


# -- reading --------------------------------------------------------------------------------------


def fetch(folder: ObjectPath) -> Path:
    """A release as a directory of this machine's cache, compared with its manifest.

    Raises ReleaseError naming the file that is not as the manifest says.
    """
    document = _manifest(folder)
    version = str(Version.parse(str(document.get("version"))))
    kept = cached("release", str(document[SELF])) / version
    if (kept / MANIFEST).is_file():
        return kept
    listed = {**document["files"]}
    with _scratch() as space:
        made = space / version
        hashes = _all(lambda name: _fetched(folder, name, made), [*listed, MANIFEST, SUMS])
        for name, entry in listed.items():
            if hashes[name] != entry["sha256"]:
                raise ReleaseError(
                    f"{folder / name}: damaged: found sha256 {hashes[name]}, "
                    f"expected {entry['sha256']}"
                )
        expected = {**{n: e["sha256"] for n, e in listed.items()}, MANIFEST: hashes[MANIFEST]}
        if (made / SUMS).read_bytes() != sums(expected):
            raise ReleaseError(f"{folder / SUMS}: damaged: it does not follow from the manifest")
        return _keep(made, kept)


def _manifest(folder: ObjectPath) -> dict[str, Any]:
    document = read_manifest(folder)
    if SELF not in document or self_hash(document) != document[SELF]:
        raise ReleaseError(f"{folder / MANIFEST}: damaged: its hash of itself is another one")
    return document


def _fetched(folder: ObjectPath, name: str, directory: Path) -> str:
    """The sha256 of a file, copied to its place below a directory."""
    target = directory / name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        (folder / name).download(target)
    except FileNotFoundError:
        raise ReleaseError(f"{folder / name}: missing, although the manifest names it") from None
    with target.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keep(made: Path, kept: Path) -> Path:
    """Give a whole directory its place in the cache, unless another process was faster."""
    try:
        made.rename(kept)
    except OSError:
        if not (kept / MANIFEST).is_file():
            raise
    return kept


def _all(work: Callable[[str], Any], names: list[str]) -> dict[str, Any]:
    """What each name gives, several at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(names, pool.map(work, names), strict=True))


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """A folder of the cache that is gone afterwards."""
    root = private(cache_folder())
    with tempfile.TemporaryDirectory(dir=root, prefix=".partial-") as space:
        yield Path(space)


@contextlib.contextmanager
def mirrored(folder: ObjectPath) -> Iterator[Path]:
    """Everything below a release's folder as it is now, be it damaged: nothing of the cache."""
    with _scratch() as space:
        made = space / (folder.name or "release")
        made.mkdir()
        below = len(folder.key) + 1
        names = [one.path.key[below:] for one in folder.walk()]
        _all(lambda name: _fetched(folder, name, made), names)
        yield made


# -- sealing --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Before:
    """The release before: its directory in the cache, its folder on object storage, and the
    ETags that its files had when they were sent."""

    path: Path
    folder: ObjectPath
    etags: Mapping[str, str] = field(default_factory=dict)


def seal_stored(
    target: ObjectPath,
    plan: Plan,
    before: Before | None,
    memory: Memory | None,
    note: Callable[[], Mapping[str, Any]],
) -> tuple[Sealed, dict[str, str]]:
    """Write the planned release as ``releases/VERSION``; also the ETags of its files.

    As :func:`newsdata.exporters.directory.seal`; ``note`` makes the note that commits it.
    """
    there = folder_of(target)
    if there is not None:
        return already(there, plan, memory), {}
    with _scratch() as space:
        previous = before.path if before is not None else None
        made = space / target.name
        sealed = seal(made, plan, previous, memory)
        folder = target / str(sealed.manifest[SELF])[:HASH]
        _send(made, sealed.manifest, folder, before)
        etags = {one.path.key[len(folder.key) + 1 :]: one.etag or "" for one in folder.walk()}
        told = {
            **note(),
            FOLDER: f"{target.name}/{folder.name}",
            SELF: sealed.manifest[SELF],
        }
        text = json.dumps(told, indent=2) + "\n"
        if not (target.parent / f"{target.name}.json").put_new(text.encode()):
            return _lost(target, sealed), {}
        kept = cached("release", str(sealed.manifest[SELF])) / target.name
        _keep(made, kept)
    _sweep(target.parent, folder)
    return replace(sealed, path=folder), etags


def _send(
    made: Path, manifest: Mapping[str, Any], folder: ObjectPath, before: Before | None
) -> None:
    """Send the files of a release; one that the release before has, and nobody touched there
    since, is copied inside the store."""
    there: dict[str, str] = {}
    if before is not None and before.etags:
        files = read_manifest(before.path)["files"]
        for one in before.folder.walk():
            name = one.path.key[len(before.folder.key) + 1 :]
            if one.etag and before.etags.get(name) == one.etag and name in files:
                there[name] = files[name]["sha256"]

    def send(name: str) -> None:
        entry = manifest["files"].get(name)
        if before is not None and entry is not None and there.get(name) == entry["sha256"]:
            (folder / name).copy_from(before.folder / name)
        else:
            (folder / name).upload(made / name)

    _all(send, [*manifest["files"], SUMS, MANIFEST])


def _lost(target: ObjectPath, mine: Sealed) -> Sealed:
    """The answer to who was not the first to write the note."""
    folder = folder_of(target)
    if folder != (vain := target / str(mine.manifest[SELF])[:HASH]):
        for one in vain.walk():  # whoever sends the same is as late as we are
            one.path.unlink()
    other = read_manifest(folder) if folder is not None else {}
    if folder is None or other.get("content_hash") != mine.manifest["content_hash"]:
        raise ReleaseError(
            f"version {target.name} is taken: another process sealed {target} with other content "
            "meanwhile; a sealed release never changes, choose a new version"
        )
    return Sealed(folder, other, False)


def _sweep(releases: ObjectPath, mine: ObjectPath) -> None:
    """Remove what killed seals sent: of the version just sealed everything else, of others what
    no note names after a week."""
    oldest = datetime.now(UTC) - WEEK
    versions = {str(version) for version in committed(releases)}
    for place in releases.iterdir():
        if place == mine.parent:
            for one in place.walk():
                if not one.path.key.startswith(f"{mine.key}/"):
                    one.path.unlink()
        elif place.name not in versions and not place.name.endswith(".json"):
            for one in place.walk():
                if one.changed < oldest:
                    one.path.unlink()
