"""Sealed releases: the same bytes, readable by everybody, and any damage is found."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdata import releases
from newsdata.errors import ReleaseError, UsageError
from newsdata.exporters import audit, manifest, rows, shards
from newsdata.exporters.audit import Finding, verify
from newsdata.exporters.card import size_category
from newsdata.exporters.directory import Sealed, seal
from newsdata.exporters.features import yaml_features
from newsdata.exporters.loading import known_versions, load
from newsdata.exporters.parquet import write_shard
from newsdata.exporters.plan import About
from newsdata.exporters.rows import content_hash, differing
from newsdata.exporters.sealed import read_manifest, read_rows
from newsdata.records import empty_record
from newsdata.reference import Disagreement
from newsdata.schema import Schema, canonical_json, parse_schema
from newsdata.settings import Settings
from newsdata.sizes import row_bytes

ROOT = Path(__file__).parent.parent
SCHEMA: Schema = parse_schema(
    orjson.loads((ROOT / "schemas" / "article.schema.json").read_bytes()), "article"
)


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``datasets`` without network, its cache in the test's own folder."""
    import datasets.config

    for name in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "hf"))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "hf"))
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


# Invented articles. June has none of what July has, so that June's shard has columns of nulls.
def article(number: int, **more: Any) -> dict[str, Any]:
    values = {
        "id": f"example-ru:{number}",
        "source": "example.by",
        "title": f"Придуманный заголовок {number}",
        "text": f"Придуманный текст номер {number}.\n\n" + "Второй абзац. " * (number % 7),
        "timestamp": f"2023-06-{1 + number % 28:02}T10:00:00+03:00",
        "language": "ru",
    }
    return empty_record(**{**values, **more})


FULL: dict[str, Any] = {
    "timestamp": "2023-07-05T09:30:15.25+03:00",
    "utc_offset": 180,
    "local_date": "2023-07-05",
    "timestamp_precision": "second",
    "author": ["Иван Примеров"],
    "photographer": ["Пётр Образцов"],
    "rubric": "Общество | <b>",
    "tags": ["придумано", ""],
    "dateline": {"raw": "5 июля, Минск", "places": ["Минск"], "date": None, "agency": "БЕЛТА"},
    "images": [{"url": None, "caption": "Подпись", "photographer": [], "after_paragraph": 2}, {}],
    "language": "be-tarask",
    "rights": {"tdm": "reserved", "free_to_read": False, "observed_at": "2023-07-06T00:00:00Z"},
    "provenance": {"extractor_version": 3, "fields": [{"field": "title", "method": "dom"}]},
    "extra": [{"key": "k", "value": None}],
}
ARTICLES = [*(article(n) for n in range(30)), article(100, **FULL), article(101, **FULL)]


def table(records: list[dict[str, Any]]) -> pa.Table:
    array = SCHEMA.to_arrow([SCHEMA.canonical(record) for record in records])
    return pa.Table.from_batches([pa.RecordBatch.from_struct_array(array)]).cast(SCHEMA.arrow)


def plan(records: list[dict[str, Any]] | pa.Table, **options: Any) -> releases.Plan:
    articles = table(records) if isinstance(records, list) else records
    named = {"version": "1.0.0", "name": "Придуманные новости", **options}
    return releases.plan(articles, SCHEMA, named.pop("settings", Settings()), **named)


def sealed(where: Path, records: Any = ARTICLES, **options: Any) -> Sealed:
    made = plan(records, **options)
    return seal(where / made.version, made)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


# -- features -----------------------------------------------------------------------------------


def test_features_are_written_as_datasets_writes_them() -> None:
    kinds = [pa.float64(), pa.bool_(), pa.int64(), pa.list_(pa.list_(pa.int16())), pa.date32()]
    nested = pa.list_(pa.struct({"a": pa.list_(pa.struct({"z": pa.timestamp("us", "UTC")}))}))
    odd = pa.schema({f"c{i}": kind for i, kind in enumerate([*kinds, nested])})
    from datasets import Features

    for schema in (SCHEMA.arrow, odd):
        assert yaml_features(schema) == Features.from_arrow_schema(schema)._to_yaml_list()


