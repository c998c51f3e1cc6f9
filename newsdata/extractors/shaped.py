"""Records of any schema: what is missing is filled in, and the schema decides. Pure.

The counterpart of the other extractors for archives whose records are no articles. Values stay
as they are; only a time without a zone gets the one that is given (``--timezone``), an address
and a source that are given with the input stand where the record has none, and a record without
an id gets ``sha256:`` and 32 hex digits of its canonical URL, else of its canonical JSON.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from newsdata.extractors.given import canonical_bytes, naive_message
from newsdata.grammar.zones import at_zone
from newsdata.identity import canonical_url, url_id
from newsdata.records import Article, Fault, Page, Rejected, reject
from newsdata.schema import Schema
from newsdata.schema.bundling import pointer
from newsdata.validation import check, parse_json

_TIMES = ("timestamp", "modified", "embargoed_until")


def read_shaped(page: Page, schema: Schema) -> Article | Rejected:
    """The record of a page, valid by ``schema`` and with an id, or why it is none.

    What ``validate`` rejects is rejected here with the same faults.
    """
    if page.kind != "record":
        found = f"found a page ({page.kind}), expected JSON records"
        return reject(page, Fault("not-json", found))
    value, faults = parse_json(page.content)
    if faults:
        return reject(page, *faults)
    if not isinstance(value, dict):
        return reject(page, *check(value, schema))
    record = dict(value)
    fault = _fill(record, page, schema)
    faults = (fault,) if fault else check(record, schema)
    if faults:
        return reject(page, *faults)
    name = schema.roles["id"]
    if record.get(name) in (None, ""):
        if str(schema.arrow.field(name).type) != "string":
            text = "found no id, expected one: none can be made where ids are integers"
            return reject(page, Fault("missing-field", text, pointer([name]), "x-newsdata"))
        record[name] = made_id(value, record.get(schema.roles.get("url", "")))
    return Article(record, page.place, page.retrieved)


def made_id(value: dict[str, Any], url: object = None) -> str:
    """The id of a record that has none, the same for the same JSON value for ever.

    >>> made_id({"a": 1, "b": 2}) == made_id({"b": 2, "a": 1}) != made_id({"a": 1})
    True
    """
    canonical = canonical_url(url) if isinstance(url, str) else None
    if canonical:
        return url_id(canonical)
    return "sha256:" + hashlib.sha256(canonical_bytes(value)).hexdigest()[:32]


def _fill(record: dict[str, Any], page: Page, schema: Schema) -> Fault | None:
    for role, given in (("url", page.url), ("source", page.source)):
        name = schema.roles.get(role)
        if name is not None and given is not None and record.get(name) is None:
            record[name] = given
    for role in _TIMES:
        name = schema.roles.get(role)
        if name is None or schema.properties[name].get("format") != "date-time":
            continue
        moment = _naive(record.get(name))
        if moment is None:
            continue
        aware = at_zone(moment, page.timezone) if page.timezone else None
        if aware is None:
            return Fault("naive-time", naive_message(record[name]), pointer([name]))
        record[name] = aware.isoformat()
    return None


def _naive(value: Any) -> datetime | None:
    """The time in a text that has a date and a clock, but no zone."""
    if not isinstance(value, str) or len(value) < len("2024-05-31T12:00"):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is None else None
