"""The options that bound what one input may cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from newsdata.limits import Limits

Function = TypeVar("Function", bound=Callable[..., Any])

_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}
_SIZE = re.compile(r"(\d+)\s*([kmgt]?)b?", re.IGNORECASE | re.ASCII)


class Size(click.ParamType[int]):
    """A number of bytes: 32000000, 32MB, 64k, 1GB (powers of 1000)."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes."""
        if isinstance(value, int):
            return value
        match = _SIZE.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"found {value!r}, expected bytes such as 500000, 64k, 32MB", param, ctx)
        return int(match[1]) * _UNITS[match[2].lower()]


def limit_options(function: Function) -> Function:
    """``--max-...`` and ``--keep-raw``; :func:`limits_of` takes their values."""
    for option in reversed(
        (
            click.option("--max-line", type=Size(), help="Longest record: 32MB."),
            click.option("--max-depth", type=int, help="Deepest nesting: 200 (at most 250)."),
            click.option(
                "--max-digits", type=int, help="Digits of an integer: 4300 (20 to 4300)."
            ),
            click.option(
                "--max-size", type=Size(), help="Most that one compressed file may hold: 1TB."
            ),
            click.option("--max-ratio", type=int, help="Most times its size, from 100MB on: 300."),
            click.option("--keep-raw", type=Size(), help="Bytes of a reject kept whole: 1MB."),
        )
    ):
        function = option(function)
    return function


_NAMES = {
    "max_line": "line",
    "max_depth": "depth",
    "max_digits": "digits",
    "max_size": "decompressed",
    "max_ratio": "ratio",
    "keep_raw": "raw",
}


def limits_of(values: dict[str, int | None]) -> Limits:
    """The limits that options set. Raises UsageError for impossible ones."""
    given = {_NAMES[name]: value for name, value in values.items() if value is not None}
    if "line" in given:
        given["page"] = given["line"]  # a file that is one object is one record too
    return Limits(**given)
