"""Run a command as a whole process and tell its CPU seconds and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of the process and its children, wall seconds, peak MB of the largest."""

    cpu: float
    wall: float
    peak: float
    out: str


def measure(command: Sequence[str]) -> Measured:
    """Run a command; raises RuntimeError with its words where it fails."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        out.seek(0)
        errors.seek(0)
        if status:
            raise RuntimeError(f"{' '.join(command)}\n{errors.read().decode()}")
        # Linux gives kilobytes, macOS bytes.
        peak = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
        return Measured(usage.ru_utime + usage.ru_stime, wall, peak, out.read().decode())


def newsdata(*arguments: object) -> Measured:
    """The command line of this project, in this interpreter."""
    return measure([sys.executable, "-m", "newsdata", *map(str, arguments)])
