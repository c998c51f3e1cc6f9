"""One item of an RSS or Atom feed becomes an article. Pure.

A feed gives the whole text (``content:encoded``, Atom's ``content``, ``yandex:full-text``) or
only a summary. RSS's ``description`` may be either; it counts as the text where it is long or
has several paragraphs. A summary is no text: a record made of it would pass for the article, and
stand against the page itself as another version of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

import orjson

from newsdata.extractors.given import extract_flat
from newsdata.extractors.passages import line_of, paragraphs_of, pictures_in
from newsdata.grammar.credits import read_credit
from newsdata.records import Article, Fault, Page, Rejected, reject

EXTRACTOR = "feed"
EXTRACTOR_VERSION = 1

#: A description so long is a text; summaries were 100 to 350 characters.
LONG_ENOUGH = 500
_WHOLE = ("content:encoded", "atom:content", "yandex:full-text")
_SUMMARY = ("description", "atom:summary", "dcterms:abstract", "dc:description")
_PUBLISHED = ("pubDate", "atom:published", "atom:issued", "dcterms:issued", "dc:date",
              "dcterms:created", "atom:created")  # fmt: skip
_MODIFIED = ("atom:updated", "atom:modified", "dcterms:modified")
_MAIL = re.compile(r"\S+@\S+\.\w+")


def extract_entry(page: Page) -> Article | Rejected:
    """The article in a page of kind ``entry``, or why there is none."""
    value = orjson.loads(page.content)
    item, feed = value["item"], value["feed"]
    base = value.get("base")
    body = next((html for name in _WHOLE for html in _texts(item.get(name)) if html.strip()), "")
    summary = next((html for n in _SUMMARY for html in _texts(item.get(n)) if html.strip()), "")
    whole, short = paragraphs_of(body), paragraphs_of(summary)
    text = _text(whole, short)
    if not text:
        found = f"{len(''.join(short))} characters of summary" if short else "no text"
        message = f"found {found}, expected the text of the article"
        return reject(page, Fault("summary-only" if short else "empty-text", message))
    flat = {
        "title": line_of(_first(item, ("title", "atom:title", "dc:title", "media:title")) or ""),
        "text": "\n\n".join(text),
        "lead": " ".join(short) if text is not short and _is_lead(short, whole) else None,
        "url": _address(item, base, value.get("about")),
        "author": _authors(item, feed),
        "tags": _tags(item),
        "language": _language(value, item, feed),
        "images": _images(item, body or summary),
        "rights": _rights(item, feed),
        "alt_ids": _other_names(item),
        **_times(item),
    }
    return extract_flat(page, value, flat, EXTRACTOR, EXTRACTOR_VERSION)


def _text(whole: list[str], short: list[str]) -> list[str]:
    """The paragraphs of the text, none where there is only a summary."""
    if whole and (whole != short or _is_long(whole)):
        return whole
    return short if _is_long(short) else []


def _is_long(parts: list[str]) -> bool:
    return sum(map(len, parts)) >= LONG_ENOUGH or sum(len(part) >= 80 for part in parts) > 1


def _is_lead(short: list[str], whole: list[str]) -> bool:
    """Whether a summary says what the text does not begin with."""
    said = " ".join(short).rstrip(" .…[]")
    return bool(said) and said[:60] not in " ".join(whole)


def _texts(values: Any) -> list[str]:
    """The texts of an element's values; one with attributes has it under ``text``."""
    found = []
    for value in values or ():
        text = value.get("text") if isinstance(value, dict) else value
        if isinstance(text, str):
            found.append(text)
    return found


def _first(item: dict[str, Any], names: Iterable[str]) -> str | None:
    found = (text for name in names for text in _texts(item.get(name)) if text.strip())
    return next(found, None)


def _address(item: dict[str, Any], base: str | None, about: str | None) -> str | None:
    links = [link for link in item.get("atom:link", ()) if isinstance(link, dict)]
    own = [x.get("href") for x in links if x.get("rel", "alternate") == "alternate"]
    guids = [
        text
        for guid in item.get("guid", ())
        if not isinstance(guid, dict) or guid.get("isPermaLink", "true") != "false"
        for text in _texts([guid])
    ]
    told = [*_texts(item.get("feedburner:origLink")), *_texts(item.get("link"))]
    candidates = [*told, *own, *guids, about, *_texts(item.get("atom:id"))]
    for candidate in candidates:
        address = _joined(base, (candidate or "").strip())
        if address and address.startswith(("http://", "https://")):
            return address
    return None


