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


MORE = """\
Антона Степанищева|Антон Степанищев
Ольги Кислой|Ольга Кислая
Дмитрия Асеева|Дмитрий Асеев
Павла Чуйко|Павел Чуйко
Виктории Гавриловой|Виктория Гаврилова
Натальи Огородник|Наталья Огородник
Игоря Супронёнка|Игорь Супронёнок
Сергея Холодилина|Сергей Холодилин
Романа Щербенкова|Роман Щербенков
Алексея Матюша|Алексей Матюш
Геннадия Жинкова|Геннадий Жинков
Владимира Шлапака|Владимир Шлапак
Светланы Курейчик|Светлана Курейчик
Эдуарда Пивовара|Эдуард Пивовар
Ольги Шукайло|Ольга Шукайло
Марии Амелиной|Мария Амелина
Рамиля Насибулина|Рамиль Насибулин
Василия Федосенко|Василий Федосенко
Юлии Волчок|Юлия Волчок
Татьяны Матусевич|Татьяна Матусевич
Артура Прупаса|Артур Прупас
Кирилла Башкевича|Кирилл Башкевич
Олега Фойницкого|Олег Фойницкий
Ильи Кулеша|Илья Кулеш
Никиты Бурого|Никита Бурый
Михаила Крепкого|Михаил Крепкий
Анны Зайчик|Анна Зайчик
Елены Толкачевой|Елена Толкачева
Вероники Бондарь|Вероника Бондарь
Александра Кушнера|Александр Кушнер
Ивана Иванца|Иван Иванец
Петра Воробца|Петр Воробец
Валентина Заброцкого|Валентин Заброцкий
Евгения Коктыша|Евгений Коктыш
Ирины Малиновской|Ирина Малиновская
Дарьи Бабич|Дарья Бабич
Льва Толстого|Лев Толстой
Ксении Сухой|Ксения Сухая
Тимура Ахметова|Тимур Ахметов
Азамата Кулова|Азамат Кулов
Гульнары Садыковой|Гульнара Садыкова
Ярослава Волынца|Ярослав Волынец
Любови Шварц|Любовь Шварц
Якова Перельмана|Яков Перельман
Фёдора Конюхова|Фёдор Конюхов
Семёна Лебедя|Семён Лебедь
Марины Дедушки|Марина Дедушка
Степана Скрипки|Степан Скрипка
Константина Зозули|Константин Зозуля
Аліны Рудакоўскай|Аліна Рудакоўская
Дзмітрыя Лойкі|Дзмітрый Лойка
Сяргея Плыткевіча|Сяргей Плыткевіч
Уладзіміра Караткевіча|Уладзімір Караткевіч
Алега Навумава|Алег Навумаў
Кацярыны Сіманавай|Кацярына Сіманава
Ганны Севярынец|Ганна Севярынец
Андрэя Кузьміча|Андрэй Кузьміч
Янкі Купалы|Янка Купала
Якуба Коласа|Якуб Колас
Міколы Гілевіча|Мікола Гілевіч
Наталлі Дзядзюлі|Наталля Дзядзюля
Святланы Белай|Святлана Белая
Юрыя Стралкова|Юрый Стралкоў
Ивана Ивановича Петрова|Иван Иванович Петров
Анны Петровны Сидоровой|Анна Петровна Сидорова
И. И. Петрова|И. И. Петров
Хавьера Бардема|Хавьер Бардем
Тома Круза|Том Круз
Эммы Уотсон|Эмма Уотсон
Джона Смита|Джон Смит
Карлоса Гарсии|Карлос Гарсия
Ангелы Меркель|Ангела Меркель
Мухаммеда Салаха|Мухаммед Салах
"""


@pytest.mark.parametrize("row", MORE.splitlines())
def test_more_genitives(row: str) -> None:
    """Both cases of one person: the genitive is turned, the nominative stays."""
    genitive, nominative = row.split("|")
    assert to_nominative(genitive).name == nominative
    assert to_nominative(nominative).name == nominative


def test_family_names_in_capitals() -> None:
    assert to_nominative("Ивана ПРИМЕРОВА").name == "Иван ПРИМЕРОВ"
    assert to_nominative("Анна ЛИ").name == "Анна ЛИ"


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
    assert (time.process_time() - started) / (20 * len(rows)) < 100e-6


def test_capitals_that_are_single_letters_end() -> None:
    assert to_nominative("- А А").name == "- А А"
    assert to_nominative("МАКСИМА ГУЧЕКА").name == "МАКСИМ ГУЧЕК"
