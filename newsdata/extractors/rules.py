"""Per-site rules: where one site keeps its fields, as data with a last day. Pure.

A rule is a table ``[[rule]]`` of a TOML file in ``newsdata/rules``::

    [[rule]]
    name = "paper-2024"            # unique; golden page: paper-2024.html with paper-2024.json
    hosts = ["paper.example"]
    valid_until = 2026-01-31       # left out while the site looks so
    zone = "Europe/Minsk"          # of its printed times
    drop = ["//div[@class='ad']"]  # parts that are never of the article
    [rule.select]                  # field -> XPaths, the first that finds something counts
    text = ["//div[@id='story']"]  # what holds the paragraphs
    [rule.patterns]                # field -> what of its text counts (the first group)
    time = '(\\d\\d\\.\\d\\d\\.\\d{4} \\d\\d:\\d\\d)'

Fields are title, lead, text, time, author, rubric and tags. A site changes: its old rule stays,
with its last day and its golden page, and a page captured later is read by the next rule of the
site, or without any. A rule whose ``text`` finds nothing on a page is not for that page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from newsdata.errors import SourceError
from newsdata.extractors.markup import Markup, text_of
from newsdata.sources.site_rules import rule_documents

FIELDS = frozenset({"title", "lead", "text", "time", "author", "rubric", "tags"})
_KEYS = frozenset({"name", "hosts", "valid_until", "zone", "drop", "select", "patterns"})
_MOST = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one site; see the module."""

    name: str
    hosts: tuple[str, ...]
    valid_until: date | None = None
    zone: str | None = None
    drop: tuple[str, ...] = ()
    select: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    def texts(self, markup: Markup, name: str) -> list[str]:
        """The texts a field has on a page, in the order of the page, each once."""
        pattern = self.patterns.get(name)
        for path in self.select.get(name, ()):
            elements = markup.find(path)[:_MOST]
            texts = [e if isinstance(e, str) else text_of(e) for e in elements]
            texts = [_part(pattern, str(text)) for text in texts]
            kept = list(dict.fromkeys(text for text in texts if text))
            if kept:
                return kept
        return []

    def room(self, markup: Markup) -> Any:
        """The element that holds the article's paragraphs, None where the page has none."""
        for path in self.select.get("text", ()):
            for element in markup.find(path)[:1]:
                return element
        return None


def _part(pattern: re.Pattern[str] | None, text: str) -> str:
    if pattern is None:
        return text.strip()
    match = pattern.search(text)
    return (match[1] if match and pattern.groups else match[0] if match else "").strip()


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, those of one site in the order of their file. Raises SourceError."""
    rules = []
    for name, document in rule_documents():
        tables = document.get("rule")
        if not isinstance(tables, list) or document.keys() != {"rule"}:
            raise SourceError(f"rules/{name}.toml: found no [[rule]] tables alone")
        rules += [_rule(name, table) for table in tables]
    return tuple(rules)


def _rule(file: str, table: dict[str, Any]) -> Rule:
    where = f"rules/{file}.toml: rule {table.get('name')!r}"
    select, patterns = table.get("select", {}), table.get("patterns", {})
    unknown = (table.keys() - _KEYS) | (select.keys() - FIELDS) | (patterns.keys() - FIELDS)
    if unknown or not isinstance(table.get("name"), str) or not table.get("hosts"):
        raise SourceError(f"{where}: found {sorted(unknown)}, expected name, hosts and known keys")
    from lxml import etree  # type: ignore[import-untyped, unused-ignore]

    try:
        paths = {name: tuple(given) for name, given in select.items()}
        for path in (*table.get("drop", ()), *(p for given in paths.values() for p in given)):
            etree.XPath(path)
        compiled = {name: re.compile(given) for name, given in patterns.items()}
    except (etree.XPathError, re.error, TypeError) as error:
        raise SourceError(f"{where}: {error}") from None
    return Rule(
        name=table["name"],
        hosts=tuple(table["hosts"]),
        valid_until=table.get("valid_until"),
        zone=table.get("zone"),
        drop=tuple(table.get("drop", ())),
        select=paths,
        patterns=compiled,
    )


@cache
def _by_host() -> dict[str, tuple[Rule, ...]]:
    found: dict[str, tuple[Rule, ...]] = {}
    for rule in all_rules():
        for host in rule.hosts:
            found[host] = (*found.get(host, ()), rule)
    return found


def rule_for(host: str | None, captured: str | None, markup: Markup) -> Rule | None:
    """The site's rule for a page captured on ``captured`` (ISO 8601), None without a fitting one.

    Where the day of capture is not known the rules are tried in turn.
    """
    for rule in _by_host().get(host or "", ()):
        late = captured and rule.valid_until and captured[:10] > rule.valid_until.isoformat()
        if not late and ("text" not in rule.select or rule.room(markup) is not None):
            return rule
    return None


def drop_parts(rule: Rule, markup: Markup) -> None:
    """Take what a rule names as not of the article out of the page."""
    for path in rule.drop:
        for element in markup.find(path)[:_MOST]:
            if element.getparent() is not None:
                element.drop_tree()
