"""The engine of one machine: a pool of processes, and files that keep what they made.

A function turns one task into Arrow record batches. Each task's batches go to a file of their
own, written by the process that made them, so that results never travel between processes and
memory follows one batch. Where there is one task or one worker, all runs in this process.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from newsdata.errors import EngineError

Task = TypeVar("Task")

#: Turns a task into batches, and returns a small value about the task when done.
Work = Callable[[Any], Generator[pa.RecordBatch, None, Any]]

#: Called after each task with the task and what its work returned.
Progress = Callable[[Any, Any], None]


@dataclass(slots=True)
class Shards:
    """What a run made: one file of record batches and one returned value for each task."""

    files: list[Path] = field(default_factory=list)
    returned: list[Any] = field(default_factory=list)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All batches in the order of the tasks, read from the files anew at each call."""
        for file in self.files:
            # Not mapped: pages of a map that was read once stay in the memory of the process.
            with pa.OSFile(str(file)) as source:
                yield from pa.ipc.open_stream(source)


def usable_cpus() -> int:
    """Processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def run(
    work: Work,
    tasks: Iterable[Task],
    schema: pa.Schema,
    workers: int = 1,
    progress: Progress | None = None,
) -> Iterator[Shards]:
    """Run ``work`` on every task; the shards live as long as the context.

    ``work`` and the tasks must be picklable where ``workers`` is above 1. Raises EngineError
    where a worker process died; an exception of ``work`` is raised as it is.
    """
    space = Path(tempfile.mkdtemp(prefix="newsdata-"))
    try:
        shards = Shards()
        for task, (file, value) in _results(work, tasks, schema, workers, space):
            shards.files.append(file)
            shards.returned.append(value)
            if progress is not None:
                progress(task, value)
        yield shards
    finally:
        shutil.rmtree(space, ignore_errors=True)


Made = tuple[Path, Any]


def _results(
    work: Work, tasks: Iterable[Task], schema: pa.Schema, workers: int, space: Path
) -> Iterator[tuple[Task, Made]]:
    numbered = enumerate(tasks)
    head = list(islice(numbered, 2))
    if workers <= 1 or len(head) < 2:
        for number, task in _chain(head, numbered):
            yield task, _make(work, task, schema, space / f"{number:08}.arrow")
        return
    context = multiprocessing.get_context(_start_method())
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare_worker)
    try:
        yield from _in_order(pool, work, _chain(head, numbered), schema, space, 2 * workers)
    except BrokenProcessPool as error:
        raise EngineError(
            "a worker process died (killed, or out of memory?); nothing was committed: "
            "run the same command again"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _chain(head: list[Any], rest: Iterator[Any]) -> Iterator[Any]:
    yield from head
    yield from rest


def _in_order(
    pool: ProcessPoolExecutor,
    work: Work,
    tasks: Iterator[tuple[int, Task]],
    schema: pa.Schema,
    space: Path,
    ahead: int,
) -> Iterator[tuple[Task, Made]]:
    """Results in the order of the tasks; at most ``ahead`` tasks wait, however many there are."""
    waiting: list[tuple[Task, Future[Made]]] = []
    for number, task in tasks:
        file = space / f"{number:08}.arrow"
        waiting.append((task, pool.submit(_make, work, task, schema, file)))
        if len(waiting) >= ahead:
            done, future = waiting.pop(0)
            yield done, future.result()
    for done, future in waiting:
        yield done, future.result()


def _make(work: Work, task: Any, schema: pa.Schema, file: Path) -> Made:
    """Run one task and write its batches; LZ4, because the disk is slower than it."""
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with file.open("wb") as out, pa.ipc.new_stream(out, schema, options=options) as writer:
        batches = work(task)
        while True:
            try:
                writer.write_batch(next(batches))
            except StopIteration as end:
                return file, end.value


def _start_method() -> str:
    # fork copies the locks of other threads (Arrow's, Delta's) in whatever state they are.
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def _prepare_worker() -> None:
    # Records are trees without cycles; the collector would only walk them again and again.
    gc.disable()
