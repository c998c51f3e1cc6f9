"""``build --keep-pages``: each page once, as it was, and only what a committed batch names."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

import newsdata
from newsdata import pipeline
from newsdata.archive import Archive
from newsdata.archive import pages as kept_room
from newsdata.archive.page_records import content_key
from newsdata.archive.pages import KeptFile, KeptPages, keeping
from newsdata.errors import ArchiveError
from newsdata.opening import open_archive
from newsdata.records import Page, Place, Signal
from newsdata.sources.files import find_inputs
from newsdata.sources.reading import read_inputs

DATA = Path(__file__).resolve().parent.parent / "data"
SOURCES = [DATA / "pages", DATA / "web"]


def bare(page: Page) -> tuple:
    """All of a page but where it stands and when it was captured."""
    return (
        page.content, page.kind, page.url, page.source, page.timezone, page.media_type,
        page.signals, page.extra,
    )  # fmt: skip


def read_pages(sources) -> set[tuple]:
    found = read_inputs(find_inputs([str(s) for s in sources]))
    return {bare(item) for item in found if isinstance(item, Page)}


def kept(archive: Path) -> KeptPages:
    return open_archive(archive).kept_pages()


def page_files(archive: Path) -> list[str]:
    return sorted(p.name for p in (archive / "pages").iterdir())


def lines_of(path: Path, numbers) -> Path:
    texts = (f"Invented text {n} about the village {n * 7}. " * 8 for n in numbers)
    records = [{"title": f"Title {n}", "text": t} for n, t in zip(numbers, texts, strict=True)]
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


# -- what is kept -------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
def test_every_page_is_kept_once_and_reads_as_it_was(tmp_path, workers, monkeypatch):
    if workers > 1:
        monkeypatch.setattr(pipeline, "ONE_PROCESS", 0)
        monkeypatch.setattr("newsdata.sources.reading.GROUP_FILES", 5)
    archive = tmp_path / "a"
    summary = newsdata.build(SOURCES, archive, keep_pages=True, workers=workers)
    back = [bare(page) for page in kept(archive).pages()]
    assert set(back) == read_pages(SOURCES)
    assert len(back) == len(set(back)) == summary["pages_kept"] > 10
    assert newsdata.verify(archive) == []
    assert len(page_files(archive)) == 2, "the parts of the workers are gone"


def test_the_same_pages_again_store_nothing(tmp_path):
    newsdata.build(SOURCES, tmp_path / "a", keep_pages=True)
    before = page_files(tmp_path / "a")
    for refresh in (False, True):
        again = newsdata.build(SOURCES, tmp_path / "a", keep_pages=True, refresh=refresh)
        assert (again["batch"], again["pages_kept"]) == (None, 0)
        assert page_files(tmp_path / "a") == before


def test_pages_known_before_are_kept_when_that_is_asked_for(tmp_path):
    archive = tmp_path / "a"
    first = newsdata.build(SOURCES, archive)
    assert "pages_kept" not in first
    assert not (archive / "pages").exists()
    dry = newsdata.build(SOURCES, archive, keep_pages=True, dry_run=True)
    assert dry["batch"] is None
    assert not (archive / "pages").exists()
    late = newsdata.build(SOURCES, archive, keep_pages=True)
    assert (late["batch"], late["articles"], late["unchanged"]) == (2, 0, late["read"])
    assert {bare(page) for page in kept(archive).pages()} == read_pages(SOURCES)
    assert newsdata.verify(archive) == []


def test_keeping_pages_changes_no_release(tmp_path):
    for name, keep in (("with", True), ("without", False)):
        newsdata.build(SOURCES, tmp_path / name, keep_pages=keep)
        newsdata.release("1.0.0", tmp_path / name)
    files = [
        {str(p.relative_to(f)): p.read_bytes() for p in f.rglob("*") if p.is_file()}
        for f in (tmp_path / n / "releases" / "1.0.0" for n in ("with", "without"))
    ]
    assert files[0] == files[1]


def test_the_same_bytes_at_another_address_are_a_revisit_across_batches(tmp_path):
    html = tmp_path / "page.html"
    html.write_text(f"<!doctype html><html><body><p>{'Invented. ' * 500}</p></body></html>")
    archive = tmp_path / "a"
    newsdata.build(html, archive, url="https://one.example/a", keep_pages=True)
    newsdata.build(html, archive, url="https://two.example/a", keep_pages=True)
    newsdata.build(DATA / "pages", archive, keep_pages=True)
    second = kept(archive).files[1]
    types = [head["warc-type"] for _, _, head, _ in kept(archive).records(second)]
    assert types == ["revisit"]
    found = [p for p in kept(archive).pages() if p.content == html.read_bytes()]
    assert [p.url for p in found] == ["https://one.example/a", "https://two.example/a"]
    assert newsdata.verify(archive) == []


def test_other_tools_read_what_is_kept(tmp_path):
    newsdata.build(SOURCES, tmp_path / "a", keep_pages=True)
    (file,) = (tmp_path / "a" / "pages").glob("*.warc.gz")
    with file.open("rb") as opened:
        blocks = {
            r.content_stream().read() for r in ArchiveIterator(opened, check_digests="raise")
        }
    assert blocks - {b""} == {content for content, *_ in read_pages(SOURCES)}
    html = {p.content for p in kept(tmp_path / "a").pages() if p.kind == "html" and p.url}
    ours = {
        item.content for item in read_inputs(find_inputs([str(file)])) if isinstance(item, Page)
    }
    assert html <= ours


text = st.text(st.characters(), max_size=30)
page_values = st.builds(
    Page,
    st.binary(max_size=200),
    st.sampled_from(["dump", "html", "record", "entry"]),
    st.just(Place("a")),
    url=st.none() | text | text.map(lambda t: "https://a.example/" + t * 300),
    retrieved=st.none() | st.sampled_from(["2024-05-01T10:00:00+03:00", "0001-01-01", "never"]),
    source=st.none() | text,
    timezone=st.none() | text,
    media_type=st.none() | text,
    signals=st.lists(st.builds(Signal, text, st.just("reserved"), text), max_size=2).map(tuple),
    extra=st.lists(st.tuples(text, text), max_size=2).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(page_values, max_size=8))
def test_any_page_comes_back_as_it_went_in(found):
    keys = [pipeline.page_key(page, "") for page in found]
    with tempfile.TemporaryDirectory() as folder, keeping(Path(folder) / "pages") as keep:
        for share in (found[::2], found[1::2]):
            part = kept_room.Part(keep.space, KeptPages(keep.folder, ()))
            part.keep(share, [pipeline.page_key(page, "") for page in share])
            part.close()
        note = keep.place(KeptPages(keep.folder, ()))
        assert (note is None) == (not found)
        whole = KeptPages(keep.folder, [KeptFile(**note)] if note else [])
        back = list(whole.pages())
        assert {pipeline.page_key(page, "") for page in back} == set(keys)
        assert len(back) == len(set(keys))
        # The time of capture does not make another page, so any of them may stand for it.
        assert {bare(page) for page in back} == {bare(page) for page in found}
        assert list(whole.faults()) == []
        assert all(whole.find([*keys, *(content_key(p.content) for p in found)]))
        assert keep.place(whole) is None


# -- what is not to be believed -----------------------------------------------------------------


def test_what_no_batch_names_is_not_believed_and_goes_after_a_week(tmp_path):
    archive = tmp_path / "a"
    source = lines_of(tmp_path / "a.jsonl", range(20))
    newsdata.build(source, tmp_path / "other", keep_pages=True)
    newsdata.Archive.create(archive)
    (archive / "pages" / ".writing-left").mkdir(parents=True)
    for file in (tmp_path / "other" / "pages").iterdir():
        (archive / "pages" / file.name).write_bytes(file.read_bytes())
    (archive / "pages" / "half.warc.gz").write_bytes(b"\x1f\x8b half a record")
    strangers = set(page_files(archive))
    assert newsdata.build(source, archive, keep_pages=True)["pages_kept"] == 20
    assert newsdata.verify(archive) == []
    assert strangers < set(page_files(archive)), "another build may still name them"
    old = time.time() - kept_room.WEEK - 10
    for path in (archive / "pages").iterdir():
        os.utime(path, (old, old))
    newsdata.build(source, archive, keep_pages=True)
    assert not strangers & set(page_files(archive))
    assert len(list(kept(archive).pages())) == 20


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x55
    path.write_bytes(content)


def test_verify_finds_every_damage(tmp_path):
    archive = tmp_path / "a"
    newsdata.build(lines_of(tmp_path / "a.jsonl", range(20)), archive, keep_pages=True)
    (warc,) = (archive / "pages").glob("*.warc.gz")
    (keys,) = (archive / "pages").glob("*.keys")
    for file in (warc, keys):
        content = file.read_bytes()
        damaged(file)
        (finding,) = newsdata.verify(archive)
        assert (finding.file, finding.code) == (f"pages/{file.name}", "sha256")
        file.write_bytes(content[:-100])
        assert [f.code for f in newsdata.verify(archive)] == ["sha256"]
        file.write_bytes(content)
    assert newsdata.verify(archive) == []
    warc.unlink()
    assert [f.code for f in newsdata.verify(archive)] == ["missing"]


def test_verify_reads_the_pages_and_not_only_the_digest_of_the_file(tmp_path):
    archive = tmp_path / "a"
    newsdata.build(lines_of(tmp_path / "a.jsonl", range(3)), archive, keep_pages=True)
    (file,) = kept(archive).files
    (warc,) = (archive / "pages").glob("*.warc.gz")
    content = gzip.decompress(warc.read_bytes()).replace(b"village 7", b"village 8")
    first = content.index(b"WARC/1.1", 1)
    second = content.index(b"WARC/1.1", first + 1)
    parts = (content[:first], content[first:second], content[second:])
    warc.write_bytes(b"".join(gzip.compress(part) for part in parts))
    named = replace(file, sha256=hashlib.sha256(warc.read_bytes()).hexdigest())
    found = [code for _, code, _, _ in KeptPages(archive / "pages", [named]).faults()]
    assert found == ["sha256", "keys"]


def test_lost_keys_are_made_again_and_cut_pages_are_told(tmp_path):
    archive = tmp_path / "a"
    source = lines_of(tmp_path / "a.jsonl", range(20))
    newsdata.build(source, archive, keep_pages=True)
    (keys,) = (archive / "pages").glob("*.keys")
    keys.write_bytes(keys.read_bytes()[:64])
    assert newsdata.build(source, archive, keep_pages=True)["pages_kept"] == 0
    keys.unlink()
    assert newsdata.build(source, archive, keep_pages=True)["pages_kept"] == 0
    (warc,) = (archive / "pages").glob("*.warc.gz")
    warc.write_bytes(warc.read_bytes()[:-50])
    with pytest.raises(ArchiveError, match="is cut"):
        list(kept(archive).pages())


# -- kill -9, and two at once -------------------------------------------------------------------


def start(archive: Path, source: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "newsdata", "build", str(source), "-a", str(archive)]
    return subprocess.Popen(
        [*command, "--keep-pages", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


KILLS = int(os.environ.get("NEWSDATA_TEST_KILLS", "3"))


def test_kill_9_keeps_every_page_once(tmp_path):
    source = lines_of(tmp_path / "a.jsonl", range(800))
    begun = time.perf_counter()
    assert start(tmp_path / "whole", source).wait(timeout=120) == 0
    took = time.perf_counter() - begun
    rng = random.Random(11)
    archive = tmp_path / "killed"
    for _ in range(KILLS):
        process = start(archive, source)
        time.sleep(rng.uniform(took / 3, took))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=60)
        if (archive / "newsdata.toml").exists():
            assert newsdata.verify(archive) == []
            assert len(list(kept(archive).pages())) in (0, 800)
    newsdata.build(source, archive, keep_pages=True)
    assert newsdata.verify(archive) == []
    assert len({page.content for page in kept(archive).pages()}) == 800
    assert len(list(kept(archive).pages())) == 800


def test_a_build_killed_between_the_file_and_the_commit_left_nothing_to_believe(
    tmp_path, monkeypatch
):
    archive = tmp_path / "a"
    source = lines_of(tmp_path / "a.jsonl", range(20))
    newsdata.build(lines_of(tmp_path / "b.jsonl", range(100, 105)), archive, keep_pages=True)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("newsdata.archive.Archive._commit", killed)
        with pytest.raises(KeyboardInterrupt):
            newsdata.build(source, archive, keep_pages=True)
    assert len(page_files(archive)) == 4, "the file stands there, but no batch names it"
    assert newsdata.verify(archive) == []
    assert len(list(kept(archive).pages())) == 5
    assert newsdata.build(source, archive, keep_pages=True)["pages_kept"] == 20
    assert len(list(kept(archive).pages())) == 25


def test_two_builds_at_once_keep_each_page_once(tmp_path):
    archive = tmp_path / "a"
    parts = [
        lines_of(tmp_path / f"{n}.jsonl", [*range(50), *range(100 * n, 100 * n + 50)])
        for n in (1, 2, 3)
    ]
    running = [start(archive, part) for part in parts]
    told = []
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err.decode()
        told.append(json.loads(out)["pages_kept"])
    assert sum(told) == 200
    pages = list(kept(archive).pages())
    assert len(pages) == len({page.content for page in pages}) == 200
    assert newsdata.verify(archive) == []


def test_a_refused_batch_keeps_only_what_the_faster_one_did_not(tmp_path, monkeypatch):
    archive = tmp_path / "a"
    mine = lines_of(tmp_path / "mine.jsonl", range(20))
    theirs = lines_of(tmp_path / "theirs.jsonl", range(10, 40))
    newsdata.build(lines_of(tmp_path / "b.jsonl", [100]), archive)
    commit, faster, tries = Archive._commit, [theirs], []

    def slow(self, *arguments):
        if faster:
            newsdata.build(faster.pop(), archive, keep_pages=True)
        tries.append(commit(self, *arguments))
        return tries[-1]

    monkeypatch.setattr("newsdata.archive.Archive._commit", slow)
    assert newsdata.build(mine, archive, keep_pages=True)["pages_kept"] == 10
    assert tries == [True, False, True], "the first try must have been refused"
    assert len(list(kept(archive).pages())) == 40
    assert len(page_files(archive)) == 4, "what the refused try had written is gone"
    assert newsdata.verify(archive) == []
