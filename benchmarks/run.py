"""Run the benchmarks of this folder, print their tables, and write build/bench.json."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import archive_bench
import day_bench

from newsdata.cli.common import table

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "build" / "bench.json"
#: Real texts with planted copies, where they stand beside the project.
CORPUS = HERE.parent.parent / "shared" / "data" / "dedup" / "en10k.jsonl.zst"


def dedup(peers: str, corpus: Path | None, big: int) -> dict[str, Any]:
    """The near-duplicate core and its peers; prints its own tables."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [sys.executable, str(HERE / "dedup_bench.py"), "--stress", "--json", file.name]
        if corpus is not None:
            command += ["--corpus", str(corpus), "--peers-python", peers, "--big", str(big)]
        subprocess.run(command, check=True)
        figures: dict[str, Any] = json.loads(Path(file.name).read_text("utf-8"))
        return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--big", type=int, default=200_000, help="texts of the enlarged corpus")
    parser.add_argument("--days", type=int, nargs="*", default=[100_000], help="archive sizes")
    given = parser.parse_args()
    results: dict[str, Any] = {
        "machine": f"{platform.machine()} {platform.system()}",
        "python": platform.python_version(),
        "tables": archive_bench.run(),
    }
    with tempfile.TemporaryDirectory() as folder:
        results["tables"]["1,000 new articles"] = day_bench.run(given.days, Path(folder))
    for title, rows in results["tables"].items():
        headers = list(dict.fromkeys(key for row in rows for key in row))
        table(headers, [[row.get(h) for h in headers] for row in rows], title=title)
        print()
    corpus = given.corpus if given.corpus.exists() else None
    if corpus is None:
        print(f"{given.corpus.name} is not there: the peers have nothing to be compared on")
    results["deduplication"] = dedup(given.peers_python, corpus, given.big)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(f"also in build/{OUT.name}")


if __name__ == "__main__":
    main()
