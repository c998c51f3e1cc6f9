"""Run a command as a whole process and tell its CPU seconds and peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of a process and all that it started, wall seconds, and peak MB of all of them
    together; what it printed; ``held``, the peak without pages of files (Linux; 0 elsewhere)."""

    cpu: float
    wall: float
    peak: float
    out: str
    held: float = 0.0


def measure(
    command: Sequence[str],
    seconds: float = 3600,
    variables: Mapping[str, str] | None = None,
    fine: Collection[int] = (0,),
) -> Measured:
    """Run a command, ``seconds`` at most; raises RuntimeError with its words where it exits with
    another code than the ``fine`` ones."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder, "figures.json")
        launch = [sys.executable, "-S", str(LAUNCHER), "--seconds", str(seconds)]
        launch += ["--json", str(figures), *command]
        done = subprocess.run(
            launch, env=environment | dict(variables or {}), capture_output=True, text=True
        )
        if done.returncode not in fine:
            raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
        told = json.loads(figures.read_text("utf-8"))
    return Measured(told["cpu"], told["wall"], told["peak"], done.stdout, told["held"])


def newsdata(*arguments: object) -> Measured:
    """The command line of this project, in this interpreter."""
    return measure([sys.executable, "-m", "newsdata", *map(str, arguments)])
