"""A seal says that a file of the index is as it was written, without reading it each time.

Beside each file stands ``NAME.seal``: its CRC-32, and its size, time and inode when that was last
true. Where these three still hold the file is taken as it is; where they do not (it was copied,
restored or edited) the CRC decides, and a file without a fitting seal is not used.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO

#: How names of files begin that are not finished yet.
WRITING = ".writing-"
SEAL = ".seal"


def is_whole(path: Path) -> bool:
    """Whether a file is as its seal says; raises FileNotFoundError where there is no file."""
    status = path.stat()
    try:
        crc, *known = (int(n) for n in _seal_of(path).read_text("ascii").split())
    except (OSError, ValueError):
        return False
    if known == _circumstances(status):
        return True
    if known[:1] != [status.st_size] or crc != checksum(path):
        return False
    with contextlib.suppress(OSError):  # a folder that may only be read
        _write_seal(path, crc, status)
    return True


def checksum(path: Path) -> int:
    """CRC-32 of a file."""
    crc = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            crc = zlib.crc32(block, crc)
    return crc


@contextmanager
def sealed(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A file, open for writing and reading under the temporary name given beside it; call
    :func:`publish` with that name to give it its own. It is gone afterwards otherwise."""
    path.mkdir(parents=True, exist_ok=True)
    handle, temporary = mkstemp(dir=path, prefix=WRITING)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file, Path(temporary)
    finally:
        Path(temporary).unlink(missing_ok=True)


def publish(file: BinaryIO, temporary: Path, path: Path) -> None:
    """Put a written file on disk, seal it, and give it its name."""
    file.flush()
    os.fsync(file.fileno())
    crc = checksum(temporary)
    _write_seal(path, crc, temporary.stat())
    temporary.replace(path)


def remove(path: Path) -> None:
    """Remove a file and its seal."""
    path.unlink(missing_ok=True)
    _seal_of(path).unlink(missing_ok=True)


def _seal_of(path: Path) -> Path:
    return path.with_name(path.name + SEAL)


def _circumstances(status: os.stat_result) -> list[int]:
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def _write_seal(path: Path, crc: int, status: os.stat_result) -> None:
    handle, temporary = mkstemp(dir=path.parent, prefix=WRITING)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(" ".join(map(str, [crc, *_circumstances(status)])))
        Path(temporary).replace(_seal_of(path))
    finally:
        Path(temporary).unlink(missing_ok=True)
