"""Rules against their golden pages: invented text in a site's real structure. Pure."""

from __future__ import annotations

import json
from typing import Any

from newsdata.extractors.html import extract_html
from newsdata.extractors.markup import Markup, decode
from newsdata.extractors.rules import Rule, all_rules
from newsdata.records import Article, Page, Place
from newsdata.sources.site_rules import golden_page


def check_rules() -> list[tuple[str, list[str]]]:
    """(name of the rule, what differs from its golden record) of every rule."""
    return [(rule.name, check_rule(rule)) for rule in all_rules()]


def check_rule(rule: Rule) -> list[str]:
    """What a rule reads otherwise than its golden record says, [] where all is well."""
    try:
        content, gold = golden_page(rule.name)
        expected: dict[str, Any] = json.loads(gold)
    except (OSError, ValueError) as error:
        return [f"found no golden page: {error}"]
    day = rule.valid_until.isoformat() if rule.valid_until else None
    page = Page(content, "html", Place(f"{rule.name}.html", 1, 0), retrieved=day)
    found = extract_html(page)
    if not isinstance(found, Article):
        return [f"found {found.code}, expected an article"]
    wrong = [
        f"{name}: found {found.record.get(name)!r:.100}, expected {expected.get(name)!r:.100}"
        for name in expected
        if found.record.get(name) != expected[name]
    ]
    markup = Markup(decode(page))
    empty = [name for name in sorted(rule.select) if not rule.texts(markup, name)]
    return wrong + [f"{name}: not found by the rule" for name in empty]
