"""Releases on the Hub, against a double of its API: what goes, what never goes, and resuming."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import newsdata

TOKEN = "hf_" + "inventedNotAToken"
SIGNATURE = "not-to-be-shown"
REPO = "example-org/invented-news"


# -- the double ---------------------------------------------------------------------------------


@dataclass
class Repo:
    visibility: str
    commits: list[tuple[str, dict[str, tuple[str, bytes]]]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def head(self) -> str:
        return self.commits[-1][0]

    def commit(self, files: dict[str, tuple[str, bytes]]) -> str:
        names = json.dumps([len(self.commits), sorted(files)]).encode()
        oid = hashlib.sha1(names).hexdigest()
        self.commits.append((oid, files))
        return oid

    def files(self, revision: str) -> dict[str, tuple[str, bytes]]:
        oid = self.head if revision == "main" else self.tags.get(revision, revision)
        return dict(self.commits)[oid]


@dataclass
class Hub:
    """What the Hub keeps, every request it got, and which of the next ones go wrong."""

    repos: dict[str, Repo] = field(default_factory=dict)
    store: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    refuse: dict[str, int] = field(default_factory=dict)
    before_commit: Any = None
    endpoint: str = ""

    def add(self, visibility: str = "private", **files: bytes) -> Repo:
        repo = self.repos[REPO] = Repo(visibility)
        repo.commit({".gitattributes": ("regular", b"x"), **{
            name: ("regular", content) for name, content in files.items()
        }})  # fmt: skip
        return repo

    @property
    def writes(self) -> list[str]:
        return [path for method, path in self.requests if method != "GET"]


class Handler(BaseHTTPRequestHandler):
    """The API as huggingface_hub 2.4 speaks to it, without Xet."""

    protocol_version = "HTTP/1.1"

    @property
    def hub(self) -> Hub:
        return self.server.hub

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, value: Any, code: int = 200, **headers: str) -> None:
        content = json.dumps(value).encode()
        self.send_response(code)
        for name, text in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def handle_one(self, method: str) -> None:
        body = self.body()
        path, _, query = self.path.partition("?")
        self.hub.requests.append((method, path))
        for part in self.hub.refuse:
            if part in path and self.hub.refuse[part] >= 0:
                self.hub.refuse[part] -= 1
                if self.hub.refuse[part] < 0:
                    return self.answer({"error": f"no {self.headers['Authorization']}"}, 403)
        if path.startswith("/store/"):
            return self.put(path.rpartition("/")[2], query, body)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer({"error": "who are you"}, 401)
        return self.api(method, path, body)

    def put(self, oid: str, query: str, body: bytes) -> None:
        assert query == f"X-Signature={SIGNATURE}"
        assert hashlib.sha256(body).hexdigest() == oid
        self.hub.store[oid] = body
        self.hub.sent.append(oid)
        self.answer({})

    def api(self, method: str, path: str, body: bytes) -> None:
        if path == "/api/repos/create":
            asked = json.loads(body)
            assert asked["type"] == "dataset"
            visibility = asked.get("visibility") or (
                "private" if asked.get("private") else "public"
            )
            self.hub.add(visibility)
            return self.answer({"url": f"{self.hub.endpoint}/datasets/{REPO}"})
        if path == "/api/validate-yaml":
            assert json.loads(body)["repoType"] == "dataset"
            return self.answer({"errors": [], "warnings": []})
        match = re.fullmatch(rf"/(?:api/)?datasets/{REPO}(?:\.git)?(?:/(.*))?", path)
        assert match, path
        repo = self.hub.repos.get(REPO)
        if repo is None:
            return self.answer({"error": "?"}, 404, X_Error_Code="RepoNotFound")
        what, _, rest = (match[1] or "info/").partition("/")
        return getattr(self, f"{method.lower()}_{what}")(repo, rest, body)

    def get_info(self, repo: Repo, _rest: str, _body: bytes) -> None:
        self.answer({"id": REPO, "private": repo.visibility == "private", "sha": repo.head})

    def get_refs(self, repo: Repo, _rest: str, _body: bytes) -> None:
        tags = [
            {"name": name, "ref": f"refs/tags/{name}", "targetCommit": oid}
            for name, oid in repo.tags.items()
        ]
        self.answer({"branches": [], "converts": [], "tags": tags})

    def get_tree(self, repo: Repo, rest: str, _body: bytes) -> None:
        def entry(path: str, mode: str, content: bytes) -> dict[str, Any]:
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            lfs = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
            told = {"type": "file", "path": path, "size": len(content), "oid": blob}
            return {**told, "lfs": {**lfs, "pointerSize": 1}} if mode == "lfs" else told

        found = [{"type": "directory", "path": "data", "oid": "0" * 40}]
        found += [entry(p, mode, content) for p, (mode, content) in repo.files(rest).items()]
        self.answer(found)

    def post_preupload(self, _repo: Repo, _rest: str, body: bytes) -> None:
        def mode(path: str) -> str:
            return "lfs" if path.endswith((".parquet", ".png")) else "regular"

        files = json.loads(body)["files"]
        told = [{"path": f["path"], "shouldIgnore": False} for f in files]
        self.answer({"files": [{**t, "uploadMode": mode(t["path"])} for t in told]})

    def post_info(self, _repo: Repo, rest: str, body: bytes) -> None:
        assert rest == "lfs/objects/batch"
        found = []
        for one in json.loads(body)["objects"]:
            href = f"{self.hub.endpoint}/store/{one['oid']}?X-Signature={SIGNATURE}"
            known = one["oid"] in self.hub.store
            found.append(one if known else {**one, "actions": {"upload": {"href": href}}})
        self.answer({"transfer": "basic", "objects": found})

    def post_commit(self, repo: Repo, rest: str, body: bytes) -> None:
        assert rest == "main"
        if self.hub.before_commit:
            self.hub.before_commit(repo)
        lines = [json.loads(line) for line in body.splitlines()]
        files = dict(repo.commits[-1][1])
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                if value.get("parentCommit") != repo.head:
                    return self.answer({"error": "the branch has moved"}, 412)
            elif line["key"] == "lfsFile":
                files[value["path"]] = ("lfs", self.hub.store[value["oid"]])
            elif line["key"] == "file":
                files[value["path"]] = ("regular", base64.b64decode(value["content"]))
            else:
                assert line["key"] == "deletedFile"
                del files[value["path"]]
        oid = repo.commit(files)
        return self.answer({"commitUrl": f"{self.hub.endpoint}/c/{oid}", "commitOid": oid})

    def post_tag(self, repo: Repo, rest: str, body: bytes) -> None:
        repo.tags[json.loads(body)["tag"]] = rest
        self.answer({})

    def do_GET(self) -> None:
        self.handle_one("GET")

    def do_POST(self) -> None:
        self.handle_one("POST")

    def do_PUT(self) -> None:
        self.handle_one("PUT")


@pytest.fixture
def hub() -> Iterator[Hub]:
    double = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.hub = double
    double.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield double
    server.shutdown()
    server.server_close()
    thread.join()


# -- releases of invented articles --------------------------------------------------------------


def record(number: int, month: int) -> dict[str, Any]:
    return {
        "id": f"example:{number}",
        "source": "news.example",
        "language": "en",
        "title": f"Invented headline {number}",
        "text": f"Invented text number {number}, of which there is only one of its kind {number}.",
        "timestamp": f"2023-{month:02}-05T10:00:00+00:00",
    }


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Releases 1.0.0 and 1.1.0 of three and four months, without a licence; 2.0.0 with one."""
    folder = tmp_path_factory.mktemp("push")
    place = folder / "archive"
    for number, version in enumerate(("1.0.0", "1.1.0", "2.0.0")):
        records = [record(n, 1 + n % (3 + number)) for n in range(20 * (1 + number))]
        lines = "".join(json.dumps(one) + "\n" for one in records)
        (folder / "in.jsonl").write_text(lines)
        newsdata.build([str(folder / "in.jsonl")], place)
        if version == "2.0.0":
            with (place / "newsdata.toml").open("a") as file:
                file.write('\n[card]\nlicense = "cc-by-4.0"\n')
        newsdata.release(version, place)
    return place


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(hub, tmp_path, monkeypatch, capsys) -> Callable[..., Done]:
    """The command as people run it; whatever it says, it never says the token."""
    from huggingface_hub import constants

    from newsdata import cli

    monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def command(*arguments: object, token: str = TOKEN) -> Done:
        monkeypatch.setenv("HF_TOKEN", token)
        code = cli.run(["push", REPO, *map(str, arguments)])
        return checked(Done(code, *capsys.readouterr()))

    return command


