"""Releases in other formats: nothing lost, nothing dangerous, valid by their standards."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import newsdata
from newsdata import cli
from newsdata.errors import ReleaseError, UsageError
from newsdata.exporters.formats import _ARTICLE_FORMATS, FORMATS
from newsdata.exporters.formats.cells import FORMULA, harmless
from newsdata.exporters.formats.jsonld import news_article
from newsdata.exporters.formats.ninjs import ninjs
from newsdata.exporters.formats.plain import named_by_role, records
from newsdata.exporters.formats.uris import own_uri, uri
from newsdata.exporters.sealed import read_manifest, read_rows
from newsdata.schema import parse_schema

ROOT = Path(__file__).resolve().parent.parent
LINES = ("jsonl", "csv", "ninjs", "jsonld")

#: Invented records that make trouble: formulas, quotes, lists, long texts, odd addresses.
FULL: dict[str, Any] = {
    "id": "example:1",
    "alt_ids": ["https://news.example/a/1", "EX-1"],
    "url": "https://news.example/politics/1?a=b&c=%D1%8F",
    "source": "news.example",
    "title": '=HYPERLINK("http://evil.example";"Invented")',
    "lead": '@SUM(1+1), invented; with, every "mark"',
    "text": "Придуманный текст, абзац.\n\n=2+2 is the second one.\r\n\r\n" + "Long. " * 6_000,
    "timestamp": "2023-06-19T01:30:00+03:00",
    "modified": "2023-06-19T10:00:00.250000+03:00",
    "author": ["Ada Fable", "Sam; Story"],
    "photographer": ["-Peter Pattern"],
    "agency": "БЕЛТА",
    "rubric": "Политика",
    "rubric_slug": "politics",
    "topic": "medtop:11000000",
    "tags": ["+invented", "news"],
    "dateline": {"raw": "19 июня, Минск", "places": ["Минск", "Брест"], "date": "2023-06-19"},
    "images": [
        {"url": "/pictures/одна картинка.jpg", "caption": "=caption", "photographer": ["A. B."]},
        {"url": "https://news.example/картинка 2.jpg#a#b", "credit": "100% invented"},
        {},
    ],
    "people": ["Ada Fable"],
    "language": "ru",
    "rights": {
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "copyright_notice": "(c) Invented",
        "free_to_read": False,
        "tdm": "reserved",
        "observed_at": "2023-06-20T00:00:00Z",
    },
    "extra": [{"key": "k", "value": None}, {"key": "j", "value": "{}"}],
}
OTHERS: list[dict[str, Any]] = [
    {
        "id": "-2",
        "title": "\t=1",
        "text": "Invented.",
        "rights": {"license": "a name", "usage_terms": "ask"},
    },
    {
        "id": "bare 3",
        "title": "Day",
        "text": "One invented day.",
        "timestamp": "2023-06-01T00:00:00+03:00",
        "timestamp_precision": "day",
    },
    {"id": "4", "title": "🙂" * 9, "text": "🙂" * 20_000, "url": "https://news.example/4"},
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    given_ = [FULL, *({"source": "news.example", "language": "en", **o} for o in OTHERS)]
    for one in given_:
        one.setdefault("timestamp", "2024-01-02T03:04:05Z")
    lines = "".join(json.dumps(one) + "\n" for one in given_)
    (folder / "in.jsonl").write_text(lines)
    sources = [str(ROOT / "data/pages"), str(ROOT / "data/records"), str(folder / "in.jsonl")]
    newsdata.build(sources, folder / "archive")
    newsdata.release("1.0.0", folder / "archive", require=["id", "title", "text"])
    return folder / "archive"


@pytest.fixture(scope="module")
def release(archive: Path) -> Path:
    return archive / "releases" / "1.0.0"


def exported(release: Path, format_: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    newsdata.export(release, format_, stream, **options)
    return stream.getvalue()


def lines_of(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


# -- every format -------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", LINES)
def test_the_bytes_follow_from_the_release(archive, release, tmp_path, format_):
    whole = exported(release, format_)
    assert exported(archive, format_, version="1.0.0") == whole
    shutil.copytree(release, tmp_path / "elsewhere")
    done = newsdata.export(tmp_path / "elsewhere", format_, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == whole
    assert done.rows == len(read_rows(release))


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_every_config_has_all_its_rows(release, format_):
    for config, about in read_manifest(release)["configs"].items():
        content = exported(release, format_, config=config)
        found = (
            lines_of(content)
            if format_ == "jsonl"
            else list(csv.DictReader(io.StringIO(content.decode(), newline="")))
        )
        rows = read_rows(release, config)
        assert len(found) == sum(part["rows"] for part in about["splits"].values())
        assert all(set(one) <= set(rows.column_names) for one in found)


def test_a_damaged_release_leaves_what_was_there(release, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    shard = sorted((copy / "data").glob("**/*.parquet"))[-1]
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.unlink()
    shard.write_bytes(content)
    for format_ in FORMATS:
        target = tmp_path / f"out.{format_}"
        if format_ != "bagit":
            target.write_bytes(b"before")
        with pytest.raises(ReleaseError, match="damaged"):
            newsdata.export(copy, format_, target)
        assert not target.exists() if format_ == "bagit" else target.read_bytes() == b"before"
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_what_a_format_cannot_is_refused(release, tmp_path):
    for format_, options in (
        ("ninjs", {"columns": ["id"]}),
        ("jsonld", {"config": "nonsense"}),
        ("jsonl", {"excel": True}),
        ("ninjs", {"delimiter": ";"}),
        ("bagit", {"columns": ["id"]}),
        ("csv", {"columns": ["headline"]}),
        ("xml", {}),
    ):
        with pytest.raises(UsageError):
            newsdata.export(release, format_, tmp_path / "out", **options)
        assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match="no folder"):
        newsdata.export(release, "jsonl", tmp_path / "nowhere" / "out")


# -- JSON Lines ---------------------------------------------------------------------------------


def test_an_export_built_again_has_the_same_articles(release, tmp_path):
    (tmp_path / "news.jsonl").write_bytes(exported(release, "jsonl"))
    summary = newsdata.build([str(tmp_path / "news.jsonl")], tmp_path / "again")
    assert summary["articles"] == summary["read"] == len(read_rows(release))
    newsdata.release("1.0.0", tmp_path / "again", require=["id", "title", "text"])
    # The copies beside the articles are not among what was exported.
    first, again = (
        read_manifest(where)["configs"]["articles"]["content_hash"]
        for where in (release, tmp_path / "again" / "releases" / "1.0.0")
    )
    assert first == again


def test_records_are_valid_and_in_the_zone_of_the_publisher(release, schema):
    found = lines_of(exported(release, "jsonl"))
    assert [one["id"] for one in found] == read_rows(release)["id"].to_pylist()
    assert all(schema.validator.is_valid(one) for one in found)
    full = next(one for one in found if one["id"] == "example:1")
    assert full["timestamp"] == FULL["timestamp"]
    assert full["images"][2]["photographer"] == []
    assert list(exported(release, "jsonl", columns=["title", "id"]).splitlines()[0][:10]) == list(
        b'{"title":"'
    )


# -- CSV ----------------------------------------------------------------------------------------


def test_csv_holds_every_value(release):
    content = exported(release, "csv").decode()
    frame = pd.read_csv(io.StringIO(content, newline=""), dtype=str, keep_default_na=False)
    rows = lines_of(exported(release, "jsonl"))
    assert list(frame.columns) == read_rows(release).column_names
    for cells, row in zip(frame.to_dict("records"), rows, strict=True):
        for name, value in row.items():
            if isinstance(value, list | dict):
                assert json.loads(cells[name]) == value
            else:
                assert cells[name] == ("" if value is None else str(value)), name


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_excel_reads_it_and_calculates_nothing(release, delimiter):
    content = exported(release, "csv", excel=True, delimiter=delimiter)
    assert content.startswith(b"\xef\xbb\xbfid")
    text = content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert len(rows) == len(read_rows(release))
    numbers = {"utc_offset"}
    for row in rows:
        for name, cell in row.items():
            if name not in numbers:
                assert not cell.lstrip().startswith(FORMULA[:8]), (name, cell[:40])
    full = next(row for row in rows if row["id"] == "example:1")
    assert full["title"] == "'" + FULL["title"]
    assert full["author"] == "Ada Fable; Sam; Story"
    assert full["photographer"] == "'-Peter Pattern"
    assert full["dateline.places"] == "Минск; Брест"
    assert full["images.caption"] == "'=caption; ; "
    assert full["images.photographer"] == "A. B.; ; "
    assert full["text"].startswith("Придуманный текст, абзац.\n\n=2+2")
    assert full["rights.free_to_read"] == "false"


def test_what_excel_cannot_show_is_told(release):
    done = newsdata.export(release, "csv", io.BytesIO(), excel=True)
    assert done.notes == {
        "cells longer than Excel's 32,767 characters": 2
    }  # 36,000 and 20,000 * 2
    assert newsdata.export(release, "csv", io.BytesIO()).notes == {}


@given(st.text(max_size=20))
@example(" =1+1")
@example("\u00a0＝1")
def test_no_text_is_a_formula(text):
    made = harmless(text)
    assert made in (text, f"'{text}")
    assert not made.lstrip().startswith(FORMULA[:8])
    assert not made.startswith(FORMULA)


# -- ninjs and schema.org -----------------------------------------------------------------------


def official(shared: Path) -> Any:
    """The newest 3.x schema beside the project. 3.1 only adds ``digitalSourceType`` to 3.0, which
    we do not write, so that what is valid by 3.0 is valid by 3.1."""
    import jsonschema_rs

    known = sorted((shared / "ninjs" / "specification").glob("ninjs-schema_3.*.json"))
    own = os.environ.get("NEWSDATA_TEST_NINJS_SCHEMA")
    document = json.loads(Path(own or known[-1]).read_text("utf-8"))
    return jsonschema_rs.Draft202012Validator(
        document, validate_formats=True, retriever=lambda _address: {}
    )


def test_every_item_is_valid_by_the_official_schema(release, shared):
    validator = official(shared)
    assert not validator.is_valid({"uri": "no uri at all"})
    assert not validator.is_valid({"uri": "urn:x:1", "headline": "of ninjs 1"})
    items = lines_of(exported(release, "ninjs"))
    assert len(items) == len(read_rows(release))
    for item in items:
        assert [str(e)[:300] for e in validator.iter_errors(item)] == []


def test_every_real_article_is_valid_by_the_official_schema(shared, tmp_path):
    pages = shared / "pages"
    sources = [str(pages / "belta" / "*.txt"), str(pages / "fundus" / "[a-d]*.html.gz")]
    newsdata.build(sources, tmp_path / "archive", timezone="Europe/Minsk")
    newsdata.release("1.0.0", tmp_path / "archive", require=["id", "title", "text"])
    items = lines_of(exported(tmp_path / "archive", "ninjs"))
    assert len(items) > 30
    validator = official(shared)
    for item in items:
        assert [str(e)[:300] for e in validator.iter_errors(item)] == []


def test_an_item_says_what_the_record_says(release):
    item = next(one for one in lines_of(exported(release, "ninjs")) if "Ada" in one.get("by", ""))
    assert item["uri"] == FULL["url"]
    assert item["firstCreated"] == FULL["timestamp"]
    assert item["headlines"][0]["value"] == FULL["title"]
    assert item["bodies"][0]["charCount"] == len(item["bodies"][0]["value"])
    assert item["subjects"] == [
        {"name": "Политика", "rel": "rubric", "literal": "politics"},
        {"rel": "about", "uri": "http://cv.iptc.org/newscodes/mediatopic/11000000",
         "literal": "medtop:11000000"},
        {"name": "+invented", "rel": "keyword"},
        {"name": "news", "rel": "keyword"},
    ]  # fmt: skip
    first, second, third = item["associations"]
    assert first["uri"] == FULL["url"] + "#picture-1"  # a relative address is none
    assert "renditions" not in first
    assert second["renditions"][0]["href"].startswith("https://news.example/%D0%BA")
    assert second["uri"].count("#") == 1
    assert third == {"name": "picture-3", "rel": "illustration", "type": "picture",
                     "uri": FULL["url"] + "#picture-3"}  # fmt: skip
    assert item["rightsInfo"] == {"linkedRights": FULL["rights"]["license"]}
    assert item["standard"]["version"] == "3.1"


def test_a_licence_that_is_a_name_and_an_article_without_a_text():
    item = ninjs(
        {"id": "a b", "title": "T", "rights": {"license": "a name", "usage_terms": "ask"}}
    )
    assert (item["uri"], item["representationType"]) == ("urn:newsdata:a%20b", "partial")
    assert item["usageTerms"] == "ask; a name"
    assert "rightsInfo" not in item
    made = news_article({"id": "a b", "rights": {"license": "a name"}})
    assert made["license"] == {"@type": "CreativeWork", "name": "a name"}


def test_json_ld_has_the_names_of_schema_org(release, schema):
    found = lines_of(exported(release, "jsonld"))
    assert len(found) == len(read_rows(release))
    for one in found:
        assert (one["@context"], one["@type"]) == ("https://schema.org", "NewsArticle")
        assert None not in one.values()
    full = next(one for one in found if one["identifier"][0] == "example:1")
    told = {sub["x-schema-org"].split(".")[0] for name, sub in schema.properties.items()
            if "x-schema-org" in sub and FULL.get(name)}  # fmt: skip
    assert told <= set(full)
    assert full["sameAs"] == ["https://news.example/a/1"]
    assert full["identifier"] == ["example:1", "EX-1"]
    assert full["isAccessibleForFree"] is False
    day = next(one for one in found if one["identifier"][0] == "bare 3")
    assert day["datePublished"] == "2023-06-01"
    assert day["@id"] == "urn:newsdata:bare%203"


def test_other_records_go_by_their_roles():
    document = {
        "type": "object",
        "properties": {
            "key": {"type": "string", "x-newsdata": "id"},
            "headline": {"type": "string", "x-newsdata": "title"},
            "when": {"type": ["string", "null"], "format": "date-time", "x-newsdata": "timestamp"},
        },
    }
    schema = parse_schema(document, "note")
    array = schema.to_arrow([schema.canonical({"key": "k", "headline": "H", "when": None})])
    import pyarrow as pa

    (record,) = records(pa.RecordBatch.from_struct_array(array), schema)
    assert record == {"key": "k", "headline": "H", "when": None}
    for make in _ARTICLE_FORMATS.values():
        assert "H" in json.dumps(make(named_by_role(record, schema)))


def test_fields_that_only_have_the_names_of_an_articles_are_left_out(tmp_path, capsysbinary):
    texts = {"type": ["string", "null"]}
    document = {
        "type": "object",
        "properties": {
            "number": {"type": "integer", "x-newsdata": "id"},
            "words": {"type": "string", "x-newsdata": "text"},
            "who": {**texts, "x-newsdata": "author"},
            "day": {**texts, "format": "date", "x-newsdata": "timestamp"},
            "people": {
                "type": "array",
                "items": {"type": "object", "properties": {"name": texts, "age": texts}},
            },
            "tags": texts,
            "topic": texts,
            "dateline": texts,
            "rights": texts,
            "images": {"type": "array", "items": texts},
            "lead": {"type": ["number", "null"]},
            "alt_ids": {"type": "array", "items": {"type": "integer"}},
        },
    }
    (tmp_path / "schema.json").write_text(json.dumps(document))
    archive = tmp_path / "archive"
    assert cli.run(["init", str(archive), "--schema", str(tmp_path / "schema.json")]) == 0
    records = [
        {
            "number": number, "words": f"Invented {number}.", "who": "Ada Fable",
            "day": "2024-05-31", "people": [{"name": "x", "age": "1"}],
            "tags": "one tag", "topic": "sports", "dateline": "MINSK", "rights": "all mine",
            "images": ["a.jpg"], "lead": 1.5, "alt_ids": [1],
        }
        for number in (-7, 0, 2**62)
    ]  # fmt: skip
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    newsdata.build([tmp_path / "in.jsonl"], archive)
    release = newsdata.release("1.0.0", archive).sealed.path
    items = [json.loads(line) for line in exported(release, "ninjs").splitlines()]
    assert [one["uri"] for one in items] == [f"urn:newsdata:{n}" for n in (-7, 0, 2**62)]
    for item in items:
        assert item["by"] == "Ada Fable"
        assert item["subjects"] == [{"name": "one tag", "rel": "keyword"}]
        left = {"firstCreated", "people", "associations", "rightsInfo", "located"}
        assert not left & item.keys()
    for line in exported(release, "jsonld").splitlines():
        one = json.loads(line)
        assert one["author"] == [{"@type": "Person", "name": "Ada Fable"}]
        assert one["datePublished"].startswith("2024-05-31")
        assert not {"about", "image", "mentions", "description", "dateline"} & one.keys()
    capsysbinary.readouterr()
    assert cli.run(["show", "0", "-a", str(archive), "--cite", "bibtex"]) == 0
    cited = capsysbinary.readouterr().out.decode()
    assert "author = {{Ada Fable}}" in cited
    assert "year = {2024}" in cited


@given(st.text(max_size=40) | st.text(max_size=20).map("https://a.example/{}".format))
def test_uris_are_valid_or_none(text):
    import jsonschema_rs

    validator = jsonschema_rs.Draft202012Validator(
        {"type": "string", "format": "uri"}, validate_formats=True
    )
    made = uri(text)
    assert made is None or (validator.is_valid(made) and made.isascii())
    assert validator.is_valid(own_uri(text, text))


# -- BagIt --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bag(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("bag") / "news-1.0.0"
    newsdata.export(release, "bagit", target)
    return target


def test_the_library_of_congress_finds_the_bag_valid(bag, release):
    bagit = pytest.importorskip("bagit", reason="the bagit library reads bags in development")
    made = bagit.Bag(str(bag))
    made.validate()
    assert made.version_info == (1, 0)
    assert made.info["Payload-Oxum"] == ".".join(
        map(str, [sum(p.stat().st_size for p in release.rglob("*") if p.is_file()),
                  sum(p.is_file() for p in release.rglob("*"))])
    )  # fmt: skip
    assert newsdata.verify(bag / "data") == []


def test_a_flipped_byte_anywhere_in_the_bag_is_found(bag, tmp_path):
    bagit = pytest.importorskip("bagit", reason="the bagit library reads bags in development")
    for path in sorted(p for p in bag.rglob("*") if p.is_file()):
        if path.name == "tagmanifest-sha256.txt":
            continue
        copy = tmp_path / "copy"
        shutil.copytree(bag, copy)
        broken = copy / path.relative_to(bag)
        content = bytearray(broken.read_bytes())
        content[len(content) // 2] ^= 1
        broken.write_bytes(content)
        with pytest.raises((bagit.BagError, UnicodeDecodeError)):
            bagit.Bag(str(copy)).validate()
        shutil.rmtree(copy)


def test_a_bag_is_never_written_over_anything_and_its_bytes_are_fixed(bag, release, tmp_path):
    with pytest.raises(ReleaseError, match="exists"):
        newsdata.export(release, "bagit", bag)
    newsdata.export(release, "bagit", tmp_path / "again")
    for path in (p for p in bag.rglob("*") if p.is_file()):
        assert path.read_bytes() == (tmp_path / "again" / path.relative_to(bag)).read_bytes()
    # Its files are its own: nothing done to a bag reaches the release.
    assert all(
        (bag / "data" / p.relative_to(release)).stat().st_ino != p.stat().st_ino
        for p in release.rglob("*")
        if p.is_file()
    )


# -- the command --------------------------------------------------------------------------------


def test_the_command_writes_files_streams_and_bags(archive, release, tmp_path, capsysbinary):
    target = str(tmp_path / "out.csv")
    assert cli.run(["export", "-a", str(archive), "-f", "csv", "--excel", "-o", target]) == 0
    assert Path(target).read_bytes() == exported(release, "csv", excel=True)
    told = capsysbinary.readouterr()
    assert told.out == b""
    assert b"2 cells longer than Excel" in told.err
    assert cli.run(["export", str(release), "-f", "jsonl", "-q"]) == 0
    assert capsysbinary.readouterr().out == exported(release, "jsonl")
    place = str(tmp_path / "bag")
    assert cli.run(["export", "1.0.0", "-a", str(archive), "-f", "bagit", "-o", place]) == 0
    assert (tmp_path / "bag" / "bagit.txt").is_file()
    assert cli.run(["export", "1.0.0", "-a", str(archive), "-f", "bagit", "-o", place]) == 3
    capsysbinary.readouterr()
    asked = ["export", "-a", str(archive), "-f", "jsonl", "-o", target, "--json"]
    assert cli.run(asked) == 0
    told = json.loads(capsysbinary.readouterr().out)
    assert (told["format"], told["rows"]) == ("jsonl", len(read_rows(release)))


def test_bad_use_of_the_command(archive, capsys):
    for arguments in (
        ["-f", "bagit"],
        ["-f", "jsonl", "--json"],
        ["-f", "csv", "--delimiter", "ab"],
        ["-f", "jsonl", "--excel"],
        ["-f", "xlsx"],
        ["-f", "csv", "--columns", ","],
        ["-f", "csv", "nowhere"],
        ["-f", "csv", str(archive)],
        [],
    ):
        assert cli.run(["export", "-a", str(archive), *arguments]) == 2, arguments
    assert cli.run(["export", "9.9.9", "-a", str(archive), "-f", "jsonl"]) == 3
    assert "there are 1.0.0" in capsys.readouterr().err


STOPPED = """
import os, signal, sys
from newsdata import cli
from newsdata.exporters import formats

