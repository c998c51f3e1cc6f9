"""The user's tables of names and topics, and list pages taken apart. Persons are invented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import newsdata
from newsdata.cli import cli
from newsdata.errors import UsageError
from newsdata.extractors.dumps import extract_dump
from newsdata.extractors.lists import split_list
from newsdata.extractors.tables import parse_rows, parse_tables
from newsdata.grammar.topics import TOPICS, topic_of_rubric
from newsdata.records import Article, Page, Place
from newsdata.sources.documents import article_schema

GOLDEN = Path(__file__).parent / "golden" / "dumps"
STORY = """Выдуманный мост открыт
Ветер перемен
2023-06-19 12:54
19 июня, Минск /А. Примерова - БЕЛТА/. По нему едут.-0-
Фото М.Гучёка
"""


def extra(found: Article, key: str) -> list[str]:
    return [entry["value"] for entry in found.record["extra"] if entry["key"] == key]


def test_names_become_canonical_and_the_printed_form_stays() -> None:
    people = {"А. Примерова": "Анна Примерова", "М. Гучека": "Максим Гучек"}
    found = newsdata.extract(STORY, people=people)
    assert (found.author, found.photographer) == (["Анна Примерова"], ["Максим Гучек"])
    assert found.people == ["Максим Гучек"]
    assert [json.loads(value) for value in extra(found, "alias")] == [
        {"name": "Анна Примерова", "printed": "А. Примерова"},
        {"name": "Максим Гучек", "printed": "М. Гучёк"},
    ]
    assert found.dateline["correspondent"] == "А. Примерова"
    assert newsdata.extract(STORY).photographer == ["М. Гучёк"]


def test_two_variants_of_one_person_are_one() -> None:
    text = STORY.replace("Фото М.Гучёка", "Фото М. Гучека и Максима Гучека")
    found = newsdata.extract(text, people={"М. Гучек": "Максим Гучек"})
    assert found.photographer == ["Максим Гучек"]


def test_a_topic_from_the_users_table_wins() -> None:
    page = STORY.replace("Ветер перемен\n", "")
    url = "https://belta.by/sport/view/most-1-2023"
    assert newsdata.extract(page, url=url).topic == "medtop:15000000"
    found = newsdata.extract(page, url=url, topics={"Sport": "medtop:20000822"})
    assert found.topic == "medtop:20000822"
    methods = {e["field"]: e["method"] for e in found.record["provenance"]["fields"]}
    assert methods["topic"] == "given"


def test_topics_are_codes_of_the_schema_and_words_are_told_once() -> None:
    codes = article_schema().properties["topic"]
    assert codes
    words = [word for listed in TOPICS.values() for word in listed]
    assert len(words) == len(set(words))
    for code, listed in TOPICS.items():
        assert {topic_of_rubric(word.upper()) for word in listed} == {code}
    assert topic_of_rubric("Общество", "society") is None
    assert topic_of_rubric(None, None) is None


@pytest.mark.parametrize(
    ("people", "topics", "message"),
    [
        ([("A", "B"), ("a", "C")], [], "twice"),
        ([("A", " ")], [], "empty cell"),
        ([], [("Спорт", "sport")], "Media Topic"),
    ],
)
def test_wrong_tables_are_refused(
    people: list[tuple[str, str]], topics: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        parse_tables(people, topics)


def test_files_of_tables() -> None:
    assert parse_rows("# c\n\nA\tB\nC\tD\t\n", "x") == [("A", "B"), ("C", "D")]
    with pytest.raises(UsageError, match="line 2"):
        parse_rows("A\tB\nC D\n", "x")


def test_the_table_is_a_part_of_how_an_input_is_read(tmp_path: Path) -> None:
    source, archive = tmp_path / "story.txt", tmp_path / "archive"
    source.write_text(STORY, "utf-8")
    options = {"source": "belta.by", "timezone": "Europe/Minsk"}
    assert newsdata.build([source], archive, **options)["articles"] == 1
    assert newsdata.build([source], archive, **options)["unchanged"] == 1
    people = {"М. Гучек": "Максим Гучек"}
    again = newsdata.build([source], archive, people=people, **options)
    assert again["unchanged"] == 0
    assert newsdata.build([source], archive, people=people, **options)["unchanged"] == 1
    turned = dict(reversed(list({**people, "x": "y"}.items())))
    newsdata.build([source], archive, people={**people, "x": "y"}, **options)
    assert newsdata.build([source], archive, people=turned, **options)["unchanged"] == 1


def test_the_commands_take_tables(tmp_path: Path) -> None:
    page, names = tmp_path / "story.txt", tmp_path / "people.tsv"
    page.write_text(STORY, "utf-8")
    names.write_text("# variant\tname\nМ. Гучека\tМаксим Гучек\n", "utf-8")
    topics = tmp_path / "topics.tsv"
    topics.write_text("Ветер перемен\tmedtop:17000000\n", "utf-8")
    tables = ["--people", str(names), "--topics", str(topics)]
    done = CliRunner().invoke(cli, ["extract", str(page), "-q", *tables])
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert record["photographer"] == ["Максим Гучек"]
    wrong = CliRunner().invoke(cli, ["extract", str(page), "--people", str(page)])
    assert isinstance(wrong.exception, UsageError)


# -- lists -------------------------------------------------------------------------------------


def list_page() -> Page:
    content = (GOLDEN / "ru_list_page.txt").read_bytes()
    return Page(content, "dump", Place("list.txt", 1, 0, len(content)),
                url="https://belta.by/all-rubric-news/viewSuzet/vydumka-1/")  # fmt: skip


def test_a_list_is_split_into_its_items() -> None:
    page = list_page()
    items = split_list(page)
    found = [extract_dump(item) for item in items]
    assert [article.title for article in found] == [
        "Мост открыт в Бресте", "Мост закрыт в Гродно", "Мост построен в Пинске",
    ]  # fmt: skip
    assert [article.timestamp for article in found] == [
        "2024-12-24T09:18:00+03:00", "2024-12-24T08:10:00+03:00", "2024-12-23T17:45:00+03:00",
    ]  # fmt: skip
    assert [article.text for article in found] == [
        "Мост открыли утром, сообщил корреспондент.", "Мост закрыли на ремонт.", "Строили год.",
    ]  # fmt: skip
    assert {article.source for article in found} == {"belta.by"}
    assert {article.url for article in found} == {None}
    for item in items:
        start, length = item.place.offset, item.place.length
        assert page.content[start : start + length] == item.content
        assert page.content[:start].count(b"\n") + 1 == item.place.line


def test_a_list_with_the_time_above_the_title() -> None:
    rows = ["12:01 5 марта 2024", "Мост открыт", "12:00 5 марта 2024", "Мост закрыт",
            "11:00 5 марта 2024", "Мост построен"]  # fmt: skip
    items = split_list(Page("\n".join(rows).encode(), "dump", Place("list.txt", 1, 0, 1)))
    assert [item.content.decode().split("\n")[1] for item in items] == rows[1::2]


def test_what_is_no_list_stays_whole() -> None:
    for name in ("ru_full_page.txt", "seed_572564-2023.txt", "ru_wap_doubled.txt"):
        page = Page((GOLDEN / name).read_bytes(), "dump", Place(name))
        assert split_list(page) == [page]
    for content in (b"", b"\xff\xfe", b"{}"):
        page = Page(content, "dump", Place("x"))
        assert split_list(page) == [page]


def test_the_items_of_a_list_are_inputs_of_a_build(tmp_path: Path) -> None:
    source, archive = tmp_path / "list.txt", tmp_path / "archive"
    source.write_bytes(list_page().content)
    options = {"source": "belta.by", "timezone": "Europe/Minsk"}
    whole = newsdata.build([source], archive, **options)
    assert (whole["read"], whole["reasons"]) == (1, {"list-page": 1})
    split = newsdata.build([source], archive, split_lists=True, **options)
    assert (split["read"], split["articles"]) == (3, 3)
    again = newsdata.build([source], archive, split_lists=True, **options)
    assert (again["read"], again["unchanged"]) == (3, 3)


def test_a_day_without_its_year_is_read_by_its_day_of_reading(tmp_path: Path) -> None:
    source, meta = tmp_path / "story.txt", tmp_path / "story.meta.json"
    source.write_text("Выдуманный мост открыт\n24 декабря, 09:18\nПо нему едут.", "utf-8")
    for retrieved in ("2024-01-05", "2025-01-05"):
        known = {"source": "belta.by", "retrieved": f"{retrieved}T09:00:00+03:00"}
        meta.write_text(json.dumps(known), "utf-8")
        summary = newsdata.build([source], tmp_path / "archive")
        assert (summary["read"], summary["unchanged"]) == (1, 0)
        assert newsdata.build([source], tmp_path / "archive")["unchanged"] == 1
