"""The promises of the whole: nothing vanishes, any order gives the same release to the byte,
a kill loses nothing, two writers end as one after the other."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import newsdata
from newsdata import pipeline
from newsdata.archive import Archive
from newsdata.errors import ReleaseError
from newsdata.sources.documents import article_schema

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"


def article(number: int, text: str | None = None, **values) -> dict:
    return {
        "id": f"demo:{number}",
        "url": f"https://demo.example/{number}",
        "source": "demo.example",
        "title": f"Title {number}",
        "text": text or f"Invented text number {number} about the village {number * 7}.",
        "timestamp": f"2024-01-{1 + number % 28:02}T{number % 24:02}:00:00+03:00",
        "language": "en",
        **values,
    }


def universe() -> list[bytes]:
    """Lines with copies, revisions, a withdrawal, embargoes, an id clash, wrong lines."""
    elsewhere = {"url": None, "source": "copy.example"}
    fixed, older = "2024-02-01T00:00:00Z", "2024-01-01T00:00:00Z"
    records = [article(n) for n in range(60)]
    for n in range(0, 60, 5):
        time = f"2024-03-01T00:00:{n:02}Z"
        records.append(article(n, id=f"copy:{n}", timestamp=time, **elsewhere))
    records += [
        article(n, text=f"A corrected text of {n}.", modified=fixed) for n in range(0, 60, 4)
    ]
    records += [article(n, title="An older version", modified=older) for n in range(0, 60, 8)]
    records += [article(n, status="canceled", modified="2024-04-01T00:00:00Z") for n in (5, 10)]
    records += [article(n, embargoed_until="2099-01-01T00:00:00Z") for n in (70, 71)]
    records += [article(72, timestamp=None), article(73, language=None)]
    lines = [json.dumps(r, ensure_ascii=False).encode() for r in records]
    return [*lines, b'{"id": "x",', b"\xff\xfe\x00", b'{"id": "y", "title": "T", "text": ""}']


def write(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def sealed_bytes(archive: Path, version: str = "1.0.0") -> dict[str, bytes]:
    """File -> content of a release cut from the archive now."""
    released = newsdata.release(version, archive)
    folder = released.sealed.path
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_every_sample_input_has_the_outcome_that_data_readme_tells(tmp_path):
    summary = newsdata.build([DATA / "pages", DATA / "records"], tmp_path / "a")
    counts = {k: summary[k] for k in ("read", "articles", "duplicates", "rejected", "withheld")}
    assert counts == {"read": 24, "articles": 10, "duplicates": 2, "rejected": 10, "withheld": 2}
    assert summary["reasons"] == {
        "duplicate-key": 1,
        "embargo": 1,
        "empty-file": 1,
        "empty-text": 1,
        "empty-title": 1,
        "list-page": 1,
        "naive-time": 1,
        "not-an-object": 1,
        "not-finite": 1,
        "not-json": 1,
        "withdrawn": 1,
        "wrong-type": 1,
    }
    assert summary["relations"] == {"exact": 2, "near": 0, "chained": 0, "revision": 2}


def test_the_same_set_in_any_cut_and_order_gives_the_same_release_to_the_byte(tmp_path):
    lines = universe()
    newsdata.build(write(tmp_path / "all.jsonl", lines), tmp_path / "whole")
    wanted = sealed_bytes(tmp_path / "whole")
    for seed in range(3):
        rng = random.Random(seed)
        rest = lines + rng.choices(lines, k=20)
        rng.shuffle(rest)
        archive = tmp_path / f"cut{seed}"
        part = 0
        while rest:
            now, rest = rest[: (size := rng.randint(1, 40))], rest[size:]
            part += 1
            summary = newsdata.build(write(tmp_path / f"{seed}-{part}.jsonl", now), archive)
            outcomes = ("articles", "duplicates", "rejected", "withheld", "unchanged")
            assert summary["read"] == len(now) == sum(summary[o] for o in outcomes)
        assert sealed_bytes(archive) == wanted
        assert newsdata.verify(archive) == []


def test_workers_and_compression_do_not_matter(tmp_path, monkeypatch):
    lines = universe()
    newsdata.build(write(tmp_path / "all.jsonl", lines), tmp_path / "one")
    monkeypatch.setattr(pipeline, "ONE_PROCESS", 0)
    half = len(lines) // 2
    (tmp_path / "parts").mkdir()
    for number in range(70):  # more files than one task takes
        write(tmp_path / "parts" / f"{number:02}.jsonl", lines[number::70])
    packed = tmp_path / "all.jsonl.gz"
    packed.write_bytes(gzip.compress(b"\n".join(lines[half:])))
    summary = newsdata.build([tmp_path / "parts", packed], tmp_path / "two", workers=2)
    assert summary["read"] == len(lines) + len(lines) - half
    assert sealed_bytes(tmp_path / "one") == sealed_bytes(tmp_path / "two")


def test_the_ledger_tells_where_every_input_came_from(tmp_path):
    lines = universe()
    source = write(tmp_path / "all.jsonl", lines)
    newsdata.build(source, tmp_path / "a")
    archive = Archive.open(tmp_path / "a", article_schema())
    content = source.read_bytes()
    seen = set()
    for row in archive.rows(("path", "line", "offset", "length_bytes", "outcome")).to_pylist():
        if row["path"] is not None:
            piece = content[row["offset"] : row["offset"] + row["length_bytes"]]
            assert piece == lines[row["line"] - 1]
            seen.add(row["line"])
    assert seen == set(range(1, len(lines) + 1))


def test_a_rejected_input_can_be_repaired_from_the_ledger(tmp_path):
    newsdata.build(write(tmp_path / "all.jsonl", universe()), tmp_path / "a")
    archive = Archive.open(tmp_path / "a", article_schema())
    from newsdata.ledger import raw_bytes

    rows = archive.rows(("outcome", "raw", "raw_encoding")).to_pylist()
    raws = {raw_bytes(r["raw"], r["raw_encoding"]) for r in rows if r["outcome"] == "rejected"}
    assert raws == set(universe()[-3:])


def test_an_input_seen_again_is_not_extracted_again(tmp_path, monkeypatch):
    page = DATA / "pages" / "belta-572564-2023.txt"
    newsdata.build(page, tmp_path / "a")

    def no(*_):
        raise AssertionError("extracted again")

    monkeypatch.setattr(pipeline, "extract_page", no)
    again = newsdata.build(page, tmp_path / "a")
    assert (again["unchanged"], again["batch"]) == (1, None)
    monkeypatch.undo()
    refreshed = newsdata.build(page, tmp_path / "a", refresh=True)
    assert (refreshed["unchanged"], refreshed["batch"]) == (1, None), "the reading is the same"


def test_another_mapping_reads_an_input_again(tmp_path):
    source = write(tmp_path / "r.jsonl", [b'{"id": "a", "headline": "T", "body": "Some text."}'])
    first = newsdata.build(source, tmp_path / "a")
    assert first["reasons"] == {"empty-title": 1}
    mapping = newsdata.parse_mapping(["title=headline", "text=body"])
    second = newsdata.build(source, tmp_path / "a", mapping=mapping)
    assert second["articles"] == 1
    assert newsdata.build(source, tmp_path / "a")["unchanged"] == 1


def test_the_same_page_without_and_with_its_url_is_a_copy_of_itself(tmp_path):
    page = DATA / "pages" / "belta-572564-2023.txt"
    bare = tmp_path / "bare.txt"
    bare.write_bytes(page.read_bytes())
    newsdata.build(bare, tmp_path / "a")
    summary = newsdata.build(page, tmp_path / "a")
    assert summary["read"] == 1
    state = Archive.open(tmp_path / "a", article_schema()).state()
    assert state.counts() == {"article": 1, "duplicate": 1, "withheld": 0}


def test_a_record_that_no_column_holds_is_rejected_alone(tmp_path):
    lines = [json.dumps(article(n)).encode() for n in range(3)]
    lines.append(json.dumps(article(9, timestamp="2024-06-30T23:59:60Z")).encode())  # leap second
    summary = newsdata.build(write(tmp_path / "r.jsonl", lines), tmp_path / "a")
    assert summary["articles"] == 3
    assert sum(summary["reasons"].values()) == 1
    assert set(summary["reasons"]) <= {"not-representable", "bad-time"}


def test_limit_stops_early_and_says_so(tmp_path):
    summary = newsdata.build(write(tmp_path / "a.jsonl", universe()), tmp_path / "a", limit=7)
    assert summary["read"] == 7


def test_nothing_of_place_or_time_is_in_a_release(tmp_path):
    newsdata.build(write(tmp_path / "unmistakable-name.jsonl", universe()), tmp_path / "a")
    for name, content in sealed_bytes(tmp_path / "a").items():
        assert b"unmistakable-name" not in content, name
        assert str(tmp_path).encode() not in content, name


def test_a_revision_makes_a_patch_and_new_rows_a_minor_version(tmp_path):
    archive = tmp_path / "a"
    newsdata.build(write(tmp_path / "1.jsonl", [json.dumps(article(1)).encode()]), archive)
    newsdata.release("1.0.0", archive)
    fix = article(1, title="Fixed", modified="2024-05-01T00:00:00Z")
    newsdata.build(write(tmp_path / "2.jsonl", [json.dumps(fix).encode()]), archive)
    assert str(newsdata.release(None, archive).proposal.version) == "1.0.1"
    newsdata.build(write(tmp_path / "3.jsonl", [json.dumps(article(2)).encode()]), archive)
    assert str(newsdata.release(None, archive).proposal.version) == "1.1.0"
    released = newsdata.release("1.0.1", archive)
    assert "smaller step" in released.warning
    with pytest.raises(ReleaseError, match="other content"):
        newsdata.release("1.0.0", archive)


def page(folder: Path, name: str, text: str, **known) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.meta.json").write_text(json.dumps(known), "utf-8")
    path = folder / f"{name}.txt"
    path.write_text(text, "utf-8")
    return path


TODAY = """Вымышленный заголовок о погоде

