"""IPTC ninjs 1.x to 3.x: an agency's item becomes an article. Pure.

The versions differ in spelling (``versioncreated``, ``versionCreated``) and in form: 1.x has
``headline``, ``body_text`` and associations by name, 2.x and 3.x have lists with roles. Keys are
read in any case. (Specification: newsinjson of the IPTC.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from newsdata.extractors.given import extract_flat
from newsdata.extractors.passages import is_markup, line_of, paragraphs_of
from newsdata.grammar.credits import read_credit
from newsdata.records import Article, Fault, Page, Rejected, reject
from newsdata.text import lines

EXTRACTOR = "ninjs"
EXTRACTOR_VERSION = 1

#: One of these beside ``uri`` tells an item from a record that happens to have an address.
_MARKS = frozenset(
    ("headlines", "bodies", "descriptions", "versioncreated", "firstcreated", "contentcreated",
     "representationtype", "$standard", "pubstatus", "renditions", "headline", "eventdetails",
     "altids", "body_text", "body_xhtml", "description_text")
)  # fmt: skip
_TEXTS = ("text", "composite")
#: Kinds of things that are never a text, by the fields that only they have.
_EVENT_FIELDS = ("eventdetails", "events", "plannedcoverage", "coverages")
_TOPIC = re.compile(r"(?:medtop:|newscodes/mediatopic/)(\d{8})$")
_OWN = "urn:newsdata:"


def is_ninjs(value: Mapping[str, Any]) -> bool:
    """Whether a record is an item of ninjs.

    >>> is_ninjs({"uri": "urn:x:1", "versionCreated": "2024-01-01T00:00:00Z"})
    True
    >>> is_ninjs({"uri": "https://a.example/1", "title": "T", "text": "One."})
    False
    """
    if not isinstance(value.get("uri"), str) or "text" in value:
        return False
    standard = value.get("standard")
    if isinstance(standard, Mapping) and standard.get("name") == "ninjs":
        return True
    return any(key.lower() in _MARKS for key in value)


def extract_ninjs(page: Page, value: dict[str, Any]) -> Article | Rejected:
    """The article in an item, or why there is none: a picture, a video, an event."""
    item = {key.lower(): entry for key, entry in value.items()}
    kind = item.get("type")
    if (kind is not None and kind not in _TEXTS) or any(item.get(f) for f in _EVENT_FIELDS):
        found = repr(kind)[:60] if kind not in (None, *_TEXTS) else "an event"
        return reject(page, Fault("not-text", f"found {found}, expected a text", "/type"))
    title = _headline(item)
    text = _body(item, title)
    lead = _lead(item)
    if not text:
        code = "summary-only" if lead else "empty-text"
        found = "only a description" if lead else "no body"
        return reject(page, Fault(code, f"found {found}, expected the text of the article"))
    uri = str(item["uri"]).strip()
    flat = {
        "title": title,
        "text": "\n\n".join(text),
        "lead": lead if lead and lead[:60] not in " ".join(text) else None,
        **_identity(item, uri),
        "author": _strings([item.get("by"), item.get("byline")]),
        "language": item.get("language"),
        "agency": _source(item, "agency") or _string(item.get("copyrightholder")),
        "source": _source(item, "publisher"),
        **_subjects(item),
        "people": _named(item, "people", "person"),
        "images": _images(item),
        "dateline": _dateline(item),
        "status": item.get("pubstatus"),
        "embargoed_until": item.get("embargoeduntil") or item.get("embargoed"),
        "rights": _rights(item),
        **_times(item),
    }
    return extract_flat(page, value, flat, EXTRACTOR, EXTRACTOR_VERSION)


def _string(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _strings(values: Iterable[Any]) -> list[str]:
    return [text for value in values if (text := _string(value))]


def _list(value: Any) -> list[dict[str, Any]]:
    """Objects in a list, or by name as in 1.x; their keys in lower case."""
    entries = list(value.values()) if isinstance(value, Mapping) else value
    if not isinstance(entries, list):
        return []
    return [
        {str(k).lower(): v for k, v in one.items()} for one in entries if isinstance(one, dict)
    ]


def _roles(item: dict[str, Any], plural: str, singular: str) -> list[tuple[str, str, bool]]:
    """(role, text, whether it is HTML) of headlines, descriptions or bodies of any version."""
    found = []
    for one in _list(item.get(plural)):
        text = _string(one.get("value"))
        kind = str(one.get("contenttype") or "").lower()
        if text:
            found.append((str(one.get("role") or "").lower(), text, "html" in kind))
    for key in sorted(item):
        text = _string(item[key])
        if text and (key == singular or key.startswith(f"{singular}_")):
            role = key.removeprefix(singular).removeprefix("_")
            found.append((role, text, "html" in role))
    return [(role, text, markup or _is_html(text)) for role, text, markup in found]


def _is_html(text: str) -> bool:
    return bool(re.search(r"</(?:p|div|body|section|article)>", text)) and is_markup(text)


def _headline(item: dict[str, Any]) -> str | None:
    said = _roles(item, "headlines", "headline")
    preferred = [text for role, text, _ in said if role in ("main", "", "headline")]
    texts = [*preferred, *(text for _, text, _ in said), *_strings([item.get("title")])]
    return line_of(texts[0]) if texts else None


def _body(item: dict[str, Any], title: str | None) -> list[str]:
    """Paragraphs: of HTML, which has them, before plain text; the headline again is left out."""
    said = [one for one in _roles(item, "bodies", "body") if one[0] not in ("caption", "teaser")]
    markup = next((text for _, text, is_html in said if is_html), None)
    plain = next((text for _, text, is_html in said if not is_html), None)
    parts = paragraphs_of(markup) if markup else []
    if not parts and plain:
        parts = re.split(r"\n\s*\n", plain) if re.search(r"\n\s*\n", plain) else lines(plain)
    while parts and title and line_of(parts[0]).casefold() == title.casefold():
        parts = parts[1:]
    return [part for part in parts if part.strip()]


def _lead(item: dict[str, Any]) -> str | None:
    said = _roles(item, "descriptions", "description")
    said = [one for one in said if one[0] not in ("caption", "credit", "keywords")]
    return line_of(said[0][1]) if said else None


def _identity(item: dict[str, Any], uri: str) -> dict[str, Any]:
    """Ours written back keeps its id; else the URI is the address, or the id."""
    others = item.get("altids")
    named = [(str(one.get("role")), _string(one.get("value"))) for one in _list(others)]
    if isinstance(others, Mapping) and not named:
        named = [(str(key), _string(text)) for key, text in sorted(others.items())]
    own = next((text for role, text in named if role == "id" and text), None)
    address = uri if uri.startswith(("http://", "https://")) else None
    id_ = own or (unquote(uri.removeprefix(_OWN)) if uri.startswith(_OWN) else None)
    if id_ is None and address is None:
        id_ = uri
    return {"id": id_, "url": address, "alt_ids": [t for _, t in named if t and t != id_]}


def _source(item: dict[str, Any], role: str) -> str | None:
    sources = _list(item.get("infosources"))
    named = [one for one in sources if one.get("role") == role]
    return next(iter(_strings(one.get("name") for one in named)), None)


def _named(item: dict[str, Any], plural: str, singular: str) -> list[str]:
    return _strings(one.get("name") for one in _list(item.get(plural) or item.get(singular)))


def _subjects(item: dict[str, Any]) -> dict[str, Any]:
    rubric = slug = topic = None
    tags: list[str] = []
    for one in _list(item.get("subjects") or item.get("subject")):
        name, rel = _string(one.get("name")), str(one.get("rel") or "")
        if rel == "rubric":
            rubric, slug = name, _string(one.get("literal"))
            continue
        code = _TOPIC.search(str(one.get("uri") or one.get("code") or ""))
        topic = topic or (f"medtop:{code[1]}" if code else None)
        tags += [name] if name else []
    tags += [t for text in _strings([item.get("keywords")]) for t in text.split(",")]
    return {"rubric": rubric, "rubric_slug": slug, "topic": topic, "tags": tags}


def _images(item: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for one in _list(item.get("associations")):
        if str(one.get("type")) not in ("picture", "graphic"):
            continue
        roles = _roles(one, "descriptions", "description")
        caption = next((text for role, text, _ in roles if role != "credit"), None)
        said = next((text for role, text, _ in roles if role == "credit"), None)
        by = next(iter(_strings([one.get("by"), one.get("byline")])), None)
        said = said or by
        credit = read_credit(line_of(said)) if said else None
        names = list(credit.photographers) if credit else []
        found.append(
            {
                "url": _rendition(one),
                "caption": line_of(caption) if caption else None,
                "credit": line_of(said) if said else None,
                "credit_kind": credit.kind if credit else None,
                "photographer": names or ([line_of(by)] if by and credit is None else []),
                "agency": _source(one, "agency") or (credit.agency if credit else None),
                "after_paragraph": None,
            }
        )
    return found


def _rendition(item: dict[str, Any]) -> str | None:
    """The address of the largest rendition, else that of the item."""
    found = [one for one in _list(item.get("renditions")) if _string(one.get("href"))]
    widths = [one["width"] if isinstance(one.get("width"), int) else 0 for one in found]
    if found:
        return str(found[widths.index(max(widths))]["href"]).strip()
    uri = _string(item.get("uri"))
    return uri if uri and uri.startswith(("http://", "https://")) else None


def _dateline(item: dict[str, Any]) -> dict[str, Any] | None:
    place = _string(item.get("located"))
    if place is None:
        return None
    return {
        "raw": None, "places": [place], "date": None, "agency": None, "correspondent": None
    }  # fmt: skip


def _rights(item: dict[str, Any]) -> dict[str, Any] | None:
    info = item.get("rightsinfo")
    linked = None
    if isinstance(info, Mapping):
        linked = next((v for k, v in sorted(info.items()) if k.lower() == "linkedrights"), None)
    notice, terms = _string(item.get("copyrightnotice")), _string(item.get("usageterms"))
    if not (notice or terms or _string(linked)):
        return None
    return {
        "license": _string(linked),
        "copyright_notice": notice,
        "usage_terms": terms,
        "free_to_read": None,
        "tdm": "unknown",
        "signals": ["ninjs"],
        "observed_at": None,
    }


def _times(item: dict[str, Any]) -> dict[str, Any]:
    first = item.get("firstcreated") or item.get("contentcreated")
    version = item.get("versioncreated")
    return {"timestamp": first or version, "modified": version if first else None}
