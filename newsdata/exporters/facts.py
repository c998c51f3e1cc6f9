"""True numbers about the rows of a release, added up one table at a time.

A :class:`Tally` keeps counts and no texts, so its size follows from the number of months,
sources, rubrics and different lengths, not from the number of rows. Its :class:`Facts` are the
same in whatever portions and order the rows came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from newsdata.schema import Schema

COUNTED = ("source", "language", "rubric")

#: Months of a Gregorian year; a month is counted as months since January 1970.
_YEAR = 12
#: Numbers of a histogram that wait to be summed up.
_WAITING = 100_000


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What one source gave. ``first`` and ``last`` are UTC days or None; ``languages`` and the
    rights signals are sorted. ``tdm`` and ``free_to_read`` count the articles that say so."""

    source: str
    articles: int
    characters: int
    first: str | None
    last: str | None
    languages: tuple[str, ...]
    licenses: tuple[str, ...]
    tdm: Mapping[str, int]
    free_to_read: Mapping[bool, int]
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """``first`` and ``last`` are UTC days (ISO 8601) or None when no row is dated.

    ``counted`` has, for each of the roles ``source``, ``language`` and ``rubric`` that a column
    plays, its values with their numbers of rows, most frequent first. ``filled`` is the
    number of rows in which a column says something (not null, not empty). ``characters`` are
    those of the texts. ``months`` are (months since January 1970, rows) of the dated rows and
    ``lengths`` are (characters of a text, rows), both ascending. ``example`` is the first row
    of the release, None when there is none.
    """

    rows: int
    first: str | None
    last: str | None
    undated: int
    characters: int
    counted: Mapping[str, tuple[tuple[str, int], ...]]
    filled: Mapping[str, int]
    months: tuple[tuple[int, int], ...] = ()
    lengths: tuple[tuple[int, int], ...] = ()
    sources: tuple[SourceFacts, ...] = ()
    example: Mapping[str, Any] | None = None

    @property
    def languages(self) -> tuple[str, ...]:
        """BCP-47 tags, most frequent first."""
        return tuple(value for value, _ in self.counted.get("language", ()))

    def quantile(self, share: float) -> int:
        """The smallest length of a text that at least this share of the texts does not exceed."""
        wanted = share * sum(count for _, count in self.lengths)
        seen = 0
        for length, count in self.lengths:
            seen += count
            if seen >= wanted:
                return length
        return 0


@dataclass(slots=True)
class _Source:
    articles: int = 0
    characters: int = 0
    first: int | None = None
    last: int | None = None
    languages: Counter[str] = field(default_factory=Counter)
    licenses: Counter[str] = field(default_factory=Counter)
    tdm: Counter[str] = field(default_factory=Counter)
    free: Counter[bool] = field(default_factory=Counter)
    signals: Counter[str] = field(default_factory=Counter)

    def add(self, other: _Source) -> None:
        self.articles += other.articles
        self.characters += other.characters
        self.first = _least(self.first, other.first)
        self.last = _most(self.last, other.last)
        for name in ("languages", "licenses", "tdm", "free", "signals"):
            getattr(self, name).update(getattr(other, name))


