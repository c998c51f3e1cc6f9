"""The library: each function is one command, with values instead of words.

``newsdata.build``, ``newsdata.release`` and the others are these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from newsdata.errors import UsageError
from newsdata.records import Article, Duplicate, Page, Place, Rejected
from newsdata.storage import Location, Where, location, on_disk

if TYPE_CHECKING:
    from newsdata.checks.leaks import Leaks
    from newsdata.exporters.audit import Finding
    from newsdata.exporters.formats import Exported
    from newsdata.exporters.hub import Pushed
    from newsdata.exporters.selecting import Filters
    from newsdata.extractors.explain import Explanation
    from newsdata.publishing import Released
    from newsdata.sources.arguments import Sources


def build(
    sources: Sources,
    archive: Where,
    *,
    mapping: Any = None,
    url: str | None = None,
    source: str | None = None,
    timezone: str | None = None,
    kind: str | None = None,
    people: Mapping[str, str] | None = None,
    topics: Mapping[str, str] | None = None,
    split_lists: bool = False,
    now: datetime | None = None,
    workers: int | None = None,
    limit: int | None = None,
    refresh: bool = False,
    dry_run: bool = False,
    keep_pages: bool = False,
    engine: str = "local",
    ray_address: str | None = None,
    run_folder: str | Path | None = None,
) -> dict[str, Any]:
    """Read sources (files, folders, globs, ``-``) into an archive as one batch.

    Makes the archive with default settings where it is missing. ``mapping`` is what
    :func:`newsdata.parse_mapping` returns; ``url``, ``source`` and ``timezone`` are what pages
    and records do not say themselves; ``people`` (variant -> canonical name) and ``topics``
    (rubric -> IPTC Media Topic) are tables of your own; ``split_lists`` takes list pages apart;
    ``keep_pages`` stores what is read in the archive. ``engine`` is ``local``, ``daft`` or
    ``ray`` (at ``ray_address``); the result is the same. ``run_folder`` keeps what is finished for
    a run after a crash.
    Returns the summary that ``newsdata build --json`` prints:
    its outcomes always add up to ``read``. Raises errors of :mod:`newsdata.errors`.
    """
    from newsdata import __version__, pipeline

    tables = _tables(people, topics)
    options = pipeline.Options(
        mapping,
        url,
        source,
        timezone,
        kind,
        workers,
        limit,
        refresh,
        tables,
        split_lists,
        keep_pages,
        engine,
        ray_address,
        run_folder,
    )
    about = {"newsdata": __version__}
    return pipeline.build(sources, archive, options, now=now, dry_run=dry_run, about=about)


def reextract(
    archive: Where,
    where: str | None = None,
    *,
    now: datetime | None = None,
    workers: int | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Read the pages that builds with ``keep_pages`` stored again, with today's extractors.

    ``where`` chooses them, as ``"extractor<2 and source=example.com"``; without it they are those
    that an older extractor read. Returns the summary that ``newsdata reextract --json`` prints.
    """
    from newsdata import __version__, rereading

    about = {"newsdata": __version__}
    return rereading.reextract(
        archive, where, now=now, workers=workers, dry_run=dry_run, about=about
    )


def _tables(people: Mapping[str, str] | None, topics: Mapping[str, str] | None) -> Any:
    from newsdata.extractors.tables import parse_tables

    return parse_tables((people or {}).items(), (topics or {}).items())


def release(
    version: str | None,
    archive: Where,
    *,
    date: str | None = None,
    require: Sequence[str] | None = None,
    strict: bool = False,
    prepare: Mapping[str, Any] | None = None,
    without: Sequence[str] = (),
) -> Released:
    """Seal the articles of an archive as an immutable release; see ``newsdata release``.

    ``released.sealed.path`` is its directory. Without ``version`` only a proposal is made,
    and with ``strict`` too where ``released.lacking`` names keys of the card that say nothing.
    ``prepare`` is what makes it safe to train on, by the names of the options:
    ``{"split": "share:90,5,5", "redact": "email,phone"}``; ``key`` are the bytes of
    the key of pseudonyms.
    """
    from newsdata import publishing
    from newsdata.training.preparation import make

    return publishing.release(
        version,
        archive,
        date=date,
        require=require,
        strict=strict,
        without=without,
        preparation=make(prepare) if prepare else None,
    )


