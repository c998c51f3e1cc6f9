"""Promises of reading records, ours and foreign. All sample records are invented."""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdata.errors import UsageError
from newsdata.extractors.extract import extract_page
from newsdata.extractors.given import canonical_bytes, extract_record
from newsdata.extractors.mapping import MAPPABLE, FieldMap, look_up, parse_mapping
from newsdata.identity import record_id, url_id
from newsdata.records import FIELDS, Article, Page, Place, Rejected
from newsdata.sources.documents import article_schema
from newsdata.sources.files import find_inputs
from newsdata.sources.reading import Reading, read_inputs
from newsdata.validation import check

OWN = {
    "id": "x:1",
    "title": "Мост открыт",
    "text": "По мосту пошли трамваи.",
    "timestamp": "2023-06-19T12:54:00+03:00",
    "source": "n.example",
    "language": "ru",
    "author": ["Анна Лесная"],
}
REUTERS = Path(__file__).resolve().parents[2] / "shared/data/records/reuters-2006-2009.jsonl.zst"


def page(value: Any, **known: Any) -> Page:
    content = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    return Page(content, "record", Place("a.jsonl", 7, 100, len(content)), **known)


def article(value: Any, mapping: FieldMap | None = None, **known: Any) -> Article:
    found = extract_record(page(value, **known), mapping)
    assert isinstance(found, Article), found
    return found


def rejected(value: Any, mapping: FieldMap | None = None, **known: Any) -> Rejected:
    found = extract_record(page(value, **known), mapping)
    assert isinstance(found, Rejected), found
    return found


def methods(found: Article) -> dict[str, str]:
    return {item["field"]: item["method"] for item in found.provenance["fields"]}


# -- our own records --------------------------------------------------------------------------


def test_values_stay_and_missing_fields_are_empty() -> None:
    found = article(OWN)
    record = found.to_dict()
    assert tuple(record) == FIELDS
    assert {key: record[key] for key in OWN} == OWN
    assert record["tags"] == []
    assert record["lead"] is None
    assert record["status"] == "usable"
    assert (record["utc_offset"], record["local_date"]) == (180, "2023-06-19")
    assert record["timestamp_precision"] == "second"
    assert methods(found)["title"] == "given"
    assert check(record, article_schema()) == ()
    assert found.place == Place(
        "a.jsonl", 7, 100, len(json.dumps(OWN, ensure_ascii=False).encode())
    )


def test_what_is_written_reads_back_equal() -> None:
    foreign = {**OWN, "more": {"b": 1}, "score": 2, "images": [{"url": "https://i.example/1"}]}
    first = article(foreign)
    again = article(first.to_dict())
    assert again.record == first.record
    assert article(again.to_dict()).record == first.record


def test_the_provenance_is_that_of_the_canonical_record() -> None:
    one = article(b'{"id": "a",  "title": "T", "text": "x"}')
    other = article(b'{"text":"x","title":"T","id":"a"}')
    assert one.record == other.record
    expected = hashlib.sha256(b'{"id":"a","text":"x","title":"T"}').hexdigest()
    assert one.provenance["sha256"] == expected
    assert one.provenance["extractor"] == "given"


def test_unknown_fields_go_to_extra_sorted() -> None:
    found = article({**OWN, "z": None, "b": {"y": 1, "x": [True]}, "a": "text", "n": 2**70})
    assert found.extra == [
        {"key": "a", "value": "text"},
        {"key": "b", "value": '{"x":[true],"y":1}'},
        {"key": "n", "value": str(2**70)},
        {"key": "z", "value": None},
    ]
    assert check(found.record, article_schema()) == ()


