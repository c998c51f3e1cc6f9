"""Run a command as a whole process and tell its CPU seconds and peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = """
import json, os, subprocess, sys, time
seconds, out, *command = sys.argv[1:]
begun = time.monotonic()
process = subprocess.Popen(command)
while True:
    pid, status, usage = os.wait4(process.pid, os.WNOHANG)
    if pid:
        break
    if time.monotonic() - begun > float(seconds):
        process.kill()
        sys.exit(f"stopped after {seconds} s")
    time.sleep(0.02)
code = os.waitstatus_to_exitcode(status)
if code:
    sys.exit(code if code > 0 else f"killed by signal {-code}")
figures = [usage.ru_utime + usage.ru_stime, time.monotonic() - begun, usage.ru_maxrss]
open(out, "w").write(json.dumps(figures))
"""
"""A small process that starts the measured one: on Linux a child's peak memory begins with that
of the process it was forked from."""


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of the process and its children, wall seconds, peak MB of the largest."""

    cpu: float
    wall: float
    peak: float
    out: str


def measure(
    command: Sequence[str], seconds: float = 3600, variables: Mapping[str, str] | None = None
) -> Measured:
    """Run a command, ``seconds`` at most; raises RuntimeError with its words where it fails."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder, "figures.json")
        launch = [sys.executable, "-S", "-c", LAUNCHER, str(seconds), str(figures), *command]
        done = subprocess.run(
            launch, env=environment | dict(variables or {}), capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
        cpu, wall, peak = json.loads(figures.read_text())
    # Linux gives kilobytes, macOS bytes.
    return Measured(cpu, wall, peak * (1 if sys.platform == "darwin" else 1024) / 1e6, done.stdout)


def newsdata(*arguments: object) -> Measured:
    """The command line of this project, in this interpreter."""
    return measure([sys.executable, "-m", "newsdata", *map(str, arguments)])
