"""What stands in a release that no seal put there: odd files, and manifests made by others."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest

import newsdata
from newsdata import releases
from newsdata.errors import NewsdataError, ReleaseError
from newsdata.exporters.audit import verify
from newsdata.exporters.comparing import compare_releases
from newsdata.exporters.directory import seal
from newsdata.exporters.manifest import self_hash, to_bytes
from newsdata.exporters.manifest_shape import shape_fault
from newsdata.exporters.names import SELF
from newsdata.exporters.sealed import read_manifest
from newsdata.records import empty_record
from newsdata.schema import parse_schema
from newsdata.settings import Settings

ROOT = Path(__file__).parent.parent
SCHEMA = parse_schema(
    orjson.loads((ROOT / "schemas" / "article.schema.json").read_bytes()), "article"
)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A sealed release of invented articles in two shards."""
    records = [
        empty_record(
            id=f"example:{n}",
            title=f"Invented {n}",
            text=f"An invented text, number {n}.",
            timestamp=f"2024-0{1 + n % 2}-01T10:00:00Z",
        )
        for n in range(4)
    ]
    array = SCHEMA.to_arrow([SCHEMA.canonical(record) for record in records])
    rows = pa.Table.from_batches([pa.RecordBatch.from_struct_array(array)]).cast(SCHEMA.arrow)
    settings = Settings()
    made = releases.plan(rows, SCHEMA, settings, version="1.0.0", name="Invented", require=("id",))
    return seal(tmp_path / "1.0.0", made).path  # type: ignore[return-value]


# -- what is no file ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["manifest.json", "SHA256SUMS", "README.md", "data/train-2024-01-00000.parquet"]
)
def test_what_stands_in_the_place_of_a_file_is_named(release: Path, name: str) -> None:
    path = release / name
    raw = path.read_bytes()
    path.unlink()
    path.symlink_to(release / "nowhere")
    assert {finding.file for finding in verify(release)} == {name}
    path.unlink()
    os.mkfifo(path)  # opening it would wait for ever
    assert {finding.file for finding in verify(release)} == {name}
    path.unlink()
    path.mkdir()
    assert {finding.file for finding in verify(release)} == {name}
    path.rmdir()
    path.write_bytes(raw)
    assert verify(release) == []


def test_a_link_to_a_file_is_that_file(release: Path, tmp_path: Path) -> None:
    """As in the cache of the Hub, where every file of a snapshot is a link."""
    path = release / "README.md"
    path.rename(tmp_path / "blob")
    path.symlink_to(tmp_path / "blob")
    assert verify(release) == []
    (tmp_path / "blob").write_bytes(b"other")
    assert {finding.file for finding in verify(release)} == {"README.md"}


def test_a_link_to_a_folder_is_unexpected(release: Path, tmp_path: Path) -> None:
    (release / "more").symlink_to(tmp_path)
    assert [(f.file, f.code) for f in verify(release)] == [("more", "no-file")]
    (release / "more").unlink()
    (release / "data").rename(tmp_path / "data")
    (release / "data").symlink_to(tmp_path / "data")
    assert "data" in {finding.file for finding in verify(release)}


# -- manifests made by others -------------------------------------------------------------------


def below(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = list(value) if isinstance(value, dict) else range(len(value))
    for step in steps:
        yield (*path, step)
        if isinstance(value[step], dict | list):
            yield from below(value[step], (*path, step))


def forge(release: Path, document: dict[str, Any]) -> None:
    """Write a manifest whose hash of itself is right."""
    rest = {key: value for key, value in document.items() if key != SELF}
    (release / "manifest.json").write_bytes(to_bytes({**rest, SELF: self_hash(rest)}))


def test_no_manifest_makes_verify_fail(release: Path) -> None:
    whole = read_manifest(release)
    places = [path for path in below(whole) if path[0] not in (SELF, "format")]
    assert len(places) > 80
    for path in places:
        for value in (None, "../x", [], {"x": 1}, "gone"):
            document = copy.deepcopy(whole)
            inner: Any = document
            for step in path[:-1]:
                inner = inner[step]
            if value == "gone":
                del inner[path[-1]]
            else:
                inner[path[-1]] = value
            if document == whole:
                continue
            forge(release, document)
            # It is refused, or the sums are no longer those of this manifest.
            assert {f.file for f in verify(release)} & {"manifest.json", "SHA256SUMS"}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"configs": None}, "/configs"),
        ({"configs": {}}, "/configs/articles"),
        ({"files": {"../secret": {"sha256": "0" * 64, "size": 1}}}, "/files"),
        ({"schema": {"file": "/etc/passwd", "sha256": "0" * 64}}, "/schema/file"),
        ({"rows": True}, "/rows"),
        ({"rows": -1}, "/rows"),
        ({"version": "../1.0.0"}, "/version"),
        ({"without": {"fields": ["text"]}}, "/without/about"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused_everywhere(
    release: Path, change: dict[str, Any], place: str
) -> None:
    document = {**read_manifest(release), **change}
    fault = shape_fault(document)
    assert fault is not None
    assert fault.place == place
    forge(release, document)
    findings = [(f.file, f.code) for f in verify(release) if f.file == "manifest.json"]
    assert findings == [("manifest.json", place)]
    for use in (
        lambda: newsdata.load(release, to="arrow"),
        lambda: compare_releases(release, release),
        lambda: read_manifest(release),
    ):
        with pytest.raises(ReleaseError, match=place):
            use()


def test_the_rows_of_a_split_add_up(release: Path) -> None:
    document = read_manifest(release)
    document["configs"]["articles"]["splits"]["train"]["rows"] = 5
    forge(release, document)
    assert ("manifest.json", "articles/train/rows", "4", "5") in [
        (f.file, f.code, f.found, f.expected) for f in verify(release)
    ]


def test_an_unreadable_release_is_an_error_that_names_it(release: Path) -> None:
    (release / "manifest.json").write_bytes(b'{"format": 1}')
    with pytest.raises(NewsdataError, match=r"manifest\.json.*/configs: found nothing"):
        newsdata.load(release)
