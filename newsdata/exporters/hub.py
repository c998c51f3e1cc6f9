"""A release on the Hugging Face Hub: one commit, one tag, private unless asked otherwise.

The repository is made an exact mirror of the release, so that what is downloaded verifies. All of
it goes up in one commit on the head that was looked at: readers see the release before or this
one, and a second push at the same time is refused by the Hub. Large files are uploaded before the
commit, so a push that was interrupted finds them there. Login, transfer and retries are those of
``huggingface_hub``; this file only decides what goes.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from newsdata.errors import HubError, NewsdataError, ReleaseError, UsageError
from newsdata.exporters.audit import verify
from newsdata.exporters.names import MANIFEST, README, SUMS
from newsdata.exporters.sealed import read_manifest
from newsdata.exporters.shards import file_entry
from newsdata.exporters.versions import Version

if TYPE_CHECKING:
    from huggingface_hub import HfApi

Fate: TypeAlias = Literal["send", "keep", "delete"]

#: The Hub's own file, and what a person may have put into a new repository.
_GIT_ATTRIBUTES = ".gitattributes"
_HARMLESS = {_GIT_ATTRIBUTES, README}

_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_NO_LICENSE = {"", "other", "unknown"}

#: What must never be shown: tokens, and the signatures in the queries of addresses.
_TOKEN = re.compile(r"hf_\w{4,}|(?i:bearer)\s+\S+")
_QUERY = re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]*")


@dataclass(frozen=True, slots=True)
class File:
    """One file and its fate: sent, kept because it is there already, or taken away."""

    path: str
    size: int
    fate: Fate


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did, or with ``dry_run`` would do.

    ``new`` says that the repository was not there before, ``tagged`` that the tag was.
    """

    repo: str
    tag: str
    visibility: Literal["private", "public"]
    url: str
    files: tuple[File, ...]
    new: bool
    tagged: bool
    dry_run: bool
    note: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Ready for ``json.dumps``."""
        return {
            "repo": self.repo,
            "tag": self.tag,
            "visibility": self.visibility,
            "url": self.url,
            "new": self.new,
            "tagged": self.tagged,
            "dry_run": self.dry_run,
            "bytes": sum(file.size for file in self.files if file.fate == "send"),
            "files": [
                {"path": file.path, "size": file.size, "fate": file.fate} for file in self.files
            ],
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class _There:
    """What the Hub holds: ``files`` is path -> sha256, or the sha1 of the git blob, and size."""

    exists: bool = False
    private: bool = True
    head: str | None = None
    files: Mapping[str, tuple[str, int]] | None = None
    tags: tuple[str, ...] = ()


def push(directory: Path, repo: str, *, public: bool = False, dry_run: bool = False) -> Pushed:
    """Put a release on the Hub; see :func:`newsdata.push`."""
    from huggingface_hub import HfApi, get_token

    if not _REPO.fullmatch(repo):
        raise UsageError(f"found {repo!r}, expected ORG/NAME, as the Hub names a dataset")
    findings = verify(directory)
    if findings:
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise ReleaseError(f"{directory}: damaged, so nothing was pushed: {findings[0]}{more}")
    if public:
        _check_license(directory)
    manifest = read_manifest(directory)
    with _safe_words():
        if not dry_run and not get_token():
            raise HubError("nobody is logged in to the Hub: run `hf auth login`, or set HF_TOKEN")
        api = HfApi(library_name="newsdata")
        note = None
        try:
            there = _look(api, repo)
        except _errors() as error:
            if not dry_run:
                raise
            there = _There()
            note = f"what the Hub holds could not be seen: {_clean(str(error)).splitlines()[0]}"
        planned = _plan(api, directory, manifest, repo, there, public)
        planned = replace(planned, dry_run=dry_run, note=note)
        if not dry_run and not (planned.tagged and there.exists):
            _write(api, directory, manifest, planned, there)
    return planned


def _check_license(directory: Path) -> None:
    """What everybody may see needs a licence that says what they may do with it."""
    import yaml

    parts = (directory / README).read_text("utf-8").split("---\n", 2)
    data = yaml.safe_load(parts[1]) if len(parts) == 3 else {}
    named = str(data.get("license") or "").lower() not in _NO_LICENSE
    if not named and not (data.get("license_name") and data.get("license_link")):
        raise UsageError(
            "--public needs a licence: set `license` (or license_name and license_link) under "
            "[card] in newsdata.toml and seal a new release"
        )


def _look(api: HfApi, repo: str) -> _There:
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = api.repo_info(repo, repo_type="dataset")
    except RepositoryNotFoundError:
        return _There()
    refs = api.list_repo_refs(repo, repo_type="dataset")
    files = _tree(api, repo, info.sha) if info.sha else {}
    tags = tuple(tag.name for tag in refs.tags)
    return _There(True, bool(info.private), info.sha, files, tags)


def _tree(api: HfApi, repo: str, revision: str) -> dict[str, tuple[str, int]]:
    from huggingface_hub.hf_api import RepoFile

    entries = api.list_repo_tree(repo, recursive=True, revision=revision, repo_type="dataset")
    return {
        entry.path: (entry.lfs.sha256 if entry.lfs else entry.blob_id, entry.size)
        for entry in entries
        if isinstance(entry, RepoFile)
    }


# -- what would go ------------------------------------------------------------------------------


def _plan(
    api: HfApi,
    directory: Path,
    manifest: Mapping[str, Any],
    repo: str,
    there: _There,
    public: bool,
) -> Pushed:
    tag = f"v{manifest['version']}"
    _check_visibility(repo, there, public)
    held: Mapping[str, tuple[str, int]] = there.files or {}
    if set(held) - _HARMLESS and MANIFEST not in held:
        raise HubError(
            f"{repo} holds something else than a release of newsdata; choose another name"
        )
    tagged = tag in there.tags
    if tagged:
        held = _tree(api, repo, tag)
    files = tuple(_fates(directory, manifest, held))
    if tagged and any(file.fate != "keep" for file in files):
        raise HubError(
            f"{repo}: the tag {tag} is there with other content; "
            "a version never changes, seal a new one"
        )
    newer = [] if tagged else _newer(there.tags, Version.parse(str(manifest["version"])))
    if newer:
        raise HubError(
            f"{repo}: v{newer[-1]} is there, which is newer; {tag} would put its older files "
            "where people load the newest ones"
        )
    return Pushed(
        repo=repo,
        tag=tag,
        visibility="public" if public or not there.private else "private",
        url=f"{api.endpoint}/datasets/{repo}",
        files=files,
        new=not there.exists,
        tagged=tagged,
        dry_run=False,
    )


def _check_visibility(repo: str, there: _There, public: bool) -> None:
    """A push never changes who may see what is there already."""
    if there.exists and there.private and public:
        raise HubError(
            f"{repo} is there and private; make it public on the Hub, where you see what all "
            "of its versions would show, and push again"
        )
    if there.exists and not there.private and not public:
        raise HubError(f"{repo} is there and public; give --public, or choose another name")


def _newer(tags: tuple[str, ...], version: Version) -> list[Version]:
    found = []
    for tag in tags:
        with contextlib.suppress(UsageError):
            found.append(Version.parse(tag.removeprefix("v")))
    return sorted(other for other in found if other > version)


def _fates(
    directory: Path, manifest: Mapping[str, Any], held: Mapping[str, tuple[str, int]]
) -> Iterator[File]:
    entries = {
        **manifest["files"],
        MANIFEST: file_entry(directory / MANIFEST),
        SUMS: file_entry(directory / SUMS),
    }
    for path, entry in sorted(entries.items()):
        oid, size = held.get(path, ("", -1))
        same = size == entry["size"] and oid in (entry["sha256"], _blob(directory / path, oid))
        yield File(path, entry["size"], "keep" if same else "send")
    for path in sorted(held.keys() - entries.keys() - {_GIT_ATTRIBUTES}):
        yield File(path, held[path][1], "delete")


def _blob(path: Path, oid: str) -> str | None:
    """The id git gives to a file; only where such an id is to be compared."""
    if len(oid) != 40:
        return None
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


# -- sending ------------------------------------------------------------------------------------


def _write(
    api: HfApi, directory: Path, manifest: Mapping[str, Any], planned: Pushed, there: _There
) -> None:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    repo, head = planned.repo, there.head
    if planned.new:
        api.create_repo(repo, repo_type="dataset", private=planned.visibility == "private")
        head = api.repo_info(repo, repo_type="dataset").sha
    operations: list[Any] = [
        CommitOperationAdd(path_in_repo=file.path, path_or_fileobj=str(directory / file.path))
        for file in planned.files
        if file.fate == "send"
    ]
    operations += [
        CommitOperationDelete(path_in_repo=file.path, is_folder=False)
        for file in planned.files
        if file.fate == "delete"
    ]
    words = f"{manifest['name']} {manifest['version']}"
    if operations:
        head = api.create_commit(
            repo,
            operations,
            commit_message=words,
            repo_type="dataset",
            parent_commit=head,
        ).oid
    api.create_tag(repo, tag=planned.tag, tag_message=words, revision=head, repo_type="dataset")


# -- words --------------------------------------------------------------------------------------


def _errors() -> tuple[type[BaseException], ...]:
    """What the client raises when the network fails or the Hub refuses: its own error, and those
    of the HTTP library under it, which has changed its name twice."""
    from huggingface_hub.errors import HfHubHTTPError

    return (OSError, *(base for base in HfHubHTTPError.__bases__))


@contextlib.contextmanager
def _safe_words() -> Iterator[None]:
    """Whatever goes wrong with the Hub as a HubError, in words that give no secret away."""
    expected: tuple[type[BaseException], ...] = (ValueError, RuntimeError, *_errors())
    try:
        yield
    except NewsdataError:
        raise
    except expected as error:
        causes = [str(one) for one in (error, error.__cause__) if one is not None]
        lines = (line.strip() for line in _clean("\n".join(causes)).splitlines())
        message = " ".join([line for line in lines if line][:6])
        raise HubError(f"the Hub: {message or type(error).__name__}") from None


def _clean(text: str) -> str:
    from huggingface_hub import get_token

    token = None
    with contextlib.suppress(Exception):
        token = get_token()
    text = text.replace(token, "(token)") if token else text
    return _QUERY.sub(r"\1", _TOKEN.sub("(token)", text))