def test_size_categories_are_those_of_the_hub() -> None:
    assert [size_category(n) for n in (1, 999, 1000, 10**6, 10**13)] == [
        "n<1K",
        "n<1K",
        "1K<n<10K",
        "1M<n<10M",
        "n>1T",
    ]


# -- the content hash ---------------------------------------------------------------------------

SMALL = parse_schema(
    {
        "type": "object",
        "properties": {
            "id": {"type": "string", "x-newsdata": "id"},
            "n": {"type": ["integer", "null"]},
            "x": {"type": ["number", "null"]},
            "b": {"type": ["boolean", "null"]},
            "day": {"type": ["string", "null"], "format": "date"},
            "at": {"type": ["string", "null"], "format": "date-time"},
            "words": {"type": "array", "items": {"type": ["string", "null"]}},
            "deep": {
                "type": "array",
                "items": {
                    "type": ["object", "null"],
                    "properties": {
                        "k": {"type": ["string", "null"]},
                        "l": {"type": "array", "items": {"type": "string"}},
                    },
                },
            },
        },
    },
    "small",
)
# Few letters, so that hypothesis often finds neighbours such as ["a", "b"] and ["ab"].
words = st.text("ab", max_size=2)
maybe = st.none() | words
record = st.fixed_dictionaries(
    {
        "id": words,
        "n": st.none() | st.integers(-2, 2),
        "x": st.none() | st.sampled_from([0.5, 1.0]),
        "b": st.none() | st.booleans(),
        "day": st.none() | st.sampled_from(["2023-06-19", "1970-01-01"]),
        "at": st.none() | st.sampled_from(["2023-06-19T00:00:00Z", "1970-01-01T00:00:00Z"]),
        "words": st.none() | st.lists(maybe, max_size=2),
        "deep": st.lists(
            st.none()
            | st.fixed_dictionaries({"k": maybe, "l": st.none() | st.lists(words, max_size=2)}),
            max_size=2,
        ),
    }
)


def small(records: list[dict[str, Any]]) -> pa.Table:
    array = SMALL.to_arrow(records)
    return pa.Table.from_batches([pa.RecordBatch.from_struct_array(array)]).cast(SMALL.arrow)


def canonical(records: list[dict[str, Any]]) -> list[bytes]:
    return [canonical_json(SMALL.canonical(one)) for one in records]


@settings(max_examples=150, deadline=None)
@given(st.lists(record, max_size=4), st.lists(record, max_size=4), st.integers(0, 4))
def test_the_content_hash_is_equal_exactly_where_the_canonical_rows_are(
    one: list[dict[str, Any]], two: list[dict[str, Any]], at: int
) -> None:
    first = content_hash(SMALL.arrow, small(one))
    second = content_hash(SMALL.arrow, small(two))
    assert (first == second) == (canonical(one) == canonical(two))
    pieces = pa.concat_tables([small(one[:at]), small(one[at:]), small([])])
    assert content_hash(SMALL.arrow, pieces) == first


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(record, record), max_size=5), st.randoms())
def test_rows_differ_exactly_where_their_canonical_records_do(
    pairs: list[tuple[dict[str, Any], dict[str, Any]]], chance: random.Random
) -> None:
    import numpy as np

    one = [a for a, _ in pairs]
    two = [chance.choice(pair) for pair in pairs]
    order = np.arange(len(pairs))
    found = differing(small(one), small(two), (order, order)).tolist()
    assert found == [a != b for a, b in zip(canonical(one), canonical(two), strict=True)]


@settings(max_examples=40, deadline=None)
@given(st.lists(record, max_size=5))
def test_the_size_of_a_row_does_not_depend_on_the_others(records: list[dict[str, Any]]) -> None:
    alone = [int(row_bytes(small([one]))[0]) for one in records]
    assert row_bytes(small(records)).tolist() == alone