def test_the_id_is_given_or_made_of_url_or_content() -> None:
    without = {key: value for key, value in OWN.items() if key != "id"}
    assert article(without).id == record_id(OWN["title"], OWN["text"], OWN["timestamp"])
    url = "https://n.example/a?utm_source=x"
    assert article({**without, "url": url}).id == url_id("https://n.example/a")
    assert article(without, url=url).id == url_id("https://n.example/a")
    belta = "https://belta.by/society/view/most-otkryt-101-2020/"
    found = article({**without, "url": belta, "language": None, "source": None})
    assert found.id == "belta-ru:101"
    assert (found.source, found.language, found.rubric_slug) == ("belta.by", "ru", "society")
    assert methods(found)["language"] == "site"


def test_the_source_is_that_of_the_option_where_nothing_tells() -> None:
    without = {key: value for key, value in OWN.items() if key != "source"}
    assert article(without, source="opt.example").source == "opt.example"
    assert article(OWN, source="opt.example").source == "n.example"
    assert article({**without, "url": "https://www.u.example/1"}).source == "u.example"


@pytest.mark.parametrize(
    ("timestamp", "known", "expected"),
    [
        ("2023-06-19T12:54:00", {"timezone": "Europe/Minsk"}, "2023-06-19T12:54:00+03:00"),
        ("2023-06-19 12:54", {"url": "https://belta.by/x"}, "2023-06-19T12:54:00+03:00"),
        ("2009-07-01", {"timezone": "Europe/Minsk"}, "2009-07-01T00:00:00+03:00"),
        ("2023-06-19T09:54:00Z", {}, "2023-06-19T09:54:00Z"),
        ("yesterday", {}, "yesterday"),  # validation says what is wrong with it
    ],
)
def test_naive_times_get_the_zone_that_is_known(
    timestamp: str, known: dict[str, str], expected: str
) -> None:
    assert article({**OWN, "timestamp": timestamp}, **known).timestamp == expected


def test_precision_and_local_day_follow_the_printed_time() -> None:
    day = article({**OWN, "timestamp": "2009-07-01"}, timezone="Europe/Minsk")
    assert (day.timestamp_precision, day.local_date) == ("day", "2009-07-01")
    minute = article({**OWN, "timestamp": "2009-07-01 10:00"}, timezone="Europe/Minsk")
    assert minute.timestamp_precision == "minute"
    night = {**OWN, "timestamp": "2023-06-18T22:30:00Z"}
    assert article(night).local_date == "2023-06-18"
    assert article(night, timezone="Europe/Minsk").local_date == "2023-06-19"
    kept = article({**night, "local_date": "2023-06-20"}, timezone="Europe/Minsk")
    assert kept.local_date == "2023-06-20"


@pytest.mark.parametrize("field", ["timestamp", "modified", "embargoed_until"])
def test_a_naive_time_without_zone_is_rejected(field: str) -> None:
    found = rejected({**OWN, field: "2023-06-19T12:54:00"})
    assert (found.code, found.faults[0].pointer) == ("naive-time", f"/{field}")
    assert "2023-06-19T12:54:00" in found.message


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"{", "not-json"), (b"[1]", "not-an-object"), (b"1", "not-an-object"), (b"", "not-json"),
     (b'{"id":"a","id":"b"}', "duplicate-key"), (b'{"n": NaN}', "not-finite")],
)  # fmt: skip
def test_what_is_no_record_is_rejected(content: bytes, code: str) -> None:
    found = extract_page(page(content))
    assert isinstance(found, Rejected)
    assert found.code == code
    assert found.raw == content


# -- mappings ---------------------------------------------------------------------------------


def test_options_win_over_the_document() -> None:
    mapping = parse_mapping(["title=head.line", "author ="], {"map": {"title": "t", "text": "b"}})
    assert mapping.paths == {"title": "head.line", "author": "", "text": "b"}
    assert parse_mapping([], {"text": "b"}).paths == {"text": "b"}
    assert parse_mapping([]).path_of("title") == "title"


