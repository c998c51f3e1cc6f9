"""An input larger than the memory there is, on one machine.

The long run, of 600 MB under both kinds of limit with workers, is asked for by
NEWSDATA_TEST_MEMORY=1.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import memory_limits
import pytest

import newsdata
from newsdata.opening import open_archive

LONG = bool(os.environ.get("NEWSDATA_TEST_MEMORY"))
HOME = str(Path(newsdata.__file__).parent.parent)
MB = 1_000_000
#: Kind of limit -> its bytes. The input is larger; of a build's own about 200 MB are Python and
#: the libraries it loads.
LIMITS = {"ulimit": 512 * MB, "cgroup": 512 * MB}
SIZE = 600 * MB if LONG else 530 * MB

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the limits are those of Linux: RLIMIT_DATA and cgroups"
)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A file larger than every limit, and how many records it has."""
    path = tmp_path_factory.mktemp("source") / "articles.jsonl"
    with path.open("wb") as out:
        read = sum(1 for line in memory_limits.records(SIZE, 8 if LONG else 40) if out.write(line))
    yield path, read
    path.unlink()


@pytest.fixture(params=LIMITS)
def limited(request, source):
    """Runs Python with these arguments under the limit."""
    kind, size = request.param, LIMITS[request.param]
    if kind == "cgroup" and not LONG:
        pytest.skip("the second limit is tried in the long run (NEWSDATA_TEST_MEMORY=1)")
    assert source[0].stat().st_size > size
    try:
        opened = getattr(memory_limits, kind)(size)
        limit = opened.__enter__()
    except OSError as error:
        pytest.skip(f"no cgroup with a limit of memory can be made here: {error}")

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": HOME, **limit.variables}
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            preexec_fn=limit.enter,
            env=environment,
            capture_output=True,
            text=True,
            timeout=1200,
        )

    yield run
    opened.__exit__(None, None, None)


def test_a_program_that_holds_the_input_fails(limited, source):
    """So the limit is one."""
    held = limited("-c", f"print(len(open({str(source[0])!r}, 'rb').read()))")
    assert held.returncode != 0
    assert held.returncode == -9 or "MemoryError" in held.stderr


def test_a_build_of_an_input_larger_than_the_limit(limited, source, tmp_path):
    path, read = source
    archive = tmp_path / "archive"
    workers = ["--workers", 2 if LONG else 1]
    done = limited("-m", "newsdata", "build", path, "-a", archive, "--json", *workers)
    assert done.returncode == 0, done.stderr[-2000:]
    summary = json.loads(done.stdout)
    for name, of_ten in memory_limits.TEN.items():
        assert summary[name] == read // 10 * of_ten, name
    assert summary["relations"]["exact"] == summary["duplicates"]
    outcomes = open_archive(archive).rows(["outcome"]).column("outcome").value_counts()
    counted = {one["values"]: one["counts"] for one in outcomes.to_pylist()}
    kinds = {"article": "articles", "duplicate": "duplicates", "rejected": "rejected"}
    assert counted == {"batch": 1} | {kind: summary[name] for kind, name in kinds.items()}
