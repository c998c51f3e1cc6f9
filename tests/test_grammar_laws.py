"""Laws of datelines and printed times: what was written is read back, over all forms, places,
months and zones; and 200 invented sentences that look like datelines are left alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdata.grammar.datelines import read_dateline
from newsdata.grammar.dates import read_time
from newsdata.grammar.months import MONTHS_BY_LANGUAGE
from newsdata.sites import find_agency

NONE = (Path(__file__).parent / "golden" / "no_datelines.txt").read_text("utf-8").splitlines()


def listed(names: str) -> list[str]:
    return names.split("|")


CYRILLIC = listed(
    "Минск|Брест|Гродно|Нью-Йорк|Санкт-Петербург|Ростов-на-Дону|Старые Дороги|Веткаўскі раён"
    "|Сан-Паулу|Улан-Батор|Пуэрто-Рико|Київ|Івано-Франківськ|Алматы|Нұр-Сұлтан|Ош|Куала-Лумпур"
    "|Порт-о-Пренс|Эр-Рияд|Абу-Даби|Ұлытау|Баку|Тбилиси|Ереван|Кишинев|Вильнюс|Йыхви|Ёнин"
)
LATIN = listed(
    "Minsk|New York|Los Angeles|Rio de Janeiro|São Paulo|Frankfurt am Main|Köln|Łódź|Mińsk|Zürich"
    "|Port-au-Prince|St. Petersburg|Tel Aviv|The Hague|Buenos Aires|La Paz|Québec|Reykjavík|Pécs"
    "|Kuala Lumpur|Ho Chi Minh City|Washington|Vatican City|Moscú|Nur-Sultan|Kyiv|Praha|Zagreb"
    "|Val d'Isère|N'Djamena|Stratford-upon-Avon"
)
CHINESE = listed("明斯克|北京|莫斯科|上海|华盛顿|乌鲁木齐|呼和浩特")

#: Template (d, m, y are day, month, year; P the place, PP in capitals), language, agency, places.
FORMS = [
    ("{d} {m}, {P} /Корр. {a}/.", "ru", "БЕЛТА", CYRILLIC),
    ("{d} {m}, {P} /Кар. {a}/.", "be", "БЕЛТА", CYRILLIC),
    ("{d} {m}, {P} /Kor. {a}/.", "pl", "BELTA", LATIN),
    ("{d} {m}, {P} /Анна Примерова - {a}/.", "ru", "БЕЛТА", CYRILLIC),
    ("{d} {m} {y} г., {P} /Корр. {a}/.", "ru", "БЕЛТА", CYRILLIC),
    ("{PP}, {d}. {m} ({a}) -", "de", "BelTA", LATIN),
    ("{PP}; {d}. {m} ({a}) -", "de", "BelTA", LATIN),
    ("{PP}, {d} {m} ({a}) –", "en", "BelTA", LATIN),
    ("{PP}, {d} {m} ({a}). –", "es", "BelTA", LATIN),
    ("{PP}, {d} {m}. /{a}/.", "ru", "ТАСС", CYRILLIC),
    ("{PP}, {m} {d}. /{a}/.", "en", "TASS", LATIN),
    ("{PP}, {d}. {m}. /{a}/.", "de", "TASS", LATIN),
    ("{PP}, {d} de {m}. /{a}/.", "es", "TASS", LATIN),
    ("{PP}, {d} {m}. ({a}).", "ru", "ТАСС", CYRILLIC),
    ("{PP}, {d} {m} - {a}, Анна Примерова.", "ru", "РИА Новости", CYRILLIC),
    ("{PP}, {d} {m} — {a}.", "ru", "РИА Новости", CYRILLIC),
    ("{PP}, {d} {m} - {a}.", "ru", "PrimePress", CYRILLIC),
    ("{PP}, {d}-{m}. — {a}.", "ru", "Sputnik", CYRILLIC),
    ("{PP}, {m} {d} ({a}) —", "en", "Sputnik", LATIN),
    ("{P}. {d} {m}. {a} -", "ru", "INTERFAX.RU", CYRILLIC),
    ("{P}. {d} {m}. {a} -", "ru", "Интерфакс-Запад", CYRILLIC),
    ("{PP}. {m} {d} ({a}) -", "en", "Interfax", LATIN),
    ("{PP}. {d} {m}. {a}.", "uk", "УНН", CYRILLIC),
    ("{PP}. {d} {m}. {a}.", "uk", "Укрінформ", CYRILLIC),
    ("{PP}, {m} {d} – {a}.", "en", "Ukrinform", LATIN),
    ("{PP}, {d} {m} ({a}) –", "uk", "Укрінформ", CYRILLIC),
    ("{PP}. {m} {d}. {a}", "en", "KAZINFORM", LATIN),
    ("{PP}. {d} {m}. {a} -", "ru", "КАЗИНФОРМ", CYRILLIC),
    ("{PP}. {d} {m}. {a} -", "kk", "ҚазАқпарат", CYRILLIC),
    ("{PP}, {m} {d} ({a}) --", "en", "AP", LATIN),
    ("{PP}, {m} {d} ({a}) -", "en", "Reuters", LATIN),
    ("{P}, {d}. {m} ({a}) -", "de", "Reuters", LATIN),
    ("{P}, {d} {m} {y} ({a}) -", "fr", "AFP", LATIN),
    ("{PP}, {m} {d}, {y} ({a}) -", "en", "AFP", LATIN),
    ("{P} ({a}) –", "fr", "AFP", LATIN),
    ("{P} ({a}) -", "de", "dpa", LATIN),
    ("{P} ({a}) -", "de", "dpa/lno", LATIN),
    ("{P}, {d}. {m} ({a}) -", "de", "dpa", LATIN),
    ("{PP}, {m} {d} ({a}) --", "en", "Xinhua", LATIN),
    ("{PP}, {d} {m} /{a}/ --", "ru", "Синьхуа", CYRILLIC),
    ("{PP}, {d} {m} ({a}) --", "es", "Xinhua", LATIN),
    ("{PP}, {d}. {m} ({a}) -", "hr", "Hina", LATIN),
    ("{PP}, {d}. {m} {y}. ({a}) -", "hr", "Hina", LATIN),
    ("{PP}, {d} {m} ({a}) -", "pl", "PAP", LATIN),
    ("{P}, {d} {m} ({a})", "es", "Prensa Latina", LATIN),
    ("{a}{P}{n}月{d}日电", "zh", "白通社", CHINESE),
    ("{a}{P}{n}月{d}日电（记者 张三、李四）", "zh", "新华社", CHINESE),
]  # fmt: skip
DAYS = (1, 9, 28)


def written(form: str, language: str, agency: str, place: str, day: date, word: str) -> str:
    return form.format(
        d=day.day, m=word, y=day.year, n=day.month, P=place, PP=place.upper(), a=agency
    )


@pytest.mark.parametrize("form", FORMS, ids=range(len(FORMS)))
def test_every_form_over_all_places_and_months(form: tuple[str, str, str, list[str]]) -> None:
    template, language, agency, places = form
    months = MONTHS_BY_LANGUAGE[language]
    for place, (word, number) in product(places, months.items()):
        if language == "kk" and word not in MONTHS_BY_LANGUAGE["kk"]:
            continue
        day = date(2023, number, DAYS[(number + len(place)) % 3])
        raw = written(template, language, agency, place, day, word)
        line, rest = read_dateline(f"{raw} Words of the story.", day + timedelta(2))
        assert line is not None, raw
        shown = place.upper() if "{PP}" in template else place
        dated = day if "{d}" in template else None
        assert (line.raw, line.places, line.date) == (raw, (shown,), dated), raw
        assert line.agency == agency, raw
        assert rest == "Words of the story."
        assert find_agency(agency.partition("/")[0])


@given(
    st.dates(date(1996, 1, 1), date(2040, 12, 31)),
    st.integers(-7, 7),
    st.sampled_from([form for form in FORMS if "{d}" in form[0]]),
    st.data(),
)
def test_the_year_is_that_of_the_page_within_a_week(
    day: date, later: int, form: tuple[str, str, str, list[str]], data: st.DataObject
) -> None:
    """Also over New Year and on 29 February."""
    template, language, agency, places = form
    words = [word for word, n in MONTHS_BY_LANGUAGE[language].items() if n == day.month]
    place, word = data.draw(st.sampled_from(places)), data.draw(st.sampled_from(words))
    raw = written(template, language, agency, place, day, word)
    line, _ = read_dateline(raw + " Story", day + timedelta(later))
    assert line is not None
    assert line.date == day
    if "{y}" not in template:
        unknown, _ = read_dateline(raw + " Story", None)
        assert unknown is not None
        assert unknown.date is None


def test_sentences_that_are_no_datelines() -> None:
    assert len(NONE) >= 200
    wrong = [text for text in NONE if read_dateline(text, date(2023, 6, 19), 2023) != (None, text)]
    assert wrong == []


#: A time of each era: winter, summer, before and after the changes of law of 2011 and 2024.
MOMENTS = [
    datetime.fromisoformat(text)
    for text in ("1999-01-15 03:05", "2005-07-01 12:00", "2011-03-30 23:59", "2014-11-01 00:01",
                 "2023-06-19 12:54", "2024-02-29 18:30", "2024-12-31 23:30")
]  # fmt: skip


@pytest.mark.parametrize("form", ["{d} июня {y}, {t}", "iso", "{y}-{n:02}-{d:02} {t}", "us"])
def test_times_over_all_zones(form: str) -> None:
    zones = sorted(available_timezones() - {"localtime", "Factory", "posixrules"})
    assert len(zones) > 400
    for zone, moment in product(zones, MOMENTS):
        clock = f"{moment:%H:%M}"
        want = moment.replace(month=6, day=min(moment.day, 30)) if "июня" in form else moment
        if form == "iso":
            printed = want.isoformat()
        elif form == "us":
            half = "pm" if want.hour > 11 else "am"
            printed = f"{want:%B} {want.day}, {want.year} {want.hour % 12 or 12}:{want:%M} {half}"
        else:
            printed = form.format(d=want.day, y=want.year, n=want.month, t=clock)
        found = read_time(printed, zone)
        assert found is not None, printed
        assert found.when.replace(tzinfo=None) == want
        offset = want.replace(tzinfo=ZoneInfo(zone)).utcoffset()
        assert offset is not None
        assert abs(found.when.utcoffset() - offset) < timedelta(minutes=1), (printed, zone)
