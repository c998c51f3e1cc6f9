"""Records with copies of known relations, all invented, and ``newsdata dedup`` over them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

VOCABULARY = """мост река город школа врач поезд снег музей кафе́ ёлка завод озеро театр
bridge river council school doctor train winter museum harbour minister factory lake"""
WORDS = VOCABULARY.split()


def text_of(seed: int, count: int = 60) -> str:
    draw = random.Random(seed)
    return " ".join(f"{draw.choice(WORDS)}{draw.randrange(40)}" for _ in range(count))


def edited(text: str, *places: int) -> str:
    words = text.split()
    for place in places:
        words[place] = f"changed{place}"
    return " ".join(words)


def records() -> list[dict]:
    """Two near copies of one text, a chain, an exact copy, a cut, loners, texts of no words."""
    long, other, chain = text_of(1, 120), text_of(2), text_of(3, 200)
    return [
        {"id": "a", "text": long, "timestamp": "2024-05-01T10:00:00+03:00", "source": "one"},
        {"id": "b", "text": edited(long, 5), "timestamp": "2024-05-01T06:59:00Z", "source": "two"},
        {"id": "c", "text": edited(long, 90), "timestamp": None, "source": "one"},
        {"id": "d", "text": f"«{other}» — !", "timestamp": "2024-05-02T00:00:00Z"},
        {"id": "e", "text": other.upper(), "timestamp": "2024-05-02T00:00:00Z"},
        {"id": "f", "text": " ".join(other.split()[:57]) + " end", "timestamp": "2024-05-03"},
        {"id": "m", "text": chain, "timestamp": "2024-01-01T00:00:00Z"},
        {"id": "l", "text": edited(chain, 20, 60, 100), "timestamp": "2024-01-02T00:00:00Z"},
        {"id": "k", "text": edited(chain, 20, 60, 100, 140, 160, 180)},
        {"id": "w1", "text": "…"},
        {"id": "w2", "text": "—"},
        {"id": "z", "text": text_of(9)},
        {"id": "y", "text": " ".join(text_of(9).split()[:43])},
    ]


def write(path: Path, rows, **options) -> Path:
    data = "".join(json.dumps(r, ensure_ascii=False, **options) + "\n" for r in rows)
    path.write_bytes(data.encode())
    return path


def run(*arguments, stdin: bytes = b"", env=None, cwd=None):
    """The real program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "newsdata", "dedup", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **(env or {})},
        cwd=cwd,
        timeout=120,
        check=False,
    )


def here(*arguments) -> int:
    """The same without a process; prints nothing."""
    from newsdata.cli import run as run_command

    return run_command(["dedup", *map(str, arguments), "-q"])


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def outcome(path: Path, folder: Path, *options) -> tuple[set, list]:
    """The kept ids and the clusters file."""
    kept, clusters = folder / "kept.out", folder / "clusters.out"
    assert here(path, "-o", kept, "--clusters", clusters, *options) == 0
    return {r["id"] for r in lines(kept)}, lines(clusters)


def foreign() -> list[dict]:
    return [
        {"link": r["id"], "body": {"plain": r["text"]}, "when": r.get("timestamp")}
        for r in records()
    ]
