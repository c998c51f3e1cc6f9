"""What an archive costs: start-up, a build, a second build, a release, 1,000 tiny batches.

    python benchmarks/archive_bench.py [--records 20000] [--file FILE --map OURS=THEIRS ...]

Without --file the records are invented by a seeded generator. Every count is checked before a
figure is printed.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from measure import Measured, newsdata

WORDS = 4000
BATCHES = 1000


def invented(count: int, seed: int = 1) -> list[bytes]:
    """Records of about 3 kB: every tenth a copy of the one before, in other case."""
    rng = random.Random(seed)
    vocabulary = [
        "".join(rng.choices("abcdefghijklmnop", k=rng.randint(2, 11))) for _ in range(WORDS)
    ]
    lines = []
    text = ""
    for number in range(count):
        text = text.upper() if number % 10 == 9 else " ".join(rng.choices(vocabulary, k=400))
        record = {
            "id": f"bench:{number}",
            "title": text[:60].strip(),
            "text": text,
            "timestamp": f"2{number % 10:03}-{1 + number % 12:02}-{1 + number % 28:02}T12:00:00Z",
            "source": "bench.example",
            "language": "en",
            "author": ["A. B."],
        }
        lines.append(json.dumps(record).encode())
    return lines


def row(name: str, measured: Measured, records: int | None = None) -> dict[str, Any]:
    return {
        "what": name,
        "cpu s": round(measured.cpu, 2),
        "wall s": round(measured.wall, 2),
        "peak MB": round(measured.peak),
        "us a record": round(measured.cpu / records * 1e6) if records else None,
    }


def start_up() -> list[dict[str, Any]]:
    rows = []
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(b'{"id": "a", "title": "T", "text": "x"}\n')
        file.flush()
        for name, arguments in (("--help", ["--help"]), ("validate one", ["validate", file.name])):
            newsdata(*arguments)  # warm-up: compiled bytecode
            runs = [newsdata(*arguments) for _ in range(5)]
            rows.append(row(name, sorted(runs, key=lambda m: m.cpu)[2]))
    return rows


def main_job(file: Path, count: int | None, options: list[str]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        archive = f"{folder}/archive"
        first = newsdata("build", file, "-a", archive, "--json", *options)
        summary = json.loads(first.out)
        parts = ("articles", "duplicates", "rejected", "withheld", "unchanged")
        assert summary["read"] == sum(summary[p] for p in parts)
        if count is not None:
            assert (summary["read"], summary["duplicates"]) == (count, count // 10)
        second = newsdata("build", file, "-a", archive, "--json", *options)
        assert json.loads(second.out)["unchanged"] == summary["read"]
        sealed = newsdata("release", "1.0.0", "-a", archive, "--json")
        assert json.loads(sealed.out)["rows"] <= summary["articles"]
        verified = newsdata("verify", archive)
        read = summary["read"]
        return [
            row(f"build {read}", first, read),
            row("the same again", second, read),
            row("release", sealed, summary["articles"]),
            row("verify", verified, read),
        ]


def tiny_batches() -> list[dict[str, Any]]:
    """CPU seconds of one append in a process that makes many: the tenth against the last."""
    import newsdata as library

    lines = invented(BATCHES * 2, seed=2)
    costs = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "batch.jsonl"
        for number in range(BATCHES):
            source.write_bytes(lines[2 * number] + b"\n")
            begun = time.process_time()
            summary = library.build(source, f"{folder}/archive")
            costs.append(time.process_time() - begun)
            assert summary["batch"] == number + 1
        archive = library.Archive(f"{folder}/archive")
        assert archive.stats()["outcomes"]["articles"] == BATCHES
    tenth = statistics.median(costs[5:15])
    last = statistics.median(costs[-10:])
    return [
        {"what": "batches 6 to 15, median", "cpu s": round(tenth, 4)},
        {"what": f"last 10 of {BATCHES}, median", "cpu s": round(last, 4)},
        {"what": "ratio", "cpu s": round(last / tenth, 2)},
    ]


def run(records: int = 20_000, file: str | None = None, maps: list[str] | None = None) -> Any:
    """All tables: title -> rows."""
    tables = {"start-up": start_up()}
    if file is not None:
        options = [word for pair in maps or [] for word in ("--map", pair)]
        tables[f"main job, {Path(file).name}"] = main_job(Path(file), None, options)
    else:
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "invented.jsonl"
            made.write_bytes(b"".join(line + b"\n" for line in invented(records)))
            tables["main job, invented records"] = main_job(made, records, [])
    tables["a day costs a day"] = tiny_batches()
    return tables


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--file")
    parser.add_argument("--map", dest="maps", action="append")
    arguments = parser.parse_args()
    print(json.dumps(run(arguments.records, arguments.file, arguments.maps), indent=2))
