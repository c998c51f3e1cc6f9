"""The ledger on disk: atomic batches, two writers, what the log may hold, upkeep."""

from __future__ import annotations

import json
import random
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from newsdata import states
from newsdata.archive import SMALL_FILES, Archive, open_or_create
from newsdata.archive.settings_file import find_archive, read_settings
from newsdata.errors import ArchiveError, UsageError
from newsdata.index import hash_ids
from newsdata.settings import Settings
from newsdata.sources.documents import article_schema

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def record(number: int, text: str | None = None, **values):
    return {
        "id": f"demo:{number}",
        "title": f"Title {number}",
        "text": text or f"The invented text number {number} tells of the village {number}.",
        "timestamp": f"2024-01-01T00:{number % 60:02}:00Z",
        "source": "demo.example",
        "language": "en",
        **values,
    }


@pytest.fixture
def archive(tmp_path, schema):
    return Archive.create(tmp_path / "archive", Settings(), schema)


def put(archive, batch, now=NOON, **options):
    return archive.append(lambda: [batch] if batch is not None else [], now, **options)


def outcomes(archive):
    state = archive.state()
    return dict(zip(state.ids.to_pylist(), state.outcome.to_pylist(), strict=True))


def test_a_batch_is_one_commit_and_its_counts_add_up(archive, rows_of):
    summary = put(archive, rows_of([record(1), record(2), record(2, id="demo:copy")]))
    assert summary["batch"] == 1
    assert (summary["read"], summary["articles"], summary["duplicates"]) == (3, 2, 1)
    assert summary["relations"]["exact"] == 1
    assert archive.table.version() == 1
    assert outcomes(archive) == {
        "demo:1": "article",
        "demo:2": "article",
        "demo:copy": "duplicate",
    }


def test_the_smaller_id_is_kept_where_all_else_is_equal(archive, rows_of):
    put(
        archive,
        rows_of(
            [
                record(2, id="demo:b", text="same words here"),
                record(2, id="demo:a", text="Same words, here!"),
            ]
        ),
    )
    assert outcomes(archive) == {"demo:a": "article", "demo:b": "duplicate"}


def test_known_observations_append_nothing(archive, rows_of):
    batch = rows_of([record(n) for n in range(5)])
    put(archive, batch)
    version = archive.table.version()
    again = put(archive, batch)
    assert (again["batch"], again["unchanged"], again["read"]) == (None, 5, 5)
    archive.refresh()
    assert archive.table.version() == version


def test_records_come_back_as_they_went_in(archive, rows_of, schema):
    values = record(
        1,
        author=["A. B."],
        images=[{"caption": "C", "photographer": ["P"]}, {"credit": "Photo P"}],
        dateline={"raw": "X -", "places": ["X"]},
        utc_offset=180,
        local_date="2024-01-01",
        extra=[{"key": "k", "value": "v"}],
    )
    put(archive, rows_of([values, record(2)]))
    back = archive.articles().sort_by("id").to_pylist()[0]
    from newsdata.records import empty_record

    assert schema.canonical(back) == schema.canonical(empty_record(**values))


def test_no_title_and_no_text_in_the_log(archive, rows_of):
    for n in range(25):  # past a checkpoint
        put(archive, rows_of([record(n, text=f"unmistakable{n} words", title=f"headline{n}")]))
    log = archive.path / "ledger" / "_delta_log"
    assert any(f.suffix == ".parquet" for f in log.iterdir()), "no checkpoint was written"
    for file in log.iterdir():
        content = file.read_bytes()
        assert b"unmistakable" not in content, file
        assert b"headline" not in content, file
    stats = archive.table.get_add_actions(flatten=True)
    names = pa.table(stats).column_names
    assert not [n for n in names if n.startswith("m") and ("record" in n or "text" in n)]


