"""A day costs a day: 1,000 new articles against archives of 100,000 and of 1,000,000.

    python benchmarks/day_bench.py [--sizes 100000 1000000] [--folder DIR]

The articles are invented (120 words, every fiftieth a near copy of an earlier one) and the same
in every run. With --folder the archives are kept and used again. What reading and sketching the
1,000 costs is measured by adding them to an empty archive, and subtracted.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measure import Measured, newsdata

WORDS = [f"{a}{b}{c}" for a in "bdfgklm" for b in ("a", "e", "i", "o", "u") for c in range(60)]
NEW = 1000


def articles(begin: int, end: int) -> Iterator[bytes]:
    """Records ``begin`` to ``end``; each is a function of its number alone."""
    for number in range(begin, end):
        copied = number - 37 if number % 50 == 49 else number
        words = random.Random(copied).choices(WORDS, k=120)
        if copied != number:
            words[number % 120] = "changed"
        record = {
            "id": f"day:{number}",
            "title": f"Title {number}",
            "text": " ".join(words),
            "timestamp": f"20{10 + number % 10}-01-{1 + number % 28:02}T12:00:00Z",
            "source": "day.example",
            "language": "en",
        }
        yield json.dumps(record).encode() + b"\n"


def archive_of(size: int, folder: Path) -> Path:
    """An archive of so many articles, made in ten batches unless it is there already."""
    path = folder / f"archive-{size}"
    if not path.exists():
        for part in range(10):
            source = folder / "part.jsonl"
            with source.open("wb") as file:
                file.writelines(articles(part * size // 10, (part + 1) * size // 10))
            newsdata("build", source, "-a", path, "-q")
            source.unlink()
    return path


def a_day(size: int, folder: Path) -> tuple[Measured, dict[str, Any]]:
    """Add 1,000 new articles to a copy of an archive; the median of three copies."""
    day = folder / "day.jsonl"
    day.write_bytes(b"".join(articles(10_000_000, 10_000_000 + NEW)))
    runs = []
    for _ in range(3):
        copy = folder / "copy"
        if size:
            shutil.copytree(archive_of(size, folder), copy, copy_function=shutil.copy2)
            newsdata("log", "-a", copy)
        runs.append(newsdata("build", day, "-a", copy, "--json"))
        summary = json.loads(runs[-1].out)
        assert (summary["read"], summary["duplicates"]) == (NEW, NEW // 50), summary
        shutil.rmtree(copy)
    return sorted(runs, key=lambda m: m.cpu)[1], summary


def run(sizes: list[int], folder: Path) -> list[dict[str, Any]]:
    """One row for an empty archive and for each size."""
    rows = []
    empty = a_day(0, folder)[0].cpu
    for size in (0, *sizes):
        measured, _ = a_day(size, folder)
        rows.append(
            {
                "archive": size,
                "1,000 new: cpu s": round(measured.cpu, 2),
                "beyond an empty one": round(measured.cpu - empty, 2),
                "wall s": round(measured.wall, 2),
                "peak MB": round(measured.peak),
            }
        )
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(given.folder or scratch)
        place.mkdir(exist_ok=True)
        print(json.dumps(run(given.sizes, place), indent=2))
