"""What releases cost: sealing a large archive, a minor release after it, a diff of the two.

    python benchmarks/release_bench.py [--articles 100000] [--corpus FILE.jsonl.zst]

The articles are those of the corpus, each edited in many ways (so that no two are the same text);
without a corpus they are invented. They come in waves that each span all the time, the worst case
for sealing, or with --sorted by their time, as an archive grows. Shards are days. Beside the
figures stands what pyarrow alone takes to write the same table with the same codec and level.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from archive_bench import invented
from measure import Measured, measure, newsdata

#: Real news, where it stands beside the project.
CORPUS = Path(__file__).resolve().parents[2] / "shared/data/records/reuters-2006-2009.jsonl.zst"
#: Offsets of the zones in which the corpus prints its times.
ZONES = {"EDT": 4, "EST": 5}


def originals(corpus: Path | None) -> list[dict[str, Any]]:
    """Records with a title, a text and a time, oldest first."""
    if corpus is None:
        made = [json.loads(line) for line in invented(5000)]
        start = datetime(2020, 1, 1, tzinfo=UTC)
        for number, record in enumerate(made):
            record["timestamp"] = f"{start + timedelta(minutes=97 * number):%Y-%m-%dT%H:%M:%SZ}"
        return made
    lines = subprocess.run(["zstd", "-dc", corpus], capture_output=True, check=True).stdout
    found = []
    for line in lines.splitlines():
        record = json.loads(line)
        moment, zone = str(record["date_raw"]).rpartition(" ")[::2]
        if not (record["text"] or "").strip() or zone not in ZONES:
            continue
        local = datetime.strptime(f"{moment} +0000", "%a %b %d, %Y %I:%M%p %z")
        author = (record["byline"] or "").removeprefix("By ").split(" and ")
        found.append(
            {
                "title": record["title"].strip(),
                "text": record["text"].strip(),
                "timestamp": f"{local + timedelta(hours=ZONES[zone]):%Y-%m-%dT%H:%M:%SZ}",
                "source": "reuters.com",
                "language": "en",
                "url": record["url"],
                "author": [" ".join(name.split()) for name in author if name.strip()],
            }
        )
    return sorted(found, key=lambda record: str(record["timestamp"]))


def enlarged(base: list[dict[str, Any]], count: int) -> Iterator[dict[str, Any]]:
    """``count`` records: every base record again and again, each time with other words changed
    and at another time, so that no two copies stand together in a release."""
    chance = random.Random(count)
    for number in range(count):
        copy, place = divmod(number, len(base))
        record = dict(base[place])
        words = record["text"].split(" ")
        for _ in range(3):
            words[chance.randrange(len(words))] = str(chance.randrange(10**6))
        record["text"] = " ".join(words)
        record["id"] = f"bench:{number}"
        record["timestamp"] = _moment(base, copy, place)["timestamp"]
        if record.get("url"):
            record["url"] = f"{record['url']}-{copy}"
        yield record


def _moment(base: list[dict[str, Any]], copy: int, place: int) -> dict[str, Any]:
    """The base record whose time a copy gets."""
    return base[(place + copy * 1999) % len(base)]


def corrected(records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The records with a correction in the text, a day later."""
    for record in records:
        moment = datetime.fromisoformat(record["timestamp"]) + timedelta(days=1)
        text = record["text"]
        place = len(text) // 2
        yield {
            **record,
            "text": f"{text[:place]} (corrected) {text[place:]}",
            "modified": moment.isoformat(),
        }


BARE = """
import glob, os, sys
import pyarrow as pa, pyarrow.parquet as pq
files = sorted(glob.glob(sys.argv[1] + "/data/*.parquet"))
table = pa.concat_tables([pq.ParquetFile(file).read() for file in files])
before = os.times()
pq.write_table(table, sys.argv[2], compression="zstd", compression_level=3)
after = os.times()
print(after.user + after.system - before.user - before.system)
"""


def files_of(release: Path) -> dict[str, dict[str, Any]]:
    """The shards of a release's articles, from its manifest."""
    files = json.loads((release / "manifest.json").read_bytes())["files"]
    return {name: entry for name, entry in files.items() if name.startswith("data/")}


def new_bytes(old: Path, new: Path) -> float:
    """Share of the bytes of a release that are in no file of the one before."""
    known = {entry["sha256"] for entry in files_of(old).values()}
    found = files_of(new).values()
    return sum(e["size"] for e in found if e["sha256"] not in known) / sum(
        e["size"] for e in found
    )


def row(name: str, measured: Measured, bare: float, **more: Any) -> dict[str, Any]:
    return {
        "what": name,
        "cpu s": round(measured.cpu, 2),
        "of a bare write": round(measured.cpu / bare, 2),
        "peak MB": round(measured.peak),
        **more,
    }


def run(articles: int, corpus: Path | None, in_order: bool, folder: Path) -> list[dict[str, Any]]:
    """The rows of the table; every count is checked."""
    base = originals(corpus)
    made = enlarged(base, articles)
    times = sorted(_moment(base, *divmod(n, len(base)))["timestamp"] for n in range(articles))
    limit = times[articles * 99 // 100]
    old, new, fixed = (folder / f"{name}.jsonl" for name in ("old", "new", "fixed"))
    chance = random.Random(1)
    with old.open("w") as one, new.open("w") as two, fixed.open("w") as three:
        for record in sorted(made, key=lambda r: r["timestamp"]) if in_order else made:
            late = record["timestamp"] >= limit
            (two if late else one).write(json.dumps(record) + "\n")
            if not late and chance.random() < 0.01:
                three.write(json.dumps(next(corrected([record]))) + "\n")
    archive = folder / "archive"
    newsdata("init", archive, "--set", "threshold=1", "--set", "shard_period=day")
    rows, releases = [], [archive / "releases" / v for v in ("1.0.0", "1.1.0", "1.1.1")]
    bare = 0.0
    for source, release in zip((old, new, fixed), releases, strict=True):
        built = json.loads(newsdata("build", source, "-a", archive, "--json").out)
        sealed = newsdata("release", release.name, "-a", archive, "--json")
        count = json.loads(sealed.out)["rows"]
        if source is old:
            command = [sys.executable, "-c", BARE, str(release), str(folder / "bare.parquet")]
            bare = float(measure(command).out)
            rows.append({"what": f"bare write of {count}", "cpu s": round(bare, 2)})
        share = new_bytes(releases[releases.index(release) - 1], release) if rows[1:] else 1.0
        name = f"{release.name}: {built['read']} articles more" if rows[1:] else release.name
        rows.append(row(name, sealed, bare, **{"new bytes": f"{share:.1%}"}))
    for one_, two_ in pairwise(releases):
        diff = newsdata("diff", f"{one_}{os.sep}", f"{two_}{os.sep}", "--json")
        counts = json.loads(diff.out)["counts"]
        told = ", ".join(f"{n} {kind}" for kind, n in counts.items() if n)
        rows.append(row(f"diff {one_.name} {two_.name}: {told}", diff, bare))
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--sorted", action="store_true")
    given = parser.parse_args()
    source = given.corpus if given.corpus.exists() else None
    with tempfile.TemporaryDirectory() as scratch:
        for line in run(given.articles, source, given.sorted, Path(scratch)):
            print(json.dumps(line))
