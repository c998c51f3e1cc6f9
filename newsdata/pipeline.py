"""The stages put together: sources, extractors, validation, deduplication, the archive.

Pure but for the rooms it calls: what touches the world is given to it or done by them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from newsdata.errors import SettingsError, UsageError
from newsdata.extractors.extract import READERS, extract_page
from newsdata.extractors.lists import split_list
from newsdata.extractors.mapping import FieldMap
from newsdata.extractors.shaped import read_shaped
from newsdata.extractors.tables import Tables
from newsdata.fingerprints import Hashing
from newsdata.grammar.months import TODAY, YESTERDAY
from newsdata.ledger import (
    Observation,
    article_rows,
    input_key,
    rejected_rows,
    shard_columns,
)
from newsdata.links import hashing_of
from newsdata.progress import Progress, Read, Told
from newsdata.records import Article, Fault, Page, Rejected, reject
from newsdata.schema import Schema, digest
from newsdata.schema.roles import for_archive
from newsdata.settings import Settings
from newsdata.sources.arguments import Sources, listed, total_size
from newsdata.sources.documents import article_schema, kept_schema, load_schema
from newsdata.sources.files import find_inputs, spooled
from newsdata.sources.reading import Reading, Task, iter_tasks, read_inputs, read_task
from newsdata.storage import Location, Where, location, on_disk
from newsdata.validation import check

if TYPE_CHECKING:
    import pyarrow as pa

    from newsdata.archive import Archive
    from newsdata.archive.pages import Keeping, KeptFile, Part
    from newsdata.engines.runs import RunFolder
    from newsdata.engines.shards import Engine
    from newsdata.extractors.explain import Explanation
    from newsdata.index import Index

#: Inputs that are looked up, extracted and turned into columns together.
GROUP = 1000
GROUP_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Preparation:
    """How inputs become rows of the ledger: all that a worker process needs to know.

    ``schema`` is the text of the schema of records that are no articles, None for articles.
    ``index`` (folder, identity, newest batch) lets known inputs be skipped; None reads them all
    again. ``keep`` (folder for parts, folder of kept pages, its files) has the pages kept.
    """

    mapping: Any = None
    hashing: Hashing = field(default_factory=Hashing)
    index: tuple[Path, str, int] | None = None
    limit: int | None = None
    tables: Tables | None = None
    split_lists: bool = False
    schema: bytes | None = None
    keep: tuple[Path, Path, tuple[KeptFile, ...]] | None = None

    @property
    def circumstances(self) -> str:
        """What decides, besides bytes and URL, how an input is read: a part of its key."""
        return repr((self.mapping, self.tables) if self.tables else self.mapping)

    @property
    def way(self) -> dict[str, Any] | None:
        """The circumstances as JSON values, for :func:`with_way`; None for the usual ones."""
        if self.mapping is None and not self.tables:
            return None
        tables = self.tables or Tables()
        return {
            "map": None if self.mapping is None else dict(self.mapping.paths),
            "people": dict(tables.people),
            "topics": dict(tables.topics),
        }


def with_way(preparation: Preparation, way: Mapping[str, Any]) -> Preparation:
    """The preparation under circumstances that :attr:`Preparation.way` told."""
    mapping = None if way["map"] is None else FieldMap(way["map"])
    tables = Tables(way["people"], way["topics"])
    return replace(preparation, mapping=mapping, tables=tables or None)


def kept_or_article_schema(preparation: Preparation) -> Schema:
    """The schema of the records."""
    return kept_schema(preparation.schema) if preparation.schema else article_schema()


Job: TypeAlias = tuple[Task, ...]


def prepare(
    preparation: Preparation, job: Job, tell: Callable[[Read], None] | None = None
) -> Generator[pa.RecordBatch, None, Read]:
    """Read, extract and validate the tasks of a job: rows of the ledger.

    Every input is in exactly one place: a row with outcome ``article`` or ``rejected``, or the
    last of the counts it returns. ``tell`` is called with the counts of each group.
    """
    schema = kept_or_article_schema(preparation)
    pages = _inputs(chain.from_iterable(read_task(task) for task in job), preparation.split_lists)
    items = islice(pages, preparation.limit)
    total = [0, 0, 0, 0]
    part = _part(preparation)
    while group := _group(items):
        if part is not None:
            whole = [item for item in group if isinstance(item, Page)]
            part.keep(whole, [page_key(page, "") for page in whole])
        fresh, keys = _unknown(group, preparation)
        counts = {"article": 0, "rejected": 0}
        for batch in read_rows(fresh, keys, preparation, schema):
            counts[batch.column("outcome")[0].as_py()] += batch.num_rows
            yield batch
        known = len(group) - len(fresh)
        read = (len(group), counts["article"], counts["rejected"], known)
        total = [a + b for a, b in zip(total, read, strict=True)]
        if tell is not None:
            tell(read)
    if part is not None:
        part.close()
    inputs, articles, rejected, known = total
    return inputs, articles, rejected, known


def _part(preparation: Preparation) -> Part | None:
    """Where the pages of a job are kept; None where they are not."""
    if preparation.keep is None:
        return None
    from newsdata.archive.pages import KeptPages, Part

    space, folder, files = preparation.keep
    return Part(space, KeptPages(folder, files))


def _group(items: Iterator[Page | Rejected]) -> list[Page | Rejected]:
    """The next inputs: at most :data:`GROUP`, and no more after :data:`GROUP_BYTES` of them."""
    group: list[Page | Rejected] = []
    size = 0
    for item in items:
        group.append(item)
        size += len(item.content if isinstance(item, Page) else item.raw)
        if len(group) == GROUP or size > GROUP_BYTES:
            break
    return group


def _inputs(pages: Iterable[Page | Rejected], split_lists: bool) -> Iterator[Page | Rejected]:
    """The inputs of a source; with ``split_lists`` the items of a list page are inputs each."""
    for page in pages:
        if split_lists and isinstance(page, Page):
            yield from split_list(page)
        else:
            yield page


def _unknown(
    group: list[Page | Rejected], preparation: Preparation
) -> tuple[list[Page | Rejected], list[bytes]]:
    """The inputs of a group that are not known, with their keys (empty for a Rejected)."""
    keys = [
        page_key(item, preparation.circumstances) if isinstance(item, Page) else b""
        for item in group
    ]
    if preparation.index is None:
        return group, keys
    known = open_index(*preparation.index).known_inputs(keys)
    fresh = [i for i, old in enumerate(known.tolist()) if not old or not keys[i]]
    return [group[i] for i in fresh], [keys[i] for i in fresh]


#: Where a page says "today" or prints a day without its year, the day may follow from the time at
#: which it was retrieved.
_RELATIVE_DAY = re.compile(
    "|".join(
        sorted({form for w in TODAY | YESTERDAY for form in (w, w.capitalize(), w.upper())})
    ).encode()
    + rb"|\d\.? [A-Za-z\x80-\xff]{3,30}\.?,? {0,2}(?:[A-Za-z\x80-\xff]{1,4} )?\d{1,2}[:.]\d\d"
    + rb"|[A-Za-z\x80-\xff]{3,30}\.? \d{1,2},? {0,2}(?:at )?\d{1,2}:\d\d"
)


def page_key(page: Page, circumstances: str) -> bytes:
    """Key of an input: all that decides how an extractor reads it."""
    dated = page.kind != "record" and _RELATIVE_DAY.search(page.content)
    return input_key(
        page.content,
        page.url,
        page.kind,
        page.source,
        page.timezone,
        page.retrieved if dated else None,
        circumstances,
        *((repr((page.signals, page.extra)),) if page.signals or page.extra else ()),
        *((page.media_type,) if page.media_type else ()),
    )


@lru_cache(1)
def open_index(folder: Path, identity: str, _batch: int) -> Index:
    """The index of an archive for look-ups of inputs and pages; once in a process."""
    from newsdata.index import Index

    return Index(folder, identity)


def read_rows(
    items: Sequence[Page | Rejected],
    keys: Sequence[bytes],
    preparation: Preparation,
    schema: Schema,
) -> Iterator[pa.RecordBatch]:
    """Inputs, with their keys, as rows of the ledger: articles, then what is rejected."""
    observations: list[Observation] = []
    pages: list[Page] = []
    rejections: list[Rejected] = []
    read: list[tuple[bytes | None, int | None]] = []
    for item, key in zip(items, keys, strict=True):
        reader = reader_of(item, preparation) if isinstance(item, Page) else None
        found = item if isinstance(item, Rejected) else read_page(item, preparation, schema)
        if isinstance(found, Rejected):
            rejections.append(found)
            read.append((key or None, reader))
        elif isinstance(item, Page):
            canonical = schema.canonical(found.record)
            try:
                observation = Observation(canonical, digest(canonical), found, key, reader or 0)
            except TypeError as error:  # an integer beyond 64 bits
                rejections.append(reject(item, _unrepresentable(error)))
                read.append((key, reader))
                continue
            observations.append(observation)
            pages.append(item)
    if observations:
        batch, misfits = article_rows(observations, schema, preparation.hashing)
        page_of = {id(o): p for o, p in zip(observations, pages, strict=True)}
        rejections += [reject(page_of[id(o)], fault) for o, fault in misfits]
        read += [(o.input, o.reader) for o, _ in misfits]
        yield batch
    if rejections:
        yield rejected_rows(rejections, schema, read)


def reader_of(page: Page, preparation: Preparation) -> int:
    """The version of the rules that read a page now; 0 where the schema is the user's."""
    return 0 if preparation.schema is not None else READERS[page.kind]


