"""From what was read to fields of a record: shared by the extractors. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from newsdata.grammar.dates import PrintedTime
from newsdata.grammar.topics import topic_of_rubric
from newsdata.identity import URL_RULES_VERSION, Identity, bytes_id, identify
from newsdata.records import Found, Page
from newsdata.sites import find_agency, find_site, zone_of_agency, zone_of_host

#: Names of the methods a provenance may give for a field (RECORD: ``provenance``).
METHODS = ("jsonld", "meta", "dom", "site", "pattern", "inferred", "given")


@dataclass(frozen=True, slots=True)
class Clock:
    """The zone of a page's naive times, and how it was found: ``site``, ``given``, ``inferred``.

    ``zone`` is None where nothing tells; a naive time is then to be rejected.
    """

    zone: str | None
    method: str


def clock_of(page: Page, identity: Identity | None, agency: str | None = None) -> Clock:
    """Whose clock a naive time of ``page`` shows.

    The site's own zone; else the one given with the page; else that of the dateline's agency;
    else that of the country domain, the last two marked ``inferred``.
    """
    if identity and identity.zone:
        return Clock(identity.zone, "site")
    site = find_site(page.source.lower()) if page.source and not identity else None
    if site and site.zone:
        return Clock(site.zone, "site")
    if page.timezone:
        return Clock(page.timezone, "given")
    host = identity.source if identity else page.source
    return Clock(zone_of_agency(agency) or zone_of_host(host), "inferred")


def time_fields(printed: PrintedTime | None) -> dict[str, Any]:
    """The four fields of a time: timestamp (ISO with the printed offset), utc_offset in minutes,
    local_date and timestamp_precision. All None for no time or one without a zone.

    >>> from newsdata.grammar.dates import read_time
    >>> fields = time_fields(read_time("2016-09-19 15:21", "Europe/Minsk"))
    >>> fields["timestamp"], fields["utc_offset"], fields["local_date"]
    ('2016-09-19T15:21:00+03:00', 180, '2016-09-19')
    """
    if printed is None or printed.naive:
        return dict.fromkeys(("timestamp", "utc_offset", "local_date", "timestamp_precision"))
    return {
        "timestamp": printed.when.isoformat(timespec="seconds"),
        "utc_offset": printed.utc_offset,
        "local_date": printed.local_date.isoformat(),
        "timestamp_precision": printed.precision,
    }


def put_time(found: Found, printed: PrintedTime | None, method: str, clock: Clock) -> None:
    """Put the four time fields; an offset that was not printed says where its zone comes from."""
    zone_method = method if printed is None or printed.zone_printed else clock.method
    inferred = zone_method == "inferred"
    for name, value in time_fields(printed).items():
        if name == "utc_offset":
            found.put(name, value, zone_method)
        else:
            found.put(name, value, "inferred" if inferred and name == "timestamp" else method)


def finish_identity(found: Found, page: Page, agency: str | None = None) -> Identity | None:
    """Fill in id, url, source, edition, rubric_slug, topic, and the language of the edition.

    The address is the one given with the page, else the ``url`` already found on it. Without
    an address the source is the one given, else the host of the agency, marked ``inferred``.
    An ``id`` that is there is kept. Answers the identity of the address, None without one.
    """
    given = identify(page.url) if page.url else None
    method = "given" if given else found.methods.get("url", "dom")
    identity = given or identify(found.get("url"))
    if identity:
        found.put("url", identity.url, method)
        _put_address(found, identity)
    else:
        found.values.pop("url", None)
        found.methods.pop("url", None)
        _put_source(found, page, agency)
    if "id" not in found:
        found.put("id", bytes_id(page.content), "inferred")
    if "topic" not in found:
        topic = topic_of_rubric(found.get("rubric"), found.get("rubric_slug"))
        found.put("topic", topic, "inferred")
    return identity


def _put_address(found: Found, identity: Identity) -> None:
    method = "site" if identity.known else "pattern"
    if "id" not in found:
        found.put("id", identity.id, "site" if identity.native_id else "inferred")
    found.put("source", identity.source, method)
    found.put("edition", identity.edition, "site")
    found.put("rubric_slug", identity.rubric_slug, "site")
    if identity.language and "language" not in found:
        found.put("language", identity.language, "site")


def _put_source(found: Found, page: Page, agency: str | None) -> None:
    if "source" in found:
        return
    known = find_agency(agency) if agency else None
    if page.source:
        found.put("source", page.source, "given")
    elif known:
        found.put("source", known.host, "inferred")


def provenance(
    sha256: str, extractor: str, version: int, methods: Mapping[str, str]
) -> dict[str, Any]:
    """The provenance of a record: which bytes, which extractor, and how each field was found.

    >>> provenance("0" * 64, "dump", 1, {"title": "pattern"})["fields"]
    [{'field': 'title', 'method': 'pattern'}]
    """
    return {
        "sha256": sha256,
        "extractor": extractor,
        "extractor_version": version,
        "url_rules": URL_RULES_VERSION,
        "fields": [{"field": name, "method": methods[name]} for name in sorted(methods)],
    }
