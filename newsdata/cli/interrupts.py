"""Ctrl-C and SIGTERM stop the work between two writes, never inside one, and leave nothing half
done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Terminated(KeyboardInterrupt):
    """SIGTERM, where it ends the work as Ctrl-C does: what was begun is removed."""


@contextmanager
def cleanly() -> Iterator[None]:
    """A stretch of work, or a command, that SIGTERM ends as Ctrl-C does.

    Without it the process would be gone at once, and unfinished files would stay.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


class Interrupts:
    """While it is entered, the first signal raises KeyboardInterrupt inside :meth:`waiting` only;
    outside it is kept until the next one. A second signal raises at once, wherever we are.

    ``code`` is the exit code it asks for: 130 after SIGINT, 143 after SIGTERM, else 0.
    """

    def __init__(self) -> None:
        self.code = 0
        self._open = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        second = bool(self.code)
        self.code = self.code or 128 + number
        if self._open or second:
            raise KeyboardInterrupt

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A stretch of work that may be broken off."""
        self._open = True
        try:
            if self.code:
                raise KeyboardInterrupt
            yield
        finally:
            self._open = False
