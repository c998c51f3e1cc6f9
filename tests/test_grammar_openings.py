"""What stands before a dateline. All stories and persons are invented."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdata.grammar.openings import read_opening

LINE = "NORTHPORT, March 3 (Reuters) - The bridge is open."
MORE = "Trams cross it."


@pytest.mark.parametrize(
    ("paragraphs", "notices", "authors"),
    [
        ([LINE], [], []),
        ([f"(Corrects spelling in paragraph 2) {LINE}"], ["Corrects spelling in paragraph 2"], []),
        (["(Adds a quote)", LINE], ["Adds a quote"], []),
        (["(Adds quote,\nbyline)\n (Updates with shares (BRG.N) up)", LINE],
         ["Adds quote, byline", "Updates with shares (BRG.N) up"], []),
        (["(Adds details, changes", LINE], ["Adds details, changes"], []),
        ([f"(Recasts) By Ann Example {LINE}"], ["Recasts"], ["Ann Example"]),
        ([f"By  Ann Example  and  Raj Oak  {LINE}"], [], ["Ann Example", "Raj Oak"]),
        ([f"By Ann Example , Bridge Correspondent {LINE}"], [], ["Ann Example"]),
        (["(Recasts)", "By Ann Example", LINE], ["Recasts"], ["Ann Example"]),
        (["by Ann Example", LINE], [], ["Ann Example"]),
    ],
)  # fmt: skip
def test_notices_and_bylines_before_a_dateline(
    paragraphs: list[str], notices: list[str], authors: list[str]
) -> None:
    opening = read_opening([*paragraphs, MORE], date(2009, 3, 4))
    assert opening is not None
    assert opening.line.raw == "NORTHPORT, March 3 (Reuters) -"
    assert opening.line.places == ("NORTHPORT",)
    assert opening.line.date == date(2009, 3, 3)
    assert (list(opening.notices), list(opening.authors)) == (notices, authors)
    assert opening.paragraphs == ("The bridge is open.", MORE)


@pytest.mark.parametrize(
    "paragraphs",
    [
        [],
        [""],
        ["(It rained.) The bridge is open."],
        ["(Adds a quote)", MORE],
        ["By Ann Example", MORE],
        ["By Monday the bridge will be open.", LINE],
        [MORE, LINE],
        ["(a)", "(b)", "(c)", "(d)", LINE],
    ],
)
def test_without_a_dateline_nothing_is_taken(paragraphs: list[str]) -> None:
    assert read_opening(paragraphs) is None


@given(st.lists(st.text("(By ANn)\n,.-Reuters", max_size=30), max_size=5))
def test_never_raises_and_keeps_what_follows(paragraphs: list[str]) -> None:
    opening = read_opening([*paragraphs, MORE])
    assert opening is None or opening.paragraphs[-1:] == (MORE,)


def test_linear_time() -> None:
    started = time.process_time()
    for text in ("(" * 1_000_000, "(Adds x) " * 100_000, "(Adds a (b) " * 80_000,
                 "By Ann " + "LONDON " * 140_000, "By " * 300_000):  # fmt: skip
        assert read_opening([text]) is None
    assert time.process_time() - started < 1
