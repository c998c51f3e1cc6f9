"""An article as an item of ninjs 3.1 (IPTC, News in JSON; ``specification`` of iptc/newsinjson).

Nothing is guessed: what the record does not say the item does not have. The copyright holder is
left out for that reason, a printed agency claims no right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newsdata.exporters.formats.uris import media_topic, own_uri, uri

VERSION = "3.1"
SCHEMA = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"


def ninjs(record: Mapping[str, Any]) -> dict[str, Any]:
    """One item; ``record`` is the JSON record of an article.

    >>> item = ninjs({"id": "belta-ru:1", "title": "T", "text": "One two."})
    >>> item["uri"], item["bodies"][0]["wordCount"], item["representationType"]
    ('urn:newsdata:belta-ru:1', 2, 'full')
    """
    address = own_uri(record.get("id"), record.get("url"))
    dateline = record.get("dateline") or {}
    places = dateline.get("places") or []
    item = {
        "uri": address,
        "type": "text",
        "representationType": "full" if record.get("text") else "partial",
        "firstCreated": _moment(record.get("timestamp")),
        "versionCreated": _moment(record.get("modified")),
        "embargoedUntil": _moment(record.get("embargoed_until")),
        "pubStatus": record.get("status"),
        "language": record.get("language"),
        "by": ", ".join(record.get("author") or []),
        "headlines": _valued("main", record.get("title")),
        "descriptions": _valued("lead", record.get("lead")),
        "bodies": _bodies(record.get("text")),
        "people": [{"name": name, "rel": "mentions"} for name in record.get("people") or []],
        "places": [{"name": name, "rel": "dateline"} for name in places],
        "located": ", ".join(places),
        "subjects": _subjects(record),
        "infoSources": _sources(record),
        "associations": [
            _picture(picture, number, address)
            for number, picture in enumerate(record.get("images") or [], 1)
        ],
        "altIds": _ids(record),
        **_rights(record.get("rights") or {}),
        "standard": {"name": "ninjs", "version": VERSION, "schema": SCHEMA},
    }
    return {name: value for name, value in item.items() if value not in (None, "", [])}


def _moment(text: str | None) -> str | None:
    """A time; a mere day, which records of other schemas may have, is none."""
    return text if text and "T" in text else None


def _valued(role: str, text: str | None) -> list[dict[str, Any]]:
    return [{"role": role, "contentType": "text/plain", "value": text}] if text else []


def _bodies(text: str | None) -> list[dict[str, Any]]:
    counts = {"charCount": len(text or ""), "wordCount": len((text or "").split())}
    return [{**body, **counts} for body in _valued("main", text)]


def _subjects(record: Mapping[str, Any]) -> list[dict[str, str]]:
    subjects: list[dict[str, str]] = []
    rubric, slug = record.get("rubric"), record.get("rubric_slug")
    if rubric or slug:
        named = {"name": rubric, "rel": "rubric", "literal": slug}
        subjects.append({key: value for key, value in named.items() if value})
    topic = media_topic(record.get("topic"))
    if topic:
        subjects.append({"rel": "about", "uri": topic, "literal": str(record["topic"])})
    return [*subjects, *({"name": tag, "rel": "keyword"} for tag in record.get("tags") or [])]


def _sources(record: Mapping[str, Any]) -> list[dict[str, str]]:
    roles = (("agency", "agency"), ("source", "publisher"))
    return [{"name": record[key], "role": role} for key, role in roles if record.get(key)]


def _ids(record: Mapping[str, Any]) -> list[dict[str, str]]:
    own = [{"role": "id", "value": record["id"]}] if record.get("id") else []
    return [*own, *({"role": "alternative", "value": one} for one in record.get("alt_ids") or [])]


def _rights(rights: Mapping[str, Any]) -> dict[str, Any]:
    """A licence that is an address is linked; one that is only a name is a usage term."""
    licence = rights.get("license")
    link = uri(licence)
    terms = [rights.get("usage_terms"), None if link else licence]
    return {
        "copyrightNotice": rights.get("copyright_notice"),
        "usageTerms": "; ".join(dict.fromkeys(term for term in terms if term)),
        "rightsInfo": {"linkedRights": link} if link else None,
    }


def _picture(picture: Mapping[str, Any], number: int, article: str) -> dict[str, Any]:
    address = uri(picture.get("url"))
    agency = picture.get("agency")
    item = {
        "name": f"picture-{number}",
        "rel": "illustration",
        "uri": address or f"{article.partition('#')[0]}#picture-{number}",
        "type": "picture",
        "by": ", ".join(picture.get("photographer") or []),
        "descriptions": [
            *_valued("caption", picture.get("caption")),
            *_valued("credit", picture.get("credit")),
        ],
        "infoSources": [{"name": agency, "role": "agency"}] if agency else [],
        "renditions": [{"name": "original", "href": address}] if address else [],
    }
    return {name: value for name, value in item.items() if value not in (None, "", [])}
