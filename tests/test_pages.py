"""Promises of the reading of news pages as a whole: scores, per-site rules, hostile pages."""

from __future__ import annotations

import importlib.util
import json
import random
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from newsdata.cli.rules import command
from newsdata.errors import SourceError
from newsdata.extractors import rules
from newsdata.extractors.captions import split_caption
from newsdata.extractors.golden import check_rule
from newsdata.extractors.html import extract_html
from newsdata.extractors.markup import Markup
from newsdata.records import Article, Page, Place, Rejected
from newsdata.sources.documents import article_schema
from newsdata.validation import check

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "data" / "pages"
GOLDEN = ROOT / "tests" / "golden" / "html"
RULES = ROOT / "newsdata" / "rules"

P = "<p>" + "The bridge carried trams again on Monday, the city said. " * 6 + "</p>"


def page(content: bytes | str, **known: Any) -> Page:
    content = content if isinstance(content, bytes) else content.encode()
    return Page(content, "html", Place("page.html", 1, 0, len(content)), **known)


# -- scores -----------------------------------------------------------------------------------

#: The corpus that the floors were measured on: names, pages and gold.
DIGEST = "e839fd6c04d452864d36235a723beac745c1fb749a509e093c0c982fecf349b0"
#: Measured 2026-11-22; a floor lies a little below.
FLOORS = {
    "title": 0.89,
    "title, any variant": 0.97,
    "author": 0.94,
    "author, raw gold": 0.89,
    "time": 0.96,
    "time and zone": 0.96,
    "topics": 0.79,
    "text, fundus": 0.965,
    "text, scrapinghub": 0.961,
    "captions": 0.88,
    "photographer": 0.83,
    "rubric": 0.92,
}


def _benchmark(name: str) -> Any:
    """A module of benchmarks/, which is no package."""
    folder = str(ROOT / "benchmarks")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, f"{folder}/{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.exists(), reason="the news pages are not beside the clone")
def test_the_scores_on_real_pages_have_a_floor() -> None:
    scoring, bench = _benchmark("pages_score"), _benchmark("pages_bench")
    pages = scoring.read_corpus(CORPUS, ROOT / "benchmarks" / "rubrics.tsv")
    if scoring.digest(pages) != DIGEST:
        pytest.skip("the news pages beside the clone are others than the floors were measured on")
    read = bench.by_newsdata()
    rows = []
    for name, content, url, gold in pages:
        reading = read(content, url)
        assert "rejected" not in reading, name
        rows.append(scoring.compare(reading, gold))
    scores = scoring.total(rows)
    assert {field: score for field, score in scores.items() if score < FLOORS[field]} == {}


@pytest.mark.parametrize(
    ("found", "gold", "score"),
    [(["a b"], ["A  B"], 1.0), ([], ["a"], 0.0), (["a", "b"], ["a"], 2 / 3)],
)
def test_lists_are_scored_by_what_both_have(
    found: list[str], gold: list[str], score: float
) -> None:
    scoring = _benchmark("pages_score")
    assert scoring.f1(scoring.counts(found, gold, scoring.same_name)) == pytest.approx(score)


def test_a_zone_is_scored_apart_from_the_clock() -> None:
    same = _benchmark("pages_score").same_time
    gold = "2024-05-01 10:00:00+02:00"
    assert same("2024-05-01T10:00:00+02:00", gold) == (True, True)
    assert same("2024-05-01T08:00:00+00:00", gold) == (True, True)
    assert same("2024-05-01T10:00:00+03:00", gold) == (True, False)
    assert same("2024-05-01", gold) == (False, False)
    assert same(None, gold) == (False, False)


# -- per-site rules -----------------------------------------------------------------------------


@pytest.mark.parametrize("rule", rules.all_rules(), ids=lambda rule: rule.name)
def test_every_rule_reads_its_golden_page(rule: rules.Rule) -> None:
    assert check_rule(rule) == []
    assert len([r for r in rules.all_rules() if r.name == rule.name]) == 1


