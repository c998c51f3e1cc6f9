"""What an HTML page says it is about: rubric and tags. Pure."""

from __future__ import annotations

import re
from typing import Any

from newsdata.extractors import jsonld
from newsdata.extractors.markup import Markup, text_of
from newsdata.extractors.witnesses import bare
from newsdata.text import slug, squeeze

_SECTIONS = (
    "article:section", "og:article:section", "parsely-section", "section", "dc.subject",
    "cxenseparse:category", "mediator_theme", "category",
)  # fmt: skip
_TAG_LINKS = (
    "//a[@rel='tag' or contains(concat(' ', @rel, ' '), ' tag ')]"
    " | //*[contains(@class, 'tags') or contains(@class, 'Tags') or contains(@class, 'tag-list')"
    " or contains(@class, 'topic') or contains(@class, 'Topic') or contains(@class, 'keyword')]//a"
)
_CRUMBS = (
    "//*[contains(@class, 'readcrumb') or @itemtype='http://schema.org/BreadcrumbList'"
    " or @itemtype='https://schema.org/BreadcrumbList'"
    " or contains(translate(@aria-label, 'B', 'b'), 'breadcrumb')]//a"
)
_RUBRIC_LINKS = (
    "//a[contains(@class, 'rubric') or contains(@class, 'section-name')"
    " or contains(@class, 'category') or contains(@class, 'kicker')]"
)
_SLUG = re.compile(r"[a-z][a-z0-9-]{1,40}")
_HOME = re.compile(
    r"(?i)(?:home(?:page)?|startseite|accueil|inicio|portada|главная|галоўная|головна|hem|hjem"
    r"|start|strona główna|ana ?sayfa|trang chủ"
    r"|首页|ホーム|トップ|الرئيسية|news|nachrichten|forside"
    r"|etusivu|início|domov|heim|front|articles?|artikel|stor(?:y|ies)|posts?|blog|beitrag|archive?"
    r"|tags|aktuell(?:es)?|latest|all|undefined|null|uncategori[sz]ed)"
)
_NOISE = re.compile(
    r"(?i)[\w -]{2,20}:\s*\S.*|[0-9a-f-]{20,}|.*\bstate wire|https?://.*|(?:www\.)?[\w-]+\.[a-z]{2,3}|\w+_\w[\w-]*"
)
_PREFIX = re.compile(
    r"(?i)^(?:sections?|topics?|organi[sz]ations?|persons?|people|story|tags?|categor(?:y|ies))/"
)
#: More links than this are a cloud of tags, not those of one article.
_MOST_LINKS = 25
_LONGEST = 60


def find_tags(markup: Markup, node: dict[str, Any], own: set[str]) -> tuple[list[str], str] | None:
    """The tags in printed order and how they were found; ``own`` are names of the publisher.

    The head's ``article:tag`` lists single tags, so it comes before JSON-LD's keywords, in which
    many put codes of their own.
    """
    keywords = split_tags(jsonld.texts_of(node.get("keywords")), own)
    tagged = split_tags(markup.meta_all("article:tag", "og:article:tag"), own)
    if keywords or tagged:
        return (tagged, "meta") if tagged else (keywords, "jsonld")
    for names in (("news_keywords",), ("keywords",), ("parsely-tags", "sailthru.tags")):
        found = split_tags(markup.meta_all(*names), own)
        if found:
            return found, "meta"
    links = [text_of(link).lstrip("#") for link in markup.find(_TAG_LINKS)[: 4 * _MOST_LINKS]]
    found = list(dict.fromkeys(link for link in links if 1 < len(link) < 50))
    return (found, "dom") if 0 < len(found) <= _MOST_LINKS else None


