"""Deduplicate records without an archive: the same rules over values in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from newsdata.batches import FACTS, versions_of
from newsdata.duplicates import Version, components, keep_key, relation, same_text
from newsdata.errors import UsageError
from newsdata.fingerprints import Hashing
from newsdata.ledger import Observation, article_rows, in_microseconds
from newsdata.records import Article, Duplicate, empty_record
from newsdata.schema import digest
from newsdata.settings import Settings, with_values
from newsdata.sources.documents import article_schema


def deduplicate(
    records: Iterable[Mapping[str, Any]], keep: str = "earliest"
) -> Iterator[Article | Duplicate]:
    """See :func:`newsdata.deduplicate`.

    >>> texts = [("a", "One two three."), ("b", "one two three"), ("c", "Four five.")]
    >>> found = deduplicate({"id": i, "title": "T", "text": t} for i, t in texts)
    >>> [(type(f).__name__, getattr(f, "of", None)) for f in found]
    [('Article', None), ('Duplicate', 'a'), ('Article', None)]
    """
    settings = with_values(Settings(), {"keep": keep}, "deduplicate")
    articles = [Article(empty_record(**record)) for record in records]
    versions = _versions(articles)
    by_id = {v.id: v for v in versions}
    if len(by_id) < len(versions):
        raise UsageError("deduplicate: several records have one id; an archive keeps versions")
    cluster_of = {}
    for members in components(by_id, same_text(versions)):
        kept = min(members, key=lambda i: keep_key(by_id[i], settings))
        for id_ in members:
            cluster_of[id_] = (kept, min(members))
    for article, version in zip(articles, versions, strict=True):
        kept, cluster = cluster_of[version.id]
        if version.id == kept:
            yield article
        else:
            how, score = relation(version, by_id[kept])
            yield Duplicate(article, kept, how, score, cluster)


def _versions(articles: list[Article]) -> list[Version]:
    schema = article_schema()
    observations = []
    for article in articles:
        canonical = schema.canonical(article.record)
        observations.append(Observation(canonical, digest(canonical), article, b""))
    batch, misfits = article_rows(observations, schema, Hashing())
    if misfits:
        observation, fault = misfits[0]
        raise UsageError(f"{observation.canonical['id']}: {fault.message}")
    return versions_of(in_microseconds(pa.Table.from_batches([batch]).select(list(FACTS))))