class _Histogram:
    """How often each whole number came. Numbers wait until they are many or asked for."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Any, Any]] = []
        self._count, self._most = 0, _WAITING

    @classmethod
    def of(cls, pairs: Iterable[Sequence[int]]) -> _Histogram:
        """As :meth:`pairs` gave it."""
        import numpy as np

        found = cls()
        numbers, counts = np.array(list(pairs), np.int64).reshape(-1, 2).T
        found._take(numbers, counts)
        return found

    def add(self, numbers: Any) -> None:
        """Count an array of them."""
        import numpy as np

        self._take(*np.unique(numbers, return_counts=True))

    def merge(self, other: _Histogram) -> None:
        """Add what another one counted."""
        self._take(*other._summed())

    def pairs(self) -> list[tuple[int, int]]:
        """(number, how often), ascending."""
        numbers, counts = self._summed()
        return list(zip(numbers.tolist(), counts.tolist(), strict=True))

    def _take(self, numbers: Any, counts: Any) -> None:
        self._waiting.append((numbers, counts))
        self._count += len(numbers)
        if self._count > self._most:
            self._summed()

    def _summed(self) -> tuple[Any, Any]:
        import numpy as np

        if len(self._waiting) != 1:
            empty = np.zeros(0, np.int64)
            numbers, counts = (
                np.concatenate([empty, *(part[at] for part in self._waiting)]) for at in (0, 1)
            )
            numbers, which = np.unique(numbers, return_inverse=True)
            summed = np.zeros(len(numbers), np.int64)
            np.add.at(summed, which, counts)
            self._waiting = [(numbers, summed)]
            self._count = len(numbers)
            self._most = max(_WAITING, 2 * self._count)
        return self._waiting[0]


class Tally:
    """Adds up :class:`Facts`: each row of a release goes once into :meth:`add`."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._rows = 0
        self._undated = 0
        self._ends: tuple[int | None, int | None] = (None, None)
        self._filled: Counter[str] = Counter()
        self._months: Counter[int] = Counter()
        self._lengths = _Histogram()
        self._columns = {role: schema.roles.get(role, "") for role in COUNTED}
        self._counted = {
            role: Counter[str]() for role, n in self._columns.items() if _is_text(schema.arrow, n)
        }
        self._sources: dict[str, _Source] = {}
        self._example: tuple[tuple[bool, int, str], dict[str, Any]] | None = None

    def add(self, rows: pa.Table | pa.RecordBatch) -> None:
        """Count rows that have the schema's columns, in any order and chunking."""
        import pyarrow as pa

        table = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
        if not table.num_rows:
            return
        times = _times(table, self._schema)
        lengths = _lengths(table, self._schema)
        self._rows += table.num_rows
        self._undated += table.num_rows if times is None else times.null_count
        self._filled.update({n: int(filled(table.column(n)).sum()) for n in table.column_names})
        if times is not None:
            low, high = _ends(times)
            self._ends = _least(self._ends[0], low), _most(self._ends[1], high)
            self._months.update(_months(times))
        if lengths is not None:
            self._lengths.add(lengths)
        for role, counter in self._counted.items():
            counter.update(_values(table.column(self._columns[role])))
        if "source" in self._counted:
            names = table.column(self._columns["source"])
            for source, found in _by_source(table, names, times, lengths).items():
                self._sources.setdefault(source, _Source()).add(found)
        self._offer(_first(table, self._schema, times))

    def merge(self, other: Tally) -> None:
        """Add what another tally of the same schema counted."""
        self._rows += other._rows
        self._undated += other._undated
        self._ends = (_least(self._ends[0], other._ends[0]), _most(self._ends[1], other._ends[1]))
        self._filled.update(other._filled)
        self._months.update(other._months)
        self._lengths.merge(other._lengths)
        for name, counter in self._counted.items():
            counter.update(other._counted[name])
        for source, found in other._sources.items():
            self._sources.setdefault(source, _Source()).add(found)
        if other._example is not None:
            self._offer(other._example)

    def _offer(self, candidate: tuple[tuple[bool, int, str], dict[str, Any]]) -> None:
        if self._example is None or candidate[0] < self._example[0]:
            self._example = candidate

    def show(self, rows: pa.Table) -> None:
        """Consider rows for the example, without counting them."""
        if rows.num_rows:
            self._offer(_first(rows, self._schema, _times(rows, self._schema)))

    def to_dict(self) -> dict[str, Any]:
        """What was counted, ready for JSON; never the example, which is a text."""
        return {
            "rows": self._rows,
            "undated": self._undated,
            "ends": list(self._ends),
            "filled": dict(self._filled),
            "months": sorted(self._months.items()),
            "lengths": self._lengths.pairs(),
            "counted": {name: dict(counter) for name, counter in self._counted.items()},
            "sources": {name: _source_dict(found) for name, found in self._sources.items()},
        }

    @classmethod
    def from_dict(cls, schema: Schema, told: Mapping[str, Any]) -> Tally:
        """The tally that :meth:`to_dict` told of."""
        tally = cls(schema)
        tally._rows, tally._undated = told["rows"], told["undated"]
        tally._ends = (told["ends"][0], told["ends"][1])
        tally._filled.update(told["filled"])
        tally._months.update(dict(told["months"]))
        tally._lengths = _Histogram.of(told["lengths"])
        for name, counter in tally._counted.items():
            counter.update(told["counted"][name])
        tally._sources = {name: _source_from(found) for name, found in told["sources"].items()}
        return tally

    def facts(self) -> Facts:
        """What was counted so far."""
        lengths = tuple(self._lengths.pairs())
        return Facts(
            rows=self._rows,
            first=_day(self._ends[0]),
            last=_day(self._ends[1]),
            undated=self._undated,
            characters=sum(length * count for length, count in lengths),
            counted={n: _ranked(counter) for n, counter in self._counted.items()},
            filled={n: self._filled[n] for n in self._schema.arrow.names},
            months=tuple(sorted(self._months.items())),
            lengths=lengths,
            sources=tuple(_told(name, self._sources[name]) for name in sorted(self._sources)),
            example=None if self._example is None else self._example[1],
        )


