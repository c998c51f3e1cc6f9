"""Personal names: Russian and Belarusian genitive to nominative (``Максима Гучека``). Pure.

Rules on endings with a list of given names: on real names they beat the dictionaries tried
(pymorphy3, natasha, pytrovich) at a thousandth of the cost. Every reading of the given name
(whose, in which case) is weighed with what the surname's ending allows; the best one wins, and
where a second one stays close the answer says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from newsdata.grammar.given_names import (
    FEMALE_BE,
    FEMALE_ENDINGS,
    FEMALE_RU,
    LATIN,
    MALE_BE,
    MALE_RU,
    MALE_STEMS,
)
from newsdata.grammar.surnames import HUSHING, VOWELS, Gender, fit_surname
from newsdata.text import word_set

_CYRILLIC = re.compile(r"[А-Яа-яЁёІіЎў'’ʼ-]+")
_INITIAL = re.compile(r"(?:[А-ЯЁІЎ]\.)+|[А-ЯЁІЎ]")
_GLUED_INITIAL = re.compile(r"(\b[А-ЯЁІЎ]\.)(?=[А-ЯЁІЎ][^.])")
#: A second reading this near to the best makes a name ambiguous.
_CLOSE = 1.6


@dataclass(frozen=True, slots=True)
class Nominative:
    """A name in the nominative.

    ``confident`` is false where a rule had to guess, ``ambiguous`` true where another person
    could be meant (``Александра Хитрова``: Александр Хитров, or Александра Хитрова herself).
    """

    name: str
    confident: bool
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a given name: its nominative, whose it is, the case it stands in."""

    nominative: str
    gender: Gender
    genitive: bool
    weight: float
    known: bool


def to_nominative(name: str, language: str | None = None) -> Nominative:
    """The nominative of a name printed in the genitive; a name in the nominative stays.

    Names that are not Cyrillic, and surnames that do not decline, stay as printed. Where both
    cases are possible the genitive is taken, as after ``Фото``, and ``ambiguous`` is set.
    ``language`` ``be`` reads Belarusian where no letter shows it.

    >>> to_nominative("Максима Гучека")
    Nominative(name='Максим Гучек', confident=True, ambiguous=False)
    >>> to_nominative("Юлия Фартух").name, to_nominative("Александра Хитрова").ambiguous
    ('Юлия Фартух', True)
    """
    words = _GLUED_INITIAL.sub(r"\1 ", name).split()
    if not words or len(words) > 5 or any(len(word) > 40 for word in words):
        return Nominative(name, confident=False)
    if not all(_CYRILLIC.fullmatch(word) or _INITIAL.fullmatch(word) for word in words):
        return Nominative(name, confident=not _CYRILLIC.search(name))
    titled = " ".join(map(_title, words))
    in_capitals = name.isupper() and len(name) > 4 and not _INITIAL.fullmatch(words[0])
    if in_capitals and titled != name:  # equal where all words are single letters
        found = to_nominative(titled, language)
        return Nominative(found.name.upper(), found.confident, found.ambiguous)
    loud = [index for index, word in enumerate(words) if word.isupper() and len(word) > 2]
    if loud and titled != name:  # Ивана ПРИМЕРОВА
        found = to_nominative(titled, language)
        parts = found.name.split()
        if len(parts) == len(words):
            shown = (part.upper() if n in loud else part for n, part in enumerate(parts))
            return Nominative(" ".join(shown), found.confident, found.ambiguous)
    belarusian = language == "be" or any(letter in name for letter in "іўІЎ")
    belarusian = belarusian or any(_fold(word) in _belarusian_forms() for word in words[:2])
    return _best(words, belarusian)


def is_given_name(word: str) -> bool:
    """Whether a word is a listed given name in the nominative.

    >>> is_given_name("Сергей"), is_given_name("Ann"), is_given_name("Площадь")
    (True, True, False)
    """
    if word in _latin():
        return True
    readings = _readings(belarusian=False).get(_fold(word), ())
    return any(not reading.genitive for reading in readings)


