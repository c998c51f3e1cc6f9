"""Which ids of the release before are not in this one, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from newsdata.exporters.facts import filled

if TYPE_CHECKING:
    import pyarrow as pa

    from newsdata.states import State

#: The reason of an id that the archive does not know: another archive made the release before.
UNKNOWN = "unknown"
DUPLICATE = "duplicate"


def gone(before: pa.Array, now: pa.Array) -> pa.Array:
    """The ids of ``before`` that are not in ``now``, sorted."""
    import pyarrow.compute as pc

    missing = before.filter(pc.invert(pc.is_in(before, now)))
    return missing.take(pc.sort_indices(missing))


def left_out(ids: pa.Array, state: State) -> pa.Array:
    """Digests of those ids that are articles all the same: a release left them out."""
    import pyarrow.compute as pc

    articles = pc.and_(pc.is_in(state.ids, ids), pc.equal(state.outcome, "article"))
    return state.digest.filter(articles)


def lacking(articles: pa.Table, key: str, require: Sequence[str]) -> dict[str, str]:
    """Id -> ``missing-<field>`` for the first required field that an article lacks."""
    found: dict[str, str] = {}
    ids = articles.column(key).to_pylist()
    for name in require:
        for id_, says in zip(ids, filled(articles.column(name)).tolist(), strict=True):
            if not says:
                found.setdefault(id_, f"missing-{name}")
    return found


def removed(
    ids: pa.Array, state: State, lacks: Mapping[str, str]
) -> tuple[tuple[str, str, str], ...]:
    """(id, reason code, kept id or ``""``) of ids that a release no longer has, in their order.

    A withheld id has the reason of its withholding, a copy ``duplicate`` with the article that
    is kept, an article the field it lacks (``lacks``, see :func:`lacking`).
    """
    import pyarrow.compute as pc

    found = []
    at = pc.indices_nonzero(pc.is_in(state.ids, ids))
    place_of = dict(zip(state.ids.take(at).to_pylist(), at.to_pylist(), strict=True))
    for id_ in ids.to_pylist():
        place = place_of.get(id_)
        reason, kept = UNKNOWN, ""
        if place is not None:
            outcome = state.outcome[place].as_py()
            if outcome == "duplicate":
                reason, kept = DUPLICATE, state.ids[int(state.kept[place])].as_py()
            elif outcome == "withheld":
                reason = state.reason[place].as_py() or "withdrawn"
            else:
                reason = lacks.get(id_, UNKNOWN)
        found.append((id_, reason, kept))
    return tuple(found)
