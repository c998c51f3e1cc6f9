"""A sealed release as a ``datasets`` object, from its directory or from its archive."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsdata.errors import ReleaseError, UsageError
from newsdata.exporters.directory import read_manifest
from newsdata.exporters.manifest import MANIFEST, SUMS
from newsdata.exporters.plan import ARTICLES
from newsdata.exporters.versions import Version

if TYPE_CHECKING:
    import datasets

RELEASES = "releases"


def load(
    path: str | Path,
    version: str | None = None,
    split: str | None = None,
    config: str | None = None,
    columns: Sequence[str] | None = None,
    streaming: bool = False,
) -> (
    datasets.Dataset
    | datasets.DatasetDict
    | datasets.IterableDataset
    | datasets.IterableDatasetDict
):
    """Load a release: of an archive the newest version unless ``version`` names one.

    Without ``split``, one split comes as it is and several come as a DatasetDict. ``datasets``
    keeps its cache in its own place, never in the release. Raises ReleaseError where there is no
    such release (naming those there are), UsageError for an unknown config, split or column.
    """
    directory = find(Path(path), version)
    configs = read_manifest(directory)["configs"]
    config = config or next((n for n, c in configs.items() if c.get("default")), ARTICLES)
    _known("config", [config], configs)
    splits = configs[config]["splits"]
    if split is not None:
        # "train[:10%]+test" is a split of datasets, made of known ones
        _known("split", [part.split("[")[0].strip() for part in split.split("+")], splits)
    elif len(splits) == 1:
        split = next(iter(splits))
    return _load(directory, config, split, columns, streaming)


def _load(
    directory: Path,
    config: str,
    split: str | None,
    columns: Sequence[str] | None,
    streaming: bool,
) -> Any:
    import datasets

    place = str(directory.resolve())  # datasets cannot load "."
    options: dict[str, Any] = {"split": split, "streaming": streaming}
    splits = read_manifest(directory)["configs"][config]["splits"]
    odd = glob.escape(place) != place
    if odd or columns is not None:
        features = _features(directory, splits)
        _known("column", columns or (), features)
        # The card names the features of all columns; for some of them it has to be told.
        chosen = {name: features[name] for name in columns or features}
        options["features"] = datasets.Features(chosen)
        options["columns"] = list(chosen)
    if not odd:
        return datasets.load_dataset(place, name=config, **options)
    # In a folder named like a[1] the card's glob finds nothing (datasets 5), so it gets the files.
    root = glob.escape(place)
    files = {name: [f"{root}/{file}" for file in part["files"]] for name, part in splits.items()}
    return datasets.load_dataset("parquet", data_files=files, **options)


def _features(directory: Path, splits: Mapping[str, Any]) -> datasets.Features:
    """The features of a config, from its first file: every shard has the one schema."""
    import datasets
    import pyarrow.parquet as pq

    first = next(name for split in splits.values() for name in split["files"])
    return datasets.Features.from_arrow_schema(pq.read_schema(directory / first))


def find(path: Path, version: str | None = None) -> Path:
    """The directory of a release, given itself or its archive."""
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


def known_versions(archive: Path) -> list[Version]:
    """Versions of the sealed releases of an archive, oldest first; empty where it has none."""
    folder = archive / RELEASES
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


def _known(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            raise UsageError(f"unknown {what} {name!r}; this release has {', '.join(known)}")


def is_release(path: Path) -> bool:
    """Whether a release stands at ``path``, perhaps a damaged one."""
    return (path / MANIFEST).is_file() or (path / SUMS).is_file()