def test_the_content_hash_survives_parquet_and_wide_types(tmp_path: Path) -> None:
    whole = rows.conform(table(ARTICLES), SCHEMA.arrow)
    expected = content_hash(SCHEMA.arrow, whole)
    pq.write_table(whole, tmp_path / "x.parquet", row_group_size=3, version="1.0")
    assert content_hash(SCHEMA.arrow, pq.read_table(tmp_path / "x.parquet")) == expected
    wide = pa.schema([pa.field(f.name, rows._wide(f.type)) for f in SCHEMA.arrow])
    assert content_hash(SCHEMA.arrow, whole.cast(wide)) == expected


# -- sealing ------------------------------------------------------------------------------------


def test_same_rows_in_any_order_and_chunking_are_the_same_bytes(tmp_path: Path) -> None:
    one = sealed(tmp_path / "a")
    mixed = random.Random(5).sample(ARTICLES, len(ARTICLES))
    pieces = pa.concat_tables([table(mixed[i : i + 4]) for i in range(0, len(mixed), 4)])
    time.sleep(1.1)  # a clock in the bytes would show
    two = sealed(tmp_path / "elsewhere" / "b", pieces)
    assert contents(one.path) == contents(two.path)
    assert verify(one.path) == []


def test_the_chunks_of_a_table_are_no_matter(tmp_path: Path) -> None:
    chance = random.Random(2)
    # Enough text for several pages: in small files chunks leave no trace anyway.
    texts = [" ".join(str(chance.random()) for _ in range(100)) for _ in range(1500)]
    whole = table([article(n, text=text) for n, text in enumerate(texts)])
    pieces = pa.concat_tables([whole.slice(i, 7) for i in range(0, whole.num_rows, 7)])
    for name, rows_ in (("a", whole), ("b", pieces)):
        write_shard(tmp_path / name, rows_, SCHEMA)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_null_lists_and_empty_ones_are_the_same_bytes(tmp_path: Path) -> None:
    column = table(ARTICLES)
    nulls = column.set_column(
        column.column_names.index("alt_ids"),
        "alt_ids",
        pa.nulls(column.num_rows, SCHEMA.arrow.field("alt_ids").type),
    )
    assert contents(sealed(tmp_path / "a").path) == contents(sealed(tmp_path / "b", nulls).path)


def test_everything_in_the_manifest_is_true(tmp_path: Path) -> None:
    counts = {"articles": 33, "rejected": 2}
    extra = article(7000, language=None)
    release = sealed(tmp_path, [*ARTICLES, extra], counts=counts)
    document = read_manifest(release.path)
    assert document == json.loads(json.dumps(release.manifest))
    assert document["rows"] == read_rows(release.path).num_rows == len(ARTICLES)
    assert document["left_out"] == {"missing-language": 1}
    assert document["counts"] == counts
    assert document["date"] == "2023-07-05"
    assert document["versions"]["pyarrow"] == pa.__version__
    on_disk = contents(release.path)
    assert document["files"].keys() == on_disk.keys() - {"manifest.json", "SHA256SUMS"}
    assert all(entry["size"] == len(on_disk[n]) for n, entry in document["files"].items())
    assert json.loads(on_disk["article.schema.json"]) == SCHEMA.document
    assert str(tmp_path).encode() not in b"".join(on_disk.values())
    if shutil.which("sha256sum"):
        subprocess.run(
            ["sha256sum", "-c", "--strict", "SHA256SUMS"],
            cwd=release.path,
            check=True,
            capture_output=True,
        )


def test_every_shard_has_the_one_schema(tmp_path: Path) -> None:
    release = sealed(tmp_path)
    for name in (shard.name for shard in plan(ARTICLES).shards):
        schema = pq.read_schema(release.path / name)
        assert schema.equals(SCHEMA.arrow)
        assert schema.metadata is None
        group = pq.read_metadata(release.path / name).row_group(0)
        assert group.column(0).compression == "ZSTD"
        assert group.column(0).has_column_index
        assert group.column(0).has_offset_index


