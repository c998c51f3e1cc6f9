"""Run one command and print what it and all its descendants cost, as one line of JSON on stderr.

    python benchmarks/launch.py COMMAND ARGUMENT...

A process of its own, and a small one: a child begins with the memory of the process that forks
it, and the peak of a large parent would stand in the figures of every child. Workers that outlive
their parent for a moment (multiprocessing's fork server) are adopted here and counted, which
``wait4`` in the caller cannot do. ``peak`` is the memory of all processes together (shared pages
once, sampled five times a second), ``largest`` that of the largest process, in MB.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
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


def memory() -> int:
    """KB of all our descendants, pages that they share counted once."""
    tree = children()
    todo = list(tree.get(os.getpid(), []))
    total = 0
    while todo:
        process = todo.pop()
        todo += tree.get(process, [])
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total


def main() -> int:
    linux = sys.platform == "linux"
    if linux:
        ctypes.CDLL(None).prctl(ADOPT, 1, 0, 0, 0)
    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.2):
            peak = max(peak, memory())

    begun = time.perf_counter()
    first = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
    if linux:
        threading.Thread(target=watch, daemon=True).start()
    code = wall = 0.0
    with contextlib.suppress(ChildProcessError):
        while True:
            ended, status = os.wait()
            if ended == first:
                code, wall = os.waitstatus_to_exitcode(status), time.perf_counter() - begun
    done.set()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1e6 if sys.platform == "darwin" else 1e3
    figures = {
        "cpu": used.ru_utime + used.ru_stime,
        "wall": wall,
        "peak": max(peak / 1e3, used.ru_maxrss / unit),
        "largest": used.ru_maxrss / unit,
    }
    sys.stderr.write("\n" + json.dumps(figures) + "\n")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
