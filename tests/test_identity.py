"""Ids and canonical addresses: the same article has one, for ever. Addresses are invented."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdata.identity import bytes_id, canonical_url, identify, record_id, url_id
from newsdata.sites import AGENCIES, SITES, find_agency, zone_of_agency, zone_of_host

BELTA = "belta.by/society/view/most-otkryt-123456-2021"


@pytest.mark.parametrize(
    "variant",
    [
        f"https://{BELTA}",
        f"http://{BELTA}/",
        f"http://www.{BELTA}?utm_source=rss&fbclid=1#comments",
        f"HTTPS://WWW.Belta.by:443/{BELTA.partition('/')[2]}",
        f"//wap.{BELTA}",
        f"https://user:secret@m.{BELTA}",
        "https://belta.by/amp/society/view/most-otkryt-123456-2021/",
        "https://belta.by/special/society/view/most-otkryt-123456-2021",
        "https://wap.belta.by/special/amp/society/view/most-otkryt-123456-2021",
        "https://special.belta.by/society/view/most-otkryt-123456-2021",
    ],
)
def test_all_variants_of_an_article_are_one(variant: str) -> None:
    found = identify(variant)
    assert found is not None
    assert found.url == f"https://{BELTA}"
    assert (found.id, found.source, found.edition) == ("belta-ru:123456", "belta.by", "belta-ru")
    assert (found.rubric_slug, found.year, found.zone) == ("society", 2021, "Europe/Minsk")


@pytest.mark.parametrize(
    ("host", "edition", "language"),
    [
        ("belta.by", "belta-ru", "ru"),
        ("blr.belta.by", "belta-be", "be"),
        ("eng.belta.by", "belta-en", "en"),
        ("deu.belta.by", "belta-de", "de"),
        ("esp.belta.by", "belta-es", "es"),
        ("pol.belta.by", "belta-pl", "pl"),
        ("chn.belta.by", "belta-zh", "zh"),
    ],
)
def test_editions_count_their_ids_apart(host: str, edition: str, language: str) -> None:
    found = identify(f"https://{host}/world/view/a-b-77-2020/")
    assert found is not None
    assert (found.id, found.language, found.source) == (f"{edition}:77", language, "belta.by")


def test_a_photo_report_has_an_id_without_a_year() -> None:
    found = identify("https://belta.by/photonews/view/most-v-2015-43148/")
    assert found is not None
    assert (found.id, found.year, found.rubric_slug) == ("belta-ru:43148", None, "photonews")


def test_unknown_sites_are_known_by_their_canonical_address() -> None:
    found = identify("http://m.sample.org/2015/02/06/1.html?b=2&a=1&utm_medium=x#f")
    assert found is not None
    assert found.url == "https://sample.org/2015/02/06/1.html?a=1&b=2"
    digest = hashlib.sha256(found.url.encode()).hexdigest()
    assert found.id == url_id(found.url) == f"sha256:{digest[:32]}"
    assert (found.year, found.month, found.day, found.edition) == (2015, 2, 6, None)


def test_amp_caches_give_the_publishers_address() -> None:
    assert canonical_url("https://www.google.com/amp/s/sample.org/a/amp") == "https://sample.org/a"
    cached = "https://sample-org.cdn.ampproject.org/c/s/sample.org/a"
    assert canonical_url(cached) == "https://sample.org/a"


@pytest.mark.parametrize(
    "bad",
    [None, "", "  ", "mailto:a@b.c", "ftp://a.b/c", "javascript:x", "a.b/c", "https://", "http:///x",
     "https://[::1", "https://a b.c/", "https://a..b/", "http://a.b:99999/", "data:text/html,x"],
)  # fmt: skip
def test_what_is_no_web_address_has_no_identity(bad: str | None) -> None:
    assert canonical_url(bad) is None
    assert identify(bad) is None


def test_international_addresses_become_ascii() -> None:
    url = canonical_url("https://Пример.бел/новости/мост открыт?т=мост")
    assert url is not None
    assert url.isascii()
    assert url.startswith("https://xn--")
    assert canonical_url(url) == url


@given(st.text(max_size=60), st.sampled_from(["https://", "http://", "//", ""]))
def test_never_raises_and_is_idempotent(text: str, scheme: str) -> None:
    once = canonical_url(scheme + text)
    if once is not None:
        assert canonical_url(once) == once
        assert once.isascii()
        assert identify(once) is not None


@given(
    st.lists(st.text(alphabet="aбz0/%.~ 4fé?&=;+", max_size=8), max_size=5),
    st.text(alphabet="ab=&%2fé+ ;utm_", max_size=20),
)
def test_paths_and_queries_are_idempotent(segments: list[str], query: str) -> None:
    once = canonical_url("https://www.sample.org/" + "/".join(segments) + "?" + query)
    assert once is not None
    assert canonical_url(once) == once


def test_dots_in_a_path_are_resolved() -> None:
    for path in ("/a/./b", "/a/c/../b", "/./a/b", "/../a/b"):
        assert canonical_url("https://sample.org" + path) == "https://sample.org/a/b"
    assert canonical_url("https://sample.org/a/.") == "https://sample.org/a/"


def test_empty_segments_beside_a_layout_go_with_it() -> None:
    assert canonical_url("https://belta.by/amp//world") == "https://belta.by/world"
    assert canonical_url("https://sample.org/a//amp/") == "https://sample.org/a/"


SEGMENTS = ("world", "amp", "view", "a.b", ".", "..", "", "~x", "wap", "2019", "rain-331436-2019")
HOSTS = (
    "belta.by", "www.belta.by", "m.sample.org", "sample.org", "1.2.3.4", "AMP.Sample.org",
    "google.com", "x-org.cdn.ampproject.org", "a..b", "news.mail.ru", "sample.org.",
)  # fmt: skip


@given(
    st.sampled_from(["http", "https"]),
    st.sampled_from(HOSTS),
    st.lists(st.sampled_from(SEGMENTS), max_size=6),
)
def test_plain_addresses_are_read_as_those_with_something_to_drop(
    scheme: str, host: str, segments: list[str]
) -> None:
    plain = f"{scheme}://{host}/" + "/".join(segments)
    assert canonical_url(plain) == canonical_url(plain + "?utm_source=x#top")
    assert identify(plain) == identify(canonical_url(plain))


def test_ids_without_an_address() -> None:
    assert bytes_id(b"page") == "sha256:" + hashlib.sha256(b"page").hexdigest()[:32]
    assert record_id("a", "b", None) != record_id("a", "b", "2020-01-01T00:00:00Z")
    assert record_id("ж", "b", None) == url_id('{"text":"b","timestamp":null,"title":"ж"}')


def test_tables_are_consistent() -> None:
    editions = [site.edition for site in SITES if site.edition]
    assert len(editions) == len(set(editions))
    names = [name.casefold() for agency in AGENCIES for name in agency.names]
    hosts = {n: {a.host for a in AGENCIES if n in map(str.casefold, a.names)} for n in names}
    assert all(len(found) == 1 for found in hosts.values())
    assert find_agency("белта") is find_agency("BelTA")


def test_zones_of_agencies_and_countries() -> None:
    assert zone_of_agency("ТАСС") == "Europe/Moscow"
    assert zone_of_agency("Reuters") is None
    assert zone_of_agency(None) is None
    assert zone_of_host("sample.by") == "Europe/Minsk"
    assert zone_of_host("sample.com") is None


@pytest.mark.parametrize(
    ("url", "id_", "rubric", "day"),
    [
        ("https://ria.ru/20230619/most-1879123456.html", "ria:1879123456", None, 19),
        ("https://ria.ru/20200422/1570398434.html", "ria:1570398434", None, 22),
        ("https://ria.ru/world/20150303/1050619461.html", "ria:1050619461", "world", 3),
        ("https://sputnik.by/20231030/most-1104859378.html", "sputnik-by:1104859378", None, 30),
        ("https://sputnik.by/society/20180723/1036714667/most-u-reki.html",
         "sputnik-by:1036714667", "society", 23),
        ("https://tass.ru/ekonomika/17963559", "tass-ru:17963559", "ekonomika", None),
        ("https://tass.com/society/1433275", "tass-en:1433275", "society", None),
        ("https://www.interfax.ru/business/885719", "interfax-ru:885719", "business", None),
        ("https://chn.belta.by/society/view/-39930-2025", "belta-zh:39930", "society", None),
        ("https://ria.ru/20230619/", None, None, None),
        ("https://sputnik.by/20231030/", None, None, None),
    ],
)  # fmt: skip
def test_native_ids_of_agencies(
    url: str, id_: str | None, rubric: str | None, day: int | None
) -> None:
    found = identify(url)
    assert found is not None
    assert found.id == id_ if id_ else found.id.startswith("sha256:")
    assert found.rubric_slug == rubric
    assert found.day == day or id_ is None
