"""Cut a release from an archive: the state of the ledger becomes a sealed directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsdata import removals
from newsdata.columns import among, unpacked
from newsdata.configs import CLUSTERS, REVISIONS
from newsdata.errors import ReleaseError, SettingsError, UsageError
from newsdata.exporters.directory import Sealed, seal, taken
from newsdata.exporters.loading import find, known_versions
from newsdata.exporters.names import SELF
from newsdata.exporters.plan import ABOUT, About, Plan, Side, Since, Stream, lacking
from newsdata.exporters.reuse import remembered
from newsdata.exporters.sealed import columns_of, read_changelog, read_manifest, read_rows
from newsdata.exporters.stored import ETAGS, Before, folder_of, seal_stored
from newsdata.exporters.without import check_fields, leave_out, with_setting
from newsdata.links import hashing_of
from newsdata.opening import open_archive
from newsdata.preparing import Prepared, Rule, documents, prepare, sections
from newsdata.proposals import (
    Proposal,
    changes_between,
    check_cut,
    first_proposal,
    proposal,
    propose,
)
from newsdata.releases import (
    LEFT,
    SHARD_BYTES,
    Chosen,
    Version,
    arrange,
    check_ids,
    choose,
    chosen,
    default_require,
    known_fields,
)
from newsdata.reports import final_counts
from newsdata.settings import CHECKS, Settings, with_values
from newsdata.snapshots import Snapshot, sides, snapshot
from newsdata.storage import Where
from newsdata.trainers import needed, offered, stream
from newsdata.training.preparation import Preparation, again
from newsdata.training.pseudonyms import NAMING, names_in

if TYPE_CHECKING:
    import pyarrow as pa

    from newsdata.archive import Archive
    from newsdata.states import State


@dataclass(frozen=True, slots=True)
class Released:
    """What :func:`release` did. ``sealed`` is None for a mere proposal; ``warning`` says that
    the version chosen is a smaller step than the one proposed, or older than another one.
    ``lacking`` are the keys of ``[card]`` without which a strict release is not sealed (then
    ``sealed`` is None too)."""

    proposal: Proposal
    sealed: Sealed | None = None
    warning: str | None = None
    lacking: tuple[str, ...] = ()


def release(
    version: str | None,
    archive: Where,
    *,
    date: str | None = None,
    epoch: str | None = None,
    require: Sequence[str] | None = None,
    strict: bool = False,
    preparation: Preparation | None = None,
    without: Sequence[str] = (),
) -> Released:
    """Seal the current articles of an archive as an immutable release, or only propose one.

    Without ``version`` nothing is sealed. ``date`` (ISO 8601) or ``epoch`` (the value of
    SOURCE_DATE_EPOCH) is the date in the release, else that of its newest article. ``require``
    are the fields an article must have to be let in. ``strict`` seals nothing while the card lacks
    what only the keeper can say: see ``Released.lacking``. ``without`` are fields whose texts are
    left out (:mod:`newsdata.exporters.without`), ``preparation`` what is done to a release so that
    models can be trained on it (:mod:`newsdata.preparing`); one excludes the other. The content
    follows from the set of observations and the settings alone. Raises ReleaseError where the
    version is taken by other content or no article is left.
    """
    from newsdata.archive import clock, stopwatch

    seconds = stopwatch()
    preparation = preparation or Preparation()
    if without and preparation.printed():
        raise UsageError("--without and the options for training exclude each other")
    opened = open_archive(archive)
    opened.refresh()
    previous = _newest(opened, version)
    before = read_manifest(previous) if previous is not None else None
    require = tuple(default_require(opened.schema) if require is None else require)
    known_fields(opened.schema, require)
    was_required = before["settings"].get("require", ()) if before is not None else ()
    cutting = _Cutting(
        opened,
        snapshot(opened, [*require, *was_required, *needed(preparation, opened.schema)]),
        opened.last_batch,
        opened.index.now,
        opened.settings,
        require,
        preparation,
        _about(opened),
        check_fields(opened.schema, without),
    )
    planned, prepared, taken_in = cutting.plan(version or "1.0.0", date, epoch)
    heads = prepared.heads
    memory = _memory(opened, previous) if previous is not None else {}
    moved = _moved(cutting, heads, (previous, before, memory.get("batch")))
    proposed = _propose(planned, moved, previous, before, cutting.configs(prepared))
    lacks = lacking(planned.about) if strict else ()
    if version is None or lacks:
        return Released(proposed, lacking=lacks)
    if before is not None:
        check_cut(planned, before)
    since = _since(cutting, planned, heads, previous, proposed, moved)
    # Columns of every row: some are not wanted for what stands beside them, none for sealing.
    del heads, moved
    if not preparation.configs:
        prepared = replace(prepared, heads=prepared.heads.schema.empty_table())
    planned = cutting.whole(planned, prepared, taken_in, since)
    del cutting, prepared, taken_in, since
    target = opened.releases / planned.version

    def note() -> dict[str, Any]:
        return {
            "batch": opened.last_batch,
            "now": opened.index.now,
            "sealed": clock().isoformat(timespec="seconds"),
            "seconds": seconds(),
            "name": planned.name,
            "date": planned.date,
            "previous": previous.name if previous is not None else None,
            "settings": dict(planned.settings),
            "about": {k: v for k, v in asdict(planned.about).items() if v is not None},
        }

    etags: dict[str, str] = {}
    if isinstance(target, Path):
        memory = _memory(opened, target) if taken(target) else memory
        sealed = seal(target, planned, previous, remembered(memory, planned))
    else:
        older = _stored(opened, previous, memory)
        sealed, etags = seal_stored(target, planned, older, remembered(memory, planned), note)
    # Whoever was killed between the release and its note left no note: it is as true now.
    unnoted = not sealed.differs and opened.release_note(planned.version) is None
    if sealed.created or unnoted:
        memory = sealed.memory.to_dict() if sealed.memory else {}
        memory |= {SELF: sealed.manifest[SELF], **({ETAGS: etags} if etags else {})}
        opened.note_release(planned.version, note(), memory)
    newest = max(known_versions(opened.path), default=None)
    return Released(proposed, sealed, _too_small(planned, proposed, previous, sealed, newest))


def rebuild(
    version: str,
    archive: Where,
    target: str | Path,
    key: bytes | None = None,
    tokenizer: bytes | None = None,
) -> Sealed:
    """Make a release of an archive again, as the new directory ``target``.

    The rows are read from the ledger as it was when the release was sealed, nothing from the
    release itself; the release before it must stand, for what changed since. With the versions of
    newsdata and pyarrow that made it the bytes are the same, whatever the settings and the
    ``[card]`` are now; with others the content hash is. ``key`` is that of its pseudonyms and
    ``tokenizer`` the content of the file that counted its tokens, where it has any. Raises
    ReleaseError where the archive has no note of such a release or something stands at
    ``target``, UsageError for another tokenizer.
    """
    checked = str(Version.parse(version))
    opened = open_archive(archive)
    opened.refresh()
    note = opened.release_note(checked)
    if note is None:
        raise ReleaseError(f"{opened.path}: no note of a release {checked} to rebuild it from")
    if taken(Path(target)):
        raise ReleaseError(f"{target}: something stands there already")
    values = {k: v for k, v in note["settings"].items() if k in CHECKS}
    settings = with_values(opened.settings, {**values, "name": note["name"]}, f"{checked}.json")
    require = note["settings"]["require"]
    previous = _release(opened, note["previous"]) if note["previous"] else None
    before = read_manifest(previous) if previous is not None else None
    was_required = before["settings"].get("require", ()) if before is not None else ()
    preparation = again(note["settings"].get("prepared", {}), key, tokenizer)
    was_asked = needed(preparation, opened.schema)
    seen = snapshot(opened, [*require, *was_required, *was_asked]).until(note["batch"])
    cutting = _Cutting(
        opened,
        seen,
        note["batch"],
        note["now"],
        settings,
        require,
        preparation,
        About(**note["about"]) if "about" in note else _about(opened),
        tuple(note["settings"].get("without", ())),
    )
    shard_bytes = note["settings"]["shard_bytes"]
    planned, prepared, taken_in = cutting.plan(checked, note["date"], None, shard_bytes)
    heads = prepared.heads
    known = _memory(opened, previous).get("batch") if previous is not None else None
    moved = _moved(cutting, heads, (previous, before, known))
    proposed = _propose(planned, moved, previous, before, cutting.configs(prepared))
    since = _since(cutting, planned, heads, previous, proposed, moved)
    return seal(Path(target), cutting.whole(planned, prepared, taken_in, since))


@dataclass(frozen=True, slots=True)
class _Cutting:
    """What a release is cut from: an archive as it was after a batch, at ``now`` (microseconds),
    the settings then and what the keeper told then. ``without`` are the fields whose texts are
    left out."""

    archive: Archive
    seen: Snapshot
    batch: int
    now: int
    settings: Settings
    require: Sequence[str]
    preparation: Preparation
    about: About
    without: tuple[str, ...] = ()

    def plan(
        self,
        version: str,
        date: str | None,
        epoch: str | None,
        shard_bytes: int = SHARD_BYTES,
    ) -> tuple[Plan, Prepared, Chosen]:
        """The plan of the articles, the heads of all of them, and which of them are let in."""
        state = self.seen.state()
        asked = dict.fromkeys([*self.require, *needed(self.preparation, self.archive.schema)])
        prepared = self._prepared(self.seen.heads(state, list(asked)))
        heads = prepared.heads
        if prepared.rewriter is not None:  # what is written is not what the ledger has digests of
            heads = heads.drop_columns("digest")
        taken_in = choose(heads, self.require, self.archive.schema)
        if not self.seen.has_own_ids():
            check_ids(heads, taken_in)
        planned = arrange(
            heads,
            taken_in,
            lambda order: prepared.rows(self.seen.rows_of(heads, order)),
            self.archive.schema,
            self.settings,
            version=version,
            name=self.settings.name,
            counts=final_counts(self.archive, state, self.batch, self.seen.noted()),
            require=self.require,
            date=date,
            epoch=epoch,
            about=self.about,
            shard_bytes=shard_bytes,
        )
        if printed := self.preparation.printed():
            planned = replace(
                planned,
                settings={**planned.settings, "prepared": printed},
                documents=documents(prepared, self.require, self.archive.schema),
                sections=sections(prepared, self.preparation),
            )
        return with_setting(planned, self.without), prepared, taken_in

    def _prepared(self, heads: pa.Table) -> Prepared:
        wish, schema = self.preparation, self.archive.schema
        if not wish.printed():
            return Prepared(heads)
        if "id" not in heads.column_names:
            raise UsageError("articles without ids cannot be split, filtered or rewritten")
        names: set[str] = set()
        if wish.pseudonymise:
            for record in self.seen.every(NAMING):
                names |= names_in(record, wish.pseudonymise)
        return prepare(
            heads,
            self.seen.facts(heads, wish.fields(schema)),
            lambda order: self.seen.rows_of(heads, order),
            Rule(wish, schema, self.require, hashing_of(self.settings), self.settings.threshold),
            names,
        )

    def configs(self, prepared: Prepared) -> tuple[str, ...]:
        """The configs for trainers that the release will have."""
        if not self.preparation.configs:
            return ()
        articles = chosen(prepared.heads, self.require, self.archive.schema)
        return offered(self.preparation, articles, self.archive.schema)

    def whole(self, planned: Plan, prepared: Prepared, taken_in: Chosen, since: Since) -> Plan:
        """The plan with the configs beside the articles, and without what is left out."""
        import numpy as np

        state = self.seen.state()
        inside = np.zeros(len(state), bool)
        inside[state.where("article")[taken_in.order.to_numpy()]] = True
        found = sides(self.seen, state, inside, self.now)
        if prepared.rewriter is not None:
            found = tuple(
                replace(side, table=prepared.rewriter.table(side.table)[0])
                if side.name == REVISIONS
                else side
                for side in found
            )
        streams = tuple(self._streams(prepared, taken_in, found))
        planned = replace(planned, sides=found, streams=streams, since=since)
        return leave_out(planned, self.without)

    def _streams(
        self, prepared: Prepared, taken_in: Chosen, found: Sequence[Side]
    ) -> Iterator[Stream]:
        """The configs for trainers that are asked for."""
        if not self.preparation.configs:
            return
        articles = prepared.heads.take(taken_in.order)
        clusters = next((side.table for side in found if side.name == CLUSTERS), None)
        copies: dict[str, int] = {}
        if clusters is not None:
            pair = (clusters.column(name).to_pylist() for name in ("id", "copies"))
            copies = dict(zip(*pair, strict=True))
        for name in self.preparation.configs:
            made = stream(
                name,
                articles,
                lambda order: prepared.rows(self.seen.rows_of(articles, order)),
                self.archive.schema,
                copies,
                self.preparation,
            )
            if made is not None:
                yield made


@dataclass(frozen=True, slots=True)
class _Moved:
    """The heads of those articles that may differ between the release before and this one, as
    they were and as they are."""

    before: pa.Table
    now: pa.Table


def _moved(
    cutting: _Cutting, heads: pa.Table, last: tuple[Path | None, Mapping[str, Any] | None, Any]
) -> _Moved | None:
    """What the ledger knows of the release before; None where only its rows can tell. ``last`` is
    that release, its manifest, and the batch after which it was cut, where that is known."""

    previous, manifest, batch = last
    if previous is None or manifest is None or "id" not in heads.column_names:
        return None
    schema, seen = cutting.archive.schema, cutting.seen
    if batch is None or not columns_of(previous).equals(schema.arrow):
        return None
    require = manifest["settings"]["require"]
    was_prepared = "prepared" in manifest["settings"]
    if was_prepared or cutting.preparation.printed():  # an untouched article may go or come too
        then = seen.until(batch)
        old = then.heads(then.state(), require)
        if was_prepared:  # what it let in is what it has
            known = _texts(_ids_of(previous, schema.roles["id"]))
            old = _those(old, known)
        else:
            old = chosen(old, require, schema)
        return _Moved(old, chosen(heads, cutting.require, schema))
    if list(require) == list(cutting.require):
        touched = seen.touched(batch)  # all others are what they were
        seen = seen.only(touched)
        heads = _those(heads, touched)
    old = seen.until(batch)
    return _Moved(
        chosen(old.heads(old.state(), require), require, schema),
        chosen(heads, cutting.require, schema),
    )


def _those(heads: pa.Table, ids: pa.Array) -> pa.Table:
    """The heads with these ids, which are texts as the ledger has them."""
    import pyarrow as pa

    own: Any = heads.column("id")
    own = own if pa.types.is_dictionary(own.type) else _texts(own)
    return heads.filter(among(own, ids))


def _memory(opened: Archive, directory: Path) -> dict[str, Any]:
    """What is remembered of a release, if it is of the very one that stands there."""
    memory = opened.release_memory(directory.name)
    try:
        return memory if memory.get(SELF) == read_manifest(directory)[SELF] else {}
    except (ReleaseError, KeyError):
        return {}


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
    cutting: _Cutting,
    planned: Plan,
    heads: pa.Table,
    previous: Path | None,
    proposal: Proposal,
    moved: _Moved | None,
) -> Since:
    """What the planned release is against the newest one before it."""
    if previous is None:
        return Since()
    removed: tuple[tuple[str, str, str], ...] = ()
    key = planned.schema.roles.get("id")
    if key is not None:
        require = planned.settings["require"]
        if moved is None:
            ids = chosen(heads, require, planned.schema).column("id")
            before = _ids_of(previous, key)
        else:
            ids, before = moved.now.column("id"), moved.before.column("id")
        # As the ledger has them, whatever the schema calls their type.
        gone = removals.gone(_texts(before), _texts(ids))
        removed = _removed(cutting.archive, cutting.seen.state(), gone, (key, require))
        if LEFT in heads.column_names:
            left = dict(zip(*(heads.column(n).to_pylist() for n in ("id", LEFT)), strict=True))
            removed = tuple(
                (id_, (left.get(id_) or reason) if reason == removals.UNKNOWN else reason, kept)
                for id_, reason, kept in removed
            )
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
    ids: pa.Array,
    rule: tuple[str, Sequence[str]],
) -> tuple[tuple[str, str, str], ...]:
    """``Since.removed`` of the ids that are gone. ``rule`` is the name of the column of ids, and
    the fields that this release requires."""
    if not len(ids):
        return ()
    key, require = rule
    digests = unpacked(removals.left_out(ids, state))
    articles = archive.records(digests, list(dict.fromkeys([key, *require])))
    return removals.removed(ids, state, removals.lacking(articles, key, require))


def _ids_of(release: Path, key: str) -> pa.ChunkedArray:
    """The ids in a release; none where its schema gave them another name."""
    import pyarrow as pa

    try:
        return read_rows(release, columns=[key]).column(key)
    except KeyError:
        return pa.chunked_array([], pa.string())


def _texts(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    return column.cast(pa.string()).combine_chunks()


def _release(opened: Archive, version: str) -> Path:
    """The directory of a release; of one on object storage its copy on this machine."""
    place = opened.releases / version
    return place if isinstance(place, Path) else find(place)


def _stored(opened: Archive, previous: Path | None, memory: Mapping[str, Any]) -> Before | None:
    """The release before on object storage; ``previous`` is its copy on this machine."""
    folder = folder_of(opened.releases / previous.name) if previous is not None else None
    if previous is None or folder is None or isinstance(folder, Path):
        return None
    return Before(previous, folder, memory.get(ETAGS, {}))


def _newest(opened: Archive, version: str | None) -> Path | None:
    """The newest release before the wanted version."""
    wanted = Version.parse(version) if version is not None else None
    older = [v for v in known_versions(opened.path) if wanted is None or v < wanted]
    return _release(opened, str(max(older))) if older else None


def _propose(
    planned: Plan,
    moved: _Moved | None,
    previous: Path | None,
    manifest: Mapping[str, Any] | None,
    configs: Sequence[str],
) -> Proposal:
    if previous is None or manifest is None:
        return first_proposal(planned)
    if moved is None:
        return propose(planned, manifest, read_rows(previous), configs)
    changes = changes_between(moved.before, moved.now)
    return proposal(planned, manifest, columns_of(previous), changes, configs)


def _too_small(
    planned: Plan,
    proposal: Proposal,
    previous: Path | None,
    sealed: Sealed,
    newest: Version | None,
) -> str | None:
    if not sealed.created:
        return None
    if newest is not None and Version.parse(planned.version) < newest:
        return f"{planned.version} is older than {newest}, which stands already"
    if previous is None or proposal.step is None:
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
