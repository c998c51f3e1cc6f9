"""The user's own tables: names of persons and topics of rubrics, applied to what was read. Pure.

``people.tsv`` holds a variant and the canonical name in each line, ``topics.tsv`` a rubric (as
printed, or the slug in addresses) and a Media Topic. The printed form of a name that was replaced
stays in ``extra`` under ``alias``, and a credit or dateline stays as printed anyway.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from newsdata.errors import UsageError
from newsdata.grammar.names import to_nominative
from newsdata.grammar.topics import folded
from newsdata.records import Article

_TOPIC = re.compile(r"medtop:\d{8}")


@dataclass(frozen=True, slots=True)
class Tables:
    """Folded variant -> canonical name, and folded rubric -> Media Topic.

    ``repr`` is the same for the same tables, whatever the order of their lines: it is a part of
    the key of an input, because the tables decide how it is read.
    """

    people: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.people or self.topics)


def parse_tables(
    people: Iterable[tuple[str, str]] = (), topics: Iterable[tuple[str, str]] = ()
) -> Tables:
    """Tables from (variant, name) and (rubric, topic) pairs.

    Raises UsageError for an empty cell, a variant with two names, a topic that is none.

    >>> parse_tables([("М. Гучек", "Максим Гучек")]).people["м. гучек"]
    'Максим Гучек'
    """
    given = list(people)
    names = _table(given, "people", fold_name)
    codes = _table(topics, "topics", folded)
    wrong = next((code for code in codes.values() if not _TOPIC.fullmatch(code)), None)
    if wrong is not None:
        raise UsageError(f"topics: found {wrong!r}, expected a Media Topic as medtop:04000000")
    # The genitive after "Фото" may stand in the table as printed: it is read as the nominative.
    nominatives = {
        fold_name(to_nominative(variant).name): names[fold_name(variant)]
        for variant, _ in sorted(given)
    }
    return Tables(dict(sorted((nominatives | names).items())), codes)


def _table(pairs: Iterable[tuple[str, str]], where: str, fold: Any) -> dict[str, str]:
    table: dict[str, str] = {}
    for variant, value in pairs:
        key, value = fold(variant), " ".join(value.split())
        if not key or not value:
            raise UsageError(f"{where}: found an empty cell beside {variant or value!r}")
        if table.setdefault(key, value) != value:
            raise UsageError(
                f"{where}: found {variant!r} twice, with {table[key]!r} and {value!r}"
            )
    return dict(sorted(table.items()))


def parse_rows(text: str, where: str) -> list[tuple[str, str]]:
    """The pairs of a table in a file: two cells, parted by a tab; blank lines and # comments.

    Raises UsageError naming the line that has not two cells.

    >>> parse_rows("# aliases\\nM. Lee\\tMary Lee\\n", "people.tsv")
    [('M. Lee', 'Mary Lee')]
    """
    pairs: list[tuple[str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.rstrip("\t").split("\t")
        if len(cells) != 2:
            raise UsageError(
                f"{where}: line {number}: found {len(cells)} cells, expected two parted by a tab"
            )
        pairs.append((cells[0], cells[1]))
    return pairs


def fold_name(name: str) -> str:
    """A name as the table compares it: one space between words, no case, ё as е.

    >>> fold_name("М.Гучёк")
    'м. гучек'
    """
    spaced = re.sub(r"(?<=[^\W\d_]\.)(?=[^\W\d_])", " ", name)
    return " ".join(spaced.split()).casefold().replace("ё", "е").replace("’", "'")


def apply_tables(article: Article, tables: Tables) -> Article:
    """The article with canonical names and the topic of its rubric, as far as the tables know."""
    record = dict(article.record)
    printed: dict[str, str] = {}
    for name in ("author", "photographer", "people"):
        record[name] = _named(record.get(name), tables.people, printed)
    if isinstance(record.get("images"), list):
        record["images"] = [_image(image, tables.people, printed) for image in record["images"]]
    if printed and isinstance(record.get("extra"), list):
        record["extra"] = [*record["extra"], *map(_alias, sorted(printed.items()))]
    topic = _topic(record, tables.topics)
    if topic:
        record["topic"] = topic
        record["provenance"] = with_method(record.get("provenance"), "topic", "given")
    return replace(article, record=record)


def _named(names: Any, people: Mapping[str, str], printed: dict[str, str]) -> Any:
    if not isinstance(names, list):
        return names
    found: list[Any] = []
    for name in names:
        known = people.get(fold_name(name)) if isinstance(name, str) else None
        if known and known != name:
            printed[name] = known
        if (known or name) not in found:
            found.append(known or name)
    return found


def _image(image: Any, people: Mapping[str, str], printed: dict[str, str]) -> Any:
    if not isinstance(image, dict) or "photographer" not in image:
        return image
    return {**image, "photographer": _named(image["photographer"], people, printed)}


def _alias(item: tuple[str, str]) -> dict[str, str]:
    value = {"name": item[1], "printed": item[0]}
    return {"key": "alias", "value": json.dumps(value, ensure_ascii=False, sort_keys=True)}


def _topic(record: Mapping[str, Any], topics: Mapping[str, str]) -> str | None:
    printed = (record.get("rubric"), record.get("rubric_slug"))
    known = (topics.get(folded(text)) for text in printed if isinstance(text, str))
    return next(filter(None, known), None)


def with_method(source: Any, name: str, method: str) -> Any:
    """A provenance that says how one more field was found; what is none stays as it is."""
    if not isinstance(source, dict) or not isinstance(source.get("fields"), list):
        return source
    others = [entry for entry in source["fields"] if entry.get("field") != name]
    fields = [*others, {"field": name, "method": method}]
    return {**source, "fields": sorted(fields, key=lambda entry: str(entry.get("field")))}
