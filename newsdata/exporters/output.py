"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from newsdata.errors import UsageError


class _Named(io.FileIO):
    """A file whose errors name it: a full disk says where."""

    def __init__(self, file: str | int, shown: str) -> None:
        super().__init__(file, "wb")
        self._shown = shown

    def write(self, data: Any, /) -> int:
        """Write, or raise OSError with the name that the user gave."""
        try:
            return super().write(data)
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._shown) from None


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[IO[bytes]]:
    """A binary stream to a regular file that is renamed to ``target`` at the end, keeping the
    mode of one that is replaced; devices and pipes are written straight.

    Raises UsageError where the folder is missing.
    """
    if target.is_symlink():  # the file it leads to is replaced, not the link
        target = target.resolve()
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        with io.BufferedWriter(_Named(str(target), str(target))) as stream:
            yield stream
        return
    file, temporary = named(target)
    try:
        with file as stream:
            yield stream
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask()
        temporary.chmod(mode)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def named(target: Path) -> tuple[io.BufferedWriter, Path]:
    """A stream to a new file beside ``target`` that is to replace it, and the path of that file.

    Its errors name ``target``. Raises UsageError where the folder is missing.
    """
    folder = target.parent
    if not folder.is_dir():
        raise UsageError(f"{target}: there is no folder {folder}")
    try:
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{target.name[:50]}-")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from None
    return io.BufferedWriter(_Named(handle, str(target)), 1 << 16), Path(temporary)


def umask() -> int:
    """The umask of this process, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
