"""Which language a text is in: the edition, then letters that decide, then py3langid. Pure."""

from __future__ import annotations

import re
from collections import Counter

#: A longer text is judged by its beginning.
ENOUGH = 4000
#: Below this many letters only languages likely in the news are considered.
SHORT = 300
VERY_SHORT = 60

_WORD = re.compile(r"[^\W\d_]+")
_LATIN_I = re.compile(r"(?<=[Ѐ-ӿ])[iI]|[iI](?=[Ѐ-ӿ])")
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("hy", re.compile("[\u0530-\u058f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
_CYRILLIC = re.compile("[\u0400-\u04ff]")
#: The other Cyrillic languages show themselves by their own letters within a title.
_NEWS_CYRILLIC = ("ru", "bg", "kk")
_NEWS_LATIN = (
    "en", "de", "es", "pl", "fr", "it", "pt", "nl", "cs", "sk", "hr", "sl", "lt", "lv", "et",
    "ro", "hu", "sv", "da", "no", "fi", "tr", "az", "id", "vi",
)  # fmt: skip
# Signs of softness that the official spelling of 1933 dropped and Taraškievica writes.
_TARASK = re.compile(r"(?:сь[внлц]|зь[вмнлд]|дзьв|цьв|ньн|льл|цьц)")


def detect_language(text: str, hint: str | None = None) -> str | None:
    """The BCP-47 code of a text's language, None when there is nothing to go on.

    ``hint`` is the language of the edition; it decides. Never raises.

    >>> detect_language("Прэзідэнт наведаў храм"), detect_language("12:54")
    ('be', None)
    >>> detect_language("", hint="ru")
    'ru'
    """
    if hint:
        return hint
    text = text[:ENOUGH]
    counts = Counter(_LATIN_I.sub("і", text).lower())
    letters = sum(count for letter, count in counts.items() if letter.isalpha())
    if letters < 3:
        return None
    for language, script in _SCRIPTS:
        if 3 * len(script.findall(text)) > letters or (language == "ja" and script.search(text)):
            return language
    cyrillic = len(_CYRILLIC.findall(text))
    if 2 * cyrillic > letters:
        return _cyrillic(text, counts, letters)
    if letters < VERY_SHORT:
        return _by_library(text, _NEWS_LATIN[:6])
    return _by_library(text, _NEWS_LATIN if letters < SHORT else None)


def _cyrillic(text: str, counts: Counter[str], letters: int) -> str | None:
    def some(alphabet: str) -> int:
        return sum(counts[letter] for letter in alphabet)

    if some("әғқңұ") * 50 > letters and some("әғқұ"):
        return "kk"
    if some("ңөү") * 50 > letters:
        return "kk" if counts["і"] else "ky"
    if counts["ў"] and some("іў") > some("ищъ"):
        return "be-tarask" if len(_TARASK.findall(text.lower())) >= 2 else "be"
    if some("їєґ") and some("їєґі") > some("ыэъё"):
        return "uk"
    if some("љњћђ") or (counts["ј"] and not some("ѓќѕ")):
        return "sr"
    if some("ѓќѕ"):
        return "mk"
    if counts["і"] * 3 > max(some("и"), 1):  # і and no letter that decides: be or uk
        return "be" if some("ыэ") or not some("ищ") else "uk"
    if some("ыэ") and some("и"):
        return "ru"
    return _by_library(text, _NEWS_CYRILLIC if letters < SHORT else None)


def _by_library(text: str, candidates: tuple[str, ...] | None) -> str | None:
    """The best of the candidates in py3langid's ranking; the model loads at the first call."""
    if not _WORD.search(text):
        return None
    from py3langid import rank  # slow to load

    for language, _ in rank(text):
        if candidates is None or language in candidates:
            return str(language)
    return None
