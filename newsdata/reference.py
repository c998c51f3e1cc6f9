"""The second opinion: what jsonschema, the reference implementation, decides. Pure.

It judges what the fast validator judged, by the same schema, and says where the two differ. The
differences that are known, and who is right in them, are in :data:`KNOWN`; any other one is a
bug of one of the two and worth a report.
"""

from __future__ import annotations

import copy
import heapq
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from typing import Any

from newsdata.errors import SchemaError
from newsdata.records import Page, Place, Rejected
from newsdata.schema import Schema, parse_schema
from newsdata.schema.bundling import draft_of, pointer, subschemas
from newsdata.validation import MOST_FAULTS, check, parse_json


@dataclass(frozen=True, slots=True)
class Known:
    """A known difference: what it is, and the keywords (with their values) that it comes from.

    A disagreement is explained by it where both agree about the schema without these keywords,
    in a schema of ``draft`` if it is of one draft alone.
    """

    meaning: str
    comes_from: Callable[[str, Any], bool]
    draft: str | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A record that the two validators judge differently.

    ``index`` counts the records from 0; ``ours`` and ``reference`` are what each found wrong,
    empty where it found the record valid. ``known`` names the entry of :data:`KNOWN` that
    explains it, None where nothing does.
    """

    index: int
    ours: tuple[str, ...]
    reference: tuple[str, ...]
    known: str | None = None


#: Formats that the reference checks without further packages.
_CHECKED = frozenset({
    "date", "date-time", "email", "idn-email", "ipv4", "ipv6", "regex", "uri", "uuid",
})  # fmt: skip
_PATTERNS = frozenset({"pattern", "patternProperties"})
_UNEVALUATED = frozenset({"unevaluatedProperties", "unevaluatedItems"})

#: Name -> known difference, in the order in which they are looked for.
KNOWN: dict[str, Known] = {
    "time-format": Known(
        "RFC 3339 has leap seconds and the year 0000, Python's calendar has neither; the "
        "reference accepts spellings of the clock that RFC 3339 does not have",
        lambda word, asked: word == "format" and asked in ("date-time", "date", "time"),
    ),
    "unchecked-format": Known(
        "the reference checks this format only with further packages, we always do",
        lambda word, asked: word == "format" and asked not in _CHECKED,
    ),
    "format": Known(
        "the reference checks e-mail addresses, addresses of machines, URIs and regular "
        "expressions by rougher rules than their standards, and formats in drafts that do not "
        "have them",
        lambda word, _: word == "format",
    ),
    "pattern": Known(
        "patterns are those of ECMA 262 to us and those of Python to the reference: $ before a "
        "last line break, \\d, \\w, \\b and \\s beyond ASCII, \\p{...}",
        lambda word, _: word in _PATTERNS,
    ),
    "multiple-of": Known(
        "multipleOf with fractions: we compare decimals, the reference their binary neighbours",
        lambda word, _: word == "multipleOf",
    ),
    "unevaluated": Known(
        "in draft 2019-09 the reference forgets what additionalProperties and other keywords "
        "beside unevaluatedProperties and unevaluatedItems have evaluated already",
        lambda word, _: word in _UNEVALUATED,
        "2019-09",
    ),
    "several": Known(
        "more than one of these at once",
        lambda word, _: word in {"format", "multipleOf", *_PATTERNS},
    ),
    "failed": Known(
        "the reference could not judge the record: a pattern that Python cannot read, a number "
        "that is too large for it",
        lambda _word, _asked: False,
    ),
}


class SecondOpinion:
    """The reference validator for one schema, made once."""

    def __init__(self, schema: Schema) -> None:
        from jsonschema import Draft202012Validator
        from jsonschema.validators import validator_for
        from referencing.jsonschema import EMPTY_REGISTRY

        self.schema = schema
        document = dict(schema.document)
        make = validator_for(document, default=Draft202012Validator)
        # An empty registry fetches nothing.
        self._reference = make(
            document, registry=EMPTY_REGISTRY, format_checker=_reference_formats()
        )
        self._without: dict[str, SecondOpinion | None] = {}

    def judge(self, record: Mapping[str, Any], index: int = 0) -> Disagreement | None:
        """How the two differ about a record; None where both find it valid or both do not."""
        ours = tuple(f"{fault.pointer}: {fault.message}" for fault in check(record, self.schema))
        theirs, failed = self._theirs(record)
        if not failed and bool(ours) == bool(theirs):
            return None
        known = "failed" if failed else self._explained(record)
        return Disagreement(index, ours, theirs, known)

    def _theirs(self, record: Mapping[str, Any]) -> tuple[tuple[str, ...], bool]:
        """What the reference found wrong, and whether it could not judge the record at all."""
        try:
            errors = list(islice(self._reference.iter_errors(record), MOST_FAULTS))
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # a library of it in Rust panics where a schema never ends
            return (f"the reference failed: {type(error).__name__}: {error!s:.300}",), True
        told = (f"{pointer(error.absolute_path)}: {error.message}"[:500] for error in errors)
        return tuple(told), False

    def _explained(self, record: Mapping[str, Any]) -> str | None:
        """The first known difference without whose keywords both agree about the record."""
        draft = draft_of(self.schema.document)
        for name, known in KNOWN.items():
            if known.draft not in (None, draft):
                continue
            if name not in self._without:
                self._without[name] = _without(self.schema, known.comes_from)
            other = self._without[name]
            if other is not None and other.agrees(record):
                return name
        return None

    def agrees(self, record: Mapping[str, Any]) -> bool:
        """Whether both find the record valid, or both do not."""
        theirs, failed = self._theirs(record)
        return not failed and bool(theirs) != self.schema.validator.is_valid(record)


def _without(schema: Schema, comes_from: Callable[[str, Any], bool]) -> SecondOpinion | None:
    """The opinion about the schema less some keywords; None where it has none of them."""
    document = copy.deepcopy(dict(schema.document))
    fewer = False
    for _, node in list(subschemas(document)):
        for word in [w for w in node if comes_from(w, node[w])] if isinstance(node, dict) else ():
            del node[word]
            fewer = True
    try:
        return SecondOpinion(parse_schema(document, schema.name)) if fewer else None
    except SchemaError:  # a reference to what was taken away
        return None


def second_opinion(records: Iterable[Mapping[str, Any]], schema: Schema) -> list[Disagreement]:
    """Where the reference decides otherwise than we do.

    Both judge the same formats: those that the reference checks without further packages, and
    date-time and uri, which it is given here. It never fetches a schema from the network.
    """
    opinion = SecondOpinion(schema)
    found = (opinion.judge(record, index) for index, record in enumerate(records))
    return [one for one in found if one is not None]


@dataclass(slots=True)
class Opinions:
    """Gathers the second opinion over the records of whole sources, or over a sample of them.

    A sample of n are the n records whose digests are the least: the same in any order.
    """

    opinion: SecondOpinion
    sample: int | None = None
    judged: int = 0
    known: dict[str, int] = field(default_factory=dict)
    disagreements: list[tuple[Place, Disagreement]] = field(default_factory=list)
    _heap: list[tuple[int, int, bytes, Place]] = field(default_factory=list)
    _seen: int = 0

    def see(self, item: Page | Rejected) -> None:
        """A valid record, or a rejected one; one that is no JSON record is not judged."""
        if isinstance(item, Rejected):
            if item.truncated or item.faults[0].keyword is None:
                return
            content, place = item.raw, item.place
        else:
            content, place = item.content, item.place
        self._seen += 1
        if self.sample is None:
            self._judge(content, place)
            return
        rank = -int.from_bytes(blake2b(content, digest_size=8).digest())
        entry = (rank, -self._seen, content, place)
        if len(self._heap) < self.sample:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)

    def finish(self) -> None:
        """Judge the sample, in the order of the sources."""
        for _, _, content, place in sorted(self._heap, key=lambda entry: -entry[1]):
            self._judge(content, place)
        self._heap.clear()

    def _judge(self, content: bytes, place: Place) -> None:
        record, faults = parse_json(content)
        if faults or not isinstance(record, dict):
            return
        found = self.opinion.judge(record, self.judged)
        self.judged += 1
        if found is None:
            return
        if found.known is not None:
            self.known[found.known] = self.known.get(found.known, 0) + 1
        else:
            self.disagreements.append((place, found))

    def summary(self) -> dict[str, Any]:
        """Ready for ``json.dumps``; of the disagreements that nothing explains the first 100."""
        return {
            "judged": self.judged,
            "known": dict(sorted(self.known.items())),
            "disagreements": len(self.disagreements),
            "examples": [
                {
                    "path": place.path,
                    "line": place.line,
                    "offset": place.offset,
                    "ours": list(found.ours),
                    "reference": list(found.reference),
                }
                for place, found in self.disagreements[:100]
            ],
        }


def _reference_formats() -> Any:
    """The reference's own format checks, with date-time and uri by the standard library."""
    from datetime import datetime
    from urllib.parse import urlsplit

    from jsonschema import FormatChecker

    checker = FormatChecker()
    # RFC 3339, section 5.6; fromisoformat then judges the calendar.
    written = re.compile(
        r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:(\d\d)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII
    )

    def is_date_time(value: object) -> bool:
        if not isinstance(value, str):
            return True
        if not written.fullmatch(value):
            return False
        return datetime.fromisoformat(value.upper()).tzinfo is not None

    def is_uri(value: object) -> bool:
        if not isinstance(value, str):
            return True
        return (
            bool(urlsplit(value).scheme) and value.isascii() and not re.search(r"[\s<>\"]", value)
        )

    checker.checks("date-time", raises=ValueError)(is_date_time)
    checker.checks("uri", raises=ValueError)(is_uri)
    return checker