@pytest.mark.parametrize(
    ("pairs", "toml", "message"),
    [
        (["headline=title"], None, "unknown field 'headline'"),
        (["title"], None, "expected OUR_FIELD=FOREIGN_FIELD"),
        (["title=a", "title=b"], None, "twice"),
        ([], {"title": 1}, "found 1"),
        ([], {"map": "title"}, "expected a table"),
        (["provenance=x"], None, "unknown field"),
    ],
)
def test_wrong_mappings_are_usage_errors(pairs: list[str], toml: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        parse_mapping(pairs, toml)
    if "unknown" in message:
        assert all(name in str(caught.value) for name in MAPPABLE)


def test_paths_into_nested_records() -> None:
    value = {"a": {"b.c": 1, "b": {"c": 2}}, "l": [{"n": "x"}, {}, {"n": "y"}], "d.e": 3}
    assert look_up(value, "a.b.c") == 1
    assert look_up(value, "l.n") == ["x", "y"]
    assert look_up(value, "l.2.n") == "y"
    assert look_up(value, "d.e") == 3
    for path in ("a.x", "l.9", "z", "d.e.f", ""):
        assert look_up(value, path) is None


FOREIGN = {
    "headline": "  Tunnel reopens\u00a0after repairs ",
    "by": "By  Ann Lee  and  Raj Oak  - Analysis",
    "when": "Fri Oct 20, 2006 6:15pm EDT",
    "link": "http://www.example.com/news/1?utm_source=x",
    "body": "NORTHPORT, Oct 20 (Reuters) - The tunnel reopened.  \n\nIt had been\nclosed. "
    "(Reporting by Eva Stone; Editing by Tess Hill)",
    "section": ["Transport", "City"],
    "words": "tunnels, repairs",
    "views": 12,
}
MAP = parse_mapping(
    ["title=headline", "author=by", "timestamp=when", "url=link", "text=body", "rubric=section",
     "tags=words", "language=tongue"]
)  # fmt: skip


def test_mapped_values_pass_the_readers() -> None:
    found = article(FOREIGN, MAP)
    record = found.to_dict()
    assert record["title"] == "Tunnel reopens after repairs"
    assert record["author"] == ["Ann Lee", "Raj Oak", "Eva Stone"]
    assert (record["timestamp"], record["utc_offset"]) == ("2006-10-20T18:15:00-04:00", -240)
    assert record["url"] == "https://example.com/news/1"
    assert record["text"] == "The tunnel reopened.\n\nIt had been\nclosed."
    assert record["dateline"]["raw"] == "NORTHPORT, Oct 20 (Reuters) -"
    assert record["dateline"]["date"] == "2006-10-20"
    assert record["agency"] == "Reuters"
    assert (record["rubric"], record["tags"]) == ("Transport", ["tunnels", "repairs"])
    assert (record["source"], record["language"]) == ("example.com", "en")
    assert record["extra"] == [
        {"key": "editor", "value": "Tess Hill"},
        {"key": "views", "value": "12"},
    ]
    assert methods(found)["language"] == "inferred"
    assert methods(found)["dateline"] == "pattern"
    assert check(record, article_schema()) == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"when": "at some time"}, "bad-time"),
        ({"when": "Oct 20, 2006 6:15pm"}, "naive-time"),
        ({"when": [1]}, "wrong-type"),
        ({"headline": {"main": "T"}}, "wrong-type"),
        ({"by": [1]}, "wrong-type"),
        ({"tongue": "Russian!"}, "bad-value"),
    ],
)
def test_unreadable_mapped_values_are_rejected(change: dict[str, Any], code: str) -> None:
    found = rejected({**FOREIGN, **change}, MAP)
    assert (found.code, found.faults[0].pointer) == (code, f"/{next(iter(change))}")


def test_empty_values_are_absent_and_unread_ones_are_kept() -> None:
    found = article({**FOREIGN, "when": " ", "by": "Staff", "words": "", "body": None}, MAP)
    assert found.timestamp is None
    assert found.author == []
    assert found.text is None
    assert {"key": "by", "value": "Staff"} in found.extra