def split_tags(texts: list[str], own: set[str] | None = None) -> list[str]:
    """Keywords, one by one, without codes, prefixes and the publisher's name.

    >>> split_tags(["topic/Rain, Bridges", "source:wire", "Rain"])
    ['Rain', 'Bridges']
    """
    parts = [part for text in texts for part in re.split(r"\s*[,;|，、]\s*", text)]
    tags = [_PREFIX.sub("", squeeze(part)) for part in parts]
    kept = (tag for tag in tags if 1 < len(tag) < _LONGEST and not _NOISE.fullmatch(tag))
    return list(dict.fromkeys(tag for tag in kept if bare(tag) not in (own or ())))[:100]


def find_rubric(
    markup: Markup,
    node: dict[str, Any],
    nodes: list[dict[str, Any]],
    own: set[str],
    title: str,
) -> tuple[str, str] | None:
    """The rubric as printed and how it was found: articleSection, meta, breadcrumb, link."""
    crumbs = [name for name in _crumbs(nodes) if _is_rubric(name, own, title)]
    said = split_tags(jsonld.texts_of(node.get("articleSection")), own)
    for texts, method in (
        (said, "jsonld"),
        (split_tags(markup.meta_all(*_SECTIONS), own), "meta"),
    ):
        found = [name for name in texts if _is_rubric(name, own, title)]
        if found:
            return _as_printed(_first_of(found, crumbs), crumbs, markup), method
    if crumbs:
        return crumbs[0], "jsonld"
    for path in (_CRUMBS, _RUBRIC_LINKS):
        for link in markup.find(path)[:6]:
            name = text_of(link)
            if _is_rubric(name, own, title):
                return name, "dom"
    return _by_address(markup, own, title)


def _as_printed(name: str, crumbs: list[str], markup: Markup) -> str:
    """A rubric that is written like a part of an address, as the page prints it."""
    if not _SLUG.fullmatch(name):
        return name
    for crumb in crumbs:
        if slug(crumb) == slug(name):
            return crumb
    return _link_text(markup, name) or name


def _by_address(markup: Markup, own: set[str], title: str) -> tuple[str, str] | None:
    """The text of the link to the first folder of the page's address, else none."""
    address = markup.url or markup.canonical or ""
    parts = address.partition("://")[2].partition("?")[0].split("/")[1:-1]
    for part in parts[:3]:
        if not _SLUG.fullmatch(part) or _HOME.fullmatch(part):
            continue
        text = _link_text(markup, part)
        if text and _is_rubric(text, own, title):
            return text, "dom"
    return None


def _link_text(markup: Markup, part: str) -> str | None:
    """What the page calls the folder ``part`` in a link to it."""
    path = f"//a[contains(@href, '/{part}')]"
    for link in markup.find(path)[:_MOST_LINKS]:
        href = (link.get("href") or "").partition("?")[0].rstrip("/")
        text = text_of(link)
        if href.endswith(f"/{part}") and 1 < len(text) < 50:
            return text
    return None


def _first_of(said: list[str], crumbs: list[str]) -> str:
    """Of several sections the one that the breadcrumb names too, else the first."""
    known = {bare(name) for name in crumbs}
    return next((name for name in said if bare(name) in known), said[0])


def _is_rubric(name: str, own: set[str], title: str) -> bool:
    if not 1 < len(name) < 50 or _HOME.fullmatch(name) or bare(name) in own:
        return False
    return bare(name) != bare(title) and not _NOISE.fullmatch(name)


def _crumbs(nodes: list[dict[str, Any]]) -> list[str]:
    """The names of the first breadcrumb list among a page's nodes, outermost first."""
    for node in nodes:
        if "breadcrumblist" not in jsonld.types_of(node):
            crumb = node.get("breadcrumb")
            node = crumb if isinstance(crumb, dict) else {}
        items = node.get("itemListElement")
        items = items if isinstance(items, list) else [items]
        names = []
        for item in items[:20]:
            if isinstance(item, dict):
                inner = item.get("item")
                name = jsonld.text_of(item.get("name"))
                name = name or (jsonld.text_of(inner) if isinstance(inner, dict) else None)
                names.append(name)
        found = [name for name in names if name]
        if found:
            return found
    return []