def _unrepresentable(error: Exception) -> Fault:
    return Fault("not-representable", f"no column can hold it: {error}")


def read_page(page: Page, preparation: Preparation, schema: Schema) -> Article | Rejected:
    """Extract one page and let the schema decide whether the record is an article."""
    if preparation.schema is not None:
        return read_shaped(page, schema)
    found = extract_page(page, preparation.mapping, preparation.tables)
    if isinstance(found, Rejected):
        return found
    faults = check(found.record, schema)
    return reject(page, *faults) if faults else found


#: Below this many bytes on disk a second process costs more than it saves.
ONE_PROCESS = 8_000_000
#: For how many workers work is cut where their number is not known yet.
MANY = 64


@dataclass(frozen=True, slots=True)
class Options:
    """How a build reads its sources; what pages and records do not say themselves.

    ``engine`` and ``ray_address`` say who does the work, ``run_folder`` keeps finished shards for
    a run after a crash; what comes out is the same.
    """

    mapping: Any = None
    url: str | None = None
    source: str | None = None
    timezone: str | None = None
    kind: Any = None
    workers: int | None = None
    limit: int | None = None
    refresh: bool = False
    tables: Tables | None = None
    split_lists: bool = False
    keep_pages: bool = False
    engine: str = "local"
    ray_address: str | None = None
    run_folder: str | Path | None = None


