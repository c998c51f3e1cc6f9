"""Several files that change together: all of them, or after a crash none or all.

Two renames are two moments, and a kill between them would leave one file new and one old. So what
is to be renamed is written down first, in a journal that appears whole; while it is there,
:func:`finish` can end what was begun, as often as it is asked to.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from newsdata.exporters.output import named, umask


@dataclass(slots=True)
class Together:
    """The streams, in the order of the files; ``note`` is kept in the journal, with
    the sha256 of the last file as ``after`` and the :func:`state_of` the first as ``made``."""

    streams: list[IO[bytes]] = field(default_factory=list)
    note: dict[str, Any] = field(default_factory=dict)


@contextmanager
def files_together(
    targets: Sequence[Path], journal: Path, done: Path | None = None
) -> Iterator[Together]:
    """Streams to regular files that replace ``targets`` together when the context ends.

    With ``done`` the journal stays under this name.

    Where it ends with an error nothing changes. Raises UsageError where a folder is missing.
    """
    made = Together()
    temporaries: list[Path] = []
    try:
        with ExitStack() as stack:
            for target in targets:
                file, temporary = named(target)
                temporaries.append(temporary)
                made.streams.append(stack.enter_context(file))
            yield made
            for stream in made.streams:
                stream.flush()
                os.fsync(stream.fileno())
        for temporary, target in zip(temporaries, targets, strict=True):
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask()
            temporary.chmod(mode)
        pairs = [
            [str(temporary.absolute()), str(target.absolute())]
            for temporary, target in zip(temporaries, targets, strict=True)
        ]
        # What the last file will be, to know it again.
        with open(temporaries[-1], "rb") as last:
            made.note["after"] = hashlib.file_digest(last, "sha256").hexdigest()
        made.note["made"] = state_of(temporaries[0])
        _write(journal, {"files": pairs, "note": made.note})
        finish(journal, done)
    except BaseException:
        if not journal.exists():
            for temporary in temporaries:
                temporary.unlink(missing_ok=True)
        raise


def begun(journal: Path) -> dict[str, Any] | None:
    """The note of a journal that a crash left, or that was kept; or None."""
    if not journal.exists():
        return None
    note: dict[str, Any] = json.loads(journal.read_text("utf-8"))["note"]
    return note


def state_of(file: Path) -> list[int] | None:
    """Size and time of change of a file, by which it is known again; None where there is none."""
    if not file.exists():
        return None
    return [file.stat().st_size, file.stat().st_mtime_ns]


def finish(journal: Path, done: Path | None = None) -> None:
    """Replace what a journal names and was not replaced yet; the journal is removed, or gets the
    name ``done``."""
    for temporary, target in json.loads(journal.read_text("utf-8"))["files"]:
        if Path(temporary).exists():
            Path(temporary).replace(target)
    _sync(journal.parent)
    if done is None:
        journal.unlink()
    else:
        journal.replace(done)


def _write(path: Path, value: Mapping[str, Any]) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}-")
    try:
        with io.FileIO(handle, "wb") as file:
            file.write(json.dumps(value).encode())
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Make renames in a folder last, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
