"""Photo credits: every kind of the trade, persons in the nominative, headlines left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdata.grammar.credits import read_credit, split_credit


@pytest.mark.parametrize(
    ("line", "kind", "persons", "agency"),
    [
        ("Фото Максима Гучека", "person", ["Максим Гучек"], None),
        ("Фота Надзеі Бужан", "person", ["Надзея Бужан"], None),
        ("Фото Юлия Фартух", "person", ["Юлия Фартух"], None),
        ("Фото Яна Горбанюка, БЕЛТА.", "person", ["Ян Горбанюк"], "БЕЛТА"),
        ("Видео: Валерия Неронская", "person", ["Валерия Неронская"], None),
        ("© Sputnik / Виктор Толочко", "person", ["Виктор Толочко"], "Sputnik"),
        ("(AP Photo/Ann Lee)", "person", ["Ann Lee"], "AP"),
        ("Foto: Max Muster/dpa", "person", ["Max Muster"], "dpa"),
        ("Photo by Ann Lee/Reuters", "person", ["Ann Lee"], "Reuters"),
        ("REUTERS/Ann Lee", "person", ["Ann Lee"], "REUTERS"),
        (
            "Фото Максима Примерова и Юлии Фартух",
            "person",
            ["Максим Примеров", "Юлия Фартух"],
            None,
        ),
        ("Фото Анны Ли, видео Олега Примерова", "person", ["Анна Ли", "Олег Примеров"], None),
        ("Автор фото: Максим Гучек", "person", ["Максим Гучек"], None),
        ("Фото - Леонид Примеров", "person", ["Леонид Примеров"], None),
        ("Фото: Максима Гучека", "person", ["Максим Гучек"], None),
        ("Фото корреспондента БЕЛТА Максима Гучека", "person", ["Максим Гучек"], "БЕЛТА"),
        ("Фото М. Гучека", "person", ["М. Гучек"], None),
        ("Фото автора", "author", [], None),
        ("Фото из архива", "archive", [], None),
        ("Архивное фото", "archive", [], None),
        ("Фото из личного архива Анны Ли", "archive", [], None),
        ("Фото: Пресс-служба президента", "handout", [], None),
        ("Фото пресс-службы МЧС", "handout", [], None),
        ("Фото: Reuters", "agency", [], "Reuters"),
        ("Фото ТАСС", "agency", [], "ТАСС"),
        ("Фото из инстаграма Арины Соболенко", "social", [], None),
        ("Фото: sample.by", "organisation", [], None),
        ("Фото МЧС", "organisation", [], None),
        ("Фото носит иллюстративный характер", "unknown", [], None),
    ],
)
def test_kinds(line: str, kind: str, persons: list[str], agency: str | None) -> None:
    credit = read_credit(line)
    assert credit is not None
    assert (credit.kind, list(credit.photographers), credit.agency) == (kind, persons, agency)
    assert credit.raw == line


#: Credits of the trade in eight languages and whom they name.
NAMED = [
    ("Фото Максима Гучека", ("Максим Гучек",)),
    ("Фота: Надзея Бужан", ("Надзея Бужан",)),
    ("Фота Надзеі Бужан, БЕЛТА", ("Надзея Бужан",)),
    ("Світлина: Олег Прикладенко", ("Олег Прикладенко",)),
    ("Фото: Олег Прикладенко, Укрінформ", ("Олег Прикладенко",)),
    ("Photo: Ann Lee / AFP", ("Ann Lee",)),
    ("Photograph: Ann Lee/Getty Images", ("Ann Lee",)),
    ("Photo courtesy of the museum", ()),
    ("Image: Ann Lee", ("Ann Lee",)),
    ("Picture by Ann Lee", ("Ann Lee",)),
    ("Bild: Max Muster/dpa", ("Max Muster",)),
    ("Foto: picture alliance/dpa", ()),
    ("Foto: Max Muster und Eva Probe", ("Max Muster", "Eva Probe")),
    ("Foto von Max Muster", ("Max Muster",)),
    ("© Max Muster", ("Max Muster",)),
    ("Foto: Ana Ejemplo (EFE)", ("Ana Ejemplo",)),
    ("Fotografía: Ana Ejemplo", ("Ana Ejemplo",)),
    ("Foto de Ana Ejemplo", ("Ana Ejemplo",)),
    ("Fot. Jan Kowalski / PAP", ("Jan Kowalski",)),
    ("Fot.: Jan Kowalski", ("Jan Kowalski",)),
    ("Zdjęcie: Jan Kowalski", ("Jan Kowalski",)),
    ("fot. archiwum", ()),
    ("Photo : Anne Exemple / AFP", ("Anne Exemple",)),
    ("Crédit photo : Anne Exemple", ("Anne Exemple",)),
    ("© Anne Exemple / AFP", ("Anne Exemple",)),
    ("Фото: архив", ()),
    ("Фото предоставлено музеем", ()),
    ("Фото: соцсети", ()),
    ("Фото со страницы Анны Ли в Facebook", ()),
    ("Фото из открытых источников", ()),
    ("Фото Анны Ли и Олега Примерова", ("Анна Ли", "Олег Примеров")),
    ("Фото: Анна Ли, Олег Примеров", ("Анна Ли", "Олег Примеров")),
    ("Фота аўтара", ()),
    ("Фото автора.", ()),
    ("Фото авторов", ()),
    ("Foto: Autor", ()),
    ("Foto del autor", ()),
    ("Foto autora", ()),
    ("Photo by the author", ()),
    ("Фото Sputnik/Виктора Примерова", ("Виктор Примеров",)),
    ("Фото: © РИА Новости / Анна Ли", ("Анна Ли",)),
    ("REUTERS/Ann Lee/File Photo", ("Ann Lee",)),
    ("(Photo by Ann Lee/Getty Images)", ("Ann Lee",)),
    ("Ann Lee/AP", ("Ann Lee",)),
    ("AP Photo/Ann Lee", ("Ann Lee",)),
    ("Photo: Handout", ()),
    ("Foto: Archiv", ()),
    ("Foto: privat", ()),
    ("Foto: Reuters", ()),
    ("Фото УНН", ()),
    ("Скриншот видео", ()),
    ("Фото Ивана ПРИМЕРОВА", ("Иван ПРИМЕРОВ",)),
    ("ФОТО: АННА ЛИ", ("АННА ЛИ",)),
    ("Фото носит иллюстративный характер", ()),
    ("Photo: X/@ann", ()),
    ("Фото: МЧС Беларуси", ()),
    ("Фото героини публикации", ()),
    ("Фото из семейного альбома Ивановых", ()),
    ("Снимки Анны Ли", ("Анна Ли",)),
    ("Автор фото Анна Ли", ("Анна Ли",)),
    ("Фото: Анна Ли/БЕЛТА", ("Анна Ли",)),
    ("Фото: БЕЛТА/Анна Ли", ("Анна Ли",)),
    ("Foto: Ann Lee/BelTA/dpa", ("Ann Lee",)),
    ("Фото: Pixabay.com", ()),
    ("Фотохроника ТАСС", ()),
    ("Фото Анны Ли (БЕЛТА)", ("Анна Ли",)),
    ("Фото - Анна Ли, БЕЛТА", ("Анна Ли",)),
    ("Photos by Ann Lee and Bo Fox", ("Ann Lee", "Bo Fox")),
]


@pytest.mark.parametrize(("line", "persons"), NAMED)
def test_whom_a_credit_names(line: str, persons: tuple[str, ...]) -> None:
    credit = read_credit(line)
    assert credit is not None
    assert credit.photographers == persons
    assert (credit.kind == "person") == bool(persons)


@pytest.mark.parametrize(
    "line",
    ["", "Фото", "Фото дня", "Фото недели: лучшее за неделю на фото и видео читателей",
     "Фото и видео с места событий опубликованы сегодня", "Photo of the year", "Мост открыт.",
     "© Авторское право принадлежит БЕЛТА, 1999-2021гг.", "Фотография на память о лете!"],
)  # fmt: skip
def test_other_lines_are_no_credits(line: str) -> None:
    assert read_credit(line) is None


def test_case_ambiguity_and_medium_are_kept() -> None:
    unclear, clear = read_credit("Фото Александра Хитрова"), read_credit("Видео: Анна Ли")
    assert unclear is not None
    assert clear is not None
    assert (unclear.case, unclear.ambiguous, unclear.medium) == ("genitive", True, "photo")
    assert (clear.case, clear.ambiguous, clear.medium) == ("nominative", False, "video")


def test_credit_at_the_end_of_a_caption() -> None:
    rest, credit = split_credit("Мост открыт. Фото Анны Ли")
    assert credit is not None
    assert (rest, credit.photographers) == ("Мост открыт.", ("Анна Ли",))
    assert split_credit("Мост на фото Анны Ли")[1] is None
    rest, credit = split_credit("A bridge (AP Photo/Ann Lee)")
    assert credit is not None
    assert rest == "A bridge"


@given(
    st.sampled_from(["Фото ", "Фото: ", "© ", "(AP Photo/", "Photo by ", ""]),
    st.text(max_size=180),
)
def test_never_raises(start: str, text: str) -> None:
    read_credit(start + text)
    split_credit(text + ". " + start + text)


def test_linear_time() -> None:
    started = time.process_time()
    for text in ("(" * 1_000_000, ". Фото " * 150_000, "© " * 500_000, " " * 1_000_000):
        read_credit(text)
        split_credit(text)
    assert time.process_time() - started < 1
