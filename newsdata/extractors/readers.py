"""What each field of ours is read from in a foreign record: names, lists, texts, codes. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from newsdata.grammar.bylines import read_byline
from newsdata.grammar.credits import read_credit
from newsdata.records import Fault
from newsdata.text import clean_paragraphs, squeeze

_LINES = ("title", "lead", "source", "edition", "agency", "rubric", "rubric_slug", "url")
_STATUS = re.compile("usable|withheld|canceled")
_TOPIC = re.compile(r"medtop:\d{8}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_OBJECTS = {
    "dateline": frozenset({"raw", "places", "date", "agency", "correspondent"}),
    "rights": frozenset({"license", "copyright_notice", "usage_terms", "free_to_read", "tdm",
                         "signals", "observed_at"}),
    "images": frozenset({"url", "caption", "credit", "credit_kind", "photographer", "agency",
                         "after_paragraph"}),
}  # fmt: skip
_LISTS = ("tags", "people", "alt_ids")


class UnfitError(Exception):
    """A value that its field cannot be read from; ``fault`` says why."""

    def __init__(self, expected: str, item: Any, code: str = "wrong-type") -> None:
        found = repr(item)[:100] if isinstance(item, str) else json_name(item)
        super().__init__(f"found {found}, expected {expected}")
        self.code = code

    def fault(self, field: str, pointer: str) -> Fault:
        """The fault of a field that was mapped to such a value."""
        return Fault(self.code, f"{field}: {self.args[0]}", pointer)


def json_name(value: Any) -> str:
    """What JSON calls a value, with its article.

    >>> json_name([]), json_name(1.5)
    ('an array', 'a number')
    """
    names = {
        type(None): "null", bool: "a boolean", str: "a string", list: "an array", dict: "an object"
    }  # fmt: skip
    return names.get(type(value), "a number")


def _string(item: Any) -> str:
    if not isinstance(item, str):
        raise UnfitError("a string", item)
    return item


def _line(item: Any) -> str | None:
    """A short text on one line; of a list of them the first."""
    if isinstance(item, list) and item and all(isinstance(one, str) for one in item):
        item = item[0]
    return squeeze(_string(item)) or None


def _read_text(item: Any) -> str | None:
    if isinstance(item, list) and all(isinstance(one, str) for one in item):
        item = "\n\n".join(item)
    return "\n\n".join(clean_paragraphs(_string(item))) or None


def _read_id(item: Any) -> str | None:
    if isinstance(item, int) and not isinstance(item, bool):
        return str(item)
    return _string(item).strip() or None


def _names_in(item: Any) -> list[str]:
    """The texts of a name field: one, several, or objects with a name."""
    if isinstance(item, list):
        return [name for one in item for name in _names_in(one)]
    if isinstance(item, dict):
        return _names_in(item.get("name"))
    return [] if item is None else [_string(item)]


def _read_author(item: Any) -> list[str]:
    return _once(name for text in _names_in(item) for name in read_byline(text).authors)


def _read_photographer(item: Any) -> list[str]:
    names: list[str] = []
    for text in _names_in(item):
        credit = read_credit(squeeze(text))
        names.extend(credit.photographers if credit else read_byline(text).authors)
    return _once(names)


_BETWEEN_TAGS = re.compile(r"\s*[,;|\n]\s*")


def _read_list(item: Any) -> list[str]:
    parts = _BETWEEN_TAGS.split(item) if isinstance(item, str) else _names_in(item)
    return _once(squeeze(part) for part in parts)


def _once(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(item for item in items if item))


def _read_code(pattern: re.Pattern[str], expected: str) -> Callable[[Any], str | None]:
    def read(item: Any) -> str | None:
        code = squeeze(_string(item)).replace("_", "-")
        if code and not pattern.fullmatch(code):
            raise UnfitError(expected, item, "bad-value")
        return code or None

    return read


def _read_images(item: Any) -> list[dict[str, Any]]:
    """Addresses, or objects of our own form."""
    items = item if isinstance(item, list) else [item]
    read = _read_object(_OBJECTS["images"])
    return [{"url": one} if isinstance(one, str) else read(one) for one in items if one]


def _read_object(keys: frozenset[str]) -> Callable[[Any], dict[str, Any]]:
    def read(item: Any) -> dict[str, Any]:
        if not isinstance(item, dict) or not item.keys() <= keys:
            raise UnfitError(f"an object with {', '.join(sorted(keys))}", item)
        return item

    return read


#: Our field -> what reads it. Times are not here: they need a zone, which other fields tell.
READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_LINES, _line),
    **dict.fromkeys(_LISTS, _read_list),
    "id": _read_id,
    "text": _read_text,
    "author": _read_author,
    "photographer": _read_photographer,
    "language": _read_code(_LANGUAGE, "a language code, as ru or pt-BR"),
    "topic": _read_code(_TOPIC, "an IPTC Media Topic, as medtop:04000000"),
    "status": _read_code(_STATUS, "usable, withheld or canceled"),
    "images": _read_images,
    "dateline": _read_object(_OBJECTS["dateline"]),
    "rights": _read_object(_OBJECTS["rights"]),
}
