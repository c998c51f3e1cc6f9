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
    another's beginning up to a separator votes for it. The winner's spelling with most weight
    counts.

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
    spelled: dict[str, dict[str, tuple[float, float, str]]] = {}
    for text, weight, method in given:
        short = _without_site(text, texts, names)
        key = _key(short)
        if key in names:
            continue
        votes[key] = votes.get(key, 0.0) + weight
        spellings = spelled.setdefault(key, {})
        total, best, by = spellings.get(short, (0.0, 0.0, method))
        spellings[short] = (total + weight, max(best, weight), method if weight > best else by)
    if not votes:
        return None
    winner = spelled[max(votes, key=lambda key: votes[key])]
    spelling = max(winner, key=lambda text: winner[text][:2])
    return spelling, winner[spelling][2]


def written_apart(
    said: str | None, heading: str | None, shared: str | None, title: str | None
) -> str | None:
    """Which of JSON-LD's headline and og:title was written on its own, None where neither was.

    A template repeats one text in ``h1``, ``title`` and one of the two; where the other differs,
    an editor wrote it, and publishers' own parsers give it as the headline.

    >>> written_apart("Rain falls", "Rain falls", "What rain brings", "Rain falls | The Paper")
    'What rain brings'
    """
    if not (said and heading and shared and title):
        return None
    same = _key(heading)
    if not same or not _key(title).startswith(same):
        return None
    if _key(said) == same and not _overlap(shared, heading):
        return shared
    if _key(shared) == same and not _overlap(said, heading):
        return said
    return None


def _overlap(one: str, other: str) -> bool:
    """Whether one text is the other with something before or behind it."""
    left, right = _key(one), _key(other)
    return not left or not right or left in right or right in left


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