def test_a_name_that_happens_to_be_ours_is_no_mapping() -> None:
    foreign = {"source": {"id": 3}, "status": "published", "topic": "Roads", "modified": "no"}
    found = article({**FOREIGN, **foreign, "rights": {"x": 1}, "images": [{"src": "a"}]}, MAP)
    assert found.source == "example.com"
    keys = [item["key"] for item in found.extra]
    assert {*foreign, "rights", "images"} <= set(keys)
    assert check(found.record, article_schema()) == ()
    unmapped = parse_mapping(["title=headline", "url="], None)
    record = article({**FOREIGN, "url": "https://example.com/2"}, unmapped).record
    assert record["url"] is None
    assert {"key": "url", "value": "https://example.com/2"} in record["extra"]


def test_unix_times_and_times_of_capture() -> None:
    mapping = parse_mapping(["timestamp=t", "retrieved=seen"])
    found = article(
        {"title": "T", "text": "x", "t": 1687168440, "seen": "2024-01-02T00:00:00Z"}, mapping
    )
    assert found.timestamp == "2023-06-19T09:54:00+00:00"
    assert found.retrieved == "2024-01-02T00:00:00+00:00"
    assert found.extra == []
    other = article(
        {"title": "T", "text": "x", "t": 1687168440, "seen": "2025-01-02T00:00:00Z"}, mapping
    )
    assert other.record["id"] == found.record["id"]


json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
        st.sampled_from(["By Ann Lee", "2023-06-19", "2023-06-19T12:54:00+03:00", "вчера, 10:15",
                         "MINSK, 17 August (BelTA) - Rain.", "https://n.example/1", "usable"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from([*FIELDS, "a", "b.c"]), json_values, max_size=12),
    st.one_of(
        st.none(),
        st.dictionaries(
            st.sampled_from(MAPPABLE), st.sampled_from([*FIELDS, "a", "b.c", "b", ""]), max_size=5
        ).map(FieldMap),
    ),
)
@settings(max_examples=300, deadline=None)
def test_any_record_gives_one_outcome(value: dict[str, Any], mapping: FieldMap | None) -> None:
    found = extract_record(page(value, timezone="Europe/Minsk"), mapping)
    if isinstance(found, Article):
        assert tuple(found.record) == FIELDS
        assert found.id is not None
        assert canonical_bytes(found.to_dict())
        assert extract_record(page(value, timezone="Europe/Minsk"), mapping) == found


@given(st.dictionaries(st.text(max_size=6), json_values, max_size=6))
@settings(max_examples=150, deadline=None)
def test_nothing_of_a_foreign_record_is_lost(value: dict[str, Any]) -> None:
    found = extract_record(page(value), FieldMap({}))
    if isinstance(found, Article):
        extra = {item["key"] for item in found.extra}
        for key, item in value.items():
            assert key in extra or key in MAPPABLE or item in (None, "", [], {}), key


@pytest.mark.skipif(not REUTERS.exists(), reason="the wire records are not beside the clone")
def test_real_wire_records_are_read() -> None:
    mapping = parse_mapping(["author=byline", "timestamp=date_raw"])
    items = itertools.islice(read_inputs(find_inputs([REUTERS]), Reading()), 0, 6000, 4)
    found = [extract_page(item, mapping) for item in items if isinstance(item, Page)]
    articles = [item for item in found if isinstance(item, Article)]
    assert len(found) == len(articles) == 1500
    good = [item for item in articles if not check(item.record, article_schema())]
    assert len(good) > 1490
    assert sum(item.timestamp is not None for item in good) == len(good)
    assert sum(item.dateline is not None for item in good) > 0.93 * len(good)
    assert sum(bool(item.author) for item in good) > 0.45 * len(good)
    assert orjson.dumps([item.to_dict() for item in good])


# -- wire copy --------------------------------------------------------------------------------

WIRE = "NORTHPORT, March 3 (Reuters) - The bridge is open."
MAPPED = FieldMap({"timestamp": "when"})


