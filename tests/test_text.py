"""The normal form of text: what it promises to every other room."""

from __future__ import annotations

import time
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from newsdata.text import (
    clean_paragraphs,
    clean_text,
    join_paragraphs,
    lines,
    paragraphs,
    slug,
    squeeze,
)


@given(st.text())
def test_clean_text_is_idempotent_and_normal(text: str) -> None:
    clean = clean_text(text)
    assert clean_text(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)
    assert not any(unicodedata.category(c) == "Cc" and c != "\n" for c in clean)
    assert all(line == line.rstrip(" ") for line in clean.split("\n"))
    clean.encode("utf-8")


ODD = "ab \n\r\t\x0b\x0c\x85\u2028\u00a0\u3000\u00ad\u200b\u200d\ufeff\ud800e\u0301й\x00"


@given(st.text(ODD) | st.text())
def test_the_fast_ways_give_the_same(text: str) -> None:
    assert clean_paragraphs(text) == paragraphs(clean_text(text))
    assert squeeze(text) == " ".join(clean_text(text).split())


@given(st.lists(st.text(alphabet=st.characters(blacklist_categories=["C", "Z"]), min_size=1)))
def test_paragraphs_reads_what_join_paragraphs_writes(parts: list[str]) -> None:
    parts = [part for part in parts if part.strip()]
    assert paragraphs(join_paragraphs(parts)) == parts


def test_odd_spaces_breaks_and_invisible_letters() -> None:
    assert clean_text("a\u00a0b\u2003c\td\r\ne\u2028f\x0bg\x00h\u00ad\u200bi\ufeff") == (
        "a b c d\ne\nf\nghi"
    )
    assert clean_text("и\u0306") == "й"
    assert clean_text("می\u200cخواهم") == "می\u200cخواهم"


def test_spelling_is_kept_as_printed() -> None:
    assert clean_text("БЕЛТАначальник  больницу.На") == "БЕЛТАначальник  больницу.На"


def test_small_helpers() -> None:
    assert lines(" a \n\n b\n") == ["a", "b"]
    assert squeeze(" a \n b ") == "a b"
    assert slug("Лукашенко: ўсё добра!") == "lukashenko-use-dobra"
    assert slug("北京") == ""


def test_linear_time() -> None:
    started = time.perf_counter()
    for text in (" " * 1_000_000 + "x", "(" * 1_000_000, "\n" * 1_000_000, "a \n" * 300_000):
        paragraphs(clean_text(text))
        slug(text[:100_000])
    assert time.perf_counter() - started < 3