def leaks(
    path: Where,
    version: str | None = None,
    against: Sequence[str] = (),
    text_field: str = "text",
) -> Leaks:
    """Texts that leak from the split ``train`` of a release; see ``newsdata leaks``.

    Between its own splits, or with ``against`` the texts of other files that are in it.
    """
    from newsdata.checks.leaks import leaks_against, leaks_of
    from newsdata.exporters.loading import find

    directory = find(location(path), version)
    return leaks_against(directory, against, text_field) if against else leaks_of(directory)


def load(
    path: Where,
    version: str | None = None,
    split: str | None = None,
    config: str | None = None,
    columns: Sequence[str] | None = None,
    streaming: bool = False,
    filters: Filters | None = None,
    to: str = "datasets",
) -> Any:
    """A release, by its own path or as ``version`` of an archive (without it the newest one).

    ``to`` is ``datasets`` (a Dataset; with ``streaming`` an IterableDataset), ``arrow`` (a Table;
    a RecordBatchReader), ``pandas`` (a DataFrame), ``polars`` (a DataFrame; a LazyFrame) or
    ``duckdb`` (a relation, which reads only when asked). ``filters`` are conditions such as
    ``[("rubric", "==", "Politics"), ("timestamp", ">=", "2023-06-01")]`` that all hold, or a list
    of such lists of which one holds; a time without a zone is UTC. Without ``split``, one split
    comes as it is and several come as a DatasetDict, or as one table of all their rows; a split
    is ``train``, some rows of it (``train[:100]``, ``train[10%:20%]``) or several joined by ``+``.

    Raises ReleaseError where there is no such release, UsageError for an unknown config, split,
    column, form or condition.
    """
    from newsdata.exporters import loading

    return loading.load(path, version, split, config, columns, streaming, filters, to)


def export(
    path: Where,
    format: str,  # noqa: A002
    target: str | Path | IO[bytes],
    *,
    version: str | None = None,
    config: str | None = None,
    split: str | None = None,
    columns: Sequence[str] | None = None,
    excel: bool = False,
    delimiter: str = ",",
) -> Exported:
    """Write a release as ``jsonl``, ``csv``, ``ninjs`` (3.1), ``jsonld`` or ``bagit``; or the EU's
    summary of training content, ``eu-summary`` (Markdown) or ``eu-summary-json``.

    The release is found as :func:`load` finds it. ``target`` is a file that appears whole or not
    at all, a binary stream, or for ``bagit`` the directory to make, which must not exist.
    ``excel`` and ``delimiter`` are for ``csv``. Raises UsageError for what a format cannot,
    ReleaseError where there is no such release or it is damaged.
    """
    from newsdata.exporters import formats
    from newsdata.exporters.formats.bag import write_bag
    from newsdata.exporters.loading import find
    from newsdata.exporters.output import whole_file

    directory = find(location(path), version)
    if format == formats.BAG:
        if (config, split, columns, excel, delimiter) != (None, None, None, False, ","):
            raise UsageError("bagit holds a whole release: no config, split, columns or delimiter")
        if not isinstance(target, str | Path):
            raise UsageError("bagit makes a directory; it cannot be written to a stream")
        return formats.Exported(format, "", write_bag(directory, Path(on_disk(target))))

    def write(stream: IO[bytes]) -> Exported:
        return formats.export(
            directory,
            format,
            stream,
            config=config,
            split=split,
            columns=columns,
            excel=excel,
            delimiter=delimiter,
            answers=_answers(location(path), directory) if format in formats.SUMMARIES else None,
        )

    if not isinstance(target, str | Path):
        return write(target)
    with whole_file(Path(on_disk(target))) as stream:
        return write(stream)


