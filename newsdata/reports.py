"""What an archive can tell about itself: batches, inputs, one article, counts, settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from newsdata.errors import UsageError
from newsdata.exporters.loading import known_versions, manifest_of
from newsdata.opening import open_archive
from newsdata.readings import RE_EXTRACTED
from newsdata.states import STATES, Noted, Outdated
from newsdata.storage import Where, location

if TYPE_CHECKING:
    import pyarrow as pa

    from newsdata.archive import Archive
    from newsdata.schema import Schema
    from newsdata.states import State

#: What ``newsdata stats`` counts, besides reasons: name -> role of the column.
COUNTED = {
    "rubric": "rubric",
    "month": "timestamp",
    "author": "author",
    "photographer": "photographer",
    "source": "source",
    "language": "language",
    "agency": "agency",
}


def archive_log(path: Where) -> dict[str, Any]:
    """``batches``, oldest first, and ``releases``, by version."""
    archive = open_archive(path)
    releases = []
    for version in sorted(known_versions(archive.path)):
        manifest = manifest_of(archive.path, version)
        wanted = ("version", "date", "rows", "content_hash")
        releases.append({name: manifest[name] for name in wanted})
    return {"batches": archive.batch_notes(), "releases": releases}


def batch_inputs(path: Where, batch: int) -> list[dict[str, Any]]:
    """Every row of one batch: the inputs it appended (with their place), then the older ids
    whose state it changed, and what it noted of older readings. ``outdated`` tells whether a
    newer extractor has read the page otherwise. Raises UsageError where there is no such batch."""
    import pyarrow.compute as pc

    archive = open_archive(path)
    if batch > archive.last_batch:
        raise UsageError(f"there is no batch {batch}; batches are 1 to {archive.last_batch}")
    names = (
        "row", "path", "line", "offset", "outcome", "id", "reason", "of", "relation", "score",
        "pointer", "message", "record", "digest", "input",
    )  # fmt: skip
    where = (pc.field("batch") == batch) & (pc.field("outcome") != "batch")
    table = archive.rows(names, where).sort_by("row")
    outdated = archive.outdated()
    old = pc.is_in(table.column("digest"), outdated.digests)
    refused = pc.is_in(table.column("input"), outdated.rejections)
    table = table.drop_columns(["digest", "input"]).append_column("outdated", pc.or_(old, refused))
    rows: list[dict[str, Any]] = table.to_pylist()
    title = archive.schema.roles.get("title")
    for row in rows:
        row["title"] = (row.pop("record") or {}).get(title)
    return rows


def article_history(path: Where, id_: str) -> dict[str, Any]:
    """One article: ``state`` (outcome, kept article, relation, score, reason; where a newer
    extractor reads its pages otherwise, as what: ``now``), ``record`` of its
    current version, ``kept`` (id and record of the article it repeats, or None), ``copies`` (ids
    that repeat it), ``events``, oldest first, each with its record, and ``roles`` (role -> the
    field that plays it).

    Raises UsageError where the id is unknown, naming ids that begin alike.
    """
    archive = open_archive(path)
    archive.refresh()
    events = archive.history(id_)
    if not events:
        raise UsageError(_unknown_id(archive, id_))
    last = [e for e in events if e["outcome"] in STATES][-1]
    records = {e["digest"]: e["record"] for e in events if e["record"] is not None}
    withheld = last["outcome"] == "withheld"
    kept = _kept(archive, id_)
    state = {
        "outcome": last["outcome"],
        "of": kept if kept != id_ else None,
        "reason": last["reason"],
        "relation": last["relation"],
        "score": last["score"],
    }
    if last["outcome"] == "withheld" and last["reason"] == RE_EXTRACTED:
        state["now"] = _read_now(archive, events)
    if kept not in (id_, last["of"]):  # the article it was found to repeat is kept no more
        state["relation"], state["score"] = archive.relation(id_, kept)
    return {
        "id": id_,
        "state": state,
        "kept": None if kept == id_ else {"id": kept, "record": _current(archive, kept)},
        "record": None if withheld else records.get(last["digest"]),
        "copies": _copies(archive, id_),
        "events": events,
        "roles": dict(archive.schema.roles),
    }


def _read_now(archive: Archive, events: Iterable[Mapping[str, Any]]) -> list[str]:
    """As what the newest extractor reads the pages of these events: ids, or ``rejected``."""
    pages = dict.fromkeys(e["input"] for e in events if e["input"] is not None)
    found: set[str] = set()
    for noted in archive.index.readings(pages).values():
        newest = max(one.reader for one in noted)
        own = (one.of[0] for one in noted if one.reader == newest and not one.mark)
        found.update(id_ or "rejected" for id_ in own)
    return sorted(found)


def _current(archive: Archive, id_: str) -> dict[str, Any] | None:
    """The record of the current version of an article."""
    last = archive.index.histories([id_])[id_].last
    if last is None:
        return None
    events = (e for e in archive.history(id_) if e["digest"] == last.digest)
    return next((e["record"] for e in events if e["record"] is not None), None)


def _kept(archive: Archive, id_: str) -> str:
    while True:
        last = archive.index.histories([id_])[id_].last
        if last is None or last.of is None:
            return id_
        id_ = last.of


def _copies(archive: Archive, id_: str) -> list[str]:
    """Ids whose pointers lead to this article, directly or over others."""
    found: set[str] = set()
    wave = [id_]
    while wave:
        copies = {c for node in wave for c in archive.index.copies_of(node)} - found
        wave = []
        for copy, history in archive.index.histories(sorted(copies)).items():
            if history.last is not None and history.last.outcome == "duplicate":
                wave.append(copy)
        found.update(wave)
    return sorted(c for c in found if _kept(archive, c) == id_)


def _unknown_id(archive: Archive, id_: str) -> str:
    import pyarrow.compute as pc

    ids = pc.unique(archive.rows(("id",)).column("id").drop_null())
    akin = ids.filter(pc.match_substring(ids, id_.split(":")[-1])).to_pylist()[:3]
    hint = f"; did you mean {', '.join(sorted(akin))}?" if akin and id_ else ""
    return f"{archive.path}: no article has the id {id_!r}{hint}"


def archive_stats(path: Where, by: str | None = None) -> dict[str, Any]:
    """Counts of an archive: ``outcomes`` of its ids, and of its kept articles by each of
    :data:`COUNTED`, most frequent first; ``reasons`` of what was rejected or is withheld.

    With ``by``, one of these names or any other field of the records, only that one. Raises
    UsageError where there is no such field, or its values cannot be counted.
    """
    import pyarrow.compute as pc

    archive = open_archive(path)
    archive.refresh()
    state = archive.state()
    counts = final_counts(archive, state)
    reasons = counts.pop("reasons")
    fixed = {"outcomes": counts, "reasons": reasons}
    if by in fixed:
        return {by: fixed[by]}
    columns = _countable(archive.schema, by)
    table = archive.records(state.digests("article"), dict.fromkeys(columns.values()))
    result: dict[str, Any] = {}
    for label, name in columns.items():
        column = table.column(name)
        if label == "month":
            column = pc.strftime(column, format="%Y-%m")
        result[label] = _counted(column, by_name=label == "month")
    return result if by else {"outcomes": counts, **result, "reasons": reasons}


def _countable(schema: Schema, by: str | None) -> dict[str, str]:
    """Name of a count -> the column that is counted."""
    import pyarrow as pa

    roles = schema.roles
    found = {label: roles[role] for label, role in COUNTED.items() if role in roles}
    if by is None or by in found:
        return found if by is None else {by: found[by]}
    plain = [
        field.name
        for field in schema.arrow
        if not pa.types.is_nested(field.type)
        or (pa.types.is_list(field.type) and not pa.types.is_nested(field.type.value_type))
    ]
    if by not in plain:
        known = ", ".join(dict.fromkeys(["outcomes", *found, "reasons", *plain]))
        raise UsageError(f"--by: found {by!r}, expected one of {known}")
    return {by: by}


def final_counts(
    archive: Archive, state: State, batch: int | None = None, noted: Noted | None = None
) -> dict[str, Any]:
    """Distinct inputs of an archive by their final outcome: a function of their set alone.

    ``batch`` is the last one to count, and ``state`` that after it. ``re_extracted``, where there
    are any, are readings that a newer extractor's reading of the same page replaced. Of what is
    ``noted`` already nothing is read; it is given only where no reading was replaced.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    found = state.counts()
    reasons = dict(_tally(state.reason.filter(pc.equal(state.outcome, "withheld"))))
    replaced = reasons.pop(RE_EXTRACTED, 0)  # ids of which no reading counts any more
    outdated = Outdated(pa.array([], pa.string()), pa.array([], pa.binary()))
    if noted is None:
        batch = archive.last_batch if batch is None else batch
        outdated = archive.outdated(batch)
        noted = _noted(archive, batch, outdated)
    reasons.update(_tally(noted.reasons))
    return {
        "articles": found["article"],
        "duplicates": found["duplicate"],
        "withheld": found["withheld"] - replaced,
        "rejected": len(noted.reasons),
        "revisions": noted.observed - len(outdated.digests) - (len(state) - replaced),
        # Said only where there are any: the bytes of older releases are to stay.
        **({"re_extracted": len(outdated)} if len(outdated) else {}),
        "reasons": dict(sorted(reasons.items())),
    }


