"""Cut a release from an archive: the state of the ledger becomes a sealed directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsdata import removals
from newsdata.errors import SettingsError
from newsdata.exporters.directory import Sealed, read_changelog, read_manifest, read_rows, seal
from newsdata.exporters.loading import known_versions
from newsdata.exporters.plan import ABOUT, About, Plan, Since, lacking
from newsdata.pipeline import open_archive
from newsdata.releases import Proposal, Version, plan, propose
from newsdata.reports import final_counts

if TYPE_CHECKING:
    import pyarrow as pa

    from newsdata.archive import Archive
    from newsdata.states import State


@dataclass(frozen=True, slots=True)
class Released:
    """What :func:`release` did. ``sealed`` is None for a mere proposal; ``warning`` says that
    the version chosen is a smaller step than the one proposed. ``lacking`` are the keys of
    ``[card]`` without which a strict release is not sealed (then ``sealed`` is None too)."""

    proposal: Proposal
    sealed: Sealed | None = None
    warning: str | None = None
    lacking: tuple[str, ...] = ()


def release(
    version: str | None,
    archive: str | Path,
    *,
    date: str | None = None,
    epoch: str | None = None,
    require: Sequence[str] | None = None,
    strict: bool = False,
) -> Released:
    """Seal the current articles of an archive as an immutable release, or only propose one.

    Without ``version`` nothing is sealed. ``date`` (ISO 8601) or ``epoch`` (the value of
    SOURCE_DATE_EPOCH) is the date in the release, else that of its newest article. ``require``
    are the fields an article must have to be let in. ``strict`` seals nothing while the card lacks
    what only the keeper can say: see ``Released.lacking``. The content follows from the set of
    observations and the settings alone. Raises ReleaseError where the version is taken by other
    content or no article is left.
    """
    from newsdata.archive import clock, stopwatch

    seconds = stopwatch()
    opened = open_archive(archive)
    opened.refresh()
    state = opened.state()
    planned = plan(
        opened.records(state.digests("article")),
        opened.schema,
        opened.settings,
        version=version or "1.0.0",
        name=opened.settings.name,
        counts=final_counts(opened, state),
        require=require,
        date=date,
        epoch=epoch,
        about=_about(opened),
    )
    previous = _newest(opened.path, version)
    proposal = _propose(planned, previous)
    lacks = lacking(planned.about) if strict else ()
    if version is None or lacks:
        return Released(proposal, lacking=lacks)
    planned = replace(planned, since=_since(opened, state, planned, previous, proposal))
    sealed = seal(opened.releases / planned.version, planned, previous)
    if sealed.created:
        opened.note_release(
            planned.version,
            {
                "batch": opened.last_batch,
                "sealed": clock().isoformat(timespec="seconds"),
                "seconds": seconds(),
                "settings": dict(planned.settings),
            },
        )
    return Released(proposal, sealed, _too_small(planned, proposal, previous, sealed))


def _about(archive: Archive) -> About:
    from newsdata.archive.settings_file import SETTINGS_FILE, read_card

    card = read_card(archive.path)
    known = {item.name for item in fields(About)}
    unknown = sorted(card.keys() - known)
    if unknown:
        raise SettingsError(
            f"{archive.path / SETTINGS_FILE}: [card]: unknown key {unknown[0]!r}; "
            f"keys are {', '.join(sorted(known))}"
        )
    return About(**card)


def _since(
    archive: Archive, state: State, planned: Plan, previous: Path | None, proposal: Proposal
) -> Since:
    """What the planned release is against the newest one before it."""
    if previous is None:
        return Since()
    removed: tuple[tuple[str, str, str], ...] = ()
    key = planned.schema.roles.get("id")
    if key is not None:
        now, require = planned.table.column(key), planned.settings["require"]
        removed = _removed(archive, state, previous, _whole(now), (key, require))
    return Since(
        previous=previous.name,
        step=proposal.step,
        reason=proposal.reason,
        added=proposal.changes.added,
        changed=proposal.changes.changed,
        removed=removed,
        changelog=read_changelog(previous),
    )


def _removed(
    archive: Archive,
    state: State,
    previous: Path,
    now: pa.Array,
    rule: tuple[str, Sequence[str]],
) -> tuple[tuple[str, str, str], ...]:
    """``Since.removed``: ids of the release before that are not in ``now``. ``rule`` is the name
    of the column of ids, and the fields that this release requires."""
    import pyarrow as pa

    key, require = rule
    try:
        before = _whole(read_rows(previous, columns=[key]).column(key))
    except KeyError:  # the schema of that release gave its ids another name
        return ()
    ids = removals.gone(before.cast(pa.string()), now)
    digests = removals.left_out(ids, state)
    articles = archive.records(digests, list(dict.fromkeys([key, *require])))
    return removals.removed(ids, state, removals.lacking(articles, key, require))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _newest(path: Path, version: str | None) -> Path | None:
    """The newest release before the wanted version."""
    wanted = Version.parse(version) if version is not None else None
    older = [v for v in known_versions(path) if wanted is None or v < wanted]
    return path / "releases" / str(max(older)) if older else None


def _propose(planned: Plan, previous: Path | None) -> Proposal:
    if previous is None:
        return propose(planned)
    return propose(planned, read_manifest(previous), read_rows(previous))


def _too_small(
    planned: Plan, proposal: Proposal, previous: Path | None, sealed: Sealed
) -> str | None:
    if previous is None or proposal.step is None or not sealed.created:
        return None
    if Version.parse(planned.version) < proposal.version:
        return f"{planned.version} is a smaller step than {proposal.version}: {proposal.reason}"
    return None


def describe(released: Released) -> Mapping[str, Any]:
    """The result as one JSON object."""
    result: dict[str, Any] = {
        "proposal": {"version": str(released.proposal.version), "reason": released.proposal.reason}
    }
    if released.sealed is not None:
        manifest = released.sealed.manifest
        result |= {
            "version": manifest["version"],
            "path": str(released.sealed.path),
            "created": released.sealed.created,
            "rows": manifest["rows"],
            "left_out": manifest["left_out"],
            "content_hash": manifest["content_hash"],
        }
    if released.warning:
        result["warning"] = released.warning
    if released.lacking:
        result["lacking"] = {key: ABOUT[key] for key in released.lacking}
    return result


def how_to_fill(keys: Sequence[str], settings_file: str) -> list[str]:
    """What to write into the settings so that the card says what the keys stand for.

    >>> print("\\n".join(how_to_fill(["limits"], "newsdata.toml")))
    the card says nothing of limits; in the table [card] of newsdata.toml write:
      limits = "what it lacks and where it is known to be wrong"
    """
    named = ", ".join(keys)
    return [
        f"the card says nothing of {named}; in the table [card] of {settings_file} write:",
        *(f'  {key} = "{ABOUT[key]}"' for key in keys),
    ]