def _answers(path: Location, directory: Path) -> dict[str, str]:
    """What the provider of a model says in the settings of the archive a release stands in."""
    from newsdata.archive.settings_file import SETTINGS_FILE, find_archive, other_table
    from newsdata.exporters.formats.eu_template import TABLE, check_answers

    # A release on object storage was copied to this machine: its archive is where it came from.
    archive = find_archive(directory.absolute() if isinstance(path, Path) else path)
    if archive is None:
        return {}
    return check_answers(other_table(archive, TABLE), str(archive / SETTINGS_FILE))


def push(
    path: Where,
    repo: str,
    version: str | None = None,
    *,
    public: bool = False,
    dry_run: bool = False,
) -> Pushed:
    """Put a release on the Hugging Face Hub as the dataset ``ORG/NAME``, with the tag v<version>.

    The release is found as :func:`load` finds it, and verified. The repository is private unless
    ``public``, which needs a licence in the card. One commit holds the whole release; what an
    interrupted push had uploaded is not sent again. Credentials are those of ``hf auth login``.
    With ``dry_run`` nothing is written, and the result says what would be. Raises ReleaseError
    for a damaged release or a version taken by other content, HubError where the Hub refuses.
    """
    from newsdata.exporters.hub import push as push_release
    from newsdata.exporters.loading import find

    return push_release(find(location(path), version), repo, public=public, dry_run=dry_run)


def verify(path: Where) -> list[Finding]:
    """Everything that is wrong with an archive or a release; empty where all is well."""
    from newsdata import audit

    return audit.verify(path)


def extract(
    page: str | bytes,
    *,
    url: str | None = None,
    source: str | None = None,
    timezone: str | None = None,
    retrieved: str | None = None,
    people: Mapping[str, str] | None = None,
    topics: Mapping[str, str] | None = None,
) -> Article | Rejected:
    """The article on one page, HTML or saved as text, or why there is none.

    Never raises on content and validates nothing: an Article may lack its title or text.

    >>> page = "Заголовок\\n\\n2016-09-19 15:21\\n\\nТекст заметки, одно предложение.-0-"
    >>> extract(page, url="https://belta.by/amp/society/view/zagolovok-1-2016").id
    'belta-ru:1'
    """
    from newsdata.extractors.extract import extract_page

    given = _page(page, url, source, timezone, retrieved)
    return extract_page(given, tables=_tables(people, topics))


def explain(
    page: str | bytes,
    *,
    url: str | None = None,
    source: str | None = None,
    timezone: str | None = None,
    retrieved: str | None = None,
) -> Explanation:
    """What every line of a page, HTML or saved as text, is taken for, and why.

    >>> found = explain("Title\\n2016-09-19 15:21 +0300\\nA sentence of the text.")
    >>> [(line.number, part.label) for line in found.lines for part in line.parts]
    [(1, 'title'), (2, 'time'), (3, 'paragraph')]
    """
    from newsdata.extractors.explain import explain_page

    return explain_page(_page(page, url, source, timezone, retrieved))


def _page(
    page: str | bytes,
    url: str | None,
    source: str | None,
    timezone: str | None,
    retrieved: str | None,
) -> Page:
    from newsdata.sources.kinds import HEAD, sniff

    content = page.encode("utf-8", "surrogatepass") if isinstance(page, str) else page
    kind = sniff(content[:HEAD], "")
    place = Place("(given)", 1, 0, len(content))
    return Page(
        content,
        "html" if kind == "html" else "dump",
        place,
        url=url,
        retrieved=retrieved,
        source=source,
        timezone=timezone,
        media_type="text/html; charset=utf-8" if isinstance(page, str) else None,
    )


def validate(sources: Sources, schema: str | None = None) -> Iterator[Page | Rejected]:
    """Each record of the sources: its Page where it is valid, else its Rejected, in order."""
    from newsdata import checks

    return checks.validate(sources, schema)


