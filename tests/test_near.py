"""Near copies in an archive: any batches in any order end in the same clusters."""

from __future__ import annotations

import json
import os
import random
import shutil
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import newsdata
from newsdata.archive import Archive
from newsdata.fingerprints import fingerprint_batch
from newsdata.index import seals
from newsdata.neighbours import Near, Shelf, link
from newsdata.settings import Settings
from newsdata.sources.documents import article_schema

FAMILY = int(os.environ.get("NEWSDATA_TEST_FAMILY", "150"))


def bulletins(count: int, seed: int = 3) -> list[str]:
    """Texts of one 200-word template with pairs at Jaccard .70 to .85: weather reports look so."""
    rng = random.Random(seed)
    template = [f"word{n}" for n in range(200)]
    texts = []
    for _ in range(count):
        words = list(template)
        for place in rng.sample(range(200), rng.randint(3, 8)):
            words[place] = f"other{rng.randrange(4000)}"
        texts.append(" ".join(words))
    return texts


def records(texts: list[str]) -> list[dict]:
    return [
        {
            "id": f"t:{n:05}",
            "title": f"Title {n}",
            "text": text,
            "timestamp": f"2024-01-{1 + n % 28:02}T{n % 24:02}:{n % 60:02}:00Z",
            "source": "demo.example",
            "language": "en",
        }
        for n, text in enumerate(texts)
    ]


