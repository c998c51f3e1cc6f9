"""Bylines and the tails of wire stories. All persons are invented."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdata.grammar.bylines import is_byline, read_byline, split_reporting_tail


@pytest.mark.parametrize(
    ("text", "authors"),
    [
        ("By  Ann Lee", ["Ann Lee"]),
        ("By  Ann B. Lee  and  Raj Oak  - Analysis", ["Ann B. Lee", "Raj Oak"]),
        ("By  Eva Aho , European technology correspondent", ["Eva Aho"]),
        ("By Ann Lee, China Economics Editor - Analysis", ["Ann Lee"]),
        ("By Ann Lee, Reuters auto correspondent", ["Ann Lee"]),
        ("Ann Lee in London and Raj Oak in Paris", ["Ann Lee", "Raj Oak"]),
        ("Автор: Анна Примерова", ["Анна Примерова"]),
        ("Анна Примерова, БЕЛТА", ["Анна Примерова"]),
        ("корр. Олег Примеров", ["Олег Примеров"]),
        ("Von Eva Muster und Jan Probe", ["Eva Muster", "Jan Probe"]),
        ("Lisa Von Ahn", ["Lisa Von Ahn"]),
        ("Bill Rigby", ["Bill Rigby"]),
        ("By Ann Lee; Raj Oak / Bo Fox", ["Ann Lee", "Raj Oak", "Bo Fox"]),
        ("Reuters", []),
        ("БЕЛТА", []),
        ("Staff reporters", []),
        ("Deutsche Welle", []),
        ("Ann Lee, The Guardian", ["Ann Lee"]),
        ("Capital Von Ann Lee", ["Ann Lee"]),
        ("Von Le Monde par Ann Lee", ["Ann Lee"]),
        ("Handelsblatt Von Ahn", ["Handelsblatt Von Ahn"]),  # a single word may be her name
        ("Sybille de La Haye", ["Sybille de La Haye"]),
        ("Martin de Sa Pinto", ["Martin de Sa Pinto"]),
        ("ann@sample.org", []),
        ("", []),
    ],
)
def test_bylines(text: str, authors: list[str]) -> None:
    assert list(read_byline(text).authors) == authors


def test_the_agency_among_the_names_is_told() -> None:
    assert read_byline("By Ann Lee, Reuters").agency == "Reuters"


@pytest.mark.parametrize(
    ("tail", "authors", "editors"),
    [
        ("(Reporting by Ann Lee; Editing by Raj Oak)", ["Ann Lee"], ["Raj Oak"]),
        ("(Reporting by  Ann Lee , editing by Raj Oak)", ["Ann Lee"], ["Raj Oak"]),
        ("(Reporting by Ann Lee in Rome and Bo Fox in Paris)", ["Ann Lee", "Bo Fox"], []),
        ("(Reporting by Ann Lee; additional reporting by Bo Fox and Cy Elm; writing by Di Ash;"
         " editing by Raj Oak)", ["Ann Lee", "Bo Fox", "Cy Elm", "Di Ash"], ["Raj Oak"]),
        ("(Editing by Raj Oak and Bo Fox).", [], ["Raj Oak", "Bo Fox"]),
    ],
)  # fmt: skip
def test_tails(tail: str, authors: list[str], editors: list[str]) -> None:
    rest, byline = split_reporting_tail(f"It rained. {tail}")
    assert byline is not None
    assert (rest, list(byline.authors), list(byline.editors)) == ("It rained.", authors, editors)


@pytest.mark.parametrize(
    ("tail", "rest", "authors", "editors"),
    [
        ("(Reporting by Ann Lee ) (Editing by Raj Oak)", "", ["Ann Lee"], ["Raj Oak"]),
        ("(Reporting by Ann Lee) (", "", None, None),
        ("(Additional reporting by Ann Lee ) ((Editing by Raj Oak; Messaging: raj@n.org))", "",
         ["Ann Lee"], ["Raj Oak"]),
        ("(Reporting by Ann Lee (in Rome), Bo Fox; editing by Raj Oak)", "",
         ["Ann Lee", "Bo Fox"], ["Raj Oak"]),
        ("(Editing by Raj Oak; e-mail: raj@n.example; tel: +1 555)", "", [], ["Raj Oak"]),
        ("(Reporting by Ann Lee) (ann@n.example; +1 555)", "", ["Ann Lee"], []),
        ("(Reporting by Ann Lee) ($1 = 2 crowns)", " ($1 = 2 crowns)", ["Ann Lee"], []),
        ("(Writing by Ann Lee) (Mail to: desk(at)n.example)",
         " (Mail to: desk(at)n.example)", ["Ann Lee"], []),
    ],
)  # fmt: skip
def test_several_brackets_end_a_story(
    tail: str, rest: str, authors: list[str] | None, editors: list[str] | None
) -> None:
    text, byline = split_reporting_tail(f"It rained. {tail}")
    if authors is None or editors is None:  # it does not end with a bracket that closes
        assert (text, byline) == (f"It rained. {tail}", None)
        return
    assert byline is not None
    assert (list(byline.authors), list(byline.editors)) == (authors, editors)
    assert text == f"It rained.{rest}"


@given(st.text(max_size=80), st.text("() [])(;,.", max_size=12))
def test_no_bracket_is_left_in_a_name(middle: str, junk: str) -> None:
    _, byline = split_reporting_tail(f"x (Reporting by Ann Lee {junk} {middle} Editing by Bo Fox)")
    names = (*byline.authors, *byline.editors) if byline else ()
    assert not any(mark in name for name in names for mark in "()[]")


def test_text_without_a_tail_is_untouched() -> None:
    for text in (
        "It rained.",
        "It rained (reporting by hand).",
        "(Reporting by Ann Lee) It rained.",
    ):
        assert split_reporting_tail(text) == (text, None)


def test_lines_that_are_bylines() -> None:
    assert is_byline("By Ann Lee and Raj Oak")
    assert is_byline("Автор: Анна Примерова")
    assert not is_byline("By Monday the bridge was open.")
    assert not is_byline("Автор: мост открыт.")


@given(st.text(max_size=300))
def test_never_raises(text: str) -> None:
    read_byline(text)
    is_byline("By " + text)
    split_reporting_tail(text + " (Reporting by " + text + ")")


def test_linear_time() -> None:
    started = time.process_time()
    for text in (
        "(" * 1_000_000,
        "By " * 300_000,
        "a and " * 150_000,
        "(Reporting by " * 70_000 + ")",
        "x (Reporting by A Lee" + ") (" * 300_000 + ")",
    ):
        read_byline(text)
        split_reporting_tail(text)
        is_byline(text)
    assert time.process_time() - started < 1
