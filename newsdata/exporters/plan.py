"""What is to be sealed, as a value: made by :mod:`newsdata.releases`, written by this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsdata.schema import Schema

if TYPE_CHECKING:
    import pyarrow as pa

#: The default config of a release: its articles. Others (duplicates, revisions) stand beside it.
ARTICLES = "articles"


@dataclass(frozen=True, slots=True)
class Shard:
    """Rows ``start`` to ``stop`` (not included) of the plan's table, and the file they go to."""

    name: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class About:
    """What only the keeper of a dataset can say about it. Nothing here is ever guessed.

    ``license`` is an identifier of the Hub (``cc-by-4.0``); one it does not know is ``other``
    with ``license_name`` and ``license_link``.
    """

    license: str = "other"
    license_name: str | None = None
    license_link: str | None = None
    summary: str | None = None
    citation: str | None = None
    limits: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One release before it is written.

    ``table`` is sorted, has exactly the schema's columns and covers the shards end to end.
    ``counts`` are distinct inputs by final outcome; ``left_out`` are articles that lacked a
    required field, by reason. ``documents`` are further files, path in the release -> bytes.
    """

    version: str
    name: str
    date: str
    schema: Schema
    table: pa.Table
    shards: tuple[Shard, ...]
    split: str = "train"
    counts: Mapping[str, Any] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    about: About = About()
    documents: Mapping[str, bytes] = field(default_factory=dict)