def write(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


def state(archive: Path) -> dict[str, tuple[str, str | None]]:
    opened = Archive.open(archive, article_schema()).state()
    ids = opened.ids.to_pylist()
    outcomes = opened.outcome.to_pylist()
    return {
        i: (o, ids[k] if k >= 0 else None)
        for i, o, k in zip(ids, outcomes, opened.kept.tolist(), strict=True)
    }


def wanted_components(texts: list[str]) -> set[frozenset[int]]:
    """Brute force over all pairs by the rule itself, without bands, buckets or batches."""
    shelf = Shelf()
    shelf.add(fingerprint_batch(texts))
    labels = link(shelf, Near()).labels
    groups: dict[int, set[int]] = {}
    for row, label in enumerate(labels.tolist()):
        groups.setdefault(label, set()).add(row)
    return {frozenset(g) for g in groups.values()}


def clusters(found: dict[str, tuple[str, str | None]]) -> set[frozenset[int]]:
    groups: dict[str, set[int]] = {}
    for id_, (_, kept) in found.items():
        groups.setdefault(str(kept), set()).add(int(id_.split(":")[1]))
    return {frozenset(g) for g in groups.values()}


@pytest.mark.parametrize("seed", range(3))
def test_families_of_bulletins_in_any_order_and_batching(tmp_path, seed):
    texts = bulletins(FAMILY)
    rng = random.Random(seed)
    rows = records(texts)
    newsdata.build(write(tmp_path / "all.jsonl", rows), tmp_path / "whole")
    whole = state(tmp_path / "whole")
    assert clusters(whole) == wanted_components(texts)
    assert 1 < len(clusters(whole)) < FAMILY, "the sample has neither one cluster nor none"
    rng.shuffle(rows)
    batches = 0
    while rows:
        size = rng.randint(1, FAMILY // 3)
        newsdata.build(write(tmp_path / f"{batches}.jsonl", rows[:size]), tmp_path / "cut")
        rows = rows[size:]
        batches += 1
        if batches == 3:
            shutil.rmtree(tmp_path / "cut" / "index")  # a cache
    assert state(tmp_path / "cut") == whole
    assert newsdata.verify(tmp_path / "cut") == []


def edited(text: str, share: float, seed: int) -> str:
    rng = random.Random(seed)
    words = text.split()
    for place in rng.sample(range(len(words)), int(len(words) * share)):
        words[place] = f"changed{rng.randrange(10**6)}"
    return " ".join(words)


STORY = " ".join(f"The invented sentence number {n} has its own end {n * 7}." for n in range(40))


def build_texts(tmp_path: Path, texts: list[str], **settings) -> tuple[dict, Path]:
    archive = tmp_path / f"archive{len(list(tmp_path.iterdir()))}"
    newsdata.Archive.create(archive, **settings)
    summary = newsdata.build(write(tmp_path / "t.jsonl", records(texts)), archive)
    return summary, archive


def test_a_lightly_edited_copy_is_near_and_names_the_kept_one_and_the_score(tmp_path):
    summary, archive = build_texts(tmp_path, [STORY, edited(STORY, 0.02, 1)])
    assert summary["relations"]["near"] == 1
    events = newsdata.Archive(archive).show("t:00001")["events"]
    assert events[-1]["of"] == "t:00000"
    assert events[-1]["relation"] == "near"
    assert 0.75 <= events[-1]["score"] < 1


def test_a_rewritten_copy_needs_the_preset(tmp_path):
    texts = [STORY, edited(STORY, 0.12, 1)]
    assert build_texts(tmp_path, texts)[0]["duplicates"] == 0
    assert build_texts(tmp_path, texts, ngram=3, threshold=0.4)[0]["relations"]["near"] == 1
    assert (
        build_texts(tmp_path, [STORY, edited(STORY, 0.02, 1)], threshold=1)[0]["duplicates"] == 0
    )


def test_a_chain_is_one_cluster_whose_far_end_is_chained(tmp_path):
    chain = [STORY]
    for n in range(6):
        chain.append(edited(chain[-1], 0.02, n))
    summary, archive = build_texts(tmp_path, chain)
    assert summary["articles"] == 1
    assert summary["relations"]["chained"] > 0
    assert {kept for _, kept in state(archive).values()} == {"t:00000"}
    assert newsdata.verify(archive) == []


FORMS: list[Callable[[str], str]] = [
    lambda t: unicodedata.normalize("NFD", t),
    str.upper,
    lambda t: "  ".join(t.split()) + "\n",
    lambda t: t.replace("ё", "е").replace(".", "!"),
    lambda t: t.replace("й", "й\u00ad"),
]


@pytest.mark.parametrize("form", FORMS)
def test_a_text_is_a_copy_of_itself_in_another_form(tmp_path, form):
    text = "Ёлка, ёжик и йод: вымышленный текст о старой школе. Café naïve – Ωμέγας!"
    summary, _ = build_texts(tmp_path, [text, form(text)])
    assert summary["relations"]["exact"] == 1


def test_removing_the_link_between_two_texts_parts_them(tmp_path):
    chain = [STORY, edited(STORY, 0.02, 1)]
    chain.append(edited(chain[1], 0.02, 2))
    archive = tmp_path / "a"
    rows = records(chain)
    newsdata.build(write(tmp_path / "1.jsonl", rows), archive)
    before = state(archive)
    assert [o for o, _ in before.values()].count("article") == 1
    gone = {**rows[1], "status": "canceled", "modified": "2024-06-01T00:00:00Z"}
    newsdata.build(write(tmp_path / "2.jsonl", [gone]), archive)
    ends = Shelf()
    ends.add(fingerprint_batch([chain[0], chain[2]]))
    linked = len(set(link(ends).labels.tolist())) == 1
    outcomes = {i: o for i, (o, _) in state(archive).items()}
    assert outcomes["t:00001"] == "withheld"
    assert outcomes["t:00002"] == ("duplicate" if linked else "article")
    assert newsdata.verify(archive) == []


def test_an_embargoed_text_links_nothing_before_its_time(tmp_path):
    rows = records([STORY, edited(STORY, 0.03, 1)])
    rows[0]["embargoed_until"] = "2099-01-01T00:00:00Z"
    archive = tmp_path / "a"
    newsdata.build(write(tmp_path / "1.jsonl", rows), archive)
    assert {i: o for i, (o, _) in state(archive).items()} == {
        "t:00000": "withheld",
        "t:00001": "article",
    }
    other = write(tmp_path / "2.jsonl", [{**records(["x y z"])[0], "id": "t:9"}])
    later = newsdata.build(other, archive, now=datetime(2100, 1, 1, tzinfo=UTC))
    assert later["changed"]["released"] == 1
    assert newsdata.verify(archive) == []


def test_seeds_give_other_numbers_and_the_same_clusters(tmp_path):
    texts = bulletins(60)
    first = state(build_texts(tmp_path, texts)[1])
    other = state(build_texts(tmp_path, texts, seed=7)[1])
    assert clusters(first) == clusters(other)


# -- the index is a cache, never trusted over the ledger ------------------------------------------


@pytest.fixture
def archive(tmp_path) -> Path:
    for n, text in enumerate([STORY, "Another invented text of no length.", "A third one."]):
        rows = [{**records([text])[0], "id": f"s:{n}"}]
        newsdata.build(write(tmp_path / "s.jsonl", rows), tmp_path / "a")
    return tmp_path / "a"


def near_copy_is_found(tmp_path: Path, archive: Path) -> bool:
    later = {"id": "z:1", "timestamp": "2024-07-01T00:00:00Z"}
    rows = [{**records([edited(STORY, 0.02, 9)])[0], **later}]
    summary = newsdata.build(write(tmp_path / "n.jsonl", rows), archive)
    assert newsdata.verify(archive) == []
    return summary["relations"]["near"] == 1


@pytest.mark.parametrize("kind", ["rows-*.arrow", "bands-*.bands", "texts/*.texts"])
@pytest.mark.parametrize("damage", ["flip", "cut", "zero", "gone", "unsealed"])
def test_a_damaged_file_of_the_index_is_rebuilt(tmp_path, archive, kind, damage):
    for path in sorted((archive / "index").glob(kind)):
        content = bytearray(path.read_bytes())
        if damage == "flip":
            content[len(content) // 2] ^= 255
        if damage == "zero":
            content[len(content) // 3 : len(content) // 2] = bytes(
                len(content) // 2 - len(content) // 3
            )
        if damage == "cut":
            del content[-20:]
        path.write_bytes(content)
        if damage == "gone":
            path.unlink()
        if damage == "unsealed":
            path.with_name(path.name + seals.SEAL).unlink()
    assert near_copy_is_found(tmp_path, archive)


def test_an_index_that_was_copied_is_still_good(tmp_path, archive):
    copy = tmp_path / "copy"
    shutil.copytree(archive, copy, copy_function=shutil.copyfile)
    opened = Archive.open(copy, article_schema())
    assert opened.index.last_batch == 3, "its checksums hold, though times and inodes differ"
    assert near_copy_is_found(tmp_path, copy)


def test_an_index_of_a_replaced_ledger_is_not_trusted(tmp_path, archive):
    other = tmp_path / "other"
    shutil.copytree(archive, other)
    for name, place in (("mine", archive), ("theirs", other)):
        rows = [{**records([f"The text of {name} alone."])[0], "id": f"{name}:1"}]
        newsdata.build(write(tmp_path / f"{name}.jsonl", rows), place)
    shutil.rmtree(archive / "ledger")
    shutil.copytree(other / "ledger", archive / "ledger")
    again = newsdata.build(tmp_path / "mine.jsonl", archive)
    assert again["articles"] == 1, "what the ledger does not have is not known"
    assert newsdata.verify(archive) == []


def test_an_index_of_another_hash_version_is_rebuilt(tmp_path, archive):
    for path in (archive / "index").rglob("*.texts"):
        content = path.read_bytes().replace(b"newsdata texts 1", b"newsdata texts 0")
        path.write_bytes(content)
        stat = path.stat()
        crc = seals.checksum(path)
        seal = path.with_name(path.name + seals.SEAL)
        seal.write_text(f"{crc} {stat.st_size} {stat.st_mtime_ns} {stat.st_ino}")
    assert near_copy_is_found(tmp_path, archive)


def test_an_archive_that_may_only_be_read_tells_all_the_same(tmp_path, archive, monkeypatch):
    shutil.rmtree(archive / "index")

    def read_only(*_, **__):
        raise OSError(30, "Read-only file system")

    original = Path.mkdir
    monkeypatch.setattr(
        Path,
        "mkdir",
        lambda s, *a, **k: read_only() if archive in s.parents else original(s, *a, **k),
    )
    assert newsdata.Archive(archive).show("s:0")["state"]["outcome"] == "article"
    assert newsdata.verify(archive) == []


def test_threshold_one_keeps_no_texts(tmp_path):
    _, archive = build_texts(tmp_path, [STORY, STORY], threshold=1)
    assert not list((archive / "index").rglob("*.texts"))
    assert Settings().threshold == 0.75
    assert np.isfinite(Near().threshold)