def build(
    sources: Sources,
    archive: Where,
    options: Options | None = None,
    *,
    now: datetime | None = None,
    dry_run: bool = False,
    about: Mapping[str, Any] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> dict[str, Any]:
    """Read sources into an archive as one batch and say what became of every input.

    ``sources`` are files, folders, globs or ``-``; ``archive`` is made with default settings
    where it is missing. ``now`` decides embargoes; ``dry_run`` appends nothing; ``about`` is
    kept with the batch. Returns the summary; its counts always add up to ``read``.

    Raises SourceError where a source cannot be opened, ArchiveError, SettingsError, UsageError.
    """
    from newsdata.archive import stopwatch

    seconds = stopwatch()
    options = options or Options()
    engine = _engine(options)
    found = find_inputs(listed(sources))
    with spooled(found) as inputs, _opened(location(archive), dry_run) as target:
        if options.run_folder is not None and list(inputs) != found:
            raise UsageError("run-folder: standard input and pipes cannot be read a second time")
        summary = _build(inputs, target, options, engine, now, dry_run, about, progress)
    return {**summary, "seconds": seconds()}


def _engine(options: Options) -> Engine:
    """The engine that the options name. Raises UsageError, EngineError."""
    from newsdata.engines.running import engine_named

    engine = engine_named(options.engine, options.ray_address)
    if options.keep_pages and not engine.shares_disk:
        raise UsageError(
            "keep-pages: pages are kept by the workers, which a Ray cluster has apart"
        )
    if options.keep_pages and options.run_folder is not None:
        raise UsageError("keep-pages: the pages of a shard that is taken up would not be kept")
    return engine


@contextmanager
def _opened(path: Location, dry_run: bool) -> Iterator[Archive]:
    from newsdata.archive import open_or_create, scratch
    from newsdata.archive.settings_file import is_archive

    if dry_run and not is_archive(path):
        with scratch(Settings(), article_schema()) as empty:
            yield empty
    else:
        yield open_or_create(path, Settings(), article_schema())


def init_archive(
    path: Where, values: Mapping[str, Any], schema: str | Path | None = None
) -> Archive:
    """A new archive whose settings are the defaults, the environment's, and ``values``.

    ``schema`` is the file of the JSON Schema of its records, if they are no articles. It is kept
    in the archive for ever. Raises SchemaError where it is wrong or makes no columns.
    """
    from newsdata.archive import Archive
    from newsdata.archive.settings_file import environment_settings
    from newsdata.settings import MEANING, with_values

    if "schema" in values:
        raise SettingsError("--set schema: give the file of the schema with --schema FILE")
    given = environment_settings(n for n in MEANING if n not in ("format_version", "schema"))
    settings = with_values(Settings(), given, "environment")
    settings = with_values(settings, values, "--set")
    if schema is None:
        return Archive.create(location(path), settings, article_schema())
    kept = for_archive(load_schema(schema))
    return Archive.create(location(path), replace(settings, schema=kept.digest), kept)


def source_size(sources: Sources) -> int:
    """Bytes on disk of all sources, for a progress bar; standard input counts nothing."""
    return total_size(find_inputs(listed(sources)))


def _build(
    inputs: Sequence[Any],
    target: Archive,
    options: Options,
    engine: Engine,
    now: datetime | None,
    dry_run: bool,
    about: Mapping[str, Any] | None,
    progress: Callable[[Progress], None] | None,
) -> dict[str, Any]:
    from newsdata.archive import FRESH

    target.refresh(FRESH)
    cached = target.index
    index = None if options.refresh else (cached.folder, cached.identity, cached.last_batch)
    hashing = hashing_of(target.settings)
    schema = target.schema.text if target.settings.schema else None
    if schema is not None and options.mapping is not None:
        raise UsageError("--map: fields are mapped to those of articles; this archive has others")
    preparation = Preparation(
        options.mapping,
        hashing,
        index,
        options.limit,
        options.tables,
        options.split_lists,
        schema,
    )
    if options.keep_pages and not dry_run:
        with target.keeping(preparation.way) as keep:
            files = target.kept_pages().files
            kept = replace(preparation, keep=(keep.space, keep.folder, files))
            return _run(inputs, target, options, kept, engine, now, dry_run, about, progress, keep)
    return _run(inputs, target, options, preparation, engine, now, dry_run, about, progress)


def _run(
    inputs: Sequence[Any],
    target: Archive,
    options: Options,
    preparation: Preparation,
    engine: Engine,
    now: datetime | None,
    dry_run: bool,
    about: Mapping[str, Any] | None,
    progress: Callable[[Progress], None] | None,
    keep: Keeping | None = None,
) -> dict[str, Any]:
    from newsdata.engines.running import run

    folder = _run_folder(options, preparation, target)
    seen = preparation if engine.shares_disk else replace(preparation, index=None)
    workers = engine.workers(options.workers)
    jobs, workers = _jobs(inputs, _reading(options, target.settings), options, workers)
    work, report = partial(prepare, seen), None
    if progress:
        # Only in this process can each group be told; of other processes each job is.
        here = workers == 1 and engine.name == "local"
        told = Told(progress, by_group=here)
        report = told.job
        work = partial(work, tell=told.group) if here else work
    columns = shard_columns(target.schema)
    with run(work, jobs, columns, workers, report, engine, folder) as made:
        skipped = sum(known for _, _, _, known in made.returned)
        batches = made.batches
        if seen.index != preparation.index:
            batches = partial(_fresh, made.batches, preparation)
            skipped += sum(b.num_rows for b in made.batches()) - sum(b.num_rows for b in batches())
        summary = target.append(batches, now, skipped, about, dry_run, keep)
        made.log("appended", {"summary": summary})
        return summary


def _run_folder(options: Options, preparation: Preparation, target: Archive) -> RunFolder | None:
    """Where finished shards are kept, named by all that decides what is in them."""
    if options.run_folder is None:
        return None
    from newsdata.engines.code import code_version
    from newsdata.engines.runs import RunFolder
    from newsdata.sources.stamps import stamp

    def stamps(job: Job) -> str:
        return repr([stamp(task) for task in job])

    # What the index knows is not in a shard: an index of another moment is another circumstance.
    known = (target.index.identity, target.index.last_batch, target.index.mark)
    asked = replace(preparation, index=None, tables=preparation.tables or None)
    looks_up = preparation.index is not None
    circumstances = repr((asked, looks_up, known, target.schema.digest, code_version()))
    return RunFolder(
        Path(on_disk(options.run_folder)), target.index.identity, circumstances, stamps
    )


def _fresh(
    batches: Callable[[], Iterable[pa.RecordBatch]], preparation: Preparation
) -> Iterator[pa.RecordBatch]:
    """What :func:`prepare` makes where workers see the index, of batches of those that do not:
    without the articles whose input is known."""
    import pyarrow as pa

    assert preparation.index is not None
    index = open_index(*preparation.index)
    for batch in batches():
        if batch.column("outcome")[0].as_py() != "article":
            yield batch
            continue
        known = index.known_inputs(batch.column("input").to_pylist())
        fresh = batch.filter(pa.array(~known))
        if fresh.num_rows:
            yield fresh


def _reading(options: Options, settings: Settings) -> Reading:
    zone = options.timezone or settings.timezone
    return Reading(options.url, options.source, zone, options.kind)


def _jobs(
    inputs: Sequence[Any], reading: Reading, options: Options, workers: int
) -> tuple[Iterable[Job], int]:
    """The jobs for the engine, and by how many processes: little work is one job for one of
    this machine."""
    tasks = iter_tasks(inputs, reading, workers or MANY)
    if options.limit is not None:
        return [tuple(tasks)], 1
    if options.engine != "local":
        return ((t,) for t in tasks), workers
    first: list[Task] = []
    size = 0
    for task in tasks:
        first.append(task)
        size += task.size
        if size > ONE_PROCESS:
            return ((t,) for t in chain(first, tasks)), workers
    return [tuple(first)], 1


def extract_sources(
    sources: Sources, options: Options | None = None
) -> Iterator[Article | Rejected]:
    """Each input of the sources as an Article, not validated, or a Rejected, in order."""
    options = options or Options()
    reading = Reading(options.url, options.source, options.timezone, options.kind)
    read = read_inputs(find_inputs(listed(sources)), reading)
    for item in _inputs(read, options.split_lists):
        if isinstance(item, Rejected):
            yield item
        else:
            yield extract_page(item, options.mapping, options.tables)


def explain_sources(
    sources: Sources, options: Options | None = None
) -> Iterator[Explanation | Rejected]:
    """Each page of the sources with its lines labelled, or a Rejected that has no lines.

    Raises UsageError for a record.
    """
    from newsdata.extractors.explain import explain_page

    options = options or Options()
    reading = Reading(options.url, options.source, options.timezone, options.kind)
    for item in read_inputs(find_inputs(listed(sources)), reading):
        yield item if isinstance(item, Rejected) else explain_page(item)
