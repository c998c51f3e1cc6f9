"""A schema.org article in JSON-LD, as a record of its own, becomes an article. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from newsdata.extractors import jsonld
from newsdata.extractors.given import extract_flat
from newsdata.extractors.passages import line_of, paragraphs_of
from newsdata.grammar.credits import read_credit
from newsdata.records import Article, Fault, Page, Rejected, reject

EXTRACTOR = "jsonld"
EXTRACTOR_VERSION = 1

_OWN = "urn:newsdata:"
_TOPICS = "newscodes/mediatopic/"
_OF_RIGHTS = ("license", "copyrightNotice", "usageInfo", "isAccessibleForFree")


def is_linked(value: Mapping[str, Any]) -> bool:
    """Whether a record is JSON-LD of schema.org.

    >>> is_linked({"@context": "https://schema.org", "@type": "NewsArticle"})
    True
    """
    context = value.get("@context")
    return context is not None and "schema.org" in str(context)[:2000]


def extract_linked(page: Page, value: dict[str, Any]) -> Article | Rejected:
    """The article in JSON-LD, or why there is none."""
    nodes = jsonld.read_scripts([page.content.decode("utf-8", "replace")])
    node = jsonld.article_node(nodes)
    if not node:
        types = ", ".join(dict.fromkeys(t for n in nodes for t in jsonld.types_of(n)))
        message = f"found {types[:100] or 'no type'}, expected an article of schema.org"
        return reject(page, Fault("no-article", message))
    published = next(iter(jsonld.texts_of(node.get("datePublished"))), None)
    created = next(iter(jsonld.texts_of(node.get("dateCreated"))), None)
    flat = {
        "title": line_of(jsonld.text_of(node.get("headline") or node.get("name")) or ""),
        "text": _body(node),
        "lead": jsonld.text_of(node.get("description")),
        **_identity(node),
        "author": jsonld.names_of(node.get("author") or node.get("creator")),
        "agency": jsonld.text_of(node.get("sourceOrganization")),
        "source": _publisher(node),
        "rubric": next(iter(jsonld.texts_of(node.get("articleSection"))), None),
        "topic": _topic(node.get("about")),
        "tags": _tags(node),
        "people": jsonld.names_of(node.get("mentions")),
        "images": _images(node),
        "language": jsonld.text_of(node.get("inLanguage")),
        "status": node.get("creativeWorkStatus"),
        "rights": _rights(node),
        "timestamp": published or created,
        "modified": next(iter(jsonld.texts_of(node.get("dateModified"))), None),
    }
    return extract_flat(page, value, flat, EXTRACTOR, EXTRACTOR_VERSION)


def _body(node: dict[str, Any]) -> str | None:
    body = node.get("articleBody")
    text = body if isinstance(body, str) else jsonld.text_of(body)
    if text and "</" in text:
        return "\n\n".join(paragraphs_of(text))
    return text


def _publisher(node: dict[str, Any]) -> str | None:
    """The host, where the publisher's name is one; our own export writes it so."""
    name = jsonld.text_of(node.get("publisher"))
    return name if name and "." in name and " " not in name else None


def _identity(node: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in jsonld.texts_of(node.get("identifier")) if name]
    address = jsonld.url_of(node.get("url")) or jsonld.url_of(node.get("mainEntityOfPage"))
    own = node.get("@id")
    own = own if isinstance(own, str) else ""
    # A name with its name space is the id; a bare number would clash with other publishers'.
    spaced = (n for n in names if ":" in n and not n.startswith(("http:", "https:")))
    id_ = next(spaced, None)
    if own.startswith(_OWN):
        id_ = unquote(own.removeprefix(_OWN))
    elif own.startswith(("http://", "https://")):
        address = address or own
    same = [a for a in map(jsonld.url_of, _listed(node.get("sameAs"))) if a]
    return {"id": id_, "url": address, "alt_ids": [n for n in [*names, *same] if n != id_]}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _topic(about: Any) -> str | None:
    for one in _listed(about):
        name = str(one.get("@id") or one.get("url") or "") if isinstance(one, dict) else str(one)
        _, mark, code = name.partition(_TOPICS)
        if mark and code[:8].isdigit() and len(code) == 8:
            return f"medtop:{code}"
    return None


def _tags(node: dict[str, Any]) -> list[str]:
    tags = [part for text in jsonld.texts_of(node.get("keywords")) for part in text.split(",")]
    return [tag for part in tags if (tag := line_of(part))]


def _images(node: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for one in _listed(node.get("image")):
        url = jsonld.url_of(one)
        caption = said = None
        if isinstance(one, dict):
            caption = jsonld.text_of(one.get("caption") or one.get("description"))
            said = jsonld.text_of(one.get("creditText") or one.get("creator"))
        credit = read_credit(line_of(said)) if said else None
        if url or caption:
            found.append(
                {
                    "url": url,
                    "caption": line_of(caption) if caption else None,
                    "credit": line_of(said) if said else None,
                    "credit_kind": credit.kind if credit else None,
                    "photographer": list(credit.photographers) if credit else [],
                    "agency": credit.agency if credit else None,
                    "after_paragraph": None,
                }
            )
    return found


def _rights(node: dict[str, Any]) -> dict[str, Any] | None:
    if not node.keys() & set(_OF_RIGHTS):
        return None
    free = {"true": True, "false": False}.get(str(node.get("isAccessibleForFree")).lower())
    return {
        "license": jsonld.url_of(node.get("license")) or jsonld.text_of(node.get("license")),
        "copyright_notice": jsonld.text_of(node.get("copyrightNotice")),
        "usage_terms": jsonld.url_of(node.get("usageInfo")),
        "free_to_read": free,
        "tdm": "unknown",
        "signals": ["jsonld"],
        "observed_at": None,
    }
