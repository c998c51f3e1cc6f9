"""The pages that an archive kept, read again by today's extractors: ``newsdata reextract``.

Each page is read again in each way (mapping, tables) in which it was read before: the ledger knows
the readings of a page by its key. What a newer extractor reads otherwise replaces the older
reading, whichever id either has (:mod:`newsdata.readings`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsdata.archive import stopwatch
from newsdata.archive.pages import KeptFile, KeptPages, Span
from newsdata.conditions import Condition, Kind, parse_condition, read_time
from newsdata.engines.local import usable_cpus
from newsdata.engines.running import run
from newsdata.errors import UsageError
from newsdata.identity import identify
from newsdata.ledger import rejected_key, shard_columns
from newsdata.links import hashing_of
from newsdata.opening import open_archive
from newsdata.pipeline import (
    GROUP,
    GROUP_BYTES,
    ONE_PROCESS,
    Preparation,
    kept_or_article_schema,
    open_index,
    page_key,
    read_rows,
    reader_of,
    with_way,
)
from newsdata.progress import Progress, Read, Told
from newsdata.reasons import REASONS
from newsdata.records import Page
from newsdata.storage import Where

if TYPE_CHECKING:
    import pyarrow as pa

    from newsdata.archive import Archive
    from newsdata.index import Index
    from newsdata.readings import Noted

#: What ``--where`` may ask of a page and its newest reading.
FIELDS: dict[str, Kind] = {
    "extractor": "number",
    "kind": "text",
    "source": "text",
    "outcome": "text",
    "reason": "text",
    "id": "text",
    "url": "text",
    "retrieved": "time",
}


#: Kept pages that one process takes at a time, and that become one batch: what a batch costs in
#: memory follows from the pages in it.
TASK = 2000
PORTION = 20_000


@dataclass(frozen=True, slots=True)
class Again:
    """How kept pages are chosen and read again: all that a worker process needs to know.

    ``ways`` are preparations, one for each way in which pages were read; ``where`` is a condition
    over :data:`FIELDS`, None for all pages that an older extractor read.
    """

    ways: tuple[Preparation, ...]
    where: str | None
    folder: Path
    files: tuple[KeptFile, ...]


@dataclass(slots=True)
class Passed:
    """Kept pages that were not read again: ``over``, because the condition does not hold of their
    reading, and ``unknown``, because the ledger has no reading of them."""

    over: int = 0
    unknown: int = 0


def reextract(
    path: Where,
    where: str | None = None,
    *,
    now: datetime | None = None,
    dry_run: bool = False,
    workers: int | None = None,
    about: Mapping[str, Any] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> dict[str, Any]:
    """Read kept pages again and say what became of each.

    ``where`` chooses them by their newest reading; without it they are those that an older
    extractor read. Each :data:`PORTION` of the kept pages is a batch, so that the same call goes
    on where one was killed. Returns the summary of all ``batches`` with ``kept`` (readings of kept
    pages), ``passed_over`` and ``unknown``: with ``read`` these two add up to ``kept``. Raises
    ArchiveError where there is no archive or its pages are damaged, UsageError for a condition
    that is none, and where no pages were kept.
    """
    seconds = stopwatch()
    if where is not None:
        parse_condition(where, FIELDS)
    archive = open_archive(path)
    archive.refresh()
    pages = archive.kept_pages()
    if not pages.files:
        raise UsageError(f"{path}: no pages are kept to be read again: build with --keep-pages")
    note = {**(about or {}), "command": "reextract", "where": where}
    spans = list(pages.spans(TASK))
    many = sum(span.size for span in spans) > ONE_PROCESS
    workers = (usable_cpus() if many else 1) if workers is None else workers
    told = Told(progress, by_group=workers == 1) if progress else None
    summaries = []
    for portion in _portions(spans):
        archive.refresh()
        again = Again(_ways(archive, pages), where, pages.folder, pages.files)
        part, kept, passed = _one_batch(archive, again, portion, workers, told, now, dry_run, note)
        if kept != part["read"] + passed.over + passed.unknown:
            raise AssertionError(f"{kept} readings of kept pages, but {part['read']} were read")
        counts = {"kept": kept, "passed_over": passed.over, "unknown": passed.unknown}
        summaries.append(part | counts)
    batches = [part["batch"] for part in summaries if part["batch"] is not None]
    total: dict[str, Any] = _added([{**part, "format": 0, "batch": 0} for part in summaries])
    total |= {"format": 1, "batch": batches[-1] if batches else None, "batches": batches}
    return {**total, "seconds": seconds()}


def _portions(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Neighbouring spans together, up to :data:`PORTION` pages."""
    portion: list[Span] = []
    for span in spans:
        if portion and sum(one.pages for one in portion) + span.pages > PORTION:
            yield portion
            portion = []
        portion.append(span)
    yield portion


def _one_batch(
    archive: Archive,
    again: Again,
    spans: Sequence[Span],
    workers: int,
    told: Told | None,
    now: datetime | None,
    dry_run: bool,
    note: Mapping[str, Any],
) -> tuple[dict[str, Any], int, Passed]:
    """The summary of a batch, how many readings were looked at, and those not read again."""
    jobs = [(span,) for span in spans]
    work: Any = partial(read_again, again)
    work = partial(work, tell=told.group) if told and workers == 1 else work

    def report(job: Iterable[Span], value: tuple[Read, Passed]) -> None:
        if told is not None:
            told.job(job, value[0])

    with run(work, jobs, shard_columns(archive.schema), workers, report) as made:
        summary = archive.append(made.batches, now, 0, note, dry_run)
        kept = sum(counts[0] for counts, _ in made.returned)
        over = sum(passed.over for _, passed in made.returned)
        unknown = sum(passed.unknown for _, passed in made.returned)
    return summary, kept, Passed(over, unknown)


