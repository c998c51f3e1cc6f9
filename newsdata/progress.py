"""How far a build is, added up from what its groups and jobs report. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

#: Of some inputs: all, and how many are articles, rejected and known already.
Read: TypeAlias = tuple[int, int, int, int]


class Sized(Protocol):
    """A task that knows how many bytes it reads."""

    @property
    def size(self) -> int:
        """Bytes on disk."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is: bytes of the sources done, inputs so far, and what reading made of
    them; which articles are copies or withheld is decided when all are read."""

    bytes_done: int = 0
    inputs: int = 0
    articles: int = 0
    rejected: int = 0
    known: int = 0

    def plus(self, bytes_done: int = 0, counts: Iterable[int] = ()) -> Progress:
        """The progress after more bytes and (inputs, articles, rejected, known).

        >>> Progress(5).plus(3, (2, 1, 0, 1))
        Progress(bytes_done=8, inputs=2, articles=1, rejected=0, known=1)
        """
        parts = (self.inputs, self.articles, self.rejected, self.known)
        added = (a + b for a, b in zip(parts, counts or (0, 0, 0, 0), strict=True))
        return Progress(self.bytes_done + bytes_done, *added)


class Told:
    """Adds up what groups and jobs report and hands it on."""

    def __init__(self, progress: Callable[[Progress], None], by_group: bool) -> None:
        self._progress = progress
        self._by_group = by_group
        self._so_far = Progress()

    def group(self, counts: Read) -> None:
        """A group of inputs was read."""
        self._so_far = self._so_far.plus(0, counts)
        self._progress(self._so_far)

    def job(self, job: Iterable[Sized], counts: Read) -> None:
        """A job is done."""
        size = sum(task.size for task in job)
        self._so_far = self._so_far.plus(size, () if self._by_group else counts)
        self._progress(self._so_far)