read = formats.scanner
# It is ignored by what a shell runs in the background, as it may run these tests.
signal.signal(signal.SIGINT, signal.default_int_handler)

def stopped(*arguments, **options):
    os.kill(os.getpid(), int(sys.argv[1]))
    return read(*arguments, **options)

formats.scanner = stopped
sys.exit(cli.run(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
def test_an_interrupted_export_leaves_nothing_half_done(release, tmp_path, number, code):
    target = tmp_path / "out.csv"
    target.write_text("as it was")
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, str(int(number)),
         "export", str(release), "-f", "csv", "-o", str(target)],
        capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == code
    assert b"interrupted" in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["out.csv"]
    assert target.read_text() == "as it was"


def test_what_a_link_leads_to_is_replaced_and_not_the_link(release, tmp_path):
    (tmp_path / "kept").mkdir()
    target = tmp_path / "kept" / "news.csv"
    target.write_text("as it was")
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    assert cli.run(["export", str(release), "-f", "csv", "-o", str(link)]) == 0
    assert link.is_symlink()
    assert target.read_bytes() == exported(release, "csv")


def test_a_place_that_cannot_be_written_is_named_as_it_was_given(release, capsys):
    if not Path("/proc").is_dir():
        pytest.skip("needs a folder in which nobody can make a file")
    assert cli.run(["export", str(release), "-f", "csv", "-o", "/proc/news.csv"]) == 3
    assert "newsdata: /proc/news.csv: " in capsys.readouterr().err


def test_a_reader_that_leaves_ends_quietly(archive):
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m newsdata export -a {archive} -f jsonl | head -c 10"],
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert b"bug" not in done.stderr


@pytest.mark.skipif(
    "NEWSDATA_TEST_EXPORT_ROWS" not in os.environ or not Path("/proc/self/status").exists(),
    reason="set NEWSDATA_TEST_EXPORT_ROWS, such as 200000, to measure memory on Linux",
)
def test_memory_does_not_grow_with_the_release(tmp_path):
    peaks = []
    most = int(os.environ["NEWSDATA_TEST_EXPORT_ROWS"])
    for rows in (most // 10, most):
        place = tmp_path / str(rows)
        text = "Invented words of number {} that no other text has, {}. " * 40
        with (tmp_path / "in.jsonl").open("w") as file:
            for n in range(rows):
                one = {"id": f"m:{n}", "source": "m.example", "language": "en", "title": f"T {n}",
                       "text": text.format(*([n, n * 7] * 40)),
                       "timestamp": f"20{n % 20:02}-01-01T00:00:00Z"}  # fmt: skip
                file.write(json.dumps(one) + "\n")
        newsdata.build([str(tmp_path / "in.jsonl")], place)
        newsdata.release("1.0.0", place)
        for format_ in LINES:
            code = (
                "import newsdata;"
                f"newsdata.export({str(place)!r}, {format_!r}, open('/dev/null', 'wb'));"
                "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
            )
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
            peaks.append((format_, rows, int(done.stdout)))
    print(peaks)
    small, large = peaks[: len(LINES)], peaks[len(LINES) :]
    for (_, _, one), (_, _, two) in zip(small, large, strict=True):
        assert two < one + 100_000  # kilobytes
