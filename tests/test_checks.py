"""Promises of reading and validating whole files. All records are invented."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from bad_inputs import BAD, GOOD, line, mixed, record

from newsdata import validate
from newsdata.checks import files
from newsdata.checks import parts as chunk_parts
from newsdata.checks.files import Options, Targets, validate_files
from newsdata.checks.replay import replay
from newsdata.engines import pool
from newsdata.errors import EngineError, SourceError, UsageError
from newsdata.limits import Limits
from newsdata.records import Page
from newsdata.sizes import all_bytes, row_bytes
from newsdata.sources import chunks

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LIMITS = Limits(line=300_000)


@pytest.fixture
def small_chunks(monkeypatch):
    """Files of a few hundred kB are cut up, and shared out at once."""
    monkeypatch.setattr(chunks, "CHUNK", 40_000)
    monkeypatch.setattr(chunks, "FIRST", 5_000)
    monkeypatch.setattr(files, "ONE_PROCESS", 0)


def run_all(path: Path, workers: int = 1, **limits: Any) -> tuple[dict[str, Any], list[bytes]]:
    """The summary, and what was written: valid lines, Parquet, rejects."""
    streams = [io.BytesIO() for _ in range(3)]
    options = Options(None, workers, Limits(**{"line": 300_000, **limits}))
    summary = validate_files(str(path), Targets(*streams), options)
    return summary, [stream.getvalue() for stream in streams]


def lines_of(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(part) for part in data.split(b"\n")[:-1]]


def raw_of(reject: dict[str, Any]) -> bytes:
    raw = reject["raw"]
    return base64.b64decode(raw) if reject["raw_encoding"] == "base64" else raw.encode()


PACK = {"plain": lambda b: b, "gz": lambda b: gzip.compress(b, 1), "zst": zstd.compress}


def test_there_are_more_than_forty_kinds():
    assert len(BAD) >= 40


@pytest.mark.parametrize(("seed", "packed"), [(1, "plain"), (2, "gz"), (3, "zst"), (6, "plain")])
def test_no_bad_one_is_accepted_and_no_good_one_rejected(small_chunks, tmp_path, seed, packed):
    content, bad = mixed(seed, 400)
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(PACK[packed](content))
    alone, written = run_all(path, 1)
    assert run_all(path, 2) == (alone, written)
    good, parquet, rejects = written
    told = lines_of(rejects)
    # Valid, but no column holds them: only where Parquet is asked for. Here there are none.
    assert [(r["offset"], r["sha256"]) for r in told] == [
        (offset, hashlib.sha256(part).hexdigest()) for _, offset, part in bad
    ]
    assert alone["read"] == alone["valid"] + alone["rejected"]
    assert alone["rejected"] == len(bad) == sum(alone["reasons"].values())
    for reject, (kind, offset, part) in zip(told, bad, strict=True):
        assert content[offset : offset + reject["length"]] == part, kind
        assert reject["line"] == content[:offset].count(b"\n") + 1, kind
        assert raw_of(reject) == part[: len(raw_of(reject))], kind
        assert reject["truncated"] == (len(raw_of(reject)) < len(part)), kind
    assert good.count(b"\n") == alone["valid"] == pq.read_table(io.BytesIO(parquet)).num_rows
    reassemble(content, good.split(b"\n")[:-1], told)


def reassemble(content: bytes, good: list[bytes], rejects: list[dict[str, Any]]) -> None:
    """Accepted and rejected records and what separates them are the input, byte for byte."""
    position = 0
    waiting = iter(good)
    places = {reject["offset"]: reject for reject in rejects}
    separators = b"\xef\xbb\xbf \t\r\n"
    while True:
        start = position
        if position == 0 and content.startswith(b"\xef\xbb\xbf"):
            position = 3
        while content[position : position + 1] in (b" ", b"\t", b"\r", b"\n"):
            position += 1
        assert not content[start:position].strip(separators)
        if position == len(content):
            break
        reject = places.pop(position, None)
        if reject is not None:
            piece = content[position : position + reject["length"]]
            assert hashlib.sha256(piece).hexdigest() == reject["sha256"]
        else:
            piece = next(waiting)
            assert content.startswith(piece, position)
        position += len(piece)
    assert next(waiting, None) is None
    assert not places


def test_the_library_says_the_same_as_the_command(small_chunks, tmp_path):
    content, _ = mixed(5, 200)
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(content)
    items = list(validate(path))
    summary, (good, _, rejects) = run_all(path, 2, line=32_000_000)
    assert [i.content for i in items if isinstance(i, Page)] == good.split(b"\n")[:-1]
    told = [json.loads(json.dumps(i.to_dict())) for i in items if not isinstance(i, Page)]
    assert told == lines_of(rejects)
    assert summary["read"] == len(items)


@pytest.mark.parametrize("kind", GOOD)
def test_every_good_kind_passes(kind, tmp_path):
    path = tmp_path / "one.jsonl"
    path.write_bytes(GOOD[kind](random.Random(kind)) + b"\n")
    assert validate_files(path)["rejected"] == 0


@pytest.mark.parametrize("kind", BAD)
def test_every_bad_kind_names_a_fitting_reason(kind, tmp_path):
    path = tmp_path / "one.jsonl"
    path.write_bytes(line(record(random.Random(1)), random.Random(1)) + b"\n")
    with path.open("ab") as file:
        file.write(BAD[kind](random.Random(kind)))
    summary, (_, _, rejects) = run_all(path)
    (reject,) = lines_of(rejects)
    assert (summary["valid"], summary["rejected"]) == (1, 1)
    assert reject["message"].startswith("found")
    assert reject["errors"][0]["code"] == reject["code"]
    fitting = {
        "doubled": "duplicate-key", "lone": "lone-surrogate", "line-too": "line-too-long",
        "far": "too-deep", "too-deep": "too-deep", "naive": "bad-format", "bom": "bom-inside",
        "array": "not-an-object", "nan": "not-finite", "huge": "number-too-large",
        "invalid-utf8": "invalid-utf8", "empty-title": "empty-title", "blank": "empty-text",
    }  # fmt: skip
    for start, code in fitting.items():
        if kind.startswith(start):
            assert reject["code"] == code


def test_parquet_is_the_same_for_plain_packed_and_any_number_of_workers(small_chunks, tmp_path):
    content, _ = mixed(2, 300)
    written = set()
    for packed, pack in PACK.items():
        path = tmp_path / f"mixed.{packed}"
        path.write_bytes(pack(content))
        for workers in (1, 3) if packed == "plain" else (1,):
            written.add(run_all(path, workers)[1][1])
    assert len(written) == 1


def test_row_groups_follow_from_the_rows(monkeypatch, schema):
    from newsdata.exporters import growing

    monkeypatch.setattr(growing, "ROW_GROUP_BYTES", 10_000)
    monkeypatch.setattr(growing, "MOST_ROWS", 40)
    rng = random.Random(4)
    rows = [schema.canonical(record(rng)) for _ in range(200)]
    import pyarrow as pa

    table = pa.Table.from_struct_array(schema.to_arrow(rows))
    written = set()
    for step in (3, 50, 200):
        sink = io.BytesIO()
        with growing.growing_parquet(sink, schema.arrow) as parquet:
            for begin in range(0, 200, step):
                for batch in table.slice(begin, step).combine_chunks().to_batches():
                    parquet.add(batch)
        written.add(sink.getvalue())
        file = pq.ParquetFile(sink)
        assert file.num_row_groups > 5
        assert file.read().equals(table)
    assert len(written) == 1


def test_texts_that_do_not_repeat_get_no_dictionary_and_prose_no_statistics(schema):
    import pyarrow as pa

    from newsdata.exporters.growing import growing_parquet

    rng = random.Random(6)
    images = [{"url": "https://n.example/a.jpg", "caption": None}]
    rows = [schema.canonical(record(rng, source="n.example", images=images)) for _ in range(300)]
    table = pa.Table.from_struct_array(schema.to_arrow(rows)).combine_chunks()
    for filled in (True, False):
        sink = io.BytesIO()
        with growing_parquet(sink, schema.arrow) as parquet:
            for batch in table.to_batches() if filled else ():
                parquet.add(batch)
        file = pq.ParquetFile(sink)
        assert file.read().equals(table if filled else table.slice(0, 0))
    assert pq.ParquetFile(sink).metadata.num_row_groups == 0
    sink = io.BytesIO()
    with growing_parquet(sink, schema.arrow) as parquet:
        parquet.add(table.to_batches()[0])
    group = pq.ParquetFile(sink).metadata.row_group(0)
    leaves = {leaf.path_in_schema: leaf for leaf in map(group.column, range(group.num_columns))}
    encoded = {
        path: "PLAIN_DICTIONARY" in leaf.encodings or "RLE_DICTIONARY" in leaf.encodings
        for path, leaf in leaves.items()
    }
    assert not encoded["id"]
    assert not encoded["text"]
    assert encoded["source"]
    assert encoded["images.list.element.url"]
    assert not leaves["text"].is_stats_set
    assert leaves["id"].statistics.min == table.column("id").to_pandas().min()
    assert leaves["timestamp"].is_stats_set


def test_the_bytes_of_a_table_are_those_of_its_rows(schema):
    import pyarrow as pa

    rng = random.Random(5)
    rows = [
        schema.canonical(record(rng, images=[{"caption": "a" * n}] * (n % 3))) for n in range(50)
    ]
    table = pa.Table.from_struct_array(schema.to_arrow(rows))
    for begin, count in ((0, 50), (7, 20), (49, 1), (3, 0)):
        part = table.slice(begin, count)
        assert all_bytes(part) == int(row_bytes(part).sum())
    odd = pa.table(
        {
            "a": pa.array([["x", None, "яя"], None, []], pa.list_(pa.string())),
            "b": pa.array([{"c": "long"}, None, {"c": None}], pa.struct([("c", pa.string())])),
            "d": pa.array([None, 1, 2], pa.int16()),
        }
    )
    assert all_bytes(odd) == int(row_bytes(odd).sum()) == all_bytes(odd[:2]) + all_bytes(odd[2:])


def test_a_command_keeps_the_memory_it_frees(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_bytes(line(record(random.Random(1)), random.Random(1)) + b"\n")
    code = (
        "import os, sys\nfrom newsdata.cli import run\n"
        f"assert run(['validate', {str(path)!r}, '-o', {str(tmp_path / 'o.parquet')!r}]) == 0\n"
        "import pyarrow\n"
        "print(pyarrow.default_memory_pool().backend_name, os.environ['OPENBLAS_NUM_THREADS'])"
    )
    for own, expected in (({}, "system 1"), ({"OPENBLAS_NUM_THREADS": "3"}, "system 3")):
        environment = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_NUM_THREADS",)}
        environment.pop("ARROW_DEFAULT_MEMORY_POOL", None)
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment | own, capture_output=True, check=True
        )
        assert done.stdout.decode().strip() == expected


def test_what_no_column_holds_is_rejected_with_parquet_only(tmp_path):
    rng = random.Random(3)
    path = tmp_path / "leap.jsonl"
    leap = record(rng, timestamp="1998-12-31T23:59:60Z")
    rows = [record(rng), leap, record(rng, title=""), record(rng, odd=1)]
    path.write_bytes(b"".join(line(row, rng) + b"\n" for row in rows))
    assert validate_files(path)["valid"] == 3
    summary, (good, parquet, rejects) = run_all(path)
    assert [r["code"] for r in lines_of(rejects)] == ["not-representable", "empty-title"]
    assert [r["line"] for r in lines_of(rejects)] == [2, 3]
    assert good.count(b"\n") == 2 == pq.read_table(io.BytesIO(parquet)).num_rows
    assert summary["notices"] == {"no column for the field 'odd'": 1}


def test_elements_of_an_array_become_lines(tmp_path):
    path = tmp_path / "array.json"
    rows = [record(random.Random(n)) for n in range(20)]
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False), "utf-8")
    _, (good, parquet, _) = run_all(path)
    assert lines_of(good) == rows
    assert pq.read_table(io.BytesIO(parquet)).num_rows == 20


@pytest.mark.parametrize("packed", ["gz", "zst"])
@pytest.mark.parametrize("cut", [40, 5000])
def test_a_stream_that_breaks_off_loses_one_record_at_most(small_chunks, tmp_path, packed, cut):
    rng = random.Random(9)
    content = b"".join(line(record(rng), rng) + b"\n" for _ in range(3000))
    whole = PACK[packed](content)
    path = tmp_path / f"cut.{packed}"
    path.write_bytes(whole[:-cut])
    alone = run_all(path, 1)
    assert alone == run_all(path, 2)
    summary, (good, _, rejects) = alone
    (reject,) = lines_of(rejects)
    assert reject["code"] == "truncated-stream"
    assert content.startswith(good)
    assert content[reject["offset"] :].startswith(raw_of(reject))
    assert summary["valid"] == good.count(b"\n")
    assert reject["line"] in (None, summary["valid"] + 1)


def test_a_stream_that_breaks_off_in_a_long_line_is_one_reject(small_chunks, tmp_path):
    rng = random.Random(9)
    rows = [line(record(rng), rng) + b"\n" for _ in range(50)]
    content = b"".join(rows) + rng.randbytes(500_000).replace(b"\n", b"n")
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(content)[:-1000])
    summary, (good, _, rejects) = run_all(path)
    (reject,) = lines_of(rejects)
    assert (summary["valid"], reject["code"], reject["line"]) == (50, "truncated-stream", 51)
    assert good == b"".join(part.strip(b" \t\r\n") + b"\n" for part in rows)


def test_a_million_broken_lines_are_judged_in_parts(monkeypatch, tmp_path):
    monkeypatch.setattr(chunk_parts, "PART_REJECTED", 50)
    monkeypatch.setattr(chunk_parts, "PART", 70)
    path = tmp_path / "broken.jsonl"
    rng = random.Random(8)
    parts = [b"x" if n % 3 else line(record(rng), rng) for n in range(1000)]
    path.write_bytes(b"\n".join(parts))
    summary, (_, _, rejects) = run_all(path)
    assert (summary["valid"], summary["rejected"]) == (334, 666)
    assert [r["line"] for r in lines_of(rejects)] == [n + 1 for n in range(1000) if n % 3]


def test_lines_count_anew_in_every_file(small_chunks, tmp_path):
    for name in ("a", "b"):
        rng = random.Random(name)
        rows = [line(record(rng), rng) for _ in range(300)]
        (tmp_path / f"{name}.jsonl").write_bytes(b"\n".join([*rows, b"{", *rows, b"["]))
    _, (_, _, rejects) = run_all(tmp_path, 2)
    told = [(Path(r["path"]).name, r["line"]) for r in lines_of(rejects)]
    assert told == [(f"{n}.jsonl", at) for n in "ab" for at in (301, 602)]


def test_a_line_over_many_chunks_keeps_its_place(small_chunks, tmp_path):
    rng = random.Random(2)
    long = b'{"id": "' + b"x" * 700_000 + b'"}'
    rows = [line(record(rng), rng) for _ in range(50)]
    content = b"\n".join([*rows, long, *rows, long])
    for packed, pack in PACK.items():
        path = tmp_path / f"long.{packed}"
        path.write_bytes(pack(content))
        for workers in (1, 2):
            summary, (_, _, rejects) = run_all(path, workers)
            assert summary["valid"] == 100
            told = lines_of(rejects)
            assert [(r["line"], r["length"], r["code"]) for r in told] == [
                (51, len(long), "line-too-long"), (102, len(long), "line-too-long")
            ]  # fmt: skip
            assert {r["sha256"] for r in told} == {hashlib.sha256(long).hexdigest()}
            assert content[told[0]["offset"] :].startswith(long)


@pytest.mark.parametrize(
    ("limit", "text", "code"),
    [
        ({"line": 200}, b'{"a": "' + b"x" * 300 + b'"}', "line-too-long"),
        ({"depth": 5}, b'{"a": ' + b"[" * 6 + b"]" * 6 + b"}", "too-deep"),
        ({"digits": 25}, b'{"a": ' + b"1" * 26 + b"}", "number-too-large"),
    ],
)
def test_limits_can_be_set(tmp_path, limit, text, code):
    path = tmp_path / "one.jsonl"
    path.write_bytes(text)
    loose = validate_files(path, options=Options(_any_object(tmp_path)))
    assert loose["valid"] == 1
    tight = validate_files(path, options=Options(_any_object(tmp_path), None, Limits(**limit)))
    assert tight["reasons"] == {code: 1}


def _any_object(folder: Path) -> str:
    path = folder / "any.schema"
    path.write_text('{"type": "object"}')
    return str(path)


def test_a_bomb_ends_with_a_reason(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b'{"id": "a", "title": "T", "text": "x"}\n' * 100_000))
    limits = Limits(decompressed=1_000_000)
    summary = validate_files(path, options=Options(None, 1, limits))
    assert summary["reasons"] == {"too-large": 1}
    assert summary["valid"] == 1_000_000 // 39
    limits = Limits(ratio=10, ratio_from=100_000)
    assert validate_files(path, options=Options(None, 1, limits))["reasons"] == {"too-large": 1}


def test_impossible_digits_are_refused():
    with pytest.raises(UsageError, match="20 to 4300"):
        Limits(digits=5000)


# -- replay -------------------------------------------------------------------------------------


def repaired(tmp_path: Path) -> tuple[Path, Path, Path]:
    content, _ = mixed(7, 150)
    source, good, bad = (tmp_path / n for n in ("in.jsonl", "good.jsonl", "bad.jsonl"))
    source.write_bytes(content)
    with good.open("wb") as lines, bad.open("wb") as rejects:
        validate_files(source, Targets(lines, None, rejects), Options(None, 1, LIMITS))
    return source, good, bad


def test_repaired_rejects_go_through_and_the_counts_add_up(tmp_path):
    source, good, bad = repaired(tmp_path)
    before = good.read_bytes()
    told = lines_of(bad.read_bytes())
    rng = random.Random(1)
    for number, reject in enumerate(told):
        if number % 3 == 0:
            reject["repaired"] = record(rng)
        elif number % 3 == 1:
            reject.update(raw=json.dumps(record(rng)), raw_encoding="utf-8", truncated=False)
    fixed = sum(number % 3 < 2 for number in range(len(told)))
    bad.write_text("".join(json.dumps(r) + "\n" for r in told), "utf-8")
    assert command("replay", bad).returncode == 1
    assert good.read_bytes() == before  # without -o nothing changes
    assert len(lines_of(bad.read_bytes())) == len(told)
    done = command("replay", bad, "-o", good, "--json", "--max-line", "300k")
    summary = json.loads(done.stdout)
    assert (summary["read"], summary["valid"]) == (len(told), fixed)
    after = good.read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") - before.count(b"\n") == fixed
    still = lines_of(bad.read_bytes())
    assert still == [r for n, r in enumerate(told) if n % 3 == 2]
    total = len(list(validate(source)))
    assert after.count(b"\n") + len(still) == total


def test_what_is_still_wrong_keeps_its_place_in_the_source(tmp_path):
    _, _, bad = repaired(tmp_path)
    told = lines_of(bad.read_bytes())
    told[0]["repaired"] = {"id": "a", "title": ""}
    bad.write_text("".join(json.dumps(r) + "\n" for r in told), "utf-8")
    rejects = io.BytesIO()
    summary = replay(str(bad), Targets(None, None, rejects), Options(None, None, LIMITS))
    assert summary["valid"] == 0
    still = lines_of(rejects.getvalue())
    for name in ("path", "line", "offset", "length", "sha256"):
        assert [r[name] for r in still] == [r[name] for r in told]
    assert still[0]["raw"] == '{"id":"a","title":""}'
    assert {e["pointer"] for e in still[0]["errors"]} == {"/title", "/text"}


def test_replay_adds_rows_to_parquet(tmp_path):
    path, rejects, parquet = tmp_path / "in.jsonl", tmp_path / "bad.jsonl", tmp_path / "o.parquet"
    rng = random.Random(6)
    path.write_bytes(b"\n".join([line(record(rng), rng), b'{"id": "b"}']))
    assert command("validate", path, "-o", parquet, "--rejects", rejects).returncode == 1
    (told,) = lines_of(rejects.read_bytes())
    told["repaired"] = record(rng, id="b")
    rejects.write_text(json.dumps(told))
    assert command("replay", rejects, "-o", parquet).returncode == 0
    assert pq.read_table(parquet)["id"].to_pylist()[1] == "b"
    assert rejects.read_bytes() == b""


KILLED = """
import os, pathlib, signal, sys
left = int(sys.argv.pop(1))
def dying(name):
    real = getattr(pathlib.Path, name)
    def call(self, *arguments, **options):
        global left
        if self.name.startswith((".bad", ".good", ".still")):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return real(self, *arguments, **options)
    setattr(pathlib.Path, name, call)
