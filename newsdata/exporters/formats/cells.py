"""CSV (RFC 4180), as data or for people with Excel.

As data, a cell is a text, a number, or JSON text where the value is a list or an object. For
Excel: UTF-8 with a byte order mark (without it Excel takes Cyrillic for another encoding), parts
of objects in columns of their own, lists joined by ``; ``, and no cell that Excel would calculate.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import pyarrow as pa

BOM = b"\xef\xbb\xbf"
JOINT = "; "

#: What makes a spreadsheet calculate a cell, also in its full-width form (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")

#: Excel's own limits; what goes beyond them is written whole and counted.
CELL_LIMIT = 32_767
ROW_LIMIT = 1_048_576

Column = tuple[str, Callable[[dict[str, Any]], Any]]


def write(
    stream: IO[bytes],
    batches: Iterable[Sequence[dict[str, Any]]],
    fields: Sequence[pa.Field],
    excel: bool = False,
    delimiter: str = ",",
) -> tuple[int, dict[str, int]]:
    """Write a header and batches of records; returns how many, and what Excel will not show."""
    columns = list(_excel_columns(fields)) if excel else list(_data_columns(fields))
    cell = _excel_cell if excel else _data_cell
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([cell(name) for name, _ in columns])
    stream.write(BOM if excel else b"")
    rows = long = 0
    for batch in batches:
        for row in batch:
            written = [cell(get(row)) for _, get in columns]
            long += sum(_units(value) > CELL_LIMIT for value in written) if excel else 0
            writer.writerow(written)
        rows += len(batch)
        _drain(buffer, stream)
    _drain(buffer, stream)
    notes = {"cells longer than Excel's 32,767 characters": long}
    if excel and rows >= ROW_LIMIT:
        notes["rows beyond Excel's 1,048,576"] = rows + 1 - ROW_LIMIT
    return rows, {words: count for words, count in notes.items() if count}


def _drain(buffer: io.StringIO, stream: IO[bytes]) -> None:
    stream.write(buffer.getvalue().encode())
    buffer.seek(0)
    buffer.truncate()


def _units(text: str) -> int:
    """Length as Excel counts it: a character beyond the first plane is two."""
    return len(text) if len(text) * 2 <= CELL_LIMIT else len(text.encode("utf-16-le")) // 2


# -- as data ------------------------------------------------------------------------------------


def _data_columns(fields: Sequence[pa.Field]) -> Iterator[Column]:
    for item in fields:
        yield item.name, _getter(item.name)


def _getter(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda row: row.get(name)


def _data_cell(value: Any) -> str:
    """One value as the text of a cell.

    >>> [_data_cell(v) for v in (None, True, "a", ["b", "c"])]
    ['', 'true', 'a', '["b","c"]']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    return str(value)


# -- for Excel ----------------------------------------------------------------------------------


def _excel_columns(fields: Iterable[pa.Field]) -> Iterator[Column]:
    import pyarrow as pa

    for item in fields:
        get = _getter(item.name)
        kind, many = item.type, pa.types.is_list(item.type)
        inner = kind.value_type if many else kind
        if not pa.types.is_struct(inner):
            yield item.name, get
            continue
        for name, part in _parts(inner):
            yield f"{item.name}.{name}", _part_getter(get, part, many)


def _parts(kind: pa.StructType) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Dotted name and path of everything in a struct that is no struct itself."""
    import pyarrow as pa

    for item in kind:
        if pa.types.is_struct(item.type):
            for name, path in _parts(item.type):
                yield f"{item.name}.{name}", (item.name, *path)
        elif pa.types.is_list(item.type) and pa.types.is_struct(item.type.value_type):
            for name, path in _parts(item.type.value_type):
                yield f"{item.name}.{name}", (item.name, *path)
        else:
            yield item.name, (item.name,)


def _part_getter(
    get: Callable[[dict[str, Any]], Any], path: tuple[str, ...], many: bool
) -> Callable[[dict[str, Any]], Any]:
    def part(row: dict[str, Any]) -> Any:
        value = get(row)
        return [_at(item, path) for item in value or ()] if many else _at(value, path)

    return part


def _at(value: Any, path: tuple[str, ...]) -> Any:
    if not path or value is None:
        return value
    if isinstance(value, list):
        return [_at(item, path) for item in value]
    return _at(value.get(path[0]), path[1:])


def _excel_cell(value: Any) -> str:
    """One value as a cell that Excel shows and never calculates.

    >>> [_excel_cell(v) for v in ("=1+1", -180, ["a", "b"], [None, None], " @x")]
    ["'=1+1", '-180', 'a; b', '', "' @x"]
    """
    if isinstance(value, list):
        parts = [_joined(item) for item in value]
        value = JOINT.join(parts) if any(parts) else ""
    return harmless(value) if isinstance(value, str) else _data_cell(value)


def _joined(value: Any) -> str:
    return ", ".join(map(_data_cell, value)) if isinstance(value, list) else _data_cell(value)


def harmless(text: str) -> str:
    """Text with an apostrophe before it where a spreadsheet would take it for a formula.

    Spaces before the sign do not hide it: some spreadsheets drop them.
    """
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text
