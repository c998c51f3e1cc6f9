"""Regular expressions for Arrow that match only what the validator's surely match too. Pure.

A pattern of a JSON Schema is one of ECMA-262, which the validator runs with Rust's engine and
Arrow would run with RE2. They agree on the plain part of the language but for what a class holds
(``\\S`` and a no-break space), so every class becomes a smaller one on which all agree. Without
negation and looking around, an expression of smaller classes matches fewer texts: what it matches
is matched by the pattern; what it does not match may be, and is asked elsewhere.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

#: What no engine takes for a space, a line break or a half of a character, as an RE2 class.
_LETTERS = r"\x{A1}-\x{167F}\x{3001}-\x{D7FF}"
#: Some of them as JSON may escape them: U+0100 to U+15FF.
_ESCAPED = r"\\u(?:0[1-9a-fA-F]|1[0-5])[0-9a-fA-F]{2}"
_WORD = string.ascii_letters + string.digits + "_"
_PRINTED = "".join(map(chr, range(0x20, 0x7F)))
#: Escapes that stand for several characters -> those of ASCII that all engines agree on.
_SETS = {"d": string.digits, "w": _WORD, "s": " \t\r\n", "S": _PRINTED[1:]}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}
_SYNTAX = frozenset(r"^$\.*+?()[]{}|/-")
#: Inside a class these may mean operations on sets to one engine or the other.
_ODD_IN_CLASS = frozenset("[&~^")
_BOUNDS = re.compile(r"\{[0-9]{1,4}(?:,[0-9]{0,4})?\}")
#: RE2 refuses more repetitions.
_MOST = 1000

_DAY = (
    "[1-9][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    "|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_PATH = "(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
_LABEL = "[A-Za-z][A-Za-z0-9]{0,20}"
#: A label of the host of an address has at most 63 characters, its local part 64 (RFC 5321).
_HOST = f"{_LABEL}(?:-{_LABEL})?"
#: Format -> an expression for the plain majority of its texts: no 29 February, no leap second, no
#: international host.
FORMATS = {
    "date": rf"\A{_DAY}\z",
    "date-time": rf"\A{_DAY}T{_CLOCK}:[0-5][0-9](?:\.[0-9]{{1,6}})?(?:Z|[+-]{_CLOCK})\z",
    "uri": rf"\Ahttps?://{_LABEL}(?:[.-]{_LABEL}){{0,8}}(?::[1-9][0-9]{{0,3}})?"
    rf"(?:/{_PATH})?(?:\?{_PATH})?(?:#{_PATH})?\z",
    "email": rf"\A{_LABEL}(?:[._+-]{_LABEL})?@{_HOST}(?:\.{_HOST}){{0,3}}\.[a-z]{{2,6}}\z",
    "uuid": r"\A[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\z",
}


def plain_pattern(pattern: str, written: bool = False) -> str | None:
    """The pattern for RE2, with smaller classes; None where it has anything but literals,
    classes, groups, alternatives, repetitions and the two ends of the text.

    With ``written`` it is one for texts as JSON writes them between quotes: letters may be
    escaped, and what must be escaped is in no class.

    >>> plain_pattern("^[a-f]{2}$")
    '\\\\A[\\\\x{61}-\\\\x{66}]{2}\\\\z'
    >>> plain_pattern("(?=a)") is None
    True
    """
    try:
        return "".join(_pieces(_Reader(pattern, written)))
    except _NotPlainError:
        return None


class _NotPlainError(Exception):
    """The pattern has something on which engines may differ."""


class _Reader:
    """The characters of a pattern, one after the other."""

    def __init__(self, text: str, written: bool) -> None:
        self.text = text
        self.written = written
        self.at = 0

    def take(self) -> str:
        """The next character. Raises _NotPlainError at the end."""
        if self.at >= len(self.text):
            raise _NotPlainError
        self.at += 1
        return self.text[self.at - 1]

    def take_if(self, text: str) -> bool:
        """Whether this text comes next; then it is passed."""
        found = self.text.startswith(text, self.at)
        if found:
            self.at += len(text)
        return found

    def upto(self, end: str) -> str:
        """What stands before the next ``end``, which is passed. Raises _NotPlainError."""
        found, mark, _ = self.text[self.at :].partition(end)
        if not mark:
            raise _NotPlainError
        self.at += len(found) + len(end)
        return found


def _pieces(reader: _Reader) -> Iterator[str]:
    repeatable = False
    opened = 0
    while reader.at < len(reader.text):
        sign = reader.take()
        if sign in "*+?{":
            if not repeatable:
                raise _NotPlainError
            yield _repetition(sign, reader)
            repeatable = False
            continue
        if sign == "(":
            if reader.take_if("?") and not reader.take_if(":"):
                raise _NotPlainError
            opened += 1
        elif sign == ")":
            opened -= 1
        yield _piece(sign, reader)
        repeatable = sign not in "(^$|"
        if opened < 0:
            raise _NotPlainError
    if opened:
        raise _NotPlainError


def _piece(sign: str, reader: _Reader) -> str:
    fixed = {"(": "(?:", ")": ")", "|": "|", "^": r"\A", "$": r"\z"}
    if sign in fixed:
        return fixed[sign]
    if sign == ".":
        return _class(reader, _PRINTED, _LETTERS)
    if sign == "[":
        return _in_brackets(reader)
    if sign == "\\":
        letter = reader.take()
        return _class(reader, _escaped(letter), _LETTERS if letter == "S" else "")
    return _class(reader, _literal(sign))


def _repetition(sign: str, reader: _Reader) -> str:
    made = sign
    if sign == "{":
        made += reader.upto("}") + "}"
        if not _BOUNDS.fullmatch(made):
            raise _NotPlainError
        if any(int(bound) > _MOST for bound in made[1:-1].split(",") if bound):
            raise _NotPlainError
    reader.take_if("?")  # as few as possible: no matter for whether it matches
    return made


def _literal(sign: str) -> str:
    if sign in _SYNTAX - set("/-") or not (sign in _PRINTED or "\xa1" <= sign < "\ud800"):
        raise _NotPlainError
    return sign


def _escaped(letter: str) -> str:
    """The characters that an escape stands for."""
    if letter in _SYNTAX:
        return letter
    if letter not in _SETS and letter not in _CONTROLS:
        raise _NotPlainError
    return _SETS.get(letter) or _CONTROLS[letter]


def _in_brackets(reader: _Reader) -> str:
    other = reader.take_if("^")
    characters, sets = _members(reader)
    if not other:
        if not characters:
            raise _NotPlainError
        return _class(reader, "".join(characters), _LETTERS if "S" in sets else "")
    if any(not sign.isascii() for sign in characters) or "S" in sets:
        raise _NotPlainError
    left = "".join(sign for sign in _PRINTED if sign not in characters)
    if not left:
        raise _NotPlainError
    # What is a digit or a letter beyond ASCII is not agreed on.
    return _class(reader, left, "" if sets & {"d", "w"} else _LETTERS)


def _members(reader: _Reader) -> tuple[set[str], set[str]]:
    """The characters of a class up to its end, and the letters of the escapes in it."""
    characters: set[str] = set()
    sets: set[str] = set()
    while not reader.take_if("]"):
        first = reader.take()
        if first in _ODD_IN_CLASS:
            raise _NotPlainError
        if first == "\\":
            letter = reader.take()
            characters.update(_escaped(letter))
            sets.update(_SETS.keys() & {letter})
            if reader.text.startswith("-", reader.at) and not reader.text.startswith(
                "-]", reader.at
            ):
                raise _NotPlainError
            continue
        if first != "-" and not reader.text.startswith("-]", reader.at) and reader.take_if("-"):
            characters.update(_range(first, reader.take()))
        else:
            characters.add(first if first in "$.*+?(){}|" else _literal(first))
            if first == "-" and characters != {"-"} and not reader.text.startswith("]", reader.at):
                raise _NotPlainError
    return characters, sets


def _range(first: str, last: str) -> str:
    """Characters from one digit or letter to another of the same kind."""
    for kind in (string.digits, string.ascii_lowercase, string.ascii_uppercase):
        if first in kind and last in kind and first <= last:
            return kind[kind.index(first) : kind.index(last) + 1]
    kind = "".join(map(chr, range(0x410, 0x450)))  # Cyrillic from А to я
    if first in kind and last in kind and first <= last:
        return kind[kind.index(first) : kind.index(last) + 1]
    raise _NotPlainError


def _class(reader: _Reader, characters: str, more: str = "") -> str:
    """A class of RE2 of these characters, as ranges."""
    codes = set(map(ord, characters))
    if reader.written:
        codes = {code for code in codes if code >= 0x20} - {ord('"'), ord("\\")}
        if not codes and not more:
            raise _NotPlainError
    runs: list[list[int]] = []
    for code in sorted(codes):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    made = "".join(rf"\x{{{a:X}}}" if a == b else rf"\x{{{a:X}}}-\x{{{b:X}}}" for a, b in runs)
    if len(runs) == 1 and runs[0][0] == runs[0][1] and not more:
        return made
    return f"(?:[{made}{more}]|{_ESCAPED})" if reader.written and more else f"[{made}{more}]"
