"""What is to be sealed, as a value: made by :mod:`newsdata.releases`, written by this room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from newsdata.exporters.facts import Facts
from newsdata.schema import Schema

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

#: A file of a :class:`Stream` has at most about so many bytes before compression.
STREAM_BYTES = 500_000_000

#: The usual order of splits.
_ORDER = "train validation test"


@dataclass(frozen=True, slots=True)
class Shard:
    """Rows ``start`` to ``stop`` (not included) of a release, and the file they go to.

    ``key`` is a hash of the digests of those rows in their order: equal keys, equal rows. It is
    empty where the digests are not known.
    """

    name: str
    start: int
    stop: int
    key: str = ""


class Rows(Protocol):
    """The rows of a release, read in its order, as often and as far as they are needed."""

    def tables(self, cuts: Sequence[tuple[int, int]]) -> Iterator[pa.Table]:
        """Rows ``start`` to ``stop`` (not included) for each cut, in the schema's columns. The
        cuts ascend; what one of them holds has to fit into memory."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """Rows that are one table."""

    table: pa.Table

    def tables(self, cuts: Sequence[tuple[int, int]]) -> Iterator[pa.Table]:
        """See :class:`Rows`."""
        return (self.table.slice(start, stop - start) for start, stop in cuts)


@dataclass(frozen=True, slots=True)
class Side:
    """A further config of a release, or one of its tables: small enough to be held in memory.

    ``meaning`` says in one sentence what a row is.
    """

    name: str
    table: pa.Table
    meaning: str


@dataclass(frozen=True, slots=True)
class Stream:
    """A further config of a release, as large as its articles. ``rows`` have ``columns`` and cover
    ``splits`` end to end; ``sizes`` are about their bytes. ``totals`` are the columns of whole
    numbers whose sums the manifest tells."""

    name: str
    meaning: str
    columns: pa.Schema
    sizes: np.ndarray[Any, Any]
    splits: tuple[Shard, ...]
    rows: Rows
    totals: tuple[str, ...] = ()


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

    ``files`` are its Parquet files: path -> ``{"sha256", "size", "rows"}``. ``configs`` are what
    it has beside the articles. ``splits`` are the numbers of rows of its splits, that
    which models learn from first; ``split`` is the first one's name. ``totals`` are sums of
    columns of the configs, as the manifest has them.
    """

    version: str
    name: str
    date: str
    schema: Schema
    facts: Facts
    content_hash: str
    files: Mapping[str, Mapping[str, Any]]
    split: str = "train"
    splits: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, Any] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    about: About = About()
    since: Since = Since()
    configs: tuple[Config, ...] = ()
    sections: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    totals: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """One release before it is written.

    ``rows`` are sorted, have exactly the schema's columns and cover the shards end to end;
    ``sizes`` are their bytes (:mod:`newsdata.sizes`). ``splits`` are their rows by the split they
    belong to, sorted by name, as the manifest has them; none is empty. ``leaves`` are the same
    rows in the portions in which they are hashed (:mod:`newsdata.exporters.hashing`).
    ``sides`` stand beside them.
    ``counts`` are distinct inputs by final outcome; ``left_out`` are articles that lacked a
    required field, by reason. ``documents`` are further files, path in the release -> bytes.
    ``sections`` are further ones of the card, heading -> Markdown.
    ``without`` says what was left out of the rows (:mod:`newsdata.exporters.without`).
    """

    version: str
    name: str
    date: str
    schema: Schema
    rows: Rows
    sizes: np.ndarray[Any, Any]
    shards: tuple[Shard, ...]
    leaves: tuple[Shard, ...]
    splits: tuple[Shard, ...]
    counts: Mapping[str, Any] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    about: About = About()
    documents: Mapping[str, bytes] = field(default_factory=dict)
    sides: tuple[Side, ...] = ()
    streams: tuple[Stream, ...] = ()
    since: Since = Since()
    sections: Mapping[str, str] = field(default_factory=dict)
    without: Mapping[str, Any] = field(default_factory=dict)

    @property
    def num_rows(self) -> int:
        """Number of articles in the release."""
        return len(self.sizes)

    @property
    def split(self) -> str:
        """The split that models learn from; where there is none, the first."""
        names = [split.name for split in self.splits]
        return "train" if "train" in names else names[0]

    @property
    def table(self) -> pa.Table:
        """All rows at once: for small releases. Sealing reads :attr:`rows` in portions."""
        import pyarrow as pa

        return pa.concat_tables(self.rows.tables([(s.start, s.stop) for s in self.shards]))

    def described(
        self,
        facts: Facts,
        content_hash: str,
        files: Mapping[str, Mapping[str, Any]],
        totals: Mapping[str, Any],
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
            splits={
                split.name: split.stop - split.start
                for split in sorted(self.splits, key=lambda split: _ORDER.find(split.name))
            },
            counts=self.counts,
            left_out=self.left_out,
            settings=self.settings,
            about=self.about,
            since=self.since,
            sections=self.sections,
            without=tuple(self.without.get("fields", ())),
            totals=totals,
            configs=(
                *(
                    Config(
                        side.name,
                        side.meaning,
                        side.table.schema,
                        {side_split(self): side_file(self, side)},
                    )
                    for side in self.sides
                ),
                *(
                    Config(
                        one.name,
                        one.meaning,
                        one.columns,
                        {s.name: f"{one.name}/{s.name}-*.parquet" for s in one.splits},
                    )
                    for one in self.streams
                ),
            ),
        )


def stream_files(stream: Stream) -> list[Shard]:
    """The files of a config as large as the articles, with their rows."""
    from newsdata.exporters.rows import cut

    return [
        Shard(f"{stream.name}/{split.name}-{number:05}.parquet", split.start + a, split.start + b)
        for split in stream.splits
        for number, (a, b) in enumerate(cut(stream.sizes[split.start : split.stop], STREAM_BYTES))
    ]


def side_split(plan: Plan) -> str:
    """The split of the configs beside the articles: that of the articles, because they speak of
    them; ``full`` where the articles have several, so that nobody takes their rows for train
    (``all`` is a word of ``datasets``, which then loads nothing)."""
    return plan.split if len(plan.splits) == 1 else "full"


def side_file(plan: Plan, side: Side) -> str:
    """The one file of a config beside the articles.

    It stands outside of ``data/``: pandas, Polars and Spark read a folder with all that is
    below it as one table.
    """
    return f"{side.name}/{side_split(plan)}-00000.parquet"
