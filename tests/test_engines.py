"""Every engine gives the same, and a run after a crash takes finished shards up.

Ray is tried by ``make test-cluster`` only: starting it takes longer than the rest of this file.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import engine_corpus as corpus
import pytest

import newsdata
from newsdata import pipeline
from newsdata.engines import code, runs
from newsdata.engines.local import Local
from newsdata.engines.running import engine_named, run
from newsdata.engines.shards import Job
from newsdata.errors import EngineError, SourceError, UsageError

NOW = "2026-01-01T00:00:00Z"
TESTS = str(Path(__file__).resolve().parent)
CLUSTER = bool(os.environ.get("NEWSDATA_TEST_CLUSTER"))


def need(engine: str) -> None:
    if engine != "local" and importlib.util.find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: pip install 'newsdata[cluster]'")
    if engine == "ray" and not CLUSTER:
        pytest.skip("Ray is tried by make test-cluster (NEWSDATA_TEST_CLUSTER=1)")


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    """Processes of engines import the work of these tests."""
    paths = [TESTS, str(Path(newsdata.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(p for p in paths if p))


@pytest.fixture(params=["local", "daft", "ray"])
def engine(request):
    need(request.param)
    return engine_named(request.param)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "newsdata", *map(str, arguments)]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def without_time(summary: dict) -> dict:
    return {k: v for k, v in summary.items() if k != "seconds"}


# -- the work ---------------------------------------------------------------------------------


def test_results_stand_in_the_order_of_the_tasks(engine):
    told = []
    with run(
        corpus.numbers,
        iter(range(20)),
        corpus.SCHEMA,
        2,
        lambda task, value: told.append((task, value)),
        engine,
    ) as made:
        assert [b.column("number")[0].as_py() for b in made.batches()] == list(range(20))
        assert made.returned == [2 * n for n in range(20)]
    assert sorted(told) == [(n, 2 * n) for n in range(20)]
    assert not any(file.exists() for file in made.files)


def test_no_task_is_no_work(engine):
    with run(corpus.numbers, [], corpus.SCHEMA, 2, None, engine) as made:
        assert list(made.batches()) == made.returned == []


def test_an_exception_of_the_work_is_raised_as_it_is(engine):
    with (
        pytest.raises(SourceError, match=r"invented\.jsonl: no such file"),
        run(corpus.failing, range(8), corpus.SCHEMA, 2, None, engine),
    ):
        pass


def test_a_worker_that_died_is_said_or_made_up_for(engine, tmp_path):
    """A pool is broken then, and says so; Daft and Ray run the task again."""
    work = partial(corpus.dying_once, str(tmp_path / "died"))
    said = pytest.raises(EngineError, match="run the same command again")
    with said if engine.name == "local" else nullcontext():  # noqa: SIM117 - the outer sees it
        with run(work, range(12), corpus.SCHEMA, 2, None, engine) as made:
            assert [b.column("number")[0].as_py() for b in made.batches()] == list(range(12))
    assert (tmp_path / "died").exists()


def test_a_task_that_always_kills_its_worker_is_an_error(engine):
    with (
        pytest.raises(EngineError, match="nothing was committed: run the same command again"),
        run(corpus.dying, range(6), corpus.SCHEMA, 2, None, engine),
    ):
        pass


# -- the release ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    pages = Path(__file__).resolve().parent.parent / "data" / "pages"
    first = [*corpus.write_first(folder / "first"), pages]
    return first, corpus.write_second(folder / "second")


def built(sources, archive, engine, **options):
    """Two batches and a release; the summaries, and the bytes of all files of the release."""
    batches = [
        without_time(
            newsdata.build(part, archive, now=pipeline_time(), workers=2, engine=engine, **options)
        )
        for part in sources
    ]
    newsdata.release("1.0.0", archive, date="2026-01-02")
    return batches, tree(archive / "releases" / "1.0.0")


def pipeline_time():
    from datetime import datetime

    return datetime.fromisoformat(NOW)


@pytest.fixture(scope="module")
def by_local(sources, tmp_path_factory):
    return built(sources, tmp_path_factory.mktemp("local") / "archive", "local")


def test_the_corpus_has_what_an_engine_could_get_wrong(by_local):
    first, second = by_local[0]
    assert first["relations"]["exact"]
    assert first["relations"]["near"]
    assert first["relations"]["revision"]
    assert first["withheld"]
    assert {"not-json", "empty-text"} <= set(first["reasons"])
    assert second["changed"]["rekept"]
    assert second["changed"]["superseded"]
    assert second["unchanged"]
    assert second["relations"]["revision"]


@pytest.mark.parametrize("name", ["daft", "ray"])
def test_every_engine_seals_the_same_bytes(name, sources, by_local, tmp_path):
    need(name)
    batches, release = built(sources, tmp_path / "archive", name)
    assert batches == by_local[0]
    assert release.keys() == by_local[1].keys()
    assert [n for n in release if release[n] != by_local[1][n]] == []
    notes = [set(batch) for batch in newsdata.Archive(tmp_path / "archive").log()["batches"]]
    assert not any("engine" in note for note in notes)
    assert b"daft" not in b"".join(release.values())


# -- a run after a crash ----------------------------------------------------------------------

CRASH = """
import os, sys
from newsdata import pipeline
jobs = set()
def progress(so_far):
    jobs.add(so_far.bytes_done)
    if len(jobs - {{0}}) == {after}:
        os.kill(os.getpid(), 9)
