"""What a server says about the mining of its texts: headers, robots.txt, tdmrep.json.

``robots.txt`` (RFC 9309) is read for the crawlers that gather texts to train models, by their
own groups or that of all; a path closed to any of them is reserved. Nothing closed says nothing:
silence is no permission. ``/.well-known/tdmrep.json`` is the W3C community's TDM Reservation
Protocol, which also has the headers ``tdm-reservation`` and ``tdm-policy``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from newsdata.records import Signal
from newsdata.sources.http import Headers

#: Product tokens, in lower case, that stand for gathering texts to train models.
AGENTS = frozenset(
    ("gptbot", "ccbot", "google-extended", "applebot-extended", "claudebot", "anthropic-ai",
     "bytespider", "meta-externalagent", "facebookbot", "cohere-ai",
     "cohere-training-data-crawler", "ai2bot", "amazonbot", "diffbot", "omgili", "omgilibot",
     "webzio-extended", "img2dataset",
     "petalbot", "timpibot", "pangubot", "kangaroo bot")
)  # fmt: skip
#: RFC 9309 asks to read 500 KB of robots.txt.
_LONGEST = 500 * 1024
_MOST_RULES = 10_000


@dataclass(frozen=True, slots=True)
class Rule:
    """Paths that match ``pattern`` (``*`` and a final ``$`` as in RFC 9309) are closed or open."""

    pattern: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of robots.txt for each of the crawlers that it has rules for.

    ``rules`` has a tuple for every group that counts: those of :data:`AGENTS`, or of all.
    """

    rules: tuple[tuple[Rule, ...], ...]
    reserved: bool = False

    def signals(self, url: str) -> Iterator[Signal]:
        """What it says about a page."""
        path = _path(url)
        if self.reserved or any(_is_closed(group, path) for group in self.rules):
            yield Signal("robots", "reserved")


@dataclass(frozen=True, slots=True)
class Reservations:
    """tdmrep.json: (pattern of the path, reserved, policy), the first that matches holds."""

    rules: tuple[tuple[str, bool, str | None], ...]

    def signals(self, url: str) -> Iterator[Signal]:
        """What it says about a page."""
        path = _path(url)
        for pattern, reserved, policy in self.rules:
            if matches(pattern, path):
                yield Signal("tdmrep", "reserved" if reserved else "allowed", policy)
                return


def header_signals(headers: Headers) -> tuple[Signal, ...]:
    """What HTTP headers (lower-case names) say.

    >>> header_signals((("x-robots-tag", "noindex, noai"),))
    (Signal(where='http', tdm='reserved', usage_terms=None, license=None),)
    """
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value.strip())
    robots = ",".join(values.get("x-robots-tag", ())).lower()
    words = {word.strip() for word in re.split(r"[,:;]", robots)}
    reservation = (values.get("tdm-reservation") or [""])[0]
    policy = next(iter(values.get("tdm-policy", ())), None) or None
    licence = next(filter(None, map(_licence, values.get("link", ()))), None)
    tdm: Literal["reserved", "allowed"] | None = None
    if reservation == "1" or "noai" in words:
        tdm = "reserved"
    elif reservation == "0":
        tdm = "allowed"
    if tdm is None and policy is None and licence is None:
        return ()
    return (Signal("http", tdm, policy, licence),)


_LICENCE_LINK = re.compile(r"<([^<>]+)>[^,]*;\s*rel=[\"']?license\b", re.IGNORECASE)


def _licence(link: str) -> str | None:
    found = _LICENCE_LINK.search(link[:4096])
    return found[1].strip() if found else None


def parse_robots(content: bytes) -> Robots:
    """robots.txt as the rules that concern us.

    Of the groups that name one crawler the rules are put together. ``Content-Signal:
    ai-train=no`` and ``Content-Usage: train-ai=n`` in such a group, or in that of all, reserve
    the whole site.

    >>> robots = parse_robots(b"User-agent: GPTBot\\nDisallow: /news/\\nAllow: /news/open/")
    >>> [len(list(robots.signals(f"https://a.example/{p}"))) for p in ("news/1", "news/open/2")]
    [1, 0]
    """
    groups: dict[str, list[Rule]] = {}
    agents: list[str] = []
    naming = reserved = False
    count = 0
    text = content[:_LONGEST].decode("utf-8-sig", "replace")
    for line in re.split(r"\r\n|\r|\n", text):
        name, _, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if name == "user-agent":
            agents = [*agents, value.lower()] if naming else [value.lower()]
            naming = True
            groups.setdefault(agents[-1], [])
            continue
        if name in ("allow", "disallow"):
            naming = False
            count += 1
            if value and count <= _MOST_RULES:
                for agent in agents:
                    groups[agent].append(Rule(_encoded(value), name == "disallow"))
        elif name in ("content-signal", "content-usage") and _forbids_training(value):
            reserved = reserved or not agents or bool({"*", *AGENTS} & set(agents))
    counted = [groups[agent] for agent in sorted(groups) if agent in AGENTS]
    if "*" in groups and AGENTS - groups.keys():
        counted.append(groups["*"])
    return Robots(tuple(tuple(rules) for rules in counted if rules), reserved)


def _forbids_training(value: str) -> bool:
    return bool(re.search(r"\b(?:ai-train\s*=\s*no?|train-ai\s*=\s*no?)\b", value.lower()))


def parse_reservations(content: bytes) -> Reservations | None:
    """tdmrep.json; None where it is none.

    >>> made = parse_reservations(b'[{"location": "/a*", "tdm-reservation": 1}]')
    >>> [s.tdm for s in made.signals("https://x.example/about")]
    ['reserved']
    """
    try:
        value = json.loads(content[:_LONGEST])
    except (ValueError, RecursionError):
        return None
    rules = []
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict) or str(item.get("tdm-reservation")) not in ("0", "1"):
            continue
        location, policy = item.get("location"), item.get("tdm-policy")
        if isinstance(location, str):
            said = policy if isinstance(policy, str) and policy.strip() else None
            rules.append((_encoded(location), str(item["tdm-reservation"]) == "1", said))
    return Reservations(tuple(rules[:_MOST_RULES])) if rules else None


def _is_closed(rules: tuple[Rule, ...], path: str) -> bool:
    """RFC 9309: the longest pattern that matches holds, of equals the one that opens."""
    best = max(
        ((len(rule.pattern), not rule.closed) for rule in rules if matches(rule.pattern, path)),
        default=None,
    )
    return best is not None and not best[1]


def matches(pattern: str, path: str) -> bool:
    """Whether a path begins as a pattern says; ``*`` is anything, a final ``$`` the end.

    Without regular expressions, whose time a hostile pattern could make grow without bound.

    >>> matches("/*.pdf$", "/a/b.pdf"), matches("/a", "/b"), matches("/*a*b", "/xaxxb/c")
    (True, False, True)
    """
    closed = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    last = rest.pop() if closed and rest else None
    for part in rest:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    if not closed:
        return True
    return (
        path.endswith(last) and len(path) - len(last) >= at
        if last is not None
        else at == len(path)
    )


def _encoded(path: str) -> str:
    """A path or pattern with the same letters encoded, however it was written."""
    return quote(unquote(path), safe="/*$?&=+,;:@!'()~-._%")


def _path(url: str) -> str:
    parts = urlsplit(url)
    return _encoded(f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
