"""An article as a schema.org NewsArticle in JSON-LD 1.1, by the names the schema of articles
gives its fields (``x-schema-org``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from newsdata.exporters.formats.uris import media_topic, own_uri, uri

CONTEXT = "https://schema.org"


def news_article(record: Mapping[str, Any]) -> dict[str, Any]:
    """One JSON-LD document; ``record`` is the JSON record of an article.

    An article of which only the day is known has that day as its date.

    >>> made = news_article({"id": "belta-ru:1", "author": ["Ada Fable"], "title": "T"})
    >>> made["@id"], made["author"]
    ('urn:newsdata:belta-ru:1', [{'@type': 'Person', 'name': 'Ada Fable'}])
    """
    others = record.get("alt_ids") or []
    text = record.get("text")
    source = record.get("source")
    day_only = record.get("timestamp_precision") == "day" and record.get("local_date")
    article = {
        "@context": CONTEXT,
        "@type": "NewsArticle",
        "@id": own_uri(record.get("id"), record.get("url")),
        "identifier": [record.get("id"), *(one for one in others if not _address(one))],
        "url": uri(record.get("url")),
        "sameAs": [uri(one) for one in others if _address(one)],
        "headline": record.get("title"),
        "description": record.get("lead"),
        "articleBody": text,
        "wordCount": len(text.split()) if text else None,
        "datePublished": day_only or record.get("timestamp"),
        "dateModified": record.get("modified"),
        "author": _persons(record.get("author")),
        "publisher": _organization(source),
        "sourceOrganization": _organization(record.get("agency")),
        "articleSection": record.get("rubric"),
        "about": _about(record.get("topic")),
        "keywords": record.get("tags"),
        "dateline": (record.get("dateline") or {}).get("raw"),
        "image": [_image(one) for one in record.get("images") or []],
        "mentions": _persons(record.get("people")),
        "inLanguage": record.get("language"),
        "creativeWorkStatus": record.get("status"),
        **_rights(record.get("rights") or {}),
    }
    return _said(article)


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _address(text: str) -> bool:
    return text.startswith(("http://", "https://")) and uri(text) is not None


def _persons(names: Iterable[str] | None) -> list[dict[str, str]]:
    return [{"@type": "Person", "name": name} for name in names or ()]


def _organization(name: str | None) -> dict[str, str] | None:
    return {"@type": "Organization", "name": name} if name else None


def _about(topic: str | None) -> dict[str, str] | None:
    address = media_topic(topic)
    return {"@type": "DefinedTerm", "@id": address, "termCode": str(topic)} if address else None


def _image(picture: Mapping[str, Any]) -> dict[str, Any]:
    named = {
        "@type": "ImageObject",
        "contentUrl": uri(picture.get("url")),
        "caption": picture.get("caption"),
        "creditText": picture.get("credit"),
        "creator": _persons(picture.get("photographer")),
        "sourceOrganization": _organization(picture.get("agency")),
    }
    return _said(named)


def _rights(rights: Mapping[str, Any]) -> dict[str, Any]:
    licence = rights.get("license")
    named = {"@type": "CreativeWork", "name": licence} if licence else None
    return {
        "license": uri(licence) or named,
        "copyrightNotice": rights.get("copyright_notice"),
        "conditionsOfAccess": rights.get("usage_terms"),
        "isAccessibleForFree": rights.get("free_to_read"),
    }
