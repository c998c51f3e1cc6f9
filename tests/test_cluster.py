"""Ray, and engines whose workers are killed in mid-run: `make test-cluster`."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import engine_corpus as corpus
import pytest

import newsdata
from newsdata.engines.ray import Ray
from newsdata.engines.running import run
from newsdata.errors import EngineError, UsageError

pytestmark = pytest.mark.skipif(
    not os.environ.get("NEWSDATA_TEST_CLUSTER") or importlib.util.find_spec("ray") is None,
    reason="Ray takes minutes: make test-cluster (NEWSDATA_TEST_CLUSTER=1, newsdata[cluster])",
)

TESTS = str(Path(__file__).resolve().parent)
HOME = str(Path(newsdata.__file__).parent.parent)


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((TESTS, HOME)))


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "newsdata", *map(str, arguments)]


def outside() -> dict[str, str]:
    """The environment without the switches that a Ray in this process has set."""
    return {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    return corpus.write_first(folder / "first", files=12)


def seal(archive: Path) -> dict[str, bytes]:
    newsdata.release("1.0.0", archive, date="2026-01-02")
    folder = archive / "releases" / "1.0.0"
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module")
def by_local(sources, tmp_path_factory):
    archive = tmp_path_factory.mktemp("local") / "archive"
    newsdata.build(sources, archive, workers=1)
    return seal(archive)


def descendants(process: int) -> dict[int, str]:
    """Every process below one, with its command line."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(stat.parent.name))
    found, todo = {}, list(parents.get(process, []))
    while todo:
        one = todo.pop()
        todo += parents.get(one, [])
        try:
            found[one] = Path(f"/proc/{one}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def kill_one(build: subprocess.Popen, wanted: str, folder: Path) -> str:
    """Kill -9 one process of the build whose name has ``wanted`` in it, once a shard is made."""
    end = time.monotonic() + 400
    while time.monotonic() < end and build.poll() is None:
        if any(folder.glob("*/*.json")):
            for process, name in descendants(build.pid).items():
                if wanted in name:
                    os.kill(process, signal.SIGKILL)
                    return name
        time.sleep(0.005)
    raise AssertionError(f"no process {wanted} to kill; exit code {build.poll()}")


@pytest.mark.parametrize(
    ("engine", "wanted"), [("daft", "daft.execution.udf_worker"), ("ray", "ray::_pieces")]
)
def test_a_worker_killed_in_mid_run_changes_nothing(engine, wanted, sources, by_local, tmp_path):
    archive, folder = tmp_path / "archive", tmp_path / "run"
    options = ["--engine", engine, "--workers", 2, "--run-folder", folder, "--json"]
    build = subprocess.Popen(
        command("build", *sources, "-a", archive, *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=outside(),
    )
    kill_one(build, wanted, folder)
    out, errors = build.communicate(timeout=900)
    assert "Traceback" not in errors
    if build.returncode:  # said clearly, and the second run completes it
        assert build.returncode == 3
        assert "run the same command again" in errors
        done = subprocess.run(
            command("build", *sources, "-a", archive, *options),
            capture_output=True,
            text=True,
            env=outside(),
        )
        assert done.returncode == 0, done.stderr
        out = done.stdout
    assert json.loads(out)["read"] == 12 * corpus.RECORDS
    assert seal(archive) == by_local


def test_a_killed_driver_leaves_no_process_and_is_taken_up(sources, by_local, tmp_path):
    archive, folder = tmp_path / "archive", tmp_path / "run"
    options = ["--engine", "ray", "--workers", 2, "--run-folder", folder, "--json"]
    build = subprocess.Popen(command("build", *sources, "-a", archive, *options), env=outside())
    end = time.monotonic() + 400
    while len(list(folder.glob("*/*.json"))) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    below = descendants(build.pid)
    build.kill()
    build.wait()
    kept = {file.name for file in folder.glob("*/*.json")}
    assert kept
    end = time.monotonic() + 150
    while any(map(_alive, below)) and time.monotonic() < end:  # Ray's agents look now and then
        time.sleep(0.1)
    assert [n for p, n in below.items() if _alive(p)] == []
    done = subprocess.run(
        command("build", *sources, "-a", archive, *options),
        capture_output=True,
        text=True,
        env=outside(),
    )
    assert done.returncode == 0, done.stderr
    log = max(folder.glob("*/*.jsonl"), key=lambda file: file.stat().st_mtime_ns)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    taken = {line["shard"] for line in lines if line["event"] == "taken up"}
    assert {name.replace(".json", ".arrow") for name in kept} <= taken
    assert seal(archive) == by_local


def _alive(process: int) -> bool:
    try:
        return b") Z " not in Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return False


@pytest.mark.parametrize("work", [corpus.numbers, corpus.many_numbers])
def test_shards_come_through_the_object_store_where_no_disk_is_shared(work):
    with run(work, range(3), corpus.SCHEMA, 2, None, Ray(sending=True)) as made:
        sent = [b.column("number").to_pylist() for b in made.batches()]
        returned = made.returned
    with run(work, range(3), corpus.SCHEMA, 1) as made:
        assert sent == [b.column("number").to_pylist() for b in made.batches()]
        assert returned == made.returned


def test_a_worker_that_dies_while_it_sends_is_replaced(tmp_path):
    work = partial(corpus.dying_once, str(tmp_path / "died"))
    with run(work, range(8), corpus.SCHEMA, 2, None, Ray(sending=True)) as made:
        assert [b.column("number")[0].as_py() for b in made.batches()] == list(range(8))
    assert (tmp_path / "died").exists()


CLUSTER = """
import sys
from ray.cluster_utils import Cluster
made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
nodes = [made.add_node(num_cpus=1) for _ in range(2)]
print(made.address, flush=True)
for line in sys.stdin:
    made.remove_node(nodes.pop(), allow_graceful=False)
made.shutdown()
"""


@contextmanager
def cluster_of_three(**variables):
    """Three nodes of Ray on this machine, in a process of their own: its address stands in the
    first line it prints, and a line that it reads makes it lose a node."""
    nodes = subprocess.Popen(
        [sys.executable, "-c", CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**outside(), "RAY_USAGE_STATS_ENABLED": "0", **variables},
    )
    assert nodes.stdin is not None
    assert nodes.stdout is not None
    try:
        yield nodes, next(line for line in nodes.stdout if ":" in line).strip()
    finally:
        nodes.stdin.close()
        nodes.wait(60)


@pytest.fixture
def cluster():
    with cluster_of_three(RAY_AUTH_MODE="disabled") as made:
        yield made


def test_a_cluster_by_its_address(cluster, sources, by_local, tmp_path):
    archive = tmp_path / "archive"
    newsdata.build(sources[:4], archive, workers=1)
    options = ["--engine", "ray", "--ray-address", cluster[1], "--json"]
    done = subprocess.run(
        command("build", *sources, "-a", archive, *options),
        capture_output=True,
        text=True,
        env=outside(),
    )
    assert done.returncode == 0, done.stderr
    # The workers of a cluster do not see our index: what is known is taken out by the driver.
    known = tmp_path / "local"
    newsdata.build(sources[:4], known, workers=1)
    expected = newsdata.build(sources, known, workers=1)
    told = json.loads(done.stdout)
    assert {k: v for k, v in told.items() if k != "seconds"} == {
        k: v for k, v in expected.items() if k != "seconds"
    }
    assert told["unchanged"] > 0
    assert seal(archive) == by_local


def test_a_node_that_is_lost_changes_nothing(cluster, sources, by_local, tmp_path):
    archive, folder = tmp_path / "archive", tmp_path / "run"
    nodes, address = cluster
    options = ["--engine", "ray", "--ray-address", address, "--run-folder", folder]
    build = subprocess.Popen(
        command("build", *sources, "-a", archive, *options),
        stderr=subprocess.PIPE,
        text=True,
        env=outside(),
    )

    made = []

    def lose():
        end = time.monotonic() + 400
        while not made and build.poll() is None and time.monotonic() < end:
            made.extend(folder.glob("*/*.json"))
            time.sleep(0.01)
        nodes.stdin.write("lose\n")
        nodes.stdin.flush()

    thread = threading.Thread(target=lose)
    thread.start()
    _, errors = build.communicate(timeout=900)
    thread.join()
    assert "Traceback" not in errors
    assert made, f"it was lost in mid-run: {errors}"
    assert build.returncode in (0, 3), errors
    if build.returncode:
        assert "run the same command again" in errors
        newsdata.build(sources, archive, workers=1)
    assert seal(archive) == by_local


def test_a_node_with_other_code_is_refused(tmp_path, monkeypatch):
    from newsdata.engines import ray as engine

    monkeypatch.setattr(engine, "code_version", lambda: "another")
    with (
        pytest.raises(EngineError, match="another newsdata"),
        run(corpus.numbers, range(3), corpus.SCHEMA, 2, None, Ray()),
    ):
        pass


def test_a_cluster_that_is_not_there_is_said(sources, tmp_path):
    options = ["--engine", "ray", "--ray-address", "127.0.0.1:1"]
    done = subprocess.run(
        command("build", sources[0], "-a", tmp_path / "a", *options),
        env=outside(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 3, done.stderr
    assert "Ray cannot be reached" in done.stderr
    assert "127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr
    with pytest.raises(UsageError, match="ray-address"):
        Ray("ray://127.0.0.1:10001")


LISTENING = """
import os
from newsdata.engines import ray as engine
import test_cluster
for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
    os.environ.pop(name, None)
one = engine.Ray()
import ray
with engine._connected(ray, None, 1):
    from ray._common.usage.usage_lib import usage_stats_enabled
    ray.get(ray.remote(lambda: 1).remote())
    inodes = set()
    for process in (os.getpid(), *test_cluster.descendants(os.getpid())):
        try:
            inodes |= {os.readlink(f.path) for f in os.scandir(f"/proc/{process}/fd")}
        except OSError:
            pass
    found = []
    for table in ("tcp", "tcp6"):
        for line in open(f"/proc/net/{table}").readlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and f"socket:[{parts[9]}]" in inodes:
                found.append(parts[1].split(":")[0])
    print(sorted(set(found)))
    print(usage_stats_enabled(), os.environ["RAY_AUTH_MODE"], len(os.environ["RAY_AUTH_TOKEN"]))
    folder = ray._private.worker._global_node.get_temp_dir_path()
    closed = os.path.dirname(folder)
    print(oct(os.stat(closed).st_mode & 0o777), ray._private.worker._global_node.webui_url)
print("RAY_AUTH_TOKEN" in os.environ, os.path.exists(folder))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is how the sockets are found")
def test_a_ray_of_our_own_listens_here_only_asks_for_a_token_and_tells_nobody(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LISTENING],
        # The path of a socket is short: see newsdata.engines.ray.SOCKET_PATH.
        env=outside() | {"HOME": str(tmp_path), "TMPDIR": "/tmp"},
        capture_output=True,
        text=True,
    )
    listening, switches, folder, left = done.stdout.splitlines(), *[None] * 3
    assert len(listening) == 4, done.stderr
    listening, switches, folder, left = listening
    # 127.0.0.1 and its form in IPv6, as the kernel writes them.
    assert set(json.loads(listening.replace("'", '"'))) <= {
        "0100007F",
        "0000000000000000FFFF00000100007F",
        "00000000000000000000000001000000",
    }
    assert switches == "False token 64"
    assert folder == "0o700 "  # and no address of a dashboard
    assert left == "False False"
    assert not (tmp_path / ".ray").exists()  # no token is kept


def test_the_token_of_a_cluster_is_asked_for(tmp_path):
    """A driver without the token of a cluster does not get in."""
    page = tmp_path / "r.jsonl"
    page.write_bytes(corpus.record(1))
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "a" * 64}
    with cluster_of_three(**token) as (_, address):
        for given, code in (("a" * 64, 0), ("b" * 64, 3)):
            options = ["--engine", "ray", "--ray-address", address]
            done = subprocess.run(
                command("build", page, "-a", tmp_path / given[0], *options),
                env={**outside(), **token, "RAY_AUTH_TOKEN": given},
                capture_output=True,
                text=True,
                timeout=200,
            )
            assert done.returncode == code, done.stderr
            assert "Traceback" not in done.stderr
