"""Where one machine ends: engines beside each other, and memory for millions of articles.

    python benchmarks/scale_bench.py [--only engines|memory|constants]
        [--articles 300000] [--memory 5000000] [--constants 200000]
    python benchmarks/scale_bench.py --generate 1000000 > articles.jsonl

The articles are invented by a generator that holds one at a time; each is a function of its
number alone, so a copy may repeat one that was written millions of lines before. Every count and
the bytes of every release are checked before a figure is printed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measure import Measured, measure, newsdata

#: One in so many is an exact copy, and one in so many a near copy, of an earlier article.
EVERY = 20
WORDS = 4000
Row = dict[str, Any]


def vocabulary(seed: int) -> list[str]:
    """Invented words."""
    rng = random.Random(seed)
    return ["".join(rng.choices("abcdefghijklmnop", k=rng.randint(2, 11))) for _ in range(WORDS)]


def original(number: int) -> int:
    """The article whose text article ``number`` has: itself, or an earlier one."""
    if number % EVERY in (EVERY // 2 - 1, EVERY - 1):
        return number // 2 // EVERY * EVERY
    return number


def articles(count: int, words: int = 60, seed: int = 1) -> Iterator[bytes]:
    """Lines of JSON with texts of so many words: one in twenty repeats an earlier text in other
    case, one in twenty repeats one with its last word changed."""
    known = vocabulary(seed)
    rng = random.Random()
    for number in range(count):
        first = original(number)
        rng.seed(seed << 40 | first)
        drawn = rng.choices(known, k=words)
        if number != first and number % EVERY == EVERY - 1:
            drawn = [word.upper() for word in drawn]
        elif number != first:
            drawn[-1] = f"changed{number}"
        text = " ".join(drawn)
        month, day, hour = 1 + number % 12, 1 + number // 12 % 28, number // 336 % 24
        yield (
            f'{{"id": "scale:{number}", "title": "{" ".join(drawn[:6])}", "text": "{text}", '
            f'"timestamp": "{2000 + number % 7}-{month:02}-{day:02}T{hour:02}:00:00Z", '
            f'"source": "scale.example", "language": "en", "author": ["A. B."]}}\n'
        ).encode()


def copies(count: int) -> int:
    """How many of the first ``count`` articles repeat an earlier text."""
    return sum(original(number) != number for number in range(count))


def write_articles(count: int, folder: Path, files: int = 4, words: int = 60) -> list[Path]:
    """The articles in so many files of neighbouring numbers; copies lie across files."""
    paths = [folder / f"articles-{number}.jsonl" for number in range(files)]
    lines = articles(count, words)
    for number, path in enumerate(paths):
        with path.open("wb") as out:
            for _ in range(count * (number + 1) // files - count * number // files):
                out.write(next(lines))
    return paths


def row(name: str, measured: Measured, count: int) -> Row:
    """One line of a table."""
    return {
        "what": name,
        "cpu s": round(measured.cpu, 1),
        "wall s": round(measured.wall, 1),
        "peak MB": round(measured.peak),
        "held MB": round(measured.held),
        "us an article": round(measured.cpu / count * 1e6),
    }


def built(sources: list[Path], archive: Path, count: int, *options: str) -> Measured:
    """One build, its counts checked."""
    measured = newsdata("build", *sources, "-a", archive, "--json", *options)
    summary = json.loads(measured.out)
    parts = ("articles", "duplicates", "rejected", "withheld", "unchanged")
    assert summary["read"] == count == sum(summary[part] for part in parts), summary
    assert summary["duplicates"] == copies(count), summary
    return measured


def memory(count: int, folder: Path) -> list[Row]:
    """A build of so many articles on one machine, and its release: the peak of all processes
    together, and what of it stands in no file that the system could give back."""
    sources = write_articles(count, folder)
    measured = built(sources, folder / "archive", count)
    for source in sources:
        source.unlink()
    sealed = newsdata("release", "1.0.0", "-a", folder / "archive", "--date", "2024-01-01")
    return [
        row(f"build of {count:,}, local", measured, count),
        row(f"release of {count:,}", sealed, count),
    ]


ENGINES = ("local", "daft", "ray")


def engines(count: int, folder: Path) -> list[Row]:
    """One build and its release by every engine that is installed: CPU beside that of ``local``,
    and the bytes of the release compared."""
    sources = write_articles(count, folder)
    rows: list[Row] = []
    hashes = set()
    for engine in ENGINES:
        if engine != "local" and importlib.util.find_spec(engine) is None:
            print(f"{engine} is not installed: left out", file=sys.stderr)
            continue
        archive = folder / engine
        measured = built(sources, archive, count, "--engine", engine)
        sealed = newsdata("release", "1.0.0", "-a", archive, "--date", "2024-01-01", "--json")
        hashes.add(json.loads(sealed.out)["content_hash"])
        line = row(f"build of {count:,}, {engine}", measured, count)
        if engine == "ray":  # its daemon ends its workers so that nobody is told their time
            line |= {"cpu s": None, "us an article": None}
            rows.append({**line, "times local": None})
            continue
        first = rows[0]["cpu s"] if rows else line["cpu s"]
        rows.append({**line, "times local": round(line["cpu s"] / first, 2)})
    assert len(hashes) == 1, "the engines made different releases"
    return rows


#: One build; what the driver itself took is told beside what the launcher measures of all.
DRIVER = """
import json, resource, sys
from newsdata import build
if __name__ == "__main__":
    *sources, archive, folder = sys.argv[1:]
    summary = build(sources, archive, run_folder=folder)
    own = resource.getrusage(resource.RUSAGE_SELF)
    unit = 1e6 if sys.platform == "darwin" else 1e3
    print(json.dumps([own.ru_utime + own.ru_stime, own.ru_maxrss / unit, summary]))