def _joined(base: str | None, address: str) -> str | None:
    try:
        return urljoin(base or "", address) if address else None
    except ValueError:
        return None


def _other_names(item: dict[str, Any]) -> list[str]:
    names = [*_texts(item.get("guid")), *_texts(item.get("atom:id"))]
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def _authors(item: dict[str, Any], feed: dict[str, Any]) -> list[str]:
    said = _texts(item.get("dc:creator")) or _names(item.get("atom:author"))
    said = said or _texts(item.get("author")) or _names(feed.get("atom:author"))
    names = []
    for text in said:
        # RSS wants an address and perhaps a name: "mail@example.org (Ada Fable)".
        named = re.search(r"\(([^()]+)\)", text) if _MAIL.search(text) else None
        name = named[1] if named else _MAIL.sub("", text)
        names.append(line_of(name))
    return [name for name in names if name]


def _names(values: Any) -> list[str]:
    return [
        text for value in values or () if isinstance(value, dict)
        for text in _texts(value.get("atom:name"))
    ]  # fmt: skip


def _tags(item: dict[str, Any]) -> list[str]:
    tags = [line_of(text) for text in _texts(item.get("category"))]
    named = [one for one in item.get("atom:category", ()) if isinstance(one, dict)]
    tags += [line_of(str(one.get("label") or one.get("term") or "")) for one in named]
    tags += [line_of(text) for text in _texts(item.get("dc:subject"))]
    for text in _texts(item.get("media:keywords")):
        tags += [line_of(part) for part in text.split(",")]
    return list(dict.fromkeys(tag for tag in tags if tag))


def _language(value: dict[str, Any], item: dict[str, Any], feed: dict[str, Any]) -> str | None:
    said = [value.get("language"), _first(item, ("dc:language",))]
    said.append(_first(feed, ("language", "dc:language")))
    for text in said:
        match = re.match(r"[A-Za-z]{2,3}(?![A-Za-z])", (text or "").strip())
        if match:
            return match.group().lower()
    return None


def _images(item: dict[str, Any], markup: str) -> list[dict[str, Any]]:
    found = [_image(url, caption, None) for url, caption in pictures_in(markup)]
    for name in ("media:content", "enclosure"):
        for media in item.get(name, ()):
            if isinstance(media, dict) and _is_picture(media):
                caption = _first(media, ("media:description", "media:title"))
                found.append(_image(media["url"], caption, _first(media, ("media:credit",))))
    return list({image["url"]: image for image in reversed(found)}.values())[::-1]


def _is_picture(media: dict[str, Any]) -> bool:
    kind = f"{media.get('medium', '')} {media.get('type', '')}"
    address = media.get("url")
    return isinstance(address, str) and address.startswith("http") and "image" in kind


def _image(url: str, caption: str | None, said: str | None) -> dict[str, Any]:
    credit = read_credit(line_of(said)) if said else None
    return {
        "url": url,
        "caption": line_of(caption) or None if caption else None,
        "credit": line_of(said) if said else None,
        "credit_kind": credit.kind if credit else None,
        "photographer": list(credit.photographers) if credit else [],
        "agency": credit.agency if credit else None,
        "after_paragraph": None,
    }


def _rights(item: dict[str, Any], feed: dict[str, Any]) -> dict[str, Any] | None:
    names = ("copyright", "dc:rights", "atom:rights", "media:copyright")
    notice = _first(item, names) or _first(feed, names)
    licence = _first(item, ("cc:license", "dcterms:license")) or _first(feed, ("cc:license",))
    if not notice and not licence:
        return None
    return {
        "license": licence.strip() if licence else None,
        "copyright_notice": line_of(notice) if notice else None,
        "usage_terms": None,
        "free_to_read": None,
        "tdm": "unknown",
        "signals": ["feed"],
        "observed_at": None,
    }


def _times(item: dict[str, Any]) -> dict[str, str | None]:
    published, modified = _first(item, _PUBLISHED), _first(item, _MODIFIED)
    return {"timestamp": published or modified, "modified": modified if published else None}