def test_row_groups_are_cut_by_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsdata.exporters.parquet.ROW_GROUP_BYTES", 5_000)
    release = sealed(tmp_path)
    june = pq.read_metadata(release.path / "data/train-2023-06-00000.parquet")
    assert june.num_row_groups > 2
    assert verify(release.path) == []


def test_the_same_version_again(tmp_path: Path) -> None:
    first = sealed(tmp_path)
    before = contents(first.path)
    again = sealed(tmp_path)
    assert (again.created, again.differs) == (False, ())
    dated = sealed(tmp_path, date="2030-01-01", counts={"articles": 1})
    assert (dated.created, dated.differs) == (False, ("counts", "date"))
    with pytest.raises(ReleaseError, match=r"1\.0\.0 is taken.*other content"):
        sealed(tmp_path, ARTICLES[:-1])
    assert contents(first.path) == before
    assert [p.name for p in tmp_path.iterdir() if p.name != "hf"] == ["1.0.0"]


def test_a_place_that_is_no_release_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "1.0.0").mkdir()
    (tmp_path / "1.0.0" / "mine.txt").write_text("mine")
    with pytest.raises(ReleaseError, match="cannot be replaced"):
        sealed(tmp_path)
    assert (tmp_path / "1.0.0" / "mine.txt").read_text() == "mine"


def test_unchanged_shards_are_links_to_the_release_before(tmp_path: Path) -> None:
    first = sealed(tmp_path)
    grown = plan([*ARTICLES, article(500, **{**FULL, "title": "Новое"})], version="1.1.0")
    second = seal(tmp_path / "1.1.0", grown, previous=first.path)
    june, july = (f"data/train-2023-{month}-00000.parquet" for month in ("06", "07"))
    assert (second.path / june).samefile(first.path / june)
    assert not (second.path / july).samefile(first.path / july)
    assert verify(second.path) == verify(first.path) == []


