"""Whether the sources of an archive still give what they gave: by source and day of publication.

A source is silent on a day without any input where the median day of the window before it had
enough; a field has vanished where the day's share of records that have it fell to a tenth of the
median share, or lower. "Enough" is what makes chance unlikely: at least :data:`EXPECTED` were to
be expected (of a Poisson number with mean 5, none comes in one day of 150).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from newsdata.errors import UsageError
from newsdata.opening import open_archive
from newsdata.storage import Where

if TYPE_CHECKING:
    import pyarrow as pa

#: What was to be expected for its absence to be told.
EXPECTED = 5
#: A field has vanished at this share of its usual share.
VANISHED = 0.1
#: Days before the day looked at that say what is usual.
WINDOW = 28
#: Fewer days with inputs say nothing.
LEAST_DAYS = 3
#: Fields that are made here or say nothing of how well a page was read.
_UNCOUNTED = frozenset({"id", "source", "edition", "status", "provenance", "extra"})


@dataclass(slots=True)
class Day:
    """One source on one day: its inputs, and of how many each field is filled."""

    inputs: int = 0
    filled: dict[str, int] = field(default_factory=dict)

    def share(self, name: str) -> float:
        """The share of the inputs that have a field."""
        return self.filled.get(name, 0) / self.inputs


Days = Mapping[date, Day]


def archive_health(path: Where, day: date | None = None, window: int = WINDOW) -> dict[str, Any]:
    """How each source did on ``day`` (the newest in the archive), against the median of the
    ``window`` days before it.

    ``sources``: source -> ``inputs``, ``median``, and ``fields`` (name -> [share, median share]);
    ``findings``: what is wrong, each with ``source``, ``code`` (``silent``, ``vanished``),
    ``field`` and ``message``. Raises ArchiveError, UsageError where there is no dated article.
    """
    archive = open_archive(path)
    archive.refresh()
    found = _gathered(archive)
    newest = max((d for days in found.values() for d in days), default=None)
    day = day or newest
    if day is None:
        raise UsageError(f"{path}: no article with a source and a day, so there is nothing to say")
    sources = {name: assess(found[name], day, window) for name in sorted(found)}
    findings = [one for name, told in sources.items() for one in judge(name, told)]
    return {"day": day.isoformat(), "window": window, "sources": sources, "findings": findings}


def assess(days: Days, day: date, window: int = WINDOW) -> dict[str, Any]:
    """One source on one day against the days before it; days before its first are none of its.

    >>> usual = {date(2024, 5, n): Day(10, {"author": 9}) for n in range(1, 9)}
    >>> assess({**usual, date(2024, 5, 9): Day(8, {})}, date(2024, 5, 9))["fields"]
    {'author': [0.0, 0.9]}
    """
    first = min(days)
    before = [day - timedelta(days=n) for n in range(window, 0, -1)]
    before = [one for one in before if one >= first]
    had = [days[one] for one in before if one in days]
    counts = [days[one].inputs if one in days else 0 for one in before]
    enough = len(had) >= LEAST_DAYS
    today = days.get(day, Day())
    names = sorted({*today.filled, *(name for one in had for name in one.filled)})
    fields = {
        name: [
            round(today.share(name), 4) if today.inputs else None,
            round(median(one.share(name) for one in had), 4) if enough else None,
        ]
        for name in names
    }
    usual = float(median(counts)) if enough else None
    return {"inputs": today.inputs, "median": usual, "fields": fields}


def judge(source: str, told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is wrong with a source as :func:`assess` told it."""
    inputs, usual = told["inputs"], told["median"]
    if usual is None:
        return
    if not inputs:
        if usual >= EXPECTED:
            message = f"found no input, expected about {usual:g}"
            yield {"source": source, "code": "silent", "field": None, "message": message}
        return
    for name, (share, median_share) in told["fields"].items():
        if median_share * inputs >= EXPECTED and share <= median_share * VANISHED:
            message = (
                f"{name}: found in {share:.0%} of {inputs} inputs, usual are {median_share:.0%}"
            )
            yield {"source": source, "code": "vanished", "field": name, "message": message}


def _gathered(archive: Any) -> dict[str, dict[date, Day]]:
    """Source -> day -> counts of all observations that are dated."""
    import pyarrow.compute as pc

    found: dict[str, dict[date, Day]] = {}
    where = pc.is_valid(pc.field("withdrawn")) & pc.is_valid(pc.field("source"))
    outdated = archive.outdated().digests
    if len(outdated):  # a page that was read again is one input
        where &= ~pc.field("digest").isin(outdated)
    for batch in archive.scan(("source", "timestamp", "record"), where):
        _add(found, batch)
    return found


def _add(found: dict[str, dict[date, Day]], batch: pa.RecordBatch) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    record = batch.column("record")
    names = [one.name for one in record.type]
    days = pc.cast(batch.column("timestamp"), pa.date32())
    if "local_date" in names:
        days = pc.coalesce(pc.cast(pc.struct_field(record, "local_date"), pa.date32()), days)
    keys = list(zip(batch.column("source").to_pylist(), days.to_pylist(), strict=True))
    rows: dict[tuple[str, date], list[int]] = {}
    for row, (source, day) in enumerate(keys):
        if day is not None:
            rows.setdefault((source, day), []).append(row)
    filled = {n: _filled(pc.struct_field(record, n)) for n in names if n not in _UNCOUNTED}
    for (source, day), places in rows.items():
        one = found.setdefault(source, {}).setdefault(day, Day())
        one.inputs += len(places)
        _count(one, filled, places)


def _count(one: Day, filled: Mapping[str, npt.NDArray[np.bool_]], places: Iterable[int]) -> None:
    chosen = np.fromiter(places, np.int64)
    for name, mask in filled.items():
        number = int(mask[chosen].sum())
        if number or name in one.filled:
            one.filled[name] = one.filled.get(name, 0) + number


def _filled(column: pa.Array) -> npt.NDArray[np.bool_]:
    """Where a column says something: neither null nor an empty list."""
    import pyarrow as pa
    import pyarrow.compute as pc

    mask = pc.is_valid(column)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        mask = pc.fill_null(pc.greater(pc.list_value_length(column), 0), False)
    return np.asarray(mask.to_numpy(zero_copy_only=False), bool)