dying("replace")
dying("unlink")
from newsdata.cli import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("changes", range(6))
def test_a_replay_that_is_killed_between_two_files_is_finished(tmp_path, changes, apart):
    _, good, bad = repaired(tmp_path)
    told = lines_of(bad.read_bytes())
    for number, reject in enumerate(told):
        if number % 3 == 0:
            reject["repaired"] = record(random.Random(number), id=f"mended:{number}")
    bad.write_text("".join(json.dumps(r) + "\n" for r in told), "utf-8")
    still = tmp_path / "still-bad.jsonl"
    arguments = ["replay", bad, "-o", good, *(["--rejects", still] if apart else [])]
    before = good.read_bytes(), bad.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(changes), *map(str, arguments), "--json"],
        capture_output=True,
        check=False,
    )
    # Changes: the journal, the two files, and the journal again, whose temporary is looked for.
    assert (done.returncode == -signal.SIGKILL) == (changes < 5), done.stderr
    if changes == 0:
        assert (good.read_bytes(), bad.read_bytes()) == before
    summary = json.loads(command(*arguments, "--json").stdout) if changes < 5 else None
    kept = lines_of(good.read_bytes())
    fixed = [r["id"] for r in kept if str(r["id"]).startswith("mended:")]
    assert fixed == [f"mended:{n}" for n in range(0, len(told), 3)]
    left = lines_of((still if apart else bad).read_bytes())
    assert [r["offset"] for r in left] == [r["offset"] for n, r in enumerate(told) if n % 3]
    assert not list(tmp_path.glob("*replay.json"))
    if apart:  # killed after its end, or run twice: each record is there once
        before = good.read_bytes(), still.read_bytes()
        assert json.loads(command(*arguments, "--json").stdout)["valid"] == len(fixed)
        assert (good.read_bytes(), still.read_bytes()) == before
    if summary and apart:
        assert (summary["read"], summary["valid"]) == (len(told), len(fixed))