def test_a_damaged_old_shard_does_not_spread(tmp_path: Path) -> None:
    first = sealed(tmp_path)
    june = first.path / "data/train-2023-06-00000.parquet"
    flip(june, june.stat().st_size // 2)
    second = seal(tmp_path / "1.0.1", plan(ARTICLES, version="1.0.1"), previous=first.path)
    assert verify(second.path) == []


def test_undated_rows_and_a_single_row(tmp_path: Path) -> None:
    one = sealed(tmp_path / "one", [article(1)])
    assert verify(one.path) == []
    both = [article(1), article(2, timestamp=None)]
    require = ["id", "title", "text"]
    two = sealed(tmp_path / "two", both, require=require)
    assert verify(two.path) == []
    assert (two.path / "data/train-undated-00000.parquet").is_file()
    assert load(two.path)["timestamp"][-1] is None


def test_further_documents_travel_along(tmp_path: Path) -> None:
    release = sealed(tmp_path, documents={"NOTICE": b"invented", "docs/removed.csv": b"id\n"})
    assert "docs/removed.csv" in release.manifest["files"]
    assert verify(release.path) == []
    for path in ("../x", "/x", "README.md", "LICENSE", "data/x", "images/x", ".hidden", "a//b"):
        with pytest.raises(UsageError, match="no place"):
            sealed(tmp_path / "other", documents={path: b""})


def test_the_directory_can_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        release = sealed(tmp_path)
    finally:
        os.umask(mask)
    assert release.path.stat().st_mode & 0o777 == 0o755


# -- killed and living seals --------------------------------------------------------------------

HALFWAY = """
import json, pathlib, sys
import pyarrow.parquet as pq
from newsdata import releases, schema, settings
from newsdata.exporters import directory

target, rows, document = sys.argv[1:]
schema = schema.parse_schema(json.loads(pathlib.Path(document).read_text("utf-8")), "article")
made = releases.plan(
    pq.read_table(rows), schema, settings.Settings(), version="1.0.0", name="{name}"
)
put = directory._put

def stop(path, content):
    directory._put = put
    print("halfway", flush=True)
    sys.stdin.read()
    return put(path, content)

directory._put = stop
directory.seal(pathlib.Path(target), made)
""".replace("{name}", "Придуманные новости")


def halfway(target: Path) -> subprocess.Popen[str]:
    """A process that seals, and stops when the shards are written."""
    given_rows, document = target.parent / "rows", ROOT / "schemas" / "article.schema.json"
    pq.write_table(table(ARTICLES), given_rows)
    process = subprocess.Popen(
        [sys.executable, "-c", HALFWAY, str(target), str(given_rows), str(document)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "halfway\n"
    return process


def partials(folder: Path) -> list[Path]:
    return list(folder.glob(".*.partial"))


def test_a_killed_seal_leaves_no_release_and_is_cleaned_up(tmp_path: Path) -> None:
    process = halfway(tmp_path / "1.0.0")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(partials(tmp_path)) == 1
    assert not (tmp_path / "1.0.0").exists()
    assert known_versions(tmp_path) == []
    assert sealed(tmp_path).created
    assert partials(tmp_path) == []
    assert verify(tmp_path / "1.0.0") == []


def test_a_living_seal_is_left_alone_and_the_slower_one_agrees(tmp_path: Path) -> None:
    process = halfway(tmp_path / "1.0.0")
    assert sealed(tmp_path).created
    assert len(partials(tmp_path)) == 1
    process.communicate("")
    assert process.returncode == 0
    assert partials(tmp_path) == []
    assert verify(tmp_path / "1.0.0") == []


def test_a_failing_seal_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shards, "write_groups", full)
    with pytest.raises(ReleaseError, match="No space left"):
        sealed(tmp_path / "r")
    assert list((tmp_path / "r").iterdir()) == []


# -- damage -------------------------------------------------------------------------------------


def flip(path: Path, at: int, bit: int = 1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= bit
    path.write_bytes(bytes(content))


def test_a_flipped_byte_is_found_in_every_file(tmp_path: Path) -> None:
    release = sealed(tmp_path).path
    chance = random.Random(11)
    for name, content in contents(release).items():
        places = {0, len(content) - 1, *(chance.randrange(len(content)) for _ in range(6))}
        for at in places:
            flip(release / name, at, bit := 1 << chance.randrange(8))
            findings = verify(release)
            assert {finding.file for finding in findings} == {name}, (name, at, bit)
            (release / name).write_bytes(content)
    assert verify(release) == []


def test_every_byte_of_the_manifest_and_the_sums_counts(tmp_path: Path) -> None:
    release = sealed(tmp_path, ARTICLES[:2]).path
    for name in ("manifest.json", "SHA256SUMS"):
        content = (release / name).read_bytes()
        for at in range(0, len(content), 23):
            flip(release / name, at, 0x20 if at % 2 else 1)
            assert {finding.file for finding in verify(release)} == {name}, at
        (release / name).write_bytes(content)
    content = (release / "manifest.json").read_bytes()
    (release / "manifest.json").write_bytes(content.replace(b"\n", b" ", 1))  # still equal JSON
    assert {finding.file for finding in verify(release)} == {"manifest.json"}


def test_missing_and_unexpected_files_and_cut_shards(tmp_path: Path) -> None:
    release = sealed(tmp_path).path
    june, july = (release / f"data/train-2023-{month}-00000.parquet" for month in ("06", "07"))
    june.write_bytes(june.read_bytes()[:-100])
    july.unlink()
    (release / "data" / "more.parquet").write_bytes(b"x")
    found = {(f.file.rpartition("/")[2], f.code) for f in verify(release)}
    assert found == {
        ("train-2023-06-00000.parquet", "sha256"),
        ("train-2023-06-00000.parquet", "size"),
        ("train-2023-07-00000.parquet", "missing"),
        ("more.parquet", "unexpected"),
    }
    for finding in verify(release):
        assert finding.found
        assert finding.expected
        assert finding.file in str(finding)


@pytest.mark.parametrize("name", ["manifest.json", "SHA256SUMS", "README.md"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    release = sealed(tmp_path).path
    (release / name).unlink()
    assert [(f.file, f.code) for f in verify(release)] == [(name, "missing")]


def test_what_is_no_release_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="no release here"):
        verify(tmp_path)
    release = sealed(tmp_path).path
    document = {**read_manifest(release), "format": 2}
    document[manifest.SELF] = manifest.self_hash(document)
    (release / "manifest.json").write_bytes(manifest.to_bytes(document))
    for read in (verify, read_manifest, load):
        with pytest.raises(ReleaseError, match="found format 2, this newsdata reads up to 1"):
            read(release)


@pytest.mark.parametrize(("most", "asked"), [(1000, 20), (8, 4), (1, 1)])
def test_a_second_opinion_is_asked_of_rows_of_every_shard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, asked: int
) -> None:
    """So many of each shard, and of all together while shards are not more than these."""
    release = sealed(tmp_path).path
    splits = read_manifest(release)["configs"]["articles"]["splits"]
    names = [name for split in splits.values() for name in split["files"]]
    assert len(names) == 2
    seen: list[int] = []

    def opinion(rows: list[dict[str, Any]], _schema: Schema) -> list[Disagreement]:
        seen.append(len(rows))
        return [Disagreement(0, (), ("/title type",))]

    monkeypatch.setattr(audit, "second_opinion", opinion)
    monkeypatch.setattr(audit, "MOST_SAMPLED", most)
    found = [(f.file, f.code) for f in verify(release)]
    assert found == [(name, "validators") for name in names]
    rows_of = [pq.read_metadata(release / name).num_rows for name in names]
    assert seen == [min(asked, rows) for rows in rows_of]


def forged(release: Path, name: str, rewritten: pa.Table) -> list[Finding]:
    """Findings after a shard was replaced and every checksum made to fit."""
    pq.write_table(rewritten, release / name, compression="zstd")
    document = read_manifest(release)
    entry = shards.file_entry(release / name)
    document["files"][name] = {**entry, "rows": rewritten.num_rows}
    document[manifest.SELF] = manifest.self_hash(document)
    (release / "manifest.json").write_bytes(manifest.to_bytes(document))
    hashes = {n: e["sha256"] for n, e in document["files"].items()}
    hashes["manifest.json"] = shards.file_entry(release / "manifest.json")["sha256"]
    (release / "SHA256SUMS").write_bytes(manifest.sums(hashes))
    return verify(release)


def test_forged_shards_are_found_by_what_they_hold(tmp_path: Path) -> None:
    june = "data/train-2023-06-00000.parquet"

    def findings(change: Any) -> set[tuple[str, str]]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        release = sealed(folder).path
        old = pq.ParquetFile(release / june).read()
        return {(f.file, f.code) for f in forged(release, june, change(old))}

    assert findings(lambda t: t) == set()
    last_first = [29, *range(29)]
    assert findings(lambda t: t.take(last_first)) == {(june, "order")}
    titles = pa.array(["Другой заголовок"] * 30)
    assert findings(lambda t: t.set_column(5, "title", titles)) == {
        ("manifest.json", "content-hash")
    }
    other_rows = {
        ("manifest.json", "articles/train/rows"),
        ("manifest.json", "content-hash"),
        ("manifest.json", "rows"),
    }
    assert findings(lambda t: t.slice(1)) == other_rows
    twice = findings(lambda t: pa.concat_tables([t.slice(0, 1), t]))
    assert twice == {*other_rows, ("manifest.json", "ids")}
    assert findings(lambda t: t.drop_columns(["lead"])) == {(june, "schema")}
    null = pa.nulls(30)
    assert findings(lambda t: t.set_column(6, "lead", null)) == {(june, "schema")}


# -- readers ------------------------------------------------------------------------------------

ORDER = sorted(ARTICLES, key=lambda r: (SCHEMA.canonical(r)["timestamp"], r["id"]))


def expected_rows() -> list[dict[str, Any]]:
    return table(ORDER).to_pylist()


def test_datasets_loads_it_plain_and_streaming(tmp_path: Path) -> None:
    from datasets import load_dataset

    release = sealed(tmp_path, settings=Settings(shard_period="day")).path
    plain = load_dataset(str(release))
    assert list(plain) == ["train"]
    assert plain["train"].features == SCHEMA.features
    assert plain["train"].to_list() == expected_rows()
    stream = load_dataset(str(release), split="train", streaming=True)
    assert stream.features == SCHEMA.features
    assert list(stream) == expected_rows()


def test_pandas_polars_and_duckdb_read_it(tmp_path: Path) -> None:
    import duckdb
    import pandas as pd
    import polars as pl

    release = sealed(tmp_path).path
    ids = [one["id"] for one in ORDER]
    frame = pd.read_parquet(release / "data")
    assert list(frame["id"]) == ids
    assert str(frame["timestamp"].dtype) == "datetime64[us, UTC]"
    assert list(frame["author"].iloc[-1]) == ["Иван Примеров"]
    lazy = pl.read_parquet(release / "data" / "train-*.parquet")
    assert lazy["id"].to_list() == ids
    assert lazy.schema["timestamp"] == pl.Datetime("us", "UTC")
    assert lazy.schema["photographer"] == pl.List(pl.String)
    assert lazy["photographer"].to_list()[-1] == ["Пётр Образцов"]
    query = f"SELECT * FROM '{release}/data/train-*.parquet' ORDER BY timestamp, id"
    relation = duckdb.sql(query)
    kinds = dict(zip(relation.columns, map(str, relation.types), strict=True))
    assert kinds["timestamp"] == "TIMESTAMP WITH TIME ZONE"
    assert kinds["author"] == "VARCHAR[]"
    assert relation.to_arrow_table()["id"].to_pylist() == ids


def test_the_first_shard_alone_has_typed_empty_columns(tmp_path: Path) -> None:
    release = sealed(tmp_path).path
    june = pq.read_table(release / "data/train-2023-06-00000.parquet")
    assert june["photographer"].type.value_type == pa.string()
    assert all(june[name].null_count == 30 for name in ("dateline", "rubric", "rights"))
    assert june["images"].null_count == 0


# -- load ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["with space", "Архив", "a[1]b*?"])
def test_load_works_from_any_folder(tmp_path: Path, name: str, monkeypatch: Any) -> None:
    release = sealed(tmp_path / name).path
    assert len(load(release)) == len(ARTICLES)
    assert len(list(load(release, streaming=True))) == len(ARTICLES)
    monkeypatch.chdir(release)
    assert len(load(".")) == len(ARTICLES)


def archive(tmp_path: Path) -> Path:
    for version in ("1.9.0", "1.10.0", "1.10.0-rc.1"):
        made = plan([article(int(version.split(".")[1]))], version=version)
        seal(tmp_path / "archive" / "releases" / version, made)
    (tmp_path / "archive" / "releases" / "1.11.0").mkdir()  # no release in it
    return tmp_path / "archive"


def test_load_takes_the_newest_version_of_an_archive(tmp_path: Path) -> None:
    import datasets

    folder = archive(tmp_path)
    before = contents(folder)
    newest = load(folder)
    assert isinstance(newest, datasets.Dataset)
    assert newest["id"][:] == ["example-ru:10"]
    assert load(str(folder), version="1.9.0", split="train")["id"][:] == ["example-ru:9"]
    assert len(load(folder, version="1.10.0-rc.1")) == 1
    stream = load(folder, streaming=True, columns=["title", "images"])
    assert isinstance(stream, datasets.IterableDataset)
    assert [list(row) for row in stream] == [["title", "images"]]
    picked = load(folder / "releases" / "1.9.0", columns=["timestamp", "id"])
    assert isinstance(picked, datasets.Dataset)
    assert sorted(picked.column_names) == ["id", "timestamp"]
    assert contents(folder) == before


def test_load_says_what_there_is(tmp_path: Path) -> None:
    folder = archive(tmp_path)
    with pytest.raises(ReleaseError, match=r"no release 3\.0\.0; there are 1\.9\.0, .*1\.10\.0"):
        load(folder, version="3.0.0")
    with pytest.raises(ReleaseError, match=r"this is release 1\.9\.0, not 1\.10\.0"):
        load(folder / "releases" / "1.9.0", version="1.10.0")
    with pytest.raises(ReleaseError, match="neither a release"):
        load(tmp_path / "nowhere")
    with pytest.raises(UsageError, match=r"unknown split 'test'; this release has train"):
        load(folder, split="test[:5]")
    with pytest.raises(UsageError, match="unknown config 'duplicates'; this release has articles"):
        load(folder, config="duplicates")
    with pytest.raises(UsageError, match="unknown column 'headline'"):
        load(folder, columns=["headline"])
    (tmp_path / "empty" / "releases").mkdir(parents=True)
    with pytest.raises(ReleaseError, match="no releases yet"):
        load(tmp_path / "empty")


# -- the card -----------------------------------------------------------------------------------


def card_of(release: Path) -> tuple[dict[str, Any], str]:
    from huggingface_hub import DatasetCard

    card = DatasetCard((release / "README.md").read_text(encoding="utf-8"))
    return card.data.to_dict(), card.text


def test_the_card_is_read_by_the_hub_and_its_numbers_are_true(tmp_path: Path) -> None:
    data, text = card_of(sealed(tmp_path, counts={"articles": 32, "rejected": 1234}).path)
    assert data["pretty_name"] == "Придуманные новости"
    assert data["license"] == "other"
    assert data["language"] == ["be", "ru"]
    assert data["language_bcp47"] == ["be-tarask", "ru"]
    assert data["multilinguality"] == ["multilingual"]
    assert data["configs"][0]["default"] is True
    assert "splits" not in data["dataset_info"][0]
    assert "| rejected | 1,234 |" in text
    assert "| articles | 32 |" in text
    assert "2023-06-01 to 2023-07-05" in text
    assert "| Общество &#124; &lt;b> | 2 |" in text
    assert "the keeper of this dataset has to write it (`limits`" in text
    characters = sum(len(one["text"]) for one in ARTICLES)
    assert f"32 articles with {characters:,} characters" in text


def test_the_keeper_fills_the_card(tmp_path: Path) -> None:
    about = About(
        license="cc-by-4.0",
        license_link="https://example.org/licence",
        limits="Only invented news.",
        citation="Cite nobody.",
        **dict.fromkeys(
            ("uses", "out_of_scope", "rationale", "collection", "personal_data", "biases"), "Told."
        ),
        contact="nobody@example.org",
    )
    data, text = card_of(sealed(tmp_path, about=about).path)
    assert (data["license"], data["license_link"]) == ("cc-by-4.0", "https://example.org/licence")
    assert "Only invented news." in text
    assert "Cite nobody." in text
    assert "keeper" not in text


def test_how_to_load_runs_as_printed(tmp_path: Path) -> None:
    release = sealed(tmp_path).path
    _, text = card_of(release)
    snippet = text.split("```python\n")[1].split("```")[0]
    done = subprocess.run(
        [sys.executable, "-c", snippet],
        cwd=release.parent,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.stdout.strip() == ORDER[0]["title"]
    assert verify(release) == []


def test_releases_of_another_schema(tmp_path: Path) -> None:
    document = {
        "$id": "https://example.org/note.schema.json",
        "type": "object",
        "properties": {
            "key": {"type": "string", "x-newsdata": "id"},
            "words": {"type": "array", "items": {"type": "string"}},
        },
    }
    schema = parse_schema(document, "/a/path/notes.json")
    notes = pa.table({"key": ["b", "a"], "words": [["x"], []]}, schema=schema.arrow)
    made = releases.plan(
        notes, schema, Settings(), version="0.1.0", name="Notes", epoch="1700000000"
    )
    release = seal(tmp_path / "0.1.0", made)
    assert release.manifest["date"] == "2023-11-14"
    assert verify(release.path) == []
    assert load(release.path)["key"][:] == ["a", "b"]
    assert "note.schema.json" in contents(release.path)
    assert dataclasses.replace(made, version="0.2.0").rows is made.rows
