"""Quality signals of a text in the manner of Gopher, C4 and FineWeb: columns first, rules second.

Sources of the definitions: Gopher (Rae et al. 2021, tables A1 and section A1.1), C4 (Raffel et al.
2020, section 2.2), FineWeb (Penedo et al. 2024, section 3.6). The signals that count lines and
paragraphs are exactly those that datatrove's filters compute; those that count words differ from
it where the two cut words differently (here without a model of the language).

Right for any script:

- a letter of a script without spaces (Han, kana, Thai, ...) is a word; the mean length of words
  says nothing there and is None;
- a sentence may end with any mark of Unicode's property Sentence_Terminal, and with a quotation
  mark or bracket after it;
- stop words exist for the languages of :data:`~newsdata.training.stopwords.STOP_WORDS`; for any
  other the signal is None and its rule never fires.

Nothing here removes anything: :func:`failed` names the rules that a text breaks, and only a
release that asks for them leaves such articles out, with that reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from newsdata.training.stopwords import STOP_WORDS

#: Unicode 16 Sentence_Terminal, and the ellipsis, which C4 and Gopher count apart.
TERMINAL = "".join(
    map(
        chr,
        [
            *(0x21, 0x2E, 0x3F, 0x589, 0x61D, 0x61E, 0x61F, 0x6D4, 0x700, 0x701, 0x702, 0x7F9),
            *(0x837, 0x839, 0x83D, 0x83E, 0x964, 0x965, 0x104A, 0x104B, 0x1362, 0x1367, 0x1368),
            *(0x166E, 0x1735, 0x1736, 0x17D4, 0x17D5, 0x1803, 0x1809, 0x1944, 0x1945, 0x1AA8),
            *(0x1AA9, 0x1AAA, 0x1AAB, 0x1B5A, 0x1B5B, 0x1B5E, 0x1B5F, 0x1C3B, 0x1C3C, 0x1C7E),
            *(0x1C7F, 0x203C, 0x203D, 0x2047, 0x2048, 0x2049, 0x2E2E, 0x2E3C, 0x3002, 0xA4FF),
            *(0xA60E, 0xA60F, 0xA6F3, 0xA6F7, 0xA876, 0xA877, 0xA8CE, 0xA8CF, 0xA92F, 0xA9C8),
            *(0xA9C9, 0xAA5D, 0xAA5E, 0xAA5F, 0xAAF0, 0xAAF1, 0xABEB, 0xFE52, 0xFE56, 0xFE57),
            *(0xFF01, 0xFF0E, 0xFF1F, 0xFF61),
        ],
    )
)
_QUOTES = "\"'»”’“‘」』›"
_CLOSING = _QUOTES + ")]）"
_BULLETS = ("•", "-")
_SPACELESS = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff"
_LETTER = rf"[^\W{_SPACELESS}]"
_TOKEN = re.compile(
    rf"[{_SPACELESS}]"
    rf"|(?:{_LETTER}\.){{2,}}"  # U.S.
    rf"|{_LETTER}+?(?=n['’]t\b)|n['’]t\b|['’](?:s|re|ve|ll|d|m)\b"  # did n't, it 's
    rf"|{_LETTER}+(?:(?!['’](?:s|re|ve|ll|d|m)\b)[.,'’&]{_LETTER}+)*"  # 1,000  O'Neil  AT&T
    rf"(?:\.(?=\s+[^\W\d_A-ZА-Я]|,))?"  # Inc. said: the dot of an abbreviation
    r"|([^\w\s])\1*",  # one mark, or one repeated: -- ...
)
_SPACELESS_CHARACTER = re.compile(rf"[{_SPACELESS}]")
_PARAGRAPHS = re.compile(r"\n{2,}")
_LINES = re.compile(r"\n+")
_SENTENCE_END = re.compile(rf"[{re.escape(TERMINAL)}…]+[{re.escape(_CLOSING)}]*(?=\s|$)")
_SENTENCE_END_SPACELESS = re.compile(r"[。！？｡]+")
_POLICY = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
_SHORT_LINE = 30


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of one text; shares are between 0 and 1 (Gopher's n-gram shares may pass 1).

    ==================  ===========================================================================
    words               words; marks do not count
    word_length         mean number of characters of a word; None where letters are words
    hashes, ellipses    ``#`` and ``...`` or ``…``, each divided by words and marks
    bullet_lines        share of lines that begin with a bullet
    ellipsis_lines      share of lines that end with an ellipsis
    alphabetic          share of words and marks that have a letter
    stop_words          different function words of the language; None without a list
    dup_lines           share of lines that stood before; dup_line_chars: by characters
    dup_paragraphs      share of paragraphs that stood before; dup_paragraph_chars: by characters
    top_2gram ...       share of characters in the most frequent run of 2, 3, 4 words
    dup_5gram ...       share of characters in runs of 5 to 10 words that stood before
    ended_lines         share of lines that end a sentence
    short_lines         share of lines of at most 30 characters
    dup_chars           as dup_line_chars, over the text without line breaks, empty lines left out
    line_breaks         line breaks divided by words and marks
    sentences           sentences in the lines that C4 would keep
    brackets            whether a curly bracket stands in such a line
    lorem_ipsum         whether the filler text does
    ==================  ===========================================================================
    """

    words: int
    word_length: float | None
    hashes: float
    ellipses: float
    bullet_lines: float
    ellipsis_lines: float
    alphabetic: float
    stop_words: int | None
    dup_lines: float
    dup_line_chars: float
    dup_paragraphs: float
    dup_paragraph_chars: float
    top_2gram: float
    top_3gram: float
    top_4gram: float
    dup_5gram: float
    dup_6gram: float
    dup_7gram: float
    dup_8gram: float
    dup_9gram: float
    dup_10gram: float
    ended_lines: float
    short_lines: float
    dup_chars: float
    line_breaks: float
    sentences: int
    brackets: bool
    lorem_ipsum: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A text breaks the rule where ``broken`` says so; a signal that is None breaks nothing."""

    name: str
    signal: str
    broken: Callable[[float], bool]
    meaning: str


def _below(name: str, signal: str, limit: float) -> Rule:
    return Rule(name, signal, lambda value: value < limit, f"{signal} below {limit:g}")


def _above(name: str, signal: str, limit: float) -> Rule:
    return Rule(name, signal, lambda value: value > limit, f"{signal} above {limit:g}")


#: The rules in the order in which they are tried, with the limits of the papers.
RULES: tuple[Rule, ...] = (
    _below("gopher-short", "words", 50),
    _above("gopher-long", "words", 100_000),
    _below("gopher-short-words", "word_length", 3),
    _above("gopher-long-words", "word_length", 10),
    _above("gopher-hashes", "hashes", 0.1),
    _above("gopher-ellipses", "ellipses", 0.1),
    _above("gopher-bullets", "bullet_lines", 0.9),
    _above("gopher-ellipsis-lines", "ellipsis_lines", 0.3),
    _below("gopher-alphabetic", "alphabetic", 0.8),
    _below("gopher-stop-words", "stop_words", 2),
    _above("gopher-dup-paragraphs", "dup_paragraphs", 0.3),
    _above("gopher-dup-paragraph-chars", "dup_paragraph_chars", 0.2),
    _above("gopher-dup-lines", "dup_lines", 0.3),
    _above("gopher-dup-line-chars", "dup_line_chars", 0.2),
    _above("gopher-top-2gram", "top_2gram", 0.2),
    _above("gopher-top-3gram", "top_3gram", 0.18),
    _above("gopher-top-4gram", "top_4gram", 0.16),
    _above("gopher-dup-5gram", "dup_5gram", 0.15),
    _above("gopher-dup-6gram", "dup_6gram", 0.14),
    _above("gopher-dup-7gram", "dup_7gram", 0.13),
    _above("gopher-dup-8gram", "dup_8gram", 0.12),
    _above("gopher-dup-9gram", "dup_9gram", 0.11),
    _above("gopher-dup-10gram", "dup_10gram", 0.10),
    _below("c4-sentences", "sentences", 5),
    Rule("c4-brackets", "brackets", bool, "a curly bracket in a kept line"),
    Rule("c4-lorem-ipsum", "lorem_ipsum", bool, "filler text"),
    _below("fineweb-ended-lines", "ended_lines", 0.12),
    _above("fineweb-short-lines", "short_lines", 0.67),
    _above("fineweb-dup-chars", "dup_chars", 0.01),
    _above("fineweb-line-breaks", "line_breaks", 0.3),
)

#: Names of sets of rules, as ``--quality gopher,c4`` takes them.
FAMILIES = ("gopher", "c4", "fineweb")


def failed(signals: Signals, families: Iterable[str] = FAMILIES) -> list[str]:
    """The names of the rules that a text breaks, in the order of :data:`RULES`.

    >>> failed(signals_of("Too short.", "en"), ["fineweb", "c4"])
    ['c4-sentences', 'fineweb-short-lines']
    """
    wanted = tuple(f"{name}-" for name in families)
    found = []
    for rule in RULES:
        value = getattr(signals, rule.signal)
        if rule.name.startswith(wanted) and value is not None and rule.broken(value):
            found.append(rule.name)
    return found


def signals_of(text: str, language: str | None = None) -> Signals:
    """The signals of a text; ``language`` is a BCP-47 tag. An empty text has zeros.

    >>> found = signals_of("Минск растет. И не только он, но и вся страна.", "ru")
    >>> found.words, found.stop_words, found.ended_lines
    (10, 2, 1.0)
    """
    tokens = [found.group() for found in _TOKEN.finditer(text)]
    words = [token for token in tokens if any(map(str.isalnum, token))]
    lines = text.splitlines() or [""]
    found: dict[str, Any] = _gopher(text, tokens, words, lines, language)
    found |= _repetition(text, tokens) | _fineweb(text, len(tokens)) | _c4(lines)
    return Signals(**found)


def names() -> list[str]:
    """The names of the signals, in the order of the columns."""
    return [field.name for field in fields(Signals)]


def _gopher(
    text: str, tokens: Sequence[str], words: Sequence[str], lines: Sequence[str], tag: str | None
) -> dict[str, Any]:
    total = max(len(tokens), 1)
    spaceless = sum(map(bool, map(_SPACELESS_CHARACTER.match, words)))
    length = sum(map(len, words)) / max(len(words), 1)
    stop_words = STOP_WORDS.get((tag or "").split("-")[0].lower())
    return {
        "words": len(words),
        "word_length": None if 2 * spaceless > len(words) else length,
        "hashes": text.count("#") / total,
        "ellipses": (text.count("...") + text.count("…")) / total,
        "bullet_lines": _share(line.lstrip().startswith(_BULLETS) for line in lines),
        "ellipsis_lines": _share(line.rstrip().endswith(("...", "…")) for line in lines),
        "alphabetic": sum(any(map(str.isalpha, token)) for token in tokens) / total,
        "stop_words": None
        if stop_words is None
        else len(stop_words & {word.lower() for word in words}),
    }


def _share(flags: Iterable[bool]) -> float:
    listed = list(flags)
    return sum(listed) / max(len(listed), 1)


def _repetition(text: str, tokens: Sequence[str]) -> dict[str, Any]:
    size = max(len(text), 1)
    found: dict[str, Any] = {}
    paragraphs = _PARAGRAPHS.split(text.strip())
    count, characters = _repeats(paragraphs)
    found["dup_paragraphs"] = count / len(paragraphs)
    found["dup_paragraph_chars"] = characters / size
    lines = _LINES.split(text)
    count, characters = _repeats(lines)
    found["dup_lines"] = count / len(lines)
    found["dup_line_chars"] = characters / size
    for length in (2, 3, 4):
        found[f"top_{length}gram"] = _most_frequent(tokens, length) / size
    repeated = True  # no run of n words twice: none of n + 1 either
    for length in range(5, 11):
        covered = _covered(tokens, length) if repeated else 0
        repeated = covered > 0
        found[f"dup_{length}gram"] = covered / size
    return found


def _repeats(parts: Iterable[str]) -> tuple[int, int]:
    """How many parts stood before, and their characters."""
    seen: set[str] = set()
    count = characters = 0
    for part in parts:
        if part in seen:
            count += 1
            characters += len(part)
        seen.add(part)
    return count, characters


def _most_frequent(tokens: Sequence[str], length: int) -> int:
    """Characters in all places of the most frequent run, of the first of equals."""
    runs = Counter(zip(*(tokens[start:] for start in range(length)), strict=False))
    if not runs:
        return 0
    run, count = max(runs.items(), key=lambda item: item[1])
    return (sum(map(len, run)) + length - 1) * count


def _covered(tokens: Sequence[str], length: int) -> int:
    """Characters in runs that stood before, counted without overlaps."""
    seen: set[tuple[str, ...]] = set()
    covered = place = 0
    while place + length <= len(tokens):
        run = tuple(tokens[place : place + length])
        if run in seen:
            covered += sum(map(len, run))
            place += length
        else:
            seen.add(run)
            place += 1
    return covered


def _fineweb(text: str, total: int) -> dict[str, Any]:
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return {"ended_lines": 0.0, "short_lines": 0.0, "dup_chars": 0.0, "line_breaks": 0.0}
    return {
        "ended_lines": _share(line.endswith(tuple(TERMINAL)) for line in lines),
        "short_lines": _share(len(line) <= _SHORT_LINE for line in lines),
        "dup_chars": _repeats(lines)[1] / len(text.replace("\n", "")),
        "line_breaks": text.count("\n") / max(total, 1),
    }


def _c4(lines: Iterable[str]) -> dict[str, Any]:
    """C4 keeps lines of three words that end a sentence and speak of no scripts or policies."""
    kept = [line.strip() for line in lines if _kept(line.strip())]
    lowered = [line.lower() for line in kept]
    lorem_ipsum = any("lorem ipsum" in line for line in lowered)
    kept = [line for line, low in zip(kept, lowered, strict=True) if "javascript" not in low]
    brackets = any("{" in line for line in kept)
    sentences = sum(
        _sentences(line) for line in kept if not any(part in line.lower() for part in _POLICY)
    )
    return {"sentences": sentences, "brackets": brackets, "lorem_ipsum": lorem_ipsum}


def _kept(line: str) -> bool:
    if line.endswith(("...", "…")) or any(len(word) > 1000 for word in line.split()):
        return False
    if not line.endswith(tuple(TERMINAL + _QUOTES)):
        return False
    return len(line.split()) >= 3 or len(_SPACELESS_CHARACTER.findall(line)) >= 3


def _sentences(line: str) -> int:
    if _SPACELESS_CHARACTER.search(line):
        return max(len(_SENTENCE_END_SPACELESS.findall(line)), 1)
    return max(len(_SENTENCE_END.findall(line)), 1)
