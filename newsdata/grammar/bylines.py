"""Bylines: who wrote and who edited, without roles, agencies and places. Pure and linear."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from newsdata.sites import find_agency, is_house
from newsdata.text import word_set

LONGEST = 400

_PREFIX = re.compile(
    r"\s*(?:(?:story by|written by|by|текст|тэкст|автор(?:ы)?(?: текста)?|аўтар(?:ы)?"
    r"|autor(?:en|es|zy)?|auteurs?|autore)(?:\s*[:\-–—]\s*|\s+)"
    # a preposition, unless it is a part of the name (Di Ash, Von Ahn)
    r"|(?:von|por|par|di|door|av)\s+(?=\S+\s+\S))",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"\s*(?:By\s+(?=[^\W\d_a-zа-я])|BY\s+(?=[A-Z])"
    r"|(?i:автор(?:ы)?(?: текста)?|аўтар(?:ы)?|текст|тэкст|autor(?:en|es|zy)?|auteurs?|story by)"
    r"\s*[:–—-]\s*(?=\w))"
)
# "Capital Von Ann Lee": in the middle such a word is no part of a name only where a house, whose
# name is known, stands before it.
_AFTER_HOUSE = re.compile(
    r"\s+(?:von|by|par|per|por|de|di|av|af|door|od|от)\s+(?=\S+\s+\S)", re.IGNORECASE
)
# After a dash comes the genre or the house: "Ann Lee - Analysis", "Ann Lee- Analysis".
_AFTER_DASH = re.compile(r"(?<=\w\w)(?:\s+[-–—]+\s*|[-–—]+\s+).*$", re.DOTALL)
_AND = re.compile(r"\s+(?:and|und|et|y|e|и|і|ды|oraz|og|och|en|with)\s+|\s*[;,/|&•·]\s*")
_PLACE_TAIL = re.compile(r"\s+(?:in|at|from|в|во|у|ў|aus|desde|à)\s+.*$")
_BRACKETS = re.compile(r"[(\[][^()\[\]]{0,200}[)\]]")
_HANDLE = re.compile(r"\S*@\S+|https?://\S+")
_ROLE = re.compile(
    r"\b(?:editors?|reporters?|correspondents?|writers?|journalists?|columnists?|producers?|staff"
    r"|chief|bureau|desk|team|newsroom|agency|agencies|director|professor|analyst|contributor"
    r"|contributing|senior|special to|head of|editorial|news|online|wire|services?"
    r"|redakteur(?:in)?|redaktion|korrespondent(?:in)?|autor(?:in)?|journalist(?:in)?|redacción"
    r"|redacția|rédaction|redakcja|agencias?|корр|корреспондента?|карэспандэнта?|спецкорр?|собкорр?"
    r"|обозреватель|редактор|редакция|рэдакцыя|фотокорреспондента?|фотограф|журналист(?:ка)?"
    r"|аналитик|эксперт|источник|агентство)\b",
    re.IGNORECASE,
)
_ROLE_BEFORE = re.compile(
    r"^(?:корр(?:еспондент|есп)?|карэспандэнт|кар|спец\.?\s?корр|соб\.?\s?корр|обозреватель|редактор"
    r"|журналист|фотограф|фотокорреспондент)\.?\s+",
    re.IGNORECASE,
)
_PARTICLES = word_set(
    "de da di do dos du van von der den el al la le bin ibn ben y e zu ter ten af av"
    " ди да де дер фон ван аль эль оглы кызы"
)


@dataclass(frozen=True, slots=True)
class Byline:
    """Persons of a byline in printed order; ``agency`` where one stands among them."""

    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    agency: str | None = None


def is_byline(line: str) -> bool:
    """Whether a line announces itself as a byline (``By Ann Lee``, ``Автор: ...``).

    >>> is_byline("By Ann Lee"), is_byline("By the river a boat waited.")
    (True, False)
    """
    if len(line) > LONGEST or not _LABELLED.match(line):
        return False
    return bool(read_byline(line).authors) and not line.rstrip().endswith((".", "?", "!"))


def read_byline(text: str) -> Byline:
    """The persons a byline names: prefix, genre, roles, agencies, places and handles cut.

    >>> read_byline("By  Ann B. Lee  and  Raj Oak  - Analysis").authors
    ('Ann B. Lee', 'Raj Oak')
    >>> read_byline("By  Eva Aho , European technology correspondent").authors
    ('Eva Aho',)
    """
    if len(text) > LONGEST * 5:
        return Byline()
    return _read(" ".join(text[:LONGEST].split()))


@lru_cache(maxsize=4096)
def _read(text: str) -> Byline:
    """One byline; the same few hundred sign most stories of a house."""
    text = _HANDLE.sub(" ", _BRACKETS.sub(" ", _AFTER_DASH.sub("", _unprefixed(text))))
    authors: list[str] = []
    agency = None
    for part in _AND.split(text):
        known = find_agency(part.strip(" ."))
        if known:
            agency = agency or part.strip(" .")
            continue
        name = _person(part)
        # "Ann Lee, Health" names a desk: one word is a person only where it stands first
        if name and name not in authors and (not authors or " " in name or not name.isascii()):
            authors.append(name)
    return Byline(tuple(authors), agency=agency)


def _unprefixed(text: str) -> str:
    match = _PREFIX.match(text + " ")
    text = text[match.end() :].strip() if match else text.strip()
    return text[_end_of_house(text) :]


def _end_of_house(text: str) -> int:
    """Where the byline starts that stands after the name of a house; 0 where none does."""
    match = _AFTER_HOUSE.search(text)
    return match.end() if match and is_house(text[: match.start()]) else 0


def _person(part: str) -> str | None:
    """The bare name in one part of a byline, None where it names no person."""
    name = _ROLE_BEFORE.sub("", part.strip())
    name = _PLACE_TAIL.sub("", _unprefixed(name)).strip(" -–—:·'\"«»“”")
    if name.endswith((".", ",")) and not _ABBREVIATED.search(name):
        name = name[:-1]
    return name if is_person(name) else None


_ABBREVIATED = re.compile(r"\b(?:[^\W\d_]|Jr|Sr)\.$")
_NEVER_IN_NAMES = frozenset("@#_%*=<>{}()[]")


def is_person(name: str) -> bool:
    """Whether a text of a byline or credit looks like a personal name, not a role or a house.

    >>> is_person("Ludwig van Oak"), is_person("Reuters auto correspondent"), is_person("БЕЛТА")
    (True, False, False)
    """
    return len(name) <= 60 and _is_person(name)


@lru_cache(maxsize=8192)
def _is_person(name: str) -> bool:
    words = name.split()
    if not 1 <= len(words) <= 5 or is_house(name) or _end_of_house(name):
        return False
    if not _NEVER_IN_NAMES.isdisjoint(name) or any(map(str.isdigit, name)):
        return False
    if _ROLE.search(name) or not any(map(str.isalpha, name)):
        return False
    return all(map(_name_word, words))


def _name_word(word: str) -> bool:
    letters = word.strip(".'’-\"“”«»")
    if not letters:
        return False
    return not letters[0].islower() or letters in _PARTICLES or letters[:2] in ("d'", "d’", "al")


# -- the tail of wire stories ------------------------------------------------------------------

_TAIL_START = re.compile(
    r"\((?:additional\s+)?(?:reporting|writing|editing|compiled|written|translated|by|bearbeitet)\s+(?:and\s+\w+\s+)?by\s",
    re.IGNORECASE,
)
_DUTY = re.compile(
    r"(?P<duty>(?:additional |further )?(?:reporting|writing|editing|compiled|written|translated)"
    r"(?: and (?:writing|editing|reporting))?) by ",
    re.IGNORECASE,
)
LONGEST_TAIL = 600


def split_reporting_tail(paragraph: str) -> tuple[str, Byline | None]:
    """A paragraph without its closing ``(Reporting by A; Editing by B)``, and whom that names.

    Reporters and writers are authors, editors are editors.

    >>> split_reporting_tail("It rained. (Reporting by  Ann Lee ; editing by Raj Oak)")
    ('It rained.', Byline(authors=('Ann Lee',), editors=('Raj Oak',), agency=None))
    """
    end = paragraph.rstrip()
    if not end.endswith((")", ").")):
        return paragraph, None
    window = end[-LONGEST_TAIL:]
    match = _TAIL_START.search(window)
    if not match:
        return paragraph, None
    authors: list[str] = []
    editors: list[str] = []
    closing, others = _bracketed(" ".join(window[match.start() :].split()))
    for text in closing:
        pieces = _DUTY.split(text)
        for duty, names in zip(pieces[1::2], pieces[2::2], strict=False):
            group = editors if duty.lower().startswith("editing") else authors
            group.extend(n for n in _names_of_duty(names) if n not in group)
    if not authors and not editors:
        return paragraph, None
    rest = end[: len(end) - len(window) + match.start()].rstrip("([ \n")
    return " ".join([rest, *others] if rest else others), Byline(tuple(authors), tuple(editors))


_MARK = re.compile(r"[()\[\]]")
_WORD = re.compile(r"\w")


def _bracketed(tail: str) -> tuple[list[str], list[str]]:
    """The brackets that end a story: the texts of those with a duty, and all else as printed.

    ``(Reporting by A ) (Editing by B) ($1 = 2 euros)`` has two with a duty. Brackets inside one,
    as around a place, go with what is in them; so do those with an address to write to.
    """
    closing: list[str] = []
    others: list[str] = []
    inside = ""
    depth = start = opened = 0
    for mark in [*_MARK.finditer(tail), None]:
        end, after = mark.span() if mark else (len(tail), len(tail))
        piece = tail[start:end]
        if depth == 1 or (depth > 1 and _DUTY.search(piece)):
            inside += piece
        elif depth == 0:
            opened = end
            if _WORD.search(piece):
                others.append(piece.strip())
        opens = mark is not None and mark[0] in "(["
        depth = max(depth + (1 if opens else -1), 0) if mark else 0
        if depth == 0 and inside:
            if _DUTY.search(inside):
                closing.append(inside)
            elif _WORD.search(inside) and "@" not in inside:
                others.append(tail[opened:after])
            inside = ""
        start = after
    return closing, others


_PLACE_OF_DUTY = re.compile(r"\s+in\s+[^,;]*?(?=\s+and\s+(?:[^\W\d_]+\s+){1,3}in\b|[,;]|$)")
# "; Reuters Messaging: ...", "; e-mail: ..."
_LABEL = re.compile(r"[;,][^;,:]{1,40}:")


def _names_of_duty(names: str) -> tuple[str, ...]:
    """``A in New York and B in Bangalore`` -> A, B: what follows ``in`` is a place."""
    label = _LABEL.search(names)
    kept = _PLACE_OF_DUTY.sub("", names[: label.start()] if label else names)
    return read_byline(kept.strip(" ,;.")).authors
