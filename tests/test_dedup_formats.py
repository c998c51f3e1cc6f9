"""``newsdata dedup`` over every kind of input, good and bad. All texts here are invented."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dedup_records import (
    foreign,
    here,
    lines,
    outcome,
    records,
    run,
    text_of,
    write,
)

from newsdata.copies.facts import instant_of

# ---- bad data, bad use --------------------------------------------------------------------------


def test_unreadable_records_are_told_and_counted(tmp_path):
    path = tmp_path / "in.jsonl"
    good = [json.dumps({"id": i, "text": f"word {i}"}) for i in "ab"]
    bad = ['{"id": "c"', '{"id": "d"}', '{"id": "e", "text": 5}', "[1]", '{"text": null}',
           '{"id": [1], "text": "t"}', '{"id": "g", "text": "a", "text": "b"}']  # fmt: skip
    path.write_text("\n".join([good[0], *bad, good[1]]) + "\n")
    done = run(path, "-o", tmp_path / "kept")
    assert done.returncode == 0
    told = done.stderr.decode().splitlines()
    codes = """not-json empty-text wrong-type not-an-object empty-text wrong-type
        duplicate-key"""
    for number, code in enumerate(codes.split()):
        (line,) = [t for t in told if t.startswith(f"{path}:{number + 2}")]
        assert f" {code}: " in line
    assert (tmp_path / "kept").read_text().splitlines() == good
    summary = json.loads(run(path, "--json").stdout)
    assert summary["rejected"] == 7
    assert summary["reasons"] == {"duplicate-key": 1, "empty-text": 2, "not-an-object": 1,
                                  "not-json": 1, "wrong-type": 2}  # fmt: skip
    assert run(path, "-q").stderr == b""


def test_a_page_is_no_record(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><html><body><p>Invented page.</p></body></html>")
    summary = json.loads(run(page, "--json").stdout)
    assert (summary["read"], summary["reasons"]) == (1, {"not-json": 1})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-o", "-", "--json"), "--json and records"),
        (("-o", "same", "--clusters", "same"), "same"),
        (("-o", "-", "--removed", "-"), "cannot both"),
        (("--threshold", "2"), "0.05 to 1"),
        (("--ngram", "none"), "1 to 64"),
        (("--seed", "-1"), "seed"),
        (("--keep", "newest"), "earliest"),
        (("--preset", "other"), "rewritten"),
        (("-o", "nowhere/kept.jsonl"), "nowhere"),
    ],
)
def test_bad_use_exits_2_and_writes_nothing(tmp_path, arguments, words):
    path = write(tmp_path / "in.jsonl", records())
    done = run(path, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr.decode()
    assert done.stdout == b""
    assert [p.name for p in tmp_path.iterdir()] == ["in.jsonl"]


def test_what_cannot_be_opened_exits_3_and_leaves_old_outputs(tmp_path):
    old = tmp_path / "kept.jsonl"
    old.write_text("old\n")
    done = run(tmp_path / "missing.jsonl", "-o", old)
    assert done.returncode == 3
    assert b"missing.jsonl" in done.stderr
    assert b"Traceback" not in done.stderr
    assert old.read_text() == "old\n"
    assert [p.name for p in tmp_path.iterdir()] == ["kept.jsonl"]


def test_the_output_may_be_the_input(tmp_path):
    path = write(tmp_path / "in.jsonl", records())
    expected, _ = outcome(path, tmp_path)
    assert here(path, "-o", path) == 0
    assert {r["id"] for r in lines(path)} == expected
    before = path.read_bytes()
    assert here(path, "-o", path) == 0
    assert path.read_bytes() == before, "what was kept stays kept"


# ---- inputs of all kinds ------------------------------------------------------------------------


def test_stdin_to_stdout_byte_for_byte(tmp_path):
    data = b'\xef\xbb\xbf{"id": "a",  "text":"\\u0430 b"}\r\n\n'
    data += b' {"id":"b","text":"\xd0\xb0 B"}\n{"id":"c","text":""}'
    done = run("-", "-o", "-", stdin=data)
    assert done.stdout == b'{"id": "a",  "text":"\\u0430 b"}\n{"id":"c","text":""}\n'
    assert b"1 exact" in done.stderr


def test_a_pipe_is_read_once(tmp_path):
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    path = write(tmp_path / "in.jsonl", records())
    with subprocess.Popen(["cp", str(path), str(fifo)]) as writer:
        done = run(fifo, "-o", "-", "-q")
        assert writer.wait(10) == 0
    kept, _ = outcome(path, tmp_path)
    assert {json.loads(line)["id"] for line in done.stdout.splitlines()} == kept


def test_arrays_and_compressed_files_give_the_same(tmp_path):
    rows = records()
    expected = outcome(write(tmp_path / "in.jsonl", rows), tmp_path)
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1))
    (tmp_path / "b.json").write_text(json.dumps(rows))
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress((tmp_path / "in.jsonl").read_bytes()))
    for name in ("a.json", "b.json", "c.jsonl.gz"):
        assert outcome(tmp_path / name, tmp_path) == expected


def test_a_damaged_stream_keeps_what_came_before(tmp_path):
    whole = gzip.compress(write(tmp_path / "in.jsonl", records() * 40).read_bytes(), 1)
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    done = run(tmp_path / "cut.jsonl.gz", "-o", tmp_path / "kept", "--json")
    summary = json.loads(done.stdout)
    assert done.returncode == 0
    assert summary["reasons"] == {"truncated-stream": 1}
    assert summary["kept"] == len(lines(tmp_path / "kept")) == 7


def test_more_records_than_a_portion_keep_bytes_and_order(tmp_path):
    draw = random.Random(3)
    rows = [{"id": i, "text": text_of(i % 2100, draw.choice((8, 30, 2000)))} for i in range(2500)]
    path = write(tmp_path / "in.jsonl", rows)
    assert here(path, "-o", tmp_path / "k", "--removed", tmp_path / "r") == 0
    kept, removed = ((tmp_path / n).read_bytes().splitlines() for n in "kr")
    raw = path.read_bytes().splitlines()
    removed_ids = {json.loads(line)["id"] for line in removed}
    assert removed_ids, "some are copies"
    assert kept == [line for i, line in enumerate(raw) if i not in removed_ids]
    assert removed == [line for i, line in enumerate(raw) if i in removed_ids]


@pytest.mark.parametrize("data", [b"", b"\n \n", b"[]"])
def test_nothing_in_nothing_out(tmp_path, data):
    (tmp_path / "in.json").write_bytes(data)
    done = run(
        tmp_path / "in.json", "-o", tmp_path / "kept", "--evidence", tmp_path / "e", "--json"
    )
    assert done.returncode == 0
    summary = json.loads(done.stdout)
    assert summary["read"] == summary["rejected"], "an empty file is told, as everywhere"
    assert (summary["kept"], summary["clusters"], summary["largest"]) == (0, 0, 0)
    assert (tmp_path / "kept").read_bytes() == (tmp_path / "e").read_bytes() == b""


def test_nothing_becomes_a_parquet_file_without_rows(tmp_path):
    (tmp_path / "in.json").write_bytes(b"[]")
    assert here(tmp_path / "in.json", "-o", tmp_path / "o.parquet") == 0
    assert pq.read_table(tmp_path / "o.parquet").num_rows == 0


@pytest.mark.parametrize("text", ["One text.", "", "!?"])
@pytest.mark.parametrize("options", [(), ("--threshold", "1")])
def test_one_record(tmp_path, text, options):
    path = write(tmp_path / "in.jsonl", [{"id": "a", "text": text}])
    assert outcome(path, tmp_path, *options) == ({"a"}, [])


def test_texts_without_words_are_no_copies(tmp_path):
    rows = [{"id": i, "text": t} for i, t in enumerate(("", "", "!", "—", " "))]
    path = write(tmp_path / "in.jsonl", rows)
    for options in ((), ("--threshold", "1")):
        assert outcome(path, tmp_path, *options) == (set(range(5)), [])


# ---- fields -------------------------------------------------------------------------------------


def test_fields_by_name_and_by_path(tmp_path):
    expected = outcome(write(tmp_path / "in.jsonl", records()), tmp_path)
    other = write(tmp_path / "other.jsonl", foreign())
    clusters = tmp_path / "c"
    assert here(other, "--id-field", "link", "--text-field", "body.plain", "--time-field", "when",
                "--clusters", clusters) == 0  # fmt: skip
    assert lines(clusters) == expected[1]


def test_roles_of_a_schema_name_the_fields(tmp_path):
    rows = [{**r, "plain": r["body"]["plain"]} for r in foreign()]
    schema = {"type": "object", "properties": {
        "link": {"type": "string", "x-newsdata": "id"},
        "plain": {"type": "string", "x-newsdata": "text"},
        "when": {"type": ["string", "null"], "x-newsdata": "timestamp"}}}  # fmt: skip
    (tmp_path / "s.json").write_text(json.dumps(schema))
    expected = outcome(write(tmp_path / "in.jsonl", records()), tmp_path)
    clusters = tmp_path / "c"
    other = write(tmp_path / "other.jsonl", rows)
    assert here(other, "--schema", tmp_path / "s.json", "--clusters", clusters) == 0
    assert lines(clusters) == expected[1]
    del schema["properties"]["plain"]
    (tmp_path / "s.json").write_text(json.dumps(schema))
    assert here(other, "--schema", tmp_path / "s.json") == 2


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01t03:00:00.000001+03:00", 1),
        ("1970-01-01 00:00:00", 0),
        ("1969-12-31", -1),
        (0, 0),
        (2.5, 2_500_000),
        ("soon", None),
        ("2024-13-01", None),
        (True, None),
        (1e300, None),
        (float("nan"), None),
        ([], None),
        ("", None),
    ],
)
def test_times_compare_as_instants(value, instant):
    assert instant_of(value) == instant


def test_times_that_cannot_be_read_are_noticed(tmp_path):
    rows = [
        {"id": "a", "text": "x", "timestamp": "soon"},
        {"id": "b", "text": "x", "timestamp": 5},
    ]
    path = write(tmp_path / "in.jsonl", rows)
    assert json.loads(run(path, "--json").stdout)["notices"] == {"bad-time": 1}
    assert outcome(path, tmp_path)[0] == {"b"}


# ---- Parquet ------------------------------------------------------------------------------------


def parquet(path: Path, rows: list[dict], **options) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path, **options)
    return path


def test_parquet_in_and_out_keeps_the_columns(tmp_path):
    rows = [{"n": i, "tags": ["x", str(i)], "source": None, **r} for i, r in enumerate(records())]
    for row in rows:
        row.setdefault("timestamp", None)
    path = parquet(tmp_path / "in.parquet", rows, row_group_size=4)
    kept, members = outcome(write(tmp_path / "in.jsonl", records()), tmp_path)
    clusters = tmp_path / "c"
    assert here(path, "-o", tmp_path / "o.parquet", "--removed", tmp_path / "r.parquet",
                "--clusters", clusters) == 0  # fmt: skip
    assert lines(clusters) == members
    out, removed = pq.read_table(tmp_path / "o.parquet"), pq.read_table(tmp_path / "r.parquet")
    assert out.schema == removed.schema == pq.read_schema(path)
    assert out.to_pylist() == [r for r in rows if r["id"] in kept]
    assert removed.to_pylist() == [r for r in rows if r["id"] not in kept]


def test_a_parquet_file_is_known_by_its_content(tmp_path):
    path = parquet(tmp_path / "data.bin", records()[:3])
    done = run("-", "-o", "-", "-q", stdin=path.read_bytes())
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["b"]


def test_json_becomes_parquet_and_both_mix(tmp_path):
    rows = [{**r, "n": i} for i, r in enumerate(records())]
    one = write(tmp_path / "1.jsonl", rows[:6])
    two = parquet(tmp_path / "2.parquet", [{**r, "more": 1.5} for r in rows[6:]])
    assert here(one, two, "-o", tmp_path / "o.parquet") == 0
    out = pq.read_table(tmp_path / "o.parquet").to_pylist()
    assert [r["n"] for r in out] == [1, 3, 6, 9, 10, 11, 12]
    assert [r["more"] for r in out] == [None] * 2 + [1.5] * 5
    assert [r["text"] for r in out] == [rows[r["n"]]["text"] for r in out]


def test_values_of_several_types_are_no_column(tmp_path):
    rows = [{"id": "a", "text": "x", "n": 1}, {"id": "b", "text": "y", "n": "one"}]
    done = run(write(tmp_path / "in.jsonl", rows), "-o", tmp_path / "o.parquet")
    assert done.returncode == 2
    assert b"'n'" in done.stderr
    assert b"JSON Lines" in done.stderr
    assert not (tmp_path / "o.parquet").exists()


@pytest.mark.parametrize("empty", [{}, {"inner": {}}])
def test_an_object_without_keys_is_no_column(tmp_path, empty):
    rows = [{"id": "a", "text": "x", "o": empty}]
    done = run(write(tmp_path / "in.jsonl", rows), "-o", tmp_path / "o.parquet")
    assert done.returncode == 2
    assert not (tmp_path / "o.parquet").exists()


def test_parquet_without_rows_or_a_text_column(tmp_path):
    schema = pa.schema([("id", pa.string()), ("text", pa.string())])
    pq.write_table(schema.empty_table(), tmp_path / "no.parquet")
    assert here(tmp_path / "no.parquet", "-o", tmp_path / "o.parquet") == 0
    assert pq.read_table(tmp_path / "o.parquet").schema == schema
    pq.write_table(pa.table({"body": ["a", "b"]}), tmp_path / "body.parquet")
    summary = json.loads(run(tmp_path / "body.parquet", "--json").stdout)
    assert (summary["read"], summary["reasons"]) == (2, {"empty-text": 2})


def test_parquet_rows_without_an_id_are_told_apart_by_all_columns(tmp_path):
    rows = [{"text": "same", "n": n} for n in (1, 2, 1)]
    clusters = tmp_path / "c"
    assert here(parquet(tmp_path / "in.parquet", rows), "--clusters", clusters) == 0
    ids = [m["id"] for m in lines(clusters)]
    assert len(ids) == 3
    assert len(set(ids)) == 2


def test_a_damaged_parquet_file_is_rejected(tmp_path):
    whole = parquet(tmp_path / "in.parquet", records()).read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:-40])
    done = run(tmp_path / "cut.parquet", tmp_path / "in.parquet", "--json")
    assert done.returncode == 0
    summary = json.loads(done.stdout)
    assert summary["reasons"] == {"bad-stream": 1}
    assert (summary["read"], summary["kept"]) == (14, 7)