@cache
def _latin() -> frozenset[str]:
    return word_set(LATIN)


def _title(word: str) -> str:
    return "-".join(part[:1] + part[1:].lower() for part in word.split("-"))


# -- weighing the readings ---------------------------------------------------------------------


def _best(words: list[str], belarusian: bool) -> Nominative:
    place, readings = _given(words, belarusian)
    rest = [index for index in range(len(words)) if index != place]
    scored: list[tuple[float, bool, str, bool]] = []
    for reading in readings:
        weight, parts, sure = reading.weight, list(words), reading.known
        if place is not None:
            parts[place] = reading.nominative
        for index in rest:
            fit, parts[index], certain = _other(words[index], reading, belarusian)
            weight *= fit
            sure = sure and certain
        scored.append((weight, reading.genitive, " ".join(parts), sure))
    scored.sort(key=lambda item: (-item[0], not item[1]))
    if not scored or scored[0][0] <= 0:
        return Nominative(" ".join(words), confident=False)
    weight, genitive, name, sure = scored[0]
    rivals = [item for item in scored[1:] if item[2] != name and item[0] * _CLOSE >= weight]
    for rival in rivals:  # both cases possible: after "Фото" the genitive is the usual one
        if rival[1] and not genitive and rival[0] > 0:
            weight, genitive, name, sure = rival
    return Nominative(name, sure and not rivals, bool(rivals))


def _given(words: list[str], belarusian: bool) -> tuple[int | None, list[_Reading]]:
    """Where the given name stands, with its readings; None and surname-only readings without."""
    table = _readings(belarusian)
    for index, word in enumerate(words[:2]):
        known = table.get(_fold(word))
        if known and (index == 0 or len(words) == 2):
            return index, [_restore(word, reading) for reading in known]
    if _INITIAL.fullmatch(words[0]) or _INITIAL.fullmatch(words[-1]) or len(words) == 1:
        return None, list(_anyone())
    return 0, list(_unknown(words[0]))


def _anyone() -> Iterator[_Reading]:
    for gender in ("m", "f"):
        yield _Reading("", gender, genitive=True, weight=1.0, known=False)
        yield _Reading("", gender, genitive=False, weight=0.9, known=False)


def _fold(word: str) -> str:
    return word.replace("ё", "е").replace("’", "'").replace("ʼ", "'")


def _restore(word: str, reading: _Reading) -> _Reading:
    """The nominative with the letters the page printed (``ё``) as far as both agree."""
    folded, same = _fold(word), 0
    for left, right in zip(folded, reading.nominative, strict=False):
        if left != right:
            break
        same += 1
    nominative = word[:same] + reading.nominative[same:]
    return _Reading(nominative, reading.gender, reading.genitive, reading.weight, known=True)


@cache
def _readings(belarusian: bool) -> dict[str, list[_Reading]]:
    """Every printed form of the listed names -> its readings. Both languages share one table."""
    table: dict[str, list[_Reading]] = {}
    lists: tuple[tuple[Gender, str, bool], ...] = (
        ("m", MALE_RU, False), ("f", FEMALE_RU, False),
        ("m", MALE_BE, True), ("f", FEMALE_BE, True),
    )  # fmt: skip
    for gender, names, be in sorted(lists, key=lambda item: item[2] != belarusian):
        for name in dict.fromkeys(_fold(names).split()):
            for form, genitive in ((name, False), (_genitive_of_given(name, gender, be), True)):
                reading = _Reading(name, gender, genitive, 2.0, known=True)
                readings = table.setdefault(form, [])
                if not any(_same(reading, other) for other in readings):
                    readings.append(reading)
    return table


@cache
def _belarusian_forms() -> frozenset[str]:
    """Forms of given names that only Belarusian has: ``Алег``, ``Святланы``."""

    def forms(lists: tuple[tuple[Gender, str], ...], belarusian: bool) -> set[str]:
        return {
            form
            for gender, names in lists
            for name in _fold(names).split()
            for form in (name, _genitive_of_given(name, gender, belarusian))
        }

    ours = forms((("m", MALE_BE), ("f", FEMALE_BE)), belarusian=True)
    return frozenset(ours - forms((("m", MALE_RU), ("f", FEMALE_RU)), belarusian=False))


