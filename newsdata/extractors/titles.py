"""The headline of an HTML page: what most of its witnesses say, without the name of the site."""

from __future__ import annotations

import re
from collections.abc import Iterable

from newsdata.text import squeeze

#: What may stand between a headline and the name of its site.
_SEPARATOR = r"\s+(?:[|\-–—•·»«~/:]|::|\|\||>)\s+|\s*[|»]\s*|:\s+"
_TAIL = re.compile(rf"(?P<head>.*\S)(?:{_SEPARATOR})(?P<tail>[^|]*)$", re.DOTALL)
_NOT_WORD = re.compile(r"[\W_]+")
_LONGEST = 400


def choose_title(
    witnesses: Iterable[tuple[str | None, float, str]], site_names: Iterable[str] = ()
) -> tuple[str, str] | None:
    """The headline and how it was found, from (text, weight, method) of every witness.

    Texts that are equal but for case and punctuation vote together, each once; a text that is
    another's beginning up to a separator votes for it. The first spelling of the winner counts.

    >>> choose_title([("Rain - The Paper", 1, "dom"), ("Rain", 3, "jsonld")])
    ('Rain', 'jsonld')
    >>> choose_title([("Rain | The Paper", 1, "dom")], ["The Paper"])
    ('Rain', 'dom')
    """
    names = {_key(name) for name in site_names if name} - {""}
    given = [(squeeze(t), w, m) for t, w, m in witnesses if t and len(t) <= _LONGEST]
    given = [(text, weight, method) for text, weight, method in given if _key(text)]
    texts = {_key(text) for text, _, _ in given}
    votes: dict[str, float] = {}
    first: dict[str, tuple[float, str, str]] = {}
    for text, weight, method in given:
        short = _without_site(text, texts, names)
        key = _key(short)
        if key in names:
            continue
        votes[key] = votes.get(key, 0.0) + weight
        if key not in first or first[key][0] < weight:
            first[key] = (weight, short, method)
    if not votes:
        return None
    best = max(votes, key=lambda key: votes[key])
    return first[best][1], first[best][2]


def _key(text: str) -> str:
    return _NOT_WORD.sub("", text.casefold())


def _without_site(text: str, texts: set[str], names: set[str]) -> str:
    """The text without trailing parts that name the site, or that no other witness has."""
    for _ in range(4):
        match = _TAIL.fullmatch(text)
        if not match:
            break
        head, tail = match["head"], _key(match["tail"])
        if tail in names or _key(head) in texts or _is_site(tail, names):
            text = head.rstrip(" |-–—•·»:")
        else:
            break
    return text


def _is_site(tail: str, names: set[str]) -> bool:
    """Whether the tail is a name with a suffix, or one of several: ``Paper Online``."""
    return any(len(name) > 3 and (tail.startswith(name) or tail.endswith(name)) for name in names)
