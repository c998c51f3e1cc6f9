"""Time to the first row of a release, beside ``datasets`` on files that it wrote itself.

    python benchmarks/load_bench.py [ROWS]

The same invented articles are sealed as a release and written by ``Dataset.to_parquet``. Each
measurement is a process of its own (so start-up and imports count), the two by turns; given are
the medians of wall and CPU seconds, for a stream and for a load into an empty cache. Both answers
must be the same row. ``export`` is measured too: CPU seconds and peak memory of each format.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import measure

ROUNDS = 7
LOAD = """
import newsdata
print(next(iter(newsdata.load({place!r}, streaming={streaming})))["id"])
"""
PEER = """
import datasets
print(next(iter(datasets.load_dataset({place!r}, split="train", streaming={streaming})))["id"])
"""
EXPORT = """
import newsdata
newsdata.export({place!r}, {format_!r}, {target!r})
"""

#: A stream that is left half read may abort at exit (datasets 5.2).
END = """
import os, sys
sys.stdout.flush()
os._exit(0)
"""


def run(rows: int = 20_000) -> dict[str, list[dict[str, Any]]]:
    """The tables: title -> rows."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        release = make(place, rows)
        write_peer(release, place / "peer")
        first = [
            row for streaming in (True, False) for row in first_row(place, release, streaming)
        ]
        return {
            f"first row of {rows:,} articles, medians of {ROUNDS}": first,
            f"exports of {rows:,} articles": exports(place, release),
        }


def first_row(place: Path, release: Path, streaming: bool) -> list[dict[str, Any]]:
    times: dict[str, list[tuple[float, float]]] = {"newsdata": [], "datasets": []}
    answers = set()
    for _ in range(ROUNDS):
        for name, code, path in (
            ("newsdata", LOAD, release),
            ("datasets", PEER, place / "peer"),
        ):
            shutil.rmtree(place / "hf", ignore_errors=True)
            told, wall, cpu, _ = measured(code.format(place=str(path), streaming=streaming), place)
            times[name].append((wall, cpu))
            answers.add(told)
    assert len(answers) == 1, answers
    rows = []
    for name, found in times.items():
        wall, cpu = (statistics.median(part) for part in zip(*found, strict=True))
        how = "stream" if streaming else "load"
        rows.append({"how": how, "by": name, "wall s": round(wall, 2), "CPU s": round(cpu, 2)})
    return rows


def exports(place: Path, release: Path) -> list[dict[str, Any]]:
    rows = []
    for format_ in ("jsonl", "csv", "ninjs", "jsonld", "bagit"):
        target = place / f"out.{format_}"
        code = EXPORT.format(place=str(release), format_=format_, target=str(target))
        _, _, cpu, peak = measured(code, place)
        written = round(size(target) / 1e6, 1)
        told = {"CPU s": round(cpu, 2), "peak MB": round(peak), "MB written": written}
        rows.append({"format": format_, **told})
    return rows


def make(place: Path, rows: int) -> Path:
    import newsdata

    words = "Invented sentence number {} of the text {}, which no other text has. "
    with (place / "in.jsonl").open("w", encoding="utf-8") as file:
        for n in range(rows):
            record = {
                "id": f"bench:{n}",
                "source": "news.example",
                "language": "en",
                "title": f"Invented headline {n}",
                "text": "".join(words.format(part, n) for part in range(40)),
                "timestamp": f"20{10 + n % 10}-{1 + n % 12:02}-{1 + n % 28:02}T10:00:00Z",
                "author": ["Ada Fable"],
            }
            file.write(json.dumps(record) + "\n")
    newsdata.build([str(place / "in.jsonl")], place / "archive")
    newsdata.release("1.0.0", place / "archive")
    return place / "archive" / "releases" / "1.0.0"


def write_peer(release: Path, peer: Path) -> None:
    import datasets

    import newsdata

    peer.mkdir()
    table: Any = newsdata.load(release, to="arrow")
    datasets.Dataset(table).to_parquet(peer / "train.parquet")


def measured(code: str, place: Path) -> tuple[str, float, float, float]:
    """What a process printed, its wall and CPU seconds, its peak memory in MB."""
    own = {"HF_HOME": str(place / "hf"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    found = measure([sys.executable, "-c", code + END], variables=own)
    return found.out.strip(), found.wall, found.cpu, found.peak


def size(path: Path) -> int:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(p.stat().st_size for p in files)


if __name__ == "__main__":
    for title, rows in run(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000).items():
        print(title)
        for row in rows:
            print("  ", *(f"{name}: {value}" for name, value in row.items()))
