"""What ``newsdata dedup`` and ``newsdata.deduplicate`` find. All texts here are invented."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import unicodedata

import numpy as np
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
from hypothesis import given, settings
from hypothesis import strategies as st

import newsdata
from newsdata.errors import SettingsError, UsageError

# ---- what is found ------------------------------------------------------------------------------


def test_families_join_what_holds_nine_tenths(tmp_path):
    rng = random.Random(3)

    def story(length):
        return [f"w{rng.randrange(10**6)}" for _ in range(length)]

    base, other = story(400), story(400)
    texts = {
        "b": base,
        "copy": [w.upper() for w in base],
        "cut": base[:200],  # held whole, and too short to be near
        "shorter": base[200:390] + story(18),  # b holds 186 of its 204 shingles: .91
        "loose": base[100:290] + story(40),  # 186 of 226: .82, evidence only
        "other": other,
        "alone": story(50),
    }
    path = write(tmp_path / "in.jsonl", [{"id": i, "text": " ".join(t)} for i, t in texts.items()])
    done = run(path, "--families", tmp_path / "families", "--evidence", tmp_path / "e",
               "--clusters", tmp_path / "c", "--json")  # fmt: skip
    assert json.loads(done.stdout)["kept"] == len(texts) - 1
    found = lines(tmp_path / "families")
    assert [(m["id"], m["family"], m["kept"]) for m in found] == [
        ("b", "b", "b"), ("copy", "b", "b"), ("cut", "b", "cut"), ("shorter", "b", "shorter"),
    ]  # fmt: skip
    assert ("loose", "b") in {(m["inner"], m["outer"]) for m in lines(tmp_path / "e")}
    shuffled = write(tmp_path / "again.jsonl", [
        {"id": i, "text": " ".join(texts[i])} for i in sorted(texts, reverse=True)
    ])  # fmt: skip
    run(shuffled, "--families", tmp_path / "again", "--json")
    assert lines(tmp_path / "again") == found


def test_every_relation_is_told(tmp_path):
    path = write(tmp_path / "in.jsonl", records())
    done = run(path, "-o", tmp_path / "kept", "--removed", tmp_path / "removed",
               "--clusters", tmp_path / "clusters", "--evidence", tmp_path / "evidence",
               "--json")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    summary = json.loads(done.stdout)
    assert summary.pop("seconds") > 0
    assert summary == {
        "format": 1, "read": 13, "kept": 7, "duplicates": 6, "rejected": 0,
        "relations": {"exact": 1, "near": 4, "chained": 1}, "clusters": 3, "largest": 3,
        "contains": 1, "reasons": {}, "notices": {},
    }  # fmt: skip
    found = {
        m["id"]: (m["cluster"], m["kept"], m["relation"]) for m in lines(tmp_path / "clusters")
    }
    assert found == {
        "a": ("a", "b", "near"), "b": ("a", "b", None), "c": ("a", "b", "near"),
        "d": ("d", "d", None), "e": ("d", "d", "exact"), "f": ("d", "d", "near"),
        "m": ("k", "m", None), "l": ("k", "m", "near"), "k": ("k", "m", "chained"),
    }  # fmt: skip
    (pair,) = lines(tmp_path / "evidence")
    assert (pair["inner"], pair["outer"]) == ("y", "z")
    assert pair["share"] == 1
    raw = path.read_bytes().splitlines()
    kept, removed = ((tmp_path / n).read_bytes().splitlines() for n in ("kept", "removed"))
    assert kept == [raw[i] for i in (1, 3, 6, 9, 10, 11, 12)]
    assert removed == [raw[i] for i in (0, 2, 4, 5, 7, 8)]


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def test_scores_are_the_jaccard_with_the_kept_text(tmp_path):
    rows = records()
    _, members = outcome(write(tmp_path / "in", rows), tmp_path)
    texts = {r["id"]: r["text"] for r in rows}
    for m in members:
        if m["relation"] in ("near", "chained") and m["cluster"] != "d":
            one, other = shingles(texts[m["id"]]), shingles(texts[m["kept"]])
            assert m["score"] == pytest.approx(len(one & other) / len(one | other))
            assert (m["score"] >= 0.75) == (m["relation"] == "near")


def test_the_clusters_file_is_sorted_and_names_each_member_once(tmp_path):
    _, members = outcome(write(tmp_path / "in", records()), tmp_path)
    keys = [(m["cluster"], m["relation"] is not None, m["id"]) for m in members]
    assert keys == sorted(keys)
    assert len({m["id"] for m in members}) == len(members)
    for m in members:
        assert m["cluster"] == min(n["id"] for n in members if n["cluster"] == m["cluster"])
        assert (m["relation"] is None) == (m["score"] is None) == (m["id"] == m["kept"])


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ((), {"b", "d", "m"}),
        (("--keep", "latest"), {"a", "f", "l"}),
        (("--keep", "longest"), {"b", "d", "m"}),
        (("--prefer", "three,one"), {"a", "d", "m"}),
    ],
)
def test_the_policy_chooses_what_is_kept(tmp_path, options, kept):
    found, _ = outcome(write(tmp_path / "in", records()), tmp_path, *options)
    assert found == kept | {"w1", "w2", "y", "z"}


def test_preferred_sources_may_stand_in_any_field(tmp_path):
    renamed = [
        {("outlet" if k == "source" else k): v for k, v in record.items()} for record in records()
    ]
    path = write(tmp_path / "in", renamed)
    options = ("--prefer", "three,one")
    assert outcome(path, tmp_path, *options)[0] != {"a", "d", "m", "w1", "w2", "y", "z"}
    found, _ = outcome(path, tmp_path, *options, "--source-field", "outlet")
    assert found == {"a", "d", "m", "w1", "w2", "y", "z"}
    given = newsdata.deduplicate(
        renamed, prefer=["three", "one"], text_field="text", source_field="outlet"
    )
    assert {f.id for f in given if isinstance(f, newsdata.Article)} == found


def test_presets_and_settings_change_what_is_near(tmp_path):
    path = write(tmp_path / "in", records())
    exact, _ = outcome(path, tmp_path, "--preset", "exact")
    assert exact == {r["id"] for r in records()} - {"e"}
    rewritten, _ = outcome(path, tmp_path, "--preset", "rewritten")
    assert {"z", "y"} - rewritten == {"y"}, "a cut text is near at 0.4; the longer one is kept"
    stricter, _ = outcome(path, tmp_path, "--preset", "rewritten", "--threshold", "0.99")
    assert stricter == exact
    assert outcome(path, tmp_path, "--seed", "7") == outcome(path, tmp_path)


# ---- order and form do not matter ---------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_the_input_changes_nothing(tmp_path, seed):
    rows = [*records(), {"id": "a", "text": text_of(2)}, {"id": 12, "text": text_of(1, 120)}]
    rows += [{"text": "no id at all"}, {"text": "no id at all"}, rows[3]]
    assert (
        here(write(tmp_path / "in", rows), "-o", tmp_path / "k", "--clusters", tmp_path / "c") == 0
    )
    whole = {r.get("id") for r in lines(tmp_path / "k")}, lines(tmp_path / "c")
    random.Random(seed).shuffle(rows)
    cut = seed + 3
    write(tmp_path / "1.jsonl", rows[:cut])
    write(tmp_path / "2.jsonl", rows[cut:])
    kept, clusters = tmp_path / "k", tmp_path / "c"
    assert (
        here(tmp_path / "1.jsonl", tmp_path / "2.jsonl", "-o", kept, "--clusters", clusters) == 0
    )
    assert {r.get("id") for r in lines(kept)} == whole[0]
    assert lines(clusters) == whole[1]


FORMS = (
    str,
    str.upper,
    lambda t: unicodedata.normalize("NFD", t),
    lambda t: unicodedata.normalize("NFC", t),
    lambda t: "\n\n" + t.replace(" ", " \t "),
)


@settings(max_examples=25, deadline=None)
@given(
    forms=st.lists(st.sampled_from(FORMS), min_size=13, max_size=13),
    order=st.permutations(range(13)),
    keep=st.sampled_from(("earliest", "latest", "longest")),
)
def test_no_form_of_a_text_changes_anything(forms, order, keep):
    def result(rows):
        fields = {"id_field": "id", "text_field": "text"}
        found = newsdata.deduplicate(rows, keep=keep, **fields)
        return {
            (f.article.id, f.of, f.relation, f.score, f.cluster)
            if isinstance(f, newsdata.Duplicate)
            else (f.id,)
            for f in found
        }

    plain = records()
    changed = [{**r, "text": form(r["text"])} for r, form in zip(plain, forms, strict=True)]
    assert result(plain) == result([changed[i] for i in order])


# ---- identity -----------------------------------------------------------------------------------


def test_a_record_without_an_id_goes_by_its_canonical_json(tmp_path):
    one, same = {"text": "Первый текст.", "n": 1}, {"n": 1, "text": "Первый текст."}
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(one) + "\n" + json.dumps(same, ensure_ascii=False) + "\n", "utf-8")
    kept, members = tmp_path / "kept", tmp_path / "clusters"
    assert here(path, "-o", kept, "--clusters", members) == 0
    import hashlib

    canonical = '{"n":1,"text":"Первый текст."}'.encode()
    id_ = "sha256:" + hashlib.sha256(canonical).hexdigest()[:32]
    assert lines(members) == [
        {"id": id_, "cluster": id_, "kept": id_, "relation": None, "score": None},
        {"id": id_, "cluster": id_, "kept": id_, "relation": "exact", "score": 1.0},
    ]
    assert kept.read_bytes() == path.read_bytes().splitlines(keepends=True)[0]


def test_records_of_one_id(tmp_path):
    rows = [
        {"id": "x", "text": "!!"},
        {"text": "!!", "id": "x"},
        {"id": "x", "text": text_of(4)},
        {"id": "u", "text": text_of(4)},
        {"id": "x", "text": text_of(5)},
        {"id": "u", "text": text_of(5)},
    ]
    path = write(tmp_path / "in", rows)
    clusters = tmp_path / "clusters"
    done = run(path, "--clusters", clusters, "--json")
    summary = json.loads(done.stdout)
    assert summary["notices"] == {"same-id": 3}
    assert (summary["read"], summary["kept"], summary["duplicates"]) == (6, 3, 3)
    assert summary["clusters"] == 3
    names = [m["cluster"] for m in lines(clusters)]
    assert len(set(names)) == 3, "one id never names two clusters"
    assert sum(m["id"] == "x" and m["cluster"] == "x" for m in lines(clusters)) == 2


def test_numbers_as_ids_stay_numbers_and_come_in_their_order(tmp_path):
    text = text_of(6)
    rows = [{"id": i, "text": text} for i in (10, 9, 2**70, "9")]
    kept, members = outcome(write(tmp_path / "in", rows), tmp_path)
    assert kept == {9}
    assert [m["id"] for m in members] == [9, 10, 2**70, "9"]
    assert {m["cluster"] for m in members} == {9}


# ---- the library --------------------------------------------------------------------------------


def test_the_library_gives_every_record_back_in_order():
    rows = records()
    found = list(newsdata.deduplicate(rows, prefer=["one"], threshold=0.75, ngram=5))
    ids = [f.article.id if isinstance(f, newsdata.Duplicate) else f.id for f in found]
    assert ids == [r["id"] for r in rows]
    assert {f.article.id: f.of for f in found if isinstance(f, newsdata.Duplicate)} == {
        "b": "a", "c": "a", "e": "d", "f": "d", "l": "m", "k": "m",
    }  # fmt: skip


def test_the_library_and_the_command_agree(tmp_path):
    kept, members = outcome(write(tmp_path / "in.jsonl", records()), tmp_path)
    found = list(newsdata.deduplicate(records()))
    assert {f.id for f in found if isinstance(f, newsdata.Article)} == kept
    ours = {
        (f.article.id, f.cluster, f.of, f.relation, f.score)
        for f in found
        if isinstance(f, newsdata.Duplicate)
    }
    assert ours == {
        (m["id"], m["cluster"], m["kept"], m["relation"], m["score"])
        for m in members
        if m["relation"]
    }


def test_records_of_any_shape_come_back_as_given():
    rows = foreign()
    rows[0]["link"] = None
    found = list(newsdata.deduplicate(rows, id_field="link", text_field="body.plain"))
    given = [f.article if isinstance(f, newsdata.Duplicate) else f for f in found]
    assert [g.record for g in given][1:] == rows[1:]
    assert given[0].record["link"].startswith("sha256:")
    assert given[0].record["body"] == rows[0]["body"]


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        ([{"id": "a", "text": "x", "odd": 1}], {}, "odd"),
        ([{"id": "a", "title": "x"}], {}, "no text"),
        ([{"id": "a", "text": 5}], {}, "a number"),
        (["text"], {}, "an object"),
        ([{"id": 1.5, "text": "x"}], {}, "whole number"),
        ([{"id": "a", "text": "x"}], {"text_field": "body"}, "/body"),
        ([], {"keep": "newest"}, "earliest"),
        ([], {"threshold": 0}, "0.05"),
        ([], {"ngram": 0}, "1 to 64"),
        ([], {"prefer": [1]}, "sources"),
    ],
)
def test_bad_use_of_the_library_is_a_usage_error(rows, options, words):
    with pytest.raises(UsageError, match=words):
        newsdata.deduplicate(rows, **options)


def test_bad_settings_are_settings_errors():
    with pytest.raises(SettingsError):
        newsdata.deduplicate([], keep="newest")
    assert list(newsdata.deduplicate([])) == []


# ---- cost ---------------------------------------------------------------------------------------


def test_memory_does_not_hold_the_texts(tmp_path):
    """8,000 records of 8 kB, 62 MB: far less than that is added to an empty run."""
    path = tmp_path / "big.jsonl"
    draw = np.random.default_rng(5)
    with path.open("wb") as file:
        for number in range(8_000):
            words = draw.integers(0, 10**6, 1150)
            text = " ".join(map(str, words.tolist()))
            file.write(json.dumps({"id": number, "text": text}).encode() + b"\n")
    assert path.stat().st_size > 60_000_000
    code = (
        "import resource, sys; from newsdata.cli import run; code = run(sys.argv[1:]);"
        "print(code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    peaks = []
    for source in (write(tmp_path / "one", records()), path):
        done = subprocess.run(
            [sys.executable, "-c", code, "dedup", str(source), "-o", str(tmp_path / "k"), "-q"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        status, peak = done.stderr.split()
        assert status == "0"
        peaks.append(int(peak) * 1024)
    assert peaks[1] - peaks[0] < 40_000_000


def test_real_corpora_are_deduplicated_alike_in_any_order(shared, tmp_path):
    source = shared / "dedup" / "en10k.jsonl.zst"
    if not source.exists():
        pytest.skip("needs ../shared/data/dedup/en10k.jsonl.zst")
    whole = tmp_path / "all"
    assert here(source, "--threshold", "1", "-o", whole) == 0
    raw = whole.read_bytes().splitlines(keepends=True)[:4000]
    (tmp_path / "1").write_bytes(b"".join(raw))
    random.Random(1).shuffle(raw)
    (tmp_path / "2").write_bytes(b"".join(raw))
    one, two = (outcome(tmp_path / n, tmp_path) for n in "12")
    assert one == two
    assert len(one[1]) > 50