def wire(text: str, **more: Any) -> Article:
    value = {"title": "Bridge", "text": text, "when": "March 4, 2009 10:15am EST", **more}
    return article(value, MAPPED, source="reuters.com")


def test_a_notice_before_the_dateline_goes_to_extra() -> None:
    found = wire(f"(Corrects spelling in paragraph 2) By Ann Example {WIRE}\n\nMore.")
    assert found.text == "The bridge is open.\n\nMore."
    assert found.dateline["raw"] == "NORTHPORT, March 3 (Reuters) -"
    assert found.dateline["date"] == "2009-03-03"
    assert found.agency == "Reuters"
    assert found.author == ["Ann Example"]
    assert {"key": "notice", "value": "Corrects spelling in paragraph 2"} in found.extra


def test_the_byline_of_the_record_wins_over_that_of_the_text() -> None:
    found = wire(f"By Ann Example {WIRE}", author="By Raj Oak")
    assert (found.author, found.text) == (["Raj Oak"], "The bridge is open.")


def test_a_notice_without_a_dateline_stays() -> None:
    text = "(The following was released by the bridge authority)\n\nThe bridge is open."
    assert wire(text).text == text


def test_brackets_that_name_nobody_stay_in_the_text() -> None:
    ending = "(Reporting by Ann Lee ) (Editing by Bo Fox)"
    text = f"{WIRE}\n\nIt cost 5 crowns. {ending} ($1 = 2 crowns)"
    found = wire(text)
    assert found.text == "The bridge is open.\n\nIt cost 5 crowns. ($1 = 2 crowns)"
    assert found.author == ["Ann Lee"]
    assert {"key": "editor", "value": "Bo Fox"} in found.extra


@pytest.mark.parametrize(
    "text",
    ["(" * 1_000_000, "[" * 1_000_000, "(Adds x) " * 100_000, "short line\n" * 100_000,
     "short line\n\n" * 80_000, "x (Reporting by A Lee" + ") (" * 300_000 + ")",
     " " * 1_000_000 + "x", "А." * 400_000],
    ids=lambda text: text[:12].strip(),
)  # fmt: skip
def test_hostile_texts_take_linear_time(text: str) -> None:
    wire("warm up the model of the language detector")
    started = time.perf_counter()
    found = extract_record(page({"title": "T", "text": text}, source="n.example"), FieldMap({}))
    assert isinstance(found, Article)
    assert time.perf_counter() - started < 1.5


@pytest.mark.parametrize(
    ("post", "title", "text"),
    [
        ("A tram runs.\n\nIt is new.\nIt is red.", "A tram runs.", "It is new.\nIt is red."),
        ("A tram runs.", "A tram runs.", "A tram runs."),
    ],
)
def test_a_post_has_its_title_in_its_first_line(post: str, title: str, text: str) -> None:
    mapping = parse_mapping(["title=message", "text=message"])
    found = article({"message": post}, mapping)
    assert (found.title, found.text) == (title, text)
    assert found.record["extra"] == []


def test_a_time_much_older_than_the_pictures_is_told() -> None:
    mapping = parse_mapping(["text=body"])
    value = {"title": "T", "body": "A text.", "images": "https://n.example/a_1618676496_b.jpg"}
    old = extract_page(page(value | {"timestamp": "2020-04-17T10:00:00Z"}), mapping)
    assert isinstance(old, Article)
    said = [entry["value"] for entry in old.record["extra"] if entry["key"] == "check"]
    assert said == ["a picture is of 2021-04-17T16:21:36+00:00, later than the article"]
    assert old.timestamp == "2020-04-17T10:00:00+00:00"
    for fine in ("2021-04-17T19:00:00+03:00", "2023-01-01T00:00:00Z"):
        found = extract_page(page(value | {"timestamp": fine}), mapping)
        assert isinstance(found, Article)
        assert found.record["extra"] == []
