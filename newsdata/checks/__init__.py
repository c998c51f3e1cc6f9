"""Validation of whole sources: every record as it stands, or its rejection.

``validate`` gives them one by one in this process; ``files`` does it over processes and into
files; ``judging`` is what a worker does with a chunk, ``parts`` what it tells and ``walk`` how it
goes through lines. For verdicts alone ``lines`` tells most valid lines by one of the
``expressions``. ``blocks`` is the short way to verdicts and columns at once, by ``doubts`` that
``keywords`` and ``patterns`` make of a schema (``words`` reads it); ``windows`` is the next one to
the verdict and ``columns`` to Arrow.
``replay`` judges repaired rejects again.
"""

from __future__ import annotations

from collections.abc import Iterator

from newsdata.limits import Limits
from newsdata.records import Fault, Page, Rejected, reject
from newsdata.sources.arguments import Sources, listed
from newsdata.sources.documents import article_schema, load_schema
from newsdata.sources.files import find_inputs
from newsdata.sources.reading import Reading, read_inputs
from newsdata.validation import validate_record


def validate(
    sources: Sources, schema: str | None = None, limits: Limits | None = None
) -> Iterator[Page | Rejected]:
    """Each record of the sources: its Page where it is valid, else its Rejected, in order.

    ``schema`` is the path of a JSON Schema; without it records are judged as articles. Raises
    SourceError where a source cannot be opened, SchemaError where the schema is wrong.

    >>> list(validate([]))
    []
    """
    judge = load_schema(schema) if schema is not None else article_schema()
    limits = limits or Limits()
    for item in read_inputs(find_inputs(listed(sources)), Reading(limits=limits)):
        if isinstance(item, Rejected):
            yield item
        elif item.kind != "record":
            found = Fault("not-json", f"found a page ({item.kind}), expected JSON records")
            yield reject(item, found, raw_limit=limits.raw)
        else:
            yield validate_record(item, judge, limits)[1] or item
