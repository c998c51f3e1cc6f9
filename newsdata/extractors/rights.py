"""What an HTML page says about its rights: licence, notice, terms, reservations. Pure."""

from __future__ import annotations

from typing import Any

from newsdata.extractors import jsonld
from newsdata.extractors.markup import Markup

_NOTICES = ("copyright", "dc.rights", "dcterms.rights")
_OF_NODE = {"license", "copyrightNotice", "usageInfo", "isAccessibleForFree"}


def find_rights(markup: Markup, node: dict[str, Any]) -> tuple[dict[str, Any], str] | None:
    """The ``rights`` of the record and how they were found, None where nothing is said.

    No signal is unknown, never allowed.
    """
    rights: dict[str, Any] = dict.fromkeys(
        ("license", "copyright_notice", "usage_terms", "free_to_read", "tdm", "observed_at")
    )
    signals = set()
    links = [e.get("href") for e in markup.having("rel", "license") if e.get("href")]
    rights["license"] = jsonld.url_of(node.get("license")) or next(iter(links), None)
    notice = jsonld.text_of(node.get("copyrightNotice"))
    rights["copyright_notice"] = notice or markup.meta(*_NOTICES)
    rights["usage_terms"] = jsonld.url_of(node.get("usageInfo"))
    free = node.get("isAccessibleForFree")
    known = {"true": True, "false": False}
    rights["free_to_read"] = known.get(str(free).lower()) if free is not None else None
    if node.keys() & _OF_NODE:
        signals.add("jsonld")
    reserved = (markup.meta("tdm-reservation") or "").strip()
    robots = " ".join(markup.meta_all("robots")).lower()
    if reserved in ("0", "1") or "noai" in robots:
        rights["tdm"] = "allowed" if reserved == "0" and "noai" not in robots else "reserved"
        signals.add("meta")
    if links or markup.meta(*_NOTICES):
        signals.add("meta")
    if not signals or all(value is None for value in rights.values()):
        return None
    rights["tdm"] = rights["tdm"] or "unknown"
    method = "jsonld" if "jsonld" in signals else "meta"
    return {**rights, "signals": sorted(signals)}, method
