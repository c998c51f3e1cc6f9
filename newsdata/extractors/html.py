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
from newsdata.extractors.markup import Markup, decode
from newsdata.extractors.pictures import captions_of, find_images
from newsdata.extractors.places import place_images
from newsdata.extractors.refusals import find_refusal
from newsdata.extractors.rights import find_rights
from newsdata.extractors.rules import drop_parts, rule_for
from newsdata.extractors.signatures import Signatures, byline_of
from newsdata.extractors.subjects import find_rubric, find_tags
from newsdata.extractors.texts import PageText, find_lead, text_of_page
from newsdata.extractors.titles import choose_title, written_apart
from newsdata.extractors.wire import put_wire
from newsdata.extractors.witnesses import (
    bare,
    other_script,
    plain_body,
    printed_stamps,
    read_stamp,
    time_of_publication,
    top_heading,
)
from newsdata.grammar.credits import read_credit
from newsdata.grammar.dates import has_shape_of_time
from newsdata.grammar.languages import detect_language
from newsdata.grammar.persons import people_in_caption
from newsdata.identity import Identity, canonical_url, identify
from newsdata.records import Article, Fault, Found, Page, Rejected, empty_record, reject
from newsdata.sites import find_agency
from newsdata.text import clean_text, join_paragraphs, lines, squeeze

EXTRACTOR = "html"
#: Raised with every change of what :func:`extract_html` reads from the same bytes.
EXTRACTOR_VERSION = 2

