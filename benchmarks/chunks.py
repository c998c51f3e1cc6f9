"""How much of a release a store that deduplicates by content would have to take anew.

The Hub's storage cuts a file where a rolling hash of its last 64 bytes says so, into chunks of
8 to 128 KiB, 64 KiB after the shortest on average, and keeps each chunk once
(https://huggingface.co/docs/xet/deduplication). The same rule is applied here, with a table of
random numbers of our own: where exactly the cuts fall differs, how many chunks are new does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

SHORTEST, LONGEST = 8 << 10, 128 << 10
#: A cut is where the upper 16 bits of the hash are zero: one place of 65,536.
SHIFT = 48
#: Bytes that the hash looks back at: what came earlier is shifted out of 64 bits.
WINDOW = 64
#: Bytes that are hashed at once.
BLOCK = 1 << 22

GEAR = np.random.default_rng(0).integers(0, 2**64, 256, dtype=np.uint64)


def places(content: npt.NDArray[np.uint8]) -> Iterator[int]:
    """Where the rolling hash asks for a cut: numbers of the bytes before it, ascending.

    The hash is the sum of GEAR[byte] << age over the last 64 bytes. That of 2 w bytes is that of
    the newer w and that of the older w shifted by w, so it is had in six steps.
    """
    for start in range(0, len(content), BLOCK):
        before = min(WINDOW, start)
        found = GEAR[content[start - before : start + BLOCK]]
        width = 1
        while width < WINDOW:
            older = found[:-width] << np.uint64(width)
            found[width:] += older
            width *= 2
        yield from (np.flatnonzero((found >> np.uint64(SHIFT))[before:] == 0) + start + 1).tolist()


def chunks(content: bytes) -> Iterator[bytes]:
    """The content cut by its own bytes."""
    start = 0
    for place in (*places(np.frombuffer(content, np.uint8)), len(content)):
        while place - start > LONGEST:
            yield content[start : start + LONGEST]
            start += LONGEST
        if place - start >= SHORTEST or (place == len(content) and place > start):
            yield content[start:place]
            start = place


def new_chunks(known: Iterable[Path], files: Iterable[Path]) -> dict[str, float]:
    """Shares of the chunks of some files, and of their bytes, that are in none of the known."""
    number, size = new_shares(known, files, chunks)
    return {"chunks": number, "bytes": size}


def new_shares(
    known: Iterable[Path], files: Iterable[Path], cut: Callable[[bytes], Iterable[bytes]]
) -> tuple[float, float]:
    """Shares of the pieces that ``cut`` makes of some files, and of their bytes, that it makes of
    none of the known."""
    seen = {hashlib.sha256(one).digest() for path in known for one in cut(path.read_bytes())}
    count = size = fresh = weight = 0
    for path in files:
        for one in cut(path.read_bytes()):
            new = hashlib.sha256(one).digest() not in seen
            count, size = count + 1, size + len(one)
            fresh, weight = fresh + new, weight + new * len(one)
    return fresh / max(count, 1), weight / max(size, 1)
