"""The schema room: columns from a document, canonical records, faults, refusals."""

from __future__ import annotations

import copy
import math
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdata.canonical import fit_time, fitter
from newsdata.errors import SchemaError
from newsdata.records import EMPTY_RECORD, FIELDS, empty_record
from newsdata.schema import ROLES, Schema, canonical_json, digest, parse_schema, pointer
from newsdata.sources.documents import article_schema

ARTICLE = article_schema()
GOOD = empty_record(id="x:1", title="Мост", text="Открыт.")


def schema(properties: dict[str, Any], **more: Any) -> Schema:
    return parse_schema({"type": "object", "properties": properties, **more}, "demo")


# -- columns ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        ({"type": "string"}, pa.string()),
        ({"type": ["null", "string"]}, pa.string()),
        ({"type": "string", "format": "date-time"}, pa.timestamp("us", "UTC")),
        ({"type": "string", "format": "date"}, pa.date32()),
        ({"type": "string", "format": "uri"}, pa.string()),
        ({"type": "integer"}, pa.int64()),
        ({"type": "integer", "minimum": 0, "maximum": 32_767}, pa.int16()),
        ({"type": "integer", "minimum": 0, "maximum": 32_768}, pa.int32()),
        ({"type": "integer", "minimum": -(2**31), "maximum": 0}, pa.int32()),
        ({"type": "integer", "minimum": -(2**31) - 1, "maximum": 0}, pa.int64()),
        ({"type": "integer", "minimum": 0}, pa.int64()),
        ({"type": "number"}, pa.float64()),
        ({"type": ["integer", "number"]}, pa.float64()),
        ({"type": "boolean"}, pa.bool_()),
        ({"type": "array", "items": {"type": "boolean"}}, pa.list_(pa.bool_())),
        ({"type": "array"}, pa.list_(pa.string())),
        ({"type": "object"}, pa.string()),
        ({"type": "object", "properties": {"a": {"type": "number"}}},
         pa.struct([("a", pa.float64())])),
        ({"enum": ["a", "b", None]}, pa.string()),
        ({"const": True}, pa.bool_()),
        ({"type": "null"}, pa.string()),
        (True, pa.string()),
        ({}, pa.string()),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, pa.int64()),
        ({"oneOf": [{"type": "string"}, {"type": "string", "minLength": 3}]}, pa.string()),
        ({"$ref": "#/$defs/a~1b"}, pa.bool_()),
    ],
)  # fmt: skip
def test_the_column_of_a_property(node: Any, kind: pa.DataType) -> None:
    made = schema({"x": node}, **{"$defs": {"a/b": {"type": "boolean"}}})
    assert made.arrow == pa.schema([("x", kind)])
    assert made.struct == pa.struct([("x", kind)])


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"type": ["string", "integer"]}, ["/properties/x", "string", "integer"]),
        ({"minimum": 3}, ["/properties/x", "no type"]),
        ({"enum": ["a", 1]}, ["/properties/x", "integer or string"]),
        ({"anyOf": [{"type": "string"}, {"type": "boolean"}]}, ["/anyOf", "string", "bool"]),
        ({"$ref": "#/$defs/tree"}, ["#/$defs/tree", "itself"]),
        ({"type": "array", "items": {"type": ["array", "number"]}}, ["/properties/x/items"]),
    ],
)
def test_what_no_column_can_hold_is_refused_with_its_place(node: Any, words: list[str]) -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#/$defs/tree"}}}
    made = schema({"x": node}, **{"$defs": {"tree": tree}})
    with pytest.raises(SchemaError) as refusal:
        _ = made.arrow
    assert all(word in str(refusal.value) for word in ("demo", *words)), refusal.value


def test_a_document_without_properties_makes_no_columns() -> None:
    with pytest.raises(SchemaError, match="no properties"):
        _ = parse_schema({"type": "object"}, "demo").arrow


def test_the_columns_of_articles_are_the_fields_of_a_record() -> None:
    assert tuple(ARTICLE.arrow.names) == FIELDS
    assert all(field.nullable for field in ARTICLE.arrow)
    lists = {field.name for field in ARTICLE.arrow if pa.types.is_list(field.type)}
    assert lists == {name for name, value in EMPTY_RECORD.items() if value == []}


