"""Proves from a release alone that its splits do not leak, or finds benchmark texts in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from newsdata.copies.facts import Fields, value_at
from newsdata.copies.files import read_records
from newsdata.errors import ReleaseError, UsageError
from newsdata.exporters.loading import load
from newsdata.exporters.names import ARTICLES
from newsdata.exporters.sealed import read_document, read_manifest
from newsdata.fingerprints import Fingerprints, Hashing, fingerprint_batch, join_fingerprints
from newsdata.schema import Schema, parse_schema
from newsdata.settings import Settings
from newsdata.sources.files import find_inputs
from newsdata.training.leaks import Leak, LeakFinder, passage

if TYPE_CHECKING:
    import pyarrow as pa

#: So many leaks are shown with the passage that both texts have.
SHOWN = 1000
#: Texts of a benchmark that are fingerprinted at once.
_PORTION = 4096


@dataclass(frozen=True, slots=True)
class Found:
    """A leak: ``held`` is an evaluation article's id or where a benchmark's text stands, ``of``
    the id of the article that gives it away, ``others`` the number of such articles."""

    held: str
    split: str
    relation: str
    score: float
    of: str
    others: int
    passage: str = ""


@dataclass(frozen=True, slots=True)
class Leaks:
    """``held`` texts were compared with ``compared`` articles; ``unread`` records of a benchmark
    have no text."""

    leaks: tuple[Found, ...]
    held: int
    compared: int
    unread: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Ready for ``json.dumps``."""
        return {**asdict(self), "leaks": [asdict(leak) for leak in self.leaks]}


def leaks_of(directory: Path) -> Leaks:
    """What of the evaluation splits of a release is given away by its split ``train``.

    Raises UsageError for a release without such splits.
    """
    release = _Release.of(directory)
    if "train" not in release.splits or len(release.splits) < 2:
        raise UsageError(
            f"{directory}: found the splits {', '.join(release.splits)}; leaks are looked for "
            "between train and others (newsdata release --split), or with --against FILE"
        )
    ids: list[str] = []
    splits: list[str] = []
    prints = []
    for split in release.splits:
        if split == "train":
            continue
        for some, texts in release.rows([split]):
            ids += some
            splits += [split] * len(some)
            prints.append(release.prints(texts))
    finder = LeakFinder(join_fingerprints(prints), release.threshold)
    compared = release.pass_by(finder, ["train"])
    found = finder.found()
    shown = {ids[leak.held]: "" for leak in found[:SHOWN]}
    for some, texts in release.rows([s for s in release.splits if s != "train"]):
        shown.update(_wanted(some, texts, shown))
    made = [Found(ids[x.held], splits[x.held], *_rest(x)) for x in found]
    return Leaks(release.with_passages(made, shown, ["train"]), len(ids), compared)


def leaks_against(directory: Path, files: Sequence[str], text_field: str = "text") -> Leaks:
    """Which texts of other files (a benchmark) stand near, in or around articles of a release:
    of its split ``train`` where it is split, else of all of it.

    The files are JSON Lines, JSON arrays or Parquet; their texts are held in memory.
    """
    release = _Release.of(directory)
    splits = ["train"] if "train" in release.splits else list(release.splits)
    places: list[str] = []
    texts: list[str] = []
    unread = 0
    for one in find_inputs(files):
        for record, place in read_records(one, Fields(text=text_field)):
            text = None if isinstance(record, tuple) else value_at(record, text_field)
            if isinstance(text, str) and text.strip():
                places.append(str(place))
                texts.append(text)
            else:
                unread += 1
    if not texts:
        raise UsageError(
            f"against: no record has a text at {text_field!r}; name its field with --text-field"
        )
    parts = [release.prints(texts[i : i + _PORTION]) for i in range(0, len(texts), _PORTION)]
    finder = LeakFinder(join_fingerprints(parts), release.threshold)
    compared = release.pass_by(finder, splits)
    found = finder.found()
    made = [Found(places[x.held], "", *_rest(x)) for x in found]
    shown = {places[x.held]: texts[x.held] for x in found[:SHOWN]}
    return Leaks(release.with_passages(made, shown, splits), len(texts), compared, unread)


def _rest(leak: Leak) -> tuple[str, float, str, int]:
    return leak.relation, round(float(leak.score), 4), leak.other, leak.others


def _wanted(ids: Iterable[str], texts: Any, wanted: Iterable[str]) -> dict[str, str]:
    asked = set(wanted)
    rows = [(row, id_) for row, id_ in enumerate(ids) if id_ in asked]
    return {id_: texts[row].as_py() or "" for row, id_ in rows}


@dataclass(frozen=True, slots=True)
class _Release:
    directory: Path
    schema: Schema
    splits: tuple[str, ...]
    hashing: Hashing
    threshold: float

    @classmethod
    def of(cls, directory: Path) -> _Release:
        manifest = read_manifest(directory)
        file = manifest["schema"]["file"]
        try:
            schema = parse_schema(orjson.loads(read_document(directory, file)), file)
        except orjson.JSONDecodeError as error:
            raise ReleaseError(f"{directory / file}: damaged: {error}") from None
        if not {"id", "text"} <= schema.roles.keys():
            raise UsageError(f"{directory}: its records have no id or no text to compare")
        settings, usual = manifest["settings"], Settings()
        values = {k: settings.get(k, getattr(usual, k)) for k in ("ngram", "seed", "hash_version")}
        hashing = Hashing(values["ngram"], values["seed"], values["hash_version"])
        threshold = max(settings.get("threshold", usual.threshold), 0.1)
        splits = tuple(manifest["configs"][ARTICLES]["splits"])
        return cls(directory, schema, splits, hashing, threshold)

    def rows(self, splits: Iterable[str]) -> Iterator[tuple[list[str], pa.ChunkedArray]]:
        """Ids and texts of splits, in portions."""
        names = [self.schema.roles[role] for role in ("id", "text")]
        for split in splits:
            reader = load(
                self.directory, config=ARTICLES, split=split, columns=names, to="arrow",
                streaming=True,
            )  # fmt: skip
            for batch in reader:
                yield batch.column(0).to_pylist(), batch.column(1)

    def prints(self, texts: Any) -> Fingerprints:
        """As the archive of the release compares texts."""
        return fingerprint_batch(texts, self.hashing, sketches=False)

    def pass_by(self, finder: LeakFinder, splits: Iterable[str]) -> int:
        """Show the finder all articles of these splits; their number."""
        count = 0
        for ids, texts in self.rows(splits):
            finder.add(ids, self.prints(texts))
            count += len(ids)
        return count

    def with_passages(
        self, found: Sequence[Found], held: dict[str, str], splits: Iterable[str]
    ) -> tuple[Found, ...]:
        """The leaks, the first of them with the longest passage that both texts have."""
        others: dict[str, str] = {}
        asked = {leak.of for leak in found[:SHOWN]}
        for ids, texts in self.rows(splits if asked else ()):
            others.update(_wanted(ids, texts, asked))
        n = self.hashing.ngram
        return tuple(
            replace(leak, passage=passage(held[leak.held], others[leak.of], n))
            if place < SHOWN
            else leak
            for place, leak in enumerate(found)
        )