#: A longer page is no article: the largest met had 4 MB, and trafilatura slows down beyond.
LONGEST_PAGE = 12_000_000
#: Nor one with more elements: of 210 real pages the largest had 4,100, and all work grows so.
MOST_ELEMENTS = 200_000
#: A headline that an editor wrote apart from the template's weighs more than all its copies.
_APART = 6.0

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
    if markup.size > MOST_ELEMENTS:
        message = f"found {markup.size} elements, expected at most {MOST_ELEMENTS}"
        return reject(page, Fault("too-large", message))
    nodes = jsonld.read_scripts(markup.scripts)
    printed = [markup.meta("og:title") or "", *markup.headings[:1], markup.title or ""]
    node = jsonld.article_node(nodes, printed)
    fault = _no_article(markup, nodes, node)
    if fault:
        return reject(page, fault)
    reading = _Reading(page, markup, node, nodes)
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

    def __init__(
        self, page: Page, markup: Markup, node: dict[str, Any], nodes: list[dict[str, Any]]
    ) -> None:
        self.page = page
        self.markup = markup
        self.node = node
        self.nodes = nodes
        self.found = Found()
        self.extra: list[tuple[str, str]] = []
        self.publishers = self._publishers()
        self.text = PageText()
        identity = identify(page.url or markup.canonical)
        self.rule = rule_for(identity.source if identity else None, page.retrieved, markup)
        if self.rule:
            drop_parts(self.rule, markup)

    def article(self) -> Article | Rejected:
        """The record, or a rejection where there is neither title nor text."""
        self._address()
        identity = identify(self.page.url or self.found.get("url"))
        self._title()
        title = str(self.found.get("title", ""))
        said = plain_body(self.node.get("articleBody"))
        room = self.rule.room(self.markup) if self.rule else None
        self.text = text_of_page(self.markup, title, said, room)
        self._language(identity)
        images, places = find_images(
            self.markup, self.node, self.found.get("language"), self.text.parts, self.text.span
        )
        self._authors()
        self._take_text(captions_of(images))
        refused = find_refusal(
            self.markup, self.nodes, self.node, self.text, self.page.url or self.markup.canonical
        )
        if refused:
            return reject(self.page, refused)
        if "text" not in self.found and ("title" not in self.found or not self.node):
            return reject(self.page, Fault("no-article", "found no text, expected an article"))
        self._times(self._clock(identity))
        carried = put_wire(self.found, identity)
        self._about()
        self._pictures(images, places)
        rights = find_rights(self.markup, self.node)
        if rights:
            self.found.put("rights", *rights)
        return self._finish(carried)

    def _finish(self, carried: list[dict[str, str | None]]) -> Article:
        found = self.found
        identity = finish_identity(found, self.page, found.get("agency"))
        own = canonical_url(self.markup.canonical)
        if identity and own and own != identity.url:
            found.put("alt_ids", [own], "meta")
        extra = [*({"key": key, "value": value} for key, value in self.extra), *carried]
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
        names += [self.markup.meta("twitter:site", "cre")]
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
            (markup.meta("og:title"), 3.2, "meta"),
            *((text, 1.2, "dom") for text in several[:3]),
            (markup.meta("twitter:title"), 0.8, "meta"),
            (jsonld.text_of(self.node.get("name")), 0.5, "jsonld"),
            (markup.title, 1.0, "dom"),
        ]
        apart = written_apart(said, heading, markup.meta("og:title"), markup.title)
        voices.append((apart, _APART, "meta" if apart == markup.meta("og:title") else "jsonld"))
        unescaped = [(jsonld.unescape(t) if t else None, w, m) for t, w, m in voices]
        chosen = choose_title(unescaped, self.publishers)
        by_rule = self._by_rule("title")
        chosen = (by_rule[0], "site") if by_rule else chosen
        if chosen:
            self.found.put("title", *chosen)
            others = dict.fromkeys(squeeze(text) for text, _, _ in unescaped if text)
            self.extra += [("title", text) for text in others if text and text != chosen[0]]

    def _language(self, identity: Identity | None) -> None:
        if identity and identity.language:
            return
        declared = self.markup.language or jsonld.text_of(self.node.get("inLanguage"))
        match = re.match(r"[A-Za-z]{2,3}(?![A-Za-z])", declared or "")
        code = match.group().lower() if match else None
        text = f"{self.found.get('title', '')}\n{self.text.body.text}"
        seen = detect_language(text)
        # A template often declares a language that its articles are not in; letters that only
        # one language has say so. be-tarask refines be.
        if code is None or (seen and other_script(seen, code)) or seen == f"{code}-tarask":
            self.found.put("language", seen, "inferred")
        else:
            self.found.put("language", code, "dom")

    # -- text ---------------------------------------------------------------------------------

    def _take_text(self, captions: set[str]) -> None:
        text = self.text
        lead, first = find_lead(text, self._descriptions(), str(self.found.get("title", "")))
        self.found.put("lead", lead, "dom")
        self.found.put("lead", next(iter(self._by_rule("lead")), None), "site")
        kept: list[str] = []
        for row in lines(clean_text("\n".join(text.rows[first:]))):
            mark = find_end_mark(row)
            row = row[: mark.start()].rstrip() if mark else row
            if row and row not in captions and not self._is_repeated_title(row, kept):
                kept.append(row)
            if mark:
                break
        rows = [row for row in kept if not self._take_credit(row)]
        self.found.put("text", join_paragraphs(self._without_byline(rows)), text.method)

    def _by_rule(self, name: str) -> list[str]:
        """What the site's rule finds for a field, [] without a rule."""
        return self.rule.texts(self.markup, name) if self.rule else []

    def _descriptions(self) -> list[str | None]:
        said = [jsonld.text_of(self.node.get("description"))]
        return [*said, self.markup.meta("og:description", "description")]

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

    def _without_byline(self, rows: list[str]) -> list[str]:
        """The rows without a first or last one that only signs or dates the text."""
        while len(rows) > 2 and has_shape_of_time(rows[0]):
            rows = rows[1:]
        known = {bare(name) for name in self.found.get("author", [])}
        for place in (0, -1):
            names = byline_of(rows[place]) if len(rows) > 2 else []
            if not names or (known and not known & {bare(name) for name in names}):
                continue
            rows = rows[1:] if place == 0 else rows[:-1]
            if not known:
                self.found.put("author", names, "pattern")
        return rows

    # -- people and times ---------------------------------------------------------------------

    def _authors(self) -> None:
        identity = identify(self.page.url or self.markup.canonical)
        host = identity.source if identity else ""
        signed = Signatures(self.markup, self.node, self.publishers, host)
        by_rule = signed.among(self._by_rule("author"))
        persons = (by_rule, "site") if by_rule else signed.persons()
        if persons:
            self.found.put("author", *persons)
        houses = signed.houses()
        self.extra += [("byline", name) for name in houses]
        agency = next((name for name in houses if find_agency(name)), None)
        self.found.put("agency", agency, "jsonld")

    def _clock(self, identity: Identity | None) -> Clock:
        clock = clock_of(self.page, identity)
        zone = self.rule.zone if self.rule else None
        return Clock(zone, "site") if zone and clock.method != "given" else clock

    def _times(self, clock: Clock) -> None:
        language = self.found.get("language")
        printed = time_of_publication(self._stamps(), clock, language)
        if printed:
            time, method, raw = printed
            if time.naive:
                self.extra.append(("printed_time", raw))
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
        for text in self._by_rule("time"):
            yield text, "site"
        for text in jsonld.texts_of(self.node.get("datePublished")):
            yield text, "jsonld"
        for text in self.markup.meta_all(*_PUBLISHED):
            yield text, "meta"
        marked = self.markup.having("itemprop", "datepublished")
        times = self.markup.first("time", most=50)
        for element in [*marked, *(e for e in times if e.get("pubdate") is not None)][:3]:
            yield element.get("datetime") or "", "dom"
        inside = [e for e in times if next(e.iterancestors("article", "main"), None) is not None]
        for element in (inside or times)[:1]:
            yield element.get("datetime") or "", "dom"
        for text in jsonld.texts_of(self.node.get("dateCreated")):
            yield text, "jsonld"
        yield from printed_stamps(self.markup)

    # -- the rest -----------------------------------------------------------------------------

    def _pictures(self, images: list[dict[str, Any]], places: list[int]) -> None:
        place_images(images, places, self.text.blocks, str(self.found.get("text", "")))
        self.found.put("images", images, "dom")
        names = [name for image in images for name in image["photographer"]]
        names += self.found.get("photographer", [])
        self.found.put("photographer", list(dict.fromkeys(names)), "pattern")
        people = [name for image in images for name in people_in_caption(image["caption"] or "")]
        self.found.put("people", list(dict.fromkeys([*people, *names])), "pattern")

    def _about(self) -> None:
        own = {bare(name) for name in self.publishers}
        tags = find_tags(self.markup, self.node, own)
        by_rule = self._by_rule("tags")
        tags = (by_rule, "site") if by_rule else tags
        if tags:
            self.found.put("tags", *tags)
        title = str(self.found.get("title", ""))
        rubric = find_rubric(self.markup, self.node, self.nodes, own, title)
        if rubric:
            self.found.put("rubric", *rubric)
        self.found.put("rubric", next(iter(self._by_rule("rubric")), None), "site")
