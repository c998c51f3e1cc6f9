"""Columns of many rows in few bytes: texts as numbers of a dictionary, digests as 16 bytes. Pure.

What is planned for a release holds small columns of every article, so memory follows their width.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from newsdata.errors import ArchiveError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

#: Bytes of a digest, which the ledger has as twice as many hexadecimal digits.
DIGEST = 16

#: Bytes of texts that are hashed at once.
HASHED = 1 << 20
#: An odd number, so that dividing by its powers is multiplying.
_BASE = 0x9E3779B97F4A7C15


def dictionary_of(column: pa.ChunkedArray) -> tuple[pa.Array, npt.NDArray[np.int32]]:
    """The values of a dictionary column without nulls, and for each row the number of its own."""
    import numpy as np
    import pyarrow as pa

    parts = column.chunks
    if len({part.dictionary.buffers()[-1].address for part in parts}) > 1:
        parts = column.unify_dictionaries().chunks  # dear, even where all are the same
    if not parts:
        return pa.array([], column.type.value_type), np.zeros(0, np.int32)
    numbers = [part.indices.to_numpy() for part in parts]
    return parts[0].dictionary, np.concatenate(numbers).astype(np.int32, copy=False)


def encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column of texts without nulls in one piece, each of them held once, as they first appear.

    Arrow's own encoding holds several times the texts for as long as it takes. Mostly none stands
    twice, and their hashes tell that; of those whose hashes do not, Arrow is asked.
    """
    import numpy as np
    import pyarrow as pa

    hashes = _hashes(column)
    ascending = np.sort(hashes)
    repeated = np.unique(ascending[1:][ascending[1:] == ascending[:-1]])
    del ascending
    kept = np.ones(len(column), bool)
    numbers = np.arange(len(column), dtype=np.int32)
    if len(repeated):
        doubtful = np.flatnonzero(np.isin(hashes, repeated))
        found = column.take(pa.array(doubtful)).combine_chunks().dictionary_encode()
        codes = found.indices.to_numpy()
        firsts = np.empty(len(found.dictionary), np.int64)
        firsts[codes[::-1]] = doubtful[::-1]  # of repeated positions NumPy keeps the last
        kept[doubtful] = firsts[codes] == doubtful
        numbers = (np.cumsum(kept) - 1).astype(np.int32)
        numbers[doubtful] = numbers[firsts[codes]]
        column = column.filter(pa.array(kept))
    return pa.DictionaryArray.from_arrays(pa.array(numbers), column.combine_chunks())


def _hashes(column: pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """Equal numbers of equal texts: polynomials of their bytes modulo 2 to the 64th."""
    import numpy as np

    found = [np.zeros(0, np.uint64)]
    powers = inverses = _powers(1, 0)
    for array in column.chunks:
        _, places, data = array.buffers()
        ends = np.frombuffer(places, np.int32)[array.offset :][: len(array) + 1]
        text = np.frombuffer(data or b"", np.uint8)
        start = 0
        while start < len(array):
            limit = int(ends[start]) + HASHED
            stop = max(int(np.searchsorted(ends, limit, "right")) - 1, start + 1)
            here = ends[start : stop + 1] - ends[start]
            if len(powers) <= here[-1]:
                powers = _powers(_BASE, int(here[-1]))
                inverses = _powers(pow(_BASE, -1, 1 << 64), int(here[-1]))
            sums = np.zeros(int(here[-1]) + 1, np.uint64)
            part = text[ends[start] : ends[stop]].astype(np.uint64)
            np.cumsum((part + np.uint64(1)) * powers[: len(part)], out=sums[1:])
            found.append((sums[here[1:]] - sums[here[:-1]]) * inverses[here[:-1]])
            start = stop
    return np.concatenate(found)


def _powers(base: int, last: int) -> npt.NDArray[np.uint64]:
    import numpy as np

    found = np.full(last + 1, base, np.uint64)
    found[0] = 1
    powers: npt.NDArray[np.uint64] = np.cumprod(found, dtype=np.uint64)
    return powers


def each(column: pa.ChunkedArray, told: Callable[[Any], Any]) -> Any:
    """What a function of Arrow tells of every row; of a dictionary it is asked once a value."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return told(column)
    values, numbers = dictionary_of(column)
    return told(values).take(pa.array(numbers))


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column without its dictionary, if it has one."""
    import pyarrow as pa

    kind = column.type
    return column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column


def among(column: pa.ChunkedArray, wanted: pa.Array) -> Any:
    """Which rows have one of the wanted values."""
    import pyarrow.compute as pc

    return each(column, lambda values: pc.is_in(values, value_set=wanted))


def packed(digests: pa.ChunkedArray) -> pa.Array:
    """Digests of 32 hexadecimal digits as 16 bytes each; none is null.

    Raises ArchiveError where one is not of that form.

    >>> import pyarrow as pa
    >>> packed(pa.chunked_array([["0f" * 16]]))[0].as_py() == bytes([15]) * 16
    True
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = pa.binary(DIGEST)
    if not len(digests):
        return pa.array([], kind)
    column = digests.combine_chunks()
    whole = pc.equal(pc.binary_length(column), 2 * DIGEST)
    _, places, text = column.buffers()
    first = int(np.frombuffer(places, np.int32)[column.offset])
    try:
        if column.null_count or not pc.all(whole).as_py():
            raise ValueError("not all have 32 digits")
        content = binascii.unhexlify(memoryview(text)[first : first + 2 * DIGEST * len(column)])
    except ValueError as error:
        raise ArchiveError(f"the ledger is damaged: in its digests {error}") from None
    return pa.Array.from_buffers(kind, len(column), [None, pa.py_buffer(content)])


def unpacked(digests: pa.Array) -> pa.Array:
    """Packed digests as the ledger has them."""
    import pyarrow as pa

    return pa.array([one.hex() for one in digests.to_pylist()], pa.string())


def digits_of(digests: pa.Array, start: int, stop: int) -> bytes:
    """The hexadecimal digits of some packed digests, one after the other."""
    content = memoryview(digests.buffers()[1])
    first = digests.offset
    return binascii.hexlify(content[DIGEST * (first + start) : DIGEST * (first + stop)])
