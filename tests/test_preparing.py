"""Releases for training: splits without leaks, filters with reasons, privacy, all by the door."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from invented import build, contents, listed, record, sealed, sides, words

import newsdata
from newsdata.cli import run
from newsdata.exporters import plots
from newsdata.exporters.audit import verify
from newsdata.exporters.sealed import read_manifest

SHARE = {"split": "share:60,20,20"}
TIME = {"split": "time:2024-07-01,2024-10-01"}


BASE = [record(n) for n in range(150)]
EARLY = next(r for r in BASE if r["timestamp"] < "2024-06")
LATE = "2024-11-01T00:00:00Z"
#: Relation -> a text of the test side that leaks, and not a copy that deduplication removes.
PLANTED = {
    "near": record(900, timestamp=LATE, text=EARLY["text"] + " " + words(10_001, 16)),
    "contained": record(901, timestamp=LATE, text=" ".join(BASE[4]["text"].split()[:30])),
    "contains": record(902, timestamp=LATE, text=words(10_002, 80) + " " + BASE[5]["text"]),
}
BASE[4]["timestamp"] = BASE[5]["timestamp"] = "2024-02-02T00:00:00Z"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    newsdata.Archive.create(folder / "archive", threshold=0.9)
    return build(folder, [*BASE, *PLANTED.values()])


# -- splits and leaks ---------------------------------------------------------------------------


def test_planted_leaks_are_left_out_counted_and_found_again_when_kept(archive: Path) -> None:
    planted = {one["id"] for one in PLANTED.values()}
    dropped = sealed(archive, "1.0.0", **TIME)
    assert read_manifest(dropped)["left_out"] == {"leak": 3}
    assert {(r["id"], r["reason"]) for r in listed(dropped / "left-out.csv")} == {
        (id_, "leak") for id_ in planted
    }
    assert not planted & sides(dropped).keys()
    assert newsdata.leaks(dropped).leaks == ()
    kept = sealed(archive, "2.0.0", **TIME, leaks="keep")
    found = newsdata.leaks(kept)
    assert {leak.held for leak in found.leaks} == planted
    assert [r["id"] for r in listed(kept / "leaks.csv")] == sorted(planted)
    reported = [(r["id"], r["relation"], r["of"]) for r in listed(kept / "leaks.csv")]
    assert reported == sorted((x.held, x.relation, x.of) for x in found.leaks)
    kinds = {leak.held: leak.relation for leak in found.leaks}
    assert kinds["demo:901"] == "contained"
    assert kinds["demo:902"] == "contains"
    passages = {leak.held: leak.passage for leak in found.leaks}
    assert passages["demo:901"] == " ".join(BASE[4]["text"].split()[:30])
    assert "left out with the reason `leak`" in (dropped / "README.md").read_text("utf-8")


def test_a_cut_text_leaks_across_shares_too(archive: Path) -> None:
    release = sealed(archive, "3.0.0", **SHARE, leaks="keep")
    found = {leak.held for leak in newsdata.leaks(release).leaks}
    where = sides(release)
    pairs = [(PLANTED["contained"]["id"], BASE[4]["id"]), ("demo:902", BASE[5]["id"])]
    pairs.append((PLANTED["near"]["id"], EARLY["id"]))
    crossing = [pair for pair in pairs if {where[i] for i in pair} & {"train"}]
    crossing = [pair for pair in crossing if len({where[i] for i in pair}) == 2]
    assert found == {next(i for i in pair if where[i] != "train") for pair in crossing}


@pytest.mark.parametrize(
    "split", ["share:60,20,20", "time:2024-07-01,2024-10-01", "source:test=b.example"]
)
def test_adding_articles_never_moves_an_old_one(tmp_path: Path, split: str) -> None:
    archive = build(tmp_path / "grow", BASE[:80])
    before = sides(sealed(archive, "1.0.0", split=split))
    build(tmp_path / "grow", BASE[80:])
    after = sides(sealed(archive, "1.1.0", split=split))
    assert {id_: after[id_] for id_ in before} == before
    assert len(after) > len(before)


def test_the_bytes_do_not_depend_on_batches_or_order(tmp_path: Path) -> None:
    options = {**SHARE, "min_length": 9, "redact": "email", "seed": 4, "configs": "text"}
    mixed = random.Random(1).sample(BASE, len(BASE))
    one = sealed(build(tmp_path / "one", BASE), "1.0.0", **options)
    many = sealed(build(tmp_path / "many", mixed[:40], mixed[40:]), "1.0.0", **options)
    assert contents(one) == contents(many)


def test_a_split_release_loads_everywhere_and_is_rebuilt(tmp_path: Path) -> None:
    from datasets import load_dataset

    archive = build(tmp_path / "loads", BASE)
    release = sealed(archive, "1.0.0", **SHARE)
    loaded = load_dataset(str(release))
    where = sides(release)
    assert {s: set(rows["id"]) for s, rows in loaded.items()} == {
        s: {i for i, side in where.items() if side == s} for s in ("train", "validation", "test")
    }
    assert list(loaded) == ["train", "validation", "test"]
    again = newsdata.publishing.rebuild("1.0.0", archive, tmp_path / "again")
    assert contents(again.path) == contents(release)


def test_every_config_beside_several_splits_loads(tmp_path: Path) -> None:
    """``datasets`` refuses a split of the name ``all``."""
    import datasets

    records = [record(n) for n in range(30)]
    copies = [{**record(n), "id": f"copy:{n}"} for n in range(4)]
    changed = {**record(5), "title": "Another", "modified": "2025-01-01T00:00:00Z"}
    release = sealed(build(tmp_path / "x", [*records, *copies, changed]), "1.0.0", **SHARE)
    configs = read_manifest(release)["configs"]
    assert {"articles", "duplicates", "clusters", "revisions"} <= configs.keys()
    for config, about in configs.items():
        cache = str(tmp_path / "cache")
        loaded = datasets.load_dataset(str(release), config, cache_dir=cache)
        counts = {split: told["rows"] for split, told in about["splits"].items()}
        assert {split: len(rows) for split, rows in loaded.items()} == counts
        ours = newsdata.load(release, config=config)
        assert len(ours) == len(loaded) if len(counts) > 1 else len(ours) == sum(counts.values())
        assert newsdata.load(release, config=config, to="arrow").num_rows == sum(counts.values())
    assert "train" not in configs["duplicates"]["splits"]  # nobody takes them for rows to train on


def test_a_second_release_reuses_shards_and_says_what_was_removed(tmp_path: Path) -> None:
    archive = build(tmp_path / "second", BASE)
    first = sealed(archive, "1.0.0", **SHARE)
    build(tmp_path / "second", [record(700, timestamp="2024-12-31T00:00:00Z")])
    second = sealed(archive, "1.1.0", **SHARE)
    data = [name for name in contents(second) if name.startswith("data/")]
    fresh = [n for n in data if not (first / n).is_file() or not (first / n).samefile(second / n)]
    assert len(fresh) == 1
    proposed = newsdata.release(None, archive, prepare={**SHARE, "rubric": ["Sport"]})
    assert str(proposed.proposal.version) == "1.1.1"
    third = sealed(archive, "1.1.1", **SHARE, rubric=["Sport"])
    gone = listed(third / "removed.csv")
    assert {row["reason"] for row in gone} == {"other-rubric"}
    assert {row["id"] for row in gone} == sides(second).keys() - sides(third).keys()
    other = newsdata.release(None, archive, prepare=TIME)
    assert str(other.proposal.version) == "2.0.0"


def test_texts_of_a_benchmark_are_found_in_a_release(
    archive: Path, tmp_path: Path, capsys
) -> None:
    release = sealed(archive, "1.0.0", **TIME)
    file = tmp_path / "benchmark.jsonl"
    cut = " ".join(EARLY["text"].split()[10:40])
    rows = [{"q": {"text": f"{cut}"}}, {"q": {"text": words(10_077)}}, {"q": {}}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    args = ["leaks", str(release), "--against", str(file), "--text-field", "q.text", "--json"]
    assert run(args) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["held"], found["unread"], len(found["leaks"])) == (2, 1, 1)
    assert found["leaks"][0]["of"] == EARLY["id"]
    assert found["leaks"][0]["passage"] == cut
    assert run(["leaks", str(release)]) == 0
    file.write_text(json.dumps(rows[1]) + "\n", "utf-8")
    assert run(args) == 0


# -- configs for trainers -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def trainable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    articles = [{**r, "lead": f"Lead {n}" if n % 3 else None} for n, r in enumerate(BASE)]
    copy = record(990, text=BASE[9]["text"].upper(), timestamp="2025-01-01T00:00:00Z")
    archive = build(tmp_path_factory.mktemp("trainers"), [*articles, copy])
    return sealed(archive, "1.0.0", **SHARE, configs="text,headlines,summaries,rubrics")


def test_a_stream_stopped_anywhere_goes_on_with_every_row_once(trainable: Path) -> None:
    whole = newsdata.load(trainable, config="text", split="train", streaming=True)
    ids = [row["id"] for row in whole]
    assert sorted(ids) == sorted(i for i, side in sides(trainable).items() if side == "train")
    by_time = newsdata.load(trainable, split="train", to="arrow")["id"].to_pylist()
    assert ids != by_time
    chance = random.Random(2)
    got: list[str] = []
    state: dict[str, Any] | None = None
    for stop in [*sorted(chance.sample(range(1, len(ids)), 10)), len(ids) + 1]:
        stream = newsdata.load(trainable, config="text", split="train", streaming=True)
        if state is not None:
            stream.load_state_dict(json.loads(json.dumps(state)))
        for row in stream:
            got.append(row["id"])
            if len(got) == stop:
                state = stream.state_dict()
                break
    assert got == ids


def test_configs_have_the_formats_of_trainers(trainable: Path) -> None:
    where = sides(trainable)
    text = newsdata.load(trainable, config="text", to="arrow").to_pylist()
    assert {row["id"]: row["copies"] for row in text} == {
        id_: 2 if id_ == "demo:9" else 1 for id_ in where
    }
    assert all(row["words"] == 60 for row in text)
    from datasets import load_dataset

    chats = load_dataset(str(trainable), "headlines", split="test")
    for row in chats:
        assert [message["role"] for message in row["messages"]] == ["user", "assistant"]
        assert row["messages"][1]["content"] == f"Title {row['id'][5:]}"
        assert where[row["id"]] == "test"
    summaries = newsdata.load(trainable, config="summaries", to="arrow")
    assert len(summaries) == sum(n % 3 > 0 for n in range(len(BASE)))
    labels = newsdata.load(trainable, config="rubrics", to="arrow")["label"].to_pylist()
    assert set(labels) == {"Economy", "Sport"}


# -- filters ------------------------------------------------------------------------------------


def test_every_article_is_in_the_release_or_listed_with_its_reason(tmp_path: Path) -> None:
    reserved = {"tdm": "reserved", "signals": ["robots-noai"]}
    extra = [
        record(800, rights=reserved, rubric="Sport", language="en"),
        record(803, text="short text here", rubric="Sport", language="en"),
        record(806, language=None, rubric="Sport", text="12 34 56"),
    ]
    archive = build(tmp_path / "filters", [*BASE, *extra])
    release = sealed(
        archive, "1.0.0", rubric=["sport"], language=["be", "en"], since="2024-02-01",
        until="2024-11-15", min_length=20, training=True,
    )  # fmt: skip
    rows = newsdata.load(release, to="arrow").to_pylist()
    assert {row["rubric"] for row in rows} == {"Sport"}
    assert {row["language"] for row in rows} == {"en", "be-tarask"}
    manifest = read_manifest(release)
    left = listed(release / "left-out.csv")
    assert len(rows) + len(left) == len(BASE) + len(extra)
    counts = {r: sum(one["reason"] == r for one in left) for r in {x["reason"] for x in left}}
    assert counts == manifest["left_out"]
    reasons = {one["id"]: one["reason"] for one in left}
    assert reasons["demo:803"] == "too-short"
    assert reasons["demo:800"] in ("tdm-reserved", "before-since", "after-until")
    assert manifest["settings"]["prepared"]["rubric"] == ["sport"]
    assert "other-rubric" in (release / "README.md").read_text("utf-8")


PROSE = (
    "The council of the old town agreed on Monday to repair the bridge over the river.",
    "Work will begin in spring and should be finished before the first snow falls.",
    "Until then buses take the longer road through the market and past the theatre.",
    "Shop owners fear that fewer visitors will come to them while the street is closed.",
    "A spokeswoman said that the builders have promised to keep one lane open at night.",
    "It is the third time in ten years that the wooden piers have to be replaced.",
    "Engineers found that ice had damaged them more than anybody had expected.",
)


def test_quality_leaves_out_only_what_breaks_a_rule_that_was_asked_for(tmp_path: Path) -> None:
    good = " ".join(PROSE)
    articles = [record(1, text=good, language="en"), record(2, text="Two words.", language="en")]
    archive = build(tmp_path / "quality", articles)
    assert len(sides(sealed(archive, "1.0.0", min_length=1))) == 2
    release = sealed(archive, "2.0.0", quality="gopher,c4")
    assert set(sides(release)) == {"demo:1"}
    assert read_manifest(release)["left_out"] == {"gopher-short": 1}
    assert "words below 50" in (release / "README.md").read_text("utf-8")


# -- privacy ------------------------------------------------------------------------------------

KEY = b"an invented key of nobody at all"
PEOPLE = {
    "author": ["Зинаида Вереск"],
    "photographer": ["Пятрусь Ракітны"],
    "people": ["Quentin Larkspur"],
    "rubric": "Колонка Зинаиды Вереск",
    "text": "Зинаида Вереск беседовала с Quentin Larkspur. Рассказ Зинаиды Вереск. "
    "Пишите на zinaida@example.org, тел. 203-15-02, хост 192.0.2.7. ",
    "dateline": {"raw": "МИНСК, Зинаида Вереск", "places": ["Минск"],
                 "correspondent": "Зинаида Вереск"},
    "images": [{"url": "https://a.example/1.jpg", "caption": "Quentin Larkspur в Минске",
                "credit": "Фото Пятруся Ракітнага", "photographer": ["Пятрусь Ракітны"]}],
    "extra": [{"key": "tail", "value": "Зинаида ВЕРЕСК"}],
}  # fmt: skip
PLAIN = ["Вереск", "Ракітн", "Larkspur", "LARKSPUR", "ВЕРЕСК", "zinaida@", "203-15-02"]
PLAIN += ["192.0.2.7", KEY.decode(), KEY.hex()]


def test_no_file_of_a_release_has_the_key_or_a_plain_name(tmp_path: Path, monkeypatch) -> None:
    drawn: list[str] = []  # what stands in a picture is in no file as text

    def draw(title: str, bars: plots.Bars) -> bytes:
        drawn.extend([title, *(label for label, _ in bars)])
        return b""

    for kind in ("rows", "columns"):
        monkeypatch.setattr(plots, kind, draw)
    first = record(1, **{**PEOPLE, "text": PEOPLE["text"] + words(1)}, language="ru")
    fixed = {**first, "text": first["text"] + " fixed", "modified": "2025-01-01T00:00:00Z"}
    copy = record(2, text=first["text"] + " fixed", language="ru", timestamp=LATE)
    named = record(3, text="Quentin Larkspur appeared in another one. " + words(3))
    archive = build(tmp_path / "privacy", [first, *BASE[10:30], named], [fixed, copy])
    file = tmp_path / "key"
    file.write_bytes(KEY + b"\n")
    args = ["release", "1.0.0", "-a", str(archive), "--redact", "email,phone,ip", "--key-file"]
    args += [str(file), "--pseudonymise", "author,photographer,people", *("--split", "share:9,1")]
    assert run(args) == 0
    release = archive / "releases" / "1.0.0"
    assert verify(release) == []
    manifest = read_manifest(release)
    assert {"articles", "revisions", "duplicates"} <= manifest["configs"].keys()
    searched = contents(release)
    for config in manifest["configs"]:  # Parquet is compressed: search its values
        rows = newsdata.load(release, config=config, to="arrow").to_pylist()
        searched[config] = json.dumps(rows, ensure_ascii=False, default=str).encode()
    for name, content in searched.items():
        for plain in PLAIN:
            assert plain.encode() not in content, f"{plain} in {name}"
    assert any("person-" in label for label in drawn)
    assert not [label for label in drawn if any(plain in label for plain in PLAIN)]
    rows = newsdata.load(release, to="arrow").to_pylist()
    one = next(row for row in rows if row["id"] == "demo:1")
    assert one["author"][0].startswith("person-")
    assert one["text"].count(one["author"][0]) == 2
    assert one["dateline"]["correspondent"] == one["author"][0]
    assert one["people"][0] in next(row for row in rows if row["id"] == "demo:3")["text"]
    card = (release / "README.md").read_text("utf-8")
    assert all(f"\n- {kind}: 1\n" in card for kind in ("email", "ip", "phone"))
    rebuilt = newsdata.publishing.rebuild("1.0.0", archive, tmp_path / "again", KEY)
    assert contents(rebuilt.path) == contents(release)


def test_what_is_asked_wrongly_is_a_usage_error(archive: Path, tmp_path: Path, capsys) -> None:
    for args in (
        ["--split", "by:luck"], ["--pseudonymise", "author"], ["--quality", "fine"],
        ["--key-file", str(tmp_path / "none"), "--pseudonymise", "author"],
    ):  # fmt: skip
        assert run(["release", "9.0.0", "-a", str(archive), *args]) in (2, 3)
        assert "Traceback" not in capsys.readouterr().err
    plain = sealed(archive, "8.0.0", min_length=1)
    assert run(["leaks", str(plain)]) == 2


# -- the page -----------------------------------------------------------------------------------


def test_the_page_trains_something(tmp_path: Path) -> None:
    """From load to a loss that goes down, as docs/training.md has it."""
    root = Path(__file__).resolve().parent.parent
    shutil.copytree(root / "data", tmp_path / "data")
    page = (root / "docs" / "training.md").read_text("utf-8")
    blocks = re.findall(r"^```(bash|python)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert [language for language, _ in blocks] == ["bash", "bash", "python"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for language, code in blocks:
        command = ["bash", "-euc", code] if language == "bash" else [sys.executable, "-c", code]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, env={**os.environ, "PATH": path},
            check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, f"{code}\n{done.stderr.decode()}"