def _noted(archive: Archive, batch: int, outdated: Outdated) -> Noted:
    """What the ledger notes until a batch of inputs that tell no state."""
    import pyarrow.compute as pc

    until = pc.field("batch") <= batch
    rejected = archive.rows(("reason", "input"), until & (pc.field("outcome") == "rejected"))
    old = pc.is_in(rejected.column("input"), outdated.rejections)
    rejected = rejected.filter(pc.invert(old))
    observed = archive.rows(("batch",), until & pc.is_valid(pc.field("withdrawn"))).num_rows
    return Noted(rejected.column("reason"), observed)


def _tally(column: pa.Array | pa.ChunkedArray) -> list[tuple[str, int]]:
    import pyarrow.compute as pc

    return [(e["values"], e["counts"]) for e in pc.value_counts(column).to_pylist()]


def _counted(column: pa.ChunkedArray, by_name: bool) -> Mapping[str, int]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_list(column.type):
        empty = pc.sum(pc.cast(pc.equal(pc.list_value_length(column), 0), pa.int64())).as_py() or 0
        column = pc.list_flatten(column)
    else:
        empty = column.null_count
        column = column.drop_null()
    found = [(e["values"], e["counts"]) for e in pc.value_counts(column).to_pylist()]
    found = [(v if isinstance(v, str) else str(v), count) for v, count in found]
    found.sort(key=lambda e: e[0] if by_name else (-e[1], e[0]))
    return dict(found) | ({"": empty} if empty else {})


def settings_in_force(path: Where) -> list[tuple[str, Any, str]]:
    """(name, value, where it comes from) of every setting."""
    from newsdata.archive.settings_file import (
        SETTINGS_FILE,
        environment_settings,
        read_settings,
        read_settings_file,
    )
    from newsdata.settings import MEANING

    settings = read_settings(location(path))
    given = read_settings_file(location(path) / SETTINGS_FILE)
    environment = environment_settings()
    found = []
    for name in MEANING:
        origin = SETTINGS_FILE if name in given else "default"
        if name in environment:
            origin = f"NEWSDATA_{name.upper()}"
        found.append((name, getattr(settings, name), origin))
    return found
