"""What the server said about the rights of a page, put beside what the page says. Pure.

The strictest holds: one reservation makes the text reserved, whoever else allows it; without any
word it stays unknown, never allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newsdata.records import Article, Page, Rejected

#: The parts of ``rights``, in the order of the schema, without ``signals``.
_PARTS = ("license", "copyright_notice", "usage_terms", "free_to_read", "tdm", "observed_at")
_STRICTNESS = ("reserved", "allowed", "unknown")


def with_signals(found: Article | Rejected, page: Page) -> Article | Rejected:
    """The article with the page's signals in its ``rights`` and the page's ``extra``."""
    if isinstance(found, Rejected) or not (page.signals or page.extra):
        return found
    record = dict(found.record)
    if page.extra and isinstance(record.get("extra"), list):
        added = [{"key": key, "value": value} for key, value in page.extra]
        record["extra"] = sorted([*record["extra"], *added], key=lambda item: item["key"] or "")
    rights = record.get("rights")
    if page.signals and (rights is None or isinstance(rights, Mapping)):
        record["rights"] = _merged(rights or {}, page)
        if rights is None:
            record["provenance"] = _with_method(record.get("provenance"))
    return Article(record, found.place, found.retrieved)


def _merged(rights: Mapping[str, Any], page: Page) -> dict[str, Any]:
    merged = {part: rights.get(part) for part in _PARTS}
    said = [merged["tdm"], *(signal.tdm for signal in page.signals)]
    merged["tdm"] = next((word for word in _STRICTNESS if word in said), "unknown")
    for signal in page.signals:
        merged["usage_terms"] = merged["usage_terms"] or signal.usage_terms
        merged["license"] = merged["license"] or signal.license
    where = {signal.where for signal in page.signals}
    return {**merged, "signals": sorted({*(rights.get("signals") or ()), *where})}


def _with_method(provenance: Any) -> Any:
    """The provenance with ``rights`` as given from outside."""
    if not isinstance(provenance, Mapping) or not isinstance(provenance.get("fields"), list):
        return provenance
    fields = [*provenance["fields"], {"field": "rights", "method": "given"}]
    return {**provenance, "fields": sorted(fields, key=lambda item: str(item["field"]))}