def test_two_writers_end_as_one_after_the_other(archive, rows_of, schema, monkeypatch):
    other = Archive.open(archive.path, schema)
    mine, theirs = rows_of([record(1), record(2)]), rows_of([record(2), record(3)])
    tries = []
    commit = other._commit
    monkeypatch.setattr(other, "_commit", lambda *a: tries.append(commit(*a)) or tries[-1])
    refresh = other.refresh
    first = iter([True])  # other does not look before its first try
    monkeypatch.setattr(other, "refresh", lambda *a: next(first, False) or refresh(*a))
    put(archive, mine)
    summary = put(other, theirs)
    assert tries == [False, True], "the first try must have been refused"
    assert (summary["batch"], summary["articles"], summary["unchanged"]) == (2, 1, 1)
    archive.refresh()
    assert sorted(n["batch"] for n in archive.batch_notes()) == [1, 2]
    assert outcomes(archive) == dict.fromkeys(["demo:1", "demo:2", "demo:3"], "article")


def test_the_index_is_a_cache(archive, rows_of, schema):
    for n in range(12):
        put(archive, rows_of([record(n), record(n + 100)]))
    known = archive.index.known_ids(hash_ids(["demo:3", "demo:103", "demo:999"])).tolist()
    assert known == [True, True, False]
    shutil.rmtree(archive.path / "index")
    reopened = Archive.open(archive.path, schema)
    again = put(reopened, rows_of([record(3), record(103), record(999)]))
    assert (again["unchanged"], again["articles"]) == (2, 1)


