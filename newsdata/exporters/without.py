"""Releases without some of their texts, each text replaced by a fingerprint. Pure.

Who may not pass texts on can pass on everything else. A left-out text is null in its column; the
config :data:`FINGERPRINTS` has one row for each, by which who owns a lawful copy can tell that it
is the very same text. A fingerprint is keyed to the name and the version of the release, and made
of the id and the place too: so neither a table of fingerprints of known texts nor those of another
release tell which texts a release holds, and equal captions of two articles look different. Who
has a text at hand can confirm it; that is what a fingerprint is for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from newsdata.errors import UsageError
from newsdata.exporters.hashing import combined_hash
from newsdata.exporters.names import ARTICLES
from newsdata.exporters.plan import Plan, Rows, Side
from newsdata.exporters.rows import content_hash
from newsdata.exporters.shards import content_of, cuts_of
from newsdata.schema import Schema
from newsdata.sizes import lengths_of, offsets_of

if TYPE_CHECKING:
    import pyarrow as pa

FINGERPRINTS = "fingerprints"
MEANING = "one row a left-out text: where it stood, and a fingerprint to know it by"
#: Named in every fingerprint, so that a change of the rule cannot pass for a change of texts.
FORMAT = "newsdata text 1"
#: The config whose rows have the columns of the articles.
REVISIONS = "revisions"


def columns() -> pa.Schema:
    """``row`` is the number of the row in its config, ``at`` the place in its list, 0 where the
    field is in none."""
    import pyarrow as pa

    return pa.schema(
        [
            ("config", pa.string()),
            ("row", pa.int64()),
            ("id", pa.string()),
            ("field", pa.string()),
            ("at", pa.int64()),
            ("fingerprint", pa.string()),
        ]
    )


def check_fields(schema: Schema, names: Sequence[str]) -> tuple[str, ...]:
    """The fields, sorted, each once. Raises UsageError where one is no text or is the id."""
    for name in names:
        kind, lists = _kind(schema.arrow, name)
        if kind is None or lists > 1:
            there = ", ".join(_text_fields(schema.arrow))
            raise UsageError(f"without: found {name!r}, expected a field of texts: {there}")
        if name == schema.roles.get("id"):
            raise UsageError("without: the id cannot be left out")
    if names and "id" not in schema.roles:
        raise UsageError("without: records that have no id cannot be filled in again")
    return tuple(sorted(set(names)))


def _text_fields(columns: Iterable[pa.Field], before: str = "", lists: int = 0) -> list[str]:
    """Every field of texts that stands in one list at most, those in objects by their path."""
    import pyarrow as pa

    found = []
    for item in columns:
        kind, path, depth = item.type, f"{before}{item.name}", lists
        while pa.types.is_list(kind):
            kind, depth = kind.value_type, depth + 1
        if pa.types.is_struct(kind):
            found += _text_fields(kind, f"{path}.", depth)
        elif pa.types.is_string(kind) and depth < 2:
            found.append(path)
    return found


def steps_of(columns: Iterable[pa.Field], field: str) -> list[str]:
    """The column, then the names in objects, to which ``images.caption`` leads: a name may have
    a point in it. Empty where there is no such field.

    >>> import pyarrow as pa
    >>> columns = pa.schema({"a.b": pa.string(), "c": pa.list_(pa.struct({"d.e": pa.string()}))})
    >>> steps_of(columns, "a.b"), steps_of(columns, "c.d.e"), steps_of(columns, "a")
    (['a.b'], ['c', 'd.e'], [])
    """
    import pyarrow as pa

    for item in columns:
        if item.name == field:
            return [item.name]
        kind = item.type
        while pa.types.is_list(kind):
            kind = kind.value_type
        if field.startswith(f"{item.name}.") and pa.types.is_struct(kind):
            rest = steps_of(kind, field.removeprefix(f"{item.name}."))
            if rest:
                return [item.name, *rest]
    return []


def _kind(columns: pa.Schema, name: str) -> tuple[pa.DataType | None, int]:
    """The type of a field of texts, and how many lists it stands in."""
    import pyarrow as pa

    kind, lists = pa.struct(list(columns)), 0
    for step in steps_of(columns, name):
        kind = kind.field(step).type
        while pa.types.is_list(kind):
            kind, lists = kind.value_type, lists + 1
    return (kind if pa.types.is_string(kind) else None), lists


# -- the texts of a field -----------------------------------------------------------------------


def without(table: pa.Table, fields: Iterable[str]) -> pa.Table:
    """The rows with null in place of the texts of these fields."""
    return with_texts(table, dict.fromkeys(fields))


def with_texts(table: pa.Table, values: Mapping[str, pa.Array | None]) -> pa.Table:
    """The rows with other texts: field -> one for each of its :func:`slots`, None for none."""
    import pyarrow as pa

    for name, leaf in values.items():
        first, *steps = steps_of(table.schema, name)
        at = table.column_names.index(first)
        one = _piece(table.column(first))
        column = pa.chunked_array([_replaced(one, leaf, steps)], one.type)
        table = table.set_column(at, table.schema.field(at), column)
    return table


def _piece(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _replaced(array: pa.Array, leaf: pa.Array | None, steps: Sequence[str]) -> pa.Array:
    import pyarrow as pa

    kind = array.type
    if pa.types.is_list(kind):
        inner = _replaced(array.flatten(), leaf, steps)
        offsets = pa.array(offsets_of(lengths_of(array)), pa.int32())
        return pa.ListArray.from_arrays(offsets, inner, type=kind)
    if not steps:
        return leaf if leaf is not None else pa.nulls(len(array), kind)
    children = array.flatten()
    at = kind.get_field_index(steps[0])
    children[at] = _replaced(children[at], leaf, steps[1:])
    mask = array.is_null() if array.null_count else None
    return pa.StructArray.from_arrays(children, fields=list(kind), mask=mask)


def slots(table: pa.Table, field: str) -> Iterator[tuple[int, int, str | None]]:
    """(row, place in its list, text) wherever a text of a field can stand, in their order."""
    import numpy as np
    import pyarrow as pa

    first, *steps = steps_of(table.schema, field)
    array = _piece(table.column(first))
    rows, places = np.arange(len(array)), np.zeros(len(array), np.int64)
    for step in [*steps, None]:
        if pa.types.is_list(array.type):
            lengths = lengths_of(array)
            starts = np.repeat(offsets_of(lengths)[:-1], lengths)
            rows, places = np.repeat(rows, lengths), np.arange(int(lengths.sum())) - starts
            array = array.flatten()
        if step is not None:
            array = array.flatten()[array.type.get_field_index(step)]
    return zip(rows.tolist(), places.tolist(), array.to_pylist(), strict=True)


# -- fingerprints -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fingerprinter:
    """Makes the fingerprints of one release."""

    key: bytes

    @classmethod
    def of(cls, name: str, version: str) -> Fingerprinter:
        """That of a release by its name and version."""
        words = "\0".join((FORMAT, name, version)).encode()
        return cls(hashlib.blake2b(words, digest_size=64).digest())

    def fingerprint(self, id_: str, field: str, at: int, text: str) -> str:
        """32 hex digits."""
        place = f"{id_}\0{field}\0{at}\0".encode("utf-8", "surrogatepass")
        hashed = hashlib.blake2b(place, key=self.key, digest_size=16)
        hashed.update(text.encode("utf-8", "surrogatepass"))
        return hashed.hexdigest()

    def of_table(
        self, table: pa.Table, key: str, fields: Iterable[str]
    ) -> Iterator[tuple[int, str, str, int, str]]:
        """(row, id, field, at, fingerprint) of every text of these fields."""
        ids = [str(one) for one in table.column(key).to_pylist()]
        for field in fields:
            for row, at, text in slots(table, field):
                if text is not None:
                    yield row, ids[row], field, at, self.fingerprint(ids[row], field, at, text)


@dataclass(frozen=True, slots=True)
class Stripped:
    """Rows without some texts (:class:`newsdata.exporters.plan.Rows`)."""

    rows: Rows
    fields: tuple[str, ...]

    def tables(self, cuts: Sequence[tuple[int, int]]) -> Iterator[pa.Table]:
        """See :class:`newsdata.exporters.plan.Rows`."""
        return (without(table, self.fields) for table in self.rows.tables(cuts))


def with_setting(plan: Plan, fields: Sequence[str]) -> Plan:
    """The plan whose manifest will name the left-out fields among the settings."""
    if not fields:
        return plan
    return replace(plan, settings={**plan.settings, "without": list(fields)})


def leave_out(plan: Plan, fields: Sequence[str]) -> Plan:
    """The release that is planned without the texts of these fields (:func:`check_fields`), and
    with the config of their fingerprints. Reads all rows."""
    if not fields:
        return plan
    fields = tuple(fields)
    key = plan.schema.roles["id"]
    prints = Fingerprinter.of(plan.name, plan.version)
    parts, row = [], 0
    cuts = [cut for shard in plan.shards for cut in cuts_of(plan, shard)]
    for table in plan.rows.tables(cuts):
        parts.append(_rows(ARTICLES, row, prints.of_table(table, key, fields)))
        row += table.num_rows
    sides = []
    full = {ARTICLES: content_of(plan, None)}
    for side in plan.sides:
        full[side.name] = content_hash(side.table.schema, side.table)
        if side.name == REVISIONS:
            parts.append(_rows(REVISIONS, 0, prints.of_table(side.table, key, fields)))
            side = replace(side, table=without(side.table, fields))
        sides.append(side)
    table = _table(parts)
    if table.num_rows:  # datasets cannot load a split without rows
        sides.append(Side(FINGERPRINTS, table, MEANING))
    return replace(
        plan,
        rows=Stripped(plan.rows, fields),
        sides=tuple(sides),
        settings=with_setting(plan, fields).settings,
        without={
            "fields": list(fields),
            "content_hash": combined_hash(full),
            "about": asdict(plan.about),
            "counts": list(plan.counts),  # their order: a manifest's keys are sorted
            "since": _since(plan),
        },
    )


def _since(plan: Plan) -> dict[str, Any]:
    """What the documents of the filled-in release need, besides what stands in files."""
    told = plan.since
    return {
        name: getattr(told, name) for name in ("previous", "step", "reason", "added", "changed")
    }


def _rows(config: str, first: int, found: Iterable[tuple[int, str, str, int, str]]) -> pa.Table:
    import pyarrow as pa

    lists: list[list[Any]] = [list(values) for values in zip(*found, strict=True)]
    if not lists:
        return columns().empty_table()
    rows, ids, fields, places, prints = lists
    values = [[config] * len(ids), [first + row for row in rows], ids, fields, places, prints]
    return pa.table(
        [pa.array(v, item.type) for v, item in zip(values, columns(), strict=True)],
        schema=columns(),
    )


def _table(parts: Sequence[pa.Table]) -> pa.Table:
    import pyarrow as pa

    table = pa.concat_tables([columns().empty_table(), *parts])
    order = [(name, "ascending") for name in ("config", "row", "field", "at")]
    return table.sort_by(order).combine_chunks()
