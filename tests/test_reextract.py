"""``newsdata reextract``: kept pages read again by newer rules; what was read before is replaced,
whichever id it had, in whatever order the readings came. Invented records and rules."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import newsdata
from newsdata import pipeline
from newsdata.archive import Archive
from newsdata.archive import pages as kept_room
from newsdata.cli import run
from newsdata.conditions import DEEPEST, LONGEST, parse_condition
from newsdata.errors import ArchiveError, UsageError
from newsdata.extractors import agencies, dumps, entries, html, linked
from newsdata.extractors import given as records
from newsdata.extractors.extract import READERS
from newsdata.opening import open_archive
from newsdata.records import Article, Fault, reject
from newsdata.reports import article_history, batch_inputs, final_counts
from newsdata.rereading import FIELDS

DATE = "2024-06-01"
#: Number of a page -> how the rules of each version read it, where not as itself.
PLAN = {
    (1, 2): "other",  # another id
    (2, 2): "rejected",  # an article no more
    (3, 1): "rejected",  # an article at last
    (4, 1): "rejected",  # rejected as ever
    (4, 2): "rejected",
}


def lines(path: Path, numbers) -> Path:
    """Records whose texts are in pairs the same, so that there are copies."""
    rows = []
    for n in numbers:
        text = f"Invented text {n // 2} about the village {n // 2 * 7} and its bridge."
        values = {"id": f"demo:{n}", "url": f"https://demo.example/{n}", "source": "demo.example"}
        values |= {"title": f"Title {n}", "text": text, "language": "en"}
        rows.append({**values, "timestamp": f"2024-01-{1 + n:02}T10:00:00Z"})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


real = pipeline.extract_page


@contextmanager
def rules(version: int, plan=PLAN):
    """Everything in here is read by rules of this version."""

    def extract(page, mapping=None, tables=None):
        found = real(page, mapping, tables)
        if not isinstance(found, Article):
            return found
        number = int(str(found.record["url"]).rpartition("/")[2])
        what = plan.get((number, version), "same")
        if what == "rejected":
            return reject(page, Fault("list-page", f"found a list by the rules {version}"))
        record = {**found.record, "title": f"{found.record['title']} (rules {version})"}
        record["provenance"] = {**record["provenance"], "extractor_version": version}
        if what != "same":
            record["id"] = f"demo:{what}-{number}"
        return Article(record, found.place, found.retrieved)

    with (
        patch.object(pipeline, "extract_page", extract),
        patch.dict(READERS, {"record": version}),
    ):
        yield


def released(archive: Path) -> dict[str, bytes]:
    newsdata.release("1.0.0", archive, date=DATE)
    folder = archive / "releases" / "1.0.0"
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def outcomes(archive: Path) -> dict:
    opened = open_archive(archive)
    opened.refresh()
    return final_counts(opened, opened.state())


@pytest.fixture
def old(tmp_path) -> Path:
    """An archive of six pages that rules of version 1 read."""
    with rules(1):
        newsdata.build(lines(tmp_path / "a.jsonl", range(6)), tmp_path / "a", keep_pages=True)
    return tmp_path / "a"


# -- what becomes of a page that is read again --------------------------------------------------


def test_newer_rules_replace_the_readings_of_older_ones(old):
    assert outcomes(old)["articles"] == 3  # of 0 to 5 two were rejected, one is a copy
    with rules(2):
        told = newsdata.reextract(old)
    assert (told["kept"], told["read"], told["passed_over"], told["unknown"]) == (6, 6, 0, 0)
    parts = ("articles", "duplicates", "rejected", "withheld", "unchanged")
    assert sum(told[part] for part in parts) == told["read"]
    assert told["reread"] == {"same_id": 2, "other_id": 1, "now_rejected": 1, "was_rejected": 1}
    assert told["relations"]["revision"] == 0, "no revision of the publisher's"
    assert newsdata.verify(old) == []
    counts = outcomes(old)
    # 0 and its copy other-1, 3, 5 count; 2 and 4 are rejected.
    assert (counts["articles"], counts["duplicates"], counts["rejected"]) == (3, 1, 2)
    assert (counts["withheld"], counts["revisions"]) == (0, 0)
    # The first readings of 0, 1, 2 and 5 as articles and of 3 as a list.
    assert counts["re_extracted"] == 5
    assert sum(v for v in counts.values() if isinstance(v, int)) == 6 + 5


def test_what_was_read_before_is_told_and_not_lost(old, capsys):
    with rules(2):
        newsdata.reextract(old)
    gone = article_history(old, "demo:1")
    assert gone["state"]["outcome"] == "withheld"
    assert (gone["state"]["reason"], gone["state"]["now"]) == ("re-extracted", ["demo:other-1"])
    assert [e["outcome"] for e in gone["events"]] == ["duplicate", "withheld", "re-extracted"]
    assert gone["events"][0]["record"]["title"] == "Title 1 (rules 1)"
    assert article_history(old, "demo:2")["state"]["now"] == ["rejected"]
    first = {item["id"] or item["path"]: item["outdated"] for item in batch_inputs(old, 1)}
    assert [first[f"demo:{n}"] for n in (0, 1, 2, 5)] == [True] * 4
    listed = [i for i in batch_inputs(old, 1) if i["outcome"] == "rejected"]
    assert sorted(item["outdated"] for item in listed) == [False, True]
    assert run(["show", "demo:2", "-a", str(old)]) == 0
    assert "withheld (re-extracted, now rejected)" in capsys.readouterr().out
    assert run(["log", "1", "-a", str(old)]) == 0
    assert "list-page; re-extracted since" in capsys.readouterr().out
    assert run(["log", "2", "-a", str(old)]) == 0
    out = capsys.readouterr().out
    assert "pages/" in out
    assert "re-extracted" in out


def test_nothing_is_read_twice(old):
    with rules(2):
        newsdata.reextract(old)
        again = newsdata.reextract(old)
        assert (again["batch"], again["read"], again["passed_over"]) == (None, 0, 6)
        forced = newsdata.reextract(old, "extractor<3")
        assert (forced["batch"], forced["unchanged"], forced["read"]) == (None, 6, 6)


def test_a_build_of_the_same_files_afterwards_brings_nothing_back(old, tmp_path):
    with rules(2):
        newsdata.reextract(old)
        before = released(old)
        again = newsdata.build(tmp_path / "a.jsonl", old)
        assert (again["batch"], again["unchanged"]) == (None, 6)
    with rules(1):  # somebody has not updated yet
        late = newsdata.build(tmp_path / "a.jsonl", old, refresh=True)
        assert late["batch"] is None
    newsdata.release("1.1.0", old, date=DATE)
    rows = newsdata.load(old, "1.1.0", to="arrow").num_rows
    assert rows == 3
    assert newsdata.verify(old) == []
    assert before


def test_the_changes_of_a_release_name_the_cause(old):
    newsdata.release("1.0.0", old, date=DATE)
    with rules(2):
        newsdata.reextract(old)
    newsdata.release("2.0.0", old, date=DATE)
    removed = (old / "releases" / "2.0.0" / "removed.csv").read_text()
    assert "demo:2,re-extracted" in removed
    assert newsdata.verify(old) == []


def test_earlier_readings_are_no_revisions_in_a_release(old, tmp_path):
    with rules(2):
        newsdata.reextract(old)
    released(old)
    assert not list((old / "releases" / "1.0.0").rglob("*revisions*"))
    path = tmp_path / "b.jsonl"
    row = json.loads((tmp_path / "a.jsonl").read_text().splitlines()[5])
    path.write_text(
        json.dumps({**row, "text": "A corrected text.", "modified": "2024-02-01T00:00:00Z"})
    )
    with rules(2):
        assert newsdata.build(path, old)["relations"]["revision"] == 1
    newsdata.release("1.1.0", old, date=DATE)
    table = newsdata.load(old, "1.1.0", config="revisions", to="arrow")
    assert table.column("title").to_pylist() == ["Title 5 (rules 2)"]


# -- the order does not matter ------------------------------------------------------------------


def build_in_turn(archive: Path, folder: Path, batches) -> None:
    for number, (version, plan, numbers) in enumerate(batches):
        with rules(version, plan):
            source = lines(folder / f"{archive.name}-{number}.jsonl", numbers)
            newsdata.build(source, archive, refresh=True, keep_pages=True)


whats = st.sampled_from(["same", "other", "third", "rejected"])
plans = st.fixed_dictionaries({(n, v): whats for n in range(5) for v in (1, 2, 3)})
EXAMPLES = int(os.environ.get("NEWSDATA_TEST_EXAMPLES", "120")) // 40


@settings(max_examples=EXAMPLES, deadline=None)
@given(plans, st.sets(st.tuples(st.integers(0, 4), st.integers(1, 3))), st.randoms())
def test_the_same_readings_in_any_order_give_the_same_release_to_the_byte(plan, chosen, rng):
    always = [(20, 2)]  # a release needs an article
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for turn in range(2):
            readings = [*sorted(chosen), *always]
            if turn:
                rng.shuffle(readings)
            batches: list = []
            for number, version in readings:
                if batches and batches[-1][0] == version and rng.random() < 0.7:
                    batches[-1][2].append(number)
                else:
                    batches.append((version, plan, [number]))
            archive = folder / f"archive-{turn}"
            build_in_turn(archive, folder, batches)
            assert newsdata.verify(archive) == []
            found.append((outcomes(archive), released(archive)))
    assert found[0] == found[1]


def test_reading_again_ends_as_reading_in_the_opposite_order(old, tmp_path):
    with rules(2):
        newsdata.reextract(old)
    numbers = range(6)
    build_in_turn(tmp_path / "b", tmp_path, [(2, PLAN, numbers), (1, PLAN, numbers)])
    assert outcomes(old) == outcomes(tmp_path / "b")
    assert released(old) == released(tmp_path / "b")


def test_the_same_article_of_two_pages_counts_until_both_are_read_otherwise(tmp_path):
    """Two media types of the same bytes: two pages, one record."""
    archive = tmp_path / "a"
    row = json.loads(lines(tmp_path / "a.jsonl", [2]).read_text())
    (tmp_path / "b.jsonl").write_text(json.dumps(row) + "\n")
    with rules(1):
        newsdata.build(tmp_path / "a.jsonl", archive)
        second = newsdata.build(tmp_path / "b.jsonl", archive, timezone="Asia/Tokyo")
    assert (second["unchanged"], second["articles"]) == (1, 0)
    assert second["batch"] == 2, "that this page says the same is noted"
    with rules(2):
        newsdata.build(tmp_path / "a.jsonl", archive, refresh=True)
        assert outcomes(archive)["articles"] == 1
        newsdata.build(tmp_path / "b.jsonl", archive, refresh=True, timezone="Asia/Tokyo")
    assert (outcomes(archive)["articles"], outcomes(archive)["rejected"]) == (0, 1)
    assert newsdata.verify(archive) == []


# -- as it was read -----------------------------------------------------------------------------


def test_pages_are_read_with_the_mapping_and_tables_they_were_built_with(tmp_path):
    archive = tmp_path / "a"
    path = tmp_path / "a.jsonl"
    foreign = {
        "headline": "Bridge",
        "body": "Invented text.",
        "writer": "A. Sample",
        "link": "x/7",
    }
    path.write_text(json.dumps({**foreign, "link": "https://demo.example/7"}) + "\n")
    mapping = newsdata.parse_mapping(["url=link", "title=headline", "text=body", "author=writer"])
    people = {"A. Sample": "Anna Sample"}
    with rules(1):
        first = newsdata.build(path, archive, mapping=mapping, people=people, keep_pages=True)
    assert first["articles"] == 1
    with rules(2):
        told = newsdata.reextract(archive)
    assert (told["read"], told["articles"], told["rejected"], told["kept"]) == (1, 1, 0, 1)
    (article,) = open_archive(archive).articles().to_pylist()
    assert (article["title"], article["author"]) == ("Bridge (rules 2)", ["Anna Sample"])
    ways = list((archive / "pages").glob("*.way.json"))
    assert len(ways) == 1
    assert newsdata.verify(archive) == []
    ways[0].write_text("{}")
    assert [f.code for f in newsdata.verify(archive)] == ["way"]
    with rules(3), pytest.raises(ArchiveError, match="not the file that its name"):
        newsdata.reextract(archive)


def test_one_page_read_in_two_ways_is_read_again_in_both(tmp_path):
    archive = tmp_path / "a"
    source = lines(tmp_path / "a.jsonl", [7])
    mapping = newsdata.parse_mapping(["title=source"])
    with rules(1):
        newsdata.build(source, archive, keep_pages=True)
        newsdata.build(source, archive, keep_pages=True, mapping=mapping)
    with rules(2):
        told = newsdata.reextract(archive)
    assert (told["kept"], told["read"], told["reread"]["same_id"]) == (2, 2, 2)
    assert outcomes(archive)["re_extracted"] == 2
    assert newsdata.verify(archive) == []


def test_a_way_that_no_batch_names_is_not_believed_and_goes_after_a_week(tmp_path, monkeypatch):
    archive = tmp_path / "a"
    source = lines(tmp_path / "a.jsonl", [7])
    newsdata.build(source, archive, keep_pages=True)

    def killed(*_):
        raise KeyboardInterrupt

    mapping = newsdata.parse_mapping(["title=source"])
    with monkeypatch.context() as context:
        context.setattr("newsdata.archive.Archive._commit", killed)
        with pytest.raises(KeyboardInterrupt):
            newsdata.build(source, archive, keep_pages=True, mapping=mapping)
    (left,) = (archive / "pages").glob("*.way.json")
    assert open_archive(archive).kept_pages().ways == ()
    assert newsdata.verify(archive) == []
    old = os.stat(left).st_mtime - kept_room.WEEK - 10
    os.utime(left, (old, old))
    newsdata.build(lines(tmp_path / "b.jsonl", [8]), archive, keep_pages=True)
    assert not left.exists()
    newsdata.build(source, archive, keep_pages=True, mapping=mapping)
    assert open_archive(archive).kept_pages().ways == (left.name.partition(".")[0],)


def test_an_archive_with_a_schema_of_its_own_has_nothing_to_improve(tmp_path):
    schema = tmp_path / "s.json"
    schema.write_text('{"type": "object", "properties": {"n": {"type": "integer"}}}')
    newsdata.Archive.create(tmp_path / "a", schema=schema)
    (tmp_path / "a.jsonl").write_text('{"n": 1}\n{"n": "no"}\n')
    newsdata.build(tmp_path / "a.jsonl", tmp_path / "a", keep_pages=True)
    told = newsdata.reextract(tmp_path / "a")
    assert (told["kept"], told["read"], told["passed_over"]) == (2, 0, 2)
    assert newsdata.reextract(tmp_path / "a", "extractor<1")["unchanged"] == 2


def test_html_feeds_and_dumps_are_read_again(tmp_path):
    data = Path(__file__).resolve().parent.parent / "data"
    newsdata.build([data / "web", data / "pages"], tmp_path / "a", keep_pages=True)
    for kind in ("html", "dump", "entry"):
        told = newsdata.reextract(tmp_path / "a", f"kind = {kind}")
        assert told["read"] == told["unchanged"] > 0
        newer = {kind: READERS[kind] + 1}
        with patch.dict(READERS, newer):
            read = newsdata.reextract(tmp_path / "a", dry_run=True)["read"]
        assert read == told["read"], "without --where: what an older extractor read"


def test_processes_do_not_matter(old, tmp_path, monkeypatch):
    newsdata.build(lines(tmp_path / "b.jsonl", range(6, 12)), old, keep_pages=True)
    monkeypatch.setattr("newsdata.rereading.TASK", 4)
    one = newsdata.reextract(old, "extractor>0", workers=1, dry_run=True)
    two = newsdata.reextract(old, "extractor>0", workers=2, dry_run=True)
    assert one["read"] == 12
    assert {**one, "seconds": 0} == {**two, "seconds": 0}


@pytest.mark.parametrize(("task", "portion", "batches"), [(1, 1, 6), (2, 3, 3), (4, 99, 1)])
def test_portions_end_as_one_batch_and_go_on_after_a_kill(
    old, tmp_path, monkeypatch, task, portion, batches
):
    with rules(1):
        newsdata.build(lines(tmp_path / "b.jsonl", range(6)), tmp_path / "b", keep_pages=True)
    with rules(2):
        whole = newsdata.reextract(tmp_path / "b")
        monkeypatch.setattr("newsdata.rereading.TASK", task)
        monkeypatch.setattr("newsdata.rereading.PORTION", portion)
        commit, left = Archive._commit, [True] * (batches - 1)

        def killed(self, *arguments):
            if not left:
                raise KeyboardInterrupt
            left.pop()
            return commit(self, *arguments)

        with patch("newsdata.archive.Archive._commit", killed), pytest.raises(KeyboardInterrupt):
            newsdata.reextract(old)
        assert newsdata.verify(old) == []
        assert open_archive(old).last_batch == batches
        done = newsdata.reextract(old)
    assert (done["batches"], done["kept"]) == ([batches + 1], 6)
    assert done["read"] + done["passed_over"] == whole["read"]
    assert newsdata.verify(old) == []
    assert outcomes(old) == outcomes(tmp_path / "b")
    assert released(old) == released(tmp_path / "b")


def test_a_refused_batch_is_decided_anew_by_what_came_in(old):
    """A refused batch is decided anew: the readings another writer appended count."""
    commit, faster = Archive._commit, [True]

    def slow(self, *arguments):
        if faster:
            faster.clear()
            with rules(3):
                newsdata.reextract(old, workers=1)
        return commit(self, *arguments)

    with rules(2), patch("newsdata.archive.Archive._commit", slow):
        newsdata.reextract(old, workers=1)
    assert newsdata.verify(old) == []
    titles = {a["title"] for a in open_archive(old).articles().to_pylist()}
    assert {title.rpartition(" (")[2] for title in titles} == {"rules 3)"}


# -- a day costs a day --------------------------------------------------------------------------


def test_readings_are_looked_up_by_their_key(old, tmp_path, monkeypatch):
    asked = []
    find = type(open_archive(old).index).readings

    def readings(self, pages):
        asked.append(list(pages))
        return find(self, asked[-1])

    def scanned(*_):
        raise AssertionError("the ledger was scanned")

    monkeypatch.setattr("newsdata.index.Index.readings", readings)
    monkeypatch.setattr("newsdata.archive.Archive.rows", scanned)
    monkeypatch.setattr("newsdata.archive.Archive.scan", scanned)
    with rules(2):
        newsdata.build(lines(tmp_path / "b.jsonl", [1, 2, 8, 10]), old, refresh=True)
    assert [len(pages) for pages in asked] == [2], "pages that are new are not asked for"


def test_every_kind_of_page_has_its_version():
    """Whoever raises the version of an extractor raises that of its kind of page, else what was
    read before is not replaced: then change the figures here too."""
    assert READERS["html"] == html.EXTRACTOR_VERSION
    assert READERS["dump"] == dumps.EXTRACTOR_VERSION
    assert READERS["entry"] == entries.EXTRACTOR_VERSION
    of_records = (records, agencies, linked)
    assert (READERS["record"], *(e.EXTRACTOR_VERSION for e in of_records)) == (2, 2, 1, 1)


# -- the command --------------------------------------------------------------------------------


def test_the_command_says_what_became_of_each_page(old, capsys):
    with rules(2):
        assert run(["reextract", "-a", str(old), "--where", "extractor<2", "--dry-run"]) == 0
        dry = capsys.readouterr().err
        assert "dry run, nothing was appended" in dry
        assert open_archive(old).last_batch == 1
        command = ["reextract", "-a", str(old), "--where", "extractor<2 and kind=record"]
        assert run([*command, "-v"]) == 0
        told = capsys.readouterr().err
        assert "kept pages: 6, of which 6 read again, 0 not chosen" in told
        assert "1 as another article, 1 as no article, 1 as an article, rejected before" in told
        assert run([*command, "--json"]) == 0
        summary = json.loads(capsys.readouterr().out)
        assert (summary["read"], summary["passed_over"], summary["batch"]) == (0, 6, None)


@pytest.mark.parametrize(
    ("where", "read"),
    [
        ("extractor<2", 6),
        ("extractor = 2", 0),
        ("outcome=rejected", 2),
        ("outcome=article and not id in (demo:0, demo:5)", 2),
        ("reason = list-page", 2),
        ("reason != list-page", 4),
        ("url='https://demo.example/3' or id=demo:1", 1),  # the address stands in the record,
        ("kind=record and (extractor>1 or source=demo.example)", 4),
        ("retrieved >= 2024-01-01", 0),
    ],
)
def test_where_chooses_by_the_newest_reading(old, where, read):
    with rules(2):
        told = newsdata.reextract(old, where, dry_run=True)
    assert (told["read"], told["kept"]) == (read, 6)
    assert told["passed_over"] == 6 - read


def test_bad_use_is_told(tmp_path, old, capsys):
    newsdata.build(lines(tmp_path / "b.jsonl", [1]), tmp_path / "b")
    assert run(["reextract", "-a", str(tmp_path / "b")]) == 2
    assert "build with --keep-pages" in capsys.readouterr().err
    assert run(["reextract", "-a", str(tmp_path / "none")]) == 3
    assert run(["reextract", "-a", str(old), "--where", "extractor<two"]) == 2
    assert "at character 11" in capsys.readouterr().err
    (file,) = (old / "pages").glob("*.warc.gz")
    file.write_bytes(file.read_bytes()[:-20])
    with rules(2):
        assert run(["reextract", "-a", str(old)]) == 3
    assert open_archive(old).last_batch == 1


# -- conditions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the end, expected one of extractor"),
        ("extractor", "expected one of < <="),
        ("extractor<", "a value of extractor"),
        ("extractor<-1", "a whole number"),
        ("extractor<1 extractor<2", "'and', 'or' or the end"),
        ("title=x", "found 'title'"),
        ("source=and", "a value of source"),
        ("source='x", 'found "\'"'),
        ("not", "the end"),
        ("kind in (html", "expected ')'"),
        ("kind in html", "expected '('"),
        ("retrieved>yesterday", "a time such as"),
        ("__class__=1", "found '__class__'"),
        ("(" * (DEEPEST + 2), f"at most {DEEPEST}"),
        ("not " * (DEEPEST + 2) + "kind=html", f"at most {DEEPEST}"),
        ("x" * (LONGEST + 1), f"expected up to {LONGEST}"),
    ],
)
def test_a_condition_that_is_none_is_told_where(text, message):
    with pytest.raises(UsageError, match="--where") as told:
        parse_condition(text, FIELDS)
    assert message in str(told.value)


@given(st.text(st.sampled_from("extractor<>=!()'\", andornt12 kindhml"), max_size=40))
def test_any_text_is_a_condition_or_told(text):
    try:
        condition = parse_condition(text, FIELDS)
    except UsageError:
        return
    assert condition.holds({"extractor": 1, "kind": "html"}) in (True, False)


@given(
    st.lists(
        st.tuples(st.sampled_from(["and", "or"]), st.booleans(), st.integers(0, 3)), min_size=1
    )
)
def test_and_binds_before_or_and_not_before_both(parts):
    """Against Python's own reading of the same words."""
    words, code = [], []
    for number, (join, negated, value) in enumerate(parts):
        words += [join] * (number > 0) + ["not"] * negated + [f"extractor<{value}"]
        code += [join] * (number > 0) + ["not"] * negated + [f"extractor < {value}"]
    for extractor in range(4):
        wanted = eval(" ".join(code), {}, {"extractor": extractor})
        assert parse_condition(" ".join(words), FIELDS).holds({"extractor": extractor}) == wanted
