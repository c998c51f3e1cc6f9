"""JSON records in the one form in which columns hold them: what makes two records equal. Pure.

Every value is fitted to the type of its column by a function made once for each type
(:func:`fitter`), so that a record costs a few microseconds. What is canonical already is shared
with the record, not copied: neither may be changed afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

if TYPE_CHECKING:
    import pyarrow as pa

Fit: TypeAlias = Callable[[Any], Any]

_TEXT = frozenset({str, type(None)})
#: A time that is in canonical form, whether the calendar has it or not.
_IN_UTC = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{5}[1-9])?Z", re.ASCII
)


def fitter(kind: pa.DataType) -> Fit:
    """What turns a JSON value into the canonical value of a column of this type.

    Structs have every declared field in its order and no other, absent lists are empty, times
    are ISO 8601 in UTC with a ``Z``, days ISO 8601, integers ints, and what a column of strings
    holds that is no string is JSON text. A value read back from Arrow fits as the JSON does.

    >>> import pyarrow as pa
    >>> fit = fitter(pa.struct([("at", pa.timestamp("us", "UTC")), ("by", pa.list_(pa.string()))]))
    >>> fit({"at": "2023-06-19T12:54:00.50+03:00", "odd": 1})
    {'at': '2023-06-19T09:54:00.5Z', 'by': []}
    """
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return _fit_struct(kind)
    if pa.types.is_list(kind):
        return _fit_list(kind.value_type)
    for test, fit in (
        (pa.types.is_timestamp, fit_time),
        (pa.types.is_date, _fit_day),
        (pa.types.is_integer, _fit_integer),
        (pa.types.is_string, _fit_text),
    ):
        if test(kind):
            return fit
    return _as_it_is


def _fit_struct(kind: pa.StructType) -> Fit:
    fits = [(field.name, fitter(field.type)) for field in kind]
    names = [name for name, _ in fits]
    others = [(name, fit) for name, fit in fits if fit is not _fit_text]
    texts = [name for name, fit in fits if fit is _fit_text]
    texts_of = itemgetter(*texts) if len(texts) > 1 else None

    def fit_struct(value: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        # Most fields are text: where all of it is, only the others need to be fitted.
        whole = texts_of is not None and type(value) is dict and list(value) == names
        if whole and texts_of and _TEXT.issuperset(map(type, texts_of(value))):
            fitted: dict[str, Any] = value.copy()
            for name, fit in others:
                fitted[name] = fit(fitted[name])
            return fitted
        return {name: fit(value.get(name)) for name, fit in fits}

    return fit_struct


def _fit_list(kind: pa.DataType) -> Fit:
    import pyarrow as pa

    fit = fitter(kind)
    if pa.types.is_struct(kind) and all(pa.types.is_string(field.type) for field in kind):
        return _fit_rows([field.name for field in kind], fit)

    def fit_list(value: Any) -> list[Any]:
        return [fit(item) for item in value] if value else []

    return fit_list


def _fit_rows(names: list[str], fit: Fit) -> Fit:
    """For lists of structs of text: the longest lists of a record, canonical in most records."""

    def fit_rows(value: Any) -> list[Any]:
        if not value:
            return []
        try:
            # No key comes twice in one dict, so that equal keys in a row are equal dicts' keys.
            same = list(chain.from_iterable(value)) == names * len(value)
            types = map(type, chain.from_iterable(map(dict.values, value)))
            if same and _TEXT.issuperset(types):
                return list(value)
        except TypeError:  # something else than dicts
            pass
        return [fit(item) for item in value]

    return fit_rows


def fit_time(value: Any) -> Any:
    """ISO 8601 in UTC with a ``Z``, fractions trimmed; what cannot be read stays as it is.

    >>> fit_time("2023-06-19T12:54:00+03:00"), fit_time("yesterday")
    ('2023-06-19T09:54:00Z', 'yesterday')
    """
    if value is None:
        return None
    if type(value) is str and value.endswith("Z") and _IN_UTC.fullmatch(value):
        return value
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        if moment.tzinfo is None:
            return value
        # Without its zone a time is written in half the time.
        text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    except (ValueError, TypeError, OverflowError):
        return value
    return (text.rstrip("0") if "." in text else text) + "Z"


def _fit_day(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _fit_integer(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _fit_text(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _as_it_is(value: Any) -> Any:
    return value
