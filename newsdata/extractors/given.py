"""Records as they come: ours as they are, foreign ones through a mapping and the trade's readers.

Without a mapping a record has our field names and its values stay as they are; validation judges
them later. Only what is missing is filled in: empty fields, the id (RECORD: ``id``), the source
from the URL or the option, and what follows from an aware time (offset, local day, precision).
A naive time gets its zone from the site, the page or the country domain, else it is rejected.

With a mapping every value passes the readers that pages pass: times, bylines, credits,
datelines. What has no field of ours goes to ``extra``. Line breaks inside paragraphs stay as
printed: too few foreign texts are wrapped at a fixed width to tell the width from the author's
own breaks (of 45,312 wire stories 59 were wrapped throughout), and deduplication reads words.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from newsdata.extractors.fields import Clock, clock_of, finish_identity, provenance, put_time
from newsdata.extractors.mapping import FieldMap, look_up
from newsdata.extractors.readers import READERS, UnfitError, json_name
from newsdata.extractors.wire import dateline_agency, put_wire
from newsdata.grammar.dates import PrintedTime, epoch_time, read_time
from newsdata.grammar.languages import ENOUGH, detect_language
from newsdata.grammar.zones import at_zone, find_zone
from newsdata.identity import Identity, identify, record_id
from newsdata.records import (
    EMPTY_RECORD,
    Article,
    Fault,
    Found,
    Page,
    Rejected,
    empty_record,
    reject,
)
from newsdata.text import squeeze
from newsdata.validation import parse_json

EXTRACTOR = "given"
EXTRACTOR_VERSION = 2

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_TIMES = ("timestamp", "modified", "embargoed_until")


def extract_record(page: Page, mapping: FieldMap | None = None) -> Article | Rejected:
    """The article in a page of kind ``record``.

    ``provenance.sha256`` is that of the canonical JSON of the input record. A record that
    newsdata wrote itself keeps its provenance, so that reading a release back changes nothing.
    """
    value, faults = parse_json(page.content)
    if faults:
        return reject(page, *faults)
    if not isinstance(value, dict):
        message = f"found {json_name(value)}, expected an object"
        return reject(page, Fault("not-an-object", message))
    if mapping is not None:
        return _foreign(page, value, mapping)
    if "uri" in value or "@context" in value:
        from newsdata.extractors import agencies, linked

        if agencies.is_ninjs(value):
            return agencies.extract_ninjs(page, value)
        if linked.is_linked(value):
            return linked.extract_linked(page, value)
    return _own(page, value)


def extract_flat(
    page: Page, value: Any, flat: dict[str, Any], extractor: str, version: int
) -> Article | Rejected:
    """The article in ``flat``: texts of another format under our names, to be read as foreign
    ones are. ``value`` is the record they came from, of which the provenance has the digest."""
    said = {name: item for name, item in flat.items() if item not in (None, "", [], {})}
    found = _foreign(page, said, FieldMap({}))
    if isinstance(found, Rejected):
        return found
    made = dict(found.record["provenance"])
    made |= {"sha256": _sha256(value), "extractor": extractor, "extractor_version": version}
    return Article({**found.record, "provenance": made}, found.place, found.retrieved)


def canonical_bytes(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, also of integers that orjson cannot write.

    >>> canonical_bytes({"b": 2**70, "a": "я"}).decode()
    '{"a":"я","b":1180591620717411303424}'
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return text.encode()


def _sha256(value: Any) -> str:
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def extra_of(value: Mapping[str, Any]) -> list[dict[str, str | None]]:
    """Fields that have no place of ours: strings as they are, all else as JSON text, by key.

    >>> extra_of({"b": 1, "a": "x", "c": None})
    [{'key': 'a', 'value': 'x'}, {'key': 'b', 'value': '1'}, {'key': 'c', 'value': None}]
    """
    return [
        {
            "key": key,
            "value": item
            if item is None or isinstance(item, str)
            else canonical_bytes(item).decode(),
        }
        for key, item in sorted(value.items())
    ]


# -- our own field names ----------------------------------------------------------------------


#: Fields whose presence says nothing of how they were found.
_UNMARKED = frozenset({"provenance", "extra", "id"})
_NO_CLOCK = Clock(None, "given")


def _own(page: Page, value: dict[str, Any]) -> Article | Rejected:
    record = empty_record()
    unknown: dict[str, Any] = {}
    for name, given in value.items():
        if name not in record:
            unknown[name] = given
        elif given is not None:
            record[name] = given
    if unknown and isinstance(record["extra"], list):
        record["extra"] = [*record["extra"], *extra_of(unknown)]
    methods: dict[str, str] = {}  # of what is filled in
    moments = [moment for name in _TIMES if (moment := _moment(record[name]))]
    needs_clock = _needs_clock(record, moments)
    identity = _fill_identity(record, methods, page, value, needs_clock)
    clock = _NO_CLOCK
    if needs_clock:
        clock = clock_of(page, identity, _text_or_none(record["agency"]))
    fault = _fill_times(record, methods, clock) if moments else None
    if fault:
        return reject(page, fault)
    if not _is_provenance(record["provenance"]):
        methods = {**_given(value), **methods}
        record["provenance"] = provenance(_sha256(value), EXTRACTOR, EXTRACTOR_VERSION, methods)
    return Article(record, page.place, page.retrieved)


def _given(value: dict[str, Any]) -> dict[str, str]:
    """The fields of ours that a record came with, all found the same way."""
    return {
        name: "given"
        for name, empty in EMPTY_RECORD.items()
        if name not in _UNMARKED and value.get(name) not in (None, empty)
    }


def _is_provenance(value: Any) -> bool:
    return isinstance(value, dict) and "sha256" in value and "extractor" in value


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _fill_identity(
    record: dict[str, Any],
    methods: dict[str, str],
    page: Page,
    value: dict[str, Any],
    needs_clock: bool,
) -> Identity | None:
    if record["url"] is None and page.url is not None:
        found = identify(page.url)
        record["url"] = found.url if found else page.url
        methods["url"] = "given"
    if None not in (record["id"], record["source"], record["language"]) and not needs_clock:
        methods["id"] = "given"
        return None
    identity = identify(_text_or_none(record["url"]))
    if record["id"] is not None:
        methods["id"] = "given"
    elif identity:
        record["id"] = identity.id
        methods["id"] = "site" if identity.native_id else "inferred"
    else:
        record["id"] = record_id(value.get("title"), value.get("text"), value.get("timestamp"))
        methods["id"] = "inferred"
    if record["source"] is None and (identity or page.source):
        record["source"] = identity.source if identity else page.source
        methods["source"] = ("site" if identity.known else "pattern") if identity else "given"
    for name in ("edition", "rubric_slug", "language"):
        known = getattr(identity, name) if identity else None
        if record[name] is None and known is not None:
            record[name] = known
            methods[name] = "site"
    return identity


def _needs_clock(record: dict[str, Any], moments: list[datetime]) -> bool:
    """Whether a time is without its zone, or in UTC without the local day."""
    return any(m.tzinfo is None for m in moments) or (
        bool(moments) and record["local_date"] is None
    )


def _fill_times(record: dict[str, Any], methods: dict[str, str], clock: Clock) -> Fault | None:
    """Give naive times their zone and derive what is missing; a Fault where no zone is known."""
    for name in _TIMES:
        moment = _moment(record[name])
        if moment is None or moment.tzinfo is not None:
            continue
        aware = at_zone(moment, clock.zone) if clock.zone else None
        if aware is None:
            return Fault("naive-time", naive_message(record[name]), f"/{name}")
        if name == "timestamp" and record["timestamp_precision"] is None:
            record["timestamp_precision"] = _precision(record[name])
            methods["timestamp_precision"] = "given"
        record[name] = aware.isoformat()
        if clock.method == "inferred":
            methods[name] = "inferred"
    _derive(record, methods, clock)
    return None


def naive_message(printed: Any) -> str:
    """What a rejection for a time without a zone says."""
    return (
        f"found the time {str(printed)[:100]!r} without a zone, expected an offset, or the zone "
        "of its source (an option or a side file gives it)"
    )


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


_CLOCK_IN = re.compile(r"[T ]\d\d:?\d\d(?P<second>:?\d\d)?", re.IGNORECASE)


def _precision(printed: str) -> str:
    clock = _CLOCK_IN.search(printed)
    if clock is None:
        return "day"
    return "second" if clock["second"] else "minute"


_DERIVED = ("utc_offset", "local_date", "timestamp_precision")


def _derive(record: dict[str, Any], methods: dict[str, str], clock: Clock) -> None:
    """Offset, local day and precision of an aware timestamp, where they are not given."""
    if None not in (record[name] for name in _DERIVED):
        return
    moment = _moment(record["timestamp"])
    if moment is None or moment.tzinfo is None:
        return
    offset = moment.utcoffset()
    local, method = moment, "given"
    if not offset and clock.zone and clock.method != "inferred":
        # A time in UTC does not say which day it was where it was published; the zone does.
        try:
            local, method = moment.astimezone(find_zone(clock.zone) or UTC), clock.method
        except OverflowError:
            local = moment
    derived = {
        "utc_offset": None if offset is None else int(offset.total_seconds()) // 60,
        "local_date": local.date().isoformat(),
        "timestamp_precision": _precision(record["timestamp"]),
    }
    for name, value in derived.items():
        if record[name] is None and value is not None:
            record[name] = value
            methods[name] = method if name == "local_date" else "given"


# -- foreign field names ----------------------------------------------------------------------


#: Everything that may be mapped, with its reader; times are read later, with their clock.
_READ: tuple[tuple[str, Callable[[Any], Any] | None], ...] = (
    *READERS.items(), *((name, None) for name in _TIMES), ("retrieved", None)
)  # fmt: skip


def _foreign(page: Page, value: dict[str, Any], mapping: FieldMap) -> Article | Rejected:
    found = Found()
    raw: dict[str, Any] = {}
    for field, reader in _READ:
        path = mapping.paths.get(field, field)
        if path in value:
            item = value[path]
        elif "." in path:
            item = look_up(value, path)
        else:
            continue
        if item is None or not path or (field == "retrieved" and field not in mapping.paths):
            continue
        try:
            if reader:
                found.put(field, reader(item), "given")
        except UnfitError as error:
            # A field that only happens to have the name of one of ours is none of ours.
            if field not in mapping.paths:
                continue
            return reject(page, error.fault(field, _pointer(path)))
        raw[field] = item
    if mapping.path_of("title") == mapping.path_of("text"):
        _part_title(found)
    return _finish(page, value, mapping, raw, found)


def _part_title(found: Found) -> None:
    """Of a post whose text is also mapped as its title, the first line is the title.

    What follows is the text; a post of one line is both.
    """
    first, _, rest = (found.get("text") or "").partition("\n")
    found.put("title", squeeze(first), "given")
    found.put("text", rest.strip() or first, "given")


def _pointer(path: str) -> str:
    return "/" + path.replace(".", "/")


def _finish(
    page: Page, value: dict[str, Any], mapping: FieldMap, raw: dict[str, Any], found: Found
) -> Article | Rejected:
    retrieved = page.retrieved or _retrieved(raw.get("retrieved"))
    identity = identify(page.url or found.get("url"))
    agency = found.get("agency") or dateline_agency(found.get("text"))
    clock = clock_of(page, identity, agency)
    for name in _TIMES:
        printed, fault = _time(raw.get(name), clock, retrieved, found.get("language"))
        if fault and name == "modified" and name not in mapping.paths:
            continue
        if fault:
            message = f"{name}: {fault.message}"
            return reject(page, Fault(fault.code, message, _pointer(mapping.path_of(name))))
        if name == "timestamp":
            put_time(found, printed, "given", clock)
        elif printed is not None:
            found.put(name, printed.when.isoformat(timespec="seconds"), "given")
    if "id" not in found and identity is None:
        parts = (found.get("title"), found.get("text"), found.get("timestamp"))
        found.put("id", record_id(*parts), "inferred")
    carried = put_wire(found, identity)
    finish_identity(found, page, found.get("agency"))
    if "language" not in found:
        text = f"{found.get('title', '')}\n{found.get('text', '')[:ENOUGH]}"
        found.put("language", detect_language(_ADDRESS.sub(" ", text)), "inferred")
    record = empty_record(**found.values)
    extra = [*extra_of(_leftover(value, raw, found, mapping)), *carried]
    record["extra"] = sorted(extra, key=lambda item: item["key"] or "")
    record["provenance"] = provenance(_sha256(value), EXTRACTOR, EXTRACTOR_VERSION, found.methods)
    return Article(record, page.place, retrieved)


def _leftover(
    value: dict[str, Any], raw: dict[str, Any], found: Found, mapping: FieldMap
) -> dict[str, Any]:
    """Foreign fields that did not become ours: unknown, only read in part, or unreadable.

    A field of names in which no person was found (``Staff``) is kept, so nothing is lost.
    """
    used = {
        mapping.path_of(field)
        for field, item in raw.items()
        if field in found or field == "retrieved" or item in ("", [], {})
    }
    return {key: item for key, item in value.items() if key not in used}


def _retrieved(item: Any) -> str | None:
    printed = epoch_time(item) if isinstance(item, (int, float)) else None
    if isinstance(item, str):
        printed = read_time(item, "UTC")
    return printed.when.isoformat() if printed and not printed.naive else None


def _time(
    item: Any, clock: Clock, retrieved: str | None, language: str | None
) -> tuple[PrintedTime | None, Fault | None]:
    """The printed time of a mapped field; no value is no fault."""
    if item is None or (isinstance(item, str) and not item.strip()):
        return None, None
    if isinstance(item, bool) or not isinstance(item, (str, int, float)):
        found = json_name(item)
        return None, Fault("wrong-type", f"found {found}, expected a printed time or a Unix time")
    if isinstance(item, str):
        now = _moment(retrieved)
        printed = read_time(item, clock.zone, now, language=language)
    else:
        printed = epoch_time(item)
    if printed is None:
        return None, Fault("bad-time", f"found {str(item)[:100]!r}, expected a readable time")
    if printed.naive:
        return None, Fault("naive-time", naive_message(item))
    return printed, None