"""


def on_disk(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def constants(count: int, folder: Path) -> list[Row]:
    """What one article costs, with texts of 400 words (3 kB): the part that workers share, the
    part of the driver, and bytes. Two sizes tell what grows with the archive."""
    script = folder / "driver.py"
    script.write_text(DRIVER, "utf-8")
    rows: list[Row] = []
    for size in (count // 4, count):
        place = folder / str(size)
        place.mkdir()
        sources = write_articles(size, place, words=400)
        archive, kept = place / "archive", place / "run"
        whole = measure([sys.executable, str(script), *map(str, (*sources, archive, kept))])
        cpu, peak, summary = json.loads(whole.out)
        assert (summary["read"], summary["duplicates"]) == (size, copies(size)), summary
        log = next(kept.glob("*/*.jsonl")).read_text("utf-8").splitlines()
        made = [line for line in map(json.loads, log) if line["event"] == "made"]
        sealed = newsdata("release", "1.0.0", "-a", archive, "--date", "2024-01-01", "--json")
        rows.append(
            {
                "articles": size,
                "input B": round(sum(file.stat().st_size for file in sources) / size),
                "workers us": round((whole.cpu - cpu) / size * 1e6),
                "driver us": round(cpu / size * 1e6),
                "driver peak MB": round(peak),
                "shards B": round(sum(line["size"] for line in made) / size),
                "ledger B": round(on_disk(archive / "ledger") / size),
                "index B": round(on_disk(archive / "index") / size),
                "release us": round(sealed.cpu / size * 1e6),
                "release peak MB": round(sealed.peak),
            }
        )
    return rows


def run(benchmark: Callable[[int, Path], list[Row]], count: int) -> list[Row]:
    """One benchmark in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="newsdata-scale-") as folder:
        return benchmark(count, Path(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("engines", "memory", "constants"))
    parser.add_argument("--articles", type=int, default=300_000, help="for the engines")
    parser.add_argument("--memory", type=int, default=5_000_000, help="for the memory")
    parser.add_argument("--constants", type=int, default=200_000, help="for the constants")
    parser.add_argument("--generate", type=int, help="write so many articles and do no more")
    given = parser.parse_args()
    if given.generate is not None:
        sys.stdout.buffer.writelines(articles(given.generate))
        return
    from newsdata.cli.common import table

    planned = {"engines": (engines, given.articles), "memory": (memory, given.memory)}
    planned["constants"] = (constants, given.constants)
    for name, (benchmark, count) in planned.items():
        if given.only in (None, name):
            rows = run(benchmark, count)
            columns = list(rows[0])
            table(columns, [[line[c] for c in columns] for line in rows], title=name)


if __name__ == "__main__":
    main()