def test_rules_check_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    done = CliRunner().invoke(command, ["check", "--json"])
    assert done.exit_code == 0
    assert [item["differences"] for item in json.loads(done.output)] == [[]] * len(
        rules.all_rules()
    )
    wrong = rules.Rule("belta-2016", ("belta.by",), select={"title": ("//h6",)})
    monkeypatch.setattr("newsdata.extractors.golden.all_rules", lambda: (wrong,))
    done = CliRunner().invoke(command, ["check"])
    assert done.exit_code == 1
    assert "title: not found by the rule" in done.output
    missing = rules.Rule("none-such", ("n.example",))
    assert check_rule(missing)[0].startswith("found no golden page")


def test_an_old_rule_serves_old_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    old = rules.Rule("old", ("n.example",), date(2020, 1, 31), select={"text": ("//main",)})
    new = rules.Rule("new", ("n.example",), select={"text": ("//div[@id='story']",)})
    monkeypatch.setattr(rules, "_by_host", lambda: {"n.example": (old, new)})
    before, after = Markup(f"<main>{P}</main>"), Markup(f"<div id=story>{P}</div>")
    assert rules.rule_for("n.example", "2020-01-31T10:00:00Z", before) is old
    assert rules.rule_for("n.example", "2020-02-01T10:00:00Z", before) is None
    assert rules.rule_for("n.example", "2020-02-01T10:00:00Z", after) is new
    assert rules.rule_for("n.example", None, after) is new
    assert rules.rule_for("other.example", None, before) is None


@pytest.mark.parametrize(
    "table",
    [
        {"name": "x"},
        {"name": "x", "hosts": ["h"], "selector": {}},
        {"name": "x", "hosts": ["h"], "select": {"titel": ["//h1"]}},
        {"name": "x", "hosts": ["h"], "select": {"title": ["//h1["]}},
        {"name": "x", "hosts": ["h"], "patterns": {"time": "("}},
    ],
)
def test_a_wrong_rule_is_told(table: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "rule_documents", lambda: (("wrong", {"rule": [table]}),))
    with pytest.raises(SourceError, match=r"rules/wrong\.toml: rule 'x'"):
        rules.all_rules.__wrapped__()


# -- captions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "caption", "credit", "photographers"),
    [
        ("The bridge. Photo by Ann Lee/AFP", "The bridge.", "Photo by Ann Lee/AFP", ("Ann Lee",)),
        ("The bridge (Foto: Ann Lee)", "The bridge", "Foto: Ann Lee", ("Ann Lee",)),
        ("The bridge. Getty Images", "The bridge.", "Getty Images", ()),
        ("Most / A. Lee / LRT nuotr.", "Most", "A. Lee / LRT nuotr.", ("A. Lee",)),
        ("新桥。图：高明远", "新桥。", "图：高明远", ("高明远",)),
        (
            "الجسر الجديد (تصوير: ليلى الصباغ)",
            "الجسر الجديد",
            "تصوير: ليلى الصباغ",
            ("ليلى الصباغ",),
        ),
        ("The bridge in May (archive)", "The bridge in May (archive)", None, ()),
        ("The mayor (left) and Ann Lee", "The mayor (left) and Ann Lee", None, ()),
    ],
)
def test_captions_and_credits_part(
    printed: str, caption: str, credit: str | None, photographers: tuple[str, ...]
) -> None:
    text, found = split_caption(printed, None)
    assert text == caption
    assert (found.raw if found else None) == credit
    assert (found.photographers if found else ()) == photographers


# -- hostile pages --------------------------------------------------------------------------------

_CYCLE = {
    "@graph": [
        {"@id": "a", "@type": "NewsArticle", "headline": "T", "author": {"@id": "b"},
         "image": {"@id": "a"}, "mainEntity": {"@id": "a"}},
        {"@id": "b", "@type": "Person", "name": {"@id": "b"}, "author": {"@id": "a"}},
    ]
}  # fmt: skip

