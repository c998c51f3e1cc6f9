"""Reading and validating JSON Lines, beside the peers: verdicts, and JSON Lines to Parquet.

    python benchmarks/validate_bench.py [--records 300000] [--folder DIR] [--json FILE]

The records are invented articles of about 3 kB in the form that newsdata itself writes, the same
in every run. Every program is a process of its own, started by launch.py; CPU seconds are those
of all its processes, start-up included. Before anything is timed, newsdata and the reference
validator must agree on a small file with broken records in it. Slow peers are run on the first
records only (the row says how many) and on one record; CPU seconds and wall are those of as many
records as the others had, in proportion.

Parquet is written with zstd, level 1; only ``datasets`` lets nobody choose.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from measure import measure

from newsdata.cli.common import table
from newsdata.records import empty_record

SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "article.schema.json"
WORDS = [f"{a}{b}{c}" for a in ("мо", "стро", "go", "ре", "tra") for b in ("ст", "ка", "ing", "ля")
         for c in ("а", "е", "s", "ом", "ed", "ы")]  # fmt: skip

#: name -> (program, share of the records that it is run on); {file}, {out}, {schema} are paths.
JUDGES: dict[str, tuple[str, float]] = {
    "json + jsonschema": (
        """
import json, sys
from jsonschema import Draft202012Validator, FormatChecker
schema = json.load(open({schema!r}))
validator = Draft202012Validator(schema, format_checker=FormatChecker())
with open({file!r}, "rb") as file:
    for line in file:
        assert validator.is_valid(json.loads(line))
""",
        0.02,
    ),
    "fastjsonschema": (
        """
import fastjsonschema, json
validate = fastjsonschema.compile(json.load(open({schema!r})))
with open({file!r}, "rb") as file:
    for line in file:
        validate(json.loads(line))
""",
        0.2,
    ),
}
#: Peers that write Parquet; none of them validates.
WRITERS: dict[str, str] = {
    "pyarrow": """
import pyarrow.json as pj, pyarrow.parquet as pq
reader = pj.open_json({file!r}, pj.ReadOptions(block_size=4 << 20))
with pq.ParquetWriter({out!r}, reader.schema, compression="zstd", compression_level=1) as writer:
    for batch in reader:
        writer.write_batch(batch)
""",
    "DuckDB": """
import duckdb
duckdb.sql("set threads = 2")
duckdb.sql("copy (from read_json('{file}', format = 'newline_delimited')) to '{out}' "
           "(format parquet, compression zstd, compression_level 1)")
""",
    "polars": """
import polars
polars.scan_ndjson({file!r}).sink_parquet({out!r}, compression="zstd", compression_level=1)
""",
    "datasets": """
import datasets, tempfile
datasets.disable_progress_bars()
with tempfile.TemporaryDirectory() as cache:
    rows = datasets.load_dataset("json", data_files={file!r}, split="train", cache_dir=cache)
    rows.to_parquet({out!r})
""",
}


def record(number: int) -> dict[str, Any]:
    """One invented article, every field present; a function of its number alone."""
    rng = random.Random(number)

    def words(count: int) -> str:
        return " ".join(rng.choices(WORDS, k=count))

    images = [
        {
            "url": f"https://news.example/pictures/{number}-{k}.jpg",
            "caption": words(5),
            "credit": "photo by Sam Story",
            "credit_kind": "person",
            "photographer": ["Sam Story"],
            "agency": None,
            "after_paragraph": k,
        }
        for k in range(2)
    ]
    day = f"20{10 + number % 14}-0{1 + number % 9}-{1 + number % 28:02}"
    return empty_record(
        id=f"bench:{number}",
        url=f"https://news.example/economy/view/{number}",
        source="news.example",
        title=words(8),
        lead=words(15),
        text="\n\n".join(words(36) for _ in range(5)),
        timestamp=f"{day}T{number % 24:02}:{number % 60:02}:00+03:00",
        utc_offset=180,
        local_date=day,
        timestamp_precision="minute",
        author=[words(2).title()],
        agency="Example",
        rubric="Economy",
        rubric_slug="economy",
        tags=[words(1), words(1)],
        dateline={"raw": "MINSK, 3 June (Example)", "places": ["Minsk"]},
        images=images,
        people=["Sam Story"],
        language="ru",
    )


def write(path: Path, records: int) -> Iterator[int]:
    """Write the file; the byte at which each record ends."""
    # 20,000 different ones, again and again with other ids: making them must not take longer
    # than what is measured.
    templates = [record(n) for n in range(min(records, 20_000))]
    texts = [json.dumps(r, ensure_ascii=False).encode() for r in templates]
    with path.open("wb") as file:
        for number in range(records):
            own = number % len(texts)
            text = texts[own].replace(b'"bench:%d"' % own, b'"bench:%d"' % number, 1)
            file.write(text + b"\n")
            yield file.tell()


def head(path: Path, records: int) -> Path:
    """The first records of a file as a file of its own."""
    small = path.with_name(f"first-{records}.jsonl")
    with path.open("rb") as source, small.open("wb") as target:
        for _ in range(records):
            target.write(source.readline())
    return small


def agree(folder: Path) -> None:
    """Both find the same broken records, and they are those that were broken."""
    from jsonschema import Draft202012Validator, FormatChecker

    reference = Draft202012Validator(
        json.loads(SCHEMA.read_text("utf-8")), format_checker=FormatChecker()
    )
    broken = ({"id": 5}, {"title": ""}, {"author": "A"}, {"status": "gone"}, {"text": None})
    path, rejects = folder / "agree.jsonl", folder / "agree-rejects.jsonl"
    rows = [{**record(n), **(broken[n // 7 % 5] if n % 7 == 0 else {})} for n in range(500)]
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    measure([sys.executable, "-m", "newsdata", "validate", str(path), "--rejects", str(rejects),
              "-q"], fine=(1,))  # fmt: skip
    ours = [json.loads(line)["line"] - 1 for line in rejects.read_text("utf-8").splitlines()]
    theirs = [n for n, row in enumerate(rows) if not reference.is_valid(row)]
    assert ours == theirs == list(range(0, 500, 7)), (ours, theirs)


def row(name: str, records: int, command: Sequence[str]) -> dict[str, Any]:
    """One program's figures."""
    cost = measure(list(command))
    return {
        "": name,
        "records": records,
        "CPU s": round(cost.cpu, 1),
        "wall s": round(cost.wall, 1),
        "peak MB": round(cost.peak),
        "records per CPU s": round(records / cost.cpu),
    }


