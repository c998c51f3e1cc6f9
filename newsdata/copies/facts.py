"""What decides of each record: its id, its time, its source; and how records are identified."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from newsdata.records import Fault
from newsdata.settings import Settings
from newsdata.versions import LOWEST, Version, keep_key

Id: TypeAlias = str | int
Int64s: TypeAlias = npt.NDArray[np.int64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = 86_399_999_999


@dataclass(frozen=True, slots=True)
class Fields:
    """Where a record has its id, text, time and source: names, or paths with dots."""

    id: str = "id"
    text: str = "text"
    time: str = "timestamp"
    source: str = "source"

    def columns(self) -> list[str]:
        """The columns of a table that hold them."""
        paths = (self.id, self.text, self.time, self.source, "timestamp_precision")
        return [name for path in paths for name in (path, path.partition(".")[0])]


def value_at(record: Mapping[str, Any], path: str) -> Any:
    """The value of a field, else the one that a path with dots leads to, else None.

    >>> value_at({"a": {"b": 1}}, "a.b"), value_at({"a.b": 2}, "a.b"), value_at({"a": 3}, "a.b")
    (1, 2, None)
    """
    value = record.get(path)
    if value is None and "." in path and path not in record:
        value = record
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
    return value


def instant_of(value: Any) -> int | None:
    """Microseconds since 1970 UTC that a time compares as; None for what is no time.

    A time without a zone counts as UTC, a day as its last microsecond, a number as seconds.

    >>> instant_of("1970-01-01T03:00:00+03:00"), instant_of("1970-01-01"), instant_of(1.5)
    (0, 86399999999, 1500000)
    """
    try:
        if isinstance(value, str):
            text = value.strip()
            moment = datetime.fromisoformat(text.upper())
            return _microseconds(moment) + (_DAY if len(text) <= 10 else 0)
        if isinstance(value, datetime):
            return _microseconds(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = round(value * 1_000_000)
            return number if LOWEST < number < -LOWEST else None
        return instant_of(value.isoformat()) if hasattr(value, "isoformat") else None
    except (ValueError, OverflowError):
        return None


def _microseconds(moment: datetime) -> int:
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


class Facts:
    """What decides of the records read so far, by row; no text is among it."""

    def __init__(self, fields: Fields, settings: Settings) -> None:
        self.fields = fields
        self.settings = settings
        self.ids: list[Id | None] = []
        self.digests: dict[int, bytes] = {}
        self.notices = {"same-id": 0, "no-id": 0, "bad-time": 0}
        self._times = array("q")
        self._ranks = array("L")

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, record: Any) -> str | Fault:
        """The text of a record that becomes the next row, or why it cannot."""
        if not isinstance(record, Mapping):
            return Fault("not-an-object", f"found {_kind(record)}, expected an object")
        fields = self.fields
        text = value_at(record, fields.text)
        if not isinstance(text, str):
            return _no_text(record, text, fields.text)
        id_ = value_at(record, fields.id)
        if id_ is None or id_ == "":
            id_ = None
        elif not isinstance(id_, str | int) or isinstance(id_, bool):
            message = f"found {_kind(id_)}, expected a string or a whole number"
            return Fault("wrong-type", message, _pointer(fields.id))
        self.ids.append(id_)
        self._times.append(self._instant(record))
        self._ranks.append(self._rank(record))
        return text

    def _instant(self, record: Mapping[str, Any]) -> int:
        value = value_at(record, self.fields.time)
        if value is None:
            return LOWEST
        instant = instant_of(value)
        if instant is None:
            self.notices["bad-time"] += 1
            return LOWEST
        is_day = record.get("timestamp_precision") == "day" and self.fields.time == "timestamp"
        return instant + _DAY if is_day and len(str(value)) > 10 else instant

    def _rank(self, record: Mapping[str, Any]) -> int:
        prefer = self.settings.prefer
        source = value_at(record, self.fields.source) if prefer else None
        return prefer.index(source) if source in prefer else len(prefer)

    def order(self, row: int) -> tuple[bool, Id, bytes]:
        """Orders rows by id, numbers first, and different records of one id by their content."""
        id_ = self.ids[row]
        assert id_ is not None
        return isinstance(id_, str), id_, self.digests.get(row, b"")

    def keep_key(self, row: int, words: int) -> tuple[Any, ...]:
        """The least of a cluster is kept; of identical records the first."""
        time, prefer = self._times[row], (*self.settings.prefer, None)
        version = _BLANK._replace(
            timestamp=None if time == LOWEST else time,
            length=words,
            source=prefer[self._ranks[row]],
        )
        return (*keep_key(version, self.settings), self.order(row), row)

    def settle_ids(self, canonical: Callable[[Int64s], Iterable[bytes]]) -> list[tuple[int, int]]:
        """Give an id to those without; returns (first, row) of records that came twice.

        ``canonical`` gives the canonical JSON of rows: asked for only where an id is missing or
        stands twice.
        """
        missing = [row for row, id_ in enumerate(self.ids) if id_ is None]
        self._digest(missing, canonical)
        for row in missing:
            self.ids[row] = f"sha256:{self.digests[row].hex()}"
        self.notices["no-id"] = len(missing)
        groups = _repeated(self.ids)
        rows = sorted(r for group in groups for r in group if r not in self.digests)
        self._digest(rows, canonical)
        again = []
        for group in groups:
            first: dict[bytes, int] = {}
            for row in group:
                other = first.setdefault(self.digests[row], row)
                if other != row:
                    again.append((other, row))
            self.notices["same-id"] += len(first) - 1
        return again

    def _digest(self, rows: Sequence[int], canonical: Callable[[Int64s], Iterable[bytes]]) -> None:
        contents = canonical(np.array(rows, np.int64)) if rows else ()
        for row, content in zip(rows, contents, strict=True):
            self.digests[row] = hashlib.sha256(content).digest()[:16]


_BLANK = Version("", "", None, None, False, None, 0, 0, b"", b"", None, b"", 0)


def _repeated(ids: Sequence[Id | None]) -> list[list[int]]:
    """Rows of each id that stands at several; sorted hashes take less room than a dict of all."""
    hashes = np.fromiter(map(hash, ids), np.int64, len(ids))
    order = np.argsort(hashes, kind="stable")
    same = np.zeros(len(ids) + 1, np.bool_)  # same[i]: place i has the hash of the one before
    same[1:-1] = hashes[order][1:] == hashes[order][:-1]
    rows = np.sort(order[same[1:] | same[:-1]])
    groups: dict[Id | None, list[int]] = {}
    for row in rows.tolist():
        groups.setdefault(ids[row], []).append(row)
    return [group for group in groups.values() if len(group) > 1]


def _no_text(record: Mapping[str, Any], value: Any, path: str) -> Fault:
    if value is None:
        names = ", ".join(map(repr, list(record)[:10])) or "nothing"
        message = f"found no text, expected it there; the record has {names}"
        return Fault("empty-text", message, _pointer(path))
    return Fault("wrong-type", f"found {_kind(value)}, expected a string", _pointer(path))


def _pointer(path: str) -> str:
    return "/" + path.replace(".", "/")


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "a boolean", str: "a string", list: "an array"}
    names |= {dict: "an object", int: "a number", float: "a number"}
    return names.get(type(value), f"a {type(value).__name__}")
