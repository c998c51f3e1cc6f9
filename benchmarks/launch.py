"""Run one command and tell what it and all its descendants cost, as JSON on stderr or in a file.

    python benchmarks/launch.py [--seconds N] [--json FILE] COMMAND ARGUMENT...

Every benchmark runs its programs through this file (``measure.py`` does it for them). It is a
process of its own, and a small one: a child begins with the memory of the process that forks it,
and the peak of a large parent would stand in the figures of every child. Workers that outlive
their parent for a moment (multiprocessing's fork server) are adopted here and counted, which
``wait4`` in the caller cannot do. After ``--seconds`` all of them are killed. ``peak`` is the
memory of all processes together (shared pages once, sampled five times a second), ``held`` the
peak of what of it stands in no file, so that the system cannot take it back, ``largest`` that of
the largest process, in MB.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path

ADOPT = 36  # PR_SET_CHILD_SUBREAPER of Linux


def children() -> dict[int, list[int]]:
    """Every process of this machine by its parent."""
    found: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            found.setdefault(parent, []).append(int(stat.parent.name))
    return found


def descendants() -> list[int]:
    """All processes that come from us."""
    tree = children()
    found: list[int] = []
    todo = list(tree.get(os.getpid(), []))
    while todo:
        process = todo.pop()
        todo += tree.get(process, [])
        found.append(process)
    return found


def memory() -> tuple[int, int]:
    """KB of all our descendants, pages that they share counted once; and without the pages of
    files, which the system takes back where memory is short."""
    total = held = 0
    for process in descendants():
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
                elif line.startswith(("Pss_Anon:", "Pss_Shmem:")):
                    held += int(line.split()[1])
    return total, held


def end(first: int) -> None:
    """Kill the command and all that it started."""
    for process in {first, *descendants()}:
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL)


def launch(command: list[str], seconds: float | None) -> tuple[int, dict[str, float]]:
    """The exit code of a command and its figures."""
    linux = sys.platform == "linux"
    if linux:
        ctypes.CDLL(None).prctl(ADOPT, 1, 0, 0, 0)
    peak = held = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak, held
        while not done.wait(0.2):
            now, own = memory()
            peak, held = max(peak, now), max(held, own)

    begun = time.perf_counter()
    first = os.posix_spawnp(command[0], command, os.environ)
    if linux:
        threading.Thread(target=watch, daemon=True).start()
    if seconds is not None:
        limit = threading.Timer(seconds, end, (first,))
        limit.daemon = True
        limit.start()
    code, wall = 0, 0.0
    with contextlib.suppress(ChildProcessError):
        while True:
            ended, status = os.wait()
            if ended == first:
                code, wall = os.waitstatus_to_exitcode(status), time.perf_counter() - begun
    done.set()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1e6 if sys.platform == "darwin" else 1e3
    largest = used.ru_maxrss / unit
    cpu = used.ru_utime + used.ru_stime
    figures = {"cpu": cpu, "wall": wall, "peak": max(peak / 1e3, largest), "largest": largest}
    return code, figures | {"held": held / 1e3}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, help="kill it after so many")
    parser.add_argument("--json", type=Path, help="write the figures here and not to stderr")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    code, figures = launch(given.command, given.seconds)
    text = json.dumps(figures) + "\n"
    if given.json:
        given.json.write_text(text, "utf-8")
    else:
        sys.stderr.write("\n" + text)
    if code < 0:
        sys.stderr.write(f"killed by signal {-code}\n")
    return code if code >= 0 else 1


if __name__ == "__main__":
    sys.exit(main())