def checked(done: Done) -> Done:
    for told in (done.stdout, done.stderr):
        assert TOKEN not in told
        assert SIGNATURE not in told
        assert "Traceback" not in told
    return done


def test_the_command_of_its_own_process(hub, archive, tmp_path):
    own = {
        "HF_ENDPOINT": hub.endpoint,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_OFFLINE": "0",
        "HF_TOKEN": TOKEN,
        "NO_PROXY": "127.0.0.1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "newsdata", "push", REPO, str(archive / "releases" / "1.0.0")],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert checked(Done(done.returncode, done.stdout, done.stderr)).returncode == 0, done.stderr
    assert held(hub.repos[REPO], "v1.0.0") == tree(archive / "releases" / "1.0.0")


def tree(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def held(repo: Repo, revision: str) -> dict[str, bytes]:
    files = {path: content for path, (_, content) in repo.files(revision).items()}
    files.pop(".gitattributes", None)
    return files


# -- what goes ----------------------------------------------------------------------------------


def test_a_release_goes_up_as_it_is_private_with_its_tag(hub, run, archive, tmp_path):
    release = archive / "releases" / "1.0.0"
    planned = run(release, "--dry-run", "--json")
    assert planned.returncode == 0, planned.stderr
    assert hub.writes == []
    told = json.loads(planned.stdout)
    files = tree(release)
    assert {f["path"]: (f["size"], f["fate"]) for f in told["files"]} == {
        path: (len(content), "send") for path, content in files.items()
    }
    assert told["bytes"] == sum(map(len, files.values()))
    assert (told["repo"], told["tag"], told["visibility"]) == (REPO, "v1.0.0", "private")
    assert (told["new"], told["tagged"], told["dry_run"]) == (True, False, True)

    done = run("1.0.0", "-a", archive)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{hub.endpoint}/datasets/{REPO}\n"
    repo = hub.repos[REPO]
    assert repo.visibility == "private"
    assert held(repo, "v1.0.0") == held(repo, "main") == files
    assert len(repo.commits) == 2  # the empty one of the new repository, and the release

    hub.requests.clear()
    again = run("1.0.0", "-a", archive)
    assert again.returncode == 0
    assert "0 files with 0 bytes sent" in again.stderr
    assert "was there" in again.stderr
    assert hub.writes == []


def test_the_dry_run_for_people_names_every_file(hub, run, archive, tmp_path):
    done = run("1.0.0", "-a", archive, "--dry-run")
    for path in tree(archive / "releases" / "1.0.0"):
        assert path in done.stderr
    assert f"{REPO} (private, new)" in done.stderr
    assert "tag v1.0.0: would be made" in done.stderr
    blind = run("1.0.0", "-a", archive, "--dry-run", token="hf_" + "wrong")
    assert blind.returncode == 0
    assert "could not be seen" in blind.stderr or "new" in blind.stderr
    assert hub.writes == []


def test_the_next_release_sends_what_is_new_and_takes_the_rest_away(hub, run, archive, tmp_path):
    assert run("1.0.0", "-a", archive).returncode == 0
    repo, old = hub.repos[REPO], tree(archive / "releases" / "1.0.0")
    repo.commit({**repo.commits[-1][1], "data/stale.parquet": ("regular", b"stale")})
    hub.sent.clear()
    assert run("1.1.0", "-a", archive).returncode == 0
    new = tree(archive / "releases" / "1.1.0")
    assert held(repo, "main") == held(repo, "v1.1.0") == new
    assert held(repo, "v1.0.0") == old
    large = (".parquet", ".png")
    wanted = {hashlib.sha256(c).hexdigest() for p, c in new.items() if p.endswith(large)}
    known = {hashlib.sha256(c).hexdigest() for p, c in old.items() if p.endswith(large)}
    assert sorted(hub.sent) == sorted(wanted - known)
    late = run("1.0.0", "-a", archive)
    assert late.returncode == 0  # its tag is there
    del repo.tags["v1.0.0"]
    late = run("1.0.0", "-a", archive)
    assert late.returncode == 3
    assert "v1.1.0 is there" in late.stderr
    assert held(repo, "main") == new


# -- interrupted --------------------------------------------------------------------------------


def test_what_was_uploaded_is_not_sent_again(hub, run, archive, tmp_path):
    hub.refuse["/store/"] = 1  # the second file does not get through
    cut = run("1.1.0", "-a", archive)
    assert cut.returncode == 3
    assert "the Hub:" in cut.stderr
    repo = hub.repos[REPO]
    assert held(repo, "main") == {}
    assert not repo.tags
    assert hub.sent
    before = list(hub.sent)
    assert run("1.1.0", "-a", archive).returncode == 0
    assert held(repo, "v1.1.0") == tree(archive / "releases" / "1.1.0")
    assert len(hub.sent) == len(set(hub.sent))
    assert hub.sent[: len(before)] == before


def test_a_push_that_lost_only_its_tag_sends_nothing_again(hub, run, archive, tmp_path):
    hub.refuse["/tag/"] = 0
    assert run("1.0.0", "-a", archive).returncode == 3
    repo = hub.repos[REPO]
    assert not repo.tags
    commits = len(repo.commits)
    hub.sent.clear()
    assert run("1.0.0", "-a", archive).returncode == 0
    assert repo.tags == {"v1.0.0": repo.head}
    assert len(repo.commits) == commits
    assert hub.sent == []


def test_of_two_pushes_at_once_one_is_refused(hub, run, archive, tmp_path):
    hub.add()
    hub.before_commit = lambda repo: repo.commit({"other": ("regular", b"")})
    done = run("1.0.0", "-a", archive)
    assert done.returncode == 3
    assert not hub.repos[REPO].tags
    assert "README.md" not in held(hub.repos[REPO], "main")


# -- what never goes ----------------------------------------------------------------------------


def test_public_needs_a_licence(hub, run, archive, tmp_path):
    done = run("1.1.0", "-a", archive, "--public")
    assert done.returncode == 2
    assert "licence" in done.stderr
    assert hub.requests == []
    assert run("2.0.0", "-a", archive, "--public").returncode == 0
    assert hub.repos[REPO].visibility == "public"


def test_a_push_never_changes_who_may_see_what_is_there(hub, run, archive, tmp_path):
    for there, options in (("public", []), ("private", ["--public"])):
        hub.add(there)
        done = run("2.0.0", "-a", archive, *options)
        assert done.returncode == 3
        assert f"is there and {there}" in done.stderr
    assert hub.writes == []


def test_a_damaged_release_stays_here(hub, run, archive, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(archive / "releases" / "1.0.0", copy)
    shard = next((copy / "data").glob("**/*.parquet"))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.unlink()
    shard.write_bytes(content)
    done = run(copy)
    assert done.returncode == 3
    assert shard.name in done.stderr
    assert hub.requests == []


def test_a_version_is_never_replaced(hub, run, archive, tmp_path):
    repo = hub.add(**{"manifest.json": b"{}"})
    repo.tags["v1.0.0"] = repo.head
    done = run("1.0.0", "-a", archive)
    assert done.returncode == 3
    assert "with other content" in done.stderr
    assert hub.writes == []


def test_what_is_no_release_is_not_overwritten(hub, run, archive, tmp_path):
    hub.add(**{"README.md": b"mine", "thesis.pdf": b"mine"})
    done = run("1.0.0", "-a", archive)
    assert done.returncode == 3
    assert "something else" in done.stderr
    assert hub.writes == []


def test_nobody_and_somebody_else_are_told_so_without_a_secret(hub, run, archive, tmp_path):
    nobody = run("1.0.0", "-a", archive, token="")
    assert nobody.returncode == 3
    assert "hf auth login" in nobody.stderr
    assert hub.requests == []
    hub.add()
    hub.refuse["/commit/"] = 0  # and the answer repeats the header with the token
    refused = run("1.0.0", "-a", archive)
    assert refused.returncode == 3
    assert "403" in refused.stderr
    other = run("1.0.0", "-a", archive, token="hf_" + "someoneElse")
    assert other.returncode == 3
    assert "someoneElse" not in other.stderr


def test_names_that_are_no_repository(archive):
    for name in ("news", "a/b/c", "../x", "a b/c", "org/", "-a/b"):
        with pytest.raises(newsdata.errors.UsageError, match="ORG/NAME"):
            newsdata.push(archive, name, "1.0.0", dry_run=True)
