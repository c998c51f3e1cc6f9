"""Endings of Russian and Belarusian surnames in the genitive, as rules for ``names``. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Literal, TypeAlias

Gender: TypeAlias = Literal["m", "f"]

VOWELS = "аеёиоуыэюяіАЕЁИОУЫЭЮЯІ"
#: After these letters -ы is written -и.
HUSHING = "гкхжшчщ"


def fit_surname(
    word: str, gender: Gender, genitive: bool, belarusian: bool
) -> tuple[float, str, bool]:
    """How well a surname or patronymic fits a reading of the given name.

    Answers a weight (0 is impossible, about 2 is natural), its nominative, and whether that is
    sure. ``genitive`` and ``gender`` are those of the reading.

    >>> fit_surname("Мозолевского", "m", genitive=True, belarusian=False)
    (3.0, 'Мозолевский', True)
    """
    if len(word) < 2:
        return 1.0, word, False
    if not genitive:
        return _fit_nominative(word, gender), word, True
    if gender == "m" and word in _IRREGULAR_SURNAMES:
        return 2.0, _IRREGULAR_SURNAMES[word], True
    patronymic = _patronymic(word)
    if patronymic:
        return (3.0 if patronymic[0] == gender else 0.0), patronymic[1], True
    if len(word) < 3 or not word[0].isupper():
        return 1.0, word, False
    rules = _surname_rules(gender, belarusian)
    for endings, replacement, weight, sure in rules:
        for ending in endings:
            if word.endswith(ending) and len(word) > len(ending) + 1:
                return weight, word[: -len(ending)] + replacement, sure
    return (_male_stem if gender == "m" else _female_stem)(word, belarusian)


def _patronymic(word: str) -> tuple[Gender, str] | None:
    """Gender and nominative of a patronymic in the genitive. Not of surnames such as Вольфович."""
    if word.endswith(("овны", "евны", "ичны", "аўны", "еўны", "ічны")):
        return "f", word[:-1] + "а"
    return None


def _fit_nominative(word: str, gender: Gender) -> float:
    """How natural a surname is in the nominative, by its ending."""
    if word.endswith(("ого", "его", "ага", "яга")) and len(word) > 4:
        return 0.05
    if word.endswith(("ская", "цкая", "ая", "яя")):
        return 2.0 if gender == "f" else 0.0
    if word.endswith(("ова", "ева", "ёва", "ина", "ына", "ава", "іна")):
        return 2.0 if gender == "f" else 0.1
    if word.endswith(("ой", "ей", "ай")):
        return 1.5 if gender == "m" else 0.7
    if word.endswith(
        ("ов", "ев", "ёв", "ин", "ын", "ский", "цкий", "оў", "аў", "еў", "скі", "цкі")
    ):
        return 2.0 if gender == "m" else 0.1
    if word[-1] in "ыиі" and not word.endswith(("швили", "швілі")):
        return 0.5 if word[-1] == "ы" or word[-2] in HUSHING else 1.2
    if word[-1] in "ая":
        return 0.8
    return 2.0 if gender == "m" and word[-1] not in VOWELS else 1.5


_Rule: TypeAlias = tuple[tuple[str, ...], str, float, bool]

_MALE_RU: tuple[_Rule, ...] = (
    (("ского",), "ский", 3.0, True),
    (("цкого",), "цкий", 3.0, True),
    (("ового", "евого"), "овой", 3.0, False),
    (("того",), "той", 3.0, False),
    (("дого",), "дой", 3.0, False),
    (("хого",), "хой", 3.0, False),
    (("шого",), "шой", 3.0, True),
    (("жого",), "жой", 3.0, True),
    (("кого",), "кий", 3.0, False),
    (("гого",), "гий", 3.0, False),
    (("ого",), "ый", 3.0, False),
    (("ьего",), "ий", 3.0, False),
    (("его",), "ий", 3.0, True),
    (("ова",), "ов", 2.0, True),
    (("ева",), "ев", 2.0, True),
    (("ёва",), "ёв", 2.0, True),
    (("ина",), "ин", 2.0, True),
    (("ына",), "ын", 2.0, True),
    (("ья",), "ей", 1.8, False),
    (("ская", "цкая"), "", 0.0, True),  # a woman's, in the nominative: never changed
    (("ая",), "ай", 0.7, True),
    (("швили", "дзе", "ко", "ых", "их", "аго", "яго", "ово"), "", 1.5, True),
)
_FEMALE_RU: tuple[_Rule, ...] = (
    (("ской",), "ская", 3.0, True),
    (("цкой",), "цкая", 3.0, True),
    (("овой",), "ова", 3.0, True),
    (("евой",), "ева", 3.0, True),
    (("ёвой",), "ёва", 3.0, True),
    (("иной",), "ина", 3.0, True),
    (("ыной",), "ына", 3.0, True),
    (("ой",), "ая", 2.0, True),
    (("ней",), "няя", 1.5, False),
    (("щей",), "щая", 1.5, False),
    (("швили", "дзе", "ко", "ых", "их", "аго", "яго", "ово"), "", 1.5, True),
)
_MALE_BE: tuple[_Rule, ...] = (
    (("скага",), "скі", 3.0, True),
    (("цкага",), "цкі", 3.0, True),
    (("кага",), "кі", 3.0, False),
    (("ага",), "ы", 2.0, False),
    (("яга",), "і", 1.5, False),
    (("ова",), "оў", 2.0, True),
    (("ава",), "аў", 2.0, True),
    (("ева",), "еў", 2.0, True),
    (("ёва",), "ёў", 2.0, True),
    (("іна",), "ін", 2.0, True),
    (("ына",), "ын", 2.0, True),
    (("ская", "цкая"), "", 0.0, True),
    (("ая",), "ай", 0.7, True),
    (("швілі", "дзэ", "ых", "іх"), "", 1.5, True),
)
_FEMALE_BE: tuple[_Rule, ...] = (
    (("скай",), "ская", 3.0, True),
    (("цкай",), "цкая", 3.0, True),
    (("овай",), "ова", 3.0, True),
    (("авай",), "ава", 3.0, True),
    (("евай",), "ева", 3.0, True),
    (("ёвай",), "ёва", 3.0, True),
    (("інай",), "іна", 3.0, True),
    (("ынай",), "ына", 3.0, True),
    (("ай",), "ая", 2.0, False),
    (("швілі", "дзэ", "ка", "ых", "іх"), "", 1.5, True),
)


def _with_kept_endings(rules: Iterable[_Rule]) -> tuple[_Rule, ...]:
    """One rule an ending; an empty replacement stands for the ending itself."""
    return tuple(
        ((ending,), replacement or ending, weight, sure)
        for endings, replacement, weight, sure in rules
        for ending in endings
    )


@cache
def _surname_rules(gender: Gender, belarusian: bool) -> tuple[_Rule, ...]:
    if belarusian:
        return _with_kept_endings(_MALE_BE if gender == "m" else _FEMALE_BE)
    return _with_kept_endings(_MALE_RU if gender == "m" else _FEMALE_RU)


#: Genitives of men's surnames that no ending tells from the others.
_IRREGULAR_SURNAMES = {
    "Донского": "Донской", "Трубецкого": "Трубецкой", "Крамского": "Крамской",
    "Луговского": "Луговской", "Шаховского": "Шаховской", "Лесного": "Лесной",
    "Волка": "Волк", "Зайца": "Заяц", "Козла": "Козел", "Орла": "Орел", "Осла": "Осел",
    "Котла": "Котел", "Дятла": "Дятел", "Льва": "Лев", "Ветра": "Ветер", "Костра": "Костер",
    "Карла": "Карл", "Марка": "Марк", "Кирка": "Кирк",
}  # fmt: skip


def _male_stem(word: str, belarusian: bool) -> tuple[float, str, bool]:
    """Genitive of a man's surname that ends like a noun."""
    stem, last, before = word[:-1], word[-1], word[-2]
    if last == "а" and before not in VOWELS:
        return 1.8, *_without_a(stem, belarusian)
    if last == "я":
        return 1.8, stem + ("й" if before in VOWELS else "ь"), True
    if last == "ы":
        return 1.5, stem + "а", True
    if last in "иі":
        return _noun_in_i(word, stem, before)
    if last in "оеуюэ":
        return 1.5, word, True
    return 0.1, word, False


