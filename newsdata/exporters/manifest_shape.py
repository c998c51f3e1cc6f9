"""What a manifest has to hold so that it can be read: whoever makes a manifest anew, with every
hash right, still cannot make newsdata fail on it or read beside the release.

Not by a JSON Schema: loading a release would have to load a validator first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from newsdata.exporters.names import ARTICLES
from newsdata.exporters.versions import VERSION

#: What the name of a file of a release may be.
PATH = re.compile(r"(?!\.)[\w.-]+(?:/(?!\.)[\w.-]+)*")

#: Characters that are shown of a value that is wrong.
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class _Every:
    """An object or a list whose values all are alike."""

    kind: type
    value: Any


_HASH = re.compile(r"[0-9a-f]{64}")
_SPLIT = {"files": _Every(list, str), "rows": int}
_CONFIG = {"content_hash": _HASH, "splits": _Every(dict, _SPLIT)}
_COUNTS = _Every(dict, int)
#: Key -> a type, a pattern of a text, or what stands below it; what else there is may be anything.
_MANIFEST = {
    "configs": _Every(dict, _CONFIG),
    "content_hash": _HASH,
    "counts": dict,
    "format": int,
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "files": _Every(dict, {"sha256": _HASH, "size": int}),
    "left_out": _COUNTS,
    "name": str,
    "rows": int,
    "schema": {"file": str, "sha256": _HASH},
    "settings": dict,
    "version": VERSION,
}
#: The same of keys that not every manifest has.
_OPTIONAL = {
    "totals": _Every(dict, _Every(dict, _COUNTS)),
    "without": {
        "about": _Every(dict, (str, type(None))),
        "content_hash": _HASH,
        "counts": _Every(list, str),
        "fields": _Every(list, str),
        "since": dict,
    },
}
_NAMES = {dict: "an object", list: "a list", str: "a text", int: "a whole number from 0"}


class Fault(NamedTuple):
    """What is wrong: its place as a JSON Pointer, what was found there, what expected."""

    place: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.place}: found {self.found}, expected {self.expected}"


def shape_fault(document: Mapping[str, Any]) -> Fault | None:
    """The first thing that a manifest lacks or has otherwise than it must; None where the
    manifest can be read.

    >>> print(shape_fault({"format": 1}))
    /configs: found nothing, expected an object
    """
    return next(_faults(document), None)


def _faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    there = {key: spec for key, spec in _OPTIONAL.items() if key in document}
    yield from _below(document, {**_MANIFEST, **there}, "")
    # Only what has the right types comes here: the first fault is the answer.
    files, configs = document["files"], document["configs"]
    for name, entry in files.items():
        if not PATH.fullmatch(name):
            yield Fault("/files", repr(name), "the path of a file below the release")
        yield from _at(entry, _COUNTS, f"/files/{name}", leaving="sha256")
    if ARTICLES not in configs:
        yield Fault(f"/configs/{ARTICLES}", "nothing", "an object")
    for place, name in _named(document):
        if name not in files:
            yield Fault(place, repr(name), "a file that stands in /files")
    for config, about in configs.items():
        if not any(told["files"] for told in about["splits"].values()):
            yield Fault(f"/configs/{config}/splits", "no files", "one or more")


def _named(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every place of a manifest that names one of its files, and the name."""
    yield "/schema/file", document["schema"]["file"]
    for config, about in document["configs"].items():
        for split, told in about["splits"].items():
            for number, name in enumerate(told["files"]):
                yield f"/configs/{config}/splits/{split}/files/{number}", name


def _at(value: Any, spec: Any, place: str, leaving: str | None = None) -> Iterator[Fault]:
    """What is wrong with a value and below it."""
    if isinstance(spec, Mapping):
        if not isinstance(value, dict):
            yield Fault(place, _show(value), _NAMES[dict])
        else:
            yield from _below(value, spec, place)
    elif isinstance(spec, _Every) and not isinstance(value, spec.kind):
        yield Fault(place, _show(value), _NAMES[spec.kind])
    elif isinstance(spec, _Every):
        for key, one in value.items() if spec.kind is dict else enumerate(value):
            if key != leaving:
                yield from _at(one, spec.value, f"{place}/{key}")
    elif isinstance(spec, re.Pattern):
        if not isinstance(value, str) or not spec.fullmatch(value):
            yield Fault(place, _show(value), f"a text like {spec.pattern}")
    elif not isinstance(value, spec) or (spec is int and (isinstance(value, bool) or value < 0)):
        yield Fault(place, _show(value), _NAMES.get(spec, "a text or null"))


def _below(value: Mapping[str, Any], spec: Mapping[str, Any], place: str) -> Iterator[Fault]:
    for key, expected in spec.items():
        if key in value:
            yield from _at(value[key], expected, f"{place}/{key}")
        else:
            kind = expected.kind if isinstance(expected, _Every) else expected
            name = _NAMES[dict] if isinstance(kind, Mapping) else _NAMES.get(kind, "a text")
            yield Fault(f"{place}/{key}", "nothing", name)


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