def _source_dict(found: _Source) -> dict[str, Any]:
    values: dict[str, Any] = {item.name: getattr(found, item.name) for item in fields(found)}
    return {n: sorted(v.items()) if isinstance(v, Counter) else v for n, v in values.items()}


def _source_from(told: Mapping[str, Any]) -> _Source:
    values: dict[str, Any] = {
        n: Counter(dict(v)) if isinstance(v, list) else v for n, v in told.items()
    }
    return _Source(**values)


def filled(column: pa.ChunkedArray) -> Any:
    """Where a column says something: not null, not an empty text, not an empty list."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    says = pc.is_valid(column)
    if pa.types.is_list(column.type):
        says = pc.fill_null(pc.greater(pc.list_value_length(column), 0), False)
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        says = pc.fill_null(pc.greater(pc.binary_length(column), 0), False)
    return np.asarray(says.to_numpy(), dtype=bool)


# -- columns ------------------------------------------------------------------------------------


def _is_text(schema: pa.Schema, name: str) -> bool:
    import pyarrow as pa

    return name in schema.names and pa.types.is_string(schema.field(name).type)


def _times(table: pa.Table, schema: Schema) -> pa.ChunkedArray | None:
    """Microseconds since 1970, null where a row is undated; None without such a column."""
    import pyarrow as pa

    name = schema.roles.get("timestamp")
    if name is None or not pa.types.is_temporal(schema.arrow.field(name).type):
        return None
    return table.column(name).cast(pa.timestamp("us")).cast(pa.int64())


def _lengths(table: pa.Table, schema: Schema) -> Any | None:
    """Characters of each text, 0 for a null one."""
    import numpy as np
    import pyarrow.compute as pc

    name = schema.roles.get("text")
    if name is None or not _is_text(schema.arrow, name):
        return None
    return np.asarray(pc.fill_null(pc.utf8_length(table.column(name)), 0), dtype=np.int64)


def _ends(times: pa.ChunkedArray) -> tuple[int | None, int | None]:
    import pyarrow.compute as pc

    ends = pc.min_max(times)
    return ends["min"].as_py(), ends["max"].as_py()


def _months(times: pa.ChunkedArray) -> Mapping[int, int]:
    moments = times.drop_null().to_numpy().astype("datetime64[us]")
    return _distinct(moments.astype("datetime64[M]").astype("int64"))


def _distinct(numbers: Any) -> Mapping[int, int]:
    import numpy as np

    values, counts = np.unique(numbers, return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def _values(column: pa.ChunkedArray) -> Mapping[str, int]:
    import pyarrow.compute as pc

    pairs = [(p["values"], p["counts"]) for p in pc.value_counts(column).to_pylist()]
    return {value: count for value, count in pairs if value is not None}


def _first(
    table: pa.Table, schema: Schema, times: pa.ChunkedArray | None
) -> tuple[tuple[bool, int, str], dict[str, Any]]:
    """The row of a table that comes first in a release, with its place in the order."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    key = (False, 0)
    if times is None:
        rows = pa.array(np.arange(table.num_rows))
    else:
        least = pc.min(times)
        wanted = pc.equal(times, least) if least.is_valid else pc.is_null(times)
        rows = pc.indices_nonzero(wanted)
        key = (not least.is_valid, least.as_py() or 0)
    name = schema.roles.get("id")
    at, label = rows[0].as_py(), ""
    if name is not None and _is_text(schema.arrow, name):
        ids = table.column(name).take(rows)
        place = pc.sort_indices(ids)[0].as_py()
        at, label = rows[place].as_py(), ids[place].as_py() or ""
    return (*key, label), table.slice(at, 1).to_pylist()[0]