# -- documents --------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [[], None, "{}", 1, True])
def test_a_document_is_an_object(document: Any) -> None:
    with pytest.raises(SchemaError, match="expected a JSON object"):
        parse_schema(document, "demo")


@pytest.mark.parametrize(
    "document",
    [{"type": "strnig"}, {"properties": {"x": {"minLength": -1}}}, {"required": "id"},
     {"properties": {"x": {"$ref": "https://n.example/other.json"}}}],
)  # fmt: skip
def test_what_is_no_schema_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(SchemaError, match=r"^demo: "):
        parse_schema(document, "demo")


def test_roles_name_properties() -> None:
    made = schema({"key": {"type": "string", "x-newsdata": "id"},
                   "body": {"type": "string", "x-newsdata": "text"}})  # fmt: skip
    assert made.roles == {"id": "key", "text": "body"}
    assert ARTICLE.roles == {name: name for name in ROLES}


def test_unknown_and_doubled_roles_are_refused() -> None:
    with pytest.raises(SchemaError, match=r"/properties/a/x-newsdata: found 'boss'"):
        schema({"a": {"x-newsdata": "boss"}})
    with pytest.raises(SchemaError, match=r"'id' is given to 'a' and to 'b'"):
        schema({"a": {"x-newsdata": "id"}, "b": {"x-newsdata": "id"}})


# -- faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"title": None}, "empty-title", "/title"),
        ({"title": " \n"}, "empty-title", "/title"),
        ({"text": ""}, "empty-text", "/text"),
        ({"id": 1}, "wrong-type", "/id"),
        ({"id": ""}, "bad-value", "/id"),
        ({"author": "Ann"}, "wrong-type", "/author"),
        ({"author": ["Ann", 2]}, "wrong-type", "/author/1"),
        ({"timestamp": "yesterday"}, "bad-format", "/timestamp"),
        ({"timestamp": "2023-06-19T12:54:00"}, "bad-format", "/timestamp"),
        ({"local_date": "2023-02-30"}, "bad-format", "/local_date"),
        ({"status": "lost"}, "bad-value", "/status"),
        ({"utc_offset": 5000}, "bad-value", "/utc_offset"),
        ({"dateline": {}}, "missing-field", "/dateline/raw"),
    ],
)
def test_a_fault_names_its_reason_and_place(change: Any, code: str, where: str) -> None:
    faults = list(ARTICLE.faults({**GOOD, **change}))
    assert (code, where) in [(fault.code, fault.pointer) for fault in faults]
    for fault in faults:
        assert "found" in fault.message
        assert len(fault.message) <= 500


@pytest.mark.parametrize("field", ["id", "title", "text"])
def test_a_missing_field_is_named(field: str) -> None:
    record = {name: value for name, value in GOOD.items() if name != field}
    code = {"id": "missing-field"}.get(field, f"empty-{field}")
    assert [(f.code, f.pointer) for f in ARTICLE.faults(record)] == [(code, f"/{field}")]


def test_what_is_right_has_no_fault_and_unknown_fields_may_be_forbidden() -> None:
    assert list(ARTICLE.faults(GOOD)) == []
    strict = schema({"a": {"type": "string"}}, additionalProperties=False)
    assert [fault.code for fault in strict.faults({"a": "x", "b": 1})] == ["unknown-field"]


def test_messages_say_what_was_found_and_expected_and_are_cut() -> None:
    (fault,) = ARTICLE.faults({**GOOD, "author": "Ann"})
    assert fault.message == 'found "Ann", expected array'
    (fault,) = ARTICLE.faults({**GOOD, "local_date": "x" * 10_000})
    assert fault.message.endswith("expected a date")
    assert len(fault.message) < 200


def test_pointers_escape_slashes_and_tildes() -> None:
    assert pointer(["a/b", 0, "~"]) == "/a~1b/0/~0"


# -- canonical records ------------------------------------------------------------------------

