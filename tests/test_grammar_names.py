"""Genitive to nominative: the gold list where it is there, laws and invented names everywhere."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdata.grammar.names import to_nominative
from newsdata.grammar.persons import people_in_caption

GOLD = Path(__file__).parents[2] / "shared/data/names/genitive.tsv"


@pytest.mark.parametrize(
    ("genitive", "nominative"),
    [
        ("Максима Гучека", "Максим Гучек"),
        ("Яна Горбанюка", "Ян Горбанюк"),
        ("Семёна Выдумского", "Семён Выдумский"),
        ("Ильи Примерова", "Илья Примеров"),
        ("Любови Примеровой", "Любовь Примерова"),
        ("Игоря Лебедя", "Игорь Лебедь"),
        ("Андрея Соловья", "Андрей Соловей"),
        ("Петра Донского", "Петр Донской"),
        ("Ольги Петровны Выдумской", "Ольга Петровна Выдумская"),
        ("Олега Ивановича Примерова", "Олег Иванович Примеров"),
        ("Натальи Ивановой-Примеровой", "Наталья Иванова-Примерова"),
        ("И. Примеровой", "И. Примерова"),
        ("М.Гучека", "М. Гучек"),
        ("Надзеі Бужан", "Надзея Бужан"),
        ("Максіма Прыкладава", "Максім Прыкладаў"),
        ("Вольгі Прыкладнай", "Вольга Прыкладная"),
        ("Паўла Латушкі", "Павел Латушка"),
        ("МАКСИМА ГУЧЕКА", "МАКСИМ ГУЧЕК"),
    ],
)
def test_genitives(genitive: str, nominative: str) -> None:
    assert to_nominative(genitive).name == nominative


@pytest.mark.parametrize(
    "name",
    [
        "Юлия Фартух", "Валерия Неронская", "Алеся Высоцкая", "Надежда Высоцкая", "Игорь Живаго",
        "Марина Черных", "Павел Муравейко", "Бидзина Иванишвили", "Карине Агаджанян", "Ann Lee",
        "Максим Гучек", "Гульнара Каримова", "Надзея Бужан", "Александра Мазур", "Никита Сивуха",
    ],
)  # fmt: skip
def test_nominatives_stay(name: str) -> None:
    assert to_nominative(name).name == name


def test_ambiguity_is_told() -> None:
    assert to_nominative("Александра Хитрова").ambiguous
    assert not to_nominative("Максима Гучека").ambiguous
    assert not to_nominative("Александры Хитровой").ambiguous
    assert to_nominative("Максима Гучека").confident


@given(st.text(max_size=60))
def test_never_raises(text: str) -> None:
    to_nominative(text)
    people_in_caption(text)


@given(
    st.lists(
        st.text(alphabet="АБВДИМОРСТЯабвгдеийклмнопрстуфхцчшыьяёіў-.", max_size=12), max_size=4
    )
)
def test_never_raises_on_what_looks_like_a_name(words: list[str]) -> None:
    for language in (None, "be"):
        found = to_nominative(" ".join(words), language)
        assert len(found.name.split()) <= len(" ".join(words).replace(".", ". ").split())


def test_linear_time() -> None:
    started = time.process_time()
    to_nominative("А" * 1_000_000)
    to_nominative("А " * 500_000)
    people_in_caption("Иван " * 200_000)
    assert time.process_time() - started < 1


def test_people_in_captions() -> None:
    assert people_in_caption("Сергей Выдумский и Мурат Примеров") == [
        "Сергей Выдумский",
        "Мурат Примеров",
    ]
    assert people_in_caption("Ann Lee during the talks") == ["Ann Lee"]
    assert people_in_caption("Площадь Победы") == []
    assert people_in_caption("во время совещания") == []


@pytest.mark.skipif(not GOLD.exists(), reason="the gold list of names is not beside the project")
def test_gold_names() -> None:
    with GOLD.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    right = sum(to_nominative(row["genitive"]).name == row["nominative"] for row in rows)
    changed = [
        r["nominative"] for r in rows if to_nominative(r["nominative"]).name != r["nominative"]
    ]
    assert right / len(rows) >= 0.98
    assert changed == []
    started = time.process_time()
    for row in rows * 20:
        to_nominative(row["genitive"])
    assert (time.process_time() - started) / (20 * len(rows)) < 200e-6


def test_capitals_that_are_single_letters_end() -> None:
    assert to_nominative("- А А").name == "- А А"
    assert to_nominative("МАКСИМА ГУЧЕКА").name == "МАКСИМ ГУЧЕК"
