"""Releases of an archive: sealed in portions, reused, rebuilt, compared; what stands beside."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import newsdata
from newsdata import publishing
from newsdata.archive import gather
from newsdata.cli import run
from newsdata.errors import ReleaseError, UsageError
from newsdata.exporters import comparing, hashing, twins
from newsdata.exporters.audit import verify
from newsdata.exporters.comparing import compare_releases
from newsdata.exporters.sealed import read_manifest, read_rows

START = datetime(2023, 1, 1, tzinfo=UTC)
SIDES = ("clusters", "duplicates", "revisions")


# Invented records, of words that no two share by chance.
def record(number: int, **more: Any) -> dict[str, Any]:
    chance = random.Random(number)
    moment = START + timedelta(days=chance.randrange(300), seconds=number)
    return {
        "id": f"demo:{number}",
        "title": f"Title {number}",
        "text": " ".join(f"w{chance.randrange(10**9)}" for _ in range(60)),
        "timestamp": moment.isoformat(),
        "source": f"{'ab'[number % 2]}.example",
        "url": f"https://a.example/{number}",
        "language": "en",
        **more,
    }


BASE = [record(n) for n in range(120)]
COPY = record(500, text=BASE[3]["text"].upper(), timestamp="2023-12-01T00:00:00Z")
AGAIN = record(501, text=BASE[3]["text"] + " more", timestamp="2023-12-02T00:00:00Z")
FIXED = {**BASE[5], "text": BASE[5]["text"] + " fixed", "modified": "2023-12-05T00:00:00Z"}
LATER = {**BASE[6], "text": "later", "modified": "2023-12-05T00:00:00Z"} | {
    "embargoed_until": "2100-01-01T00:00:00Z"
}
NAMED = record(601, timestamp="2023-12-29T00:00:00Z", author=["Ada Fable"])
GONE = {**BASE[7], "text": "gone", "status": "withheld", "modified": "2023-12-06T00:00:00Z"}
BETTER = record(9, id="demo:0-first", text=BASE[8]["text"], timestamp="2022-12-31T00:00:00Z")
SECOND = [FIXED, LATER, GONE, BETTER, record(600, timestamp="2023-12-30T00:00:00Z")]


def build(archive: Path, *parts: Iterable[dict[str, Any]]) -> Path:
    for number, part in enumerate(parts):
        file = archive.parent / f"{archive.name}-{number}-{len(list(archive.parent.iterdir()))}"
        file = file.with_suffix(".jsonl")
        file.write_text("".join(json.dumps(one) + "\n" for one in part), "utf-8")
        newsdata.build(file, archive)
    return archive


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def sealed(archive: Path, version: str, **options: Any) -> Path:
    released = newsdata.release(version, archive, **options)
    assert released.sealed is not None
    return released.sealed.path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return build(tmp_path / "archive", [*BASE, COPY, AGAIN])


@pytest.mark.parametrize(("again", "part"), [(0.0, 1), (0.0, 20_000), (10**9, 1), (10**9, 10**9)])
def test_however_rows_are_gathered_the_bytes_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: float, part: int
) -> None:
    mixed = random.Random(1).sample(BASE, len(BASE))
    second = [*SECOND, NAMED]  # a column is empty in some row groups and filled in others
    one = sealed(build(tmp_path / "one", [*BASE, COPY, AGAIN], second), "1.0.0")
    many = build(tmp_path / "many", mixed[:50], [COPY], mixed[50:], second, [AGAIN])
    monkeypatch.setattr(gather, "AGAIN", again)
    monkeypatch.setattr(gather, "PART_BYTES", part)
    monkeypatch.setattr("newsdata.exporters.parquet.ROW_GROUP_BYTES", 10**9)
    assert contents(sealed(many, "1.0.0")) == contents(one)
    assert verify(one) == []
    assert [p.name for p in many.iterdir() if p.name.startswith(".spill")] == []


def test_a_second_release_reuses_what_did_not_change(archive: Path, tmp_path: Path) -> None:
    first = sealed(archive, "1.0.0")
    build(archive, [record(600, timestamp="2023-12-30T00:00:00Z")])
    (before := tmp_path / "forgetful").mkdir()
    shutil.copytree(archive, before / "archive")
    second = sealed(archive, "1.1.0")
    data = [n for n in contents(second) if n.startswith("data/")]
    fresh = [n for n in data if not (first / n).exists()]
    assert fresh == ["data/train-2023-12-00000.parquet"]
    assert all((second / n).samefile(first / n) for n in data if n not in fresh)
    shutil.rmtree(before / "archive" / "index")  # nothing is remembered
    assert contents(sealed(before / "archive", "1.1.0")) == contents(second)
    assert verify(second) == []


def test_days_of_one_leaf_are_read_for_their_hash_only(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    newsdata.Archive.create(archive, shard_period="day")
    build(archive, BASE)
    first = sealed(archive, "1.0.0")
    build(archive, [record(700, timestamp=BASE[0]["timestamp"])])
    second = sealed(archive, "1.1.0")
    linked = [n for n in contents(first) if n.startswith("data/")]
    assert sum((second / n).samefile(first / n) for n in linked) == len(linked) - 1
    assert verify(second) == []
    whole = hashing.LeafHash(pq.read_schema(second / linked[0]), [])
    assert whole.hexdigest() != read_manifest(second)["configs"]["articles"]["content_hash"]


def test_a_damaged_or_other_release_lends_nothing(archive: Path) -> None:
    first = sealed(archive, "1.0.0")
    shard = first / "data/train-2023-03-00000.parquet"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    build(archive, SECOND)
    assert verify(sealed(archive, "1.1.0")) == []
    # What was remembered of a release that stood here before must not be believed.
    for version in ("1.0.0", "1.1.0"):
        shutil.rmtree(archive / "releases" / version)
        (archive / "releases" / f"{version}.json").unlink()
    other = sealed(archive, "1.0.0", require=["id", "title"])
    memory = archive / "index" / "release-1.0.0.json"
    told = json.loads(memory.read_text("utf-8"))
    assert told["manifest_hash"] == read_manifest(other)["manifest_hash"]
    memory.write_text(json.dumps({**told, "manifest_hash": "0" * 64, "batch": 1}), "utf-8")
    assert newsdata.release(None, archive, require=["id", "title"]).proposal.step is None


def test_the_step_is_proposed_by_what_changed(archive: Path) -> None:
    sealed(archive, "1.0.0")
    assert str(newsdata.release(None, archive).proposal.version) == "1.0.0"
    build(archive, [FIXED, GONE])
    proposal = newsdata.release(None, archive).proposal
    assert (str(proposal.version), proposal.step) == ("1.0.1", "patch")
    assert (proposal.changes.removed, proposal.changes.changed) == (1, 1)
    build(archive, [record(600)])
    proposal = newsdata.release(None, archive).proposal
    assert (str(proposal.version), proposal.changes.added) == ("1.1.0", 1)
    sealed(archive, "1.0.1")
    shutil.rmtree(archive / "index")  # without what is remembered the rows are compared
    assert newsdata.release(None, archive).proposal.reason == "nothing changed since 1.0.1"


# -- beside the articles ------------------------------------------------------------------------


def test_copies_and_clusters_are_told(archive: Path) -> None:
    release = sealed(archive, "1.0.0")
    copies = read_rows(release, "duplicates").to_pylist()
    assert [(c["id"], c["kept"], c["relation"], c["cluster"]) for c in copies] == [
        ("demo:500", "demo:3", "exact", "demo:3"),
        ("demo:501", "demo:3", "near", "demo:3"),
    ]
    assert copies[0]["url"] == COPY["url"]
    assert copies[0]["score"] == 1.0 > copies[1]["score"] > 0.75
    assert copies[0]["timestamp"] == datetime(2023, 12, 1, tzinfo=UTC)
    assert read_rows(release, "clusters").to_pylist() == [
        {"id": "demo:3", "cluster": "demo:3", "copies": 2, "sources": ["a.example", "b.example"]}
    ]
    assert not set(read_rows(release)["id"].to_pylist()) & {"demo:500", "demo:501"}


def test_relations_are_those_to_the_text_kept_today(archive: Path) -> None:
    build(archive, [{**BASE[3], "text": AGAIN["text"], "modified": "2023-12-05T00:00:00Z"}])
    copies = read_rows(sealed(archive, "1.0.0"), "duplicates").to_pylist()
    assert [(c["id"], c["relation"]) for c in copies] == [
        ("demo:500", "near"),
        ("demo:501", "exact"),
    ]


def test_revisions_are_earlier_public_versions_only(archive: Path) -> None:
    build(archive, SECOND)
    release = sealed(archive, "1.0.0")
    revisions = read_rows(release, "revisions")
    assert revisions.schema.equals(read_rows(release).schema)
    # Not demo:6, whose other version is under embargo, nor demo:7, which is withheld.
    assert [(r["id"], r["text"]) for r in revisions.to_pylist()] == [("demo:5", BASE[5]["text"])]
    texts = " ".join(read_rows(release)["text"].to_pylist() + revisions["text"].to_pylist())
    assert "later" not in texts
    assert "gone" not in texts
    assert BASE[7]["text"] not in texts


@pytest.mark.parametrize("config", ["articles", *SIDES])
def test_every_config_loads_everywhere(archive: Path, config: str, tmp_path: Path) -> None:
    import datasets
    import duckdb
    import pandas as pd
    import polars as pl

    build(archive, SECOND)
    release = sealed(archive, "1.0.0")
    datasets.disable_progress_bars()
    options: dict[str, Any] = {"cache_dir": str(tmp_path / "hf"), "split": "train"}
    rows = read_rows(release, config)
    plain = datasets.load_dataset(str(release), config, **options)
    assert plain.to_list() == rows.to_pylist()
    stream = datasets.load_dataset(str(release), config, streaming=True, **options)
    assert list(stream) == rows.to_pylist()
    state = stream.state_dict()
    taken = [row for _, row in zip(range(1), stream, strict=False)]
    state = stream.state_dict()
    stream.load_state_dict(state)
    assert [*taken, *stream] == rows.to_pylist()
    some = datasets.load_dataset(str(release), config, columns=["id"], **options)
    assert some["id"][:] == rows["id"].to_pylist()
    wanted = rows["id"][0].as_py()
    found = datasets.load_dataset(str(release), config, filters=[("id", "==", wanted)], **options)
    assert found["id"][:] == [wanted]
    split = read_manifest(release)["configs"][config]["splits"]["train"]
    files = [release / name for name in split["files"]]
    assert sum(len(pd.read_parquet(f)) for f in files) == rows.num_rows
    assert pl.concat([pl.read_parquet(f) for f in files]).height == rows.num_rows
    names = [str(f) for f in files]
    counted = duckdb.sql(f"select count(*) from read_parquet({names})").fetchall()
    assert counted == [(rows.num_rows,)]


def test_a_release_whose_copies_differ_is_other_content(archive: Path) -> None:
    first = sealed(archive, "1.0.0")
    build(archive, [record(502, text=BASE[4]["text"], timestamp="2023-12-01T00:00:00Z")])
    with pytest.raises(ReleaseError, match=r"1\.0\.0 is taken"):
        newsdata.release("1.0.0", archive)
    assert verify(first) == []


def test_a_flipped_byte_beside_the_articles_is_found(archive: Path) -> None:
    build(archive, SECOND)
    release = sealed(archive, "1.0.0")
    for name in (f"{side}/train-00000.parquet" for side in SIDES):
        path = release / name
        content = path.read_bytes()
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 4]) + content[-8:])
        assert {finding.file for finding in verify(release)} == {name}
        path.write_bytes(content)
    assert verify(release) == []


# -- again --------------------------------------------------------------------------------------


def test_an_old_release_is_rebuilt_to_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    first = sealed(archive, "1.0.0", require=["id", "title", "text"], date="2024-01-01")
    build(archive, SECOND)
    newsdata.Archive(archive)
    sealed(archive, "1.1.0")
    wanted = contents(first)
    shutil.rmtree(first)
    again = publishing.rebuild("1.0.0", archive, tmp_path / "again")
    assert contents(again.path) == wanted
    assert run(["release", "1.0.0", "-a", str(archive), "--rebuild", str(tmp_path / "again")]) == 3
    assert run(["release", "3.0.0", "-a", str(archive), "--rebuild", str(tmp_path / "x")]) == 3
    assert run(["release", "-a", str(archive), "--rebuild", str(tmp_path / "x")]) == 2


def test_the_card_of_an_old_release_is_rebuilt_as_it_was(archive: Path, tmp_path: Path) -> None:
    settings = archive / "newsdata.toml"
    before = settings.read_text()
    settings.write_text(before + '[card]\nlicense = "cc0-1.0"\nlimits = "Few."\n')
    wanted = contents(sealed(archive, "1.0.0"))
    settings.write_text(
        before.replace('shard_period = "month"', 'shard_period = "day"').replace(
            'name = "News dataset"', 'name = "Renamed"'
        )
        + '[card]\nlicense = "cc-by-4.0"\n'
    )
    assert "Renamed" in settings.read_text()
    build(archive, SECOND)
    again = publishing.rebuild("1.0.0", archive, tmp_path / "again")
    assert contents(again.path) == wanted
    assert sealed(archive, "2.0.0").name == "2.0.0"


def test_a_release_whose_note_was_lost_gets_it_when_it_is_sealed_again(
    archive: Path, tmp_path: Path
) -> None:
    """As after a kill between the release and its note."""
    wanted = contents(sealed(archive, "1.0.0"))
    (archive / "releases" / "1.0.0.json").unlink()
    with pytest.raises(ReleaseError, match="no note"):
        publishing.rebuild("1.0.0", archive, tmp_path / "again")
    sealed(archive, "1.0.0")
    build(archive, SECOND)
    assert contents(publishing.rebuild("1.0.0", archive, tmp_path / "again").path) == wanted


def test_a_version_older_than_another_is_a_warning(archive: Path) -> None:
    assert newsdata.release("1.0.0", archive).warning is None
    assert newsdata.release("1.0.0", archive).warning is None
    warning = newsdata.release("0.9.0", archive).warning
    assert warning == "0.9.0 is older than 1.0.0, which stands already"


@pytest.mark.parametrize("fields", ["", ",", " "])
def test_without_no_field_seals_nothing(archive: Path, fields: str, capsys: Any) -> None:
    """A variable of a script that is not set must not pass all texts on."""
    assert run(["release", "1.0.0", "-a", str(archive), "--without", fields]) == 2
    assert "names no field" in capsys.readouterr().err
    assert not (archive / "releases" / "1.0.0").exists()


def test_without_another_field_names_those_there_are(archive: Path) -> None:
    with pytest.raises(UsageError, match=r"title, lead, text.*dateline\.raw.*images\.caption"):
        newsdata.release("1.0.0", archive, without=["captions"])


# -- diff ---------------------------------------------------------------------------------------


def test_a_diff_lists_every_change(archive: Path, tmp_path: Path, capsys: Any) -> None:
    one = sealed(archive, "1.0.0")
    moved = {**BASE[10], "timestamp": "2023-12-31T00:00:00Z", "modified": "2024-01-01T00:00:00Z"}
    build(archive, [*SECOND, moved])
    two = sealed(archive, "1.1.0")
    found = compare_releases(one, two)
    assert found.counts() == {"added": 2, "changed": 2, "withdrawn": 1, "rekept": 1}
    told = [(c.kind, c.id, c.field) for c in found.changes]
    assert ("added", "demo:0-first", None) in told
    assert ("withdrawn", "demo:7", None) in told
    assert [c.after for c in found.changes if c.kind == "rekept"] == ["demo:0-first"]
    text = next(c for c in found.changes if (c.id, c.field) == ("demo:5", "text"))
    assert (text.before, text.after) == (BASE[5]["text"], FIXED["text"])
    assert ("changed", "demo:10", "timestamp") in told
    assert {field for kind, id_, field in told if id_ == "demo:5"} <= {
        "text", "modified", "provenance",
    }  # fmt: skip
    target = tmp_path / "changes.parquet"
    assert run(["diff", "1.0.0", "1.1.0", "-a", str(archive), "--json", "-o", str(target)]) == 0
    out = json.loads(capsys.readouterr().out)
    assert out["counts"] == found.counts()
    rows = pq.read_table(target).to_pylist()
    assert [(r["kind"], r["id"], r["field"]) for r in rows] == told
    assert json.loads(rows[told.index(("changed", "demo:5", "text"))]["after"]) == FIXED["text"]
    assert run(["diff", str(one) + os.sep, str(two), "-a", str(archive)]) == 0
    words = capsys.readouterr()
    assert "fixed" in words.out
    assert "1 rekept" in words.err
    assert compare_releases(two, two).changes == ()


@pytest.mark.parametrize("at_once", [1, 10_000, 10**9])
def test_a_diff_agrees_with_the_rows(
    archive: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(comparing, "READ_BYTES", at_once)
    one, chance = sealed(archive, "1.0.0"), random.Random(4)
    edits = [{**r, "title": "New", "modified": "2024-01-01T00:00:00Z"} for r in BASE]
    build(archive, chance.sample(edits, 40), [record(n) for n in range(800, 820)])
    two = sealed(archive, "1.1.0")
    before, after = ({r["id"]: r for r in read_rows(d).to_pylist()} for d in (one, two))
    expected = {
        (i, field)
        for i in before.keys() & after.keys()
        for field in before[i]
        if before[i][field] != after[i][field]
    }
    changes = compare_releases(one, two).changes
    assert {(c.id, c.field) for c in changes if c.kind == "changed"} == expected
    assert {c.id for c in changes if c.kind == "added"} == after.keys() - before.keys()
    assert isinstance(compare_releases(one, two).to_arrow(), pa.Table)


def test_a_diff_opens_no_column_that_is_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsdata.exporters.parquet.ROW_GROUP_BYTES", 5_000)
    archive = build(tmp_path / "archive", BASE)
    one = sealed(archive, "1.0.0")
    edits = [
        {**r, "text": r["text"] + " Fixed.", "modified": "2024-01-01T00:00:00Z"} for r in BASE
    ]
    build(archive, edits[3::40])
    two = sealed(archive, "1.0.1")
    name = next(n for n in sorted(contents(two)) if n.startswith("data/"))
    both = twins.twins(one / name, two / name, "id")
    assert both is not None
    assert len(both.unlike) > 1  # several row groups
    assert {c for columns in both.unlike for c in columns} == {"text", "modified", "provenance"}
    found = {(c.id, c.field) for c in compare_releases(one, two).changes}
    assert {pair for pair in found if pair[1] == "text"} == {
        (r["id"], "text") for r in edits[3::40]
    }
    # The same articles in other rows, and other articles, are no twins.
    build(archive, [record(900, timestamp=f"{name.removeprefix('data/train-')[:7]}-15T00:00:00Z")])
    three = sealed(archive, "1.1.0")
    assert twins.twins(two / name, three / name, "id") is None
    assert compare_releases(two, three).counts()["added"] == 1
    assert compare_releases(two, three).counts()["changed"] == 0


def test_columns_of_the_same_size_are_compared_byte_by_byte(tmp_path: Path) -> None:
    for name, number in (("a", 1), ("b", 2)):
        rows = pa.table({"id": ["x", "y"], "n": [0, number], "m": [5, 6]})
        pq.write_table(rows, tmp_path / name, compression="none", write_statistics=False)
    sizes = [(tmp_path / name).stat().st_size for name in "ab"]
    assert sizes[0] == sizes[1]
    both = twins.twins(tmp_path / "a", tmp_path / "b", "id")
    assert both is not None
    assert both.unlike == ({"n": [1]},)
    (found,) = twins.differing_twins([both], "id", ["n", "m"])
    assert (found.key, found.before, found.after) == (["y"], [1], [2])


def test_shards_are_cut_as_before_until_the_next_major_version(archive: Path) -> None:
    sealed(archive, "1.0.0")
    build(archive, SECOND)
    settings = archive / "newsdata.toml"
    written = settings.read_text("utf-8")
    assert 'shard_period = "month"' in written
    settings.write_text(written.replace('"month"', '"day"'), "utf-8")
    assert str(newsdata.release(None, archive).proposal.version) == "2.0.0"
    with pytest.raises(ReleaseError, match=r"shard_period: found day, but 1.0.0 .* release 2.0.0"):
        newsdata.release("1.1.0", archive)
    assert not (archive / "releases/1.1.0").exists()
    assert verify(sealed(archive, "2.0.0")) == []


def test_a_config_without_rows_is_left_out(tmp_path: Path) -> None:
    release = sealed(build(tmp_path / "archive", BASE[:3]), "1.0.0")
    assert list(read_manifest(release)["configs"]) == ["articles"]
    assert verify(release) == []


# -- without texts ------------------------------------------------------------------------------

LEFT_OUT = ["text", "lead", "images.caption"]
PICTURES = [
    {"url": "https://a.example/1.jpg", "caption": "Secret harbour caption"},
    {"url": "https://a.example/2.jpg", "caption": None},
    {"url": "https://a.example/3.jpg", "caption": "Secret mountain caption"},
]
PICTURED = record(540, id="demo:pictured", lead="A secret lead.", images=PICTURES)


@pytest.fixture
def lawful(tmp_path: Path) -> Path:
    archive = build(tmp_path / "archive", [*BASE, PICTURED, COPY, AGAIN], SECOND)
    (archive / "newsdata.toml").open("a").write('[card]\nlimits = "Invented."\n')
    return archive


def test_no_left_out_text_is_anywhere(lawful: Path) -> None:
    bare = sealed(lawful, "1.0.0", without=LEFT_OUT)
    assert verify(bare) == []
    hidden = [r["text"] for r in [*BASE, *SECOND, COPY, AGAIN, PICTURED]]
    hidden += ["secret lead", "harbour caption", "mountain caption"]
    tables = [read_rows(bare, config) for config in read_manifest(bare)["configs"]]
    told = "".join(str(table.to_pylist()) for table in tables)
    files = contents(bare)
    told += "".join(c.decode("utf-8", "replace") for c in files.values())
    assert not [text for text in hidden if text in told or text.split()[0] in told.split()]
    assert "Title 3" in told
    assert "https://a.example/2.jpg" in told
    row = next(r for r in read_rows(bare).to_pylist() if r["id"] == "demo:pictured")
    assert (row["text"], row["lead"]) == (None, None)
    assert [(i["url"], i["caption"]) for i in row["images"]] == [
        (one["url"], None) for one in PICTURES
    ]


ODD = {
    "type": "object",
    "properties": {
        "number": {"type": "integer", "x-newsdata": "id"},
        "wo.rds": {"type": "string", "x-newsdata": "text"},
        "a`b": {"type": ["string", "null"]},
        "in side": {
            "type": ["object", "null"],
            "properties": {
                "x.y": {"type": ["string", "null"]},
                "z": {"type": "array", "items": {"type": "string"}},
            },
        },
        "people": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
    "required": ["number", "wo.rds"],
}


def test_texts_of_fields_with_odd_names_are_left_out_and_filled_in(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text(json.dumps(ODD))
    archive = tmp_path / "archive"
    assert run(["init", str(archive), "--schema", str(tmp_path / "odd.json")]) == 0
    records = [
        {
            "number": n,
            "wo.rds": " ".join(f"hidden{n}x{i}" for i in range(30)),
            "a`b": f"hidden {n}" if n % 2 else None,
            "in side": {"x.y": "hidden inside", "z": ["hidden z", ""]} if n % 3 else None,
            "people": [{"name": f"hidden {n}", "tags": ["shown"]}, {"name": "hidden"}][: n % 3],
        }
        for n in range(-3, 9)
    ]
    build(archive, records)
    fields = ["wo.rds", "a`b", "in side.x.y", "in side.z", "people.name"]
    day = "2024-05-31"
    full = sealed(archive, "1.0.0", date=day)
    shutil.copytree(archive, tmp_path / "other")
    shutil.rmtree(tmp_path / "other" / "releases")
    with pytest.raises(
        UsageError, match=r"found 'people\.tags', expected .*: wo\.rds, a`b, in sid"
    ):
        newsdata.release("1.0.0", tmp_path / "other", date=day, without=["people.tags"])
    bare = sealed(tmp_path / "other", "1.0.0", date=day, without=fields)
    tables = [read_rows(bare, config) for config in read_manifest(bare)["configs"]]
    assert "hidden" not in str([table.to_pylist() for table in tables])
    assert all(b"hidden" not in content for content in contents(bare).values())
    assert verify(bare) == []
    command = ["hydrate", str(bare), "--from", str(archive), "-o", str(tmp_path / "whole")]
    assert run(command) == 0
    assert contents(tmp_path / "whole") == contents(full)
    card = contents(full)["README.md"].decode()
    assert "| `` a`b `` | string |" in card
    assert "`provenance`" not in card
    lines = build(tmp_path / "articles", BASE)
    with pytest.raises(ReleaseError, match=r"have no a`b, in side\.x\.y"):
        newsdata.hydration.hydrate(bare, lines)


def test_a_hydrated_release_is_the_full_one(lawful: Path, tmp_path: Path, capsys: Any) -> None:
    shutil.copytree(lawful, tmp_path / "theirs")
    full = sealed(tmp_path / "theirs", "1.0.0")
    bare = sealed(lawful, "1.0.0", without=LEFT_OUT)
    assert read_manifest(bare)["content_hash"] != read_manifest(full)["content_hash"]
    with pytest.raises(ReleaseError, match="taken"):
        newsdata.release("1.0.0", lawful)
    again = publishing.rebuild("1.0.0", lawful, tmp_path / "again")
    assert contents(again.path) == contents(bare)
    assert run(["hydrate", str(bare), "--from", str(lawful)]) == 0
    whole = tmp_path / "whole"
    command = ["hydrate", str(bare), "--from", str(lawful), "-o", str(whole), "--json"]
    capsys.readouterr()
    assert run(command) == 0
    out = json.loads(capsys.readouterr().out)
    assert (out["whole"], out["counts"]["changed"], out["counts"]["missing"]) == (True, 0, 0)
    assert read_manifest(whole)["content_hash"] == read_manifest(full)["content_hash"]
    assert contents(whole) == contents(full)
    assert run(command) == 3
    assert run(["hydrate", str(full), "--from", str(lawful)]) == 3


def test_hydration_tells_what_is_changed_or_missing(lawful: Path, tmp_path: Path) -> None:
    from newsdata.hydration import hydrate

    bare = sealed(lawful, "1.0.0", without=LEFT_OUT)
    other = {**PICTURED, "images": [*PICTURES[:2], {**PICTURES[2], "caption": "Another"}]}
    theirs = build(tmp_path / "theirs", [*BASE[:-5], BASE[5], other], SECOND)
    found = hydrate(bare, theirs, tmp_path / "part")
    assert found.ids == {
        "changed": ["demo:pictured"],
        "missing": [r["id"] for r in sorted(BASE[-5:], key=lambda r: str(r["id"]))],
    }
    assert not found.whole
    rows = {r["id"]: r for r in read_rows(tmp_path / "part").to_pylist()}
    assert rows["demo:1"]["text"] == BASE[1]["text"]
    assert rows["demo:5"]["text"] == FIXED["text"]
    assert rows["demo:pictured"]["text"] is None
    assert rows["demo:pictured"]["images"][2]["caption"] is None
    assert verify(tmp_path / "part") == []


def test_fingerprints_are_keyed_to_the_release(lawful: Path) -> None:
    bare = sealed(lawful, "1.0.0", without=LEFT_OUT)
    build(lawful, [record(600, timestamp="2023-12-30T00:00:00Z"), record(601)])
    second = sealed(lawful, "1.1.0", without=LEFT_OUT)
    one, two = (read_rows(d, "fingerprints").to_pylist() for d in (bare, second))
    assert len(two) == len(one) + 1
    assert not {r["fingerprint"] for r in one} & {r["fingerprint"] for r in two}
    data = [n for n in contents(bare) if n.startswith("data/")]
    assert sum((second / n).samefile(bare / n) for n in data) >= len(data) - 2
    assert str(newsdata.release(None, lawful).proposal.version) == "2.0.0"


@pytest.mark.parametrize("field", ["id", "timestamp", "images", "nothing", "images.nothing"])
def test_only_texts_can_be_left_out(archive: Path, field: str) -> None:
    assert run(["release", "1.0.0", "-a", str(archive), "--without", field]) == 2


def test_where_links_are_impossible_shards_are_copied(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sealed(archive, "1.0.0")
    build(archive, [record(600, timestamp="2023-12-30T00:00:00Z")])

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    second = sealed(archive, "1.1.0")
    monkeypatch.undo()
    same = [n for n in contents(first) if n.startswith("data/")]
    assert len(same) > 5
    for name in same:
        assert (second / name).read_bytes() == (first / name).read_bytes()
        assert not (second / name).samefile(first / name)
    assert verify(second) == []


def test_texts_left_out_come_in_by_no_option_for_training(archive: Path) -> None:
    command = ["release", "1.0.0", "-a", str(archive), "--without", "text"]
    assert run([*command, "--configs", "text"]) == 2
    assert run([*command, "--split", "share:90,5,5"]) == 2
    assert not (archive / "releases" / "1.0.0").exists()