ISO = st.builds(
    lambda when, minutes, z: (
        when.isoformat() + ("Z" if z else f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}"
                            f":{abs(minutes) % 60:02}")
    ),
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 28)),  # noqa: DTZ001
    st.integers(-1080, 1080),
    st.booleans(),
)  # fmt: skip
WORD = st.none() | st.text(st.characters(blacklist_categories=["Cs"]), max_size=8)
WORDS = st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=5), max_size=3)
RECORDS = st.fixed_dictionaries(
    {"id": st.just("x:1"), "title": st.just("T"), "text": st.just("t")},
    optional={
        "timestamp": st.none() | ISO,
        "modified": st.none() | ISO,
        "utc_offset": st.none() | st.integers(-1080, 1080) | st.sampled_from([60.0, 0.0]),
        "local_date": st.none() | st.dates().map(date.isoformat),
        "author": WORDS,
        "agency": WORD,
        "dateline": st.none() | st.fixed_dictionaries({"raw": WORD}, optional={"places": WORDS}),
        "images": st.lists(
            st.fixed_dictionaries(
                {"caption": WORD}, optional={"photographer": WORDS, "odd": WORD}
            ),
            max_size=2,
        ),
        "extra": st.lists(
            st.fixed_dictionaries({"key": WORD}, optional={"value": WORD, "odd": WORD}), max_size=3
        ),
        "unknown": WORD,
    },
)


@given(RECORDS)
@settings(deadline=None)
def test_a_canonical_record_survives_arrow(record: dict[str, Any]) -> None:
    before = copy.deepcopy(record)
    canonical = ARTICLE.canonical(record)
    assert record == before
    assert list(canonical) == list(FIELDS)
    assert ARTICLE.canonical(canonical) == canonical
    array = ARTICLE.to_arrow([canonical, ARTICLE.canonical(GOOD)])
    array.validate(full=True)
    assert array.type == ARTICLE.struct
    assert ARTICLE.canonical(array[0].as_py()) == canonical
    assert digest(ARTICLE.canonical(array[0].as_py())) == digest(canonical)


@given(RECORDS, st.randoms())
@settings(deadline=None)
def test_order_of_keys_and_absent_fields_make_no_difference(record: Any, rng: Any) -> None:
    keys = list(record)
    rng.shuffle(keys)
    shuffled = {key: record[key] for key in keys}
    whole = {**dict.fromkeys(FIELDS), **shuffled}
    whole["extra"] = [
        {key: row[key] for key in reversed(row)} for row in (record.get("extra") or [])
    ]
    assert canonical_json(ARTICLE.canonical(whole)) == canonical_json(ARTICLE.canonical(record))


@given(ISO)
def test_times_are_the_same_moment_in_utc(printed: str) -> None:
    canonical = fit_time(printed)
    assert datetime.fromisoformat(canonical) == datetime.fromisoformat(printed)
    assert canonical.endswith("Z")
    assert fit_time(canonical) == canonical
    assert fit_time(datetime.fromisoformat(printed)) == canonical


@pytest.mark.parametrize(
    ("printed", "canonical"),
    [
        ("2023-06-19T12:54:00+03:00", "2023-06-19T09:54:00Z"),
        ("2023-06-19T12:54:00.250000Z", "2023-06-19T12:54:00.25Z"),
        ("2023-06-19T12:54:00.000000Z", "2023-06-19T12:54:00Z"),
        ("20230619T125400Z", "2023-06-19T12:54:00Z"),
        ("2023-06-19T12:54:00", "2023-06-19T12:54:00"),
        ("0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00+01:00"),
        ("2023-06-19T23:59:60Z", "2023-06-19T23:59:60Z"),
        ("yesterday", "yesterday"),
        (datetime(2023, 6, 19, 12, tzinfo=UTC), "2023-06-19T12:00:00Z"),
        (None, None),
        (7, 7),
    ],
)
def test_times_in_canonical_form(printed: Any, canonical: Any) -> None:
    assert fit_time(printed) == canonical


