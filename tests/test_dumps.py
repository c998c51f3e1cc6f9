"""Pages saved as text: golden pages (dropping in a pair adds a test) and promises.

A golden case is ``golden/dumps/NAME.txt`` with ``NAME.json``, the fields the record must have (or
``{"rejected": CODE}``), and ``NAME.meta.json`` where the page has an address or a day of reading.
All texts but the seed page are invented.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdata.extractors.dumps import extract_dump
from newsdata.extractors.fields import METHODS
from newsdata.identity import canonical_url, identify
from newsdata.records import FIELDS, Article, Page, Place, Rejected

GOLDEN = Path(__file__).parent / "golden" / "dumps"
SHARED = Path(__file__).parents[2] / "shared/data/pages/belta"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.txt"))


def page(content: bytes | str, **known: str | None) -> Page:
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return Page(raw, "dump", Place("page.txt", 1, 0, len(raw)), **known)


def golden(name: str) -> tuple[Page, dict[str, Any]]:
    meta = GOLDEN / f"{name}.meta.json"
    known = json.loads(meta.read_text("utf-8")) if meta.exists() else {}
    content = (GOLDEN / f"{name}.txt").read_bytes()
    return page(content, **known), json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def article(content: bytes | str, **known: str | None) -> dict[str, Any]:
    outcome = extract_dump(page(content, **known))
    assert isinstance(outcome, Article), outcome
    return outcome.to_dict()


@pytest.mark.parametrize("name", NAMES)
def test_golden_page(name: str) -> None:
    given_page, expected = golden(name)
    outcome = extract_dump(given_page)
    if "rejected" in expected:
        assert isinstance(outcome, Rejected)
        assert outcome.code == expected["rejected"]
        return
    assert isinstance(outcome, Article), outcome
    record = outcome.to_dict()
    assert {key: record[key] for key in expected} == expected


@pytest.mark.parametrize("name", NAMES)
def test_provenance_tells_of_every_field_found(name: str) -> None:
    given_page, expected = golden(name)
    outcome = extract_dump(given_page)
    if not isinstance(outcome, Article):
        assert "rejected" in expected
        return
    record = outcome.to_dict()
    assert tuple(record) == FIELDS
    source = record["provenance"]
    assert source["sha256"] == given_page.sha256
    assert (source["extractor"], source["extractor_version"]) == ("dump", 2)
    names = [entry["field"] for entry in source["fields"]]
    assert names == sorted(names)
    filled = {k for k, v in record.items() if v not in (None, [])} - {"provenance", "status"}
    assert set(names) == filled
    assert {entry["method"] for entry in source["fields"]} <= set(METHODS)


def methods(record: dict[str, Any]) -> dict[str, str]:
    return {entry["field"]: entry["method"] for entry in record["provenance"]["fields"]}


def test_what_is_inferred_says_so() -> None:
    content = (GOLDEN / "seed_572564-2023.txt").read_bytes()
    address = json.loads((GOLDEN / "seed_572564-2023.meta.json").read_text())["url"]
    with_url, without = article(content, url=address), article(content)
    assert methods(with_url)["utc_offset"] == "site"
    assert methods(with_url)["source"] == "site"
    assert (methods(with_url)["id"], methods(without)["id"]) == ("site", "inferred")
    assert methods(with_url)["url"] == "given"
    for name in ("source", "utc_offset", "timestamp", "language"):
        assert methods(without)[name] == "inferred", name
    for name in ("title", "text", "timestamp", "photographer", "dateline", "source"):
        assert with_url[name] == without[name], name
    assert without["id"].startswith("sha256:")
    assert (without["rubric_slug"], without["edition"], without["url"]) == (None, None, None)


def test_given_source_and_clock_are_defaults_only() -> None:
    text = "Most otwarty\n2023-06-19 12:54\nZmyślony most otwarto w poniedziałek."
    record = article(text, source="sample.org", timezone="Europe/Warsaw")
    assert (record["source"], record["timestamp"]) == ("sample.org", "2023-06-19T12:54:00+02:00")
    assert methods(record)["source"] == "given"
    site = "https://belta.by/world/view/a-1-2023"
    assert article(text, url=site, timezone="Europe/Warsaw")["utc_offset"] == 180


def test_line_breaks_and_a_bom_do_not_matter() -> None:
    text = (GOLDEN / "ru_full_page.txt").read_text("utf-8")
    plain = article(text)
    for variant in (
        "\ufeff" + text,
        text.replace("\n", "\r\n"),
        text.replace("\n", "\n\n"),
        text.replace("\n\n", "\n"),
        text.replace(" ", "\u00a0"),
    ):
        again = article(variant)
        for name in set(FIELDS) - {"id", "provenance"}:
            assert again[name] == plain[name], name


@pytest.mark.parametrize("dropped", ["Флаг", "Минск-Уручье", "ГОСОРГАНЫ", "Все новости", "Топ-"])
def test_any_part_of_the_chrome_may_be_missing(dropped: str) -> None:
    text = (GOLDEN / "ru_full_page.txt").read_text("utf-8")
    less = "\n".join(line for line in text.split("\n") if not line.startswith(dropped))
    plain, again = article(text), article(less)
    for name in ("title", "rubric", "timestamp", "text", "images", "photographer", "dateline"):
        assert again[name] == plain[name], name


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b" \n\t\r\n\xef\xbb\xbf", "empty-file"),
        (b"\xd0\xff\xfe", "invalid-utf8"),
        ("Мост".encode("cp1251"), "invalid-utf8"),
        ("Все новости\nВсе новости\n".encode(), "no-article"),
    ],
)
def test_what_is_no_page_is_rejected_with_its_bytes(content: bytes, code: str) -> None:
    outcome = extract_dump(page(content))
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.raw) == (code, content)


def test_an_article_without_title_stays_without() -> None:
    record = article("Мост открыт для машин. По нему едут.\nВторой абзац.")
    assert record["title"] is None
    assert record["text"] == "Мост открыт для машин. По нему едут.\n\nВторой абзац."


def test_a_dateline_after_the_text() -> None:
    record = article("Мост открыт для машин. По нему едут.\n19 июня, Минск /Корр. БЕЛТА/.")
    assert record["dateline"]["places"] == ["Минск"]
    assert record["text"] == "Мост открыт для машин. По нему едут."


def test_what_stands_after_the_end_mark_is_not_text() -> None:
    text = "19 июня, Минск /Корр. БЕЛТА/. Мост открыт{}Фото Анны Ли\nЕще один мост открыт\n"
    for mark in (".-0-\n", ". -0-\n", ".\n-0-\n", ".–0–\n", "-0-\n", ".-0-", ". -0- "):
        record = article(text.format(mark))
        assert record["text"].rstrip(".") == "Мост открыт"
        assert record["photographer"] == ["Анна Ли"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from((GOLDEN / "ru_full_page.txt").read_text("utf-8").split("\n"))))
def test_never_raises_on_lines_in_any_order(rows: list[str]) -> None:
    first, again = extract_dump(page("\n".join(rows))), extract_dump(page("\n".join(rows)))
    assert first == again


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400), st.sampled_from([None, "https://belta.by/a/view/b-1-2020", "x"]))
def test_never_raises_on_text(text: str, url: str | None) -> None:
    outcome = extract_dump(page(text, url=url))
    if isinstance(outcome, Article):
        json.dumps(outcome.to_dict(), ensure_ascii=False).encode("utf-8")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_never_raises_on_bytes(content: bytes) -> None:
    extract_dump(page(content))


@pytest.mark.parametrize(
    "text",
    ["(" * 1_000_000, "/" * 1_000_000, " " * 1_000_000 + "x", "-0" * 500_000, "x\n" * 500_000,
     ". Фото " * 100_000, "1 мая 2020, 10:00 " * 60_000, "А " * 500_000, "«" * 1_000_000],
    ids=range(9),
)  # fmt: skip
def test_a_megabyte_takes_about_a_second(text: str) -> None:
    extract_dump(page("The library of languages is loaded by this page."))
    started = time.process_time()
    extract_dump(page(text))
    assert time.process_time() - started < 3


CASES = sorted(SHARED.glob("*.json")) if SHARED.is_dir() else []


@pytest.mark.skipif(not CASES, reason="the real BelTA pages are not beside the project")
def test_real_pages_as_expected() -> None:
    wrong = {path.stem: bad for path in CASES if (bad := _differences(path))}
    assert len(wrong) <= len(CASES) // 25, wrong


def _differences(path: Path) -> list[str]:
    want = json.loads(path.read_text("utf-8"))["expected"]
    record = article(path.with_suffix(".txt").read_bytes(), url=want["url"])
    body = list(want["body"])
    body[0] = want.get("first_paragraph_without_dateline") or body[0]
    found = identify(want["url"])
    expected = {
        "title": want["title"],
        "timestamp": want["timestamp"],
        "rubric": want["rubric"],
        "rubric_slug": want["rubric_slug"],
        "language": want["lang"],
        "dateline": want["dateline"],
        "agency": want["agency"],
        "author": [want["author"]] if want["author"] else [],
        "photographer": want["photographers"] or [],
        "text": "\n\n".join(body),
        "url": canonical_url(want["url"]),
    }
    bad = [name for name, value in expected.items() if record[name] != value]
    if [image["caption"] for image in record["images"]] != (want["captions"] or []):
        bad.append("captions")
    if found and found.native_id and want["id"] != found.native_id:
        bad.append("id")
    return bad


def test_a_notice_and_a_byline_before_the_dateline() -> None:
    line = "NORTHPORT, March 3 (Reuters) - The bridge is open, and trams cross it again."
    rows = ["Bridge opens", f"(Corrects a name) By Ann Example {line}", "More trams will come."]
    record = article("\n".join(rows))
    assert record["title"] == "Bridge opens"
    assert record["dateline"]["raw"] == "NORTHPORT, March 3 (Reuters) -"
    assert record["author"] == ["Ann Example"]
    assert {"key": "notice", "value": "Corrects a name"} in record["extra"]
    assert record["text"].startswith("The bridge is open")


@pytest.mark.parametrize(
    "text",
    ["(" * 1_000_000, "short line\n" * 100_000, "A sentence.\n" * 100_000,
     "(Adds x) " * 100_000, "-0-" * 300_000, "Фото " * 200_000],
    ids=lambda text: text[:12].strip(),
)  # fmt: skip
def test_hostile_pages_take_linear_time(text: str) -> None:
    extract_dump(page("warm up the model of the language detector"))
    started = time.process_time()
    extract_dump(page(text))
    assert time.process_time() - started < 3
