"""Names of persons replaced by a keyed hash, wherever a record prints them.

A pseudonym is ``person-`` and 16 hex digits of HMAC-SHA256 (RFC 2104) over the folded name: the
same person has the same pseudonym in every release made with the same key, and nobody without the
key can compute it from a list of names. The key never enters a release.

A name is found again in the forms in which news prints it: given name and surname in either order
and any Slavic case, with a patronymic or a middle name between them, with initials, in capitals.
Inside the fields that only ever name people (datelines, credits) the surname alone is found too;
in running text it is not, because there it may be another person's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from newsdata.errors import UsageError

#: Fields whose persons can be made pseudonymous.
FIELDS = ("author", "photographer", "people")

#: All fields in which :func:`names_in` looks.
NAMING = (*FIELDS, "images", "dateline")

#: Parts of a record that name persons and little else: a surname alone is found there.
CREDITS = ("dateline", "author", "photographer", "people", "images", "extra")

#: Fields without words of people: identifiers, addresses, codes.
CODES = frozenset(
    {
        *("id", "alt_ids", "url", "source", "edition", "timestamp", "modified", "local_date"),
        *("timestamp_precision", "rubric_slug", "topic", "language", "status", "embargoed_until"),
        *("rights", "provenance", "credit_kind", "key"),
    }
)
_LEAST_KEY = 16
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ-][^\W\d_]+)*")
_ENDING = re.compile(r"(?:ий|ый|ой|ая|яя|ое|[аеёиоуыэюяйьіў])$")
_FLEETING = re.compile(r"[еёоя]([бвгджзйклмнпрстфхцчшщ])$")
_GAP = re.compile(r"\.?[ \t\u00a0]{0,2}\n?")


def read_key(content: bytes) -> bytes:
    """The key in a file: its bytes without white space around them, at least 16.

    Raises UsageError for a shorter one, which could be guessed.
    """
    key = content.strip()
    if len(key) < _LEAST_KEY:
        raise UsageError(
            f"the key has {len(key)} bytes; expected {_LEAST_KEY} or more "
            "(for instance 32 random bytes written in hexadecimal)"
        )
    return key


def parse_fields(value: str) -> tuple[str, ...]:
    """``"author,people"`` -> the fields; raises UsageError for one that names no persons."""
    given = [part.strip() for part in value.split(",") if part.strip()]
    for part in given:
        if part not in FIELDS:
            raise UsageError(f"pseudonymise: found {part!r}; expected some of {', '.join(FIELDS)}")
    return tuple(name for name in FIELDS if name in given)


def fold(word: str) -> str:
    """One form for a word however it is printed: NFC, lower case, ``ё`` as ``е``."""
    return unicodedata.normalize("NFC", word).casefold().replace("ё", "е").replace("’", "'")


def pseudonym(name: str, key: bytes) -> str:
    """The pseudonym of a name; order and case of its words do not matter.

    >>> pseudonym("Иван Петров", b"k" * 16) == pseudonym("ПЕТРОВ  Иван", b"k" * 16)
    True
    """
    words = " ".join(sorted(map(fold, _WORD.findall(name)))) or fold(name.strip())
    digest = hmac.new(key, words.encode(), hashlib.sha256).hexdigest()
    return f"person-{digest[:16]}"


def names_in(record: Mapping[str, Any], wanted: Iterable[str]) -> set[str]:
    """The names that the wanted fields of a record hold, those of its pictures and its dateline
    among them: a photographer is also credited at the picture, an author in the dateline."""
    wanted = set(wanted)
    found: set[str] = set()
    for name in wanted:
        found.update(value for value in record.get(name) or () if value)
    if "photographer" in wanted:
        for image in record.get("images") or ():
            found.update(image.get("photographer") or ())
    if "author" in wanted:
        correspondent = (record.get("dateline") or {}).get("correspondent")
        found.update([correspondent] if correspondent else [])
    return found


def _stems(word: str) -> set[str]:
    """What the printed forms of a word begin with.

    >>> sorted(_stems("ковальский")), sorted(_stems("заяц")), sorted(_stems("smith"))
    (['ковальск'], ['зайц', 'зац', 'заьц', 'заяц'], ['smith'])
    """
    if not re.search(r"[а-яіў]", word):
        return {word}
    stem = _ENDING.sub("", word) if len(word) > 3 else word
    stems = {stem}
    fleeting = _FLEETING.search(word)
    if fleeting and len(word) > 2:  # Павел, Лев, Немец, Заяц: Павла, Льва, Немца, Зайца
        stems.update(word[: fleeting.start()] + soft + fleeting[1] for soft in ("", "ь", "й"))
    return stems


@dataclass(frozen=True, slots=True)
class _Name:
    """The words of a name, each with the stems of its forms, and its pseudonym."""

    words: tuple[str, ...]
    pseudonym: str


def _is_form(printed: str, word: str) -> bool:
    """Whether a folded word is a form of a word of a name, or its initial.

    >>> _is_form("петровым", "петров"), _is_form("п", "петров"), _is_form("петрович", "петров")
    (True, True, False)
    """
    if len(printed) == 1:
        return word.startswith(printed)
    if printed == word or printed.removesuffix("'s") == word:
        return True
    return not word.isascii() and any(
        printed.startswith(stem) and _CASE_ENDING.fullmatch(printed, len(stem)) is not None
        for stem in _stems(word)
    )


_CASE_ENDING = re.compile(
    r"|а|я|у|ю|е|и|ы|о|ь|й|ом|ем|ым|им|ой|ей|ою|ею|ого|его|ому|ему|ый|ий|ая|яя|ую|юю|ых|их|ам|ям|"
    r"ами|ями|ыми|ими|ах|ях|ов|ев|ові|еві|ья|ью|ье|і|ам|ага|аму|ай|яга|ць|ем|ём"
)


@dataclass(slots=True)
class Pseudonyms:
    """Replaces names in records; ``key`` as :func:`read_key` gives it.

    >>> people = Pseudonyms(b"k" * 16)
    >>> people.know("Иван Петров")
    >>> person = pseudonym("Иван Петров", b"k" * 16)
    >>> people.replace("Фото Ивана ПЕТРОВА и П. Иванова") == f"Фото {person} и П. Иванова"
    True
    """

    key: bytes
    _by_stem: dict[str, set[_Name]] = field(default_factory=lambda: defaultdict(set))
    _longest: int = 0

    def know(self, name: str) -> None:
        """Replace this name from now on. One of a single word is only found in credits."""
        words = tuple(map(fold, _WORD.findall(name)))
        if not words:
            return
        known = _Name(words, pseudonym(name, self.key))
        for word in words:
            if len(word) > 1:
                for stem in _stems(word):
                    self._by_stem[stem].add(known)
                    self._longest = max(self._longest, len(stem))

    def replace(self, text: str, own: Iterable[str] = ()) -> str:
        """The text with every known name replaced; ``own`` are the names whose surname alone
        is replaced too."""
        surnames = [_Name(tuple(map(fold, _WORD.findall(n))), pseudonym(n, self.key)) for n in own]
        tokens = list(_WORD.finditer(text))
        folded = [fold(token.group()) for token in tokens]
        parts: list[str] = []
        done = place = 0
        while place < len(tokens):
            name, count = self._at(text, tokens, folded, place, surnames)
            if name:
                parts += [text[done : tokens[place].start()], name.pseudonym]
                last = place + count - 1
                done = tokens[last].end()
                if folded[last].endswith("'s") and not _ends(name.words, "'s"):
                    done -= 2
                if (
                    count > 1
                    and len(folded[place + count - 1]) == 1
                    and text[done : done + 1] == "."
                ):
                    done += 1
            place += count
        return "".join((*parts, text[done:]))

    def _at(
        self,
        text: str,
        tokens: list[re.Match[str]],
        folded: list[str],
        place: int,
        surnames: list[_Name],
    ) -> tuple[_Name | None, int]:
        """The name that begins at a word, and how many words it takes."""
        span = 1
        while (
            span < 4
            and place + span < len(tokens)
            and tokens[place].group()[0].isupper()
            and tokens[place + span].group()[0].isupper()
            and _GAP.fullmatch(text, tokens[place + span - 1].end(), tokens[place + span].start())
        ):
            span += 1
        for count in range(span, 1, -1):
            printed = folded[place : place + count]
            for name in sorted(self._candidates(printed), key=lambda name: name.pseudonym):
                if _names(printed, name.words):
                    return name, count
        if tokens[place].group()[0].isupper():
            for name in surnames:
                if len(folded[place]) > 2 and any(_is_form(folded[place], w) for w in name.words):
                    return name, 1
        return None, 1

    def _candidates(self, printed: list[str]) -> set[_Name]:
        found: set[_Name] = set()
        for word in printed:
            for end in range(2, min(len(word), self._longest) + 1):
                found |= self._by_stem.get(word[:end], set())
        return found

    def record(self, record: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
        """A copy of a record without the names of the wanted fields, and without any other known
        name. Every name of :func:`names_in` must be known already."""
        wanted = tuple(wanted)
        own = sorted(names_in(record, wanted))
        whole = {name: pseudonym(name, self.key) for name in own}
        return {
            name: value if name in CODES else self._value(value, whole, name in CREDITS)
            for name, value in record.items()
        }

    def _value(self, value: Any, own: Mapping[str, str], credit: bool) -> Any:
        if isinstance(value, str):
            return own.get(value) or self.replace(value, own if credit else ())
        if isinstance(value, list | tuple):
            return [self._value(item, own, credit) for item in value]
        if isinstance(value, Mapping):
            return {
                name: item
                if name in CODES
                else self._value(item, own, credit and name != "caption")
                for name, item in value.items()
            }
        return value


def _ends(words: Iterable[str], ending: str) -> bool:
    return any(word.endswith(ending) for word in words)


def _names(printed: list[str], words: tuple[str, ...]) -> bool:
    """Whether printed words are a form of a name.

    Each word of a name of two must be among them, of a longer name any two; one of them in full.
    One printed word more may stand between them, or behind them if it is a patronymic.
    """
    if len(words) < 2 or len(printed) > len(words) + 1:
        return False
    left = list(words)
    more: list[int] = []
    full = False
    for place, word in enumerate(printed):
        match = next((other for other in left if _is_form(word, other)), None)
        if match is None:
            more.append(place)
        else:
            left.remove(match)
            full |= len(word) > 1
    if not full or len(more) > 1 or len(words) - len(left) < 2:
        return False
    last = len(printed) - 1
    return not more or 0 < more[0] < last or (more[0] == last and _is_patronymic(printed[last]))


def _is_patronymic(word: str) -> bool:
    return (
        re.search(r"(?:[оеыі]в|[иы])(?:ич|іч|н)(?:а|у|ем|ам|ой|ай|е|ы)?$|ўн(?:а|ы|е|у|ай)$", word)
        is not None
    )
