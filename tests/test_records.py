"""Archives of records that are no articles: every command, by the roles of their schema."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import newsdata
from newsdata.cli import cli, run
from newsdata.errors import ArchiveError, SchemaError, SettingsError, UsageError
from newsdata.exporters.features import yaml_features
from newsdata.pipeline import init_archive
from newsdata.reports import archive_stats, batch_inputs

# Invented: reviews of a shop. Names that articles have (status, provenance) mean other things.
PRODUCT = {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}}
REVIEW = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["number", "words", "stars"],
    "properties": {
        "number": {"type": "integer", "x-newsdata": "id"},
        "headline": {"type": ["string", "null"], "x-newsdata": "title"},
        "words": {"type": "string", "minLength": 1, "x-newsdata": "text"},
        "day": {"type": "string", "format": "date", "x-newsdata": "timestamp"},
        "shop": {"type": "string", "x-newsdata": "source"},
        "stars": {"type": "integer", "minimum": 1, "maximum": 5},
        "status": {"type": "string"},
        "provenance": {"type": "string"},
        "product": {"$ref": "product.json"},
        "photos": {"type": "array", "items": {"type": "object", "properties": {
            "url": {"type": "string", "format": "uri"}, "w": {"type": "integer"}}}},
        "price": {"type": "number"},
        "verified": {"type": "boolean"},
    },
}  # fmt: skip
WORDS = [f"{a}{b}" for a in ("ket", "lid", "cup", "tea", "pot") for b in ("tle", "s", "boils")]


def review(number: int, rng: random.Random, **values: Any) -> dict[str, Any]:
    return {
        "number": number,
        "headline": f"Review {number}",
        "words": " ".join(rng.choices(WORDS, k=80)),
        "day": f"2024-0{1 + number % 3}-1{number % 10}",
        "shop": "shop.example",
        "stars": 1 + number % 5,
        "status": "approved",
        "provenance": "form",
        "product": {"sku": f"s{number % 4}"},
        "photos": [{"url": "https://e.example/1.jpg", "w": number}],
        "price": number / 4,
        "verified": number % 2 == 0,
        **values,
    }


def reviews() -> list[dict[str, Any]]:
    rng = random.Random(5)
    made = [review(n, rng) for n in range(60)]
    made[11]["words"] = made[10]["words"].upper()  # an exact copy
    made[21]["words"] = made[20]["words"] + " and one more cup"  # a near one
    made.append({**made[30], "stars": 5 if made[30]["stars"] != 5 else 4})  # a revision
    made.append(made[40])
    made += [
        review(100, rng, stars=9),
        review(101, rng, words=""),
        review(102, rng, product={}),
        review(103, rng, photos=[{"url": 5}]),
        review(104, rng, day="2024-02-30"),
        {**review(105, rng), "number": 2**70},
    ]
    return made


def lines(records: list[Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def new(folder: Path, document: Any = REVIEW, **settings: Any) -> newsdata.Archive:
    folder.mkdir(exist_ok=True)
    (folder / "s.json").write_text(json.dumps(document))
    (folder / "product.json").write_text(json.dumps(PRODUCT))
    return newsdata.Archive.create(folder / "a", schema=folder / "s.json", **settings)


def build(archive: newsdata.Archive, records: list[Any], **options: Any) -> dict[str, Any]:
    file = archive.path.parent / "r.jsonl"
    file.write_text(lines(records) + options.pop("junk", ""))
    return archive.build(file, **options)


def test_every_record_has_one_outcome(tmp_path: Path) -> None:
    archive = new(tmp_path)
    found = build(archive, reviews(), junk="{bad\n[1]\n")
    assert found["read"] == 70
    assert (found["articles"], found["duplicates"], found["rejected"]) == (59, 2, 8)
    assert found["unchanged"] == 1
    assert found["relations"] == {"exact": 1, "near": 1, "chained": 0, "revision": 1}
    assert found["reasons"] == {
        "bad-format": 1, "bad-value": 1, "empty-text": 1, "missing-field": 1,
        "not-an-object": 1, "not-json": 1, "not-representable": 1, "wrong-type": 1,
    }  # fmt: skip
    pointers = {row["reason"]: row["pointer"] for row in batch_inputs(archive.path, 1)}
    assert pointers["missing-field"] == "/product/sku"
    assert pointers["wrong-type"] == "/photos/0/url"
    again = build(archive, reviews(), junk="{bad\n[1]\n")
    assert (again["unchanged"], again["batch"]) == (70, None)
    assert archive.verify() == []


def test_what_validate_rejects_build_rejects_for_the_same_reason(tmp_path: Path) -> None:
    archive = new(tmp_path)
    build(archive, reviews(), junk="{bad\n[1]\n")
    rejected = [
        (item.place.line, item.code)
        for item in newsdata.validate([tmp_path / "r.jsonl"], str(tmp_path / "s.json"))
        if isinstance(item, newsdata.Rejected)
    ]
    told = [
        (row["line"], row["reason"])
        for row in batch_inputs(archive.path, 1)
        if row["outcome"] == "rejected" and row["reason"] != "not-representable"
    ]
    assert sorted(rejected) == sorted(told)


def test_the_release_is_the_same_in_any_order_and_batches(tmp_path: Path) -> None:
    records = reviews()
    sums = set()
    for number, order in enumerate((records, records[::-1])):
        archive = new(tmp_path / str(number), threshold=0.7)
        for start in range(0, len(order), 20 if number else 100):
            build(archive, order[start : start + (20 if number else 100)])
        sealed = archive.release("1.0.0").sealed
        assert sealed is not None
        sums.add((sealed.path / "SHA256SUMS").read_bytes())
        assert archive.verify() == []
    # The README names the counts of all inputs; the data, its schema and order are the same.
    assert len({line for text in sums for line in text.splitlines() if b"data/" in line}) == 3


def test_release_and_load_have_the_columns_of_the_schema(tmp_path: Path) -> None:
    archive = new(tmp_path)
    build(archive, reviews())
    released = archive.release("1.0.0")
    assert released.sealed is not None
    assert released.sealed.manifest["settings"]["schema"] == archive.settings["schema"]
    data = archive.load()
    assert data.num_rows == 58
    assert list(data.features) == list(REVIEW["properties"])
    schema = archive._opened.schema
    assert data.features == schema.features
    assert data.features._to_yaml_list() == yaml_features(schema.arrow)
    keys = [(row["day"], row["number"]) for row in data]
    assert keys == sorted(keys)
    assert keys[0][0] == date(2024, 1, 10)
    assert data[0]["product"] == {"sku": "s0"}
    names = {path.name for path in (released.sealed.path / "data").iterdir()}
    assert {name[:13] for name in names} == {"train-2024-01", "train-2024-02", "train-2024-03"}


def test_show_stats_and_log_speak_of_the_fields_of_the_schema(tmp_path: Path) -> None:
    archive = new(tmp_path)
    build(archive, reviews())
    stats = archive.stats()
    assert stats["source"] == {"shop.example": 58}
    assert sum(stats["month"].values()) == 58
    assert archive_stats(archive.path, "stars")["stars"]["1"] >= 10
    with pytest.raises(UsageError, match="product"):
        archive_stats(archive.path, "product")
    shown = CliRunner().invoke(cli, ["show", "11", "-a", str(archive.path)]).output
    assert "11: duplicate of 10 (exact" in shown
    assert "provenance: form" in shown
    assert "--- 11\n+++ 10" in shown
    told = CliRunner().invoke(cli, ["log", "1", "-a", str(archive.path)]).output
    assert "Review 10" in told
    counted = CliRunner().invoke(cli, ["stats", "-a", str(archive.path), "--by", "verified"])
    assert "True" in counted.output


PLAIN = {
    "type": "object",
    "properties": {
        "note": {"type": "string", "x-newsdata": "text"},
        "link": {"type": "string", "x-newsdata": "url"},
        "at": {"type": "string", "format": "date-time", "x-newsdata": "timestamp"},
        "until": {"type": "string", "format": "date-time", "x-newsdata": "embargoed_until"},
        "state": {"enum": ["usable", "withheld"], "x-newsdata": "status"},
        "product name": {"type": "string"},
    },
}


def test_a_record_without_an_id_gets_one_that_stays(tmp_path: Path) -> None:
    archive = new(tmp_path, PLAIN)
    first = [{"note": "one", "product name": "x"}, {"product name": "x", "note": "one"}]
    found = build(archive, first)
    assert (found["articles"], found["unchanged"]) == (1, 1)  # the same JSON value
    found = build(archive, [{"note": "two", "link": "https://e.example/a?utm_source=x"},
                            {"note": "three", "link": "https://www.e.example/a"}])  # fmt: skip
    assert found["relations"]["revision"] == 1  # the same address is the same record
    archive.release("1.0.0", date="2024-05-31", require=["note"])
    rows = list(archive.load())
    assert len(rows) == 2
    assert all(row["newsdata_id"].startswith("sha256:") for row in rows)
    assert archive.show(rows[0]["newsdata_id"])["record"] == rows[0]
    assert archive.verify() == []


def test_times_embargo_and_withdrawal_follow_their_roles(tmp_path: Path) -> None:
    archive = new(tmp_path, PLAIN, timezone="Europe/Minsk")
    records = [
        {"note": "a", "at": "2024-05-31T12:00:00"},
        {"note": "b", "until": "2024-07-01T00:00:00Z"},
        {"note": "c", "state": "withheld"},
    ]
    found = build(archive, records, now=datetime(2024, 6, 1, tzinfo=UTC))
    assert found["articles"] == 1
    assert found["reasons"] == {"embargo": 1, "withdrawn": 1}
    found = build(archive, [], now=datetime(2024, 7, 2, tzinfo=UTC))
    assert found["changed"]["released"] == 1
    archive.release("1.0.0", require=["note"])
    assert sorted(row["note"] for row in archive.load()) == ["a", "b"]
    dated = next(row for row in archive.load() if row["note"] == "a")
    assert dated["at"] == datetime(2024, 5, 31, 9, tzinfo=UTC)
    other = new(tmp_path / "none", PLAIN)
    assert build(other, records[:1])["reasons"] == {"naive-time": 1}


def test_records_without_text_are_not_compared(tmp_path: Path) -> None:
    archive = new(tmp_path, {"properties": {"n": {"type": "integer"}}})
    assert build(archive, [{"n": n % 3} for n in range(9)])["articles"] == 3
    assert archive.verify() == []
    assert archive.release("1.0.0", date="2024-05-31").sealed is not None


def test_an_integer_id_cannot_be_made(tmp_path: Path) -> None:
    words = {"type": ["integer", "null"], "x-newsdata": "id"}
    archive = new(tmp_path, {"properties": {"n": words}})
    assert build(archive, [{"n": 0}, {"n": None}])["reasons"] == {"missing-field": 1}
    archive.release("1.0.0", date="2024-05-31")
    assert archive.verify() == []


def test_the_schema_is_fixed(tmp_path: Path) -> None:
    archive = new(tmp_path)
    kept = archive.path / "schema.json"
    (tmp_path / "product.json").unlink()  # it is in the archive
    assert build(newsdata.Archive(archive.path), reviews()[:1])["articles"] == 1
    text = kept.read_text()
    kept.write_text(text.replace('"maximum": 5', '"maximum": 9'))
    with pytest.raises(ArchiveError, match="cannot be changed"):
        newsdata.Archive(archive.path)
    kept.unlink()
    with pytest.raises(ArchiveError, match=r"schema\.json"):
        newsdata.Archive(archive.path)
    kept.write_text(text)
    settings = archive.path / "newsdata.toml"
    lines_ = settings.read_text().splitlines()
    settings.write_text("\n".join(one for one in lines_ if not one.startswith("schema")))
    with pytest.raises(ArchiveError, match="schema"):
        newsdata.Archive(archive.path)


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"x": {"type": "string", "x-newsdata": "timestamp"}}, "date-time or date"),
        ({"x": {"type": "integer", "x-newsdata": "text"}}, "'text'"),
        ({"x": {"type": "number", "x-newsdata": "id"}}, "a string or an integer"),
        ({"x": {"type": "string"}, "X": {"type": "string"}}, "in its case alone"),
        ({"x": {"type": ["string", "integer"]}}, "one type for a column"),
        ({"x": {"type": "string", "x-newsdata": "provenance"}}, "provenance"),
    ],
)
def test_what_no_archive_can_keep_is_refused(
    tmp_path: Path, properties: dict[str, Any], words: str
) -> None:
    with pytest.raises(SchemaError, match=words):
        new(tmp_path, {"properties": properties})
    assert not (tmp_path / "a").exists()


def test_use_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    archive = new(tmp_path)
    page = tmp_path / "page.txt"
    page.write_text("Headline\n\n2024-05-31 12:00\n\nSome invented text of a page.-0-")
    assert archive.build(page)["rejected"] == 1
    with pytest.raises(UsageError, match="--map"):
        archive.build(page, mapping=newsdata.parse_mapping(["title=headline"]))
    with pytest.raises(SettingsError, match="--schema FILE"):
        init_archive(tmp_path / "b", {"schema": "0" * 64})
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"type": "strng"}')
    assert run(["init", str(tmp_path / "c"), "--schema", str(wrong)]) == 3


def test_an_interrupted_init_can_be_done_again(tmp_path: Path) -> None:
    archive = new(tmp_path)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "schema.json").write_bytes((archive.path / "schema.json").read_bytes())
    newsdata.Archive.create(tmp_path / "b", schema=tmp_path / "s.json")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "schema.json").write_text("{}")
    with pytest.raises(ArchiveError, match="another file"):
        newsdata.Archive.create(tmp_path / "c", schema=tmp_path / "s.json")


def test_several_processes_read_the_same(tmp_path: Path) -> None:
    rng = random.Random(3)
    many = [review(n, rng, headline="x" * 6000) for n in range(1500)]
    hashes = []
    for workers in (1, 2):
        archive = new(tmp_path / str(workers))
        assert build(archive, many, workers=workers)["articles"] == 1500
        sealed = archive.release("1.0.0").sealed
        assert sealed is not None
        hashes.append(sealed.manifest["content_hash"])
    assert hashes[0] == hashes[1]


def test_the_same_version_of_two_archives_is_not_the_same_dataset(tmp_path: Path) -> None:
    """Datasets caches by version and features: what was loaded first came back for both."""
    loaded = []
    for name in ("one", "two"):
        archive = new(tmp_path / name, PLAIN)
        build(archive, [{"note": name}])
        archive.release("1.0.0", date="2024-05-31", require=["note"])
        loaded.append(archive.load()["note"][0])
    assert loaded == ["one", "two"]
