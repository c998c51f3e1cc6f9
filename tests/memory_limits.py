"""Memory limits for the processes of a test, and an input of any size to read under them."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

#: Of ten records three have no title and one repeats an earlier text.
TEN = {"rejected": 3, "duplicates": 1, "articles": 6}
_V1 = Path("/sys/fs/cgroup/memory")
_V2 = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Limit:
    """``enter`` is run in the child before its program, ``variables`` are set for it."""

    enter: Callable[[], None]
    variables: Mapping[str, str]


@contextlib.contextmanager
def cgroup(size: int) -> Iterator[Limit]:
    """All processes together, pages of files that are cached for them included: the system takes
    those back first, and kills when nothing is left to take. Raises OSError where none can be
    made: by who is not root, or in most containers."""
    folder, settings = _new_group()
    folder.mkdir()
    try:
        for name in settings:
            with contextlib.suppress(FileNotFoundError):  # without swap there is no limit of it
                _write(folder / name, 0 if ".swap." in name else size)
        yield Limit(lambda: _write(folder / "cgroup.procs", os.getpid()), {})
    finally:
        for _ in range(100):  # until the last process has ended
            try:
                folder.rmdir()
                break
            except OSError:
                time.sleep(0.1)


def _new_group() -> tuple[Path, tuple[str, ...]]:
    name = f"newsdata-test-{os.getpid()}-{time.monotonic_ns()}"
    if (_V1 / "memory.limit_in_bytes").exists():
        return _V1 / name, ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
    own = next(
        line[3:] for line in Path("/proc/self/cgroup").read_text().split() if line[:3] == "0::"
    )
    above = _V2 / own.lstrip("/")
    if "memory" not in (above / "cgroup.subtree_control").read_text().split():
        raise OSError(f"{above}: the memory of groups below it cannot be limited")
    return above / name, ("memory.max", "memory.swap.max")


def _write(file: Path, value: int) -> None:
    # Opened without O_CREAT: a group has the files it has.
    descriptor = os.open(file, os.O_WRONLY)
    try:
        os.write(descriptor, str(value).encode())
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def ulimit(size: int) -> Iterator[Limit]:
    """Of each process all that it may write and that stands in no file, reserved or used
    (RLIMIT_DATA): so what libraries reserve without using it is kept small."""

    def enter() -> None:
        if hasattr(os, "sched_setaffinity"):  # libraries make as many threads as processors
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
        resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20))  # that of each thread
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))

    yield Limit(enter, {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"})


def records(size: int, paragraphs: int = 8) -> Iterator[bytes]:
    """Lines of JSON of ``size`` bytes at least, a multiple of ten records: 60 invented words a
    paragraph, in letters of two bytes. One of ten repeats an earlier text, far away."""
    rng = random.Random(9)
    words = ["".join(rng.choices("абвгдежзиклмнопрст", k=rng.randint(2, 12))) for _ in range(3000)]
    known = [" ".join(rng.choices(words, k=60)) + "." for _ in range(4000)]
    done = number = 0
    while done < size or number % 10:
        first = number // 20 * 10 + 4 if number % 10 == 9 else number
        rng.seed(first)
        text = " ".join(rng.choices(known, k=paragraphs))
        title = "" if number % 10 < 3 else f'"title": "Заметка {number}", '
        line = (
            f'{{"id": "invented:{number}", {title}"text": "{text}", "source": "news.example", '
            f'"timestamp": "20{number % 20:02}-03-{1 + number % 28:02}T10:00:00Z", '
            f'"language": "ru"}}\n'
        ).encode()
        done += len(line)
        number += 1
        yield line