def scaled(
    name: str, few: int, records: int, command: Callable[[int], Sequence[str]]
) -> dict[str, Any]:
    """The same of a slow program: measured on few records and on one, in proportion to all.

    Start-up, which does not grow with the records, counts once.
    """
    start, cost = measure(list(command(1))), measure(list(command(few)))
    share = (records - 1) / (few - 1)
    cpu = start.cpu + (cost.cpu - start.cpu) * share
    wall = start.wall + (cost.wall - start.wall) * share
    return {
        "": name,
        "records": few,
        "CPU s": round(cpu, 1),
        "wall s": round(wall, 1),
        "peak MB": round(cost.peak),
        "records per CPU s": round(records / cpu),
    }


def python_of(module: str, peers: str) -> str | None:
    """The interpreter that has a module: this one, else that of the peers."""
    for python in (sys.executable, peers):
        code = f"import importlib.util, sys; sys.exit(not importlib.util.find_spec({module!r}))"
        if subprocess.run([python, "-c", code], check=False).returncode == 0:
            return python
    return None


def verdicts(path: Path, records: int, peers: str) -> list[dict[str, Any]]:
    """Validation alone, one process and two."""
    ours = [sys.executable, "-m", "newsdata", "validate", str(path), "-q", "--workers"]
    rows = [
        row("newsdata, 1 process", records, [*ours, "1"]),
        row("newsdata, 2 processes", records, [*ours, "2"]),
    ]
    for name, (code, share) in JUDGES.items():
        python = python_of(name.rpartition(" ")[2], peers)
        if python is None:
            rows.append({"": f"{name}: not installed"})
            continue

        def judged(few: int, python: str = python, code: str = code) -> list[str]:
            return [python, "-c", code.format(file=str(head(path, few)), schema=str(SCHEMA))]

        rows.append(scaled(name, max(1000, int(records * share)), records, judged))
    checker = python_of("check_jsonschema", peers)
    if checker is None:
        return [*rows, {"": "check-jsonschema: not installed"}]
    # It reads one JSON document a file, so it gets an array of the records and their schema.
    array, schema = path.with_name("array.json"), path.with_name("array.schema.json")
    items = json.loads(SCHEMA.read_text("utf-8"))
    schema.write_text(json.dumps({"type": "array", "items": items}), "utf-8")

    def checked(few: int) -> list[str]:
        lines = head(path, few).read_bytes().strip()
        array.write_bytes(b"[" + lines.replace(b"\n", b",") + b"]")
        return [checker, "-m", "check_jsonschema", "--schemafile", str(schema), str(array)]

    few = max(1000, records // 100)
    return [*rows, scaled("check-jsonschema", few, records, checked)]


def parquet(path: Path, records: int) -> list[dict[str, Any]]:
    """JSON Lines to Parquet; every file must hold as many rows as there are records."""
    import pyarrow.parquet as pq

    out = path.with_suffix(".parquet")
    ours = [sys.executable, "-m", "newsdata", "validate", str(path), "-q", "--parquet", str(out)]
    rows = []
    for name, command in {
        "newsdata, 1 process (validates)": [*ours, "--workers", "1"],
        "newsdata, 2 processes (validates)": [*ours, "--workers", "2"],
        **{
            name: [sys.executable, "-c", code.format(file=str(path), out=str(out))]
            for name, code in WRITERS.items()
        },
    }.items():
        if name in WRITERS and python_of(name.lower(), sys.executable) is None:
            rows.append({"": f"{name}: not installed"})
            continue
        made = row(name, records, command)
        made["MB written"] = round(out.stat().st_size / 1e6)
        assert pq.ParquetFile(out).metadata.num_rows == records, name
        out.unlink()
        rows.append(made)
    return rows


def run(
    records: int, folder: Path, peers: str = sys.executable
) -> dict[str, list[dict[str, Any]]]:
    """Both tables."""
    agree(folder)
    path = folder / "records.jsonl"
    size = 0
    for size in write(path, records):  # noqa: B007 - the last one is the size of the file
        pass
    title = f"{records:,} records of {size / records / 1000:.1f} kB"
    return {
        f"{title}: verdicts": verdicts(path, records, peers),
        f"{title}: JSON Lines to Parquet": parquet(path, records),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--peers-python", default=sys.executable)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = given.folder or Path(scratch)
        place.mkdir(exist_ok=True)
        tables = run(given.records, place, given.peers_python)
    for heading, made in tables.items():
        headers = list(dict.fromkeys(key for one in made for key in one))
        table(headers, [[one.get(h) for h in headers] for one in made], title=heading)
        print()
    if given.json:
        given.json.write_text(json.dumps(tables, indent=2) + "\n", "utf-8")