def _without_a(stem: str, belarusian: bool) -> tuple[str, bool]:
    """A man's surname without its genitive -а, with the vowel that comes back, if one does."""
    before, last = stem[-2:-1], stem[-1]
    if last == "ц" and before and before not in VOWELS:
        root = stem[:-2] if before in "ьй" else stem[:-1]
        if before in "ьй" and root and root[-1] not in VOWELS + "л":
            root = stem[:-1]
        return root + "ец", before not in "ьй"
    if last == "к" and before and before in "чшжнбвдтзсмп":
        return stem[:-1] + "ок", False
    if last in "л" and before and before in "тсз" and not belarusian:
        return stem[:-1] + "ел", False
    return stem, True


def _female_stem(word: str, belarusian: bool) -> tuple[float, str, bool]:
    """A woman's surname in the genitive that ends like a noun: it declines only from -а, -я."""
    stem, last, before = word[:-1], word[-1], word[-2]
    if last == "ы":
        return 1.5, stem + "а", True
    if last in "иі":
        return _noun_in_i(word, stem, before)
    if last in "ая":
        return 0.1 if not belarusian else 0.3, word, False
    return 1.5, word, True


def _noun_in_i(word: str, stem: str, before: str) -> tuple[float, str, bool]:
    """-и: Сивухи is the genitive of Сивуха; foreign names in -ли, -ни, -ти stay."""
    if before in HUSHING and not word.endswith(("ски", "цки", "ськи")):
        return 1.3, stem + "а", True
    if (
        word.endswith(("ули", "юли", "ели", "ыли", "улі", "юлі", "елі", "ии", "ни"))
        and before in "лни"
    ):
        return 1.0, (word if word.endswith("ни") else stem + "я"), False
    return 1.0, word, True
