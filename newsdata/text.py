"""Plain text as the archive keeps it: one normal form, paragraphs, slugs. Pure and linear.

What :func:`clean_text` does, once for all rooms, so that equal texts are equal strings:

* Unicode NFC; the spelling itself, typos included, stays as printed;
* every line break (CR LF, CR, NEL, vertical tab, form feed, U+2028, U+2029) becomes LF;
* tabs, no-break and all other odd spaces become one plain space each; runs are kept as printed;
* spaces at the end of a line go;
* control characters that are not white space go, and so do the byte order mark, zero width
  spaces and word joiners;
* soft hyphens go: they are a hint to the line breaker, not spelling, and the same word comes
  with and without them from one site's full and mobile page;
* zero width joiners and direction marks stay, some scripts cannot be spelled without them;
* half a surrogate pair, which no UTF-8 can carry, becomes U+FFFD.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_BREAKS = "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"
_INVISIBLE = "\u00ad\u200b\u2060\ufeff"


def _translation() -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for point in (*range(0x20), *range(0x7F, 0xA0)):
        table[point] = None
    for point in range(0xA0, 0x3001):  # U+3000 is the last space of Unicode
        if unicodedata.category(chr(point)) == "Zs":
            table[point] = " "
    table.update({ord(character): "\n" for character in _BREAKS[2:]})
    table.update(dict.fromkeys(map(ord, _INVISIBLE)))
    table[ord("\t")] = " "
    del table[ord("\n")]
    return table


_TABLE = _translation()
_ODD = re.compile("[" + "".join(map(re.escape, map(chr, _TABLE))) + "]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    r"""``text`` in the archive's normal form (see the module).

    >>> clean_text("Пере\u00adезд\u00a0закрыт \r\nна\u2009час\x00")
    'Переезд закрыт\nна час'
    """
    # Whatever the table changes, and half a surrogate pair, is not printable: one fast look at
    # the whole text spares most texts the slow ones.
    if not text.replace("\n", "").isprintable():
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        text = _ODD.sub(_replacement, _SURROGATES.sub("\ufffd", text))
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if " \n" in text:
        text = text.replace(" \n", "\n")
        if " \n" in text:
            text = "\n".join([line.rstrip(" ") for line in text.split("\n")])
    return text.rstrip(" ")


def _replacement(match: re.Match[str]) -> str:
    return _TABLE[ord(match[0])] or ""


def squeeze(text: str) -> str:
    """A short text (a title, a name, a caption) on one line, single spaces, in normal form.

    >>> squeeze("  Мост \\n  открыт ")
    'Мост открыт'
    """
    if not (text.isascii() and text.isprintable()):
        text = clean_text(text)
    return " ".join(text.split())


def lines(text: str) -> list[str]:
    """The lines that hold anything, stripped, of a text in normal form.

    >>> lines("a\\n\\n  b ")
    ['a', 'b']
    """
    return [line for line in map(str.strip, text.split("\n")) if line]


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text: the blocks between blank lines, or each line where there are none.

    Dumps and posts come with one or with two line breaks between paragraphs; where blank lines
    are used, a single break is inside the paragraph and stays there.

    >>> paragraphs("one\\ntwo")
    ['one', 'two']
    >>> paragraphs("one\\nmore\\n\\ntwo")
    ['one\\nmore', 'two']
    """
    return _split("\n".join([line.rstrip() for line in text.split("\n")]).strip())


def clean_paragraphs(text: str) -> list[str]:
    r"""The paragraphs of any text in normal form: ``paragraphs(clean_text(text))``, but faster.

    >>> clean_paragraphs("one \nmore\r\n\t\r\ntwo")
    ['one\nmore', 'two']
    """
    return _split(clean_text(text).strip())


def _split(text: str) -> list[str]:
    # More than one blank line between two paragraphs leaves empty parts and breaks, which go.
    parts = text.split("\n\n" if "\n\n" in text else "\n")
    return [part for part in map(str.strip, parts) if part]


def join_paragraphs(parts: Iterable[str]) -> str:
    """Paragraphs joined by a blank line, empty ones left out: the form of ``text`` in a record.

    >>> join_paragraphs(["one", "", " two"])
    'one\\n\\ntwo'
    """
    return "\n\n".join(part for part in map(str.strip, parts) if part)


def word_set(words: str) -> frozenset[str]:
    """The words of a string as a set: for tables of words that stay readable.

    >>> sorted(word_set("one two"))
    ['one', 'two']
    """
    return frozenset(words.split())


_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "e", "є": "e",
    "ж": "zh", "з": "z", "и": "i", "і": "i", "ї": "i", "й": "j", "к": "k", "л": "l", "м": "m",
    "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ў": "u", "ф": "f",
    "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ы": "y", "ь": "", "э": "e",
    "ю": "ju", "я": "ja",
}  # fmt: skip
_LATIN_TABLE = str.maketrans(_LATIN)
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """Lower-case ASCII words joined by hyphens, Cyrillic spelled in Latin; may be empty.

    >>> slug("В мире"), slug("Économie & Société")
    ('v-mire', 'economie-societe')
    """
    latin = unicodedata.normalize("NFC", text.lower()).translate(_LATIN_TABLE)
    ascii_only = unicodedata.normalize("NFKD", latin).encode("ascii", "ignore").decode("ascii")
    return _NOT_SLUG.sub("-", ascii_only).strip("-")
