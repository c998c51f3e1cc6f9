"""The engine Ray: a local Ray that we start for one run, or a cluster by its address.

A task is a remote generator. A worker that sees the folder of shards (it finds a file there that
has a random name) writes its shard into it; one that does not, on another machine, sends the
bytes of the shard in pieces through Ray's object store, and the driver writes them. A worker that
died is replaced by Ray, which runs its task again.

The local Ray listens on the loopback interface only and asks for a token; its files stand in a
folder that only this user can read, and go with it.
"""

from __future__ import annotations

import gc
import os
import pickle
import secrets
import shutil
import socket
import sys
import tempfile
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from newsdata.engines.code import code_version
from newsdata.engines.local import usable_cpus
from newsdata.engines.shards import Job, Made, Work, attempt, told
from newsdata.errors import EngineError, UsageError

#: Read by Ray when it is imported; who has set them already is asked no more.
SWITCHES = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
#: For a Ray that we start. The first is a name that Ray gave it for other systems; set to 0 it
#: makes the servers of Ray listen on 127.0.0.1 and not on all interfaces.
LOCAL_SWITCHES = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}
#: How often Ray runs the task of a worker that died again.
RETRIES = 3
#: Bytes of a shard that travel together, and how many such pieces of one wait to be fetched.
PIECE = 8_000_000
PIECES_AHEAD = 4
#: Memory for the object store of a local Ray, through which only names go.
STORE = 200_000_000
#: Seconds in which a cluster takes a connection.
REACHED = 20.0
#: The path of a socket has at most so many bytes; so many Ray adds to that of its folder.
SOCKET_PATH, ADDED = 103, 70

Item = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Ray:
    """Tasks of Ray; see :class:`newsdata.engines.shards.Engine`.

    ``address`` is that of a cluster, as ``host:port`` or ``auto``; without one ``RAY_ADDRESS``
    counts, and without that a Ray is started here. ``sending`` has shards sent though the folder
    may be seen.
    """

    address: str | None = None
    sending: bool = False
    name: str = "ray"

    def __post_init__(self) -> None:
        """Raises EngineError where Ray is not installed, UsageError for an address of no use."""
        where = self.cluster
        if where is not None and where.startswith("ray://"):
            raise UsageError(
                f"ray-address: found {where!r}, expected host:port; a Ray Client cannot send "
                "shards: run the command on a machine of the cluster"
            )
        _import(LOCAL_SWITCHES if where is None else {})

    @property
    def cluster(self) -> str | None:
        """The address of the cluster, None for a Ray of our own."""
        where = self.address or os.environ.get("RAY_ADDRESS")
        return None if where in (None, "", "local") else where

    @property
    def shares_disk(self) -> bool:
        """Only a Ray of our own surely sees the files of this machine."""
        return self.cluster is None

    def workers(self, wanted: int | None) -> int:
        """Those of this machine, or all of the cluster (0) unless somebody says."""
        if wanted is not None:
            return wanted
        return usable_cpus() if self.cluster is None else 0

    def results(
        self, work: Work, jobs: Iterator[Job], schema: pa.Schema, workers: int
    ) -> Iterator[tuple[Job, Made]]:
        """Each job and what it made, in their order."""
        ray = _import({})
        with ExitStack() as stack:
            try:
                stack.enter_context(_connected(ray, self.cluster, workers))
            except (ray.exceptions.RayError, OSError, RuntimeError, ValueError) as error:
                raise EngineError(f"Ray cannot be reached or started: {_words(error)}") from None
            ahead = workers  # of a cluster, so many tasks at a time, and no task waits there
            if not workers or self.cluster is None:
                ahead = 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))
            yield from _results(ray, self, work, jobs, schema, ahead)


def _import(switches: dict[str, str]) -> Any:
    # Who has imported Ray already has it as they wanted it: it has read its switches.
    if "ray" not in sys.modules:
        for name, value in {**SWITCHES, **switches}.items():
            os.environ.setdefault(name, value)
            _set_by_us.add(name)
    try:
        import ray
    except ImportError as error:
        raise EngineError(
            f"--engine ray: Ray cannot be imported ({error}); install it with: "
            "pip install 'newsdata[cluster]'"
        ) from None
    return ray


#: The switches that were ours to set in this process.
_set_by_us: set[str] = set()


@contextmanager
def _connected(ray: Any, address: str | None, workers: int) -> Iterator[None]:
    """Connected to a cluster or to a Ray of our own; one that the caller is connected to stays."""
    if ray.is_initialized():
        yield
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address is not None:
        _reach(address)
        ray.init(address=address, **quiet)
        try:
            yield
        finally:
            ray.shutdown()
        return
    with _temporary() as folder, _token():
        ray.init(
            address="local",
            num_cpus=workers,
            include_dashboard=False,
            object_store_memory=STORE,
            _temp_dir=folder,
            **quiet,
        )
        try:
            yield
        finally:
            ray.shutdown()


