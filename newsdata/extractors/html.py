"""A saved HTML page becomes an article: JSON-LD and the head say what it is, trafilatura reads it.

Every field takes the first witness that knows it: JSON-LD, the head's ``meta``, the page itself,
trafilatura. A time without a zone gets that of the site, the option or the country domain
(marked inferred); without any it is not a time, and stays in ``extra`` as ``printed_time``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from newsdata.extractors import jsonld
from newsdata.extractors.chrome import find_end_mark
from newsdata.extractors.fields import Clock, clock_of, finish_identity, provenance, put_time
from newsdata.extractors.markup import Markup, decode, text_of
from newsdata.extractors.pictures import captions_of, find_images, place_images
from newsdata.extractors.plain import read_plain
from newsdata.extractors.titles import choose_title
from newsdata.extractors.wire import put_wire
from newsdata.extractors.witnesses import (
    bare,
    is_house,
    other_script,
    plain_body,
    read_stamp,
    share,
    split_tags,
    time_of_publication,
    top_heading,
)
from newsdata.grammar.bylines import is_person, read_byline
from newsdata.grammar.credits import read_credit
from newsdata.grammar.languages import detect_language
from newsdata.grammar.persons import people_in_caption
from newsdata.identity import Identity, canonical_url, identify
from newsdata.records import Article, Fault, Found, Page, Rejected, empty_record, reject
from newsdata.sites import find_agency
from newsdata.text import clean_text, join_paragraphs, lines, squeeze

EXTRACTOR = "html"
#: Raised with every change of what :func:`extract_html` reads from the same bytes.
EXTRACTOR_VERSION = 1

#: A longer page is no article: the largest met had 4 MB, and trafilatura slows down beyond.
LONGEST_PAGE = 12_000_000
#: trafilatura's text is too thin below this, or where it shares less of JSON-LD's text.
_THIN_TEXT = 350
_LEAST_SHARE = 0.6

_PUBLISHED = (
    "article:published_time", "og:article:published_time", "og:published_time",
    "article.published", "datepublished", "publishdate", "publish-date", "publish_date",
    "pubdate", "published_time", "published_at", "publication_date", "dc.date.issued",
    "dcterms.issued", "dcterms.created", "dc.date", "dcterms.date", "parsely-pub-date",
    "sailthru.date", "cxenseparse:recs:publishtime", "article_date_original", "date", "created",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time", "og:updated_time", "datemodified", "article.updated",
    "dcterms.modified", "last-modified",
)  # fmt: skip
_AUTHOR = (
    "author", "article:author", "article:author_name", "og:article:author", "dc.creator",
    "dcterms.creator", "byl", "parsely-author", "sailthru.author", "cxenseparse:author",
    "citation_author", "twitter:data1",
)  # fmt: skip


def extract_html(page: Page) -> Article | Rejected:
    """The article on an HTML page, or why there is none. Never raises on content.

    >>> from newsdata.records import Place
    >>> body = "<html lang=en><h1>Bridge open</h1><p>" + "Trams cross the bridge again. " * 9
    >>> article = extract_html(Page(body.encode(), "html", Place("bridge.html")))
    >>> article.title, article.language, article.timestamp
    ('Bridge open', 'en', None)
    """
    if len(page.content) > LONGEST_PAGE:
        message = f"found {len(page.content)} bytes, expected at most {LONGEST_PAGE}"
        return reject(page, Fault("too-large", message))
    markup = Markup(decode(page), page.url)
    nodes = jsonld.read_scripts(markup.scripts)
    printed = [markup.meta("og:title") or "", *markup.headings[:1], markup.title or ""]
    node = jsonld.article_node(nodes, printed)
    fault = _no_article(markup, nodes, node)
    if fault:
        return reject(page, fault)
    reading = _Reading(page, markup, node)
    return reading.article()


def _no_article(markup: Markup, nodes: list[dict[str, Any]], node: dict[str, Any]) -> Fault | None:
    is_article = bool(node) or (markup.meta("og:type") or "").lower().endswith("article")
    if jsonld.is_list(nodes) and not is_article:
        message = "found a page that calls itself a collection, expected one article"
        return Fault("list-page", message)
    if not is_article and not markup.find("//p | //article | //br | //div"):
        return Fault("no-article", "found no paragraph, expected an article")
    return None


class _Reading:
    """One page while it is read: its markup, its article node, and what was found so far."""

    def __init__(self, page: Page, markup: Markup, node: dict[str, Any]) -> None:
        self.page = page
        self.markup = markup
        self.node = node
        self.found = Found()
        self.extra: dict[str, str] = {}
        self.plain = read_plain(markup)
        self.publishers = self._publishers()

    def article(self) -> Article | Rejected:
        """The record, or a rejection where there is neither title nor text."""
        self._address()
        identity = identify(self.page.url or self.found.get("url"))
        self._title()
        self._language(identity)
        images = find_images(self.markup, self.node, self.found.get("language"))
        self._text(captions_of(images))
        if "text" not in self.found and ("title" not in self.found or not self.node):
            return reject(self.page, Fault("no-article", "found no text, expected an article"))
        self._authors()
        self._times(clock_of(self.page, identity))
        carried = put_wire(self.found, identity)
        self._about()
        self._lead()
        self._pictures(images)
        self._rights()
        return self._finish(carried)

    def _finish(self, carried: list[dict[str, str | None]]) -> Article:
        found = self.found
        identity = finish_identity(found, self.page, found.get("agency"))
        own = canonical_url(self.markup.canonical)
        if identity and own and own != identity.url:
            found.put("alt_ids", [own], "meta")
        extra = [*({"key": key, "value": value} for key, value in self.extra.items()), *carried]
        record = empty_record(**found.values)
        record["extra"] = sorted(extra, key=lambda item: item["key"] or "")
        methods = dict(sorted(found.methods.items()))
        record["provenance"] = provenance(self.page.sha256, EXTRACTOR, EXTRACTOR_VERSION, methods)
        return Article(record, self.page.place, self.page.retrieved)

    # -- head ---------------------------------------------------------------------------------

    def _address(self) -> None:
        own = canonical_url(self.markup.canonical) or canonical_url(
            jsonld.url_of(self.node.get("url")) or jsonld.url_of(self.node.get("mainEntityOfPage"))
        )
        self.found.put("url", own, "meta")

    def _publishers(self) -> list[str]:
        names = [jsonld.text_of(self.node.get("publisher")), self.markup.meta("og:site_name")]
        names += [self.markup.meta("application-name"), self.markup.meta("al:android:app_name")]
        names += [self.markup.meta("twitter:site", "cre"), self.plain.get("sitename")]
        host = identify(self.page.url or self.markup.canonical)
        if host:
            names += [host.source, host.source.rpartition(".")[0].rpartition(".")[2]]
        return [name for name in names if name]

    def _title(self) -> None:
        markup = self.markup
        said = jsonld.text_of(self.node.get("headline"))
        heading = top_heading(markup.headings, [said, markup.meta("og:title")])
        several = [text for text in markup.headings if text != heading]
        voices = [
            (said, 3.0, "jsonld"),
            (heading, 2.5, "dom"),
            (markup.meta("og:title"), 2.4, "meta"),
            *((text, 1.2, "dom") for text in several[:3]),
            (markup.meta("twitter:title"), 0.8, "meta"),
            (jsonld.text_of(self.node.get("name")), 0.5, "jsonld"),
            (markup.title, 1.0, "dom"),
            (self.plain.get("title"), 0.3, "dom"),
        ]
        unescaped = [(jsonld.unescape(t) if t else None, w, m) for t, w, m in voices]
        chosen = choose_title(unescaped, self.publishers)
        if chosen:
            self.found.put("title", *chosen)

    def _language(self, identity: Identity | None) -> None:
        if identity and identity.language:
            return
        declared = self.markup.language or jsonld.text_of(self.node.get("inLanguage"))
        match = re.match(r"[A-Za-z]{2,3}(?![A-Za-z])", declared or "")
        code = match.group().lower() if match else None
        text = f"{self.found.get('title', '')}\n{self.plain.get('text') or ''}"
        seen = detect_language(text)
        # A template often declares a language that its articles are not in; letters that only
        # one language has say so. be-tarask refines be.
        if code is None or (seen and other_script(seen, code)) or seen == f"{code}-tarask":
            self.found.put("language", seen, "inferred")
        else:
            self.found.put("language", code, "dom")

    # -- text ---------------------------------------------------------------------------------

    def _text(self, captions: set[str]) -> None:
        text = self.plain.get("text") or ""
        said = plain_body(self.node.get("articleBody"))
        method = "dom"
        thin = len(text) < _THIN_TEXT or share(said, text) < _LEAST_SHARE
        if thin and len(said) > len(text):
            text, method = said, "jsonld"
        kept: list[str] = []
        for row in lines(clean_text(text)):
            mark = find_end_mark(row)
            row = row[: mark.start()].rstrip() if mark else row
            if row and row not in captions and not self._is_repeated_title(row, kept):
                kept.append(row)
            if mark:
                break
        rows = [row for row in kept if not self._take_credit(row)]
        self.found.put("text", join_paragraphs(rows), method)

    def _is_repeated_title(self, row: str, kept: list[str]) -> bool:
        return not kept and squeeze(row).casefold() == str(self.found.get("title")).casefold()

    def _take_credit(self, row: str) -> bool:
        """Whether a paragraph is nothing but a credit; its photographers are kept."""
        credit = read_credit(row, self.found.get("language")) if len(row) < 160 else None
        if credit is None or not (credit.photographers or credit.agency):
            return False
        names = [*self.found.get("photographer", []), *credit.photographers]
        self.found.put("photographer", list(dict.fromkeys(names)), "pattern")
        return True

    def _lead(self) -> None:
        """The standfirst: a description that the page prints too, apart from the text."""
        text = str(self.found.get("text", ""))
        said = [jsonld.text_of(self.node.get("description"))]
        said += [self.markup.meta("og:description", "description")]
        starts = {
            bare(candidate)[:50]
            for candidate in said
            if candidate and len(candidate) >= 20 and candidate != self.found.get("title")
        }
        if not starts:
            return
        path = "//body//*[self::h2 or self::h3 or self::p or self::div or self::span]"
        for element in self.markup.find(path)[:4000]:
            printed = element.text_content() if len(element) < 20 else ""
            if not 20 <= len(printed) < 3000 or bare(printed[:200])[:50] not in starts:
                continue
            lead = text_of(element)
            first, _, rest = text.partition("\n\n")
            if bare(lead) == bare(first) and rest and _is_standfirst(element):
                self.found.put("lead", lead, "dom")
                self.found.put("text", rest, self.found.methods["text"])
            elif lead not in text and bare(lead)[:50] not in bare(text[:3000]):
                self.found.put("lead", lead, "dom")
            return

    # -- people and times ---------------------------------------------------------------------

    def _authors(self) -> None:
        said = self.node.get("author") or self.node.get("creator")
        named = [("jsonld", jsonld.names_of(said))]
        named.append(("meta", self.markup.meta_all(*_AUTHOR[:-1])))
        marked = "//*[@rel='author' or @itemprop='author'][not(ancestor::aside)]"
        named.append(("dom", [text_of(element) for element in self.markup.find(marked)[:5]]))
        named.append(("dom", [str(self.plain.get("author") or "")]))
        for method, texts in named:
            persons = self._persons(texts)
            if persons:
                self.found.put("author", persons, method)
                break
        houses = [*jsonld.organisations_of(said), *jsonld.names_of(said)]
        agency = next((name for name in houses if find_agency(name)), None)
        self.found.put("agency", agency, "jsonld")

    def _persons(self, texts: list[str]) -> list[str]:
        own = {bare(name) for name in (*self.publishers, str(self.found.get("rubric", "")))}
        identity = identify(self.page.url or self.markup.canonical)
        host = identity.source if identity else ""
        persons: list[str] = []
        for text in texts:
            if not text or text.startswith(("http://", "https://", "@")) or len(text) > 400:
                continue
            if host and host in text.casefold() and "," not in text:  # the site signs itself
                continue
            whole = squeeze(text)
            single = is_person(whole) and not re.search(r"[,;/&()\[\]]", whole)
            names = [whole] if single else read_byline(whole).authors
            persons += [name for name in names if bare(name) not in own and not is_house(name)]
        return list(dict.fromkeys(persons))

    def _times(self, clock: Clock) -> None:
        language = self.found.get("language")
        printed = time_of_publication(self._stamps(), clock, language)
        if printed:
            time, method, raw = printed
            if time.naive:
                self.extra["printed_time"] = raw
            else:
                put_time(self.found, time, method, clock)
        changed = [(text, "jsonld") for text in jsonld.texts_of(self.node.get("dateModified"))]
        changed += [(text, "meta") for text in self.markup.meta_all(*_MODIFIED)]
        for text, method in changed:
            moment = read_stamp(text, clock, language)
            if moment and not moment.naive:
                self.found.put("modified", moment.when.isoformat(timespec="seconds"), method)
                break

    def _stamps(self) -> Iterator[tuple[str, str]]:
        """Every text that may be the time of publication, the likeliest first."""
        for text in jsonld.texts_of(self.node.get("datePublished")):
            yield text, "jsonld"
        for text in self.markup.meta_all(*_PUBLISHED):
            yield text, "meta"
        marked = "//*[@itemprop='datePublished']/@datetime | //time[@pubdate]/@datetime"
        for text in self.markup.find(marked)[:3]:
            yield str(text), "dom"
        inside = "//article//time/@datetime | //main//time/@datetime | //time/@datetime"
        for text in self.markup.find(inside)[:1]:
            yield str(text), "dom"
        for text in jsonld.texts_of(self.node.get("dateCreated")):
            yield text, "jsonld"
        if self.plain.get("date"):
            yield str(self.plain["date"]), "dom"

    # -- the rest -----------------------------------------------------------------------------

    def _pictures(self, images: list[dict[str, Any]]) -> None:
        if images:
            place_images(images, self.markup, str(self.found.get("text", "")))
        self.found.put("images", images, "dom")
        names = [name for image in images for name in image["photographer"]]
        names += self.found.get("photographer", [])
        self.found.put("photographer", list(dict.fromkeys(names)), "pattern")
        people = [name for image in images for name in people_in_caption(image["caption"] or "")]
        self.found.put("people", list(dict.fromkeys([*people, *names])), "pattern")

    def _about(self) -> None:
        said = self.node.get("keywords")
        found_tags = split_tags(jsonld.texts_of(said))
        self.found.put("tags", found_tags, "jsonld")
        if not found_tags:
            metas = self.markup.meta_all("article:tag", "og:article:tag")
            metas = metas or self.markup.meta_all("news_keywords", "keywords")
            self.found.put("tags", split_tags(metas), "meta")
        rubric = jsonld.texts_of(self.node.get("articleSection"))
        self.found.put("rubric", rubric[0] if rubric else None, "jsonld")
        if not rubric:
            meta = self.markup.meta("article:section", "og:article:section", "parsely-section")
            self.found.put("rubric", meta, "meta")

    def _rights(self) -> None:
        rights: dict[str, Any] = dict.fromkeys(
            ("license", "copyright_notice", "usage_terms", "free_to_read", "tdm", "observed_at")
        )
        signals = set()
        node, markup = self.node, self.markup
        links = markup.find("//link[@rel='license']/@href | //a[@rel='license']/@href")
        rights["license"] = jsonld.url_of(node.get("license")) or next(map(str, links), None)
        rights["copyright_notice"] = jsonld.text_of(node.get("copyrightNotice")) or markup.meta(
            "copyright", "dc.rights", "dcterms.rights"
        )
        rights["usage_terms"] = jsonld.url_of(node.get("usageInfo"))
        free = node.get("isAccessibleForFree")
        known = {"true": True, "false": False}
        rights["free_to_read"] = known.get(str(free).lower()) if free is not None else None
        if node.keys() & {"license", "copyrightNotice", "usageInfo", "isAccessibleForFree"}:
            signals.add("jsonld")
        reserved = (markup.meta("tdm-reservation") or "").strip()
        robots = " ".join(markup.meta_all("robots")).lower()
        if reserved in ("0", "1") or "noai" in robots:
            rights["tdm"] = "allowed" if reserved == "0" and "noai" not in robots else "reserved"
            signals.add("meta")
        if links or markup.meta("copyright", "dc.rights", "dcterms.rights"):
            signals.add("meta")
        if signals and any(value is not None for value in rights.values()):
            rights["tdm"] = rights["tdm"] or "unknown"
            method = "jsonld" if "jsonld" in signals else "meta"
            self.found.put("rights", {**rights, "signals": sorted(signals)}, method)


_STANDFIRST = re.compile(
    r"stand-?first|(?:^|[\s_-])(?:lead|lede|dek|intro|chapo|sapo|abstract|announce|description)"
    r"(?:$|[\s_-])|sub-?(?:title|head)",
    re.IGNORECASE,
)


def _is_standfirst(element: Any) -> bool:
    """Whether the markup sets an element apart from the paragraphs of the text."""
    marks = f"{element.get('class') or ''} {element.get('itemprop') or ''}"
    return element.tag in ("h2", "h3") or bool(_STANDFIRST.search(marks))
