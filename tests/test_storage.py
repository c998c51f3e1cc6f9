"""Object storage, against a real S3-compatible server: sources, the ledger, releases; kills,
two writers, flipped bytes and what is said when something is missing."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

import newsdata
from newsdata.cli import run
from newsdata.errors import (
    ArchiveError,
    NewsdataError,
    ReleaseError,
    SourceError,
    StorageError,
    UsageError,
)
from newsdata.health import archive_health
from newsdata.storage import is_remote, location
from newsdata.storage.objects import ObjectPath, reason

pytest.importorskip("obstore", reason="needs newsdata[s3]")
pytest.importorskip("moto.server", reason="needs moto's server, of newsdata[dev]")

from object_server import running

DATA = Path(__file__).parent.parent / "data"
#: Obviously no real credentials; looked for in everything that is written and said.
KEY, SECRET = "TESTKEYTESTKEY", "test-secret-that-is-none"


@pytest.fixture(scope="module")
def server():
    with running() as made:
        yield made


@pytest.fixture(autouse=True)
def environment(server, monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("NEWSDATA_CACHE", str(tmp_path / "cache"))
    server.before = None
    yield
    server.before = None


class Bucket:
    def __init__(self, server, name: str) -> None:
        self.name = name
        self.client = server.client()
        self.client.create_bucket(Bucket=name)

    def url(self, key: str) -> str:
        return f"s3://{self.name}/{key}"

    def put(self, key: str, body: bytes) -> str:
        self.client.put_object(Bucket=self.name, Key=key, Body=body)
        return self.url(key)

    def get(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)

    def keys(self, prefix: str) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix
        )
        return [one["Key"] for page in pages for one in page.get("Contents", [])]

    def flip(self, key: str) -> None:
        body = bytearray(self.get(key))
        body[len(body) // 2] ^= 1
        self.put(key, bytes(body))


@pytest.fixture
def bucket(server, request):
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:60]
    return Bucket(server, f"b-{name}".strip("-"))


def article(n: int, **changes) -> dict:
    return {
        "id": f"invented:{n}",
        "url": f"https://news.example/{n}",
        "title": f"An invented headline number {n}",
        "text": " ".join(f"word{n * 31 % 97}x{n} and word{i}" for i in range(12)),
        "timestamp": f"2024-03-{n % 28 + 1:02}T10:00:00+00:00",
        "source": "news.example",
        "language": "en",
    } | changes


def lines(*numbers: int, **changes) -> bytes:
    return b"".join(json.dumps(article(n, **changes)).encode() + b"\n" for n in numbers)


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def command(capfd):
    def command(*arguments: str) -> Done:
        capfd.readouterr()
        return Done(run(list(arguments)), *capfd.readouterr())

    return command


def started(code: str, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


BUILD = "import sys, newsdata; print(newsdata.build(sys.argv[2], sys.argv[1])['batch'])"
RELEASE = (
    "import sys, newsdata; made = newsdata.release(sys.argv[2], sys.argv[1]);"
    "print(made.sealed.created, made.sealed.manifest['content_hash'])"
)


# -- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["s3://", "s3:///key", "s3://ab", "s3://b u/k", "s3://bucket/a//b", "s3://bucket/a/../b"],
)
def test_what_is_no_url_of_an_object_is_refused(url):
    with pytest.raises(UsageError, match="s3://"):
        location(url)


def test_a_url_never_carries_credentials_and_they_are_not_repeated():
    with pytest.raises(UsageError) as raised:
        location(f"s3://{KEY}:{SECRET}@bucket/key")
    assert SECRET not in str(raised.value)
    assert KEY not in str(raised.value)


def test_other_schemes_are_named():
    for url in ("gs://bucket/archive", "https://host/archive"):
        with pytest.raises(UsageError, match="scheme"):
            location(url)
        with pytest.raises(UsageError, match="scheme"):
            newsdata.build(url, "archive")


def test_a_place_is_made_of_its_parts():
    place = location("s3://bucket/news/archive/")
    assert isinstance(place, ObjectPath)
    assert str(place / "releases" / "1.0.0") == "s3://bucket/news/archive/releases/1.0.0"
    assert (place / "x").parent == place
    assert [p.key for p in place.parents] == ["news", ""]
    assert (place.name, str(ObjectPath("bucket"))) == ("archive", "s3://bucket")
    assert is_remote(place)
    assert not is_remote(Path("s3"))


def test_of_what_a_store_answers_only_the_code_is_shown():
    body = (
        "Server returned non-2xx status code: 403 Forbidden: <Error><Code>SignatureDoesNotMatch"
        f"</Code><AWSAccessKeyId>{KEY}</AWSAccessKeyId><StringToSign>{SECRET}</StringToSign>"
    )
    told = reason(body)
    assert "SignatureDoesNotMatch" in told
    assert KEY not in told
    assert SECRET not in told


def test_errors_reach_another_process_whole():
    error = StorageError("s3://bucket/key: the object changed while it was read")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


# -- objects ------------------------------------------------------------------------------------


def test_of_two_writers_of_an_object_one_is_let_through(bucket):
    place = location(bucket.url("a/x"))
    assert place.put_new(b"first")
    assert not place.put_new(b"second")
    assert place.put_new(b"first"), "our own write whose answer was lost"
    assert place.read_bytes() == b"first"


def test_folders_are_what_stands_below(bucket):
    bucket.put("a/b/c", b"1")
    bucket.put("a/d", b"22")
    bucket.put("a/e/", b"")
    bucket.put("a/f", b"")
    place = location(bucket.url("a"))
    assert {str(p) for p in place.iterdir()} >= {bucket.url("a/b"), bucket.url("a/d")}
    assert place.is_dir()
    assert not place.is_file()
    assert not location(bucket.url("ab")).exists()
    assert [(f.path.key, f.size) for f in place.walk()] == [
        ("a/b/c", 1),
        ("a/d", 2),
        ("a/f", 0),
    ]
    (place / "d").unlink()
    (place / "d").unlink()
    with pytest.raises(FileNotFoundError):
        (place / "d").read_bytes()


def test_a_large_object_is_copied_by_ranges(bucket, tmp_path, monkeypatch):
    from newsdata.storage import objects

    monkeypatch.setattr(objects, "BLOCK", 1000)
    for size in (0, 1, 999, 1000, 1001, 5500):
        body = os.urandom(size)
        location(bucket.put("x", body)).download(tmp_path / str(size))
        assert (tmp_path / str(size)).read_bytes() == body


def test_a_file_reads_as_the_object_is_wherever_it_seeks(bucket):
    from newsdata.storage.files import LEAST, ObjectFile

    body = os.urandom(3 * LEAST + 17)
    place = location(bucket.put("x", body))
    with ObjectFile(place) as file:
        assert file.read(10) == body[:10]
        assert file.seek(-5, io.SEEK_END) == len(body) - 5
        assert (file.read(100), file.read(1)) == (body[-5:], b"")
        file.seek(LEAST - 1)
        assert file.read() == body[LEAST - 1 :]
        file.seek(0)
        pieces = iter(lambda: file.read(1000), b"")
        assert b"".join(pieces) == body
    with ObjectFile(location(bucket.put("empty", b""))) as file:
        assert file.read() == b""
    with pytest.raises(FileNotFoundError):
        ObjectFile(location(bucket.url("void")))
    with pytest.raises(StorageError, match="changed"):
        ObjectFile(place, '"another"')


# -- sources ------------------------------------------------------------------------------------


def names(*arguments: str) -> list[str]:
    from newsdata.sources.files import find_inputs

    return [one.name.split("/", 3)[3] for one in find_inputs(arguments)]


def test_a_source_is_an_object_all_below_a_prefix_or_a_glob(bucket):
    for key in (
        "p/a.txt", "p/a.meta.json", "p/b/c.txt", "p/.hidden/d.txt", "p/x[1].txt", "p/x1.txt",
        "q/я.txt", "arch/newsdata.toml", "arch/ledger/part.parquet", "arch/releases/r.txt",
    ):  # fmt: skip
        bucket.put(key, b"x")
    assert names(bucket.url("p")) == ["p/a.txt", "p/b/c.txt", "p/x1.txt", "p/x[1].txt"]
    assert names(bucket.url("p/")) == names(bucket.url("p"))
    assert names(bucket.url("p/*.txt")) == ["p/a.txt", "p/x1.txt", "p/x[1].txt"]
    assert names(bucket.url("p/**/c.txt")) == ["p/b/c.txt"]
    assert names(bucket.url("p/x[0-9].txt")) == ["p/x1.txt"]
    assert names(bucket.url("p/x[1].txt")) == ["p/x[1].txt"], "what stands under the very name"
    assert names(bucket.url("q/?.txt")) == ["q/я.txt"]
    assert names(bucket.url("p/.hidden/d.txt")) == ["p/.hidden/d.txt"]
    assert names(bucket.url("p/.hidden/*.txt")) == ["p/.hidden/d.txt"]
    assert "arch/ledger/part.parquet" not in names(f"s3://{bucket.name}")
    assert names(bucket.url("p/a.txt"), bucket.url("p/a.*")) == ["p/a.txt"]
    for nothing in ("void", "p/*.pdf", "p/a"):
        with pytest.raises(SourceError, match=re.escape(bucket.url(nothing))):
            names(bucket.url(nothing))


def upload(bucket: Bucket, folder: Path, key: str) -> str:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            bucket.put(f"{key}/{file.relative_to(folder).as_posix()}", file.read_bytes())
    return bucket.url(key)


def facts(archive) -> list[dict]:
    from newsdata.opening import open_archive

    opened = open_archive(archive)
    columns = ("row", "path", "line", "offset", "outcome", "id", "digest", "reason", "sha256")
    rows = opened.rows(columns).to_pylist()
    return sorted((r for r in rows if r["path"]), key=lambda r: r["row"])


def test_sources_give_what_the_same_files_on_a_disk_give(bucket, tmp_path):
    there = upload(bucket, DATA, "data")
    told = newsdata.build([f"{there}/pages", f"{there}/records"], tmp_path / "remote")
    local = newsdata.build([DATA / "pages", DATA / "records"], tmp_path / "local")
    assert {**told, "seconds": 0} == {**local, "seconds": 0}
    found, expected = facts(tmp_path / "remote"), facts(tmp_path / "local")
    for one, other in zip(found, expected, strict=True):
        assert one.pop("path") == other.pop("path").replace(str(DATA), there)
    for one, other in zip(found, expected, strict=True):
        if one["outcome"] == "rejected":
            assert one == other
        assert (one["id"], one["line"], one["offset"]) == (
            other["id"],
            other["line"],
            other["offset"],
        )


def test_large_and_compressed_and_parquet_sources_are_read_alike(bucket, tmp_path, monkeypatch):
    import gzip

    import pyarrow as pa
    import pyarrow.parquet as pq

    from newsdata.sources import reading

    monkeypatch.setattr(reading, "RANGE_LEAST", 300_000)
    monkeypatch.setattr(reading, "RANGE_MOST", 300_000)
    body = lines(*range(4000))
    assert len(body) > 4 * 300_000
    table = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([article(n) for n in range(30)]), table)
    bucket.put("in/a.jsonl", body)
    bucket.put("in/b.jsonl.gz", gzip.compress(body))
    bucket.put("in/c.parquet", table.getvalue())
    (tmp_path / "a.jsonl").write_bytes(body)
    told = newsdata.build(bucket.url("in/*"), tmp_path / "remote", workers=2)
    assert (told["read"], told["articles"], told["unchanged"]) == (8030, 4000, 4030)
    assert newsdata.build(tmp_path / "a.jsonl", tmp_path / "local")["articles"] == 4000
    found, expected = facts(tmp_path / "remote"), facts(tmp_path / "local")
    assert {(r["path"], r["line"]) for r in found} == {
        (bucket.url("in/a.jsonl"), r["line"]) for r in expected
    }
    assert [r["digest"] for r in found] == [r["digest"] for r in expected]
    assert sum(1 for page in newsdata.validate(bucket.url("in/a.jsonl")) if page) == 4000


@pytest.mark.parametrize("change", ["changed", "vanished"])
def test_an_object_that_changes_under_us_is_named_and_nothing_is_appended(
    bucket, tmp_path, server, change
):
    from newsdata.storage.files import MOST

    url = bucket.put("big.txt.jsonl", lines(*range(100)) * 200)
    place = location(url)
    assert place.head().size > MOST // 4
    reads = []

    def meddle(method: str, path: str) -> None:
        if method == "GET" and path.endswith("big.txt.jsonl"):
            reads.append(path)
            if len(reads) == 3:  # the server answers one request at a time: meddle inside it
                from moto.s3.models import s3_backends

                backend = s3_backends["123456789012"]["aws"]
                if change == "changed":
                    backend.put_object(bucket.name, "big.txt.jsonl", b"x" * place_size)
                else:
                    backend.delete_object(bucket.name, "big.txt.jsonl")

    place_size = place.head().size
    server.before = meddle
    with pytest.raises(StorageError, match=f"{re.escape(url)}: the object {change}"):
        newsdata.build(url, tmp_path / "archive", workers=1)
    assert len(reads) >= 3
    server.before = None
    assert newsdata.Archive(tmp_path / "archive").log()["batches"] == []


# -- the whole ----------------------------------------------------------------------------------


def test_build_second_batch_release_load_and_verify(bucket, tmp_path, monkeypatch):
    archive = bucket.url("news/archive")
    upload(bucket, DATA, "data")
    bucket.put("more.jsonl", lines(1, 2, 3))
    first = newsdata.build([bucket.url("data/pages"), bucket.url("data/records")], archive)
    assert (first["batch"], first["read"], first["articles"]) == (1, 24, 10)
    again = newsdata.build([bucket.url("data/pages"), bucket.url("data/records")], archive)
    assert (again["batch"], again["unchanged"]) == (None, 24)
    made = newsdata.release("1.0.0", archive).sealed
    assert made.created
    assert str(made.path).startswith(f"{archive}/releases/1.0.0/")
    assert newsdata.build(bucket.url("more.jsonl"), archive)["batch"] == 2
    second = newsdata.release("1.1.0", archive)
    assert second.proposal.changes.added == 3
    # A disk gives the very same bytes.
    twin = tmp_path / "twin"
    newsdata.build([bucket.url("data/pages"), bucket.url("data/records")], twin)
    newsdata.release("1.0.0", twin)
    newsdata.build(bucket.url("more.jsonl"), twin)
    newsdata.release("1.1.0", twin)
    for version, sealed in (("1.0.0", made), ("1.1.0", second.sealed)):
        local = {
            path.relative_to(twin / "releases" / version).as_posix(): path.read_bytes()
            for path in (twin / "releases" / version).rglob("*")
            if path.is_file()
        }
        folder = f"{sealed.path.key}/"
        there = {key.removeprefix(folder): bucket.get(key) for key in bucket.keys(folder)}
        assert there == local
    # Another machine: nothing in its cache.
    monkeypatch.setenv("NEWSDATA_CACHE", str(tmp_path / "elsewhere"))
    assert newsdata.load(archive, version="1.0.0").num_rows == made.manifest["rows"]
    assert newsdata.load(archive, to="arrow").num_rows == second.sealed.manifest["rows"]
    assert newsdata.load(f"{archive}/releases/1.0.0", to="arrow").num_rows == made.manifest["rows"]
    assert newsdata.load(str(made.path), to="arrow").num_rows == made.manifest["rows"]
    opened = newsdata.Archive(archive)
    assert [r["version"] for r in opened.log()["releases"]] == ["1.0.0", "1.1.0"]
    assert opened.show("belta-ru:572564")["state"]["outcome"] == "article"
    assert opened.stats()["outcomes"]["articles"] == 11
    assert archive_health(archive)["sources"]
    assert opened.verify() == []
    assert newsdata.verify(f"{archive}/releases/1.1.0") == []
    out = io.BytesIO()
    newsdata.export(archive, "jsonl", out, version="1.1.0")
    assert out.getvalue().count(b"\n") == second.sealed.manifest["rows"]
    with pytest.raises(ReleaseError, match=re.escape("no release 9.0.0; there are 1.0.0, 1.1.0")):
        newsdata.load(archive, version="9.0.0")
    # The same content is fine, other content is refused; the third release needs the second.
    assert not newsdata.release("1.1.0", archive).sealed.created
    with pytest.raises(ReleaseError, match=r"1\.0\.0 is taken"):
        newsdata.release("1.0.0", archive)
    newsdata.build(bucket.put("one.jsonl", lines(4)), archive)
    third = newsdata.release("1.2.0", archive)
    assert third.proposal.changes.added == 1
    assert newsdata.verify(archive) == []
    assert bucket.keys("news/archive/index") == [], "the index is a cache, and not kept there"
    for key in bucket.keys(""):
        body = bucket.get(key)
        assert SECRET.encode() not in body
        assert KEY.encode() not in body


def test_the_command_line_takes_urls(bucket, tmp_path, command):
    archive = bucket.url("archive")
    source = bucket.put("in/a.jsonl", lines(*range(5)))
    done = command("build", f"s3://{bucket.name}/in/*.jsonl", "-a", archive, "--json")
    assert json.loads(done.stdout)["articles"] == 5, done.stderr
    done = command("release", "1.0.0", "-a", archive, "--quiet")
    path = done.stdout.strip()
    assert path.startswith(f"{archive}/releases/1.0.0/")
    for arguments in (
        ("log", "-a", archive),
        ("log", "1", "-a", archive),
        ("settings", "-a", archive),
        ("verify", archive),
        ("verify", path),
        ("export", "1.0.0", "-a", archive, "--format", "csv", "-o", str(tmp_path / "x.csv")),
    ):
        done = command(*arguments)
        assert done.returncode == 0, (arguments, done.stderr)
    assert source in command("log", "1", "-a", archive).stdout
    done = command("release", "1.0.0", "-a", archive, "--rebuild", bucket.url("rebuilt"))
    assert done.returncode == 2
    assert "expected a path on a disk" in done.stderr
    done = command("build", source, "-a", archive, "--keep-pages")
    assert done.returncode == 2
    assert "--keep-pages" in done.stderr
    assert not Path("s3:").exists()


def test_what_the_document_says_works(server, tmp_path):
    import gzip

    bucket = Bucket(server, "my-bucket")
    bucket.put("pages/a.jsonl.gz", gzip.compress(lines(1, 2)))
    bucket.put("more/b.jsonl", lines(3))
    text = (DATA.parent / "docs" / "object-storage.md").read_text("utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    blocks = re.findall(r"^```(bash|python)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert [language for language, _ in blocks] == ["bash", "python"]
    for language, code in blocks:
        run_by = ["bash", "-euc"] if language == "bash" else [sys.executable, "-c"]
        environment = {**os.environ, "PATH": path}
        done = subprocess.run([*run_by, code], env=environment, capture_output=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr.decode()
    assert newsdata.load("s3://my-bucket/archive", to="arrow").num_rows == 3


# -- kill -9, and two at once -------------------------------------------------------------------


def killing(process: list[subprocess.Popen], method: str, ending: str):
    """Kills a process when the server gets a request of it, before the request is answered."""

    def before(asked: str, path: str) -> None:
        if process and asked == method and path.endswith(ending):
            os.killpg(process.pop().pid, signal.SIGKILL)
            time.sleep(0.1)
            raise ConnectionAbortedError("killed by the test")

    return before


def test_a_build_killed_between_its_rows_and_the_commit_left_nothing_visible(bucket, server):
    archive = bucket.url("archive")
    newsdata.build(bucket.put("a.jsonl", lines(1, 2)), archive)
    before = set(bucket.keys("archive/ledger"))
    url = bucket.put("b.jsonl", lines(3, 4, 5))
    victims: list[subprocess.Popen] = []
    server.before = killing(victims, "PUT", "00000000000000000002.json")
    process = started(BUILD, archive, url)
    victims.append(process)
    assert process.wait(timeout=300) == -signal.SIGKILL
    server.before = None
    left = set(bucket.keys("archive/ledger")) - before
    assert [Path(key).suffix for key in left] == [".parquet"], "rows were written, and no commit"
    opened = newsdata.Archive(archive)
    assert [b["batch"] for b in opened.log()["batches"]] == [1]
    assert opened.stats()["outcomes"]["articles"] == 2
    assert opened.verify() == []
    assert newsdata.build(url, archive)["articles"] == 3
    assert newsdata.Archive(archive).stats()["outcomes"]["articles"] == 5
    assert newsdata.verify(archive) == []


def test_a_release_killed_before_its_note_left_nothing_visible(bucket, server):
    archive = bucket.url("archive")
    newsdata.build(bucket.put("a.jsonl", lines(1, 2)), archive)
    victims: list[subprocess.Popen] = []
    server.before = killing(victims, "PUT", "1.0.0.json")
    victims.append(process := started(RELEASE, archive, "1.0.0"))
    assert process.wait(timeout=300) == -signal.SIGKILL
    server.before = None
    left = bucket.keys("archive/releases/1.0.0/")
    assert any(key.endswith("manifest.json") for key in left), "all files were sent"
    assert newsdata.Archive(archive).log()["releases"] == []
    with pytest.raises(ReleaseError, match="no releases yet"):
        newsdata.load(archive)
    assert newsdata.verify(archive) == []
    # The same command completes it; what was sent of another content is of no use, and goes.
    bucket.put("archive/releases/1.0.0/00ff/data/train.parquet", b"left")
    assert newsdata.release("1.0.0", archive).sealed.created
    assert bucket.keys("archive/releases/1.0.0/") == left
    assert newsdata.load(archive, to="arrow").num_rows == 2
    assert newsdata.verify(archive) == []


def test_builds_of_two_processes_end_as_one_after_the_other(bucket, tmp_path):
    archive = bucket.url("archive")
    parts = [bucket.put(f"{n}.jsonl", lines(*range(n, n + 8))) for n in (0, 5)]
    running = [started(BUILD, archive, part) for part in parts]
    told = [process.communicate(timeout=300) for process in running]
    assert [process.returncode for process in running] == [0, 0], told
    assert sorted(int(out) for out, _ in told) == [1, 2]
    for part in parts:
        newsdata.build(part, tmp_path / "in-turn")
    one = newsdata.release("1.0.0", archive).sealed.manifest
    other = newsdata.release("1.0.0", tmp_path / "in-turn").sealed.manifest
    assert one["content_hash"] == other["content_hash"]
    assert newsdata.verify(archive) == []


def test_two_sealers_of_the_same_content_make_one_release(bucket):
    archive = bucket.url("archive")
    newsdata.build(bucket.put("a.jsonl", lines(1, 2)), archive)
    running = [started(RELEASE, archive, "1.0.0") for _ in range(2)]
    told = [process.communicate(timeout=300) for process in running]
    assert [process.returncode for process in running] == [0, 0], told
    assert sorted(out.split()[0] for out, _ in told) == [b"False", b"True"]
    assert len({out.split()[1] for out, _ in told}) == 1
    assert newsdata.verify(archive) == []


def test_of_two_sealers_of_other_content_the_store_decides(bucket, monkeypatch, tmp_path):
    from newsdata.exporters import stored

    archive = bucket.url("archive")
    newsdata.build(bucket.put("a.jsonl", lines(1, 2)), archive)
    send = stored._send

    def slow(*arguments) -> None:
        """While this process sends its files, another one adds an article and seals."""
        send(*arguments)
        code = (
            "import sys, newsdata; newsdata.build(sys.argv[2], sys.argv[1]);"
            "newsdata.release('1.0.0', sys.argv[1])"
        )
        other = started(code, archive, bucket.put("b.jsonl", lines(3)))
        assert other.wait(timeout=300) == 0, other.communicate()

    monkeypatch.setattr(stored, "_send", slow)
    with pytest.raises(ReleaseError, match="another process sealed"):
        newsdata.release("1.0.0", archive)
    folders = {key.split("/")[3] for key in bucket.keys("archive/releases/1.0.0/")}
    assert len(folders) == 1, "what the loser sent is gone"
    assert newsdata.load(archive, to="arrow").num_rows == 3
    assert newsdata.verify(archive) == []


def test_what_killed_seals_of_other_versions_left_goes_after_a_week(bucket, monkeypatch):
    from newsdata.exporters import stored

    archive = bucket.url("archive")
    newsdata.build(bucket.put("a.jsonl", lines(1, 2)), archive)
    bucket.put("archive/releases/0.9.0/00ff/data/train.parquet", b"left")
    newsdata.release("1.0.0", archive)
    assert bucket.keys("archive/releases/0.9.0/"), "its seal may still be at work"
    newsdata.build(bucket.put("b.jsonl", lines(3)), archive)
    monkeypatch.setattr(stored, "WEEK", stored.WEEK * 0)
    newsdata.release("1.1.0", archive)
    assert not bucket.keys("archive/releases/0.9.0/")
    assert newsdata.verify(archive) == []


def test_a_shard_that_did_not_change_is_copied_inside_the_store(bucket, server):
    archive = bucket.url("archive")
    months = [lines(n, timestamp=f"2024-{n:02}-05T10:00:00Z") for n in range(1, 5)]
    newsdata.build(bucket.put("a.jsonl", b"".join(months)), archive)
    newsdata.release("1.0.0", archive)
    newsdata.build(bucket.put("b.jsonl", lines(9, timestamp="2024-04-06T10:00:00Z")), archive)
    bucket.flip(next(k for k in bucket.keys("archive/releases/") if "2024-02" in k))
    server.copied.clear()
    made = newsdata.release("1.1.0", archive).sealed
    copied = {path.rpartition("train-")[2][:7] for path in server.copied if "train-" in path}
    assert copied == {"2024-01", "2024-03"}, "neither what changed nor what was touched there"
    assert newsdata.verify(str(made.path)) == []


# -- damage -------------------------------------------------------------------------------------


@pytest.fixture
def sealed(bucket):
    archive = bucket.url("archive")
    newsdata.build(bucket.put("a.jsonl", lines(1, 2, 3)), archive)
    newsdata.release("1.0.0", archive)
    return archive


def test_a_flipped_byte_of_a_release_is_found_and_not_loaded(
    bucket, sealed, monkeypatch, tmp_path
):
    monkeypatch.setenv("NEWSDATA_CACHE", str(tmp_path / "elsewhere"))
    for ending in (".parquet", "manifest.json", "SHA256SUMS", "README.md", "article.schema.json"):
        key = next(k for k in bucket.keys("archive/releases/1.0.0/") if k.endswith(ending))
        bucket.flip(key)
        assert any(ending in str(found) for found in newsdata.verify(f"{sealed}/releases/1.0.0"))
        with pytest.raises(ReleaseError, match=re.escape(ending)):
            newsdata.load(sealed, to="arrow")
        if ending == ".parquet":
            assert any(ending in str(found) for found in newsdata.verify(sealed))
        bucket.flip(key)
    assert newsdata.load(sealed, to="arrow").num_rows == 3


def test_a_file_of_a_release_that_is_gone_is_named(bucket, sealed, monkeypatch, tmp_path):
    key = next(k for k in bucket.keys("archive/releases/1.0.0/") if k.endswith(".parquet"))
    bucket.delete(key)
    assert [f.code for f in newsdata.verify(sealed)] == ["missing"]
    monkeypatch.setenv("NEWSDATA_CACHE", str(tmp_path / "elsewhere"))
    with pytest.raises(ReleaseError, match="missing, although the manifest names it"):
        newsdata.load(sealed, to="arrow")
    for rest in bucket.keys("archive/releases/1.0.0/"):
        bucket.delete(rest)
    assert [(f.file, f.code) for f in newsdata.verify(sealed)] == [
        ("releases/1.0.0/manifest.json", "missing")
    ]


def test_damage_of_the_ledger_is_found(bucket, sealed):
    (key,) = (k for k in bucket.keys("archive/ledger/") if k.endswith(".parquet"))
    whole = bucket.get(key)
    bucket.put(key, whole[:-1])
    assert [f.code for f in newsdata.verify(sealed)] == ["size"]
    bucket.put(key, whole[: len(whole) // 2] + b"\0" * (len(whole) - len(whole) // 2))
    assert newsdata.verify(sealed)[0].code == "unreadable"
    bucket.delete(key)
    assert [f.code for f in newsdata.verify(sealed)] == ["missing"]
    with pytest.raises(NewsdataError, match=re.escape(Path(key).name)):
        newsdata.Archive(sealed).log()


def test_an_export_finds_the_settings_of_the_archive_it_came_from(bucket, sealed):
    told = bucket.get("archive/newsdata.toml") + b'\n[eu_summary]\nprovider = "Invented AI"\n'
    bucket.put("archive/newsdata.toml", told)
    for place, version in ((sealed, "1.0.0"), (f"{sealed}/releases/1.0.0", None)):
        out = io.BytesIO()
        newsdata.export(place, "eu-summary", out, version=version)
        assert b"Invented AI" in out.getvalue()


def test_names_in_a_manifest_cannot_leave_the_cache(bucket, sealed, monkeypatch, tmp_path):
    from newsdata.exporters.manifest import self_hash, to_bytes
    from newsdata.exporters.names import SELF

    key = next(k for k in bucket.keys("archive/releases/1.0.0/") if k.endswith("manifest.json"))
    manifest = json.loads(bucket.get(key))
    manifest["files"]["../../../escaped"] = manifest["files"]["README.md"]
    manifest[SELF] = self_hash(manifest)
    bucket.put(key, to_bytes(manifest))
    monkeypatch.setenv("NEWSDATA_CACHE", str(tmp_path / "elsewhere"))
    with pytest.raises(ReleaseError, match="path of a file below"):
        newsdata.load(sealed, to="arrow")


def test_the_cache_is_never_believed_over_the_ledger(bucket, tmp_path):
    """The archive is removed and another one made under its URL: its index is of no use."""
    archive = bucket.url("archive")
    newsdata.build(bucket.put("a.jsonl", lines(1, 2, 3)), archive)
    for key in bucket.keys("archive/"):
        bucket.delete(key)
    told = newsdata.build(bucket.url("a.jsonl"), archive)
    assert (told["batch"], told["articles"]) == (1, 3)
    assert newsdata.verify(archive) == []
    # An index that is damaged is made again.
    for file in (tmp_path / "cache").rglob("index/*"):
        if file.is_file():
            file.write_bytes(b"damaged")
    assert newsdata.build(bucket.url("a.jsonl"), archive)["unchanged"] == 3
    assert newsdata.verify(archive) == []


# -- what is missing ----------------------------------------------------------------------------


def test_a_missing_bucket_is_named():
    for work in (
        lambda: newsdata.build("s3://no-such-bucket/pages", "archive"),
        lambda: newsdata.build(str(DATA / "pages"), "s3://no-such-bucket/archive"),
        lambda: newsdata.verify("s3://no-such-bucket/archive"),
        lambda: newsdata.load("s3://no-such-bucket/archive"),
    ):
        with pytest.raises(NewsdataError, match="s3://no-such-bucket: there is no such bucket"):
            work()


def test_a_missing_archive_is_named(bucket):
    with pytest.raises(ArchiveError, match="there is no archive here"):
        newsdata.Archive(bucket.url("void"))
    with pytest.raises(ReleaseError, match="neither a release"):
        newsdata.load(bucket.url("void"))
    bucket.put("full/other.txt", b"x")
    with pytest.raises(ArchiveError, match="other files"):
        newsdata.Archive.create(bucket.url("full"))


def test_a_store_that_ignores_conditions_gets_no_archive(bucket, server):
    server.conditional = False
    try:
        with pytest.raises(StorageError, match="ignores conditional writes"):
            newsdata.build(str(DATA / "pages"), bucket.url("archive"))
    finally:
        server.conditional = True
    assert bucket.keys("") == []


def test_without_credentials_it_is_said_at_once(bucket, monkeypatch, command):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    begun = time.monotonic()
    done = command("log", "-a", bucket.url("archive"))
    assert time.monotonic() - begun < 60
    assert done.returncode == 3
    assert "no credentials" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_store_that_does_not_answer_is_said_within_a_minute(monkeypatch, command):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    begun = time.monotonic()
    done = command("log", "-a", "s3://bucket/archive")
    assert time.monotonic() - begun < 60
    assert done.returncode == 3
    assert "127.0.0.1:9 cannot be reached" in done.stderr
    assert SECRET not in done.stderr
    assert done.stderr.count("\n") == 1


def test_nothing_is_sent_in_the_clear_to_another_machine(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://storage.example")
    with pytest.raises(UsageError, match="expected https"):
        newsdata.verify("s3://bucket/archive")


def test_without_the_extra_it_is_said_what_to_install():
    code = (
        "import sys; sys.modules['obstore'] = sys.modules['obstore.store'] = None\n"
        "from newsdata.cli import run; sys.exit(run(['log', '-a', 's3://bucket/archive']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 3
    assert "pip install 'newsdata[s3]'" in done.stderr


def test_a_local_archive_loads_no_client(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(lines(1))
    code = (
        "import sys, newsdata; newsdata.build(sys.argv[2], sys.argv[1]);"
        "newsdata.release('1.0.0', sys.argv[1]); newsdata.verify(sys.argv[1]);"
        "print([m for m in ('obstore', 'boto3') if m in sys.modules])"
    )
    done = started(code, str(tmp_path / "archive"), str(tmp_path / "a.jsonl"))
    out, err = done.communicate(timeout=300)
    assert out.decode().strip() == "[]", err


def test_an_archive_copied_from_a_disk_is_one_on_object_storage(bucket, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(lines(1, 2))
    newsdata.build(tmp_path / "a.jsonl", tmp_path / "archive")
    newsdata.release("1.0.0", tmp_path / "archive")
    archive = upload(bucket, tmp_path / "archive", "copied")
    assert newsdata.verify(archive) == []
    assert newsdata.load(archive, version="1.0.0", to="arrow").num_rows == 2
    assert newsdata.build(bucket.put("b.jsonl", lines(3)), archive)["batch"] == 2
    newsdata.release("1.1.0", archive)
    assert [r["version"] for r in newsdata.Archive(archive).log()["releases"]] == [
        "1.0.0",
        "1.1.0",
    ]
    assert newsdata.verify(archive) == []
