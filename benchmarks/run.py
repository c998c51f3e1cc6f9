"""Run the benchmarks of this folder, print one table, and write build/bench.json."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

import archive_bench

from newsdata.cli.common import table

OUT = Path(__file__).resolve().parent.parent / "build" / "bench.json"


def main() -> None:
    results = {
        "machine": f"{platform.machine()} {platform.system()}",
        "python": sys.version.split()[0],
    }
    results["tables"] = archive_bench.run()
    for title, rows in results["tables"].items():
        headers = list(dict.fromkeys(key for row in rows for key in row))
        table(headers, [[row.get(h) for h in headers] for row in rows], title=title)
        print()
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(f"also in {OUT.name}, beside the other things that were built")


if __name__ == "__main__":
    main()
