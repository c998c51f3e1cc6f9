"""One regular expression for the lines that surely hold valid records: a JSON Schema, and the
order in which keys stand, as an expression for RE2. Pure.

RE2 reads each byte once, whatever the expression and the text, and takes nothing but UTF-8 where
its classes do not say otherwise. A key has one place in an object, so none can come twice; numbers
have so few digits that none is lost; only whole surrogate pairs pass. An expression matches fewer
texts than are valid: of other orders, with other spaces, with numbers near a bound. What it does
not match is judged by the validator, which alone rejects.

The order of keys is no matter of the schema: programs that write JSON Lines keep to one, and
:class:`Layout` learns it from valid records.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from newsdata.checks.patterns import FORMATS, plain_pattern
from newsdata.checks.words import KEYWORDS, UnknownError, count_of, root_words, words_of

#: Keys of one object that are learned, nested levels, and the length of an expression, at most.
_KEYS, _LEVELS, _LONGEST = 300, 16, 200_000
#: Schemas that are looked at for one expression, at most: references may multiply.
_LOOKED_AT = 20_000
#: Repetitions of a character or an element that are counted one by one, at most.
_COUNTED = 64
#: Keys of which none has to be there: of more, one has to.
_FREE = 6
#: So many digits are exact in any number.
_DIGITS = 15
_HEX = "[0-9a-fA-F]"
#: One character of a text as JSON writes it. The class ends before the surrogates and begins again
#: after them: so RE2 keeps strictly to UTF-8, which it does not where a class is all of it.
CHARACTER = (
    r"(?:[\x{20}\x{21}\x{23}-\x{5B}\x{5D}-\x{D7FF}\x{E000}-\x{10FFFF}]"
    r'|\\["\\/bfnrt]'
    rf"|\\u(?:[0-9a-cA-CefEF]{_HEX}{{3}}|[dD][0-7]{_HEX}{{2}}"
    rf"|[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}))"
)
_NUMBER = (
    rf"-?(?:0|[1-9][0-9]{{0,{_DIGITS - 1}}})(?:\.[0-9]{{1,{_DIGITS}}})?(?:[eE][+-]?[0-9]{{1,2}})?"
)
#: What may stand where the schema asks nothing: no arrays and objects, in which keys could double.
_SCALAR = f'(?:"{CHARACTER}*"|{_NUMBER}|true|false|null)'
_GAP = "[ ]?"
_COMMA, _COLON = f",{_GAP}", f":{_GAP}"


@dataclass(slots=True)
class Layout:
    """What was seen at one place of records: the objects, their keys in their order and how often
    each stood there, and the elements of arrays."""

    objects: int = 0
    keys: dict[str, Layout] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    element: Layout | None = None

    def learn(self, value: Any, levels: int = _LEVELS) -> None:
        """Take what a valid value shows; what is too large or nested too deep is passed over."""
        if isinstance(value, dict) and levels:
            self.objects += 1
            self._order([key for key in value if _is_plain(key)])
            for key, part in value.items():
                if key in self.keys:
                    self.seen[key] += 1
                    self.keys[key].learn(part, levels - 1)
        elif isinstance(value, list) and levels and value:
            if self.element is None:
                self.element = Layout()
            for part in value:
                self.element.learn(part, levels - 1)

    def _order(self, keys: list[str]) -> None:
        """A key that is new comes after the one it follows here."""
        if all(key in self.keys for key in keys) or len(self.keys | dict.fromkeys(keys)) > _KEYS:
            return
        order, at = [*self.keys], 0
        for key in keys:
            if key in self.keys:
                at = order.index(key) + 1
            else:
                order.insert(at, key)
                self.seen[key] = 0
                at += 1
        self.keys = {key: self.keys.get(key) or Layout() for key in order}


def _is_plain(key: str) -> bool:
    """Whether every writer of JSON writes it as it is, or with an escape, which is doubted."""
    return 0 < len(key) <= 100 and key.isprintable() and '"' not in key and "\\" not in key


@dataclass(frozen=True, slots=True)
class Expression:
    """``text`` matches any number of lines, each with its line break and surely a valid record,
    provided that none is longer than ``longest`` bytes."""

    text: str
    longest: int


def expression_of(
    document: Mapping[str, Any], layout: Layout, depth: int, longest: int
) -> Expression | None:
    """The expression for records of a JSON Schema that are laid out like this, nested at most so
    deep; None where the schema asks what no expression can tell, or where it would be too long.
    """
    maker = _Maker(document, depth, longest)
    try:
        record = maker.root(layout)
    except UnknownError:
        return None
    if len(record) > _LONGEST:
        return None
    return Expression(rf"(?:{record}[ \t\r]*\n)*", maker.longest)


class _Maker:
    """Expressions of one document; ``longest`` is what bounds of texts leave of a line."""

    def __init__(self, document: Mapping[str, Any], depth: int, longest: int) -> None:
        self._document = document
        self._depth = depth
        self._looked = self._open = 0
        self.longest = longest

    def root(self, layout: Layout) -> str:
        """Whole records."""
        words = words_of(self._document, root_words(self._document))
        return self._checked({**words, "type": _only("object", words)}, layout, 1)

    def _value(self, node: Any, layout: Layout, depth: int) -> str:
        self._looked += 1
        if self._looked > _LOOKED_AT:
            raise UnknownError
        words = words_of(self._document, node)
        if words.keys() == {"anyOf"}:
            return self._any_of(words["anyOf"], layout, depth)
        return self._checked(words, layout, depth)

    def _any_of(self, branches: Any, layout: Layout, depth: int) -> str:
        """The alternatives that are understood."""
        if not isinstance(branches, list) or self._open >= _LEVELS:
            raise UnknownError
        self._open += 1
        made = [*self._known(lambda branch: self._value(branch, layout, depth), branches)]
        self._open -= 1
        return _one_of(iter(made))

    def _known(self, make: Callable[[Any], str], items: Sequence[Any]) -> Iterator[str]:
        for item in items:
            longest = self.longest
            try:
                yield make(item)
            except UnknownError:
                self.longest = longest

    def _checked(self, words: Mapping[str, Any], layout: Layout, depth: int) -> str:
        if not words.keys() <= KEYWORDS:
            raise UnknownError
        if not words:
            return _SCALAR
        types = words.get("type")
        types = [types] if isinstance(types, str) else types
        if "enum" in words or "const" in words:
            return _one_of(_listed(words, types))
        if not isinstance(types, list):
            raise UnknownError
        return _one_of(self._known(lambda kind: self._kind(kind, words, layout, depth), types))

    def _kind(self, kind: Any, words: Mapping[str, Any], layout: Layout, depth: int) -> str:
        if kind in ("object", "array"):
            if depth > self._depth:
                raise UnknownError
            make = self._object if kind == "object" else self._array
            return make(words, layout, depth)
        if kind == "string":
            return self._string(words)
        if kind in ("integer", "number"):
            return _number(words, kind)
        if kind == "boolean":
            return "true|false"
        if kind == "null":
            return "null"
        raise UnknownError

    # -- texts ----------------------------------------------------------------------------------

    def _string(self, words: Mapping[str, Any]) -> str:
        least, most = count_of(words, "minLength") or 0, count_of(words, "maxLength")
        if most is not None and most > _COUNTED:
            # A line has no more characters than bytes.
            self.longest, most = min(self.longest, most), None
        inner = []
        if "pattern" in words:
            inner.append(_inside(plain_pattern(words["pattern"], written=True)))
        if "format" in words:
            inner.append(_inside(FORMATS.get(words["format"])))
        if not inner:
            if least > (_COUNTED if most is None else most):
                raise UnknownError
            return f'"{CHARACTER}{_times(least, most)}"'
        if len(inner) > 1 or least > 1 or most is not None or (least and _takes_nothing(inner[0])):
            raise UnknownError
        return f'"{inner[0]}"'

    # -- objects and arrays ---------------------------------------------------------------------

    def _array(self, words: Mapping[str, Any], layout: Layout, depth: int) -> str:
        least, most = count_of(words, "minItems") or 0, count_of(words, "maxItems")
        if max(least, most or 0) > _COUNTED or (most is not None and most < least):
            raise UnknownError
        empty = [rf"\[{_GAP}\]"] if not least else []
        if layout.element is None or most == 0:
            return _one_of(iter(empty))
        try:
            element = self._value(words.get("items", True), layout.element, depth + 1)
        except UnknownError:
            return _one_of(iter(empty))
        more = _times(max(least - 1, 0), None if most is None else most - 1)
        return _one_of(iter([rf"\[{_GAP}{element}(?:{_COMMA}{element}){more}{_GAP}\]", *empty]))

    def _object(self, words: Mapping[str, Any], layout: Layout, depth: int) -> str:
        required = words.get("required", [])
        properties = words.get("properties", {})
        if not isinstance(required, list) or not isinstance(properties, Mapping):
            raise UnknownError
        members = dict(self._members(words, properties, layout, depth))
        if not {*required} <= members.keys():
            raise UnknownError
        empty = [] if required else [rf"\{{{_GAP}\}}"]
        if not members:
            return _one_of(iter(empty))
        fixed = [key for key in members if key in required or layout.seen[key] == layout.objects]
        if not fixed and len(members) > _FREE:
            fixed = [max(members, key=lambda key: layout.seen[key])]
        if fixed:
            made = [_around(fixed[0], members, {*required})]
        else:
            made = [_from(key, members) for key in members]
        return _one_of(iter([*(rf"\{{{_GAP}{text}{_GAP}\}}" for text in made), *empty]))

    def _members(
        self, words: Mapping[str, Any], properties: Mapping[str, Any], layout: Layout, depth: int
    ) -> Iterator[tuple[str, str]]:
        """Keys that were seen, each with its value; without those of which nothing is known."""
        free = words.get("additionalProperties", True) in (True, {})
        for key, part in layout.keys.items():
            if key not in properties and not free:
                continue
            longest = self.longest
            try:
                value = self._value(properties.get(key, True), part, depth + 1)
            except UnknownError:
                self.longest = longest
                continue
            yield key, f'"{_exactly(key)}"{_COLON}{value}'


def _only(kind: str, words: Mapping[str, Any]) -> str:
    """The type of which values are, where others may be allowed as well."""
    types = words.get("type", kind)
    if kind not in ([types] if isinstance(types, str) else types):
        raise UnknownError
    return kind


def _one_of(alternatives: Iterator[str]) -> str:
    made = [*dict.fromkeys(alternatives)]
    if not made:
        raise UnknownError
    return f"(?:{'|'.join(made)})"


def _around(fixed: str, members: Mapping[str, str], required: set[str]) -> str:
    """Members of which one is always there: those before it have a comma after them."""
    made, passed = [], False
    for key, member in members.items():
        if key == fixed:
            made.append(member)
            passed = True
        elif passed:
            made.append(f"(?:{_COMMA}{member})" + ("" if key in required else "?"))
        else:
            made.append(f"(?:{member}{_COMMA})?")
    return "".join(made)


def _from(first: str, members: Mapping[str, str]) -> str:
    """Members that may all be missing, one being the first that is there."""
    later = [*members][[*members].index(first) + 1 :]
    return members[first] + "".join(f"(?:{_COMMA}{members[key]})?" for key in later)


def _exactly(text: str) -> str:
    return "".join(rf"\x{{{ord(sign):X}}}" for sign in text)


def _times(least: int, most: int | None) -> str:
    if most is None:
        return {0: "*", 1: "+"}.get(least, f"{{{least},}}")
    return f"{{{least},{most}}}"


def _inside(pattern: str | None) -> str:
    """What a pattern of :mod:`newsdata.checks.patterns` says of a whole text, without its ends.

    Raises UnknownError where they stand elsewhere, or bind one alternative only.
    """
    if pattern is None:
        raise UnknownError
    inner = pattern.removeprefix(r"\A")
    begins = inner != pattern
    pattern, inner = inner, inner.removesuffix(r"\z")
    ends = inner != pattern
    if r"\A" in inner or r"\z" in inner or ((begins or ends) and _has_alternatives(inner)):
        raise UnknownError
    before, after = ("" if fixed else f"{CHARACTER}*" for fixed in (begins, ends))
    return f"{before}(?:{inner}){after}"


def _has_alternatives(expression: str) -> bool:
    """Whether a bar stands outside all groups; in classes none does, they hold numbers."""
    opened = 0
    for sign in re.sub(r"\\.|\[[^\]]*\]", "", expression):
        opened += (sign == "(") - (sign == ")")
        if sign == "|" and not opened:
            return True
    return False


def _takes_nothing(expression: str) -> bool:
    import re2

    return bool(re2.fullmatch(expression, ""))


def _listed(words: Mapping[str, Any], types: Any) -> Iterator[str]:
    """The values of an enumeration that JSON writes in one way."""
    if not words.keys() <= {"type", "enum", "const"} or {"enum", "const"} <= words.keys():
        raise UnknownError
    values = words["enum"] if "enum" in words else [words["const"]]
    if not isinstance(values, list) or not (types is None or isinstance(types, list)):
        raise UnknownError
    names = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
    for value in values:
        name = names.get(type(value))
        if name is None or (name == "integer" and abs(value) >= 10**_DIGITS):
            continue
        if types is None or name in types or (name == "integer" and "number" in types):
            text = json.dumps(value, ensure_ascii=False)
            if "\\" not in text and text.isprintable():
                yield _exactly(text)


def _number(words: Mapping[str, Any], kind: str) -> str:
    """Numbers of few digits that keep to the bounds for certain."""
    low, high = -math.inf, math.inf
    for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        bound = words.get(keyword)
        if bound is None:
            continue
        if type(bound) not in (int, float) or not abs(bound) < 10**_DIGITS:
            raise UnknownError
        if keyword in ("minimum", "exclusiveMinimum"):
            low = max(low, math.ceil(bound) if keyword == "minimum" else math.floor(bound) + 1)
        else:
            high = min(high, math.floor(bound) if keyword == "maximum" else math.ceil(bound) - 1)
    if kind == "number" and math.isinf(low) and math.isinf(high):
        return _NUMBER
    made = [*_whole(low, high)]
    if kind == "number":
        made += [rf"{text}\.[0-9]{{1,{_DIGITS}}}" for text in _whole(max(low, 0), high - 1)]
    return _one_of(iter(made))


def _whole(low: float, high: float) -> Iterator[str]:
    """Whole numbers from ``low`` to ``high``: those of so many digits that all lie between."""
    if low <= 0 <= high:
        yield "0"
    # Of n digits are 10 ** (n - 1) to 10 ** n - 1.
    above = [n for n in range(1, _DIGITS + 1) if low <= 10 ** (n - 1) and 10**n - 1 <= high]
    below = [n for n in range(1, _DIGITS + 1) if low <= 1 - 10**n and -(10 ** (n - 1)) <= high]
    for sign, counts in (("", above), ("-", below)):
        if counts:
            yield f"{sign}[1-9][0-9]{{{counts[0] - 1},{counts[-1] - 1}}}"
