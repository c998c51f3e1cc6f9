"""``explain``: every line has a label, and the labels agree with the record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import newsdata
from newsdata.cli import cli
from newsdata.cli.explain import STYLES
from newsdata.errors import UsageError
from newsdata.extractors.dumps import extract_dump
from newsdata.extractors.explain import LABELS, Explanation, Part, explain_page
from newsdata.records import Article, Page, Place, Rejected
from newsdata.text import clean_text

GOLDEN = Path(__file__).parent / "golden"
SEED = GOLDEN / "dumps" / "seed_572564-2023.txt"
DUMPS = sorted((GOLDEN / "dumps").glob("*.txt"))
SHARED = Path(__file__).parents[2] / "shared/data/pages/belta"
REAL = sorted(SHARED.glob("*.txt")) if SHARED.is_dir() else []


def page(path: Path, kind: str = "dump") -> Page:
    meta = path.with_suffix(".meta.json")
    known = json.loads(meta.read_text("utf-8")) if meta.exists() else {}
    return Page(path.read_bytes(), kind, Place(path.name), **known)


def parts(found: Explanation, *labels: str) -> list[Part]:
    return [part for line in found.lines for part in line.parts if part.label in labels]


def check(given_page: Page) -> None:
    """Every line that holds anything is labelled, and what is labelled is what was read."""
    found = explain_page(given_page)
    text = clean_text(given_page.content.decode("utf-8-sig"))
    filled = [n for n, row in enumerate(text.split("\n"), 1) if row.strip()]
    assert [line.number for line in found.lines] == filled
    for line in found.lines:
        row = text.split("\n")[line.number - 1].strip()
        assert line.parts
        assert all(part.label in LABELS and part.why for part in line.parts)
        said = "".join(part.text for part in line.parts)
        assert "".join(said.split()) == "".join(row.split())
    if not isinstance(found.outcome, Article):
        return
    record = found.outcome
    assert "\n\n".join(part.text for part in parts(found, "paragraph")) == (record.text or "")
    titles = {part.text for part in parts(found, "title")}
    assert titles == ({record.title} if record.title else set())
    assert [p.text for p in parts(found, "rubric")] == ([record.rubric] if record.rubric else [])
    raw = record.dateline["raw"] if record.dateline else None
    assert [part.text for part in parts(found, "dateline")] == ([raw] if raw else [])
    assert {image["caption"] for image in record.images} <= {
        part.text for part in parts(found, "caption")
    }
    assert {image["credit"] for image in record.images} - {None} <= {
        part.text for part in parts(found, "credit")
    }


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_golden_pages(path: Path) -> None:
    check(page(path))


@pytest.mark.skipif(not REAL, reason="the real BelTA pages are not beside the project")
def test_real_pages() -> None:
    for path in REAL:
        expected = json.loads(path.with_suffix(".json").read_text("utf-8"))["expected"]
        check(Page(path.read_bytes(), "dump", Place(path.name), url=expected["url"]))


def test_the_seed_page_line_by_line() -> None:
    found = explain_page(page(SEED))
    labels = [part.label for line in found.lines for part in line.parts]
    assert labels == [
        *["navigation"] * 5, "rubric", "time", "title", "caption", "caption", "dateline",
        *["paragraph"] * 3, "caption", "caption", *["paragraph"] * 2, "end mark", "credit",
        "footer", "footer",
    ]  # fmt: skip
    credit = parts(found, "credit")[0]
    assert "Максим Гучек" in credit.why
    assert "2023-06-19" in parts(found, "dateline")[0].why


def test_a_list_page_shows_its_items() -> None:
    found = explain_page(page(GOLDEN / "dumps" / "ru_list_page.txt"))
    assert isinstance(found.outcome, Rejected)
    assert [part.text for part in parts(found, "title")] == [
        "Мост открыт в Бресте", "Мост закрыт в Гродно", "Мост построен в Пинске",
    ]  # fmt: skip
    assert len(parts(found, "time")) == len(parts(found, "paragraph")) == 3


@pytest.mark.parametrize("path", sorted((GOLDEN / "html").glob("*.html")), ids=lambda p: p.stem)
def test_html_pages(path: Path) -> None:
    found = explain_page(page(path, "html"))
    assert found.lines
    if isinstance(found.outcome, Article):
        assert parts(found, "title")
        assert parts(found, "paragraph")
        assert all(part.why for part in parts(found, *LABELS))


def test_a_record_has_no_lines() -> None:
    with pytest.raises(UsageError):
        explain_page(Page(b"{}", "record", Place("a.jsonl", 1)))


@given(st.lists(st.sampled_from(SEED.read_text("utf-8").split("\n")), max_size=30))
def test_never_raises_on_lines_in_any_order(rows: list[str]) -> None:
    given_page = Page("\n".join(rows).encode(), "dump", Place("page.txt"))
    found = explain_page(given_page)
    assert found.outcome == extract_dump(given_page)
    assert len(found.lines) == sum(bool(row.strip()) for row in rows)


@given(st.binary(max_size=120), st.sampled_from(["dump", "html"]))
def test_never_raises_on_bytes(content: bytes, kind: str) -> None:
    explain_page(Page(content, kind, Place("page")))


def test_the_command_prints_every_line(tmp_path: Path) -> None:
    target = tmp_path / "page.txt"
    target.write_bytes(SEED.read_bytes())
    done = CliRunner().invoke(cli, ["explain", str(target)])
    assert done.exit_code == 0, done.output
    assert "   6  rubric       Политика  <- the short line before the time" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("article sha256:")
    shown = json.loads(CliRunner().invoke(cli, ["explain", str(target), "--json"]).stdout)
    assert shown["lines"][5]["parts"][0]["label"] == "rubric"
    assert shown["article"]["photographer"] == ["Максим Гучек"]
    assert set(STYLES) == set(LABELS)


def test_the_command_draws_a_picture_that_loads_nothing(tmp_path: Path) -> None:
    drawn = tmp_path / "page.svg"
    done = CliRunner().invoke(cli, ["explain", str(SEED), "--svg", str(drawn)])
    assert done.exit_code == 0, done.output
    text = drawn.read_text("utf-8")
    assert text.startswith("<svg")
    assert "@font-face" not in text
    assert str(tmp_path) not in text
    assert "dateline" in text


def test_the_command_on_a_rejected_page(tmp_path: Path) -> None:
    listed = CliRunner().invoke(cli, ["explain", str(GOLDEN / "dumps" / "ru_list_page.txt")])
    assert listed.exit_code == 1
    assert "rejected, list-page" in listed.stdout
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    assert CliRunner().invoke(cli, ["explain", str(empty)]).exit_code == 1
    record = tmp_path / "a.jsonl"
    record.write_text('{"title": "T"}\n')
    with pytest.raises(UsageError, match="found a record"):
        CliRunner().invoke(cli, ["explain", str(record)], catch_exceptions=False)


def test_the_library() -> None:
    found = newsdata.explain(SEED.read_text("utf-8"))
    assert found.to_dict()["lines"][0]["parts"][0]["label"] == "navigation"


def test_hostile_pages_take_linear_time() -> None:
    import time

    explain_page(Page(b"The library of languages is loaded by this page.", "dump", Place("x")))
    started = time.process_time()
    for text in ("(" * 1_000_000, "x\n" * 100_000, "<div>" * 100_000):
        kind = "html" if text.startswith("<") else "dump"
        explain_page(Page(text.encode(), kind, Place("x")))
    assert time.process_time() - started < 10