@pytest.mark.parametrize("output", ["good.jsonl", "good.parquet"])
def test_a_replay_into_other_rejects_that_was_done_adds_nothing_again(tmp_path, output):
    rng = random.Random(8)
    rows = [line(record(rng, id=f"made:{n}"), rng) for n in range(5)]
    path, bad = tmp_path / "in.jsonl", tmp_path / "bad.jsonl"
    good, still = tmp_path / output, tmp_path / "still.jsonl"
    path.write_bytes(b"\n".join([*rows, b'{"id": "b"}', b'{"id": "c"}']))
    command("validate", path, "-o", good, "--rejects", bad)
    told = lines_of(bad.read_bytes())
    told[0]["repaired"] = record(rng, id="b")
    bad.write_text("".join(json.dumps(one) + "\n" for one in told))
    arguments = ["replay", bad, "-o", good, "--rejects", still, "--json"]
    first = command(*arguments)
    after = good.read_bytes(), still.read_bytes(), bad.read_bytes()
    again = command(*arguments)
    assert (first.returncode, again.returncode) == (1, 1)
    assert first.stdout == again.stdout
    assert b"done already" in again.stderr
    assert (good.read_bytes(), still.read_bytes(), bad.read_bytes()) == after
    # Another question, or other files, and it is another replay.
    wider = tmp_path / "wider.json"
    wider.write_text('{"type": "object", "properties": {"id": {"type": "string"}}}')
    if output == "good.jsonl":
        assert command(*arguments, "--schema", wider).returncode == 0
        assert good.read_bytes().count(b"\n") == 8
    still.unlink()
    assert b"done already" not in command(*arguments).stderr


