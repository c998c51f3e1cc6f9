"""Languages of short texts, and rubrics. The sentences are invented."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdata.grammar.languages import detect_language
from newsdata.grammar.rubrics import RUBRICS, slug_of_rubric


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Новы мост адкрыты ў Брэсце", "be"),
        ("Новы мост адкрыты, паведамілі сёння", "be"),
        ("Сьвята прайшло ў зьмененым фармаце, сьнегу няма", "be-tarask"),
        ("Новий міст відкрито в Києві, його довжина велика", "uk"),
        ("Қазақстанда жаңа көпір ашылды", "kk"),
        ("В Минске открыли новый мост через реку", "ru"),
        ("Матч «Мiнск» и «Брэст» прошел в столице, игра была хорошей", "ru"),
        ("The new bridge was opened to cars on Monday", "en"),
        ("Die neue Brücke wurde am Montag eröffnet", "de"),
        ("El nuevo puente fue abierto el lunes en la ciudad", "es"),
        ("Nowy most został otwarty w poniedziałek", "pl"),
        ("Новият мост беше открит в понеделник в града", "bg"),
        ("新桥今天开通", "zh"),
        ("新しい橋が開通した", "ja"),
        ("새 다리가 개통되었다", "ko"),
        ("नया पुल सोमवार को शहर में खोला गया, यह बात अधिकारियों ने बताई", "hi"),
        ("They said that the bridge and their trams would be there, after the repairs", "en"),
    ],
)
def test_short_texts(text: str, language: str) -> None:
    assert detect_language(text) == language


TITLES = Path(__file__).parent / "golden" / "titles"


def test_short_titles() -> None:
    """Invented headlines in nine languages, one file each."""
    seen = {file.stem: file.read_text("utf-8").splitlines() for file in TITLES.glob("*.txt")}
    assert len(seen) == 9
    assert sum(map(len, seen.values())) >= 400
    right = {
        language: sum(detect_language(title) == language for title in titles)
        for language, titles in seen.items()
    }
    assert sum(right.values()) >= 0.98 * sum(map(len, seen.values())), right
    assert all(count >= 0.95 * len(seen[language]) for language, count in right.items()), right


def test_the_edition_decides_and_nothing_gives_none() -> None:
    assert detect_language("The new bridge", hint="be") == "be"
    assert detect_language("") is None
    assert detect_language("12:54 -0- !!") is None


@given(st.text(max_size=80))
def test_never_raises(text: str) -> None:
    detect_language(text)


def test_linear_time() -> None:
    detect_language("warm up the model of the library")
    started = time.process_time()
    for text in ("(" * 1_000_000, "a" * 1_000_000, "ж" * 1_000_000, "і" * 1_000_000):
        detect_language(text)
    assert time.process_time() - started < 1


def test_every_rubric_is_found_by_its_words() -> None:
    for slug, languages in RUBRICS.items():
        for words in languages.values():
            assert {slug_of_rubric(word) for word in words} == {slug}
            assert slug_of_rubric(words[0].upper()) == slug
    assert slug_of_rubric("Ветер перемен") is None
