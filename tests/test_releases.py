"""Planning of releases: which rows, in which order, in which files, under which version."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdata import proposals, releases
from newsdata.errors import ReleaseError, UsageError
from newsdata.exporters import rows
from newsdata.releases import Version
from newsdata.schema import parse_schema
from newsdata.settings import Settings
from newsdata.sizes import row_bytes

# Invented records of another make than articles: the roles say what is what.
DOCUMENT: dict[str, Any] = {
    "$id": "https://example.org/note.schema.json",
    "type": "object",
    "properties": {
        "key": {"type": "string", "x-newsdata": "id"},
        "headline": {"type": "string", "x-newsdata": "title"},
        "body": {"type": "string", "x-newsdata": "text"},
        "when": {"type": ["string", "null"], "format": "date-time", "x-newsdata": "timestamp"},
        "authors": {"type": "array", "items": {"type": "string"}},
    },
}
SCHEMA = parse_schema(DOCUMENT, "note")
ROLES = {"id": "key", "timestamp": "when"}
REQUIRE = ("key", "headline", "body", "when")
START = datetime(2023, 1, 1, tzinfo=UTC)


def notes(records: list[dict[str, Any]]) -> pa.Table:
    array = SCHEMA.to_arrow([SCHEMA.canonical(record) for record in records])
    return pa.Table.from_batches([pa.RecordBatch.from_struct_array(array)]).cast(SCHEMA.arrow)


def note(key: str, when: str | None = "2023-06-19T10:00:00Z", **more: Any) -> dict[str, Any]:
    return {"key": key, "headline": f"H {key}", "body": f"Invented {key}", "when": when, **more}


def days(*offsets: float) -> pa.Table:
    """One note for each number of days after the start of 2023."""
    moments = [(START + timedelta(days=d)).isoformat() for d in offsets]
    return notes([note(f"n{i:04}", moment) for i, moment in enumerate(moments)])


def planned(records: list[dict[str, Any]], **options: Any) -> releases.Plan:
    settings = options.pop("settings", Settings())
    options = {"version": "1.0.0", "name": "Notes", **options}
    return releases.plan(notes(records), SCHEMA, settings, **options)


# -- select -------------------------------------------------------------------------------------


def test_rows_come_out_by_time_then_id_and_undated_last() -> None:
    table = notes(
        [
            note("b", None),
            note("z", "2023-01-01T00:00:00Z"),
            note("a", None),
            note("c", "2023-01-01T03:00:00+03:00"),  # the same moment as z
            note("y", "2022-12-31T23:59:59.999999Z"),
        ]
    )
    chosen, left_out = releases.select(table, ("key",), ROLES)
    assert chosen["key"].to_pylist() == ["y", "c", "z", "a", "b"]
    assert left_out == {}


def test_each_article_is_left_out_once_under_the_first_field_it_lacks() -> None:
    table = notes(
        [
            note("a"),
            note("b", None),
            note("c", None, headline=""),
            note("d", authors=[]),
            note("e", authors=["Anna Example"]),
        ]
    )
    chosen, left_out = releases.select(table, ("headline", "when"), ROLES)
    assert left_out == {"missing-headline": 1, "missing-when": 1}
    assert chosen.num_rows + sum(left_out.values()) == table.num_rows
    chosen, left_out = releases.select(table, ("authors",), ROLES)
    assert chosen["key"].to_pylist() == ["e"]
    assert left_out == {"missing-authors": 4}


def test_unknown_required_field_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'titel'.*key, headline, body, when, authors"):
        releases.select(days(1), ("titel",), ROLES)


def test_an_id_that_stands_twice_is_refused() -> None:
    with pytest.raises(ReleaseError, match="'a' stands in more than one row"):
        releases.select(notes([note("a"), note("a", None)]), ("key",), ROLES)


def test_wide_tables_are_sorted_to_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    table = notes([note(f"{i}", authors=["A", "B"][: i % 3]) for i in range(50)])
    expected, _ = releases.select(table, REQUIRE, ROLES)
    monkeypatch.setattr(rows, "WIDE_BYTES", 100)
    chosen, _ = releases.select(table, REQUIRE, ROLES)
    assert chosen.equals(expected)
    assert chosen["body"].num_chunks > 1


def test_default_require_takes_the_names_of_the_schema() -> None:
    assert releases.default_require(SCHEMA) == ("key", "headline", "body", "when")
    assert releases.parse_require("id, title,") == ("id", "title")


# -- shards -------------------------------------------------------------------------------------


def names(table: pa.Table, period: Any = "month", limit: int = 10**9) -> list[str]:
    return [s.name for s in releases.shards(table, period, limit, timestamp="when")]


def test_names_of_each_period() -> None:
    table = releases.select(days(0, 40, 40.5, 400), ("key",), ROLES)[0]
    assert names(table, "year") == [
        "data/train-2023-00000.parquet",
        "data/train-2024-00000.parquet",
    ]
    assert names(table, "month") == [
        "data/train-2023-01-00000.parquet",
        "data/train-2023-02-00000.parquet",
        "data/train-2024-02-00000.parquet",
    ]
    assert names(table, "day")[1] == "data/train-2023-02-10-00000.parquet"


def test_periods_are_of_utc() -> None:
    table = notes([note("a", "2023-07-01T01:00:00+03:00")])
    assert names(table) == ["data/train-2023-06-00000.parquet"]


def test_undated_rows_come_last() -> None:
    table = releases.select(notes([note("a", None), note("b")]), ("key",), ROLES)[0]
    assert names(table)[-1] == "data/train-undated-00000.parquet"
    assert sorted(names(table)) == names(table)


def test_a_period_over_the_limit_falls_into_its_sub_periods() -> None:
    table = releases.select(days(0, 1, 1.1, 1.2, 40), ("key",), ROLES)[0]
    one = int(row_bytes(table)[0])
    assert names(table, "year", 2 * one) == [
        "data/train-2023-01-01-00000.parquet",
        "data/train-2023-01-02-00000.parquet",
        "data/train-2023-01-02-00001.parquet",
        "data/train-2023-02-00000.parquet",
    ]


moments = st.lists(
    st.one_of(st.none(), st.integers(0, 900 * 24 * 60)), min_size=1, max_size=40, unique=True
)


@given(
    moments, st.integers(0, 1000), st.integers(50, 400), st.sampled_from(["year", "month", "day"])
)
def test_shards_cover_all_rows_and_do_not_move_when_another_year_grows(
    minutes: list[int | None], extra: int, limit: int, period: Any
) -> None:
    def table(values: list[int | None]) -> pa.Table:
        records = [
            note(f"m{m}", None if m is None else (START + timedelta(minutes=m)).isoformat())
            for m in values
        ]
        return releases.select(notes(records), ("key",), ROLES)[0]

    def files(one: pa.Table) -> dict[str, list[str]]:
        shards = releases.shards(one, period, limit, timestamp="when")
        assert [s.start for s in shards] == [0, *(s.stop for s in shards)][:-1]
        assert shards[-1].stop == one.num_rows
        assert [s.name for s in shards] == sorted(s.name for s in shards)
        return {s.name: one["key"].to_pylist()[s.start : s.stop] for s in shards}

    before = files(table(minutes))
    later = [*minutes, 2000 * 24 * 60 + extra, 2001 * 24 * 60]
    after = files(table(later))
    assert {name: after.get(name) for name in before} == before


# -- dates and versions -------------------------------------------------------------------------


def test_the_date_is_the_given_one_else_the_epoch_else_the_newest() -> None:
    table = days(0, 40)
    assert releases.release_date(table, "2024-05-31", 0, "when") == "2024-05-31"
    assert releases.release_date(table, "2024-05-31T23:00:00-05:00", None, "when") == "2024-06-01"
    assert releases.release_date(table, None, "86400", "when") == "1970-01-02"
    assert releases.release_date(table, None, None, "when") == "2023-02-10"
    with pytest.raises(UsageError, match="date: found 'soon'"):
        releases.release_date(table, "soon", None, "when")
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH: found '-1'"):
        releases.release_date(table, None, "-1", "when")
    with pytest.raises(UsageError, match="must be given"):
        releases.release_date(notes([note("a", None)]), None, None, "when")


def test_versions_have_the_order_of_semver_org() -> None:
    ordered = [
        "0.9.9",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.9.0",
        "1.10.0",
        "2.0.0",
    ]
    shuffled = random.Random(1).sample(ordered, len(ordered))
    assert [str(v) for v in sorted(map(Version.parse, shuffled))] == ordered


@pytest.mark.parametrize(
    "text", ["1", "1.2", "v1.2.3", "1.02.3", "1.2.3+5", "1.2.3-", "../1.2.3", "1.2.3\n"]
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected MAJOR\.MINOR\.PATCH"):
        Version.parse(text)


def manifest_of(plan: releases.Plan) -> dict[str, Any]:
    return {"version": plan.version, "settings": json.loads(json.dumps(dict(plan.settings)))}


def propose(old: list[dict[str, Any]], new: list[dict[str, Any]], **options: Any) -> Any:
    before = planned(old)
    return proposals.propose(planned(new, **options), manifest_of(before), before.table)


def test_the_first_release_is_1_0_0() -> None:
    proposal = proposals.propose(planned([note("a")]))
    assert str(proposal.version) == "1.0.0"
    assert proposal.changes.added == 1


def test_the_step_follows_from_what_changed() -> None:
    base = [note("a"), note("b"), note("c", authors=["A"])]
    assert (propose(base, base).step, str(propose(base, base).version)) == (None, "1.0.0")
    added = propose(base, [*base, note("d")])
    assert (added.step, str(added.version)) == ("minor", "1.1.0")
    removed = propose(base, base[1:])
    assert (removed.step, str(removed.version)) == ("patch", "1.0.1")
    assert removed.changes == proposals.Changes(0, 1, 0)
    changed = propose(base, [*base[:2], note("c", authors=["A", "B"])])
    assert (changed.step, changed.changes) == ("patch", proposals.Changes(0, 0, 1))
    other = propose(base, base, settings=Settings(shard_period="day"))
    assert other.step == "major"
    assert "shard_period" in other.reason


def test_a_breaking_schema_is_major_and_a_new_field_minor() -> None:
    before = planned([note("a")])
    manifest = manifest_of(before)

    def step(properties: dict[str, Any]) -> Any:
        document = {**DOCUMENT, "properties": properties}
        schema = parse_schema(document, "other")
        table = before.table
        for item in schema.arrow:
            if item.name not in table.column_names:
                table = table.append_column(item, pa.nulls(1, item.type))
        if schema.arrow.field("when").type == pa.string():
            table = table.set_column(3, "when", pa.array(["2023"]))
        new = releases.plan(
            table,
            schema,
            Settings(),
            version="2.0.0",
            name="N",
            require=["key"],
            date="2024-01-01",
        )
        return proposals.propose(new, manifest, before.table)

    properties = DOCUMENT["properties"]
    assert (
        step({**properties, "tags": {"type": "array", "items": {"type": "string"}}}).step
        == "minor"
    )
    assert step({k: v for k, v in properties.items() if k != "authors"}).step == "major"
    retyped = step({**properties, "when": {"type": "string"}})
    assert retyped.step == "major"
    assert "when is string" in retyped.reason


# -- the whole ----------------------------------------------------------------------------------


def test_nothing_to_release_says_why() -> None:
    with pytest.raises(ReleaseError, match=r"every one of 2 articles .*missing-when 2"):
        planned([note("a", None), note("b", None)])
    with pytest.raises(ReleaseError, match="there are no articles"):
        planned([])


def test_a_plan_prints_the_settings_in_force() -> None:
    plan = planned([note("a")], settings=Settings(seed=7), shard_bytes=1000)
    assert plan.settings["require"] == list(REQUIRE)
    assert (plan.settings["seed"], plan.settings["shard_bytes"]) == (7, 1000)


def test_plans_are_the_same_in_any_order_and_chunking() -> None:
    table = days(*range(0, 300, 7))
    order = list(range(table.num_rows))
    random.Random(3).shuffle(order)
    mixed = table.take(order)
    pieces = pa.concat_tables([mixed.slice(i, 5) for i in range(0, mixed.num_rows, 5)])
    one, two = (
        releases.plan(t, SCHEMA, Settings(), version="1.0.0", name="N") for t in (table, pieces)
    )
    assert one.table.equals(two.table)
    assert one.shards == two.shards
    assert rows.content_hash(SCHEMA.arrow, one.table) == rows.content_hash(SCHEMA.arrow, two.table)
