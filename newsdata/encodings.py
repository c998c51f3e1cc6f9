"""What the leaves of a table hold, by which a Parquet file is told how to encode them. Pure.

A leaf is a column of plain values: of a struct each field, of a list its elements, under the path
that Parquet gives it (``author.list.element``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

#: Values that tell of a leaf whether they repeat, and how long they are.
SAMPLE = 1000
#: Texts of more bytes than this on average are prose, of which nobody asks the least and greatest.
PROSE = 64


def filled_leaves(table: pa.Table) -> Iterator[str]:
    """Paths of the leaves that hold anything, of a table of one chunk."""
    for name, column in zip(table.column_names, table.columns, strict=True):
        if column.num_chunks:
            yield from _filled_under(name, column.chunk(0))


def _filled_under(path: str, array: pa.Array) -> Iterator[str]:
    import pyarrow as pa

    kind = array.type
    if array.null_count == len(array):
        return
    if pa.types.is_list(kind):
        elements = array.flatten()
        if len(elements):
            yield from _filled_under(f"{path}.list.element", elements)
    elif pa.types.is_struct(kind):
        for item, part in zip(kind, array.flatten(), strict=True):
            yield from _filled_under(f"{path}.{item.name}", part)
    else:
        yield path


def leaf_values(table: pa.Table) -> Iterator[tuple[str, pa.Array]]:
    """The leaves of a table: their paths, and at most :data:`SAMPLE` of their values."""
    for name, column in zip(table.column_names, table.columns, strict=True):
        yield from _values_under(name, column.combine_chunks())


def _values_under(path: str, array: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    import pyarrow as pa

    kind = array.type
    if pa.types.is_list(kind):
        yield from _values_under(f"{path}.list.element", array.flatten())
    elif pa.types.is_struct(kind):
        for item, part in zip(kind, array.flatten(), strict=True):
            yield from _values_under(f"{path}.{item.name}", part)
    else:
        yield path, array.drop_null()[:SAMPLE]


def repeat(values: pa.Array) -> bool:
    """Whether values repeat, so that a dictionary is worth its price; only texts and bytes may
    not."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_string(values.type) or pa.types.is_binary(values.type)):
        return True
    return bool(2 * pc.count_distinct(values).as_py() <= max(len(values), 2))


def short(values: pa.Array) -> bool:
    """Whether values are no prose."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(values.type):
        return True
    return (pc.mean(pc.binary_length(values)).as_py() or 0) <= PROSE
