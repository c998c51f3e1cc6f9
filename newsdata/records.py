"""The things newsdata is about. If you read one file, read this one.

::

    source ──▶ Page ──extract──▶ Article ──validate──▶ withhold ──▶ deduplicate ──▶ archive
                        │           │                      │             │
                        ╰─ Rejected ┴───────── Rejected    ╰─ Withheld   ╰─ Duplicate

A :class:`Page` is one input: a saved page or one record of a file, as bytes, with where it came
from. Every page ends as exactly one :data:`Outcome`. A stage hands on untouched whatever is no
longer an :class:`Article`, so nothing vanishes and the counts add up.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from newsdata.reasons import REASONS

PageKind: TypeAlias = Literal["dump", "html", "record", "entry"]
Relation: TypeAlias = Literal["exact", "near", "chained"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an input was read. Never part of a record or of a release, only of the ledger.

    ``line`` counts from 1; ``offset`` (from 0) and ``length`` are bytes in the decompressed
    file. A whole-file page has line 1 and offset 0.
    """

    path: str
    line: int | None = None
    offset: int | None = None
    length: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Signal:
    """What was said about the rights of a page beside it: ``where`` (``http``, ``robots`` or
    ``tdmrep``), whether mining its text is reserved or allowed, and on which terms."""

    where: str
    tdm: Literal["reserved", "allowed"] | None = None
    usage_terms: str | None = None
    license: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One input as bytes, with what is known about it from outside.

    ``kind`` says how to read ``content``: ``dump`` (a page saved as plain text), ``html``,
    ``record`` (one JSON value), or ``entry`` (one item of a feed). ``url``, ``retrieved``
    (ISO 8601), ``source`` and ``timezone`` are given by a side file or an option and are None
    where nobody said; they never override what the page says about itself, except the URL, which
    a page rarely says. ``signals`` is what its server said about its rights; ``extra`` goes to
    the record as it is.
    """

    content: bytes
    kind: PageKind
    place: Place
    url: str | None = None
    retrieved: str | None = None
    source: str | None = None
    timezone: str | None = None
    media_type: str | None = None
    signals: tuple[Signal, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()

    @property
    def sha256(self) -> str:
        """sha256 of the bytes, 64 hex digits: the key of a rejected input."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Article:
    """One reading of one input as a record of the schema.

    ``record`` is the JSON record (see ``schemas/article.schema.json``); ``to_dict()`` returns a
    copy of it. Its fields read as attributes: ``article.title``, ``article.author``. A field
    that the record does not have reads as None where the schema of articles has it.
    """

    record: Mapping[str, Any]
    place: Place | None = None
    retrieved: str | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in FIELDS:
            raise AttributeError(f"an article has no field {name!r}; it has {', '.join(FIELDS)}")
        return self.record.get(name)

    def to_dict(self) -> dict[str, Any]:
        """The JSON record, ready for ``json.dumps``."""
        return dict(self.record)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An article that repeats another: which one, how, how surely, and in which cluster.

    ``score`` is the Jaccard similarity of the two texts' shingles, 1.0 for ``exact``.
    """

    article: Article
    of: str
    relation: Relation
    score: float
    cluster: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in an input: where (a JSON Pointer), which code, and in words."""

    code: str
    message: str
    pointer: str = ""
    keyword: str | None = None

    def __post_init__(self) -> None:
        if self.code not in REASONS:
            raise ValueError(f"unknown reason code {self.code!r}")

    def to_dict(self) -> dict[str, Any]:
        """Ready for ``json.dumps``."""
        return {
            "code": self.code,
            "pointer": self.pointer,
            "keyword": self.keyword,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Rejected:
    """An input that is no article, with every reason found and its raw bytes for repair.

    ``raw`` may be cut to a limit, then ``truncated`` is true; ``sha256`` and ``place.length``
    are always of the whole input.
    """

    place: Place
    faults: tuple[Fault, ...]
    raw: bytes
    sha256: str
    truncated: bool = False
    retrieved: str | None = None

    @property
    def code(self) -> str:
        """The first fault's code: the one it is counted under."""
        return self.faults[0].code

    @property
    def message(self) -> str:
        """The first fault in words."""
        return self.faults[0].message

    def to_dict(self) -> dict[str, Any]:
        """One line of a rejects file: the place, the faults, and the raw bytes (as text, or
        base64 where they are no UTF-8)."""
        try:
            raw, encoding = self.raw.decode(), "utf-8"
        except UnicodeDecodeError:
            raw, encoding = base64.b64encode(self.raw).decode(), "base64"
        first = self.faults[0]
        return {
            "path": self.place.path,
            "line": self.place.line,
            "offset": self.place.offset,
            "length": self.place.length,
            "sha256": self.sha256,
            **first.to_dict(),
            "errors": [fault.to_dict() for fault in self.faults],
            "raw": raw,
            "raw_encoding": encoding,
            "truncated": self.truncated,
        }


@dataclass(frozen=True, slots=True)
class Withheld:
    """An article that may not be shown, yet or any more: ``embargo`` or ``withdrawn``."""

    article: Article
    reason: Literal["embargo", "withdrawn"]


Outcome: TypeAlias = Article | Duplicate | Rejected | Withheld


#: Raw bytes of a rejected input are kept whole up to this size, else only their first part.
RAW_LIMIT = 1_000_000
RAW_KEPT_WHEN_TRUNCATED = 65_536


def reject(page: Page, *faults: Fault, raw_limit: int = RAW_LIMIT) -> Rejected:
    """The Rejected for a page, with its raw bytes cut to the limit.

    >>> page = Page(b"{", "record", Place("a.jsonl", 1, 0, 1))
    >>> rejected = reject(page, Fault("not-json", "found the end of the text, expected a key"))
    >>> rejected.code, rejected.raw, rejected.truncated
    ('not-json', b'{', False)
    """
    if not faults:
        raise ValueError("a rejection needs at least one fault")
    whole = len(page.content) <= raw_limit
    raw = page.content if whole else page.content[:RAW_KEPT_WHEN_TRUNCATED]
    return Rejected(page.place, faults, raw, page.sha256, not whole, page.retrieved)


#: Field -> the value it has when nothing is known: the order of columns everywhere.
EMPTY_RECORD: dict[str, Any] = {
    "id": None,
    "alt_ids": [],
    "url": None,
    "source": None,
    "edition": None,
    "title": None,
    "lead": None,
    "text": None,
    "timestamp": None,
    "utc_offset": None,
    "local_date": None,
    "timestamp_precision": None,
    "modified": None,
    "author": [],
    "photographer": [],
    "agency": None,
    "rubric": None,
    "rubric_slug": None,
    "topic": None,
    "tags": [],
    "dateline": None,
    "images": [],
    "people": [],
    "language": None,
    "status": "usable",
    "embargoed_until": None,
    "rights": None,
    "provenance": None,
    "extra": [],
}
FIELDS: tuple[str, ...] = tuple(EMPTY_RECORD)
_LISTS = tuple(name for name, value in EMPTY_RECORD.items() if value == [])


def empty_record(**values: Any) -> dict[str, Any]:
    """A new record with every field present, its lists its own, and ``values`` filled in.

    >>> empty_record(title="T")["author"]
    []
    """
    record = EMPTY_RECORD.copy()
    for name in _LISTS:
        record[name] = []
    record.update(values)
    if len(record) > len(FIELDS):
        unknown = record.keys() - EMPTY_RECORD.keys()
        raise ValueError(f"not fields of a record: {', '.join(sorted(unknown))}")
    return record


@dataclass(slots=True)
class Found:
    """How each field of one record was found, gathered while a page is read.

    Methods are ``jsonld``, ``meta``, ``dom``, ``site``, ``pattern``, ``inferred`` and ``given``.
    """

    values: dict[str, Any] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, value: Any, method: str) -> None:
        """Keep ``value`` for ``name`` unless it says nothing (None, "", [], {})."""
        if value is None or value == "" or value == [] or value == {}:
            return
        self.values[name] = value
        self.methods[name] = method

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def get(self, name: str, default: Any = None) -> Any:
        """The value kept for a field, else ``default``."""
        return self.values.get(name, default)
