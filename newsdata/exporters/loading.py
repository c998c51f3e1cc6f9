"""A sealed release as a ``datasets`` object or a table, from its directory or its archive."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsdata.errors import ReleaseError, UsageError
from newsdata.exporters.frames import FORMS, FROM_ARROW, Groups, expression, scanner, slices
from newsdata.exporters.names import MANIFEST, SELF, SUMS
from newsdata.exporters.sealed import read_manifest
from newsdata.exporters.selecting import (
    Filters,
    Part,
    check_columns,
    choose,
    choose_config,
    conditions,
    known,
)
from newsdata.exporters.slices import pieces
from newsdata.exporters.versions import Version
from newsdata.storage import Location, Where, location

if TYPE_CHECKING:
    import datasets

    from newsdata.storage.objects import ObjectPath

RELEASES = "releases"
#: The file of settings by which an archive is known.
SETTINGS_FILE = "newsdata.toml"

#: The form that :func:`load` gives unless another is asked for.
DATASETS = "datasets"


def load(
    path: Where,
    version: str | None = None,
    split: str | None = None,
    config: str | None = None,
    columns: Sequence[str] | None = None,
    streaming: bool = False,
    filters: Filters | None = None,
    to: str = DATASETS,
) -> Any:
    """Load a release: of an archive the newest version unless ``version`` names one.

    Without ``split``, one split comes as it is and several come as a DatasetDict (tables hold
    all their rows); ``train[:100]`` or ``train[10%:20%]`` are rows of it. ``datasets`` keeps its
    cache in its own place, never in the release. Raises ReleaseError where there is no such
    release (naming those there are), UsageError for an unknown config, split, column, form or
    condition.
    """
    if to != DATASETS and to not in FORMS:
        raise UsageError(f"to: found {to!r}, expected one of {', '.join((DATASETS, *FORMS))}")
    directory = find(location(path), version)
    name, found = choose_config(directory, config)
    splits = found["splits"]
    if split is not None:  # datasets knows no space there
        split = "+".join(one.strip() for one in split.split("+"))
    cut = pieces(split) if split is not None else []
    known("split", [piece.split for piece in cut], splits)
    sliced = not all(piece.whole for piece in cut)
    if sliced and streaming:
        raise UsageError(f"split: found {split!r}, but rows of a stream are its take() and skip()")
    part = choose(directory, name, None if sliced else split)
    check_columns(columns, part.schema.names)
    if to == DATASETS:
        if split is None and len(splits) == 1:
            split = next(iter(splits))
        part = choose(directory, name)
        return _datasets(part, splits, split, columns, filters, streaming)
    groups = conditions(filters, part.schema)
    if sliced:
        parts = [(choose(directory, name, piece.split), piece) for piece in cut]
        return FROM_ARROW[to](slices(parts, columns, groups))
    return FORMS[to](part, columns, groups, streaming)


def _datasets(
    part: Part,
    splits: Mapping[str, Any],
    split: str | None,
    columns: Sequence[str] | None,
    filters: Filters | None,
    streaming: bool,
) -> Any:
    import datasets

    groups = conditions(filters, part.schema)
    if not streaming:
        if groups and split is None:
            found = {n: _datasets(part, splits, n, columns, filters, False) for n in splits}
            return datasets.DatasetDict(found)
        if split and not _any_rows(part, splits, split, groups):
            # datasets cannot make a Dataset of none.
            features = _features(part, columns)
            return datasets.Dataset.from_dict({name: [] for name in features}, features=features)
    place = str(part.directory.resolve())  # datasets cannot load "."
    options: dict[str, Any] = {
        "split": split,
        "streaming": streaming,
        "cache_dir": _cache(part.directory),
    }
    if groups:
        import pyarrow.dataset as pads

        options["filters"] = expression(groups, pads.field)
    odd = glob.escape(place) != place
    if odd or columns is not None:
        # The card names the features of all columns; for some of them it has to be told.
        options["features"] = _features(part, columns)
        options["columns"] = list(options["features"])
    if not odd:
        return datasets.load_dataset(place, name=part.config, **options)
    # In a folder named like a[1] the card's glob finds nothing (datasets 5), so it gets the files.
    root = glob.escape(place)
    files = {name: [f"{root}/{file}" for file in one["files"]] for name, one in splits.items()}
    return datasets.load_dataset("parquet", data_files=files, **options)


def _features(part: Part, columns: Sequence[str] | None) -> datasets.Features:
    import datasets

    features = datasets.Features.from_arrow_schema(part.schema)
    return datasets.Features({name: features[name] for name in columns or features})


def _any_rows(part: Part, splits: Mapping[str, Any], split: str, groups: Groups) -> bool:
    for piece in pieces(split):
        rows = splits[piece.split]["rows"]
        if groups:
            chosen = choose(part.directory, part.config, piece.split)
            rows = scanner(chosen, [], groups).count_rows()
        start, stop = piece.bounds(rows)
        if start < stop:
            return True
    return False


def _cache(directory: Path) -> str:
    """A cache of this release's own.

    ``datasets`` tells local directories apart by their last name and their card's YAML (5.2), so
    that of two archives with a release 1.0.0 the second would get the rows of the first.
    """
    import datasets

    own = str(read_manifest(directory).get(SELF) or directory.resolve())
    name = hashlib.sha256(own.encode()).hexdigest()[:32]
    return str(Path(datasets.config.HF_DATASETS_CACHE) / "newsdata" / name)


def find(path: Location, version: str | None = None) -> Path:
    """The directory of a release, given itself or its archive.

    One on object storage is copied into the cache of this machine first.
    """
    if not isinstance(path, Path):
        return _find_stored(path, version)
    if (path / MANIFEST).is_file():
        found = read_manifest(path).get("version")
        if version not in (None, found):
            raise ReleaseError(f"{path}: this is release {found}, not {version}")
        return path
    if not (path / RELEASES).is_dir():
        raise ReleaseError(f"{path}: neither a release ({MANIFEST}) nor an archive ({RELEASES}/)")
    known = known_versions(path)
    if not known:
        raise ReleaseError(f"{path}: this archive has no releases yet")
    if version is None:
        return path / RELEASES / str(known[-1])
    if version not in map(str, known):
        names = ", ".join(map(str, known))
        raise ReleaseError(f"{path}: no release {version}; there are {names}")
    return path / RELEASES / version


def _find_stored(path: ObjectPath, version: str | None) -> Path:
    from newsdata.exporters.stored import fetch, folder_of

    folder = folder_of(path)
    if isinstance(folder, Path):
        return folder
    if folder is not None:
        directory = fetch(folder)
        if version not in (None, directory.name):
            raise ReleaseError(f"{path}: this is release {directory.name}, not {version}")
        return directory
    known = known_versions(path)
    if not known:
        if (path / SETTINGS_FILE).is_file():
            raise ReleaseError(f"{path}: this archive has no releases yet")
        raise ReleaseError(f"{path}: neither a release ({MANIFEST}) nor an archive ({RELEASES}/)")
    wanted = str(known[-1]) if version is None else version
    if wanted not in map(str, known):
        names = ", ".join(map(str, known))
        raise ReleaseError(f"{path}: no release {wanted}; there are {names}")
    return find(path / RELEASES / wanted)


def manifest_of(archive: Location, version: Version) -> dict[str, Any]:
    """The manifest of a release of an archive, and of it nothing else."""
    place = archive / RELEASES / str(version)
    if isinstance(place, Path):
        return read_manifest(place)
    from newsdata.exporters.stored import folder_of

    return read_manifest(folder_of(place) or place)


def known_versions(archive: Location) -> list[Version]:
    """Versions of the sealed releases of an archive, oldest first; empty where it has none."""
    folder = archive / RELEASES
    if not isinstance(folder, Path):
        from newsdata.exporters.stored import committed

        return committed(folder)
    if not folder.is_dir():
        return []
    versions = []
    for path in folder.iterdir():
        try:
            version = Version.parse(path.name)
        except UsageError:
            continue
        if (path / MANIFEST).is_file():
            versions.append(version)
    return sorted(versions)


def is_release(path: Location) -> bool:
    """Whether a release stands at ``path``, perhaps a damaged one."""
    if not isinstance(path, Path):
        from newsdata.exporters.stored import folder_of

        return folder_of(path) is not None
    return (path / MANIFEST).is_file() or (path / SUMS).is_file()
