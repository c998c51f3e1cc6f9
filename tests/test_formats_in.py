"""Feeds, agency items, JSON-LD and tables come in as articles. All sample texts are invented."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import newsdata
from newsdata.extractors.extract import extract_page
from newsdata.extractors.passages import paragraphs_of
from newsdata.records import Article, Page, Rejected
from newsdata.sources.files import find_inputs
from newsdata.sources.reading import Reading, read_inputs

LONG = "The invented mayor of Lower Marsh opened the bridge and closed it again at noon. " * 8


def outcomes(path: Path, content: bytes | str, **options: object) -> list[Article | Rejected]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    items = read_inputs(find_inputs([path]), Reading(**options))
    return [extract_page(item) if isinstance(item, Page) else item for item in items]


def one(path: Path, content: bytes | str, **options: object) -> Article:
    (found,) = outcomes(path, content, **options)
    assert isinstance(found, Article), found
    return found


# -- feeds -------------------------------------------------------------------------------------


def rss(items: str, head: str = "<language>de-AT</language>") -> str:
    return (
        '<?xml version="1.0"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">'
        f"<channel><title>Bell</title>{head}{items}</channel></rss>"
    )


def test_an_item_of_rss(tmp_path: Path) -> None:
    found = one(
        tmp_path / "a.xml",
        rss(
            "<item><title>Fisch &amp;amp; Brot</title><link>https://bell.example/1?utm_source=rss"
            "</link><guid isPermaLink='false'>b-1</guid><pubDate>Wed, 04 May 2016 06:53:45 GMT"
            "</pubDate><dc:creator>Ada Fable</dc:creator><category>Stadt</category>"
            "<description>Der Anlass war erfunden.</description><content:encoded><![CDATA["
            "<p>Der erste Absatz.</p><script>x()</script><p>Der <b>zweite</b>.</p>]]>"
            "</content:encoded><media:content url='https://bell.example/1.jpg' medium='image'>"
            "<media:description>Ein Fisch</media:description><media:credit>Sam Story"
            "</media:credit></media:content></item>",
            "<language>de-AT</language><copyright>Bell 2016</copyright>",
        ),
    )
    record = found.record
    assert record["title"] == "Fisch & Brot"
    assert record["text"] == "Der erste Absatz.\n\nDer zweite."
    assert record["lead"] == "Der Anlass war erfunden."
    assert record["timestamp"] == "2016-05-04T06:53:45+00:00"
    assert record["url"] == "https://bell.example/1"
    assert (record["author"], record["tags"]) == (["Ada Fable"], ["Stadt"])
    assert (record["language"], record["alt_ids"]) == ("de", ["b-1"])
    assert record["images"][0]["caption"] == "Ein Fisch"
    assert record["rights"]["copyright_notice"] == "Bell 2016"
    assert record["provenance"]["extractor"] == "feed"


def test_an_entry_of_atom(tmp_path: Path) -> None:
    found = one(
        tmp_path / "a.atom",
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://bell.example/">'
        "<author><name>The Bell</name></author><entry><title type='html'>&lt;b&gt;Goat&lt;/b&gt;"
        "</title><link rel='alternate' href='/goat'/><id>tag:bell.example,2024:1</id>"
        "<published>2024-05-01T10:00:00+02:00</published><updated>2024-05-02T10:00:00+02:00"
        "</updated><author><name>Ada Fable</name></author><category term='goats'/>"
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>One.</p><p>Two.</p>"
        "</div></content></entry></feed>",
    )
    record = found.record
    assert (record["title"], record["text"]) == ("Goat", "One.\n\nTwo.")
    assert record["url"] == "https://bell.example/goat"
    assert record["timestamp"] == "2024-05-01T10:00:00+02:00"
    assert record["modified"] == "2024-05-02T10:00:00+02:00"
    assert (record["author"], record["tags"]) == (["Ada Fable"], ["goats"])


def test_a_summary_is_no_text_and_a_long_description_is(tmp_path: Path) -> None:
    short = "<item><title>A</title><description>One line.</description></item>"
    whole = f"<item><title>B</title><description>{LONG}</description></item>"
    empty = "<item><title>C</title></item>"
    found = outcomes(tmp_path / "a.rss", rss(short + whole + empty))
    codes = [item.code if isinstance(item, Rejected) else "article" for item in found]
    assert codes == ["summary-only", "article", "empty-text"]


def test_a_damaged_feed_gives_the_items_before(tmp_path: Path) -> None:
    item = f"<item><title>B</title><description>{LONG}</description></item>"
    broken = rss(item * 2)[:-200]
    found = outcomes(tmp_path / "a.rss", broken)
    assert isinstance(found[0], Article)
    assert found[-1].code == "bad-feed"
    assert outcomes(tmp_path / "b.rss", rss(""))[0].code == "bad-feed"


def test_entities_of_a_feed_are_not_expanded(tmp_path: Path) -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    text = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "x">{bomb}'
        f'<!ENTITY file SYSTEM "file://{secret}">]><rss><channel><item><title>&e11;&file;T</title>'
        f"<description>{LONG}</description></item></channel></rss>"
    )
    start = time.process_time()
    found = outcomes(tmp_path / "a.rss", text)
    assert time.process_time() - start < 5
    assert all("secret" not in str(getattr(item, "record", "")) for item in found)
    assert all(len(str(getattr(item, "record", ""))) < 5000 for item in found)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_feed_reader(content: bytes) -> None:
    from newsdata.limits import Limits
    from newsdata.records import Place
    from newsdata.sources.feeds import feed_items

    page = Page(b"<rss><channel><item>" + content, "html", Place("f"))
    for item in feed_items(page, Limits()):
        if isinstance(item, Page):
            found = extract_page(item)
            assert not isinstance(found, Rejected) or found.code != "extractor-failed"


def test_nesting_has_no_limit() -> None:
    assert paragraphs_of("<div>" * 20_000 + "deep") in (["deep"], [])


# -- agencies ----------------------------------------------------------------------------------


OLD = {
    "uri": "urn:agency.example:1",
    "type": "text",
    "versioncreated": "2013-07-09T10:37:00Z",
    "byline": "Ada Fable and Sam Story",
    "located": "Lower Marsh",
    "headline": "Goat on trial",
    "body_text": "One. Two.",
    "body_xhtml": "<p>One.</p><p>Two.</p>",
    "copyrightnotice": "Agency 2013",
    "associations": {"main": {"type": "picture", "byline": "Kim Lens", "uri": "urn:p:1"}},
}
NEW = {
    "uri": "urn:agency.example:1",
    "type": "text",
    "versionCreated": "2013-07-09T10:37:00Z",
    "by": "Ada Fable and Sam Story",
    "located": "Lower Marsh",
    "headlines": [{"role": "main", "value": "Goat on trial"}],
    "bodies": [{"role": "main", "contentType": "text/html", "value": "<p>One.</p><p>Two.</p>"}],
    "copyrightNotice": "Agency 2013",
    "associations": [{"name": "main", "type": "picture", "by": "Kim Lens", "uri": "urn:p:1"}],
}


@pytest.mark.parametrize("value", [OLD, NEW], ids=["1.x", "3.x"])
def test_ninjs_of_any_version(tmp_path: Path, value: dict) -> None:
    record = one(tmp_path / "a.json", json.dumps(value, indent=1)).record
    assert record["id"] == "urn:agency.example:1"
    assert (record["title"], record["text"]) == ("Goat on trial", "One.\n\nTwo.")
    assert record["author"] == ["Ada Fable", "Sam Story"]
    assert record["timestamp"] == "2013-07-09T10:37:00+00:00"
    assert record["dateline"]["places"] == ["Lower Marsh"]
    assert record["rights"]["copyright_notice"] == "Agency 2013"
    assert record["images"][0]["photographer"] == ["Kim Lens"]
    assert record["provenance"]["extractor"] == "ninjs"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "picture"}, "not-text"),
        ({"type": "event"}, "not-text"),
        ({"bodies": [], "descriptions": [{"value": "Short."}]}, "summary-only"),
        ({"bodies": []}, "empty-text"),
    ],
)
def test_items_that_are_no_text(tmp_path: Path, change: dict, code: str) -> None:
    (found,) = outcomes(tmp_path / "a.json", json.dumps({**NEW, **change}, indent=1))
    assert isinstance(found, Rejected)
    assert found.code == code


def test_json_ld_as_a_record(tmp_path: Path) -> None:
    value = {
        "@context": "https://schema.org",
        "@graph": [
            {"@id": "#p", "@type": "Person", "name": "Ada Fable"},
            {
                "@type": "NewsArticle",
                "headline": "Goat on trial",
                "url": "https://bell.example/goat",
                "articleBody": "One.\n\nTwo.",
                "author": {"@id": "#p"},
                "datePublished": "2024-05-01T10:00:00+02:00",
                "license": "https://creativecommons.org/licenses/by/4.0/",
            },
        ],
    }
    record = one(tmp_path / "a.json", json.dumps(value, indent=1)).record
    assert (record["title"], record["text"]) == ("Goat on trial", "One.\n\nTwo.")
    assert record["author"] == ["Ada Fable"]
    assert record["url"] == "https://bell.example/goat"
    assert record["rights"]["license"].endswith("by/4.0/")
    (found,) = outcomes(
        tmp_path / "b.json", '{"@context": "https://schema.org", "@type": "Person"}'
    )
    assert found.code == "no-article"


# -- tables ------------------------------------------------------------------------------------


def test_rows_of_csv_are_records(tmp_path: Path) -> None:
    content = (
        "\ufefftitle,text,timestamp,author,url\r\n"
        '"A, b","One.\nTwo.",2024-05-01T10:00:00Z,"[""Ada Fable""]",https://bell.example/1\r\n'
        "Short,row\r\n\r\n"
        "C,D,,,https://bell.example/2\r\n"
    )
    found = outcomes(tmp_path / "a.csv", content)
    first, bad, last = found
    assert (first.record["title"], first.record["author"]) == ("A, b", ["Ada Fable"])
    assert (bad.code, bad.place.line) == ("bad-value", 4)
    assert (last.record["title"], last.record["timestamp"]) == ("C", None)
    tabbed = outcomes(tmp_path / "a.tsv.gz", gzip.compress(b"title\ttext\nA, b\tC\n"))
    assert tabbed[0].record["title"] == "A, b"


def test_damaged_rows_cost_themselves(tmp_path: Path) -> None:
    content = b"title,text\nA,One\nB,\xff\xfe\nC,Three\n"
    found = outcomes(tmp_path / "a.csv", content)
    assert [getattr(item, "code", "article") for item in found] == [
        "article", "invalid-utf8", "article"
    ]  # fmt: skip
    packed = gzip.compress(b"title,text\n" + b"A,One\n" * 3000)
    cut = outcomes(tmp_path / "b.csv.gz", packed[: len(packed) // 2])
    assert cut[-1].code == "truncated-stream"
    assert all(item.record["text"] == "One" for item in cut[:-1])


def test_rows_of_parquet_are_records(tmp_path: Path) -> None:
    rows = [
        {"id": f"x:{n}", "title": f"T{n}", "text": "One.", "tags": ["a"], "timestamp": moment}
        for n, moment in enumerate([None, "2024-05-01T10:00:00+00:00"])
    ]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    found = outcomes(path, path.read_bytes())
    assert [item.record["id"] for item in found] == ["x:0", "x:1"]
    assert found[1].record["timestamp"].startswith("2024-05-01T10:00")
    (damaged,) = outcomes(tmp_path / "b.parquet", path.read_bytes()[:-40])
    assert damaged.code == "bad-stream"


# -- our own exports ---------------------------------------------------------------------------


SAME = ("id", "title", "text", "author", "url", "rubric", "language", "lead")


@pytest.mark.parametrize("form", ["jsonl", "csv", "ninjs", "jsonld", "parquet"])
def test_what_we_export_comes_in_as_the_same_articles(tmp_path: Path, form: str) -> None:
    root = Path(__file__).parent.parent
    first, again = tmp_path / "first", tmp_path / "again"
    newsdata.build([root / "data" / "records" / "good.jsonl", root / "data" / "web"], first)
    sealed = newsdata.release("1.0.0", first).sealed.path
    source = sealed / "data"
    if form != "parquet":
        source = tmp_path / f"news.{'csv' if form == 'csv' else 'jsonl'}"
        newsdata.export(sealed, form, source)
    summary = newsdata.build(source, again)
    newsdata.release("1.0.0", again)
    wanted = newsdata.load(first, to="arrow").to_pylist()
    found = {row["id"]: row for row in newsdata.load(again, to="arrow").to_pylist()}
    assert summary["rejected"] == 0
    assert len(wanted) > 3
    for row in wanted:
        assert row["id"] in found
        same = found[row["id"]]
        assert {k: same[k] for k in SAME} == {k: row[k] for k in SAME}
        assert same["timestamp"] == row["timestamp"]
