"""How many bytes the values of Arrow arrays are before compression. Pure.

A size is a function of the row alone, so that what it decides (which files a release has) does
not move with other rows. The ledger keeps it beside each record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


def lengths_of(array: pa.Array) -> np.ndarray[Any, Any]:
    """Elements of each list, 0 for a null one."""
    return _or_zero(array.value_lengths())


def _or_zero(array: pa.Array) -> np.ndarray[Any, Any]:
    """Integers as int64, 0 for null."""
    import numpy as np
    import pyarrow as pa

    if not array.null_count:
        return numbers_of(array)
    buffers = [None, array.buffers()[1]]
    bare = pa.Array.from_buffers(array.type, len(array), buffers, offset=array.offset)
    return np.where(numbers_of(array.is_valid()), numbers_of(bare), 0)


def offsets_of(lengths: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Where each of some lists begins, and where the last one ends."""
    import numpy as np

    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def numbers_of(array: pa.Array) -> np.ndarray[Any, Any]:
    """Fixed-width values without nulls as int64, little-endian."""
    import numpy as np
    import pyarrow as pa

    if pa.types.is_date32(array.type):
        array = array.cast(pa.int32())
    # Not ``to_numpy``, which loads pandas where there is one: a third of a second.
    values: np.ndarray[Any, Any] = np.from_dlpack(array.cast(pa.int64()))
    return values.astype("<i8", copy=False)


def row_bytes(table: pa.Table) -> np.ndarray[Any, Any]:
    """Bytes of each row before compression: texts as UTF-8, 8 for any other value.

    A function of the row alone, so that what it decides does not move with other rows.
    """
    import numpy as np

    total = np.zeros(table.num_rows, dtype=np.int64)
    for column in table.columns:
        sizes = [sizes_of(chunk) for chunk in column.chunks]
        if sizes:
            total += np.concatenate(sizes)
    return total


def all_bytes(table: pa.Table) -> int:
    """The sum of :func:`row_bytes`, at hardly any cost."""
    return sum(_bytes_of(chunk) for column in table.columns for chunk in column.chunks)


def _bytes_of(array: pa.Array) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return int(pc.sum(pc.binary_length(array)).as_py() or 0)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return 8 * len(array) + _bytes_of(array.flatten())
    if pa.types.is_struct(kind):
        return sum(map(_bytes_of, array.flatten()))
    return 8 * len(array)


def sizes_of(array: pa.Array) -> np.ndarray[Any, Any]:
    """As :func:`row_bytes`, of the values of one array."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _or_zero(pc.binary_length(array))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return 8 + per_list(array, sizes_of(array.flatten()))
    if pa.types.is_struct(kind):
        total = np.zeros(len(array), dtype=np.int64)
        for child in array.flatten():
            total += sizes_of(child)
        return total
    return np.full(len(array), 8, dtype=np.int64)


def per_list(array: pa.Array, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Sum of the values of each list's elements."""
    sums = offsets_of(values)
    offsets = offsets_of(lengths_of(array))
    total: np.ndarray[Any, Any] = sums[offsets[1:]] - sums[offsets[:-1]]
    return total


def together(
    cuts: Sequence[tuple[int, int]], sizes: np.ndarray[Any, Any], limit: int
) -> list[list[tuple[int, int]]]:
    """Cuts (first row, last row not included) in portions: those that touch, as long as their
    rows are not over ``limit`` bytes."""
    portions: list[list[tuple[int, int]]] = []
    filled = 0
    for start, stop in cuts:
        size = int(sizes[start:stop].sum())
        if portions and portions[-1][-1][1] == start and filled + size <= limit:
            portions[-1].append((start, stop))
            filled += size
        else:
            portions.append([(start, stop)])
            filled = size
    return portions
