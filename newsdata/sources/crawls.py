"""The pages in a WARC file: responses, resources and conversions, with revisits resolved.

A first pass gathers what concerns other records: robots.txt and tdmrep.json of each host, and
which captures a revisit refers to. The second gives one item for each record that stands for a
page, in their order; only revisits that come before their capture stand at the end. Records that
describe (warcinfo, request, metadata) are no inputs.

What another file says changes nothing: each file is read the same alone and with others.
"""

from __future__ import annotations

import base64
import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import IO, BinaryIO, TypeAlias
from urllib.parse import urlsplit

from newsdata.records import RAW_KEPT_WHEN_TRUNCATED, Fault, Page, Place, Rejected, Signal
from newsdata.sources.feeds import feed_items
from newsdata.sources.http import Headers, Response, parse_response
from newsdata.sources.kinds import HEAD, describe, sniff
from newsdata.sources.origins import Origin
from newsdata.sources.reservations import (
    Reservations,
    Robots,
    header_signals,
    parse_reservations,
    parse_robots,
)
from newsdata.sources.sidecars import is_instant, is_url
from newsdata.sources.streams import Stream, file_sha256
from newsdata.sources.warc import MAGIC, WarcRecord, read_records

#: Types of records that stand for a page; continuations stand for a part of one.
_INPUTS = frozenset(("response", "resource", "revisit", "conversion", "continuation"))
_PAGES = ("text/html", "application/xhtml+xml")
_PAGE_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_SCHEMES = ("http", "https", "file")
_ROBOTS = "/robots.txt"
_TDMREP = "/.well-known/tdmrep.json"
#: A digest is compared where it is one of these; older crawlers' drafts meant other bytes.
_DIGESTS = {"sha1": 20, "sha256": 32, "md5": 16, "sha512": 64}

Said: TypeAlias = Robots | Reservations


@dataclass(slots=True)
class _Host:
    """What one host said, by the time at which it said so."""

    said: dict[str, list[tuple[str, str, Said]]] = field(default_factory=dict)

    def at(self, when: str | None, url: str) -> Iterator[Signal]:
        for _, found in sorted(self.said.items()):
            times = [time for time, _, _ in found]
            place = max(0, bisect_right(times, when or "") - 1)
            yield from found[place][2].signals(url)


@dataclass(slots=True)
class _Survey:
    """What the first pass gathered."""

    hosts: dict[str, _Host] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)


def read_crawl(file: BinaryIO, origin: Origin) -> Iterator[Page | Rejected]:
    """One item for every record of a page in a WARC file, which must be able to seek.

    A place has the name of the file and, after ``#``, the id of the record.
    """
    survey = _survey(file, origin)
    file.seek(0)
    with TemporaryFile(prefix="newsdata-") as spill:
        yield from _Crawl(file, origin, survey, spill).items()


def _survey(file: BinaryIO, origin: Origin) -> _Survey:
    survey = _Survey()
    stream = Stream(file, origin.name, origin.limits, MAGIC)
    for record in read_records(stream, origin.limits):
        if record.fault is not None:
            continue
        if record.type == "revisit":
            survey.wanted.update(_references(record))
        target = record.target
        if target and record.type in ("response", "resource"):
            path = _host_and_path(target)
            if path is not None and path[1] in (_ROBOTS, _TDMREP):
                _note(survey, record, path, origin.limits.page)
    for host in survey.hosts.values():
        for found in host.said.values():
            found.sort(key=lambda one: one[:2])
    return survey


