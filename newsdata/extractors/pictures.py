"""The pictures of an HTML page with captions and credits: JSON-LD first, then its figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from newsdata.extractors import jsonld
from newsdata.extractors.markup import Markup, text_of
from newsdata.grammar.credits import Credit, read_credit, split_credit

_MOST = 60
_LONGEST_CAPTION = 1000
_MOST_ELEMENTS = 5000
#: So many characters at its end tell a paragraph from the others of its page.
_LONGEST_END = 80
_CREDIT_CLASS = ("credit", "copyright", "photographer", "byline", "source", "attribution")


def find_images(
    markup: Markup, node: dict[str, Any], language: str | None
) -> list[dict[str, Any]]:
    """The images of the record, in the order of the page, every address once."""
    images = [*_figures(markup, language), *_from_node(node, language)]
    seen: dict[str, dict[str, Any]] = {}
    for image in images[:_MOST]:
        key = (image["url"] or image["caption"] or "").partition("?")[0]
        known = seen.get(key)
        if known is None:
            seen[key] = image
        else:
            for name, value in image.items():
                known[name] = known[name] or value
    found = list(seen.values())
    if not found:
        url = markup.absolute(markup.meta("og:image", "twitter:image"))
        found = [_image(url, None, None)] if url else []
    return found


def place_images(images: list[dict[str, Any]], markup: Markup, text: str) -> None:
    """Put ``after_paragraph`` where a figure stands between two known paragraphs of the text.

    A paragraph is recognised by its end, because a dateline may have been cut off before it and
    no other of the text may end so. A figure counts as placed before the first paragraph, between
    two that follow one another, or after the last one; else its position stays null.
    """
    parts = text.split("\n\n") if text else []
    ends: dict[str, int] = {}
    for number, part in enumerate(parts, 1):
        ends[_end(part)] = 0 if _end(part) in ends else number  # the same end twice tells nothing
    waiting: list[str] = []  # figures since the last known paragraph
    places: dict[str, int] = {}
    last = 0
    for element in markup.find("//p | //figure")[:_MOST_ELEMENTS]:
        if element.tag == "figure":
            waiting += _keys_of(markup, element)
            continue
        number = ends.get(_end(text_of(element)), 0)
        if number > last:
            if number == last + 1:
                places.update((key, last) for key in waiting if key not in places)
            waiting, last = [], number
    if parts and last == len(parts):
        places.update((key, last) for key in waiting if key not in places)
    for image in images:
        known = (places.get(key) for key in (image["url"], image["caption"]) if key)
        image["after_paragraph"] = next((place for place in known if place is not None), None)


def _end(text: str) -> str:
    return text[-_LONGEST_END:].strip()


def _keys_of(markup: Markup, figure: Any) -> list[str]:
    """By what an image of the record is found again: its address, else its caption."""
    url = _source(markup, figure)
    if url:
        return [url]
    captions = figure.xpath(".//figcaption")
    return [text_of(captions[0])[:_LONGEST_CAPTION]] if captions else []


def captions_of(images: list[dict[str, Any]]) -> set[str]:
    """The captions and credits as printed, to be left out of the text."""
    return {value for image in images for value in (image["caption"], image["credit"]) if value}


def _figures(markup: Markup, language: str | None) -> list[dict[str, Any]]:
    """Figures with a picture that stand in the article, not in a list of other articles."""
    found = []
    path = (
        "//figure[.//img or .//picture][not(ancestor::aside or ancestor::nav or ancestor::footer"
        " or ancestor::figure)][not(ancestor::a[@href])]"
    )
    for figure in markup.find(path)[:_MOST]:
        captions = figure.xpath(".//figcaption")
        if not captions:
            continue
        caption, credit = _caption(captions[0], language)
        image = _image(_source(markup, figure), caption, credit)
        if image["url"] or image["caption"]:
            found.append(image)
    return found


def _source(markup: Markup, figure: Any) -> str | None:
    for attribute in ("data-src", "data-original", "data-lazy-src", "src"):
        for value in figure.xpath(f".//img/@{attribute}")[:1]:
            url = markup.absolute(str(value))
            if url:
                return url
    return None


def _caption(element: Any, language: str | None) -> tuple[str | None, Credit | None]:
    """Caption and credit of a figcaption: by an element's class, else by the credit's form."""
    whole = text_of(element)[:_LONGEST_CAPTION]
    for child in element.iterdescendants():
        name = f"{child.get('class') or ''} {child.get('itemprop') or ''}".lower()
        if not any(word in name for word in _CREDIT_CLASS):
            continue
        raw = text_of(child)
        credit = _credit(raw, language) if raw and len(raw) < 200 else None
        if credit:
            return whole.replace(raw, "").strip(" |-–—/·") or None, credit
    credit = read_credit(whole, language)
    if credit:
        return None, credit
    rest, inside = split_credit(whole, language)
    return rest or None, inside


def _credit(raw: str, language: str | None) -> Credit | None:
    """A credit whose place says that it is one, with or without its keyword."""
    read = read_credit(raw, language)
    if read:
        return read
    guess = read_credit(f"Photo: {raw}", language)
    return replace(guess, raw=raw) if guess else None


def _from_node(node: dict[str, Any], language: str | None) -> list[dict[str, Any]]:
    value = node.get("image")
    found = []
    for item in (value if isinstance(value, list) else [value])[:_MOST]:
        url = jsonld.url_of(item)
        if not url:
            continue
        caption, credit = None, None
        if isinstance(item, dict):
            caption = jsonld.text_of(item.get("caption") or item.get("description"))
            raw = jsonld.text_of(
                item.get("creditText") or item.get("creator") or item.get("author")
            )
            credit = _credit(raw, language) if raw and len(raw) < 200 else None
        if caption and credit is None:
            rest, credit = split_credit(caption[:_LONGEST_CAPTION], language)
            caption = rest or None
        found.append(_image(url, caption, credit))
    return found


def _image(url: str | None, caption: str | None, credit: Credit | None) -> dict[str, Any]:
    return {
        "url": f"https:{url}" if url and url.startswith("//") else url,
        "caption": caption,
        "credit": credit.raw if credit else None,
        "credit_kind": credit.kind if credit else None,
        "photographer": list(credit.photographers) if credit else [],
        "agency": credit.agency if credit else None,
        "after_paragraph": None,
    }
