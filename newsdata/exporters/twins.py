"""Two shards of one name in two releases whose ids are the same bytes: compared as they stand.

Where the same articles stand in the same order no ids have to be matched. A column of a row group
is written in one piece, so one that holds the same values is mostly the same bytes; only the
others are looked at. Of a shard with one corrected article these are two or three of fifty, and of
one of texts only the pages are that are not the same bytes (:mod:`newsdata.exporters.pages`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsdata.exporters.pages import DifferingText, differing_texts
from newsdata.exporters.rows import differing_rows

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

#: Bytes of decoded columns that are compared at once: each comparison has a price of its own.
COMPARED_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Differing:
    """The values of one column in some rows in which they differ; ``key`` are the ids of these
    rows."""

    name: str
    key: list[Any]
    before: list[Any]
    after: list[Any]


@dataclass(frozen=True, slots=True)
class Twins:
    """Two shards with the same ids in the same rows; ``unlike`` has, for each row group, the
    columns of which the bytes differ, with the numbers of their Parquet leaves that do."""

    old: _File
    new: _File
    unlike: tuple[dict[str, list[int]], ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A column of a row group: the ids, and its values before and after. Of structs ``after`` may
    lack fields, which then are the same bytes in both."""

    name: str
    key: pa.Array
    before: pa.Array
    after: pa.Array


def differing_twins(pairs: Iterable[Twins], key: str, names: Sequence[str]) -> Iterator[Differing]:
    """What differs in these columns; ``key`` is the column of ids. Memory follows the largest row
    group."""
    waiting: list[_Pair] = []
    held = 0
    for twin in pairs:
        for group, unlike in enumerate(twin.unlike):
            wanted = {name: unlike[name] for name in names if name in unlike and name != key}
            texts = {name: _texts(twin, group, name, wanted[name]) for name in wanted}
            rest = {name: wanted[name] for name, found in texts.items() if found is None}
            if not rest and not any(texts.values()):
                continue
            ids = _piece(twin.old.read(group, [key]).column(key))
            for name, found in texts.items():
                if found:
                    yield _of_texts(name, ids, found)
            if rest:
                read = _read(twin, group, ids, rest)
                size = sum(pair.before.nbytes + pair.after.nbytes for pair in read)
                if held + size > COMPARED_BYTES:
                    yield from _compared(waiting)
                    waiting, held = [], 0
                waiting += read
                held += size
    yield from _compared(waiting)


def _texts(
    twin: Twins, group: int, name: str, leaves: Sequence[int]
) -> list[DifferingText] | None:
    """The rows in which a column differs, where its pages can be read without Arrow."""
    one, two = twin.old.leaf(group, leaves[0]), twin.new.leaf(group, leaves[0])
    if not _is_text(twin.old.metadata.schema.column(leaves[0]), name, (one, two)):
        return None
    contents = twin.old.bytes_of(one), twin.new.bytes_of(two)
    return differing_texts(*contents, twin.old.metadata.row_group(group).num_rows)


def _is_text(column: Any, name: str, leaves: Iterable[Any]) -> bool:
    """Whether a Parquet leaf is a column of texts that may be null, compressed with zstd."""
    return (
        column.path == name
        and (column.max_definition_level, column.max_repetition_level) == (1, 0)
        and column.physical_type == "BYTE_ARRAY"
        and column.logical_type.type == "STRING"
        and all(one.compression == "ZSTD" and not one.has_dictionary_page for one in leaves)
    )


def _of_texts(name: str, ids: pa.Array, found: Sequence[DifferingText]) -> Differing:
    rows, before, after = (list(part) for part in zip(*found, strict=True))
    return Differing(name, [ids[row].as_py() for row in rows], before, after)


def _read(twin: Twins, group: int, ids: pa.Array, unlike: dict[str, list[int]]) -> list[_Pair]:
    """Some columns of a row group, of the new shard only the leaves that are not the same bytes
    where the rest can be put in: structs in lists have other fields in other elements."""
    schema = twin.new.metadata.schema
    paths = [schema.column(leaf).path for leaves in unlike.values() for leaf in leaves]
    one, two = twin.old.read(group, list(unlike)), twin.new.read(group, paths)
    found = []
    for name in unlike:
        before, after = (_piece(table.column(name)) for table in (one, two))
        if not _is_within(after.type, before.type):
            after = _piece(twin.new.read(group, [name]).column(name))
        found.append(_Pair(name, ids, before, after))
    return found