def _reach(address: str) -> None:
    """Raise OSError where nobody listens: Ray itself tries for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host.strip("[]"), int(port)), REACHED).close()
        except (OSError, OverflowError) as error:
            raise OSError(f"{address}: {error}") from None


@contextmanager
def _temporary() -> Iterator[str | None]:
    """A folder for sockets and logs; None where its path would be too long. Ray lets everybody
    into its folder: so it stands in one that only this user can enter."""
    closed = tempfile.mkdtemp(prefix="newsdata-ray-")
    folder = f"{closed}/r"
    try:
        yield folder if len(folder.encode()) + ADDED <= SOCKET_PATH else None
    finally:
        shutil.rmtree(closed, ignore_errors=True)


@contextmanager
def _token() -> Iterator[None]:
    """The token of a Ray of our own: the user's, else a random one that no file keeps."""
    given = any(os.environ.get(name) for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"))
    if given or "RAY_AUTH_MODE" not in _set_by_us or os.environ["RAY_AUTH_MODE"] != "token":
        yield
        return
    os.environ["RAY_AUTH_TOKEN"] = _RANDOM
    try:
        yield
    finally:
        os.environ.pop("RAY_AUTH_TOKEN", None)


#: Ray reads its token once in the life of a process.
_RANDOM = secrets.token_hex(32)


def _results(
    ray: Any, engine: Ray, work: Work, jobs: Iterator[Job], schema: pa.Schema, ahead: int
) -> Iterator[tuple[Job, Made]]:
    remote = ray.remote(
        num_cpus=1,
        max_retries=RETRIES,
        num_returns="streaming",
        _generator_backpressure_num_objects=PIECES_AHEAD,
    )(_pieces)
    what = ray.put(pickle.dumps((work, schema, code_version())))
    waiting: deque[tuple[Job, Any]] = deque()
    seen = f".{secrets.token_hex(16)}"
    here: Path | None = None
    try:
        for job in jobs:
            if here is None and not engine.sending:
                here = job.file.with_name(seen)
                here.touch()
            waiting.append((job, remote.remote(what, job, seen)))
            if len(waiting) >= ahead:
                yield _received(ray, *waiting.popleft())
        while waiting:
            yield _received(ray, *waiting.popleft())
    finally:
        for _, pieces in waiting:
            ray.cancel(pieces, force=False)
        if here is not None:
            here.unlink(missing_ok=True)


def _received(ray: Any, job: Job, pieces: Iterator[Any]) -> tuple[Job, Made]:
    """A job and what it made; pieces of its shard are written as they come."""
    part = job.file.with_name(f".{job.file.name}.received")
    try:
        size = crc = 0
        for piece in pieces:
            kind, data = ray.get(piece)
            if kind == _SHARD:
                with part.open("ab") as out:
                    out.write(data)
                size, crc = size + len(data), zlib.crc32(data, crc)
            else:
                made = told(job, pickle.loads(data))[1]  # noqa: S301 - of our own workers
                if kind == _SENT:
                    if (size, crc) != (made.size, made.crc):
                        raise EngineError(f"a shard of {made.size} bytes came with {size}")
                    part.replace(job.file)
                return job, made
    except ray.exceptions.RayError as error:
        raise EngineError(
            f"a task of Ray failed, after {RETRIES} further attempts where its worker died; "
            f"nothing was committed: run the same command again ({_words(error)})"
        ) from None
    finally:
        part.unlink(missing_ok=True)
    raise EngineError("a task of Ray ended without a result; run the same command again")


_SHARD, _SENT, _WRITTEN = range(3)


def _pieces(what: bytes, job: Job, seen: str) -> Iterator[Item]:
    """What a worker does; the last item says what was made."""
    work, schema, version = pickle.loads(what)  # noqa: S301 - of our own driver
    if version != code_version():
        error = EngineError(
            f"{os.uname().nodename} has another newsdata, Python or library than the machine "
            "that runs the build: install the same on every node"
        )
        yield _WRITTEN, pickle.dumps(error)
        return
    gc.disable()  # records are trees without cycles
    if job.file.with_name(seen).exists():
        yield _WRITTEN, pickle.dumps(attempt(work, schema, job))
        return
    with tempfile.TemporaryDirectory(prefix="newsdata-") as folder:
        there = replace(job, file=Path(folder, "shard"))
        made = attempt(work, schema, there)
        if isinstance(made, Made):
            with there.file.open("rb") as source:
                while data := source.read(PIECE):
                    yield _SHARD, data
    yield _SENT, pickle.dumps(made)


def _words(error: BaseException) -> str:
    """The first line of what an error of Ray says: the others are a traceback or advice."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
