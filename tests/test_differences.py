"""Promises of the comparison of two texts. All texts are invented."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdata.differences import Row, compare, plain

WORDS = st.sampled_from(["В", "Минске", "парад", "прошёл", "и", "дождь", "\n", "\n\n", " ", "."])
TEXTS = st.one_of(st.lists(WORDS, max_size=60).map(" ".join), st.text(max_size=60))


def paragraphs(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def sides(rows: list[Row]) -> tuple[list[str], list[str]]:
    """The paragraphs that either side of the rows spells."""
    joined = ["".join(text for text, _ in side) for row in rows for side in (row.left, row.right)]
    left, right = [t for t in joined[::2] if t], [t for t in joined[1::2] if t]
    return "\n".join(left).splitlines(), "\n".join(right).splitlines()


@given(TEXTS, TEXTS)
def test_each_side_spells_its_text_and_the_unmarked_words_are_shared(left: str, right: str):
    rows = compare(left, right)
    assert sides(rows) == (paragraphs(left), paragraphs(right))
    for row in rows:
        shared = [
            " ".join(text for text, changed in side if not changed).split()
            for side in (row.left, row.right)
        ]
        assert shared[0] == shared[1]
        assert row.left or row.right
    assert all(row.same for row in rows) == (left.split() == right.split())


@given(TEXTS)
def test_a_text_differs_in_nothing_from_itself(text: str):
    rows = compare(text, text)
    assert all(row.same and row.left == row.right for row in rows)
    assert list(plain(rows)) == ["  " + line for line in paragraphs(text)]


def test_one_word_and_one_paragraph():
    left = "В Минске сегодня прошёл парад.\nМного людей."
    right = "В Минске вчера прошёл парад.\nШёл дождь без конца.\nМного людей."
    assert list(plain(compare(left, right))) == [
        "- В Минске [-сегодня-] прошёл парад.",
        "+ В Минске {+вчера+} прошёл парад.",
        "+ Шёл дождь без конца.",
        "  Много людей.",
    ]


def test_a_paragraph_that_was_split_is_the_same_words():
    (row,) = compare("Раз два. Три четыре.", "Раз два.\nТри четыре.")
    assert row.same
    assert row.right == (("Раз два.\nТри четыре.", False),)


def test_a_chance_word_does_not_tie_unlike_passages_together():
    (row,) = compare("один два три и пять шесть семь", "а б в и г д е")
    assert [changed for _, changed in row.left + row.right] == [True, True]


@pytest.mark.parametrize("unlike", [False, True])
def test_long_texts_take_time_by_their_length(unlike: bool):
    chance = random.Random(7)
    words = [f"слово{int(chance.paretovariate(0.7))}" for _ in range(100_000)]
    other = [w if chance.random() > 0.05 else f"иное{chance.random()}" for w in words]
    if unlike:
        chance.shuffle(other)
    start = time.perf_counter()
    rows = compare(" ".join(words), " ".join(other))
    assert time.perf_counter() - start < 10, "quadratic: difflib alone needs many minutes"
    changed = sum(len(text.split()) for row in rows for text, new in row.left if new)
    if not unlike:
        assert changed < 10_000


def test_repetitive_texts_end_soon():
    start = time.perf_counter()
    compare("а б " * 100_000, "б а а " * 100_000)
    assert time.perf_counter() - start < 10