@pytest.mark.parametrize("damage", [b"", b"junk" * 100, None])
def test_a_damaged_index_is_rebuilt_in_silence(archive, rows_of, schema, damage):
    for n in range(3):
        put(archive, rows_of([record(n)]))
    files = sorted((archive.path / "index").iterdir())
    content = files[1].read_bytes()
    files[1].write_bytes(content[: len(content) // 2] if damage is None else damage)
    reopened = Archive.open(archive.path, schema)
    again = put(reopened, rows_of([record(n) for n in range(4)]))
    assert (again["unchanged"], again["articles"]) == (3, 1)


def test_an_index_of_another_archive_is_not_used(archive, rows_of, tmp_path, schema):
    put(archive, rows_of([record(1)]))
    other = Archive.create(tmp_path / "other", Settings(), schema)
    put(other, rows_of([record(2)]))
    shutil.rmtree(other.path / "index")
    shutil.copytree(archive.path / "index", other.path / "index")
    again = put(Archive.open(other.path, schema), rows_of([record(1), record(2)]))
    assert (again["articles"], again["unchanged"]) == (1, 1)


def test_an_index_that_is_ahead_of_the_ledger_is_dropped(archive, rows_of, schema, tmp_path):
    put(archive, rows_of([record(1)]))
    backup = tmp_path / "backup"
    shutil.copytree(archive.path / "ledger", backup)
    put(archive, rows_of([record(2)]))
    shutil.rmtree(archive.path / "ledger")
    shutil.copytree(backup, archive.path / "ledger")
    again = put(Archive.open(archive.path, schema), rows_of([record(1), record(2)]))
    assert (again["articles"], again["unchanged"]) == (1, 1)


def test_small_files_are_compacted_and_nothing_changes(archive, rows_of):
    for n in range(SMALL_FILES + 2):
        put(archive, rows_of([record(n)]))
    assert len(archive.table.file_uris()) < 10
    archive.refresh()
    assert archive.articles().num_rows == SMALL_FILES + 2
    assert put(archive, rows_of([record(0), record(5)]))["unchanged"] == 2


def test_time_does_not_run_backwards(archive, rows_of):
    put(archive, rows_of([record(1)]))
    with pytest.raises(UsageError, match="backwards"):
        put(archive, rows_of([record(2)]), NOON - timedelta(seconds=1))


def test_embargoes_end_with_time_alone(archive, rows_of):
    held = record(1, embargoed_until="2024-01-02T00:00:00Z")
    assert put(archive, rows_of([held]))["withheld"] == 1
    assert archive.articles().num_rows == 0
    out = put(archive, None, NOON + timedelta(days=1))
    assert (out["read"], out["changed"]["released"]) == (0, 1)
    assert archive.articles().column("id").to_pylist() == ["demo:1"]


def test_a_dry_run_appends_nothing(archive, rows_of):
    summary = put(archive, rows_of([record(1)]), dry_run=True)
    assert (summary["articles"], summary["batch"]) == (1, None)
    assert archive.table.version() == 0


@pytest.mark.parametrize("seed", range(3))
def test_any_order_and_cut_gives_the_same_articles(tmp_path, schema, rows_of, seed):
    rng = random.Random(seed)
    records = [record(n, text=f"Text of the group {n % 7} and no more.") for n in range(30)]
    records += [
        record(n, title="Corrected", modified="2024-02-01T00:00:00Z") for n in range(0, 30, 4)
    ]
    records += [record(n, status="canceled", modified="2024-03-01T00:00:00Z") for n in (3, 4)]
    whole = Archive.create(tmp_path / "whole", Settings(), schema)
    put(whole, rows_of(records))
    rng.shuffle(records)
    cut = Archive.create(tmp_path / "cut", Settings(), schema)
    while records:
        size = rng.randint(1, 9)
        put(cut, rows_of(records[:size]))
        records = records[size:]
    assert outcomes(whole) == outcomes(cut)
    both = [a.articles().sort_by("id").to_pylist() for a in (whole, cut)]
    assert both[0] == both[1]


def test_opening_says_what_is_wrong(tmp_path, schema, archive):
    with pytest.raises(ArchiveError, match="no archive here"):
        Archive.open(tmp_path / "nothing", schema)
    with pytest.raises(ArchiveError, match="already"):
        Archive.create(archive.path, Settings(), schema)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(ArchiveError, match="other files"):
        Archive.create(tmp_path / "full", Settings(), schema)
    toml = archive.path / "newsdata.toml"
    toml.write_text(toml.read_text().replace("seed = 0", "seed = 7"))
    with pytest.raises(ArchiveError, match="seed is 7, but the ledger was made with 0"):
        Archive.open(archive.path, schema)
    toml.write_text("format_version = 99")
    with pytest.raises(ArchiveError, match="use a newer one"):
        read_settings(archive.path)


def test_a_lost_ledger_is_not_replaced_by_an_empty_one(archive, rows_of, schema):
    put(archive, rows_of([record(1)]))
    shutil.rmtree(archive.path / "ledger")
    with pytest.raises(ArchiveError, match="the ledger is gone"):
        Archive.open(archive.path, schema)


def test_an_interrupted_creation_is_finished(archive, schema):
    shutil.rmtree(archive.path / "ledger")
    assert Archive.open(archive.path, schema).last_batch == 0


def test_an_archive_is_found_upward(archive, tmp_path):
    inner = archive.path / "releases" / "1.0.0"
    inner.mkdir(parents=True)
    assert find_archive(inner) == archive.path
    assert find_archive(tmp_path) is None


def test_notes_of_batches(archive, rows_of):
    put(archive, rows_of([record(1)]), about={"command": "test"})
    note = archive.batch_notes()[0]
    assert note["command"] == "test"
    assert note["summary"]["articles"] == 1
    assert json.dumps(note)


@pytest.mark.parametrize(
    "values",
    [
        {"timestamp": "9999-12-31T23:59:59-01:00"},
        {"timestamp": "0001-01-01T00:00:00+12:00"},
        {"timestamp": "0000-01-01T00:00:00Z"},
        {"modified": "0000-01-01T00:00:00Z"},
        {"local_date": "0000-01-01"},
        {"embargoed_until": "9999-12-31T23:59:59-01:00"},
        {"rights": {"observed_at": "9999-12-31T23:59:59-01:00"}},
    ],
)
def test_a_year_that_cannot_be_read_back_is_not_let_in(schema, values):
    from newsdata.fingerprints import Hashing
    from newsdata.ledger import Observation, article_rows
    from newsdata.records import Article, empty_record
    from newsdata.schema import digest

    wrong, right = empty_record(**record(1, **values)), empty_record(**record(2))
    seen = []
    for values in (wrong, right):
        canonical = schema.canonical(values)
        seen.append(Observation(canonical, digest(canonical), Article(values), b"k"))
    batch, misfits = article_rows(seen, schema, Hashing())
    assert batch.column("id").to_pylist() == ["demo:2"]
    assert [(o.canonical["id"], f.code) for o, f in misfits] == [("demo:1", "not-representable")]


def test_the_last_day_compares_as_its_end_and_stays_readable(archive, rows_of):
    last = record(1, timestamp="9999-12-31T12:00:00Z", timestamp_precision="day")
    put(archive, rows_of([last]))
    assert archive.history("demo:1")[0]["instant"].year == 9999


@pytest.mark.parametrize("name", ["file:x", "mem:x", "s3:x", "a b", "ж#?", "c{b}", "h*"])
def test_odd_paths_are_no_urls(tmp_path, schema, rows_of, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    from pathlib import Path

    odd = Archive.create(Path(name), Settings(), schema)
    put(odd, rows_of([record(1)]))
    assert (tmp_path / name / "ledger" / "_delta_log").is_dir()
    assert Archive.open(tmp_path / name, schema).articles().num_rows == 1


@pytest.mark.parametrize("name", ["x[g]", "pct%20x", "back\\slash", "tab\tx", "a|b"])
def test_paths_that_delta_lake_cannot_have_are_refused_before_anything_is_made(
    tmp_path, schema, name
):
    with pytest.raises(ArchiveError, match="cannot be kept under a path with"):
        Archive.create(tmp_path / name, Settings(), schema)
    assert not (tmp_path / name).exists()


def test_what_a_killed_maker_left_does_not_stop_the_next(tmp_path, schema):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ".writing-abc").touch()
    assert Archive.create(tmp_path / "a", Settings(), schema).last_batch == 0


def test_a_full_disk_after_the_commit_does_not_fail_the_batch(archive, rows_of, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.index, "add", full)
    assert put(archive, rows_of([record(1)]))["batch"] == 1
    monkeypatch.undo()
    assert put(archive, rows_of([record(1), record(2)]))["unchanged"] == 1


def test_a_failing_commit_is_an_archive_error(archive, rows_of, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(ArchiveError, match="could not be committed"):
        put(archive, rows_of([record(1)]))


def test_the_order_of_rows_does_not_matter_to_the_state_of_an_archive(archive, rows_of):
    put(archive, rows_of([record(n) for n in range(20)]))
    put(archive, rows_of([record(3, id="demo:0copy"), record(4, title="Another title")]))
    put(archive, rows_of([record(5, status="canceled"), record(6, text="Other words of a day.")]))
    rows = archive.rows(states.COLUMNS)
    one = states.fold(rows)
    outcome_of = dict(zip(one.ids.to_pylist(), one.outcome.to_pylist(), strict=True))
    assert sorted(set(outcome_of.values())) == ["article", "duplicate", "withheld"]
    for seed in range(5):
        order = random.Random(seed).sample(range(rows.num_rows), rows.num_rows)
        other = states.fold(rows.take(pa.array(order)))

        def told(state):
            kept = [state.ids[k].as_py() if k >= 0 else None for k in state.kept.tolist()]
            columns = (state.outcome, state.digest, state.reason)
            values = zip(*(column.to_pylist() for column in columns), kept, strict=True)
            return dict(zip(state.ids.to_pylist(), values, strict=True))

        assert told(other) == told(one)
        assert [order[at] for at in other.at] == [
            one.at[one.ids.index(name).as_py()] for name in other.ids
        ]


@pytest.mark.parametrize("step", [1, -1])
def test_a_state_of_more_than_arrow_holds_is_an_error(step):
    """Two gigabytes of digests: some 33 million ids. One chunk stands in for all of them."""
    many = 22
    chunk = pa.array(["d" * 100_000_000])
    rows = pa.table(
        {
            "batch": pa.array([1] * many),
            "row": pa.array(range(many)[::step]),
            "outcome": ["article"] * many,
            "id": [str(n) for n in range(many)],
            "of": pa.nulls(many, pa.string()),
            "reason": pa.nulls(many, pa.string()),
            "digest": pa.chunked_array([chunk] * many),
        }
    )
    with pytest.raises(ArchiveError, match="their digest would be more than 2 GB"):
        states.fold(rows)


def test_files_and_row_groups_of_a_batch_are_cut_by_their_bytes(archive, rows_of, monkeypatch):
    monkeypatch.setattr("newsdata.archive.TARGET_FILE_SIZE", 300_000)
    monkeypatch.setattr("newsdata.archive.writing.GROUP_BYTES", 200_000)
    rng = random.Random(3)
    texts = ["".join(rng.choices("abcdefgh ", k=9_000)) for _ in range(200)]
    made = [record(n, text=text) for n, text in enumerate(texts)]
    parts = [rows_of(made[n : n + 10]) for n in range(0, 200, 10)]
    archive.append(lambda: parts, NOON)
    files = sorted(Path(archive.path, "ledger").glob("*.parquet"))
    opened = [pq.ParquetFile(file).metadata for file in files]
    groups = [m.row_group(n) for m in opened for n in range(m.num_row_groups)]
    assert sum(m.num_rows for m in opened) == 201
    assert len(files) >= 2, "a new file is begun at the size"
    assert all(file.stat().st_size < 600_000 for file in files)
    assert all(group.total_byte_size < 400_000 for group in groups), "so few rows wait"
    assert archive.articles(["id", "text"]).num_rows == 200
    assert list(archive.damaged_files()) == []


def test_what_does_not_repeat_has_no_dictionary_in_the_ledger(archive, rows_of):
    made = [record(n, text=f"an invented text, number {n}", source="belta.by") for n in range(50)]
    archive.append(lambda: [rows_of(made)], NOON)
    (file,) = Path(archive.path, "ledger").glob("*.parquet")
    group = pq.ParquetFile(file).metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    has = {column.path_in_schema: column.has_dictionary_page for column in columns}
    assert not any(has[name] for name in ("id", "digest", "input", "record.id", "record.text"))
    assert all(has[name] for name in ("outcome", "source", "record.source", "record.language"))


def test_what_was_written_of_a_batch_that_fails_is_removed(archive, rows_of, monkeypatch):
    monkeypatch.setattr("newsdata.archive.TARGET_FILE_SIZE", 1)
    monkeypatch.setattr("newsdata.archive.writing.GROUP_BYTES", 1)
    batches = [rows_of([record(n)]) for n in range(4)]
    decided = []

    def shards():
        decided.append(len(decided))
        for number, batch in enumerate(batches):
            if len(decided) == 2 and number == 3:  # the second time is for writing
                raise OSError(5, "Input/output error")
            yield batch

    with pytest.raises(ArchiveError, match="Input/output error"):
        archive.append(shards)
    assert not list(Path(archive.path, "ledger").glob("*.parquet"))
    assert archive.append(lambda: batches, NOON)["articles"] == 4


def test_the_log_tells_the_ends_of_what_a_file_holds(archive, rows_of):
    put(archive, rows_of([record(n) for n in range(30)]))
    told = pa.table(archive.table.get_add_actions(flatten=True)).to_pylist()[0]
    rows = archive.rows(["id", "batch", "outcome", "timestamp"])
    for name in rows.column_names:
        ends = pc.min_max(rows.column(name)).as_py()
        assert (told[f"min.{name}"], told[f"max.{name}"]) == (ends["min"], ends["max"])
        assert told[f"null_count.{name}"] == rows.column(name).null_count
    assert told["num_records"] == 31


def test_large_compacted_files_are_not_compacted_again(archive, rows_of, monkeypatch):
    calls = []
    compact = type(archive.table.optimize).compact
    monkeypatch.setattr(
        type(archive.table.optimize),
        "compact",
        lambda *a, **k: calls.append(1) or compact(*a, **k),
    )
    monkeypatch.setattr("newsdata.archive.SMALL_FILES", 4)
    monkeypatch.setattr("newsdata.archive.TARGET_FILE_SIZE", 1)
    for n in range(12):
        put(archive, rows_of([record(n)]))
    assert not calls, "no file is below half of the target"


def test_makers_of_one_archive_at_once_make_one_ledger(tmp_path):
    """Delta commits a second CREATE as a change of metadata, which fails the first one's batch."""
    for attempt in range(25):
        path = tmp_path / str(attempt)
        start = threading.Barrier(6)

        def made(path=path, start=start):
            start.wait()
            return open_or_create(path, Settings(), article_schema()).table

        with ThreadPoolExecutor(6) as pool:
            tables = [future.result() for future in [pool.submit(made) for _ in range(6)]]
        assert {table.metadata().id for table in tables} == {tables[0].metadata().id}
        assert len(list((path / "ledger" / "_delta_log").glob("*.json"))) == 1
