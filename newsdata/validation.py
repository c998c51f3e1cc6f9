"""Decide whether a record is valid: first its JSON text, then its JSON Schema. Nothing else.

orjson parses and jsonschema-rs decides. What parsers let through (doubled keys, integers turned
into floats) is ruled out by a cheap guard for nearly every record, see :func:`parse_json`.

An integer of any size is JSON and stays an exact ``int``, so ``validate`` passes it where the
schema does; that no column can hold it is found in ``build`` (``not-representable``). Only what
cannot be held at all is ``number-too-large``: a number beyond a double (1e999) and an integer of
more digits than Python converts (4300), or than the limits allow.
"""

from __future__ import annotations

import json
import re
import threading
from itertools import islice
from typing import Any, NoReturn

import orjson

from newsdata.jsontext import depth, doubled_keys, lone_surrogate, not_finite
from newsdata.limits import Limits
from newsdata.records import Fault, Page, Rejected, reject
from newsdata.schema import Schema
from newsdata.schema.bundling import pointer

#: A rejection lists at most so many faults of one record.
MOST_FAULTS = 100
_BOM = "\ufeff"
_DEFAULT = Limits()
_KEY_END = re.compile(rb'"[ \t\r\n]*+:')
#: Makes every digit a 0 and everything else a space, to find long runs of digits quickly.
_DIGITS = bytes(48 if 48 <= byte < 58 else 32 for byte in range(256))
_LONG = b"0" * 19


def parse_json(content: bytes, limits: Limits = _DEFAULT) -> tuple[Any, tuple[Fault, ...]]:
    """The JSON value in ``content``, or None and what is wrong with the text.

    Wrong are: bytes that are no UTF-8, a byte order mark, NaN and Infinity, doubled keys, half
    of a surrogate pair, numbers that cannot be held, nesting beyond ``limits.depth``, and
    whatever else is not JSON by RFC 8259. Messages name the byte (from 0).

    >>> parse_json(b'{"id": "a"}')
    ({'id': 'a'}, ())
    >>> parse_json(b'{"id": NaN}')[1][0].message
    'found NaN at byte 7, expected a JSON value'
    """
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        return _refused(content, limits, error)
    written = written_nested(value, limits.depth)
    if written is None:
        faults = _too_deep(content.decode(), limits)
        if faults:
            return None, faults
    elif len(written) == len(content) + 2 * (_DEEPEST - limits.depth):
        around = _DEEPEST - limits.depth
        if written[around:-around] == content:  # then no key and no digit was lost
            return value, ()
    return _guarded(value, content, written, limits)


#: orjson refuses to write what is nested deeper than this.
_DEEPEST = 254
_NESTS = threading.local()


def written_nested(value: Any, deepest: int) -> bytes | None:
    """The value as orjson writes it, inside as many arrays as are missing to orjson's limit; None
    where it is nested deeper than ``deepest`` levels.

    So orjson does the counting, which costs nothing beside a walk or a count of brackets.
    """
    kept = getattr(_NESTS, "kept", None)
    if kept is None or kept[0] != deepest:
        inner: list[Any] = [None]
        outer = inner
        for _ in range(_DEEPEST - deepest - 1):
            outer = [outer]
        kept = _NESTS.kept = (deepest, outer, inner)
    _, outer, inner = kept
    inner[0] = value
    try:
        return orjson.dumps(outer)
    except TypeError:
        return None
    finally:
        inner[0] = None


def _guarded(
    value: Any, content: bytes, written: bytes | None, limits: Limits
) -> tuple[Any, tuple[Fault, ...]]:
    """The value if neither a key nor a digit was lost when it was parsed, else the faults."""
    # Colons stand after keys and in strings, and those in strings are the same in both texts
    # unless one is escaped. Only integers of 19 digits and more can have been turned to floats.
    if (
        written is not None
        and content.count(b":") == written.count(b":")
        and (b"\\" not in content or b"\\u003" not in content)
        and not has_long_digits(content)
    ):
        return value, ()
    keys, odd = _count(value)
    # Every key of the text ends in `"` and `:`. More such places than keys in the value: either
    # a key is lost, or a string holds the same two characters; only then is it worth a scan.
    if keys != len(_KEY_END.findall(content)):
        faults = _doubled(content)
        if faults:
            return None, faults
    if odd:
        return _exact(content, limits)
    return value, ()


def has_long_digits(content: bytes) -> bool:
    """Whether a text has a run of 19 digits or more: only such integers can become floats."""
    return _LONG in content.translate(_DIGITS)


def _count(value: Any) -> tuple[int, bool]:
    """The keys in a value, and whether it holds a float that may have been a long integer."""
    keys = 0
    odd = False
    todo = [value]
    while todo:
        item = todo.pop()
        kind = type(item)
        if kind is dict:
            keys += len(item)
            todo.extend(item.values())
        elif kind is list:
            todo.extend(item)
        elif kind is float and (item >= 2.0**63 or item <= -(2.0**63)):
            odd = True
    return keys, odd


def _doubled(content: bytes) -> tuple[Fault, ...]:
    text = content.decode()
    return tuple(
        Fault(
            "duplicate-key",
            f"found the key {str(double.path[-1])[:200]!r} again at byte "
            f"{_byte(text, double.position)}, expected it once in its object",
            pointer(double.path),
        )
        for double in islice(doubled_keys(text), MOST_FAULTS)
    )


