"""Fold the rows of a ledger into the state of every id, in columns. Pure.

The state of an id is its last event that is not a ``revision``; the kept article of a duplicate
is found by following ``of`` until an article. Stored pointers depend on the order of arrival,
their root does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from newsdata.columns import dictionary_of
from newsdata.errors import ArchiveError
from newsdata.readings import RE_EXTRACTED

#: What :func:`fold` needs of the ledger.
COLUMNS = ("batch", "row", "outcome", "id", "digest", "of", "reason")

Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class State:
    """The state of n ids. ``outcome``, ``digest``, ``reason``: of the last event, which stands at
    row ``at`` of what was folded; ``kept``: row of the article that stands for this one, its own
    for an article, -1 for a withheld one."""

    ids: pa.Array
    outcome: pa.Array
    digest: pa.Array
    reason: pa.Array
    kept: Ints
    at: Ints

    def __len__(self) -> int:
        return len(self.ids)

    def counts(self) -> dict[str, int]:
        """Outcome -> number of ids; all three always present."""
        found = {"article": 0, "duplicate": 0, "withheld": 0}
        for entry in pc.value_counts(self.outcome).to_pylist():
            found[entry["values"]] = entry["counts"]
        return found

    def where(self, outcome: str) -> Ints:
        """The numbers of the ids with this outcome."""
        found: Ints = np.flatnonzero(pc.equal(self.outcome, outcome))
        return found

    def digests(self, outcome: str) -> pa.Array:
        """Digests of the current versions of the ids with this outcome."""
        return self.digest.filter(pc.equal(self.outcome, outcome))


@dataclass(frozen=True, slots=True)
class Noted:
    """What the rows that tell no state say: ``reasons`` of what was rejected, and the number of
    rows ``observed``, which carry records."""

    reasons: pa.ChunkedArray
    observed: int


@dataclass(frozen=True, slots=True)
class Outdated:
    """What does not count any more because a newer extractor reads its pages otherwise:
    ``digests`` of observations, ``rejections`` by their keys."""

    digests: pa.Array
    rejections: pa.Array

    def __len__(self) -> int:
        return len(self.digests) + len(self.rejections)


def outdated(rows: pa.Table) -> Outdated:
    """What does not count, from all rows (readings.COLUMNS) of some targets, their marks among
    them: of each of its pages a mark tells a newer reader. Another definition of the same is
    :func:`newsdata.readings.outdated`."""
    observed = pc.is_valid(rows.column("id"))
    # The digest of an observation has 32 bytes, the key of a rejection 16.
    target = pc.if_else(observed, rows.column("digest").cast(pa.binary()), rows.column("input"))
    page = pc.if_else(observed, rows.column("input"), rows.column("reading"))
    reader = pc.fill_null(rows.column("reader"), 0)
    table = pa.table({"target": target, "page": page, "reader": reader})
    told = pc.is_valid(page)
    is_mark = pc.equal(rows.column("outcome"), RE_EXTRACTED)
    by = ["target", "page"]
    own = table.filter(pc.and_not(told, is_mark)).group_by(by).aggregate([("reader", "max")])
    marks = table.filter(pc.and_(told, is_mark)).group_by(by).aggregate([("reader", "max")])
    both = own.join(marks, by, right_suffix="_mark")
    newer = pc.greater(both.column("reader_max_mark"), both.column("reader_max"))
    both = both.append_column("gone", pc.fill_null(newer, fill_value=False))
    each = both.group_by("target").aggregate([("gone", "all")])
    gone = each.filter(each.column("gone_all")).column("target").combine_chunks()
    of_rejection = pc.equal(pc.binary_length(gone), 16)
    return Outdated(
        gone.filter(pc.invert(of_rejection)).cast(pa.string()), gone.filter(of_rejection)
    )


def fold(rows: pa.Table, whole: bool = True) -> State:
    """State of every id from all rows of a ledger (COLUMNS, in any order).

    Rows that are not ``whole`` are those of some ids alone: then ``kept`` is 0 everywhere. The
    ids may be a dictionary; then they are not copied where rows tell the state of each of them.
    """
    chosen = _in_order(rows, np.flatnonzero(pc.is_in(rows.column("outcome"), _STATES)))
    names, last = _last_rows(rows, chosen)
    # Of the other columns only the last rows are copied: of most ids there is but one row.
    at = chosen[last]
    del chosen, last
    outcome = _taken(rows, "outcome", at)
    roots: Ints = np.zeros(len(at), np.int32)
    if whole:
        roots = _roots(_pointers(_taken(rows, "of", at), names), outcome, names)
    digest, reason = _taken(rows, "digest", at), _taken(rows, "reason", at)
    return State(names, outcome, digest, reason, roots, at)


def _in_order(rows: pa.Table, chosen: Ints) -> Ints:
    """The chosen rows in the order of the ledger."""
    batch, row = (rows.column(name).to_numpy()[chosen] for name in ("batch", "row"))
    narrow: Ints = chosen.astype(np.int32)
    return narrow if _ascend(batch, row) else narrow[np.lexsort((row, batch))]


def _ascend(batch: Ints, row: Ints) -> bool:
    """Whether rows stand in the order of the ledger already."""
    later = (batch[1:] > batch[:-1]) | ((batch[1:] == batch[:-1]) & (row[1:] > row[:-1]))
    return bool(later.all())


def _last_rows(rows: pa.Table, chosen: Ints) -> tuple[pa.Array, Ints]:
    """The ids of the chosen rows as they first appear, and which of those is the last of each."""
    column = rows.column("id")
    if pa.types.is_dictionary(column.type):
        names, codes = dictionary_of(column)
        codes = codes[chosen]
    else:
        encoded = _taken(rows, "id", chosen).dictionary_encode()
        names, codes = encoded.dictionary, encoded.indices.to_numpy(zero_copy_only=False)
    last, first = np.full((2, len(names)), -1, np.int32)
    order = np.arange(len(codes), dtype=np.int32)
    last[codes] = order  # of repeated positions NumPy keeps the last
    first[codes[::-1]] = order[::-1]
    if len(first) and (first[0] < 0 or (np.diff(first) < 0).any()):
        there = np.flatnonzero(first >= 0)
        there = there[np.argsort(first[there])]
        names, last = names.take(pa.array(there)), last[there]
    return names, last


def _pointers(of: pa.Array, ids: pa.Array) -> Ints:
    """The numbers of the ids that are pointed to, -1 for none or an unknown one."""
    found = np.full(len(of), -1, np.int32)
    if of.null_count == len(of):
        return found
    # Few ids are pointed to: a table of them is small, one of all ids is dear.
    wanted = pc.unique(of).drop_null()
    places = np.full(len(wanted) + 1, -1, np.int32)
    met = pc.index_in(ids, value_set=wanted)
    there = np.flatnonzero(met.is_valid())
    places[met.drop_null().to_numpy()] = there
    # What points nowhere has the place after the last.
    found[:] = places[pc.index_in(of, value_set=wanted).fill_null(len(wanted)).to_numpy()]
    return found


#: The outcomes that tell the state of an id.
STATES = ("article", "duplicate", "withheld")
_STATES = pa.array(STATES)


def _taken(rows: pa.Table, name: str, at: Ints) -> pa.Array:
    """Some rows of a column. Raises ArchiveError where they are more than one of Arrow's holds."""
    column = rows.column(name)
    if len(at) != len(column) or not bool((at == np.arange(len(at))).all()):
        column = within(column.take, pa.array(at), name=name)
    return within(column.combine_chunks, name=name)


def within(made: Callable[..., Any], *arguments: Any, name: str) -> Any:
    """What a function makes of a column; ArchiveError where that is more than one may hold."""
    try:
        return made(*arguments)
    except pa.ArrowInvalid as error:  # offset overflow
        raise ArchiveError(
            f"the archive has too many rows for its state: their {name} would be more than 2 GB "
            f"({error})"
        ) from None


def _roots(to: Ints, outcome: pa.Array, ids: pa.Array) -> Ints:
    """Follow ``of`` for all at once, doubling the stride each round."""
    own = np.arange(len(ids), dtype=np.int32)
    roots = np.where(to >= 0, to, own)
    for _ in range(64):
        further = roots[roots]
        if np.array_equal(further, roots):
            break
        roots = further
    withheld, duplicate, article = (
        np.asarray(pc.equal(outcome, kind)) for kind in ("withheld", "duplicate", "article")
    )
    roots[withheld] = -1
    lost = duplicate & ((to < 0) | ~article[roots])
    if lost.any():
        example = ids[int(np.flatnonzero(lost)[0])].as_py()
        raise ArchiveError(f"{int(lost.sum())} duplicates lead to no article, such as {example!r}")
    return roots
