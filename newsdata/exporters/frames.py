"""A release as a table of another library: Arrow, pandas, Polars, or a DuckDB relation.

Every one reads the Parquet files of the release, with the same columns, conditions and order.
"""

from __future__ import annotations

import functools
import glob
import importlib
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from newsdata.errors import UsageError
from newsdata.exporters.selecting import Condition, Part

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as pads

    from newsdata.exporters.slices import Piece

Groups = Sequence[Sequence[Condition]] | None

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def expression(
    groups: Groups,
    column: Callable[[str], Any],
    value: Callable[[Any], Any] = lambda one: one,
    among: Callable[[Any, list[Any]], Any] = lambda one, values: one.isin(values),
) -> Any:
    """Conditions in the words of a library; a row whose value is null meets none of them.

    ``column`` and ``value`` make its expressions, ``among`` its membership test.
    """

    def one(condition: Condition) -> Any:
        name, sign, found = condition
        if sign in _COMPARE:
            return _COMPARE[sign](column(name), value(found))
        there = column(name) == column(name)
        values = [value(item) for item in found]
        # No library takes an empty list; what is not equal to itself there is nothing of.
        inside = among(column(name), values) if values else column(name) != column(name)
        # A null is neither in a list nor outside of it; Arrow alone calls it outside.
        return inside if sign == "in" else ~inside & there

    alternatives = [functools.reduce(operator.and_, map(one, group)) for group in groups or ()]
    return functools.reduce(operator.or_, alternatives) if alternatives else None


def dataset(part: Part) -> pads.Dataset:
    """The files of a part as one Arrow dataset."""
    import pyarrow.dataset as pads

    return pads.dataset(part.paths, schema=part.schema, format="parquet")


def scanner(
    part: Part, columns: Sequence[str] | None, groups: Groups, batch_rows: int = 10_000
) -> pads.Scanner:
    """A scan in the order of the rows that holds a few batches at a time."""
    import pyarrow.dataset as pads

    return dataset(part).scanner(
        columns=list(columns) if columns is not None else None,
        filter=expression(groups, pads.field),
        batch_size=batch_rows,
        batch_readahead=2,
        fragment_readahead=1,
    )


def slices(
    parts: Sequence[tuple[Part, Piece]], columns: Sequence[str] | None, groups: Groups
) -> pa.Table:
    """Some rows of some splits, one after the other."""
    import pyarrow as pa

    tables = []
    for part, piece in parts:
        table = scanner(part, columns, groups).to_table()
        start, stop = piece.bounds(table.num_rows)
        tables.append(table.slice(start, stop - start))
    return pa.concat_tables(tables)


def _arrow(part: Part, columns: Sequence[str] | None, groups: Groups, streaming: bool) -> Any:
    found = scanner(part, columns, groups)
    return found.to_reader() if streaming else found.to_table()


def _pandas(part: Part, columns: Sequence[str] | None, groups: Groups, streaming: bool) -> Any:
    if streaming:
        raise UsageError("pandas cannot stream; load to 'arrow' or 'polars' with streaming")
    return scanner(part, columns, groups).to_table().to_pandas()


def _polars(part: Part, columns: Sequence[str] | None, groups: Groups, streaming: bool) -> Any:
    pl = _library("polars")
    frame = pl.scan_parquet(part.paths, glob=False, hive_partitioning=False)
    among = lambda one, values: one.is_in(values)  # noqa: E731
    kept = expression(groups, pl.col, among=among)
    frame = frame if kept is None else frame.filter(kept)
    frame = frame if columns is None else frame.select(list(columns))
    return frame if streaming else frame.collect()


def _duckdb(part: Part, columns: Sequence[str] | None, groups: Groups, _streaming: bool) -> Any:
    duckdb = _library("duckdb")
    paths = [glob.escape(path) for path in part.paths]
    relation = duckdb.connect().read_parquet(paths, hive_partitioning=False)
    among = lambda one, values: one.isin(*values)  # noqa: E731
    kept = expression(groups, duckdb.ColumnExpression, duckdb.ConstantExpression, among)
    relation = relation if kept is None else relation.filter(kept)
    if columns is not None:
        relation = relation.select(*map(duckdb.ColumnExpression, columns))
    return relation


#: What :func:`newsdata.load` can load to, besides ``datasets``.
FORMS: dict[str, Callable[[Part, Sequence[str] | None, Groups, bool], Any]] = {
    "arrow": _arrow,
    "pandas": _pandas,
    "polars": _polars,
    "duckdb": _duckdb,
}


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UsageError(f"{name} is not installed: pip install {name}") from None


#: The same forms from a table that is in memory.
FROM_ARROW: dict[str, Callable[[pa.Table], Any]] = {
    "arrow": lambda table: table,
    "pandas": lambda table: table.to_pandas(),
    "polars": lambda table: _library("polars").from_arrow(table),
    "duckdb": lambda table: _library("duckdb").connect().from_arrow(table),
}