сегодня, 15:21

Вымышленный текст о погоде, в котором нет ни одного настоящего слова.-0-
"""


def test_a_page_of_today_is_read_by_its_day_whatever_came_first(tmp_path):
    known = {"url": "https://vestnik.example/view/1", "timezone": "Europe/Minsk"}
    one = page(tmp_path / "1", "p", TODAY, retrieved="2020-01-01T20:00:00Z", **known)
    two = page(tmp_path / "2", "p", TODAY, retrieved="2020-02-02T20:00:00Z", **known)
    releases = []
    for order in ([[one], [two]], [[two], [one]], [[one, two]]):
        archive = tmp_path / f"a{len(releases)}"
        for sources in order:
            newsdata.build(sources, archive)
        assert newsdata.Archive(archive).show("sha256:" + show_id(archive))["events"]
        releases.append(sealed_bytes(archive))
    assert releases[0] == releases[1] == releases[2]


def show_id(archive: Path) -> str:
    state = Archive.open(archive, article_schema()).state()
    return state.ids.to_pylist()[0].removeprefix("sha256:")


def test_the_reasons_in_a_release_do_not_depend_on_which_rejection_came_first(tmp_path):
    good = json.dumps(article(1)).encode()
    kept = write(tmp_path / "good.jsonl", [good])
    bad = page(tmp_path / "1", "p", "\n")
    other = page(tmp_path / "2", "p", "\n", nonsense=1)
    manifests = []
    for number, order in enumerate(([bad, other], [other, bad])):
        for source in [kept, *order]:
            newsdata.build(source, tmp_path / f"a{number}")
        manifests.append(sealed_bytes(tmp_path / f"a{number}")["manifest.json"])
    assert manifests[0] == manifests[1]


def test_show_lists_all_copies_in_whatever_order_they_came(tmp_path):
    rows = [article(n, text="One and the same invented text.") for n in range(12)]
    rows.sort(key=lambda r: r["timestamp"], reverse=True)
    for row in rows:  # each new one is kept instead of the last
        newsdata.build(write(tmp_path / "r.jsonl", [json.dumps(row).encode()]), tmp_path / "a")
    shown = newsdata.Archive(tmp_path / "a").show(rows[-1]["id"])
    assert shown["state"]["outcome"] == "article"
    assert len(shown["copies"]) == 11
    first = newsdata.Archive(tmp_path / "a").show(rows[0]["id"])
    assert first["kept"]["id"] == rows[-1]["id"]
    assert (first["state"]["relation"], first["state"]["score"]) == ("exact", 1.0)


# -- kill -9, and two at once -------------------------------------------------------------------


def start_build(archive: Path, *sources: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "newsdata", "build", *map(str, sources), "-a", str(archive)]
    return subprocess.Popen(
        [*command, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def big_source(path: Path) -> Path:
    lines = [json.dumps(article(n, text=f"word{n} " * 40)).encode() for n in range(3000)]
    return write(path, lines)


KILLS = int(os.environ.get("NEWSDATA_TEST_KILLS", "4"))


def test_kill_9_loses_and_doubles_nothing(tmp_path):
    source = big_source(tmp_path / "big.jsonl")
    begun = time.perf_counter()
    whole = start_build(tmp_path / "whole", source)
    assert whole.wait(timeout=120) == 0
    took = time.perf_counter() - begun
    rng = random.Random(7)
    archive = tmp_path / "killed"
    for _ in range(KILLS):
        process = start_build(archive, source)
        time.sleep(rng.uniform(0, took))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=60)
        if (archive / "newsdata.toml").exists():
            assert newsdata.verify(archive) == []
    summary = newsdata.build(source, archive)
    assert summary["read"] == 3000
    assert newsdata.verify(archive) == []
    assert Archive.open(archive, article_schema()).state().counts()["article"] == 3000
    assert sealed_bytes(archive) == sealed_bytes(tmp_path / "whole")


def test_two_builds_at_once_end_as_one_after_the_other(tmp_path):
    lines = universe()
    parts = [write(tmp_path / f"{n}.jsonl", lines[n::3] + lines[:20]) for n in range(3)]
    running = [start_build(tmp_path / "together", part) for part in parts]
    summaries = []
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err.decode()
        summaries.append(json.loads(out))
    assert sorted(s["batch"] for s in summaries if s["batch"]) == list(
        range(1, 1 + sum(s["batch"] is not None for s in summaries))
    )
    for part in parts:
        newsdata.build(part, tmp_path / "in-turn")
    assert sealed_bytes(tmp_path / "together") == sealed_bytes(tmp_path / "in-turn")
    assert newsdata.verify(tmp_path / "together") == []


def test_progress_tells_what_reading_made_of_the_inputs(tmp_path):
    from newsdata import pipeline

    source = tmp_path / "a.jsonl"
    good = [json.dumps({"title": f"T{n}", "text": f"Invented text {n}."}) for n in range(1500)]
    source.write_text("\n".join([*good, "broken"]) + "\n")
    for limit_known in (0, 1500):
        told = []
        pipeline.build(source, tmp_path / "archive", progress=told.append)
        last = told[-1]
        assert (last.inputs, last.rejected) == (1501, 1)
        assert (last.articles, last.known) == (1500 - limit_known, limit_known)
        assert last.bytes_done == source.stat().st_size
        assert len(told) > 2
        assert [p.inputs for p in told] == sorted(p.inputs for p in told)