def _same(one: _Reading, other: _Reading) -> bool:
    """The same reading, or the same gender and case already told by the first language."""
    return (one.gender, one.genitive) == (other.gender, other.genitive)


_IRREGULAR = {
    "Павел": "Павла", "Лев": "Льва", "Петр": "Петра", "Любовь": "Любови", "Леў": "Льва",
    "Любоў": "Любові",
}  # fmt: skip
_IRREGULAR_BE = {"Павел": "Паўла", "Петр": "Пятра"}


def _genitive_of_given(name: str, gender: Gender, belarusian: bool) -> str:
    if belarusian and name in _IRREGULAR_BE:
        return _IRREGULAR_BE[name]
    if name in _IRREGULAR:
        return _IRREGULAR[name]
    soft = "і" if belarusian else "и"
    stem, last = name[:-1], name[-1]
    if last == "а":
        hard = stem[-1] in ("гкх" if belarusian else HUSHING)
        return stem + (soft if hard else "ы")
    if last == "я":
        return stem + soft
    if gender == "f" or last in VOWELS:
        return name
    if last in "йь":
        return stem + "я"
    return name[:-1] + "ва" if last == "ў" else name + "а"


def _unknown(word: str) -> Iterator[_Reading]:
    """Readings of a given name that is in no list, by its ending."""

    def reading(nominative: str, gender: Gender, genitive: bool, weight: float) -> _Reading:
        return _Reading(nominative, gender, genitive, weight, known=False)

    stem, last, before = word[:-1], word[-1], word[-2:-1]
    both: tuple[Gender, ...] = ("m", "f")
    if last == "а" and before and before not in VOWELS:
        male = stem.endswith(MALE_STEMS)
        female = word.endswith(FEMALE_ENDINGS) and not male
        yield reading(stem, "m", genitive=True, weight=0.6 if female else 1.5)
        yield reading(word, "f", genitive=False, weight=0.5 if male else 1.5 if female else 0.8)
    elif last == "я":
        yield reading(stem + ("й" if before in VOWELS else "ь"), "m", genitive=True, weight=1.0)
        yield reading(word, "f", genitive=False, weight=1.3 if word.endswith("ия") else 0.9)
    elif last == "ы":
        yield from (reading(stem + "а", gender, genitive=True, weight=2.0) for gender in both)
    elif word.endswith(("ии", "іі", "ьи", "еи", "еі")):
        yield reading(stem + "я", "f", genitive=True, weight=2.0)
    elif last in "иі" and before in HUSHING:
        yield from (reading(stem + "а", gender, genitive=True, weight=1.0) for gender in both)
        yield from (reading(word, gender, genitive=False, weight=0.8) for gender in both)
    else:
        yield from _undeclined(word, last)


def _undeclined(word: str, last: str) -> Iterator[_Reading]:
    both: tuple[Gender, ...] = ("m", "f")
    for gender in both:
        yield _Reading(word, gender, genitive=False, weight=1.5, known=False)
    if last in VOWELS:  # Си Цзиньпина: the given name does not decline, the surname does
        yield _Reading(word, "m", genitive=True, weight=1.5, known=False)
    yield _Reading(word, "f", genitive=True, weight=1.0, known=False)


def _other(word: str, reading: _Reading, belarusian: bool) -> tuple[float, str, bool]:
    """How well a surname or patronymic fits a reading, its nominative, and if that is sure."""
    if _INITIAL.fullmatch(word):
        return 1.0, word, True
    parts = word.split("-")
    fits = [fit_surname(part, reading.gender, reading.genitive, belarusian) for part in parts]
    return (
        min(fit for fit, _, _ in fits),
        "-".join(nominative for _, nominative, _ in fits),
        all(sure for _, _, sure in fits),
    )