def _is_within(part: pa.DataType, whole: pa.DataType) -> bool:
    """Whether a type is another one without some fields of its structs, which stand in no list."""
    import pyarrow as pa

    if part == whole:
        return True
    if not (pa.types.is_struct(part) and pa.types.is_struct(whole)):
        return False
    return all(_is_within(item.type, whole.field(item.name).type) for item in part)


def _compared(pairs: Iterable[_Pair]) -> Iterator[Differing]:
    """What differs in columns, those of one name and type at once."""
    alike: dict[Any, list[_Pair]] = defaultdict(list)
    for pair in pairs:
        alike[pair.name, pair.before.type, pair.after.type].append(pair)
    for (name, _, kind), some in alike.items():
        key, before, after = (
            _joined([getattr(pair, side) for pair in some]) for side in ("key", "before", "after")
        )
        rows = differing_rows(_narrowed(before, kind), after)
        if len(rows):
            before = before.take(rows)
            values = before, _widened(after.take(rows), before)
            yield Differing(name, *(part.to_pylist() for part in (key.take(rows), *values)))


def _joined(arrays: Sequence[pa.Array]) -> pa.Array:
    import pyarrow as pa

    return pa.concat_arrays(arrays) if len(arrays) > 1 else arrays[0]


def _narrowed(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """A column with only those fields of its structs that a type has."""
    import pyarrow as pa

    if array.type == kind:
        return array
    children = [_narrowed(array.field(item.name), item.type) for item in kind]
    return pa.StructArray.from_arrays(children, fields=list(kind), mask=array.is_null())


def _widened(array: pa.Array, whole: pa.Array) -> pa.Array:
    """What :func:`_narrowed` left out put in again, as another column has it in the same rows.
    Where a struct is null is told by each of its leaves, and one of them is the same in both."""
    import pyarrow as pa

    kind = whole.type
    if array.type == kind:
        return array
    given = {item.name: array.field(item.name) for item in array.type}
    children = [
        _widened(given[item.name], whole.field(item.name))
        if item.name in given
        else whole.field(item.name)
        for item in kind
    ]
    return pa.StructArray.from_arrays(children, fields=list(kind), mask=whole.is_null())


def twins(old: Path, new: Path, key: str) -> Twins | None:
    """The two shards, or None where they do not have the same ids in the same rows, or not the
    same columns. Raises ArrowException or OSError where one cannot be read."""
    one, two = _open(old), _open(new)
    told = one.metadata, two.metadata
    if told[0].num_row_groups != told[1].num_row_groups:
        return None
    if not told[0].schema.equals(told[1].schema) or told[0].metadata != told[1].metadata:
        return None
    groups = []
    for number in range(told[0].num_row_groups):
        left, right = (meta.row_group(number) for meta in told)
        if left.num_rows != right.num_rows:
            return None
        unlike = _unlike(one, two, left, right)
        if key in unlike:
            return None
        groups.append(unlike)
    return Twins(one, two, tuple(groups))


@dataclass(frozen=True, slots=True)
class _File:
    content: pa.Buffer
    parquet: pq.ParquetFile
    metadata: pq.FileMetaData

    def read(self, group: int, columns: list[str]) -> pa.Table:
        return self.parquet.read_row_group(group, columns, use_threads=False)

    def leaf(self, group: int, number: int) -> Any:
        return self.metadata.row_group(group).column(number)

    def bytes_of(self, leaf: Any) -> pa.Buffer:
        """All pages of a leaf: from its dictionary on, where it has one."""
        start, size = leaf.data_page_offset, leaf.total_compressed_size
        if leaf.has_dictionary_page:
            start = min(start, leaf.dictionary_page_offset)
        if not 0 <= start <= start + size <= self.content.size:
            raise OSError(f"the column {leaf.path_in_schema} is not where the file says")
        return self.content.slice(start, size)


def _open(path: Path) -> _File:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Mapped: what is not compared and not decoded is not read.
    with pa.memory_map(str(path)) as source:
        content = source.read_buffer()
    file = pq.ParquetFile(pa.BufferReader(content))
    return _File(content, file, file.metadata)


def _unlike(one: _File, two: _File, left: Any, right: Any) -> dict[str, list[int]]:
    """The columns of a row group of which some Parquet leaf is not the same bytes, with the
    numbers of these leaves. Where a leaf is compressed is told outside of its bytes."""
    found: dict[str, list[int]] = defaultdict(list)
    for number in range(left.num_columns):
        a, b = left.column(number), right.column(number)
        if (
            a.total_compressed_size != b.total_compressed_size
            or not one.bytes_of(a).equals(two.bytes_of(b))
            or a.compression != b.compression
        ):
            found[a.path_in_schema.partition(".")[0]].append(number)
    return dict(found)


def _piece(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
