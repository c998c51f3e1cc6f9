"""Which foreign field is which of ours: ``title=headline``, ``author=byline.names``.

A foreign field is named by a dotted path. At each step a key that is the whole rest of the path
wins over its first part, so keys with dots in them can be named too; in a list a number picks an
element and anything else is looked up in every element.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsdata.errors import UsageError
from newsdata.records import FIELDS

#: Not to be mapped: they are made here, or are objects of our own form.
_OURS_ONLY = frozenset({
    "utc_offset", "local_date", "timestamp_precision", "dateline", "rights", "provenance", "extra",
})  # fmt: skip
#: What may stand before the ``=``; ``retrieved`` is the time of capture, no field of a record.
MAPPABLE: tuple[str, ...] = (*(f for f in FIELDS if f not in _OURS_ONLY), "retrieved")


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Our field -> path of the foreign field; an empty path says that nothing is to be taken.

    A field of ours that is not named is taken from the foreign field of the same name.
    """

    paths: Mapping[str, str]

    def path_of(self, field: str) -> str:
        """The path that ``field`` is read from, "" where it is not to be read."""
        return self.paths.get(field, field)


def parse_mapping(pairs: Sequence[str] = (), toml: Mapping[str, Any] | None = None) -> FieldMap:
    """A mapping from ``--map`` options and a parsed TOML document; the options win.

    The document has our fields as keys, at its top or in a table ``map``. Raises UsageError for
    a field that we do not have, one given twice, and what is no string.

    >>> parse_mapping(["title=headline"], {"author": "by.name"}).paths
    {'author': 'by.name', 'title': 'headline'}
    """
    paths: dict[str, str] = {}
    table = (toml or {}).get("map", toml or {})
    if not isinstance(table, Mapping):
        raise UsageError(f"map: found {table!r}, expected a table of our field = foreign field")
    for field, path in table.items():
        if not isinstance(path, str):
            raise UsageError(f"map: {field}: found {path!r}, expected the name of a field")
        paths[_known(field)] = path.strip()
    given: set[str] = set()
    for pair in pairs:
        field, equals, path = pair.partition("=")
        if not equals:
            raise UsageError(f"map: found {pair!r}, expected OUR_FIELD=FOREIGN_FIELD")
        field = _known(field.strip())
        if field in given:
            raise UsageError(f"map: {field} is given twice, expected once")
        given.add(field)
        paths[field] = path.strip()
    return FieldMap(paths)


def _known(field: str) -> str:
    if field not in MAPPABLE:
        raise UsageError(f"map: unknown field {field!r}; fields are {', '.join(MAPPABLE)}")
    return field


def look_up(value: Any, path: str) -> Any:
    """What stands at ``path`` in a foreign record, None where there is nothing.

    >>> look_up({"by": [{"name": "A"}, {"name": "B"}], "a.b": 1}, "by.name")
    ['A', 'B']
    >>> look_up({"by": [{"name": "A"}], "a.b": 1}, "a.b"), look_up({"x": [5]}, "x.0")
    (1, 5)
    """
    if isinstance(value, Mapping):
        if path in value:
            return value[path]
        head, dot, rest = path.partition(".")
        while dot:
            if head in value:
                return look_up(value[head], rest)
            more, dot, rest = rest.partition(".")
            head = f"{head}.{more}"
        return None
    if isinstance(value, list):
        head, _, rest = path.partition(".")
        if head.isdecimal() and head.isascii():
            index = int(head)
            item = value[index] if index < len(value) else None
            return look_up(item, rest) if rest else item
        found = [look_up(item, path) for item in value]
        return [item for item in found if item is not None] or None
    return None