HOSTILE = {
    "100 MB": b"<p>" + b"x " * 50_000_000,
    "nested div": b"<div>" * 10_000 + P.encode(),
    "nested inline": b"<a><b>" * 5_000 + P.encode(),
    "nested clutter": b"<div class='related'>" * 240 + P.encode() * 500,
    "nested captions": b"<div class='caption'>" * 240 + b"<figcaption>x</figcaption>" * 500,
    "figures": b"<h1>T</h1>" + b"<figure><img src=a><figcaption>c</figcaption></figure>" * 5_000,
    "charset lie": f"<meta charset=utf-16>{P}".encode("utf-16-le"),
    "charset nonsense": f"<meta charset=rot13>{P}".encode("cp1251"),
    "json-ld cycle": b"<script type='application/ld+json'>"
    + json.dumps(_CYCLE).encode()
    + b"</script>"
    + P.encode(),
    "brackets": b"<h1>T</h1>" + (b"<p>" + b"(" * 3_000 + b"Foto " * 300 + b"</p>") * 50,
    "long class": b"<div class='" + b"related-" * 50_000 + b"'>" + P.encode() + b"</div>",
    "bylines": b"<h1>T</h1>" + b"<span class=author>By A B and C D</span>" * 5_000 + P.encode(),
    "table": b"<table><tr><td>" * 3_000 + P.encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_ends_in_five_seconds(name: str) -> None:
    start = time.process_time()
    found = extract_html(page(HOSTILE[name]))
    assert time.process_time() - start < 5
    if name == "100 MB":
        assert isinstance(found, Rejected)
        assert found.code == "too-large"
        assert len(found.raw) < 1_000_000
    elif isinstance(found, Article):
        assert {f.code for f in check(found.to_dict(), article_schema())} <= {"empty-title"}


_TOKENS = (
    b"<div class=related>", b"</div>", b"<script type='application/ld+json'>", b"</script>",
    b"<figure>", b"<!--", b"<p>", b"<a href=x>", b'{"@type":"NewsArticle","author":{"@id":',
    b"\xff\xfe", b"\x00", b"&#0;", b"<svg>", b"<form>", b"<template>", b"<plaintext>",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_broken_golden_pages_give_an_article_or_a_reason(seed: int) -> None:
    random_ = random.Random(seed)
    files = sorted([*GOLDEN.glob("*.html"), *RULES.glob("*.html")])
    content = bytearray(random_.choice(files).read_bytes())
    for _ in range(random_.randint(1, 20)):
        at = random_.randrange(len(content))
        content[at : at + random_.randint(0, 60)] = random_.choice(_TOKENS)
    found = extract_html(page(bytes(content)))
    if isinstance(found, Article):
        faults = {fault.code for fault in check(found.to_dict(), article_schema())}
        assert faults <= {"empty-title", "empty-text"}
    found = extract_html(page(random_.randbytes(2_000)))
    assert isinstance(found, Article | Rejected)


def test_pictures_of_other_articles_are_not_this_one_s() -> None:
    figure = (
        "<figure><img src='/{0}.jpg'><figcaption>The {0}. Photo by Ann Lee</figcaption></figure>"
    )
    more = f"<div class='related'>{figure.format('harbour')}</div>"
    linked = f"<a href='/other-story'>{figure.format('river')}</a>"
    large = f"<a href='/full.jpg'>{figure.format('tram')}</a>"
    body = f"<h1>T</h1>{P}{figure.format('bridge')}{more}{P.replace('trams', 'buses')}"
    body += f"{linked}{large}{P.replace('trams', 'boats')}"
    found = extract_html(
        page(f"<html lang=en><article>{body}</article>", url="https://n.example/a")
    )
    assert isinstance(found, Article)
    captions = [image["caption"] for image in found.images]
    assert captions == ["The bridge.", "The tram."]
    assert found.photographer == ["Ann Lee"]
