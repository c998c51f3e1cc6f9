"""Proposes the version of a release: how large a step it is from the one before, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsdata.columns import plain
from newsdata.errors import ReleaseError
from newsdata.exporters.features import breaking
from newsdata.exporters.plan import Plan
from newsdata.exporters.rows import differing
from newsdata.exporters.versions import Step, Version
from newsdata.training.preparation import CONFIGS

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Changes:
    """Numbers of rows that a release adds, removes and changes against the one before."""

    added: int = 0
    removed: int = 0
    changed: int = 0

    def __str__(self) -> str:
        return f"{self.added} added, {self.removed} removed, {self.changed} changed"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The version a release should have, and why.

    ``step`` is None for the first release and when nothing changed; then ``version`` is the
    first one, or the one there is.
    """

    version: Version
    step: Step | None
    reason: str
    changes: Changes


def compare(previous: pa.Table, current: pa.Table, key: str = "id") -> Changes:
    """Count rows by id. Only the columns that both tables have are compared."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    shared = [
        item.name
        for item in previous.schema
        if item.name in current.column_names and current.schema.field(item.name).equals(item)
    ]
    places = pc.index_in(current.column(key), value_set=previous.column(key).combine_chunks())
    common = np.flatnonzero(places.is_valid().to_numpy())
    pairs = places.take(pa.array(common)).to_numpy(), common
    changed = int(differing(previous.select(shared), current.select(shared), pairs).sum())
    added, removed = current.num_rows - len(common), previous.num_rows - len(common)
    return Changes(added, removed, changed)


def propose(
    planned: Plan,
    manifest: Mapping[str, Any] | None = None,
    previous: pa.Table | None = None,
    configs: Sequence[str] = (),
) -> Proposal:
    """The next version after the newest release, given its manifest and its rows.

    A breaking change of the schema or of how shards are cut is a major step, added rows or
    columns a minor one, corrections and removals a patch; so it is with the ``configs`` for
    trainers that it has. The version in ``planned`` is no matter.
    """
    if manifest is None or previous is None:
        return first_proposal(planned)
    changes = _changes(planned, previous)
    return proposal(planned, manifest, previous.schema, changes, configs)


def first_proposal(planned: Plan) -> Proposal:
    """What an archive without a release should call its first one."""
    changes = Changes(added=planned.num_rows)
    return Proposal(Version(1, 0, 0), None, "there is no release yet", changes)


_SIZES: tuple[Step | None, ...] = (None, "patch", "minor", "major")


def proposal(
    planned: Plan,
    manifest: Mapping[str, Any],
    columns: pa.Schema,
    changes: Changes,
    configs: Sequence[str] = (),
) -> Proposal:
    """As :func:`propose`, given the columns of the newest release and what changed since."""
    last = Version.parse(manifest["version"])
    step, reason = _step(planned, manifest, columns, changes)
    other, why = _trained(planned.settings, manifest, configs)
    if _SIZES.index(other) > _SIZES.index(step):
        step, reason = other, why
    if step is None:
        return Proposal(last, None, f"nothing changed since {last}", changes)
    return Proposal(last.next(step), step, f"{reason} since {last}", changes)


def changes_between(previous: pa.Table, current: pa.Table) -> Changes:
    """Count rows by ``id``; a row whose ``digest`` is another one changed."""
    import pyarrow.compute as pc

    then, now = (plain(table.column("id")) for table in (previous, current))
    places = pc.index_in(now, value_set=then.combine_chunks())
    common = places.is_valid()
    before = previous.column("digest").take(places.filter(common))
    after = current.column("digest").filter(common)
    changed = pc.sum(pc.not_equal(before, after)).as_py() or 0
    shared = len(before)
    return Changes(current.num_rows - shared, previous.num_rows - shared, int(changed))


def _changes(planned: Plan, previous: pa.Table) -> Changes:
    key = planned.schema.roles.get("id")
    if key and key in previous.column_names:
        return compare(previous, planned.table, key)
    return Changes(added=planned.num_rows, removed=previous.num_rows)


def _makeup(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What of a preparation moves articles between files or rewrites all of them."""
    prepared = settings.get("prepared") or {}
    return {key: prepared.get(key) for key in ("split", "seed", "redact", "pseudonymise")}


def _trained(
    settings: Mapping[str, Any], manifest: Mapping[str, Any], configs: Sequence[str]
) -> tuple[Step | None, str]:
    """The step that the configs for trainers ask for, whatever the articles do."""
    before = [name for name in CONFIGS if name in manifest.get("configs", ())]
    if gone := [name for name in before if name not in configs]:
        return "major", f"configs are gone ({', '.join(gone)})"
    was = (manifest["settings"].get("prepared") or {}).get("tokenizer")
    now = (settings.get("prepared") or {}).get("tokenizer")
    if was and was != now:
        told = "are counted by another tokenizer" if now else "are no longer counted"
        return "major", f"tokens {told}"
    if new := [name for name in configs if name not in before]:
        return "minor", f"configs were added ({', '.join(new)})"
    return ("minor", "tokens are counted now") if now and not was else (None, "")


#: Settings that decide which file an article stands in: fixed by the first release of a major
#: version, so that files are the same from release to release.
CUT = ("shard_period", "shard_bytes")


def check_cut(planned: Plan, manifest: Mapping[str, Any]) -> None:
    """Raise ReleaseError where shards are cut in another way than in the release before, whose
    manifest it is, and the version is not of a further major one."""
    if Version.parse(planned.version).major > Version.parse(manifest["version"]).major:
        return
    for key in CUT:
        before, now = manifest["settings"].get(key), planned.settings.get(key)
        if before != now:
            raise ReleaseError(
                f"{key}: found {now}, but {manifest['version']} was sealed with {before}, and "
                f"files keep their articles until the next major version: set {key} back, or "
                f"release {Version.parse(manifest['version']).next('major')}"
            )


def _step(
    planned: Plan, manifest: Mapping[str, Any], columns: pa.Schema, changes: Changes
) -> tuple[Step | None, str]:
    broken = breaking(columns, planned.schema.arrow)
    if broken:
        return "major", f"the schema changed in a way that breaks readers ({', '.join(broken)})"
    if _makeup(manifest["settings"]) != _makeup(planned.settings):
        return "major", "the split or what is made unreadable in the texts changed"
    for key in CUT:
        before, now = manifest["settings"].get(key), planned.settings.get(key)
        if before != now:
            return "major", f"{key} changed from {before} to {now}, which renames the files"
    before, now = (told.get("without", []) for told in (manifest["settings"], planned.settings))
    if before != now:
        names = [", ".join(fields) or "nothing" for fields in (before, now)]
        return "major", f"what is left out changed from {names[0]} to {names[1]}"
    if changes.added:
        return "minor", f"rows were added ({changes})"
    if not columns.equals(planned.schema.arrow):
        return "minor", "the schema has new fields"
    if changes.removed or changes.changed:
        return "patch", f"rows were only corrected or removed ({changes})"
    return None, ""
