"""A release as a BagIt bag (RFC 8493), the parcel in which libraries keep and pass on data.

The payload (``data/``) is the release as it was sealed, byte for byte; the bag adds the tag files
around it. Its bytes follow from the release alone: the bagging date is the release's own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from newsdata import __version__
from newsdata.errors import ReleaseError
from newsdata.exporters.audit import verify
from newsdata.exporters.names import MANIFEST, SUMS
from newsdata.exporters.output import umask
from newsdata.exporters.sealed import read_manifest

_BLOCK = 1 << 20


def write_bag(directory: Path, target: Path) -> int:
    """Make the bag ``target``, which must not exist, whole or not at all; returns its files.

    The release is verified first. Raises ReleaseError where it is damaged or the place is taken
    or cannot be written.
    """
    findings = verify(directory)
    if findings:
        raise ReleaseError(f"{directory}: damaged, so no bag of it: {findings[0]}")
    if os.path.lexists(target):
        raise ReleaseError(f"{target}: exists; a bag is never written over anything")
    if not target.absolute().parent.is_dir():
        raise ReleaseError(f"{target}: there is no folder {target.parent}")
    try:
        partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
        try:
            count = _fill(partial, directory)
            partial.chmod(0o777 & ~umask())
            partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise ReleaseError(f"{target}: cannot be written: {error}") from error
    return count


def _fill(bag: Path, directory: Path) -> int:
    manifest = read_manifest(directory)
    names = sorted([*manifest["files"], MANIFEST, SUMS])
    payload = {name: _copy(directory / name, bag / "data" / name) for name in names}
    for name, (digest, _) in payload.items():
        if digest != manifest["files"].get(name, {}).get("sha256", digest):
            raise ReleaseError(f"{directory / name}: changed while it was read")
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": _info(manifest, [size for _, size in payload.values()]),
        "manifest-sha256.txt": _lines((f"data/{n}", digest) for n, (digest, _) in payload.items()),
    }
    sums = _lines((name, hashlib.sha256(content).hexdigest()) for name, content in tags.items())
    for name, content in {**tags, "tagmanifest-sha256.txt": sums}.items():
        (bag / name).write_bytes(content)
    return len(payload) + len(tags) + 1


def _copy(source: Path, target: Path) -> tuple[str, int]:
    """Copy a file; the sha256 and size of what was written. No link: a bag goes its own way."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as old, target.open("wb") as new:
        while block := old.read(_BLOCK):
            digest.update(block)
            size += new.write(block)
    return digest.hexdigest(), size


def _info(manifest: Mapping[str, Any], sizes: list[int]) -> bytes:
    name = " ".join(str(manifest["name"]).split())
    elements = {
        "Bagging-Date": str(manifest["date"])[:10],
        "Bag-Software-Agent": f"newsdata {__version__}",
        "External-Identifier": f"{name} {manifest['version']}",
        "External-Description": f"{name}, release {manifest['version']}: {manifest['rows']} rows",
        "Internal-Sender-Identifier": str(manifest["content_hash"]),
        "Payload-Oxum": f"{sum(sizes)}.{len(sizes)}",
    }
    return "".join(f"{label}: {value}\n" for label, value in elements.items()).encode()


def _lines(entries: Iterable[tuple[str, str]]) -> bytes:
    """Lines of a manifest; RFC 8493, 2.1.3 encodes three characters of a path and no other."""
    codes = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
    lines = []
    for path, digest in sorted(entries):
        for character, code in codes:
            path = path.replace(character, code)
        lines.append(f"{digest}  {path}\n")
    return "".join(lines).encode()
