"""Rewrites the rows of a release: personal data out, pseudonyms in, everything counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsdata.training.pseudonyms import CODES, Pseudonyms
from newsdata.training.redaction import Kind, redact

if TYPE_CHECKING:
    import pyarrow as pa

    from newsdata.schema import Schema

#: Roles whose columns are no words of people.
_ROLES = ("id", "url", "source", "timestamp", "language")
_PERSON = re.compile(r"person-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Rewriter:
    """Makes rows unreadable where asked. ``kinds`` is for redaction, ``names`` are the fields of
    persons; ``codes`` columns stay as they are."""

    kinds: tuple[Kind, ...]
    names: tuple[str, ...]
    people: Pseudonyms | None
    codes: frozenset[str]
    language: str | None

    @classmethod
    def of(
        cls,
        kinds: tuple[Kind, ...],
        names: tuple[str, ...],
        key: bytes | None,
        known: Iterable[str],
        schema: Schema,
    ) -> Rewriter | None:
        """A rewriter that knows these names of persons; None where nothing is asked for."""
        if not kinds and not names:
            return None
        people = None
        if names and key is not None:
            people = Pseudonyms(key)
            for name in sorted(set(known)):
                people.know(name)
        codes = CODES | {schema.roles[role] for role in _ROLES if role in schema.roles}
        return cls(kinds, names, people, codes, schema.roles.get("language"))

    def table(self, table: pa.Table) -> tuple[pa.Table, list[Counter[str]]]:
        """The rows without what is asked to be unreadable, and what was replaced in each."""
        import pyarrow as pa

        counts: list[Counter[str]] = [Counter() for _ in range(table.num_rows)]
        places = [
            place
            for place, item in enumerate(table.schema)
            if item.name not in self.codes and _has_text(item.type)
        ]
        rows = table.select(places).to_pylist()
        nothing = [None] * table.num_rows
        known = self.language in table.column_names
        tags = table.column(self.language).to_pylist() if known else nothing
        made = [self._row(row, *more) for row, *more in zip(rows, tags, counts, strict=True)]
        for place in places:
            item = table.schema.field(place)
            column = pa.array([row[item.name] for row in made], item.type)
            table = table.set_column(place, item, column)
        return table, counts

    def _row(
        self, row: Mapping[str, Any], language: str | None, counts: Counter[str]
    ) -> dict[str, Any]:
        found = dict(row)
        if self.people is not None:
            found = self.people.record(found, self.names)
            counts["person"] += sum(
                len(_PERSON.findall(text)) for value in found.values() for text in _texts(value)
            )
        if self.kinds:
            found = {name: self._redacted(v, language, counts) for name, v in found.items()}
        return found

    def _redacted(self, value: Any, language: str | None, counts: Counter[str]) -> Any:
        if isinstance(value, str):
            text, found = redact(value, self.kinds, language)
            counts.update(found)
            return text
        if isinstance(value, list):
            return [self._redacted(item, language, counts) for item in value]
        if isinstance(value, Mapping):
            return {
                name: item if name in CODES else self._redacted(item, language, counts)
                for name, item in value.items()
            }
        return value


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _has_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return True
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _has_text(kind.value_type)
    return pa.types.is_struct(kind) and any(_has_text(item.type) for item in kind)
