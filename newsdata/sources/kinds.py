"""What a file is, decided by its content; the name only breaks ties.

``html``, ``dump`` (a page saved as plain text), ``jsonl``, ``array`` (one JSON array of records),
``object`` (one JSON object, perhaps over many lines), ``warc``, ``feed`` (RSS or Atom), ``csv``
and ``tsv`` (by their names alone: any text may hold commas), ``parquet``, ``empty`` and
``unknown``.
"""

from __future__ import annotations

import codecs
import re
from typing import Literal, TypeAlias

import orjson

Kind: TypeAlias = Literal[
    "html", "dump", "jsonl", "array", "object", "warc", "feed", "csv", "tsv", "parquet",
    "empty", "unknown",
]  # fmt: skip

#: Kinds that a file can be read as, also when forced by an option.
KINDS: tuple[Kind, ...] = (
    "html", "dump", "jsonl", "array", "object", "warc", "feed", "csv", "tsv", "parquet"
)  # fmt: skip
#: How much of a file is looked at.
HEAD = 1 << 16

_HTML_TAG = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|article|section|main|div|p|span|h1|h2|script"
    r"|table|br|a|link)\b[^<>]*>",
    re.IGNORECASE,
)
_MARKUP_START = re.compile(r"\s*<(?:[a-zA-Z!?/])")
_XML_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)")
_OBJECT_START = re.compile(r"\{\s*(?:\"|\}|$)")
_ARRAY_START = re.compile(r"\[\s*(?:[{\[\]\"]|$)")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

#: First bytes of formats that are recognised and not read, for the message.
_KNOWN = {
    b"PK\x03\x04": "a zip file",
    b"%PDF": "PDF",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"SQLite format 3": "an SQLite database",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"{\\rtf": "RTF",
    b"ARROW1": "Arrow",
    b"7z\xbc\xaf": "a 7z file",
    b"Rar!": "a RAR file",
}
_LINE_NAMES = (".jsonl", ".ndjson", ".jsonlines")
_TABLE_NAMES: dict[str, tuple[Kind, str]] = {".csv": ("csv", "CSV"), ".tsv": ("tsv", "TSV")}
#: First bytes of formats that hold many inputs.
_MANY: dict[bytes, tuple[Kind, str]] = {
    b"WARC/": ("warc", "WARC"), b"PAR1": ("parquet", "Parquet")
}  # fmt: skip


def sniff(head: bytes, name: str = "") -> Kind:
    """The kind of a file from its first bytes (decompressed; :data:`HEAD` are enough).

    >>> sniff(b"<!doctype html><title>T</title>"), sniff(b'{"id": 1}\\n{"id": 2}\\n')
    ('html', 'jsonl')
    >>> sniff(b'{\\n  "id": 1\\n}'), sniff(b"[\\n"), sniff("Слово".encode()), sniff(b"\\x00\\x01")
    ('object', 'array', 'dump', 'unknown')
    """
    return _look(head, name)[0]


def describe(head: bytes, name: str = "") -> str:
    """What an ``unknown`` file seems to be, for the message of its rejection."""
    return _look(head, name)[1]


def is_warc_name(name: str) -> bool:
    """Whether a file's name is that of a WARC, compressed or not.

    >>> is_warc_name("CC-NEWS-1.warc.gz"), is_warc_name("a.html")
    (True, False)
    """
    return _unpacked_name(name.lower()).endswith(".warc")


def _look(head: bytes, name: str) -> tuple[Kind, str]:
    if not head.strip().removeprefix(codecs.BOM_UTF8).strip():
        return "empty", "nothing"
    for magic, found in _MANY.items():
        if head.startswith(magic):
            return found
    for magic, what in _KNOWN.items():
        if head.startswith(magic):
            return "unknown", what
    text = _text(head)
    name = _unpacked_name(name.lower())
    json_kind = _json_kind(text, name)
    if json_kind:
        if head[:2] in _UTF16:
            return "unknown", "JSON in UTF-16"
        return json_kind, "JSON"
    if "\0" in text or _is_binary(text):
        return "unknown", "binary data"
    if _MARKUP_START.match(text) or (name.endswith((".html", ".htm")) and "<" in text):
        return _markup_kind(text)
    if len(_HTML_TAG.findall(text)) >= 5 and re.search(r"<(?:html|body)\b", text, re.IGNORECASE):
        return "html", "HTML after other text"
    for ending, found in _TABLE_NAMES.items():
        if name.endswith(ending):
            return found
    return "dump", "text"


def _is_binary(text: str) -> bool:
    return len(_CONTROLS.findall(text)) * 50 > len(text)


def _text(head: bytes) -> str:
    """The head as text, good enough to recognise it: the bytes' real encoding is read later."""
    if head[:2] in _UTF16:
        return head.decode("utf-16", "replace").lstrip("\ufeff")
    return head.decode("utf-8-sig", "replace")


def _unpacked_name(name: str) -> str:
    for ending in (".gz", ".bz2", ".xz", ".zst", ".lz4"):
        name = name.removesuffix(ending)
    return name


def _markup_kind(text: str) -> tuple[Kind, str]:
    root = _XML_ROOT.search(text)
    tag = root.group(1).lower() if root else ""
    if tag in ("rss", "feed", "rdf:rdf"):
        return "feed", f"a feed (<{tag}>)"
    if _HTML_TAG.search(text):
        return "html", "HTML"
    return "unknown", f"XML (<{tag}>)" if tag else "markup without a known element"


def _json_kind(text: str, name: str) -> Kind | None:
    """``jsonl``, ``array`` or ``object`` where the text is JSON, whole or damaged."""
    lines = text.split("\n")
    complete = [line for line in (lines[:-1] or lines) if line.strip()]
    start = text.lstrip()
    if name.endswith(_LINE_NAMES) and not _MARKUP_START.match(text) and not _is_binary(text):
        return "jsonl"
    if _OBJECT_START.match(start):
        return _object_or_lines(complete, len(lines) > 1)
    if _ARRAY_START.match(start):
        first_two = [_parsed(line) for line in complete[:2]]
        both = len(first_two) == 2 and all(isinstance(v, list) for v in first_two)
        return "jsonl" if both else "array"
    # A damaged first line must not hide that all the others are records.
    objects = sum(isinstance(_parsed(line), dict) for line in complete[:50])
    return "jsonl" if objects * 2 > len(complete[:50]) else None


def _object_or_lines(complete: list[str], more: bool) -> Kind:
    if not more or isinstance(_parsed(complete[0]), dict):
        return "jsonl"
    if any(isinstance(_parsed(line), dict) for line in complete[1:20] if line.startswith("{")):
        return "jsonl"
    return "object" if complete[0].rstrip().endswith(("{", "[", ",", ":")) else "jsonl"


def _parsed(line: str) -> object:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
