"""A sealed release in other formats: JSON Lines, CSV, ninjs, schema.org, a BagIt bag.

::

    plain     rows of Parquet as JSON records
    cells     CSV, also for Excel
    ninjs     ninjs 3.1 of the IPTC
    jsonld    schema.org NewsArticle
    bag       BagIt (RFC 8493): the whole release as libraries keep things
    eu_*      the EU template for the public summary of training content
    uris      addresses as strict readers want them

All but the bag and the summary are one line a row, a few batches in memory at a time. The bytes
follow from the release and the options alone, those of the summary also from ``newsdata.toml``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import orjson

from newsdata.errors import ReleaseError, UsageError
from newsdata.exporters.formats.cells import write as write_cells
from newsdata.exporters.formats.eu_summary import write as write_summary
from newsdata.exporters.formats.jsonld import news_article
from newsdata.exporters.formats.ninjs import ninjs
from newsdata.exporters.formats.plain import named_by_role, records
from newsdata.exporters.frames import scanner
from newsdata.exporters.names import ARTICLES
from newsdata.exporters.sealed import read_manifest
from newsdata.exporters.selecting import Part, choose, choose_config, known
from newsdata.schema import Schema, parse_schema

if TYPE_CHECKING:
    import pyarrow as pa

#: Format -> what it is; BAG is the one that is a directory.
FORMATS = {
    "jsonl": "one JSON record a line, which newsdata build reads back",
    "csv": "a table; lists and objects are JSON text, or readable with --excel",
    "ninjs": "ninjs 3.1 of the IPTC, one item a line",
    "jsonld": "schema.org NewsArticle as JSON-LD, one a line",
    "bagit": "a directory: the whole release as a BagIt bag (RFC 8493)",
    "eu-summary": "the EU template for the summary of training content, filled in, as Markdown",
    "eu-summary-json": "the same as JSON",
}
BAG = "bagit"
SUMMARIES = ("eu-summary", "eu-summary-json")

_ARTICLE_FORMATS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "ninjs": ninjs,
    "jsonld": news_article,
}


@dataclass(slots=True)
class Exported:
    """What was written: rows, and notes on what a reader of the format should know."""

    format: str
    config: str
    rows: int = 0
    notes: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Ready for ``json.dumps``."""
        return {
            "format": self.format,
            "config": self.config,
            "rows": self.rows,
            "notes": self.notes,
        }


def export(
    directory: Path,
    format_: str,
    stream: IO[bytes],
    *,
    config: str | None = None,
    split: str | None = None,
    columns: Sequence[str] | None = None,
    excel: bool = False,
    delimiter: str = ",",
    answers: Mapping[str, str] | None = None,
) -> Exported:
    """Write the rows of a release to ``stream``, in their order; every format but ``bagit``.

    ``answers`` are what only the provider of a model knows
    (:func:`newsdata.exporters.formats.eu_template.check_answers`), for the summaries. Each file's
    checksum is compared before it is read. Raises UsageError for what a format cannot,
    ReleaseError where the release is damaged.
    """
    if format_ not in FORMATS or format_ == BAG:
        raise UsageError(f"format: found {format_!r}, expected one of {', '.join(FORMATS)}")
    if format_ != "csv" and (excel or delimiter != ","):
        raise UsageError(f"{format_} knows neither --excel nor a delimiter; csv does")
    if format_ in SUMMARIES and split is None:
        split = _learnt(directory)
    part = choose(directory, config, split)
    if format_ in (*_ARTICLE_FORMATS, *SUMMARIES) and (
        part.config != ARTICLES or columns is not None
    ):
        raise UsageError(f"{format_} holds whole articles: neither config nor columns")
    known("column", columns or (), part.schema.names)
    exported = Exported(format_, part.config)
    schema = _schema(directory)
    batches = _batches(part, columns)
    if format_ in SUMMARIES:
        exported.rows = write_summary(
            stream,
            batches,
            read_manifest(directory),
            schema,
            split=split or "",
            answers=answers or {},
            as_json=format_ != SUMMARIES[0],
        )
        return exported
    if format_ == "csv":
        kept = [part.schema.field(name) for name in columns or part.schema.names]
        rows = (list(records(batch, schema)) for batch in batches)
        exported.rows, exported.notes = write_cells(stream, rows, kept, excel, delimiter)
        return exported
    make = _ARTICLE_FORMATS.get(format_)
    for batch in batches:
        found = records(batch, schema)
        if make is not None:
            found = (make(named_by_role(record, schema)) for record in found)
        stream.write(b"".join(orjson.dumps(one) + b"\n" for one in found))
        exported.rows += batch.num_rows
    return exported


def _learnt(directory: Path) -> str:
    """The split that models learn from: train, and where there is none all of them."""
    splits = choose_config(directory)[1]["splits"]
    return "train" if "train" in splits else "+".join(splits)


def _schema(directory: Path) -> Schema:
    name = str(read_manifest(directory)["schema"]["file"])
    try:
        return parse_schema(orjson.loads((directory / name).read_bytes()), name)
    except (OSError, orjson.JSONDecodeError) as error:
        raise ReleaseError(f"{directory / name}: cannot be read: {error}") from None


def _batches(part: Part, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    """The rows file by file; a file is read only when it has its checksum."""
    import pyarrow as pa

    files = read_manifest(part.directory)["files"]
    for name in part.names:
        path = part.directory / name
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != files.get(name, {}).get("sha256"):
                raise ReleaseError(f"{path}: damaged, its checksum is another: newsdata verify")
            one = Part(part.directory, part.config, (name,), part.schema)
            yield from scanner(one, columns, None, batch_rows=2_000).to_batches()
        except (pa.ArrowException, OSError) as error:
            raise ReleaseError(f"{path}: cannot be read: {error}") from error
