"""Which language a text is in: the edition, letters or words that decide, py3langid. Pure."""

from __future__ import annotations

import re
import string
from collections.abc import Callable

from newsdata.grammar import cyrillic
from newsdata.text import word_set

#: A longer text is judged by its beginning. Measured against the first 4,000 characters: the same
#: answer for all of 5,664 wire stories, 1,277 posts and 323 pages in a dozen languages; with 240
#: characters five of the pages differ, with 400 two tables of figures in 2,000 stories.
ENOUGH = 600
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
_ANY_SCRIPT = re.compile("[\u0370-\u03ff\u0530-\u05ff\u0e00-\u0e7f\u10a0-\u10ff\u3040-\ud7af]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_ASCII_LETTERS = string.ascii_letters.encode()
_NEWS_LATIN = (
    "en", "de", "es", "pl", "fr", "it", "pt", "nl", "cs", "sk", "hr", "sl", "lt", "lv", "et",
    "ro", "hu", "sv", "da", "no", "fi", "tr", "az", "id", "vi",
)  # fmt: skip
# Kyrgyz has long vowels, and after ө and ү the same again where Kazakh goes on with е and і.
_KYRGYZ = re.compile(r"аа|ээ|оо|өө|уу|үү|[өү][бвгджзйклмнпрстчшң]{1,2}[өү]|жаңы")

# What decides a short title in Latin letters before the library is asked: words and spellings of
# one of the six languages that most of our pages in Latin letters are in.
_LATIN_WORDS: dict[str, frozenset[str]] = {
    "en": word_set(
        "the of to for and at from with by after over as is are says new its his her out off up"
        " not how why what who will could first more than into against amid be has have was"
        " were you your this that it on"
    ),
    "de": word_set(
        "und der die das mit für von auf zu im am ist nicht ein eine einen einem nach bei aus wie"
        " wird werden den dem vor über gegen zum zur bis neue neuer neues nur sich um"
    ),
    "es": word_set("el los las del y que por con una para se su al más es como sus"),
    "pl": word_set(
        "w z na się nie po za od przez dla jest o i do bez jak już czy oraz nowy nowa są"
    ),
    "fr": word_set(
        "le les des du et au aux une pour dans sur par est qui avec son ses ne pas plus"
    ),
    "it": word_set("il di che per non con del della dei gli nel alla più sono dal una è lo"),
}
_LATIN_FORMS: dict[str, re.Pattern[str]] = {
    "en": re.compile(
        r"(?:ing|ed|ght|th|sh|ck|ly|'s|’s|ies|ship|ness|[bdgkmnprt]s)\b|wh|[^s]ch[aeiou]\w*s\b|oo|ee"
    ),
    "de": re.compile(
        r"sch|(?:ung|ungen|lich|keit|heit|ern|cht|tz|ei[snt]|ier[et])\b|[äöüß]|pf|ie[rb]"
    ),
    "es": re.compile(r"[ñ¿¡]|(?:ción|ciones|ado|ados|idad|mente|ará)\b"),
    "pl": re.compile(r"[łąęśćżźń]|sz|cz|rz|(?:owy|owe|owa|ego|ych|ami|ia|ka|ku|ie)\b"),
    "fr": re.compile(r"[èêçœ]|\b[ldnsj]['’]|(?:tion|ent|eur|aux|ée|és|ais)\b"),
    "it": re.compile(r"[òùì]|\bl['’]|(?:zione|zioni|tà|ato|ati|gli)\b"),
}
#: Ahead by so much, our own evidence needs no second opinion; one point of it weighs as much as
#: so much of the library's logarithm of a probability. Tuned on half of the titles of the tests.
_CLEAR = 6.0
_WEIGHT = 8.0


#: Function words of English and of no other language of the library; several of them decide.
_ENGLISH = word_set(
    "the and that with from have which their were been this would they who said has are its"
    " about after could when there while"
)
_ENOUGH_WORDS = 5


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
    letters = _letters(text)
    if letters < 3:
        return None
    latin = letters
    if not text.isascii():
        by_script = _by_script(text, letters)
        if by_script:
            return by_script
        if 2 * len(_CYRILLIC.findall(text)) > letters:
            return _cyrillic(_LATIN_I.sub("і", text).lower(), text, letters)
        latin = len(_LATIN.findall(text))
    if letters >= SHORT or 2 * latin < letters:
        return _by_library(text, None)
    if letters >= VERY_SHORT:
        return _by_library(text, _NEWS_LATIN)
    return _best(text, _latin_scores(text.lower()), letters)


def _letters(text: str) -> int:
    if text.isascii():
        return len(text) - len(text.encode().translate(None, _ASCII_LETTERS))
    return sum(map(str.isalpha, text))


def _by_script(text: str, letters: int) -> str | None:
    """The language of a script that only one language of the news is written in."""
    if not _ANY_SCRIPT.search(text):
        return None
    for language, script in _SCRIPTS:
        if 3 * len(script.findall(text)) > letters or (language == "ja" and script.search(text)):
            return language
    return None


def _cyrillic(folded: str, text: str, letters: int) -> str | None:
    """By letters that decide; ``folded`` is lower-case, a Latin i among Cyrillic letters is і."""

    def some(alphabet: str) -> int:
        return sum(map(folded.count, alphabet))

    if some("әғқңұ") * 50 > letters and some("әғқұ"):
        return "kk"
    if some("ңөү") * 50 > letters:
        return "ky" if _KYRGYZ.search(folded) and not some("і") else "kk"
    if some("љњћђ") or (some("ј") and not some("ѓќѕ")):
        return "sr"
    if some("ѓќѕ"):
        return "mk"
    language = _decided(some) or _best(text, cyrillic.score(folded), letters)
    if language == "be" and cyrillic.is_taraskievica(text):
        return "be-tarask"
    return language


def _decided(some: Callable[[str], int]) -> str | None:
    """What letters decide without any doubt; ``some`` counts those of an alphabet in the text."""
    if not some("іўїєґ"):
        return "ru" if some("ы") and some("и") > 5 else None
    if some("ў") > 1 and not some("ищъїєґ"):
        return "be"
    return "uk" if some("їєґ") > 1 and not some("ыэъёў") else None


def _best(text: str, scores: dict[str, float], letters: int) -> str | None:
    """The language by our own evidence where that is clear, else together with the library's."""
    second, first = sorted(scores.values())[-2:]
    if first - second >= _CLEAR:
        return max(scores, key=lambda language: scores[language])
    if letters >= SHORT:
        return _by_library(text, None)
    from py3langid import rank  # slow to load

    chances = dict(rank(text.lower()))
    return max(scores, key=lambda language: chances[language] + _WEIGHT * scores[language])


def _latin_scores(text: str) -> dict[str, float]:
    """How much speaks for each language of :data:`_LATIN_WORDS` in a text in lower case."""
    words = _WORD.findall(text)
    return {
        language: sum(word in known for word in words)
        + 0.6 * len(_LATIN_FORMS[language].findall(text))
        for language, known in _LATIN_WORDS.items()
    }


def _by_library(text: str, candidates: tuple[str, ...] | None) -> str | None:
    """The best of the candidates in py3langid's ranking; the model loads at the first call."""
    words = _WORD.findall(text.lower())
    if not words:
        return None
    if len(_ENGLISH.intersection(words)) >= _ENOUGH_WORDS:
        return "en"
    from py3langid import classify, rank  # slow to load

    if candidates is None:
        return str(classify(text)[0])
    return next((str(language) for language, _ in rank(text) if language in candidates), None)
