"""Real records that stand beside the project go through a build with what can be known of them."""

from __future__ import annotations

from pathlib import Path

import newsdata
from newsdata.extractors.mapping import parse_mapping
from newsdata.pipeline import Options, extract_sources

BELTA = ["url=href", "lead=text_small", "images=imgBigUrl", "photographer=imgAutor"]


def test_scraped_records_without_a_date(shared: Path, tmp_path: Path) -> None:
    mapping = parse_mapping(BELTA)
    source = shared / "records" / "belta-2021-04-17.json"
    summary = newsdata.build([source], tmp_path / "archive", mapping=mapping)
    assert (summary["read"], summary["articles"]) == (10, 10)
    found = [article.record for article in extract_sources([source], Options(mapping))]
    assert {record["id"] for record in found} == {f"belta-ru:{437686 + n}" for n in range(10)}
    assert all(record["timestamp"] is None for record in found)  # the year in a URL is no time
    assert all(record["rubric"] and record["tags"] and record["text"] for record in found)
    datelines = [record["dateline"] for record in found if record["dateline"]]
    assert [line["date"] for line in datelines] == [None]
    assert datelines[0]["places"] == ["Минск"]
    assert datelines[0]["agency"] is None


def test_posts_of_channels(shared: Path, tmp_path: Path) -> None:
    mapping = parse_mapping(["title=text", "timestamp=date"])
    sources = sorted((shared / "records").glob("telegram-*.json.gz"))
    summary = newsdata.build(sources, tmp_path / "archive", mapping=mapping, source="t.me")
    assert (summary["read"], summary["rejected"]) == (2544, 0)
    assert summary["articles"] + summary["duplicates"] == 2544
    for article in extract_sources(sources, Options(mapping, source="t.me")):
        assert article.title
        assert article.text
        assert article.author == []