def _exact(content: bytes, limits: Limits) -> tuple[Any, tuple[Fault, ...]]:
    """Parse with integers of any size: slower, so only for texts that hold such numbers."""

    def integer(digits: str) -> int:
        if len(digits.lstrip("-")) > limits.digits:
            raise ValueError
        return int(digits)

    try:
        value = json.loads(content, parse_int=integer, parse_constant=_no_constant)
    except ValueError:
        message = f"found an integer of more digits than the {limits.digits} allowed"
        return None, (Fault("number-too-large", message),)
    except RecursionError:
        return None, (Fault("too-deep", "found more nesting than can be read"),)
    infinite = _infinite(value)
    if infinite is not None:
        message = "found a number that overflows a double, expected one below 1.8e308"
        return None, (Fault("number-too-large", message, pointer(infinite)),)
    return value, ()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _infinite(value: Any) -> list[str | int] | None:
    """The path of the first infinite float, or None."""
    todo: list[tuple[list[str | int], Any]] = [([], value)]
    while todo:
        path, item = todo.pop()
        if isinstance(item, dict):
            todo.extend(([*path, key], sub) for key, sub in item.items())
        elif isinstance(item, list):
            todo.extend(([*path, index], sub) for index, sub in enumerate(item))
        elif isinstance(item, float) and item in (float("inf"), float("-inf")):
            return path
    return None


def _too_deep(text: str, limits: Limits) -> tuple[Fault, ...]:
    deepest, position = depth(text, limits.depth)
    if deepest <= limits.depth:
        return ()
    message = (
        f"found {deepest} levels of nesting, at byte {_byte(text, position)} more than the "
        f"{limits.depth} allowed"
    )
    return (Fault("too-deep", message),)


def _refused(
    content: bytes, limits: Limits, error: orjson.JSONDecodeError
) -> tuple[Any, tuple[Fault, ...]]:
    """Why orjson refused a text; a few texts it refuses are JSON after all (long integers)."""
    try:
        text = content.decode()
    except UnicodeDecodeError as wrong:
        found = content[wrong.start : wrong.end].hex(" ")
        message = f"found {found} at byte {wrong.start}, expected UTF-8: {wrong.reason}"
        return None, (Fault("invalid-utf8", message),)
    if text.startswith(_BOM):
        message = "found a byte order mark at byte 0, expected one at most at the start of a file"
        return None, (Fault("bom-inside", message),)
    if not text.strip(" \t\r\n"):
        return None, (Fault("not-json", "found nothing, expected a JSON value"),)
    deep = _too_deep(text, limits)
    if deep:
        return None, deep
    try:
        json.loads(text, parse_constant=_constant_is_fine)
    except json.JSONDecodeError as wrong:
        return None, (_not_json(text, wrong),)
    except ValueError:
        return _exact(content, limits)
    return _stricter_than_python(content, text, error, limits)


def _constant_is_fine(_name: str) -> None:
    return None


def _stricter_than_python(
    content: bytes, text: str, error: orjson.JSONDecodeError, limits: Limits
) -> tuple[Any, tuple[Fault, ...]]:
    """The text is JSON for Python's lenient parser: what is orjson's objection?"""
    constant = not_finite(text)
    if constant is not None:
        name, position = constant
        message = f"found {name} at byte {_byte(text, position)}, expected a JSON value"
        return None, (Fault("not-finite", message),)
    half = lone_surrogate(text)
    if half >= 0:
        message = (
            f"found {text[half : half + 6]} at byte {_byte(text, half)}, half of a surrogate "
            "pair, expected both halves"
        )
        return None, (Fault("lone-surrogate", message),)
    doubled = _doubled(content)
    if doubled:
        return None, doubled
    value, faults = _exact(content, limits)
    if faults or _count(value)[1] or _has_long_integer(value):
        return value, faults
    message = f"found no JSON at byte {_byte(text, error.pos)}: {error.msg}"
    return None, (Fault("not-json", message),)


def _has_long_integer(value: Any) -> bool:
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
        elif isinstance(item, int) and not -(2**63) <= item < 2**64:
            return True
    return False


def _not_json(text: str, error: json.JSONDecodeError) -> Fault:
    position = min(error.pos, len(text))
    byte = _byte(text, position)
    if text[position : position + 1] == _BOM:
        message = f"found a byte order mark at byte {byte}, expected none inside a file"
        return Fault("bom-inside", message)
    found = repr(text[position : position + 20]) if position < len(text) else "the end"
    return Fault("not-json", f"found {found} at byte {byte}: {error.msg}")


def _byte(text: str, position: int) -> int:
    """The byte at which a character stands."""
    return len(text[:position].encode("utf-8", "surrogatepass"))


# -- the schema -------------------------------------------------------------------------------


def check(record: Any, schema: Schema) -> tuple[Fault, ...]:
    """Everything that is wrong with a parsed record, at most :data:`MOST_FAULTS` faults."""
    if not isinstance(record, dict):
        found = _json_name(record)
        return (Fault("not-an-object", f"found {found}, expected an object"),)
    return tuple(islice(schema.faults(record), MOST_FAULTS))


def _json_name(value: Any) -> str:
    names = {type(None): "null", bool: "a boolean", str: "a string", list: "an array"}
    return names.get(type(value), "a number")


def validate_record(
    page: Page, schema: Schema, limits: Limits = _DEFAULT
) -> tuple[dict[str, Any] | None, Rejected | None]:
    """The record that a page of kind ``record`` holds, or its rejection; exactly one is None."""
    record, faults = parse_json(page.content, limits)
    faults = faults or check(record, schema)
    if faults:
        return None, reject(page, *faults, raw_limit=limits.raw)
    return record, None