def _host_and_path(url: str) -> tuple[str, str] | None:
    """(scheme and host, path) of an address, None where it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}", parts.path


def _note(survey: _Survey, record: WarcRecord, where: tuple[str, str], limit: int) -> None:
    content: bytes = record.block
    if record.type == "response":
        response = parse_response(record.block, limit)
        if isinstance(response, Fault) or response.fault or response.status != 200:
            return
        content = response.content
    host, path = where
    said = parse_robots(content) if path == _ROBOTS else parse_reservations(content)
    if said is not None:
        kept = survey.hosts.setdefault(host, _Host()).said.setdefault(path, [])
        digest = hashlib.sha256(content).hexdigest()
        kept.append((_instant(record) or "", digest, said))


def _references(record: WarcRecord) -> Iterator[str]:
    """By what a revisit may be resolved, the surest first: the id, the address and time, the
    digest of the payload."""
    named = record.header("warc-refers-to")
    if named:
        yield f"id {named.strip('<> ')}"
    target, when = (record.header(f"warc-refers-to-{name}") for name in ("target-uri", "date"))
    if target and when:
        yield f"at {when} {target.strip('<> ')}"
    digest = record.header("warc-payload-digest")
    if digest:
        yield f"of {digest}"


def _names(record: WarcRecord) -> Iterator[str]:
    """By what a capture may be referred to, in the same words."""
    yield f"id {(record.header('warc-record-id') or '').strip('<> ')}"
    yield f"at {record.header('warc-date')} {record.target}"
    digest = record.header("warc-payload-digest")
    if digest:
        yield f"of {digest}"


def _instant(record: WarcRecord) -> str | None:
    """WARC-Date in UTC, None where it is no time."""
    text = (record.header("warc-date") or "").strip()
    if not is_instant(text):
        return None
    return datetime.fromisoformat(text).astimezone(UTC).isoformat().replace("+00:00", "Z")


class _Crawl:
    """The second pass over one file."""

    def __init__(self, file: BinaryIO, origin: Origin, survey: _Survey, spill: IO[bytes]) -> None:
        self.origin = origin
        self.survey = survey
        self.spill = spill
        self.stream = Stream(file, origin.name, origin.limits, MAGIC)
        self.captures: dict[str, tuple[int, int, WarcRecord]] = {}
        self.count = 0

    def items(self) -> Iterator[Page | Rejected]:
        early: list[WarcRecord] = []
        told = False
        for record in read_records(self.stream, self.origin.limits):
            if record.fault is not None:
                told = told or record.fault is self.stream.fault
                self.count += 1
                yield self._damaged(record, record.fault)
            elif record.type == "revisit" and self._capture(record) is None:
                early.append(record)
            elif record.type in _INPUTS:
                yield from self._inputs(record)
        for record in early:
            yield from self._inputs(record)
        fault = self.stream.fault
        if fault is not None and not told:
            self.count += 1
            place = Place(self.origin.name, None, self.stream.given, 0)
            yield Rejected(place, (fault,), b"", file_sha256(self.origin.path))
        elif not self.count:
            message = "found no response, resource, revisit or conversion, expected pages"
            place = Place(self.origin.name, 1, 0, self.stream.given)
            sha256 = file_sha256(self.origin.path)
            yield Rejected(place, (Fault("no-pages", message),), b"", sha256)

    def _inputs(self, record: WarcRecord) -> Iterator[Page | Rejected]:
        for item in self._read(record):
            self.count += 1
            yield item

    def _place(self, record: WarcRecord) -> Place:
        name = (record.header("warc-record-id") or "").strip("<> ")
        path = f"{self.origin.name}#{name}" if name else self.origin.name
        return Place(path, None, record.offset, record.length)

    def _damaged(self, record: WarcRecord, fault: Fault) -> Rejected:
        sha256 = record.sha256 or file_sha256(self.origin.path)
        place, when = self._place(record), _instant(record)
        raw = record.block
        return Rejected(place, (fault,), raw, sha256, len(raw) < record.length, when)

    def _rejected(
        self, record: WarcRecord, content: bytes, fault: Fault, keep: bool = True
    ) -> Rejected:
        """A whole record that is no article; of what is no page only the first bytes are kept."""
        whole = keep and len(content) <= self.origin.limits.raw
        raw = content if whole else content[:RAW_KEPT_WHEN_TRUNCATED]
        sha256 = hashlib.sha256(content).hexdigest()
        cut = len(raw) < len(content)
        return Rejected(self._place(record), (fault,), raw, sha256, cut, _instant(record))

    def _capture(self, record: WarcRecord) -> tuple[int, int, WarcRecord] | None:
        named = (self.captures.get(name) for name in _references(record))
        return next((found for found in named if found is not None), None)

    def _read(self, record: WarcRecord) -> Iterator[Page | Rejected]:
        if record.type == "continuation" or record.header("warc-segment-number"):
            message = "found a segment of a record, expected a whole one"
            yield self._rejected(record, record.block, Fault("segmented-record", message))
            return
        if record.type == "revisit":
            yield from self._revisit(record)
            return
        names = [name for name in _names(record) if name in self.survey.wanted]
        if names:
            start = self.spill.seek(0, 2)
            self.spill.write(record.block)
            kept = (start, len(record.block), replace(record, block=b""))
            for name in names:
                self.captures.setdefault(name, kept)
        yield from self._page(record)

    def _revisit(self, record: WarcRecord) -> Iterator[Page | Rejected]:
        found = self._capture(record)
        if found is None:
            named = " or ".join(_references(record)) or "nothing"
            message = f"refers to {named:.300}, of which this file has no capture"
            yield self._rejected(record, record.block, Fault("unresolved-revisit", message))
            return
        start, size, capture = found
        self.spill.seek(start)
        block = self.spill.read(size)
        own = ("warc-record-id", "warc-date", "warc-target-uri")
        headers = (
            *((key, value) for key, value in record.headers if key in own),
            *((key, value) for key, value in capture.headers if key not in own),
        )
        yield from self._page(
            replace(
                capture, headers=headers, block=block, offset=record.offset, length=record.length
            )
        )

    def _page(self, record: WarcRecord) -> Iterator[Page | Rejected]:
        limits = self.origin.limits
        response: Response | None = None
        content = record.block
        scheme, colon, _ = (record.target or "").partition(":")
        if colon and scheme.lower() not in _SCHEMES:
            message = f"found {record.target!r:.100}, expected an address of http or https"
            yield self._rejected(record, content, Fault("not-a-page", message), keep=False)
            return
        if record.type == "response":
            parsed = parse_response(content, limits.page)
            if isinstance(parsed, Fault):
                yield self._rejected(record, content, parsed)
                return
            response, content = parsed, parsed.content
        fault = _digest_fault(record, response) or (response.fault if response else None)
        if fault is None and response and not 200 <= response.status < 300:
            message = f"found the status {response.status}, expected success"
            fault = Fault("http-status", message)
        if fault is not None:
            yield self._rejected(record, content, fault)
            return
        yield from self._items(record, response, content)

    def _items(
        self, record: WarcRecord, response: Response | None, content: bytes
    ) -> Iterator[Page | Rejected]:
        media_type = response.header("content-type") if response else record.header("content-type")
        base = (media_type or "").partition(";")[0].strip().lower()
        url = record.target
        where = _host_and_path(url or "")
        if where is not None and where[1] in (_ROBOTS, _TDMREP):
            message = f"found {where[1]}, which is read for the rights of pages only"
            yield self._rejected(record, content, Fault("not-a-page", message), keep=False)
            return
        kind = _kind(content, base)
        if kind is None:
            what = base or describe(content[:HEAD])
            message = f"found {what:.100}, expected HTML, text, a feed or a JSON record"
            yield self._rejected(record, content, Fault("not-a-page", message), keep=False)
            return
        page = Page(
            content,
            "html" if kind in ("html", "feed") else "record" if kind == "object" else "dump",
            self._place(record),
            url=url if url and is_url(url) else None,
            retrieved=_instant(record),
            source=self.origin.source,
            timezone=self.origin.timezone,
            media_type=media_type,
            signals=self._signals(record, response.headers if response else ()),
            extra=_extra(record),
        )
        if kind == "feed":
            yield from feed_items(page, self.origin.limits)
        else:
            yield page

    def _signals(self, record: WarcRecord, headers: Headers) -> tuple[Signal, ...]:
        signals = list(header_signals(headers))
        url = record.target
        where = _host_and_path(url or "")
        host = self.survey.hosts.get(where[0]) if where else None
        if host is not None and url is not None:
            signals += host.at(_instant(record), url)
        return tuple(signals)


def _kind(content: bytes, base: str) -> str | None:
    """``html``, ``feed``, ``object`` or ``dump``; None for what is no page."""
    if base in _PAGES and _PAGE_START.match(content):
        return "html"  # what most records are: no need to look further
    kind = sniff(content[:HEAD])
    if base in _PAGES:
        return "feed" if kind == "feed" else "html" if kind != "unknown" else None
    if kind in ("html", "feed"):
        return kind
    if kind == "object" or (kind == "jsonl" and "json" in base):
        return "object"
    if kind == "dump" and base in ("", "text/plain"):
        return "dump"
    return None


def _extra(record: WarcRecord) -> tuple[tuple[str, str], ...]:
    named = (("warc_payload_digest", "warc-payload-digest"), ("warc_truncated", "warc-truncated"))
    said = ((key, record.header(name)) for key, name in named)
    return tuple((key, value) for key, value in said if value)


def _digest_fault(record: WarcRecord, response: Response | None) -> Fault | None:
    """Whether the bytes are those the digests were made of.

    What a payload is, crawlers disagree: the content as sent, without chunks, or decoded. So
    only bytes that no reading of a digest fits are damaged. A record that was cut when it was
    captured has the digests of the whole, and drafts before 1.0 defined none.
    """
    if record.version.startswith("0") or record.header("warc-truncated"):
        return None
    wrong = None
    forms = {record.block, *(response.forms if response else ())}
    for name in ("warc-block-digest", "warc-payload-digest"):
        said = record.header(name)
        known = _digest_of(said)
        if said is None or known is None:
            continue
        algorithm, digest = known
        usual = (record.block,) if name == "warc-block-digest" else tuple(forms)
        if any(
            hashlib.new(algorithm, form, usedforsecurity=False).digest() == digest
            for form in usual
        ):
            return None
        wrong = wrong or f"{name}: found other bytes than those of {said:.100}"
    return Fault("bad-digest", wrong) if wrong else None


def _digest_of(said: str | None) -> tuple[str, bytes] | None:
    """(algorithm, digest) of a digest in base 32 or hexadecimal; None where it is neither."""
    name, _, text = (said or "").partition(":")
    name, text = name.strip().lower().replace("-", ""), text.strip()
    size = _DIGESTS.get(name)
    if size is None:
        return None
    try:
        padded = text.upper() + "=" * (-len(text) % 8)
        digest = bytes.fromhex(text) if len(text) == 2 * size else base64.b32decode(padded)
    except ValueError:
        return None
    return (name, digest) if len(digest) == size else None
