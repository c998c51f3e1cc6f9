"""Printed times: every form seen, the laws of reading them, and what is refused."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdata.extractors.fields import time_fields
from newsdata.grammar.dates import date_near, epoch_time, read_time
from newsdata.grammar.months import MONTHS_BY_LANGUAGE, month_number
from newsdata.grammar.zones import at_zone

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31)).map(  # noqa: DTZ001
    lambda moment: moment.replace(second=0, microsecond=0)
)
GENITIVE = {
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "be": "студзеня лютага сакавіка красавіка мая чэрвеня ліпеня жніўня верасня кастрычніка"
    " лістапада снежня",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października"
    " listopada grudnia",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre"
    " diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}


@given(MOMENTS, st.sampled_from(sorted(GENITIVE)))
def test_reads_what_a_page_prints_in_every_language(moment: datetime, language: str) -> None:
    month = GENITIVE[language].split()[moment.month - 1]
    printed = f"{moment.day} {month} {moment.year}, {moment:%H:%M}"
    found = read_time(printed, "UTC")
    assert found is not None
    assert (found.when, found.precision) == (moment.replace(tzinfo=UTC), "minute")
    assert found.zone_printed is False


@given(MOMENTS, st.integers(-18 * 60, 18 * 60))
def test_reads_iso_and_rfc_2822_with_their_offset(moment: datetime, minutes: int) -> None:
    aware = at_zone(moment, minutes)
    assert aware is not None
    for printed in (aware.isoformat(), aware.isoformat(sep=" "), format_datetime(aware)):
        found = read_time(printed, "Asia/Tokyo")
        assert found is not None, printed
        assert (found.when, found.utc_offset, found.precision) == (aware, minutes, "second")
        assert found.zone_printed is True


@given(MOMENTS)
def test_reads_american_times(moment: datetime) -> None:
    hour = f"{moment.hour % 12 or 12}:{moment:%M}{'pm' if moment.hour > 11 else 'am'}"
    printed = f"{moment:%a} {moment:%b} {moment.day}, {moment.year} {hour} EDT"
    for text in (printed, f"{hour}, {moment:%B} {moment.day}, {moment.year} EDT"):
        found = read_time(text)
        assert found is not None, text
        assert found.when.replace(tzinfo=None) == moment
        assert found.utc_offset == -240


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("2016-09-19 15:21", "2016-09-19T15:21:00+03:00"),
        ("19.06.2023 12:54", "2023-06-19T12:54:00+03:00"),
        ("12:54 19.06.2023", "2023-06-19T12:54:00+03:00"),
        ("19.06.23, 12:54", "2023-06-19T12:54:00+03:00"),
        ("19 июня 2023 г. в 12.54", "2023-06-19T12:54:00+03:00"),
        ("Понедельник, 19 июня 2023, 12:54:07", "2023-06-19T12:54:07+03:00"),
        ("Опубликовано: 19 июня 2023 года", "2023-06-19T00:00:00+03:00"),
        ("14. Dezember 2022, 9.05 Uhr", "2022-12-14T09:05:00+03:00"),
        ("10 de febrero de 2025, 14:00", "2025-02-10T14:00:00+03:00"),
        ("mar. 13 mai 2025 à 14h05", "2025-05-13T14:05:00+03:00"),
        ("2023年6月19日 12:54", "2023-06-19T12:54:00+03:00"),
        ("06/19/2023 5:00 PM", "2023-06-19T17:00:00+03:00"),
        ("12:05 AM, 1 January 2020", "2020-01-01T00:05:00+03:00"),
        ("2020-01-01 24:00", "2020-01-02T00:00:00+03:00"),
        ("20230619T125400Z", "2023-06-19T12:54:00+00:00"),
        ("2023-06-19T12:54:00.123456Z", "2023-06-19T12:54:00+00:00"),
        ("19 июня 2023, 12:54 МСК", "2023-06-19T12:54:00+03:00"),
        ("19 июня 2012, 12:54 МСК", "2012-06-19T12:54:00+04:00"),
        ("June 19, 2023 at 12:54 PM ET", "2023-06-19T12:54:00-04:00"),
        ("June 19 2023 10 a.m. GMT+3", "2023-06-19T10:00:00+03:00"),
        ("2023-06-19T12:54:00+03:00[Europe/Minsk]", "2023-06-19T12:54:00+03:00"),
        ("19\u00a0июня\u00a02023,\u00a012:54", "2023-06-19T12:54:00+03:00"),
    ],
)
def test_forms_seen(printed: str, iso: str) -> None:
    found = read_time(printed, "Europe/Minsk")
    assert found is not None
    assert found.when.isoformat() == iso


@pytest.mark.parametrize(
    "printed",
    [
        "", "2023", "июнь 2023", "31 июня 2023, 10:00", "2023-02-29", "29 февраля 2023", "25:00",
        "19 июня 2023, 25:00", "13:00 pm, 1 May 2020", "05/06/2023", "19 июня, 12:54", "сегодня",
        "19 июня 2023 открыт мост", "в 2023 году", "Флаг Суббота, 23 ноября 2024", "1 hour ago",
        "19 июня 2023, 12:54 XYZ", "10 12 2023", "июня июня 1 2023", "2023-06-19T12:54:00+99:00",
        "19 июня 2023, 12:54 13:55", "0 июня 2023", "1 мая 0001", "x" * 5000,
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_none(printed: str) -> None:
    assert read_time(printed, "Europe/Minsk") is None


def test_a_time_without_a_zone_is_told_from_an_unreadable_one() -> None:
    found = read_time("19 июня 2023, 12:54")
    assert found is not None
    assert found.naive
    assert found.utc_offset is None
    assert set(time_fields(found).values()) == {None}
    assert read_time("19 июня 2023, 12:54", "No/Where").naive  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("printed", "zone", "minutes"),
    [
        ("1 июля 2010, 12:00", "Europe/Minsk", 180),
        ("1 января 2010, 12:00", "Europe/Minsk", 120),
        ("1 января 2012, 12:00", "Europe/Minsk", 180),
        ("1 июля 2012, 12:00", "Europe/Moscow", 240),
        ("1 июля 2015, 12:00", "Europe/Moscow", 180),
        ("1 июля 2023, 12:00", "Asia/Almaty", 360),
        ("1 июля 2024, 12:00", "Asia/Almaty", 300),
        ("1 июля 1900, 12:00", "Europe/Minsk", 110),
    ],
)
def test_zones_have_a_history(printed: str, zone: str, minutes: int) -> None:
    found = read_time(printed, zone)
    assert found is not None
    assert found.utc_offset == minutes


def test_days_told_from_the_day_of_reading() -> None:
    now = datetime(2024, 11, 23, 22, 30, tzinfo=UTC)  # already the 24th in Minsk
    today = read_time("Сегодня, 10:15", "Europe/Minsk", now=now)
    yesterday = read_time("вчера в 23:10", "Europe/Minsk", now=now.date())
    assert today is not None
    assert today.when.isoformat() == "2024-11-24T10:15:00+03:00"
    assert yesterday is not None
    assert yesterday.when.isoformat() == "2024-11-22T23:10:00+03:00"
    given_year = read_time("24 декабря, 09:18", "Europe/Minsk", year=2020)
    assert given_year is not None
    assert given_year.local_date == date(2020, 12, 24)


@given(st.dates(date(1990, 1, 1), date(2050, 1, 1)), st.integers(-7, 7))
def test_a_day_near_the_page_gets_its_year(page: date, days: int) -> None:
    printed = page + timedelta(days=days)
    assert date_near(printed.day, printed.month, page, url_year=1980) == printed


def test_a_day_far_from_the_page_takes_the_year_of_the_address_or_none() -> None:
    assert date_near(19, 6, date(2023, 9, 1), url_year=2021) == date(2021, 6, 19)
    assert date_near(19, 6, date(2023, 9, 1)) is None
    assert date_near(29, 2, None, 2023) is None


@given(st.integers(0, 4_000_000_000))
def test_unix_times(seconds: int) -> None:
    for value in (seconds, seconds * 1000 if seconds > 200_000_000 else seconds):
        found = epoch_time(value)
        assert found is not None
        assert found.when.timestamp() == seconds
    assert epoch_time(float("nan")) is None
    assert epoch_time(1e300) is None


@given(st.text(max_size=140), st.sampled_from([None, "Europe/Minsk", "x"]))
def test_never_raises(text: str, zone: str | None) -> None:
    found = read_time(text, zone, now=date(2020, 1, 1), year=2020)
    if found is not None and zone == "Europe/Minsk":
        assert not found.naive


@given(st.text(alphabet="0123456789 :.-/,июняайTZ+apm年月日", max_size=40))
def test_never_raises_on_what_looks_like_a_time(text: str) -> None:
    found = read_time(text, "Europe/Minsk", now=datetime(1, 1, 1, tzinfo=UTC), year=1)
    if found is not None:
        assert read_time(found.when.isoformat()).when == found.when  # type: ignore[union-attr]


def test_month_names_are_unambiguous_within_a_language() -> None:
    assert all(set(words.values()) == set(range(1, 13)) for words in MONTHS_BY_LANGUAGE.values())
    assert month_number("listopada") == 11
    assert month_number("listopada", "hr") == 10


def test_agrees_with_zoneinfo_on_every_month() -> None:
    for month in range(1, 13):
        naive = datetime(2009, month, 15, 12)  # noqa: DTZ001
        found = at_zone(naive, "Europe/Minsk")
        assert found == naive.replace(tzinfo=ZoneInfo("Europe/Minsk"))


def test_linear_time() -> None:
    started = time.process_time()
    for text in ("(" * 1_000_000, "1 " * 500_000, "июня " * 200_000, " " * 1_000_000):
        assert read_time(text, "UTC") is None
    assert time.process_time() - started < 0.5
