"""What releases cost: sealing a large archive, a minor release after it, a diff of the two.

    python benchmarks/release_bench.py [--articles 100000] [--corpus FILE.jsonl.zst] [--sorted]
    python benchmarks/release_bench.py --real              the corpus as it is: 1.0.0 and 1.1.0

Every release is verified by itself and loaded to its first row. The articles are those of the
corpus, each edited in many ways (so that no two are the same text); without a corpus they are
invented. They come in waves that each span all the time, the worst case for sealing, or with
--sorted by their time, as an archive grows. Shards are days. Beside the figures stands what
pyarrow alone takes to write the same table, which is in memory, as one file: with the codec,
level, content-defined chunks and page index of a release, and with the codec and level alone.
New chunks are those of :mod:`chunks`, new pages those of :mod:`parquet_pages`. The last thing
printed is the table in Markdown.
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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from archive_bench import invented
from chunks import new_chunks
from measure import Measured, measure, newsdata
from parquet_pages import new_pages

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
import glob, json, os, sys
import pyarrow as pa, pyarrow.parquet as pq
files = sorted(glob.glob(sys.argv[1] + "/data/*.parquet"))
table = pa.concat_tables([pq.ParquetFile(file).read() for file in files])
like = {"use_content_defined_chunking": True, "write_page_index": True}
def seconds(**options):
    before = os.times()
    pq.write_table(table, sys.argv[2], compression="zstd", compression_level=3, **options)
    after = os.times()
    return after.user + after.system - before.user - before.system
# Twice each, and the less: the first one pays for memory that the second one finds.
print(json.dumps([min(seconds(**o) for _ in range(2)) for o in (like, {})]))
"""
LOAD = """
import sys, newsdata
print(newsdata.load(sys.argv[1])[0]["id"])
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


@dataclass(frozen=True, slots=True)
class Bare:
    """CPU seconds of a bare write with the options of a release, and with its codec alone."""

    like: float
    least: float

    def row(self, name: str, measured: Measured, **more: Any) -> dict[str, Any]:
        """One line of the table."""
        return {
            "what": name,
            "cpu s": round(measured.cpu, 2),
            "of a bare write": round(measured.cpu / self.like, 2),
            "of one without chunks and index": round(measured.cpu / self.least, 2),
            "peak MB": round(measured.peak),
            **more,
        }


@dataclass(frozen=True, slots=True)
class Step:
    """A release, and the inputs that came since the one before."""

    version: str
    inputs: tuple[Path, ...]


def write_steps(
    made: Iterable[dict[str, Any]], limit: str, real: bool, folder: Path
) -> list[Step]:
    """The inputs: the articles before ``limit``, those after, and corrections of the first."""
    old, new, fixed = (folder / f"{name}.jsonl" for name in ("old", "new", "fixed"))
    chance = random.Random(1)
    with old.open("w") as one, new.open("w") as two, fixed.open("w") as three:
        for record in made:
            late = record["timestamp"] >= limit
            (two if late else one).write(json.dumps(record) + "\n")
            if not late and chance.random() < 0.01:
                three.write(json.dumps(next(corrected([record]))) + "\n")
    if real:
        return [Step("1.0.0", (old,)), Step("1.1.0", (new, fixed))]
    return [Step("1.0.0", (old,)), Step("1.1.0", (new,)), Step("1.1.1", (fixed,))]


def run(
    articles: int, corpus: Path | None, in_order: bool, real: bool, folder: Path
) -> Iterator[dict[str, Any]]:
    """The rows of the table; every count is checked."""
    base = originals(corpus)
    articles = len(base) if real else articles
    times = sorted(_moment(base, *divmod(n, len(base)))["timestamp"] for n in range(articles))
    made: Iterable[dict[str, Any]] = enlarged(base, articles)
    if real:
        made = ({**record, "id": f"bench:{number}"} for number, record in enumerate(base))
    if in_order:
        made = sorted(made, key=lambda record: str(record["timestamp"]))
    steps = write_steps(made, times[articles * 99 // 100], real, folder)
    archive = folder / "archive"
    exact = () if real else ("--set", "threshold=1")
    newsdata("init", archive, "--set", "shard_period=day", *exact)
    releases, bare = [archive / "releases" / step.version for step in steps], Bare(1, 1)
    for number, (step, release) in enumerate(zip(steps, releases, strict=True)):
        read = sum(
            json.loads(newsdata("build", source, "-a", archive, "--json").out)["read"]
            for source in step.inputs
        )
        sealed = newsdata("release", step.version, "-a", archive, "--json")
        count = json.loads(sealed.out)["rows"]
        more: dict[str, Any] = {}
        if not number:
            command = [sys.executable, "-c", BARE, str(release), str(folder / "bare.parquet")]
            bare = Bare(*json.loads(measure(command).out))
            yield {"what": f"bare write of {count}", "cpu s": round(bare.like, 2)}
            name = "without chunks and index"
            yield {"what": f"bare write of {count}, {name}", "cpu s": round(bare.least, 2)}
        else:
            before = releases[number - 1]
            same = sum(
                (release / name).samefile(before / name)
                for name in files_of(release)
                if (before / name).exists()
            )
            both = [[part / name for name in files_of(part)] for part in (before, release)]
            chunks, pages = new_chunks(*both), new_pages(*both)
            more = {
                "shards reused": f"{same} of {len(files_of(release))}",
                "new bytes": f"{new_bytes(before, release):.1%}",
                "new chunks": f"{chunks['chunks']:.1%}",
                "new pages": f"{pages['pages']:.1%}",
                "bytes of new pages": f"{pages['bytes']:.1%}",
            }
        name = f"{step.version}: {read} more of {count}" if number else step.version
        yield bare.row(name, sealed, **more)
        yield bare.row(f"verify {step.version}", newsdata("verify", release))
        loaded = measure(
            [sys.executable, "-c", LOAD, str(release)], variables=cold(folder, number)
        )
        yield bare.row(f"load {step.version} to its first row", loaded)
    for one, two in pairwise(releases):
        diff = newsdata("diff", f"{one}{os.sep}", f"{two}{os.sep}", "--json")
        counts = json.loads(diff.out)["counts"]
        told = ", ".join(f"{n} {kind}" for kind, n in counts.items() if n)
        yield bare.row(f"diff {one.name} {two.name}: {told}", diff)


def cold(folder: Path, number: int) -> dict[str, str]:
    """An empty cache for ``datasets``."""
    return {"HF_DATASETS_CACHE": str(folder / f"cache-{number}"), "HF_HUB_OFFLINE": "1"}


def markdown(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The rows as a table."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    yield "| " + " | ".join(names) + " |"
    yield "|---" + "|--:" * (len(names) - 1) + "|"
    for row in rows:
        yield "| " + " | ".join(str(row.get(name, "")) for name in names) + " |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--sorted", action="store_true")
    parser.add_argument("--real", action="store_true", help="the corpus as it is")
    given = parser.parse_args()
    source = given.corpus if given.corpus.exists() else None
    table: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for line in run(given.articles, source, given.sorted, given.real, Path(scratch)):
            table.append(line)
            print(json.dumps(line), flush=True)
    print("\n".join(markdown(table)))
