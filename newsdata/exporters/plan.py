"""What is to be sealed, as a value: made by :mod:`newsdata.releases`, written by this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsdata.exporters.facts import Facts
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
    with ``license_name`` and ``license_link``. ``creator`` and ``publisher`` are names, several
    joined by ``;``. The others are texts in Markdown for the card; :data:`STRICT` names those
    that no release should lack. :data:`ABOUT` says what each is for.
    """

    license: str = "other"
    license_name: str | None = None
    license_link: str | None = None
    creator: str | None = None
    publisher: str | None = None
    url: str | None = None
    summary: str | None = None
    uses: str | None = None
    out_of_scope: str | None = None
    rationale: str | None = None
    collection: str | None = None
    personal_data: str | None = None
    biases: str | None = None
    limits: str | None = None
    citation: str | None = None
    contact: str | None = None


#: Key of ``[card]`` -> what the keeper writes there.
ABOUT: dict[str, str] = {
    "license": "licence of the dataset, an identifier of the Hub such as cc-by-4.0",
    "license_name": "name of a licence the Hub does not know",
    "license_link": "where its text stands",
    "creator": "who made the dataset; several names joined by ;",
    "publisher": "who publishes it, where that is somebody else",
    "url": "page of the dataset",
    "summary": "what this dataset is, in two sentences",
    "uses": "what it is meant to be used for",
    "out_of_scope": "what it must not be used for",
    "rationale": "why it was made",
    "collection": "how the pages and records were chosen and fetched, and with what right",
    "personal_data": "which persons it names, why that may be passed on, how to have one removed",
    "biases": "whose view these news give, and who is missing in them",
    "limits": "what it lacks and where it is known to be wrong",
    "citation": "how to cite it, where that is not by the file CITATION.cff",
    "contact": "whom to write to",
}

#: What ``newsdata release --strict`` asks for.
STRICT = ("uses", "personal_data", "biases", "limits")


def lacking(about: About) -> tuple[str, ...]:
    """The keys of :data:`STRICT` that say nothing.

    >>> lacking(About(uses="Studies.", limits=" ", biases="One agency."))
    ('personal_data', 'limits')
    """
    return tuple(key for key in STRICT if not (getattr(about, key) or "").strip())


@dataclass(frozen=True, slots=True)
class Since:
    """What a release is against the one before.

    ``previous`` is that one's version, None for the first; ``step`` and ``reason`` are those of
    the proposal. ``removed`` has, for each id of the release before that is not in this one,
    (id, reason code, id of the article that stands for it now, or ``""``), sorted. ``changelog``
    is CHANGELOG.md of the release before.
    """

    previous: str | None = None
    step: str | None = None
    reason: str = ""
    added: int = 0
    changed: int = 0
    removed: tuple[tuple[str, str, str], ...] = ()
    changelog: bytes = b""


@dataclass(frozen=True, slots=True)
class Config:
    """A further config of a release: ``files`` is split -> glob, ``meaning`` one sentence."""

    name: str
    meaning: str
    columns: pa.Schema
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Described:
    """A release whose rows are written, as the documents about it see it.

    ``files`` are the shards of its articles: path -> ``{"sha256", "size", "rows"}``. ``configs``
    are what it has beside the articles.
    """

    version: str
    name: str
    date: str
    schema: Schema
    facts: Facts
    content_hash: str
    files: Mapping[str, Mapping[str, Any]]
    split: str = "train"
    counts: Mapping[str, Any] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    about: About = About()
    since: Since = Since()
    configs: tuple[Config, ...] = ()


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
    since: Since = Since()

    def described(
        self, facts: Facts, content_hash: str, files: Mapping[str, Mapping[str, Any]]
    ) -> Described:
        """The plan once its rows are written: what the documents are made from."""
        return Described(
            version=self.version,
            name=self.name,
            date=self.date,
            schema=self.schema,
            facts=facts,
            content_hash=content_hash,
            files=files,
            split=self.split,
            counts=self.counts,
            left_out=self.left_out,
            settings=self.settings,
            about=self.about,
            since=self.since,
        )