def test_an_interrupted_replay_does_not_overwrite_what_was_changed_since(tmp_path):
    _, good, bad = repaired(tmp_path)
    arguments = ["replay", bad, "-o", good]
    subprocess.run(
        [sys.executable, "-c", KILLED, "2", *map(str, arguments)], capture_output=True, check=False
    )
    before = good.read_bytes()
    with bad.open("ab") as file:
        file.write(b"\n")
    done = command(*arguments)
    assert done.returncode == 3
    assert b"changed after a replay was interrupted" in done.stderr
    bad.rename(tmp_path / "changed.jsonl")
    assert command(*arguments).returncode == 1
    assert good.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"path": "a"}', '{"path": "a", "errors": [{"code": "odd"}]}', "x\n"]
)
def test_what_is_no_rejects_file_is_told_and_kept(tmp_path, text):
    bad, good = tmp_path / "bad.jsonl", tmp_path / "good.jsonl"
    bad.write_text(text)
    good.write_text("{}\n")
    with pytest.raises(SourceError, match=":1: "):
        replay(str(bad), Targets())
    assert command("replay", bad, "-o", good).returncode == 3
    assert (bad.read_text(), good.read_text()) == (text, "{}\n")


# -- the command --------------------------------------------------------------------------------


def command(*arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "newsdata", *map(str, arguments)],
        capture_output=True,
        check=False,
        timeout=120,
        **options,
    )