@pytest.mark.parametrize(
    ("kind", "value", "canonical"),
    [
        (pa.string(), {"b": 1, "a": ["я"]}, '{"a":["я"],"b":1}'),
        (pa.string(), None, None),
        (pa.int64(), 3.0, 3),
        (pa.int64(), 2**70, 2**70),
        (pa.float64(), 0.1, 0.1),
        (pa.bool_(), False, False),
        (pa.date32(), date(2023, 6, 19), "2023-06-19"),
        (pa.list_(pa.string()), None, []),
        (pa.list_(pa.int16()), [1.0, None], [1, None]),
        (pa.struct([("a", pa.string())]), {"a": 1, "b": 2}, {"a": "1"}),
        (pa.struct([("a", pa.string()), ("b", pa.string())]), {"a": 1, "b": None},
         {"a": "1", "b": None}),
        (pa.list_(pa.struct([("a", pa.string()), ("b", pa.string())])),
         [{"a": "x", "b": "y"}, None, {"b": "y"}, {"b": "p", "a": True}],
         [{"a": "x", "b": "y"}, None, {"a": None, "b": "y"}, {"a": "true", "b": "p"}]),
        (pa.list_(pa.struct([("a", pa.string()), ("b", pa.string())])),
         [{"a": "x"}, {"b": "y", "a": "z"}, {"b": "q"}],
         [{"a": "x", "b": None}, {"a": "z", "b": "y"}, {"a": None, "b": "q"}]),
    ],
)  # fmt: skip
def test_values_are_fitted_to_their_columns(kind: pa.DataType, value: Any, canonical: Any) -> None:
    found = fitter(kind)(value)
    assert found == canonical
    assert type(found) is type(canonical)


def test_values_that_differ_have_different_digests() -> None:
    changes: list[dict[str, Any]] = [
        {}, {"title": "T"}, {"author": ["A"]}, {"author": ["A", "B"]}, {"author": ["A, B"]},
        {"timestamp": "2023-06-19T12:54:00Z"}, {"timestamp": "2023-06-19T12:54:00.5Z"},
        {"utc_offset": 0}, {"extra": [{"key": "a", "value": None}]},
        {"extra": [{"key": "a", "value": ""}]},
    ]  # fmt: skip
    digests = [digest(ARTICLE.canonical({**GOOD, **change})) for change in changes]
    assert len(set(digests)) == len(digests)
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in digests)


@pytest.mark.parametrize(
    "change",
    [{"utc_offset": 40_000}, {"timestamp": "2023-06-19T23:59:60Z"}, {"local_date": "2023-02-30"}],
)
def test_what_fits_no_column_raises(change: dict[str, Any]) -> None:
    with pytest.raises((pa.ArrowException, OverflowError, ValueError)):
        ARTICLE.to_arrow([ARTICLE.canonical({**GOOD, **change})])


def test_no_records_are_an_empty_array() -> None:
    array = ARTICLE.to_arrow([])
    assert (len(array), array.type) == (0, ARTICLE.struct)


def test_null_structs_and_empty_lists_stay_apart() -> None:
    image = {"caption": "c", "photographer": ["P"]}
    records = [{**GOOD, "images": [image]}, GOOD, {**GOOD, "rights": {"tdm": "unknown"}}]
    rows = ARTICLE.to_arrow(map(ARTICLE.canonical, records)).to_pylist()
    assert rows[0]["images"][0]["photographer"] == ["P"]
    assert (rows[1]["images"], rows[1]["rights"]) == ([], None)
    assert rows[2]["rights"]["signals"] == []


def test_floats_stay_as_they_are() -> None:
    made = schema({"x": {"type": "number"}})
    for value in (0.1, 1e300, -0.0, 5e-324):
        (row,) = made.to_arrow([made.canonical({"x": value})]).to_pylist()
        assert math.copysign(1, row["x"]) == math.copysign(1, value)
        assert row["x"] == value


def test_features_are_the_same_columns() -> None:
    datasets = pytest.importorskip("datasets")
    made = schema({"a": {"type": "string"}, "b": {"type": "array", "items": {"type": "integer"}}})
    assert isinstance(made.features, datasets.Features)
    assert list(made.features) == ["a", "b"]
    assert made.features.arrow_schema.field("b").type.value_type == pa.int64()
