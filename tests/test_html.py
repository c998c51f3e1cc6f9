"""Promises of the reading of HTML pages. Every sample page is invented.

Golden pages stand in ``tests/golden/html``: ``name.html`` with the expected record (or rejection)
in ``name.json``; dropping in such a pair adds a test. ``name.note.md`` says what a page shows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsdata.extractors import jsonld
from newsdata.extractors.extract import extract_page
from newsdata.extractors.html import LONGEST_PAGE, extract_html
from newsdata.extractors.markup import Markup, decode
from newsdata.extractors.titles import choose_title
from newsdata.records import Article, Page, Place, Rejected
from newsdata.sources.documents import article_schema
from newsdata.validation import check

GOLDEN = Path(__file__).parent / "golden" / "html"

BODY = "<p>" + "The bridge carried trams again on Monday, the city said. " * 10 + "</p>"


def page(content: bytes | str, **known: Any) -> Page:
    content = content if isinstance(content, bytes) else content.encode()
    return Page(content, "html", Place("page.html", 1, 0, len(content)), **known)


def article(content: bytes | str, **known: Any) -> Article:
    found = extract_html(page(content, **known))
    assert isinstance(found, Article), found
    assert check(found.to_dict(), article_schema()) == () or found.title is None
    return found


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.html")), ids=lambda file: file.stem)
def test_golden_pages(file: Path) -> None:
    expected = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    found = extract_html(page(file.read_bytes()))
    if isinstance(found, Rejected):
        assert {"rejected": found.code} == expected
    else:
        assert found.to_dict() == expected
        assert check(found.to_dict(), article_schema()) == ()


# -- encodings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "encoding", "media_type"),
    [
        ('<meta charset="windows-1251">', "cp1251", None),
        ("<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>", "koi8-r", None),
        ('<meta charset="iso-8859-1">', "utf-8", None),  # declared wrongly
        ("", "cp1251", "text/html; charset=windows-1251"),
        ('<meta charset="utf-8">', "cp1251", "text/html; charset=cp1251"),
        ('<meta charset="hex">', "utf-8", None),
        ("", "utf-16", None),
        ("", "utf-8-sig", None),
        ("", "cp1251", None),
    ],
)
def test_encodings(head: str, encoding: str, media_type: str | None) -> None:
    text = "Слова о погоде и о городе, которые знает каждый житель. " * 20
    content = f"<html><head>{head}</head><body><h1>Погода</h1><p>{text}</p></body></html>"
    assert text in decode(page(content.encode(encoding), media_type=media_type))


def test_a_few_damaged_bytes_leave_a_page_readable() -> None:
    content = "<p>" + "Слова о погоде. " * 500 + "</p>"
    damaged = content.encode().replace("погоде".encode(), b"\xd0\xff", 1)
    assert "Слова о погоде" in decode(page(damaged))


# -- JSON-LD ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "NewsArticle", "headline": "T"}',
        '<!-- {"@type": "NewsArticle", "headline": "T",} -->',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "T"}\n//]]>',
        '/*<![CDATA[*/{"@type": "NewsArticle", "headline": "T"}/*]]>*/;',
        '{"@graph": [{"@type": "WebSite"}, {"@type": "NewsArticle", "headline": "T"}]}',
        '[{"@type": "http://schema.org/NewsArticle", "headline": ["T"]}]',
        '{"@type": "WebPage", "mainEntity": {"@type": "Article", "headline": {"@value": "T"}}}',
        "{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;T&quot;}",
        '{"@type": "NewsArticle",\n"headline": "T", "description": "two\nlines"}',
        '{"@type": "WebSite"} {"@type": "NewsArticle", "headline": "T"}',
    ],
)
def test_json_ld_is_read_leniently(script: str) -> None:
    node = jsonld.article_node(jsonld.read_scripts([script]))
    assert jsonld.text_of(node.get("headline")) == "T"


def test_the_node_that_agrees_with_the_page_is_the_article() -> None:
    scripts = [
        json.dumps([
            {"@type": "NewsArticle", "headline": "Other story", "datePublished": "2020-01-01"},
            {"@type": "NewsArticle", "headline": "Bridge opens for trams"},
            {"@type": "LiveBlogPosting", "headline": "Bridge: live", "datePublished": "2020"},
        ])
    ]  # fmt: skip
    node = jsonld.article_node(jsonld.read_scripts(scripts), ["Bridge opens for trams today"])
    assert node["headline"] == "Bridge opens for trams"


@given(st.text(max_size=200), st.binary(max_size=60))
@settings(max_examples=150, deadline=None)
def test_json_ld_never_raises(text: str, junk: bytes) -> None:
    good = '{"@type": ["NewsArticle", {}], "@id": [], "author": {"@id": "x"}, "headline": [[{}]]}'
    at = len(junk) % len(good)
    for script in (text, good[:at] + text + good[at:], junk.decode("latin-1"), "[" * 50_000):
        nodes = jsonld.read_scripts([script])
        node = jsonld.article_node(nodes, [text])
        for key in ("author", "headline", "image"):
            assert all(isinstance(name, str) for name in jsonld.names_of(node.get(key)))
            jsonld.url_of(node.get(key))


# -- fields -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("witnesses", "names", "title"),
    [
        ([("Rain falls - The Paper", 1), ("Rain falls", 3)], [], "Rain falls"),
        ([("Rain falls | Weather | The Paper", 1)], ["The Paper"], "Rain falls | Weather"),
        ([("Rain - why it falls", 1)], ["The Paper"], "Rain - why it falls"),
        ([("The Paper", 3), ("Rain falls", 1)], ["The Paper"], "Rain falls"),
        ([("Rain falls: The Paper Online", 1)], ["The Paper"], "Rain falls"),
        ([(None, 3), ("", 3), ("|", 3)], [], None),
    ],
)
def test_titles_lose_the_name_of_the_site(
    witnesses: list[tuple[str | None, float]], names: list[str], title: str | None
) -> None:
    found = choose_title([(text, weight, "dom") for text, weight in witnesses], names)
    assert (found[0] if found else None) == title


def with_head(*metas: tuple[str, str], lang: str = "en", body: str = BODY) -> str:
    tags = "".join(f'<meta property="{name}" content="{value}">' for name, value in metas)
    return f"<html lang={lang}><head>{tags}</head><body><h1>Bridge opens</h1>{body}</body></html>"


@pytest.mark.parametrize(
    ("time", "known", "timestamp", "offset"),
    [
        ("2024-07-01T10:00:00+02:00", {}, "2024-07-01T10:00:00+02:00", 120),
        ("2024-07-01 10:00", {"timezone": "Europe/Minsk"}, "2024-07-01T10:00:00+03:00", 180),
        ("2024-07-01T10:00", {"url": "https://a.example.by/1"}, "2024-07-01T10:00:00+03:00", 180),
        ("1719820800", {}, "2024-07-01T08:00:00+00:00", 0),
        ("2024-07-01T10:00:00", {}, None, None),
        ("soon", {}, None, None),
    ],
)
def test_times_need_a_zone(
    time: str, known: dict[str, str], timestamp: str | None, offset: int | None
) -> None:
    found = article(with_head(("article:published_time", time)), **known)
    assert (found.timestamp, found.utc_offset) == (timestamp, offset)
    methods = {f["field"]: f["method"] for f in found.provenance["fields"]}
    if "example.by" in str(known.get("url")):
        assert methods["utc_offset"] == "inferred"
    if time == "2024-07-01T10:00:00":
        assert {"key": "printed_time", "value": time} in found.extra


def test_authors_are_persons() -> None:
    script = json.dumps({
        "@type": "NewsArticle",
        "headline": "Bridge opens",
        "author": [
            {"@type": "Organization", "name": "Reuters"},
            "Ann Lee and Raj Oak, City Editor",
            {"@type": "Person", "name": "Eva Stone (est)"},
            {"@type": "Person", "name": "Example News"},
        ],
    })  # fmt: skip
    tag = f'<script type="application/ld+json">{script}</script>'
    found = article(with_head(("og:site_name", "Example News"), body=tag + BODY))
    assert found.author == ["Ann Lee", "Raj Oak", "Eva Stone"]
    assert found.agency == "Reuters"


def test_the_language_of_the_letters_beats_a_template() -> None:
    text = "<p>" + "Трамваі зноў ходзяць праз мост, паведамілі ў горадзе. " * 10 + "</p>"
    assert article(with_head(lang="en", body=text)).language == "be"
    assert article(with_head(lang="en-US")).language == "en"


def test_the_given_address_wins_and_the_page_s_own_is_kept() -> None:
    content = with_head(("og:url", "https://n.example/story?id=2&utm_source=x"))
    found = article(content, url="https://www.n.example/story?id=3#top")
    assert found.url == "https://n.example/story?id=3"
    assert found.alt_ids == ["https://n.example/story?id=2"]
    assert found.id == article(content, url="https://n.example/story?id=3").id


def test_rights_say_only_what_is_there() -> None:
    assert article(with_head()).rights is None
    rights = article(with_head(("tdm-reservation", "1"))).rights
    assert (rights["tdm"], rights["signals"]) == ("reserved", ["meta"])


def test_reading_twice_gives_the_same() -> None:
    for file in GOLDEN.glob("*.html"):
        assert extract_html(page(file.read_bytes())) == extract_html(page(file.read_bytes()))


# -- hostile pages ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no-article"),
        (b"<!-- only a comment -->", "no-article"),
        (b"<html><body></body></html>", "no-article"),
        (b"\x00\x01<html", "no-article"),
        (b"<html>" + b"a" * LONGEST_PAGE, "too-large"),
    ],
)
def test_pages_without_article_are_rejected(content: bytes, code: str) -> None:
    found = extract_html(page(content))
    assert isinstance(found, Rejected)
    assert found.code == code
    assert "expected" in found.message


FORM = '<form><input name=user><input type="password" name=word></form>'
ITEM = "<p>A briefcase of canvas with two pockets, a belt and room for papers. " * 3


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (f"<title>Members</title><div>Your account {FORM}</div>", "login-page"),
        (f"<h1>Sign in</h1>{ITEM}{FORM}", "login-page"),
        (f"<title>Briefcase | Shop</title>{FORM}<h1>Briefcase</h1>{ITEM}", "no-article"),
        (f"<h1>A bridge</h1>{FORM}{ITEM}<p>Subscribe to continue reading.", "paywall-stub"),
    ],
)
def test_a_form_beside_a_text_makes_no_page_to_log_in(content: str, code: str) -> None:
    found = extract_html(page(content))
    assert isinstance(found, Rejected)
    assert found.code == code
    whole = f"<h1>A bridge</h1>{FORM}" + "<p>The tram crosses it again after a year of work. " * 20
    assert isinstance(extract_html(page(whole)), Article)


@pytest.mark.parametrize(
    "content",
    [
        "<div>" * 30_000 + BODY,
        "<script type='application/ld+json'>" + "[" * 100_000 + "</script>" + BODY,
        '<script type="application/ld+json">{"@type":"NewsArticle","headline":"'
        + '\\"' * 100_000 + "</script>" + BODY,
        "<title>" + "a - " * 50_000 + "</title>" + BODY,
        "<h1>T</h1><div>" + "a<br>" * 100_000,
        "<" * 200_000,
    ],
    ids=["depth", "json-ld depth", "json-ld quotes", "title", "breaks", "tags"],
)  # fmt: skip
def test_hostile_pages_end_in_time(content: str) -> None:
    import time

    start = time.perf_counter()
    extract_html(page(content))
    assert time.perf_counter() - start < 15


SAMPLES = [file.read_bytes() for file in sorted(GOLDEN.glob("*.html"))]


@given(
    st.sampled_from(SAMPLES),
    st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 40), st.binary(max_size=12)), max_size=6
    ),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_pages_never_raise(sample: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    content = bytearray(sample)
    for at, length, new in changes:
        start = at % len(content) if content else 0
        content[start : start + length] = new
    found = extract_html(page(bytes(content)))
    if isinstance(found, Article):
        faults = check(found.to_dict(), article_schema())
        assert {fault.code for fault in faults} <= {"empty-title", "empty-text"}
        assert json.loads(json.dumps(found.to_dict())) == found.to_dict()


def test_a_failing_extractor_is_a_rejection(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> str:
        raise ZeroDivisionError("invented")

    monkeypatch.setattr("newsdata.extractors.html.decode", fail)
    found = extract_page(page("<p>x</p>"))
    assert isinstance(found, Rejected)
    assert found.code == "extractor-failed"
    assert "ZeroDivisionError" in found.message


def test_a_page_is_not_rejected_because_memory_ran_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> str:
        raise MemoryError

    monkeypatch.setattr("newsdata.extractors.html.decode", fail)
    with pytest.raises(MemoryError):
        extract_page(page("<p>x</p>"))


def test_nor_read_without_what_a_library_would_have_found(monkeypatch: pytest.MonkeyPatch) -> None:
    import trafilatura

    from newsdata.extractors.plain import read_plain

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(trafilatura, "bare_extraction", fail)
    with pytest.raises(MemoryError):
        read_plain(Markup("<p>x</p>"))


def test_markup_of_nothing_has_nothing() -> None:
    markup = Markup("")
    assert (markup.title, markup.headings, markup.canonical, markup.language) == (
        None,
        [],
        None,
        None,
    )


# -- where pictures stand ---------------------------------------------------------------------


def _figure(name: str) -> str:
    return f"<figure><img src='/{name}.jpg'><figcaption>The {name}</figcaption></figure>"


def _paragraph(word: str) -> str:
    return f"<p>{word} " + f"trams cross the new bridge, said {word}. " * 5 + "</p>"


def _places(body: str) -> dict[str, int | None]:
    html = f"<html lang=en><body><article><h1>Bridge</h1>{body}</article></body></html>"
    found = extract_html(page(html.encode(), url="https://n.example/a"))
    assert isinstance(found, Article)
    return {image["caption"]: image["after_paragraph"] for image in found.images}


def test_a_figure_stands_after_as_many_paragraphs_as_come_before_it() -> None:
    body = (
        _figure("river")
        + _paragraph("NORTHPORT, March 3 (Reuters) - Old")
        + _figure("bridge")
        + _figure("tram")
        + _paragraph("Red")
        + _paragraph("Late")
        + _figure("bank")
    )
    assert _places(body) == {"The river": 0, "The bridge": 1, "The tram": 1, "The bank": 3}


def test_between_paragraphs_that_are_alike_the_place_is_unknown() -> None:
    middle = "<p>" + "Trams cross the bridge, said nobody at all. " * 5 + "</p>"
    twice = middle.replace("<p>", "<p>Again: ")
    body = _paragraph("Red") + middle + _figure("bridge") + twice + _paragraph("Late")
    assert _places(body + _figure("bank")) == {"The bridge": None, "The bank": 4}


def test_without_a_known_paragraph_the_place_stays_unknown() -> None:
    text = "Trams cross the bridge again.<br><br>" * 12
    assert _places(f"<div>{text}</div>{_figure('bridge')}") == {"The bridge": None}