def _added(parts: Sequence[Any]) -> Any:
    """Numbers added up, those of equal keys where they stand in mappings."""
    if not isinstance(parts[0], Mapping):
        return sum(parts)
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: _added([part[name] for part in parts if name in part]) for name in names}


def kept_size(path: Where) -> int:
    """Bytes of the kept pages, for a progress bar."""
    return sum(file.bytes for file in open_archive(path).kept_pages().files)


def _ways(archive: Archive, pages: KeptPages) -> tuple[Preparation, ...]:
    index = archive.index
    usual = Preparation(
        hashing=hashing_of(archive.settings),
        index=(index.folder, index.identity, index.last_batch),
        schema=archive.schema.text if archive.settings.schema else None,
    )
    return (usual, *(with_way(usual, way) for way in pages.read_ways()))


def read_again(
    again: Again, job: Iterable[Span], tell: Callable[[Read], None] | None = None
) -> Generator[pa.RecordBatch, None, tuple[Read, Passed]]:
    """Read the chosen pages of a job again: rows of the ledger.

    Returns (readings of kept pages, articles, rejected, not read again), and why the last.
    """
    condition = None if again.where is None else parse_condition(again.where, FIELDS)
    schema = kept_or_article_schema(again.ways[0])
    kept = KeptPages(again.folder, again.files)
    passed = Passed()
    total = (0, 0, 0, 0)
    pages = kept.pages(job)
    while group := _group(pages):
        counts = {"article": 0, "rejected": 0}
        considered = 0
        before = passed.over + passed.unknown
        for way, chosen, keys in _chosen(group, again, condition, passed):
            considered += len(chosen)
            for batch in read_rows(chosen, keys, way, schema):
                counts[batch.column("outcome")[0].as_py()] += batch.num_rows
                yield batch
        left = passed.over + passed.unknown - before
        read = (considered + left, counts["article"], counts["rejected"], left)
        total = tuple(a + b for a, b in zip(total, read, strict=True))  # type: ignore[assignment]
        if tell is not None:
            tell(read)
    return total, passed


def _group(pages: Iterator[Page]) -> list[Page]:
    """The next pages: at most :data:`GROUP`, and no more after :data:`GROUP_BYTES` of them."""
    group: list[Page] = []
    size = 0
    for page in islice(pages, GROUP):
        group.append(page)
        size += len(page.content)
        if size > GROUP_BYTES:
            break
    return group


def _chosen(
    group: Sequence[Page], again: Again, condition: Condition | None, passed: Passed
) -> Iterator[tuple[Preparation, list[Page], list[bytes]]]:
    """For each way the pages of a group that are to be read again in it, with their keys."""
    found = [False] * len(group)
    for way in again.ways:
        if way.index is None:
            raise ValueError("readings are looked up in an index")
        index = open_index(*way.index)
        keys = [page_key(page, way.circumstances) for page in group]
        noted = index.readings(keys)
        chosen: list[int] = []
        for number, (page, key) in enumerate(zip(group, keys, strict=True)):
            readings = _newest(noted.get(key, ()))
            if not readings:
                continue
            found[number] = True
            if _holds(condition, page, readings, reader_of(page, way), index):
                chosen.append(number)
            else:
                passed.over += 1
        yield way, [group[n] for n in chosen], [keys[n] for n in chosen]
    passed.unknown += found.count(False)


def _newest(noted: Iterable[Noted]) -> list[Noted]:
    """The readings of a page by the newest extractor that read it."""
    own = [one for one in noted if not one.mark]
    return [one for one in own if one.reader == max(other.reader for other in own)]


def _holds(
    condition: Condition | None, page: Page, readings: Sequence[Noted], reader: int, index: Index
) -> bool:
    if condition is None:
        return readings[0].reader < reader
    return any(condition.holds(_values(condition.names, page, one, index)) for one in readings)


def _values(names: frozenset[str], page: Page, noted: Noted, index: Index) -> dict[str, Any]:
    """The values of the fields that are asked for."""
    id_, what = noted.of
    values: dict[str, Any] = {
        "extractor": noted.reader,
        "kind": page.kind,
        "outcome": "rejected" if id_ is None else "article",
        "id": id_,
        "url": page.url,
    }
    if "reason" in names and id_ is None:
        sha256 = page.sha256
        keys = ((code, rejected_key(sha256, code).hex()) for code in REASONS)
        values["reason"] = next((code for code, key in keys if key == what), None)
    if "source" in names:
        version = None if id_ is None else index.histories([id_])[id_].versions.get(what)
        identity = identify(page.url)
        said = page.source or (identity.source if identity else None)
        values["source"] = version.source if version is not None and version.source else said
    if "retrieved" in names and page.retrieved is not None:
        values["retrieved"] = _time(page.retrieved)
    return values


def _time(text: str) -> datetime | None:
    try:
        return read_time(text)
    except (ValueError, OverflowError):
        return None
