"""The configs of a release for trainers: plain text, headlines, summaries, rubrics. Pure.

Each has a row for every article that has what it needs, in an order that is shuffled once, by a
hash of seed and id: who reads the files from first to last reads at random and can stop and go on
at any row, which a shuffling buffer cannot promise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from newsdata.errors import UsageError
from newsdata.exporters.plan import Rows, Shard, Stream
from newsdata.releases import SPLIT
from newsdata.training.preparation import Preparation
from newsdata.training.quality import Signals, signals_of

if TYPE_CHECKING:
    import pyarrow as pa

    from newsdata.schema import Schema

#: Config -> the fields of an article that must say something.
NEEDS: dict[str, tuple[str, ...]] = {
    "text": (),
    "headlines": ("title",),
    "summaries": ("lead",),
    "rubrics": ("rubric",),
}

MEANING = {
    "text": "one row an article, shuffled: its text, its number of copies, signals of quality",
    "headlines": "one row an article, shuffled: its text and its title as a chat",
    "summaries": "one row an article with a lead, shuffled: its text and the lead as a chat",
    "rubrics": "one row an article with a rubric, shuffled: its text and the rubric as a label",
}

#: What the user of a chat asks for, in the language of the article; else in English.
ASKED = {
    "headlines": {
        "be": "Прыдумай загаловак да гэтай навіны.",
        "en": "Write a headline for this news article.",
        "ru": "Придумай заголовок к этой новости.",
    },
    "summaries": {
        "be": "Перакажы гэту навіну ў адным-двух сказах.",
        "en": "Summarise this news article in one or two sentences.",
        "ru": "Перескажи эту новость в одном-двух предложениях.",
    },
}


def needed(preparation: Preparation, schema: Schema) -> list[str]:
    """The fields that the configs asked for need; raises UsageError where the schema has none."""
    found = {name: schema.roles.get(name, name) for c in preparation.configs for name in NEEDS[c]}
    for name, own in found.items():
        if own not in schema.arrow.names:
            raise UsageError(f"configs: the schema of this archive has no field for {name}")
    return list(found.values())


def columns_of(config: str) -> pa.Schema:
    """The columns of a config; ``messages`` is the conversational format of trl."""
    import pyarrow as pa

    head = [("id", pa.string()), ("language", pa.string())]
    if config == "text":
        kinds = {"int": pa.int64(), "bool": pa.bool_()}
        signals = [
            (f.name, kinds.get(str(f.type).split(" ")[0], pa.float64())) for f in fields(Signals)
        ]
        return pa.schema([*head, ("text", pa.string()), ("copies", pa.int64()), *signals])
    if config == "rubrics":
        return pa.schema([*head, ("text", pa.string()), ("label", pa.string())])
    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    return pa.schema([*head, ("messages", pa.list_(message))])


@dataclass(frozen=True, slots=True)
class _Made:
    rows: Rows
    make: Callable[[pa.Table], pa.Table]

    def tables(self, cuts: Sequence[tuple[int, int]]) -> Iterator[pa.Table]:
        """See :class:`newsdata.exporters.plan.Rows`."""
        return (self.make(table) for table in self.rows.tables(cuts))


def stream(
    config: str,
    heads: pa.Table,
    rows_of: Callable[[pa.Array], Rows],
    schema: Schema,
    copies: Mapping[str, int],
    seed: int,
) -> Stream | None:
    """A config out of the heads of the articles of a release, with ``says.<field>`` of what it
    needs; ``copies`` are the numbers of removed copies by id. None where no article has it."""
    import pyarrow as pa

    roles = {**{name: name for name in NEEDS[config]}, **schema.roles}
    says = [heads.column(f"says.{roles.get(n, n)}").to_pylist() for n in NEEDS[config]]
    ids = heads.column("id").to_pylist()
    nothing = ["train"] * len(ids)
    splits = heads.column(SPLIT).to_pylist() if SPLIT in heads.column_names else nothing
    places = sorted(
        (splits[row], hashlib.blake2b(f"{seed}\n{id_}".encode(), digest_size=16).digest(), row)
        for row, id_ in enumerate(ids)
        if all(column[row] for column in says)
    )
    if not places:
        return None
    order = pa.array([row for _, _, row in places])
    made, start = [], 0
    for name in sorted({split for split, _, _ in places}):
        stop = start + sum(split == name for split, _, _ in places)
        made.append(Shard(name, start, stop))
        start = stop

    def make(table: pa.Table) -> pa.Table:
        rows = table.select([roles[r] for r in _read(config, roles)]).to_pylist()
        found = [_row(config, row, roles, copies) for row in rows]
        return pa.Table.from_pylist(found, columns_of(config))

    sizes = heads.column("size").take(order).to_numpy()
    rows = _Made(rows_of(order), make)
    return Stream(config, MEANING[config], columns_of(config), sizes, tuple(made), rows)


def _read(config: str, roles: Mapping[str, str]) -> list[str]:
    wanted = ("id", "text", "language", *NEEDS[config])
    return [role for role in wanted if role in roles]


def _row(
    config: str, row: Mapping[str, Any], roles: Mapping[str, str], copies: Mapping[str, int]
) -> dict[str, Any]:
    id_, text = row[roles["id"]], row[roles["text"]] or ""
    language = row.get(roles.get("language", ""))
    head = {"id": id_, "language": language}
    if config == "text":
        signals = signals_of(text, language)
        values = {f.name: getattr(signals, f.name) for f in fields(Signals)}
        return {**head, "text": text, "copies": 1 + copies.get(id_, 0), **values}
    answer = row[roles[NEEDS[config][0]]]
    if config == "rubrics":
        return {**head, "text": text, "label": answer}
    asked = ASKED[config]
    question = asked.get((language or "").split("-")[0].lower(), asked["en"])
    user = {"role": "user", "content": f"{question}\n\n{text}"}
    return {**head, "messages": [user, {"role": "assistant", "content": answer}]}
