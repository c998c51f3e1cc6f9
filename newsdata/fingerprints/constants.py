"""The settings of the hashes, and the constants that follow from the seed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from newsdata.errors import SettingsError

HASH_VERSION: int = 1
"""Version of everything this room computes; part of an archive's settings."""

BINS = 128
"""Bins of a sketch."""

PROBES = 3
"""Bins that an empty bin looks into before it is hashed for itself."""

Int64s: TypeAlias = npt.NDArray[np.int64]
Uint64s: TypeAlias = npt.NDArray[np.uint64]
Uint32s: TypeAlias = npt.NDArray[np.uint32]

_MASK64 = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Hashing:
    """How texts are hashed: words in a shingle, seed of the mixing constants, version.

    ``seed`` exists because fixed constants can be attacked: someone who knows them can make
    texts that collide. The default is one fixed seed, never a random one, so that two archives
    with the same settings agree. Raises :class:`newsdata.errors.SettingsError`.
    """

    ngram: int = 5
    seed: int = 0
    version: int = HASH_VERSION

    def __post_init__(self) -> None:
        if self.version != HASH_VERSION:
            raise SettingsError(
                f"hash version {self.version} was asked for; this newsdata computes {HASH_VERSION}"
            )
        if not 1 <= self.ngram <= 64:
            raise SettingsError(f"ngram is {self.ngram}; expected 1 to 64 words in a shingle")
        if not 0 <= self.seed <= _MASK64:
            raise SettingsError(f"seed is {self.seed}; expected 0 to 2**64 - 1")


@dataclass(frozen=True, slots=True)
class Constants:
    """Odd multipliers and probe orders, all drawn from the seed."""

    word: np.uint64
    mix: np.uint64
    ngram: np.uint64
    order: int
    bins: Uint64s  # [128]: one hash function for each bin
    probes: Int64s  # [128, PROBES]: where an empty bin looks first


def _splitmix(seed: int, count: int) -> Uint64s:
    """``count`` numbers of the SplitMix64 stream (Steele, Lea, Flood 2014)."""
    z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z += np.uint64(seed)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    mixed: Uint64s = z ^ z >> np.uint64(31)
    return mixed


@lru_cache(maxsize=8)
def constants_of(seed: int) -> Constants:
    """The constants of a seed: the same on every machine."""
    draw = _splitmix(seed, 4 + BINS + BINS * BINS)
    word, mix, ngram, order = draw[:4] | np.uint64(1)
    rank = draw[4 + BINS :].reshape(BINS, BINS)
    np.fill_diagonal(rank, np.uint64(_MASK64))  # a bin never probes itself
    return Constants(
        word=word,
        mix=mix,
        ngram=ngram,
        order=int(order),
        bins=draw[4 : 4 + BINS] | np.uint64(1),
        probes=np.argsort(rank, axis=1, kind="stable")[:, :PROBES],
    )


@lru_cache(maxsize=4)
def powers(base: int, bits: int) -> tuple[Uint64s, Uint64s]:
    """``base**i`` and ``base**-i`` for i below ``2**bits``."""
    both = []
    for factor in (base, pow(base, -1, 1 << 64)):
        powers = np.full(1 << bits, factor, np.uint64)
        powers[0] = 1
        both.append(np.multiply.accumulate(powers))
    return both[0], both[1]