if __name__ == "__main__":
    options = pipeline.Options(workers={workers}, engine={engine!r}, run_folder={folder!r})
    from datetime import datetime
    pipeline.build({sources!r}, {archive!r}, options, progress=progress,
                   now=datetime.fromisoformat({now!r}))
"""


def crash(sources, archive, folder, *, engine="local", workers=2, after=4) -> None:
    """A build that is killed when so many of its jobs were told."""
    script = folder.parent / "crash.py"
    script.write_text(
        CRASH.format(
            after=after,
            workers=workers,
            engine=engine,
            folder=str(folder),
            sources=[str(s) for s in sources],
            archive=str(archive),
            now=NOW,
        )
    )
    # All of its processes hold its standard error: this waits until none is left.
    run_it = [sys.executable, str(script)]
    done = subprocess.run(run_it, capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr


def shards(folder: Path) -> set[str]:
    return {file.stem for file in folder.glob("*/*.json")}


def events(folder: Path, event: str) -> list[dict]:
    """Of the newest log."""
    log = max(folder.glob("*/*.jsonl"), key=lambda file: file.stat().st_mtime_ns)
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return [line for line in lines if line["event"] == event]


@pytest.fixture
def read(monkeypatch):
    """The names of the files that this process reads."""
    names: list[str] = []
    original = pipeline.read_task

    def watched(task):
        names.extend(part.name for part in task.parts)
        return original(task)

    monkeypatch.setattr(pipeline, "read_task", watched)
    return names


def again(sources, archive, folder, **options):
    return newsdata.build(
        sources, archive, now=pipeline_time(), workers=1, run_folder=folder, **options
    )


def test_a_killed_run_is_taken_up_at_its_finished_shards(sources, by_local, tmp_path, read):
    archive, folder = tmp_path / "archive", tmp_path / "run"
    crash(sources[0], archive, folder)
    finished = shards(folder)
    assert len(finished) >= 4
    summary = again(sources[0], archive, folder)
    taken = events(folder, "taken up")
    assert {line["shard"].removesuffix(".arrow") for line in taken} == finished
    # Four files at least were not read again, and each of the others once.
    files = [name for name in read if name.endswith(".jsonl")]
    assert len(files) == len(set(files))
    assert len(files) + len(finished) >= len(sources[0]) - 1
    assert len([n for n in files if "/first/" in n]) <= len(sources[0]) - 1 - 4
    assert without_time(summary) == by_local[0][0]
    assert events(folder, "appended")[0]["summary"]["articles"] == summary["articles"]
    assert shards(folder) == set()
    newsdata.build(sources[1], archive, now=pipeline_time(), workers=1)
    newsdata.release("1.0.0", archive, date="2026-01-02")
    assert tree(archive / "releases" / "1.0.0") == by_local[1]


@pytest.fixture
def broken_off(sources, tmp_path):
    """The archive and the run folder of a build that was killed after four jobs."""
    archive, folder = tmp_path / "archive", tmp_path / "run"
    own = tmp_path / "own"
    own.mkdir()
    copied = []
    for file in sources[0][:7]:
        copied.append(own / file.name)
        copied[-1].write_bytes(file.read_bytes())
    crash(copied, archive, folder, workers=1)
    assert len(shards(folder)) == 4
    return copied, archive, folder


def test_a_changed_input_is_read_again(broken_off, read):
    copied, archive, folder = broken_off
    copied[1].write_bytes(copied[1].read_bytes().replace(b"Invented title", b"Another  title", 1))
    summary = again(copied, archive, folder)
    assert len(events(folder, "taken up")) == 3
    assert str(copied[1]) in read
    assert str(copied[0]) not in read
    assert summary["read"] == len(copied) * corpus.RECORDS
    first = newsdata.Archive(archive).show(f"invented:{corpus.RECORDS}")
    assert first["record"]["title"].split() == ["Another", "title", str(corpus.RECORDS)]


def test_a_new_side_file_is_noticed(broken_off, read):
    copied, archive, folder = broken_off
    copied[0].with_suffix(".meta.json").write_text('{"source": "side.example"}')
    again(copied, archive, folder)
    assert str(copied[0]) in read
    assert len(events(folder, "taken up")) == 3


def test_a_damaged_shard_is_made_again(broken_off, read):
    copied, archive, folder = broken_off
    shard = next(folder.glob("*/*.arrow"))
    with shard.open("r+b") as file:
        file.seek(shard.stat().st_size // 2)
        file.write(b"damage")
    summary = again(copied, archive, folder)
    assert len(events(folder, "taken up")) == 3
    assert [line["shard"] for line in events(folder, "damaged")] == [shard.name]
    assert summary["read"] == len(copied) * corpus.RECORDS


@pytest.mark.parametrize("what", ["code", "option", "batch"])
def test_shards_of_other_circumstances_are_not_taken_up(what, broken_off, read, monkeypatch):
    copied, archive, folder = broken_off
    options = {}
    if what == "code":
        monkeypatch.setattr(code, "code_version", lambda: "another")
    elif what == "option":
        options["timezone"] = "Asia/Tokyo"
    else:
        newsdata.build(copied[6:], archive, now=pipeline_time())
        read.clear()
    again(copied, archive, folder, **options)
    assert events(folder, "taken up") == []
    assert len(read) == len(copied)
    assert shards(folder) == set()  # those that nobody can take up are gone too


def test_what_is_not_required_here_is_no_part_of_the_code(monkeypatch, tmp_path):
    """Ray puts packages of its own on the path, among them what tqdm requires on Windows."""
    before = code._dependencies()
    assert {"pyarrow", "datasets", "tqdm"} <= {name for name, _ in before}
    folder = tmp_path / "colorama-99.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: colorama\nVersion: 99.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert code._dependencies() == before


def test_two_builds_do_not_share_a_run_folder(tmp_path):
    def one() -> runs.RunFolder:
        return runs.RunFolder(tmp_path, "archive", "circumstances", str)

    with one().opened("local"):
        with pytest.raises(EngineError, match="another build"), one().opened("local"):
            pass
        with runs.RunFolder(tmp_path, "other", "circumstances", str).opened("local"):
            pass


def test_a_torn_shard_of_a_killed_process_is_removed(tmp_path):
    folder = runs.RunFolder(tmp_path, "archive", "circumstances", str)
    with folder.opened("local"):
        pass
    torn = folder.path / ".torn.arrow.77"
    torn.write_bytes(b"half")
    with folder.opened("local"):
        assert not torn.exists()


def test_a_run_folder_needs_inputs_that_can_be_read_again(tmp_path):
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    writer = subprocess.Popen(["sh", "-c", f"echo '{{}}' > '{fifo}'"])
    with pytest.raises(UsageError, match="cannot be read a second time"):
        newsdata.build(fifo, tmp_path / "a", run_folder=tmp_path / "run")
    writer.wait()
    with pytest.raises(UsageError, match="keep-pages"):
        newsdata.build(TESTS, tmp_path / "a", run_folder=tmp_path / "run", keep_pages=True)
    blocked = tmp_path / "file"
    blocked.write_text("")
    good = tmp_path / "r.jsonl"
    good.write_bytes(corpus.record(1))
    with pytest.raises(EngineError, match="file"):
        newsdata.build(good, tmp_path / "a", run_folder=blocked)


def test_an_object_that_was_changed_has_another_stamp(monkeypatch):
    pytest.importorskip("obstore")
    pytest.importorskip("moto")
    from object_server import running

    from newsdata.sources.files import find_inputs
    from newsdata.sources.reading import plan
    from newsdata.sources.stamps import stamp

    def stamps() -> list[str]:
        return [stamp(task) for task in plan(find_inputs(["s3://engines/r.jsonl"]))]

    with running() as server:
        for name, value in (
            ("AWS_ACCESS_KEY_ID", "k"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", server.url),
        ):
            monkeypatch.setenv(name, value)
        store = server.client()
        store.create_bucket(Bucket="engines")
        store.put_object(Bucket="engines", Key="r.jsonl", Body=corpus.record(1))
        first = stamps()
        assert first == stamps()
        store.put_object(Bucket="engines", Key="r.jsonl", Body=corpus.record(2))
        second = stamps()
        assert second != first
        store.put_object(Bucket="engines", Key="r.meta.json", Body=b"{}")
        assert stamps() != second


# -- use --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["daft", "ray"])
def test_what_is_not_installed_is_said(name, tmp_path):
    """Exit code 3 and what to install, whatever is installed here."""
    (tmp_path / f"{name}.py").write_text(f"raise ImportError('no module named {name}')")
    paths = [str(tmp_path), str(Path(newsdata.__file__).parent.parent)]
    page = tmp_path / "r.jsonl"
    page.write_bytes(corpus.record(1))
    done = subprocess.run(
        command("build", page, "-a", tmp_path / "a", "--engine", name),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3, done.stderr
    assert "pip install 'newsdata[cluster]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "a").exists()


def test_wrong_use_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="expected one of local, daft, ray"):
        engine_named("spark")
    with pytest.raises(UsageError, match="ray-address"):
        newsdata.build(TESTS, tmp_path / "a", ray_address="127.0.0.1:6379")


def test_the_telemetry_of_daft_is_off_before_it_is_imported(tmp_path):
    need("daft")
    script = (
        "import os\n"
        "for name in ('DO_NOT_TRACK', 'SCARF_NO_ANALYTICS', 'DAFT_ANALYTICS_ENABLED'):\n"
        "    os.environ.pop(name, None)\n"
        "import urllib.request\n"
        "def no(*a, **k): print('CALLED', a[0])\n"
        "urllib.request.urlopen = no\n"
        "from newsdata.engines.running import engine_named\n"
        "engine_named('daft')\n"
        "from daft.scarf_telemetry import opted_out\n"
        "print(opted_out())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr


def test_no_engine_is_loaded_that_is_not_asked_for(tmp_path):
    script = (
        "import sys, newsdata\n"
        f"newsdata.build({str(tmp_path / 'r.jsonl')!r}, {str(tmp_path / 'a')!r})\n"
        "print([m for m in ('ray', 'daft') if m in sys.modules])\n"
    )
    (tmp_path / "r.jsonl").write_bytes(corpus.record(1))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_a_job_that_is_pickled_keeps_its_file(tmp_path):
    import pickle

    job = Job(3, "task", tmp_path / "x.arrow")
    assert pickle.loads(pickle.dumps(job)) == job
    assert Local().workers(3) == 3