def good_file(path: Path, count: int) -> bytes:
    rng = random.Random(0)
    rows = [line(record(rng, text="слово " * 200), rng) + b"\n" for _ in range(100)]
    content = b"".join(rows) * (count // 100)
    path.write_bytes(content)
    return content


def test_real_chunks_over_real_processes(tmp_path):
    path = tmp_path / "many.jsonl"
    content = good_file(path, 12_000)
    assert len(content) > 2 * files.ONE_PROCESS
    with path.open("ab") as file:
        file.write(b"{\n")
    for workers in (1, 2):
        out = tmp_path / f"out{workers}.jsonl"
        done = command("validate", path, "-o", out, "--workers", workers, "--json")
        summary = json.loads(done.stdout)
        assert (summary["valid"], summary["rejected"]) == (12_000, 1)
        assert summary["examples"]["not-json"][0]["line"] == 12_001
        assert out.read_bytes() == content


def test_few_faults_are_shown_and_all_are_counted(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b'{"id": 1}\n' * 150)
    said = command("validate", path, "--show", 3).stderr.decode()
    assert said.count(": wrong-type: ") == 3
    assert "... and 147 more rejected records" in said
    assert "0 valid, 150 rejected" in said


def test_the_first_fault_is_told_before_the_input_ends(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "newsdata", "validate", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        good = line(record(random.Random(1)), random.Random(1)) + b"\n"
        process.stdin.write(b'{"id": 1}\n' + good * (70_000 // len(good)))
        process.stdin.flush()
        assert b"-:1 /title: empty-title" in process.stderr.readline()
        assert process.poll() is None
        process.stdin.close()
        process.stderr.read()
    assert process.returncode == 1


@pytest.mark.parametrize(
    ("number", "code", "workers"), [(signal.SIGINT, 130, 1), (signal.SIGTERM, 143, 2)]
)
def test_a_signal_leaves_complete_outputs_and_says_how_far(tmp_path, number, code, workers):
    good, parquet, bad = (tmp_path / n for n in ("g.jsonl", "g.parquet", "b.jsonl"))
    source = tmp_path / "source.jsonl"
    content = good_file(source, 20_000)
    names = ["-o", good, "--parquet", parquet, "--rejects", bad, "--workers", workers]
    arguments = ["validate", "-", *names]
    process = subprocess.Popen(
        [sys.executable, "-m", "newsdata", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(b"{\n" + content)  # and then the producer falls silent
    process.stdin.flush()
    assert b"not-json" in process.stderr.readline()
    time.sleep(3)
    os.killpg(process.pid, number)
    said = process.stderr.read().decode()
    assert process.wait(60) == code
    lines = good.read_bytes()
    assert content.startswith(lines)
    assert lines.endswith(b"\n")
    assert pq.read_table(parquet).num_rows == lines.count(b"\n") > 1000
    assert len(lines_of(bad.read_bytes())) == 1
    records = lines.count(b"\n") + 1
    assert f"interrupted after {records} records" in said
    assert f"at byte {len(lines) + 2} of" in said
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "b.jsonl", "g.jsonl", "g.parquet", "source.jsonl"
    ]  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the /dev/full of Linux")
@pytest.mark.parametrize("option", ["-o", "--parquet", "--rejects"])
def test_a_full_device_is_named(tmp_path, option):
    path = tmp_path / "in.jsonl"
    path.write_bytes(line(record(random.Random(1)), random.Random(1)) + b"\n{\n")
    done = command("validate", path, option, "/dev/full", "-q")
    assert done.returncode == 3
    assert "/dev/full: No space left on device" in done.stderr.decode()
    assert b"bug" not in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the /dev/full of Linux")
def test_a_full_standard_output_is_named(tmp_path):
    path = tmp_path / "in.jsonl"
    good_file(path, 500)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "newsdata", "validate", str(path), "-o", "-"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr.decode().strip() == "newsdata: standard output: No space left on device"


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet"])
def test_a_full_disk_leaves_what_was_there(tmp_path, name):
    path, out = tmp_path / "in.jsonl", tmp_path / name
    # Random letters: Parquet would pack anything else below the limit.
    rng = random.Random(5)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    rows = [record(rng, text="".join(rng.choices(letters, k=3000))) for _ in range(2000)]
    path.write_bytes(b"".join(line(row, rng) + b"\n" for row in rows))
    out.write_text("before")

    def small_files() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    done = command("validate", path, "-o", out, preexec_fn=small_files)
    assert done.returncode == 3, done.stderr
    assert done.stderr.decode().strip().endswith(f"{name}: File too large")
    assert out.read_text() == "before"
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["in.jsonl", name])


def test_a_worker_that_dies_is_told():
    with pytest.raises(EngineError, match="a worker process died"):
        list(pool.in_order(_deadly, (), range(4), 2))


def _deadly() -> Any:
    return lambda task: os._exit(1)


def test_an_error_of_a_worker_is_raised_here(tmp_path, small_chunks, monkeypatch):
    path = tmp_path / "in.jsonl"
    good_file(path, 500)
    found = files.verdicts(
        files.find_inputs([path]),
        chunk_parts.Asked(files.schema_at(None), files.Reading()),
        2,
    )
    next(found)
    path.write_bytes(b"")
    with pytest.raises(SourceError, match="became shorter"):
        list(found)


def test_memory_does_not_grow_with_the_file(tmp_path):
    peaks = []
    for count in (8_000, 24_000):
        path = tmp_path / "many.jsonl"
        good_file(path, count)
        code = (
            "import resource, sys\n"
            "from newsdata.cli import run\n"
            "assert run(sys.argv[1:]) == 0\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, "validate", str(path), "-q", "--workers", "1"],
            capture_output=True,
            check=True,
        )
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] * 1.2


def test_reasons_are_counted_with_examples(tmp_path):
    content, _ = mixed(11, 300)
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(content)
    summary, (_, _, rejects) = run_all(path)
    told = lines_of(rejects)
    assert summary["reasons"] == dict(sorted(Counter(r["code"] for r in told).items()))
    assert summary["examples"].keys() == summary["reasons"].keys()
    for code, examples in summary["examples"].items():
        assert len(examples) == min(3, summary["reasons"][code])
        first = next(r for r in told if r["code"] == code)
        assert examples[0] == {
            k: first[k] for k in ("path", "line", "offset", "pointer", "message")
        }