def deduplicate(
    records: Iterable[Mapping[str, Any]],
    *,
    keep: str = "earliest",
    threshold: float = 0.75,
    ngram: int = 5,
    prefer: Sequence[str] = (),
    seed: int = 0,
    id_field: str | None = None,
    text_field: str | None = None,
    time_field: str | None = None,
    source_field: str | None = None,
) -> Iterator[Article | Duplicate]:
    """Records as an Article each, or as the Duplicate of one that is kept; in their order.

    All are read before the first is given back. Without any of the ``..._field`` arguments they
    are records of articles, perhaps with few of the fields. With one of them (names, or paths as
    ``meta.url``) they may have any shape, and an Article holds the record as it was given;
    ``prefer`` goes by ``source_field``. A record without an id gets ``sha256:`` and 32 hex digits
    of its canonical JSON. Of identical records the first counts and the others are ``exact``
    duplicates of it; different records of one id are compared like any others: only an archive
    keeps versions apart. The settings are those of an archive, but length is counted in words,
    because these texts were not cleaned: no form of Unicode and no white space may decide.

    Raises UsageError for impossible settings, records without a text or with an id that is
    neither a string nor a whole number, and unknown fields of article records.

    >>> rows = [{"url": "b", "body": "One, two, three!"}, {"url": "a", "body": "one two three"}]
    >>> [type(r).__name__ for r in deduplicate(rows, id_field="url", text_field="body")]
    ['Duplicate', 'Article']
    """
    from newsdata import copies

    return copies.deduplicate(
        records,
        keep,
        threshold,
        ngram,
        prefer,
        seed,
        id_field=id_field,
        text_field=text_field,
        time_field=time_field,
        source_field=source_field,
    )


class Archive:
    """An archive by its path, with every command as a method.

    Raises ArchiveError where there is none; :meth:`create` makes one.
    """

    def __init__(self, path: Where) -> None:
        from newsdata.opening import open_archive

        self.path = location(path)
        self._opened = open_archive(self.path)

    @classmethod
    def create(cls, path: Where, *, schema: str | Path | None = None, **settings: Any) -> Archive:
        """A new archive with these settings: ``Archive.create("news", keep="longest")``.

        ``schema`` is the file of the JSON Schema of its records, if they are no articles.
        """
        from newsdata.pipeline import init_archive

        init_archive(path, settings, schema)
        return cls(path)

    @property
    def settings(self) -> dict[str, Any]:
        """Name -> value of every setting in force."""
        from dataclasses import asdict

        return asdict(self._opened.settings)

    def build(self, sources: Sources, **options: Any) -> dict[str, Any]:
        """See :func:`newsdata.build`."""
        return build(sources, self.path, **options)

    def reextract(self, where: str | None = None, **options: Any) -> dict[str, Any]:
        """See :func:`newsdata.reextract`."""
        return reextract(self.path, where, **options)

    def release(self, version: str | None, **options: Any) -> Released:
        """See :func:`newsdata.release`."""
        return release(version, self.path, **options)

    def load(self, version: str | None = None, **options: Any) -> Any:
        """See :func:`newsdata.load`."""
        return load(self.path, version, **options)

    def export(self, format: str, target: str | Path | IO[bytes], **options: Any) -> Exported:  # noqa: A002
        """See :func:`newsdata.export`."""
        return export(self.path, format, target, **options)

    def push(self, repo: str, version: str | None = None, **options: Any) -> Pushed:
        """See :func:`newsdata.push`."""
        return push(self.path, repo, version, **options)

    def log(self) -> dict[str, Any]:
        """``batches``, oldest first, and ``releases``."""
        from newsdata.reports import archive_log

        return archive_log(self.path)

    def show(self, id_: str) -> dict[str, Any]:
        """One article with its state, copies and history."""
        from newsdata.reports import article_history

        return article_history(self.path, id_)

    def stats(self) -> dict[str, Any]:
        """Counts by outcome, rubric, month, author, photographer and reason."""
        from newsdata.reports import archive_stats

        return archive_stats(self.path)

    def verify(self) -> list[Finding]:
        """See :func:`newsdata.verify`."""
        return verify(self.path)