# -- sources ------------------------------------------------------------------------------------


def _by_source(
    table: pa.Table,
    sources: pa.ChunkedArray,
    times: pa.ChunkedArray | None,
    lengths: Any | None,
) -> dict[str, _Source]:
    """What each source gave in one table; rows without a source count under ``""``."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    names = pc.fill_null(sources, "")
    columns: dict[str, Any] = {"source": names}
    columns["time"] = pa.nulls(len(names), pa.int64()) if times is None else times
    columns["length"] = pa.array(np.zeros(len(names), np.int64) if lengths is None else lengths)
    grouped = pa.table(columns).group_by("source", use_threads=False)
    wanted: list[tuple[str, str]] = [
        ("length", "count"), ("length", "sum"), ("time", "min"), ("time", "max"),
    ]  # fmt: skip
    found = {
        row["source"]: _Source(
            row["length_count"], row["length_sum"], row["time_min"], row["time_max"]
        )
        for row in grouped.aggregate(wanted).to_pylist()
    }
    for name, values in _signals(table):
        pairs = pa.table({"source": names, "value": values}).drop_null()
        counts = pairs.group_by(["source", "value"], use_threads=False).aggregate(
            [([], "count_all")]
        )
        for row in counts.to_pylist():
            getattr(found[row["source"]], name)[row["value"]] += row["count_all"]
    _add_lists(table, names, found)
    return found


def _signals(table: pa.Table) -> list[tuple[str, pa.ChunkedArray]]:
    """(attribute of a :class:`_Source`, one value a row or null)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = []
    if _is_text(table.schema, "language"):
        found.append(("languages", table.column("language")))
    if "rights" in table.column_names and pa.types.is_struct(table.schema.field("rights").type):
        rights = table.column("rights")
        kinds = {item.name: item.type for item in rights.type}
        for attribute, name, kind in (
            ("licenses", "license", pa.string()),
            ("tdm", "tdm", pa.string()),
            ("free", "free_to_read", pa.bool_()),
        ):
            if kinds.get(name) == kind:
                found.append((attribute, pc.struct_field(rights, name)))
    return found


def _add_lists(table: pa.Table, names: pa.ChunkedArray, found: dict[str, _Source]) -> None:
    """``rights.signals``: where rights were read, several a row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = table.schema.field("rights").type if "rights" in table.column_names else None
    if kind is None or not pa.types.is_struct(kind):
        return
    if not any(item.name == "signals" and item.type == pa.list_(pa.string()) for item in kind):
        return
    lists = pc.struct_field(table.column("rights"), "signals")
    sources = names.take(pc.list_parent_indices(lists))
    for source, signal in zip(
        sources.to_pylist(), pc.list_flatten(lists).to_pylist(), strict=True
    ):
        found[source].signals[signal or ""] += 1


def _told(name: str, found: _Source) -> SourceFacts:
    return SourceFacts(
        source=name,
        articles=found.articles,
        characters=found.characters,
        first=_day(found.first),
        last=_day(found.last),
        languages=tuple(sorted(found.languages)),
        licenses=tuple(sorted(found.licenses)),
        tdm=dict(sorted(found.tdm.items())),
        free_to_read=dict(sorted(found.free.items())),
        signals=tuple(sorted(filter(None, found.signals))),
    )


# -- values -------------------------------------------------------------------------------------


def _least(one: int | None, two: int | None) -> int | None:
    return min((v for v in (one, two) if v is not None), default=None)


def _most(one: int | None, two: int | None) -> int | None:
    return max((v for v in (one, two) if v is not None), default=None)


def _ranked(counter: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counter.items(), key=lambda pair: (-pair[1], pair[0])))


def _day(moment: int | None) -> str | None:
    # numpy, because Python's own dates end with the year 9999 and begin with 1.
    import numpy as np

    return None if moment is None else str(np.datetime64(moment, "us"))[:-16]


def month_name(number: int) -> str:
    """ISO 8601 of months since January 1970.

    >>> month_name(641), month_name(-1)
    ('2023-06', '1969-12')
    """
    return f"{1970 + number // _YEAR:04}-{number % _YEAR + 1:02}"
