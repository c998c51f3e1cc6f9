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

from newsdata.errors import ArchiveError
from newsdata.readings import RE_EXTRACTED

#: What :func:`fold` needs of the ledger.
COLUMNS = ("batch", "row", "outcome", "id", "digest", "of", "reason")

Ints = npt.NDArray[np.int64]


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

    def digests(self, outcome: str) -> pa.Array:
        """Digests of the current versions of the ids with this outcome."""
        return self.digest.filter(pc.equal(self.outcome, outcome))


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

    Rows that are not ``whole`` are those of some ids alone: then ``kept`` is 0 everywhere.
    """
    chosen = np.flatnonzero(pc.is_in(rows.column("outcome"), _STATES))
    batch, row = (rows.column(name).to_numpy()[chosen] for name in ("batch", "row"))
    if not _ascend(batch, row):
        chosen = chosen[np.lexsort((row, batch))]
    del batch, row
    # Of the other columns only the last rows are copied: of most ids there is but one row.
    encoded = _taken(rows, "id", chosen).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    last = np.zeros(len(encoded.dictionary), np.int64)
    last[codes] = np.arange(len(codes))  # of repeated positions NumPy keeps the last
    at = chosen[last]
    outcome = _taken(rows, "outcome", at)
    roots = np.zeros(len(at), np.int64)
    if whole:
        of = _taken(rows, "of", at)
        # Most archives have few copies or none, and the table of all ids is dear.
        none = pa.nulls(len(of), pa.int32())
        pointers = pc.index_in(of, encoded.dictionary) if of.null_count < len(of) else none
        roots = _roots(pointers, outcome, encoded.dictionary)
    digest, reason = _taken(rows, "digest", at), _taken(rows, "reason", at)
    return State(encoded.dictionary, outcome, digest, reason, roots, at)


def _ascend(batch: Ints, row: Ints) -> bool:
    """Whether rows stand in the order of the ledger already."""
    later = (batch[1:] > batch[:-1]) | ((batch[1:] == batch[:-1]) & (row[1:] > row[:-1]))
    return bool(later.all())


#: The outcomes that tell the state of an id.
STATES = ("article", "duplicate", "withheld")
_STATES = pa.array(STATES)


def _taken(rows: pa.Table, name: str, at: Ints) -> pa.Array:
    """Some rows of a column. Raises ArchiveError where they are more than one of Arrow's holds."""
    column = rows.column(name)
    if len(at) != len(column) or not bool((at == np.arange(len(at))).all()):
        column = _within(column.take, pa.array(at), name=name)
    return _within(column.combine_chunks, name=name)


def _within(made: Callable[..., Any], *arguments: Any, name: str) -> Any:
    try:
        return made(*arguments)
    except pa.ArrowInvalid as error:  # offset overflow
        raise ArchiveError(
            f"the archive has too many rows for its state: their {name} would be more than 2 GB "
            f"({error})"
        ) from None


def _roots(pointers: pa.Array, outcome: pa.Array, ids: pa.Array) -> Ints:
    """Follow ``of`` for all at once, doubling the stride each round."""
    own = np.arange(len(ids), dtype=np.int64)
    to = pointers.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
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
