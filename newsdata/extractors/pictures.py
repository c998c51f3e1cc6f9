"""The pictures of an HTML page with captions and credits: its own markup first, then JSON-LD.

Only what stands between the headline and the end of the text counts: figures, and captions that
only their class names. A credit is what an element's class says is one, else what its form says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from newsdata.extractors import jsonld
from newsdata.extractors.blocks import is_picture
from newsdata.extractors.captions import (
    as_credit,
    is_label,
    looks_like_credit,
    names_somebody,
    split_caption,
)
from newsdata.extractors.markup import Markup, text_of
from newsdata.grammar.credits import Credit

_MOST = 60
_MOST_PARTS = 3000
_LONGEST_CAPTION = 1000
#: A picture may stand so many blocks above the headline.
_ABOVE = 6

_CAPTION = re.compile(
    r"caption|legend|bildunterschrift|leyenda|pie-?_*foto"
    r"|(?:media|photo|image|img|picture|slide|gallery|carousel)[a-z_-]*desc",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"credit|copyright|photographer|source|quelle|author|autor|byline|fotograf|owner|agency"
    r"|rights|attribution|provider|distributor",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?:^|[\s_-])(?:related|teasers?|recommend\w*|promo|sidebar|newsletter|most-?read|popular"
    r"|comments?|more-?from|avatar|logo|bio|author-box|cookie|social|share|nav|menu|ads?"
    r"|advert\w*|card)(?:$|[\s_-])",
    re.IGNORECASE,
)
_NOT_CAPTIONS = frozenset({
    "figure", "img", "article", "section", "main", "body", "video", "button", "track", "input",
    "h1", "h2", "h3", "ul", "ol", "source", "picture", "svg", "meta",
})  # fmt: skip
_NOT_CREDITS = frozenset({"img", "source", "picture", "figure", "figcaption", "svg", "amp-img"})
_OWN_ELEMENT = frozenset({"span", "small", "em", "i", "cite", "div", "p", "b", "strong"})
_LABEL_AT_END = re.compile(
    r"(?i)(?:^|[\s(\[|]+)(?:foto|photo|image|bild|credit|quelle|source|фото)s?\s*(?:by|:|©)?\s*$"
)
#: What may follow a credit's element and still be of it: ``/Agency``.
_GOES_ON = re.compile(r"\s?[/|]\s?[^.!?]{2,50}\.?")
_STRICT_CREDIT = re.compile(r"credit|copyright", re.IGNORECASE)
_MEDIA = ("img", "picture", "amp-img", "video", "noscript", "iframe", "canvas", "object", "svg")
_SHOWN = ("img", "picture", "amp-img", "video")
_IMAGE_LINK = re.compile(r"(?i)^(?:#|javascript:)|\.(?:jpe?g|png|webp|gif|avif)(?:$|\?)")
_LONGEST_OWN = 500


def find_images(
    markup: Markup,
    node: dict[str, Any],
    language: str | None,
    left_out: Sequence[tuple[Any, int]],
    span: tuple[int, int],
) -> tuple[list[dict[str, Any]], list[int]]:
    """The images of the record in the order of the page, and before which block each stands.

    ``left_out`` are the parts of the page that may hold captions, with the number of blocks
    before each; those within ``span`` count. An image that only JSON-LD knows has place -1.
    """
    images: list[dict[str, Any]] = []
    places: list[int] = []
    done: set[Any] = set()
    for element, place in left_out[:_MOST_PARTS]:
        above = _ABOVE if element.tag == "figure" else 0
        if not span[0] - above <= place <= span[1] or len(images) >= _MOST:
            continue
        for scope, caption in _captioned(element, done):
            text, credit = _read(scope, caption, language)
            if text or credit:
                images.append(_image(_source(markup, scope), text, credit))
                places.append(place)
        raw = _lone_credit(element, done)
        credit = as_credit(raw, language)
        if credit and images and places[-1] >= place - 2 and not images[-1]["credit"]:
            images[-1] |= _credited(credit)
        elif credit and not any(image["credit"] == credit.raw for image in images):
            images.append(_image(_source(markup, element.getparent()), None, credit))
            places.append(place)
    described = _from_node(node, language)
    if not images:
        images, places = described, [-1] * len(described)
    else:
        _fill_up(images, described)
    images, places = _once(images, places)
    if not images:
        url = markup.absolute(markup.meta("og:image", "twitter:image"))
        return ([_image(url, None, None)], [-1]) if url else ([], [])
    return images, places


def _captioned(element: Any, done: set[Any]) -> Iterator[tuple[Any, Any]]:
    """(what the picture and its credit stand in, the caption) of every caption in a part."""
    if element in done or _of_others(element):
        return
    captions = _caption_elements(element)
    for caption in captions:
        scope = _scope(caption)
        if caption in done or (caption.tag != "figcaption" and scope is caption):
            continue
        if _of_others(caption):
            continue
        if scope.tag == "figure" and not _shows_something(scope):
            continue
        done.add(caption)
        done.update(caption.iterdescendants())
        if scope is not element.getparent():
            done.update(scope.iterdescendants())
        yield scope, caption
    name = f"{element.get('class') or ''} {element.get('id') or ''}"
    if captions or not (element.tag == "figure" or is_picture(name)):
        return
    if _shows_something(element):
        done.update(element.iter())
        yield element, element if len(text_of(element)) <= _LONGEST_OWN else None


def _shows_something(element: Any) -> bool:
    """Whether a figure shows something, not a quotation or a table."""
    if next(element.iter("blockquote", "table", "q"), None) is not None:
        return False
    return next(element.iter(*_MEDIA), None) is not None


def _caption_elements(element: Any) -> list[Any]:
    """The captions in a part: the innermost figcaption, else the outermost that is named one."""
    found = []
    for inner in element.iter():
        tag = inner.tag
        if not isinstance(tag, str) or tag in _NOT_CAPTIONS:
            continue
        name = inner.get("class")
        named = tag == "figcaption" or inner.get("itemprop") == "caption"
        if not named and not (name and _CAPTION.search(name) and not _is_credit(inner)):
            continue
        if tag == "figcaption" or next(inner.iter("img", "picture", "figcaption"), None) is None:
            found.append(inner)
            if len(found) >= _MOST:
                break
    chosen = set(found)
    return [c for c in found if not any(around in chosen for around in c.iterancestors())]


def _lone_credit(element: Any, done: set[Any]) -> str | None:
    """A credit that stands outside of every caption, by its class alone."""
    for inner in element.iter():
        name = inner.get("class")
        if inner in done or not name or not _STRICT_CREDIT.search(name):
            continue
        raw = text_of(inner)
        if 1 < len(raw) < 100 and not is_label(raw) and not _of_others(inner):
            near = list(zip(range(3), inner.iterancestors(), strict=False))
            if any(next(a.iter("img", "picture"), None) is not None for _, a in near):
                done.update(inner.iter())
                return raw
    return None


def _of_others(element: Any) -> bool:
    """Whether a part shows other articles: by the names of what is around it."""
    for number, around in enumerate((element, *element.iterancestors())):
        if number > 8 or around.tag in ("article", "main", "body"):
            return False
        if around.tag in ("footer", "nav") or (around.tag == "aside" and number > 2):
            return True
        link = around.get("href") if around.tag == "a" else None
        if link and not _IMAGE_LINK.search(link):
            return True
        name = f"{around.get('class') or ''} {around.get('id') or ''}"
        if 2 < len(name) < 300 and _OTHERS.search(name) and not is_picture(name):
            return True
    return False


def _scope(caption: Any) -> Any:
    """The figure of a caption, else the nearest element around it that holds a picture."""
    for number, around in enumerate(caption.iterancestors()):
        if around.tag == "figure":
            return around
        if number >= 3 or around.tag in ("body", "article", "main"):
            break
    for number, around in enumerate(caption.iterancestors()):
        if number >= 5 or around.tag in ("body", "article", "main") or len(around) > 12:
            break
        if next(around.iter(*_SHOWN), None) is not None:
            return around
    before = caption.getprevious()
    if before is not None and next(before.iter(*_SHOWN), None) is not None:
        return before
    return caption


def _is_credit(element: Any) -> bool:
    name = f"{element.get('class') or ''} {element.get('itemprop') or ''}"
    flag = element.get("data-testid") or element.get("data-fp-flag") or ""
    return bool(_CREDIT.search(f"{name} {flag}"))


def _read(scope: Any, caption: Any, language: str | None) -> tuple[str | None, Credit | None]:
    """Caption and credit of one picture."""
    whole = _words_of(caption)[:_LONGEST_CAPTION] if caption is not None else ""
    raw = _marked_credit(scope, caption, whole)
    if raw is None and caption is not None:
        raw = _last_leaf(caption)
    if raw is None:
        return split_caption(whole, language) if whole else (None, None)
    rest = _without(whole, raw)
    inner = split_caption(rest, language) if rest else (None, None)
    text, second = inner
    credit = as_credit(raw, language)
    return (text if second else rest or None), (credit or second)


def _without(whole: str, raw: str) -> str:
    head, found, tail = whole.rpartition(raw)
    rest = f"{head} {tail}" if found else whole
    return _LABEL_AT_END.sub("", " ".join(rest.split())).strip(" |([–—-/·•")


def _marked_credit(scope: Any, caption: Any, whole: str) -> str | None:
    """What elements that their class, or being ``cite``, makes credits say: all of a caption's.

    ``Photo by Ann Lee`` and ``/ Agency`` are often two elements: from the first to the end of the
    last one is the credit as printed.
    """
    for root in (caption, scope):
        if root is None:
            continue
        found: list[str] = []
        inside: set[Any] = set()
        for inner in root.iterdescendants():
            if inner in inside or not isinstance(inner.tag, str) or inner.tag in _NOT_CREDITS:
                continue
            if inner.tag in ("cite", "small") or _is_credit(inner):
                raw = _words_of(inner)
                if 1 < len(raw) < 160 and not is_label(raw):
                    found.append(raw)
                    inside.update(inner.iter())
        if not found:
            continue
        start, end = whole.rfind(found[0]), whole.rfind(found[-1])
        if start < 0 or end < 0:
            return found[0]
        end += len(found[-1])
        if end - start >= 160 or end <= start:
            return found[0]
        return whole[start:] if _GOES_ON.fullmatch(whole, end) else whole[start:end]
    return None


def _words_of(element: Any) -> str:
    """The text of an element on one line, without that of its buttons."""
    text = text_of(element)
    for inner in element.iter("button", "span"):
        if inner.tag == "button" or inner.get("hidden") is not None:
            text = text.replace(text_of(inner), " ", 1)
    return " ".join(text.split())


def _last_leaf(caption: Any) -> str | None:
    """The last text of a caption where it has an element of its own and the form of a credit."""
    leaves = [
        (squeezed, parent)
        for parent in caption.iter()
        if isinstance(parent.tag, str)
        for text in (parent.text, *(child.tail for child in parent))
        if text and (squeezed := " ".join(text.split()))
    ]
    if len(leaves) < 2:
        return None
    text, parent = leaves[-1]
    if parent.tag not in _OWN_ELEMENT or parent is leaves[0][1] or len(text) >= 90:
        return None
    before = leaves[-2][0]
    if len(leaves) > 2 and is_label(before):
        return f"{before} {text}"
    return text if looks_like_credit(text) or names_somebody(text) else None


def _source(markup: Markup, scope: Any) -> str | None:
    for image in scope.iter("img", "amp-img"):
        for attribute in ("data-src", "data-original", "data-lazy-src", "src"):
            url = markup.absolute(image.get(attribute))
            if url:
                return url
    return None


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
            named = (
                item.get(key) for key in ("creditText", "creator", "author", "copyrightHolder")
            )
            raw = next((text for value in named if (text := jsonld.text_of(value))), None)
            credit = as_credit(raw, language)
        if caption and credit is None:
            caption, credit = split_caption(caption[:_LONGEST_CAPTION], language)
        found.append(_image(url, caption, credit))
    return found


def _fill_up(images: list[dict[str, Any]], described: list[dict[str, Any]]) -> None:
    """What JSON-LD says of a picture that the page shows, where the page is silent."""
    by_url = {_key(image): image for image in described if image["url"]}
    for image in images:
        other = by_url.get(_key(image)) if image["url"] else None
        if other:
            for name, value in other.items():
                image[name] = image[name] or value


def _key(image: dict[str, Any]) -> str:
    return (image["url"] or image["caption"] or image["credit"] or "").partition("?")[0]


def _once(
    images: list[dict[str, Any]], places: list[int]
) -> tuple[list[dict[str, Any]], list[int]]:
    """Every picture once: by address, and by caption and credit where both are printed."""
    kept: dict[str, dict[str, Any]] = {}
    where: list[int] = []
    printed: set[tuple[str, str]] = set()
    for image, place in zip(images[:_MOST], places, strict=False):
        known = kept.get(_key(image))
        words = (image["caption"] or "", image["credit"] or "")
        if known is not None:
            for name, value in image.items():
                known[name] = known[name] or value
        elif not (all(words) and words in printed):
            kept[_key(image)] = image
            where.append(place)
        printed.add(words)
    return list(kept.values()), where


def _image(url: str | None, caption: str | None, credit: Credit | None) -> dict[str, Any]:
    return {
        "url": f"https:{url}" if url and url.startswith("//") else url,
        "caption": caption,
        **_credited(credit),
        "after_paragraph": None,
    }


def _credited(credit: Credit | None) -> dict[str, Any]:
    return {
        "credit": credit.raw if credit else None,
        "credit_kind": credit.kind if credit else None,
        "photographer": list(credit.photographers) if credit else [],
        "agency": credit.agency if credit else None,
    }


def captions_of(images: list[dict[str, Any]]) -> set[str]:
    """The captions and credits as printed, to be left out of the text."""
    return {value for image in images for value in (image["caption"], image["credit"]) if value}
