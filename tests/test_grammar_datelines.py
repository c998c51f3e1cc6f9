"""Datelines: all forms of the trade, the year rule, and running text left alone."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdata.grammar.datelines import read_dateline

MONTHS = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
PLACES = ("Минск", "Гродно", "Веткаўскі раён", "Нью-Йорк", "Старые Дороги")


@pytest.mark.parametrize(
    ("raw", "places", "day", "agency", "who"),
    [
        ("19 июня, Минск /Корр. БЕЛТА/.", ["Минск"], "2023-06-19", "БЕЛТА", None),
        ("5 мая, Веткаўскі раён /Кар. БЕЛТА/.", ["Веткаўскі раён"], "2023-05-05", "БЕЛТА", None),
        ("9 maja, Mińsk /Kor. BELTA/.", ["Mińsk"], "2023-05-09", "BELTA", None),
        ("21 сентября, Минск /Анна Ли - БЕЛТА/.", ["Минск"], "2023-09-21", "БЕЛТА", "Анна Ли"),
        ("5 мая, Минск /Анна Ли, Олег Примеров - БЕЛТА/.", ["Минск"], "2023-05-05", "БЕЛТА",
         "Анна Ли, Олег Примеров"),
        ("19 июня, Минск /Корр. /.", ["Минск"], "2023-06-19", None, None),
        ("1 июня, Минск - Брест /Корр. БЕЛТА/.", ["Минск", "Брест"], "2023-06-01", "БЕЛТА", None),
        ("19 июня, Минск/Москва /Корр. БЕЛТА/.", ["Минск", "Москва"], "2023-06-19", "БЕЛТА", None),
        ("19 июня 2020 г., Минск /Корр. БЕЛТА/.", ["Минск"], "2020-06-19", "БЕЛТА", None),
        ("MINSK, 14. Dezember (BelTA) -", ["MINSK"], "2023-12-14", "BelTA", None),
        ("MINSK, 17 August (BelTA) –", ["MINSK"], "2023-08-17", "BelTA", None),
        ("MINSK, 10 feb (BelTA). –", ["MINSK"], "2023-02-10", "BelTA", None),
        ("МОСКВА, 3 мая. /ТАСС/.", ["МОСКВА"], "2023-05-03", "ТАСС", None),
        ("БЕРЛИН, 3 мая. /Корр. ТАСС Анна Ли/.", ["БЕРЛИН"], "2023-05-03", "ТАСС", "Анна Ли"),
        ("MINSK, August 16. /TASS/.", ["MINSK"], "2023-08-16", "TASS", None),
        ("ПАРИЖ, 3 июня. (ТАСС).", ["ПАРИЖ"], "2023-06-03", "ТАСС", None),
        ("МИНСК, 15 авг - РИА Новости, Анна Ли.", ["МИНСК"], "2023-08-15", "РИА Новости",
         "Анна Ли"),
        ("БИШКЕК, 30-авг. — Sputnik.", ["БИШКЕК"], "2023-08-30", "Sputnik", None),
        ("Москва. 5 июня. INTERFAX.RU -", ["Москва"], "2023-06-05", "INTERFAX.RU", None),
        ("30 ноября. INTERFAX.RU -", [], "2023-11-30", "INTERFAX.RU", None),
        ("КИЇВ. 20 червня. УНН.", ["КИЇВ"], "2023-06-20", "УНН", None),
        ("ASTANA. November 29. KAZINFORM", ["ASTANA"], "2023-11-29", "KAZINFORM", None),
        ("NUR-SULTAN. KAZINFORM", ["NUR-SULTAN"], None, "KAZINFORM", None),
        ("GROSSETO, Italy (AP) --", ["GROSSETO, Italy"], None, "AP", None),
        ("KYIV/BRUSSELS (Reuters) -", ["KYIV", "BRUSSELS"], None, "Reuters", None),
        ("NEW YORK, June 19 (Reuters) -", ["NEW YORK"], "2023-06-19", "Reuters", None),
        ("TEL AVIV  Nov 7 (Reuters) -", ["TEL AVIV"], "2023-11-07", "Reuters", None),
        ("(Reuters) -", [], None, "Reuters", None),
        ("2 мая, д.Примерово, борт судна /Корр. БЕЛТА/.", ["д.Примерово, борт судна"],
         "2023-05-02", "БЕЛТА", None),
        ("MOSKVA, 24. siječnja (Reuter/Hina) -", ["MOSKVA"], "2023-01-24", "Reuter/Hina", None),
        ("LA PAZ, 3 jun (EFE).-", ["LA PAZ"], "2023-06-03", "EFE", None),
    ],
)  # fmt: skip
def test_forms(
    raw: str, places: list[str], day: str | None, agency: str | None, who: str | None
) -> None:
    line, rest = read_dateline(f"{raw} Words of the story.", url_year=2023)
    assert line is not None
    assert line.to_dict() == {
        "raw": raw, "places": places, "date": day, "agency": agency, "correspondent": who,
    }  # fmt: skip
    assert rest == "Words of the story."


@pytest.mark.parametrize(
    "text",
    [
        "3 июля, в День Независимости Республики Беларусь, проходят праздничные мероприятия.",
        "Агентство (БЕЛТА) - крупнейшее в стране.",
        "Президент 3 мая /по данным БЕЛТА/ сказал, что мост открыт.",
        "В Минске (БЕЛТА) прошло совещание.",
        "The Associated Press (AP) - based in New York - said so.",
        "19 июня, Минск. Мост открыт.",
        "По данным ТАСС, мост открыт. Интерфакс - агентство.",
        "Счет 3/4 или 5/6 - неважно.",
        "",
    ],
)
def test_running_text_is_left_alone(text: str) -> None:
    assert read_dateline(text, date(2023, 6, 19), 2023) == (None, text)


def test_a_damaged_dateline_is_cut_off() -> None:
    line, rest = read_dateline(" апреля, Минск /Корр. Мост открыт.", url_year=2021)
    assert line is not None
    assert (line.raw, line.date, line.agency) == ("апреля, Минск /Корр.", None, None)
    assert rest == "Мост открыт."


def test_the_year_comes_from_the_page_then_from_the_address() -> None:
    text = "31 декабря, Минск /Корр. БЕЛТА/. Мост."

    def year(page: date | None, url_year: int | None) -> int | None:
        line, _ = read_dateline(text, page, url_year)
        return line.date.year if line and line.date else None

    assert year(date(2019, 1, 2), 2019) == 2018
    assert year(date(2019, 6, 2), 2017) == 2017
    assert year(None, 2017) == 2017
    assert year(None, None) is None


@given(
    st.dates(date(2000, 1, 1), date(2030, 12, 31)),
    st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True),
    st.sampled_from(["Корр. БЕЛТА", "Анна Ли - БЕЛТА", "Кар. БЕЛТА", "БЕЛТА"]),
    st.sampled_from([" - ", "/"]),
)
def test_reads_what_is_written(day: date, places: list[str], signature: str, joint: str) -> None:
    raw = f"{day.day} {MONTHS.split()[day.month - 1]}, {joint.join(places)} /{signature}/."
    line, rest = read_dateline(raw + " Мост открыт.", day)
    assert line is not None
    assert (line.raw, line.places, line.date, line.agency) == (raw, tuple(places), day, "БЕЛТА")
    assert rest == "Мост открыт."


@given(st.text(max_size=250))
def test_never_raises_and_loses_nothing(text: str) -> None:
    line, rest = read_dateline(text, date(2020, 1, 1))
    assert line is not None or rest == text


@given(st.text(alphabet="аБ1 ,./()-–—БЕЛТАКорриюня", max_size=80))
def test_never_raises_on_what_looks_like_a_dateline(text: str) -> None:
    read_dateline(text + " /БЕЛТА/. (ТАСС) - ТАСС. x")


def test_linear_time() -> None:
    started = time.process_time()
    for text in ("(" * 1_000_000, "/" * 1_000_000, "А. " * 300_000, "1 мая - " * 100_000):
        assert read_dateline(text)[0] is None
    assert time.process_time() - started < 1
