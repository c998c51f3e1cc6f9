"""Cut a release from an archive: the state of the ledger becomes a sealed directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsdata.errors import SettingsError
from newsdata.exporters.directory import Sealed, read_manifest, read_rows, seal
from newsdata.exporters.loading import known_versions
from newsdata.exporters.plan import About, Plan
from newsdata.pipeline import open_archive
from newsdata.releases import Proposal, Version, plan, propose
from newsdata.reports import final_counts

if TYPE_CHECKING:
    from newsdata.archive import Archive


@dataclass(frozen=True, slots=True)
class Released:
    """What :func:`release` did. ``sealed`` is None for a mere proposal; ``warning`` says that
    the version chosen is a smaller step than the one proposed."""

    proposal: Proposal
    sealed: Sealed | None = None
    warning: str | None = None


def release(
    version: str | None,
    archive: str | Path,
    *,
    date: str | None = None,
    epoch: str | None = None,
    require: Sequence[str] | None = None,
) -> Released:
    """Seal the current articles of an archive as an immutable release, or only propose one.

    Without ``version`` nothing is sealed. ``date`` (ISO 8601) or ``epoch`` (the value of
    SOURCE_DATE_EPOCH) is the date in the release, else that of its newest article. ``require``
    are the fields an article must have to be let in. The content follows from the set of
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
    if version is None:
        return Released(proposal)
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
    return result
