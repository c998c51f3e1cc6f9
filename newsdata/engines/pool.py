"""A pool of processes whose results come back in the order of the tasks; no Arrow is loaded.

Each worker has one pipe. Tasks go round in turn, two to a worker at a time, so that memory
follows the tasks under way and not how many there are. A worker whose pipe closes (the parent
ended, however) ends too. An exception in a worker is raised in the parent as it is.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import pickle
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from newsdata.errors import EngineError

Task = TypeVar("Task")

#: Makes the function that a worker runs on every task, from the arguments that follow it.
Make = Callable[..., Callable[[Any], Any]]

#: Tasks that one worker has at a time: one under way, one waiting.
AHEAD = 2
#: Buffers of so many bytes go from process to process by themselves.
APART = 1 << 15


def usable_cpus() -> int:
    """Processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(
    make: Make,
    arguments: tuple[Any, ...],
    tasks: Iterable[Task],
    workers: int,
    preload: Sequence[str] = (),
) -> Generator[Any, None, None]:
    """``make(*arguments)(task)`` for every task, in their order, in so many processes.

    ``make``, ``arguments``, tasks and results must be picklable. ``preload`` names modules that
    all workers will need: where processes are forked they are loaded once. Raises EngineError
    where a worker died; closing the iterator ends the workers.
    """
    # fork copies the locks of other threads (Arrow's) in whatever state they are.
    context: Any = multiprocessing.get_context("spawn")
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([make.__module__, *preload])
    pipes: list[Connection] = []
    processes = []
    try:
        for _ in range(workers):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, make, arguments), daemon=True)
            process.start()
            theirs.close()
            pipes.append(ours)
            processes.append(process)
        yield from _turns(pipes, tasks)
    except (EOFError, ConnectionError) as error:
        raise EngineError(
            "a worker process died (killed, or out of memory?): run the same command again, "
            "perhaps with fewer --workers"
        ) from error
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join(5)
            if process.is_alive():
                process.kill()


def _turns(pipes: list[Connection], tasks: Iterable[Any]) -> Iterator[Any]:
    waiting: deque[Connection] = deque()
    for number, task in enumerate(tasks):
        if len(waiting) == AHEAD * len(pipes):
            yield _result(waiting.popleft())
        pipe = pipes[number % len(pipes)]
        pipe.send(task)
        waiting.append(pipe)
    while waiting:
        yield _result(waiting.popleft())


def _send(pipe: Connection, answer: tuple[bool, Any]) -> None:
    """Send an answer; what it holds as ``pickle.PickleBuffer`` (as the columns of Arrow do) goes
    after it without a copy."""
    buffers: list[pickle.PickleBuffer] = []

    def apart(buffer: pickle.PickleBuffer) -> bool:
        """Whether a buffer stays inside: a small one costs less there."""
        small = buffer.raw().nbytes < APART
        if not small:
            buffers.append(buffer)
        return small

    pickled = pickle.dumps(answer, 5, buffer_callback=apart)
    views = [buffer.raw() for buffer in buffers]
    pipe.send((pickled, [view.nbytes for view in views]))
    for view in views:
        if hasattr(os, "readv"):
            done = 0
            while done < view.nbytes:
                done += os.write(pipe.fileno(), view[done:])
        else:
            pipe.send_bytes(view)


def _receive_buffer(pipe: Connection, size: int) -> memoryview:
    """Read straight into the memory it stays in: ``recv_bytes`` copies what it reads twice."""
    if not hasattr(os, "readv"):
        return memoryview(pipe.recv_bytes())
    import numpy as np

    # A bytearray would be filled with zeros first.
    view = np.empty(size, np.uint8).data
    done = 0
    while done < size:
        got = os.readv(pipe.fileno(), [view[done:]])
        if not got:
            raise EOFError
        done += got
    return view


def _result(pipe: Connection) -> Any:
    pickled, sizes = pipe.recv()
    buffers = [_receive_buffer(pipe, size) for size in sizes]
    fine, value = pickle.loads(pickled, buffers=buffers)  # noqa: S301 - of our own worker
    if not fine:
        raise value
    return value


def _work(pipe: Connection, make: Make, arguments: tuple[Any, ...]) -> None:
    """What a worker does: a thread takes tasks from the pipe, so that the parent never waits to
    give one while we wait to give a result."""
    # Signals may reach the whole group; the parent decides what becomes of the work under way,
    # and we end when its end of the pipe is closed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    gc.disable()  # records are trees without cycles; the collector would only walk them
    todo: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(pipe, todo), daemon=True).start()
    with contextlib.suppress(OSError):  # the parent is gone: nobody waits for a result
        _run_all(pipe, make, arguments, todo)


def _run_all(
    pipe: Connection, make: Make, arguments: tuple[Any, ...], todo: queue.SimpleQueue[Any]
) -> None:
    run: Callable[[Any], Any] | None = None
    while (box := todo.get()) is not None:
        try:
            run = run or make(*arguments)
            answer = (True, run(box[0]))
        except Exception as error:
            answer = (False, error)
        _send(pipe, answer)


def _receive(pipe: Connection, todo: queue.SimpleQueue[Any]) -> None:
    try:
        while True:
            todo.put([pipe.recv()])
    except (EOFError, OSError):
        todo.put(None)
