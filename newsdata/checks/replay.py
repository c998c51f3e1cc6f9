"""Judge the records of a rejects file again, after people repaired them.

A line is repaired by changing its ``raw`` (and ``raw_encoding`` to ``utf-8`` where it was
``base64``), or by adding ``repaired``: the record as a JSON object, or its text as a string. What
is still wrong keeps the place and the sha256 of the source, so that it is found there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import orjson

from newsdata.checks.files import Options, Report, Targets, Writer, schema_at
from newsdata.checks.parts import Asked, Part
from newsdata.checks.tally import Tally
from newsdata.errors import SourceError
from newsdata.limits import MB, Limits
from newsdata.reasons import REASONS
from newsdata.records import Fault, Place, Rejected
from newsdata.sources.chunks import Chunk
from newsdata.sources.files import find_inputs
from newsdata.sources.lines import read_lines
from newsdata.sources.reading import Reading
from newsdata.sources.streams import Stream, open_file

#: Reasons that belong to the file or to how it was read: unchanged bytes cannot lose them.
_OF_THE_FILE = frozenset(
    {"empty-file", "unknown-kind", "truncated-stream", "bad-stream", "too-large"}
)
#: A line of a rejects file is longer than the record in it.
_LINE = 1000 * MB
#: Repaired records that are judged together.
GROUP = 1000


def replay(
    rejects: str,
    targets: Targets,
    options: Options | None = None,
    report: Report | None = None,
    earlier: Callable[[Writer], None] | None = None,
) -> dict[str, Any]:
    """Put the records of a rejects file through again; a summary as that of a validation.

    ``targets.rejects`` gets those that are still wrong, the others get the valid ones, after
    what ``earlier`` writes first. Raises SourceError where the file is no rejects file.
    """
    options = options or Options()
    schema = schema_at(options.schema)
    asked = Asked(
        schema,
        Reading(limits=options.limits),
        targets.lines is not None,
        targets.parquet is not None,
    )
    tally = Tally()
    with ExitStack() as stack:
        writer = Writer(stack, targets, schema)
        if earlier is not None:
            earlier(writer)
        group: list[Mapping[str, Any]] = []
        for line in rejects_of(rejects):
            group.append(line)
            if len(group) == GROUP:
                _judge(group, asked, tally, writer, report)
                group = []
        _judge(group, asked, tally, writer, report)
    return tally.summary()


def rejects_of(path: str) -> Iterator[dict[str, Any]]:
    """The lines of a rejects file, checked. Raises SourceError naming the line that is none."""
    (one,) = find_inputs([path])
    limits = Limits(line=_LINE)
    with open_file(one.path, one.name) as file:
        stream = Stream(file, one.name, limits)
        for piece in read_lines(stream, limits):
            where = f"{one.name}:{piece.line}"
            if piece.fault is not None:
                raise SourceError(f"{where}: {piece.fault.message}")
            try:
                line = json.loads(piece.content)
            except ValueError as error:
                raise SourceError(f"{where}: found no JSON: {error}") from None
            wrong = _wrong(line)
            if wrong:
                raise SourceError(f"{where}: {wrong}: no line of a rejects file")
            yield line
        if stream.fault is not None:
            raise SourceError(f"{one.name}: {stream.fault.message}")


def _wrong(line: Any) -> str | None:
    """What keeps a JSON value from being a line of a rejects file."""
    if not isinstance(line, dict):
        return "found no JSON object"
    kinds = {"path": str, "sha256": str, "raw": str, "raw_encoding": str, "errors": list}
    for name, kind in kinds.items():
        if not isinstance(line.get(name), kind):
            return f"found {line.get(name)!r:.80} as {name!r}, expected a {kind.__name__}"
    for name in ("line", "offset", "length"):
        if type(line.get(name)) is not int and line.get(name) is not None:
            return f"found {line.get(name)!r:.80} as {name!r}, expected a number or null"
    if not line["errors"] or not all(_is_error(error) for error in line["errors"]):
        return "found 'errors' that are not a list of objects with a known code and a message"
    return None if _content(line) is not None else "found 'raw' that is no base64"


def _is_error(error: Any) -> bool:
    return (
        isinstance(error, dict)
        and error.get("code") in REASONS
        and isinstance(error.get("message"), str)
    )


def _content(line: Mapping[str, Any]) -> bytes | None:
    """The bytes to judge: what people made of the record, else what it was."""
    repaired = line.get("repaired")
    if isinstance(repaired, str):
        return repaired.encode("utf-8", "surrogatepass")
    if repaired is not None:
        return orjson.dumps(repaired)
    if line["raw_encoding"] != "base64":
        return str(line["raw"]).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(line["raw"], validate=True)
    except binascii.Error:
        return None


def _judge(
    group: list[Mapping[str, Any]],
    asked: Asked,
    tally: Tally,
    writer: Writer,
    report: Report | None,
) -> None:
    part = Part(asked, Chunk("", "", 0, 0))
    for number, line in enumerate(group):
        content = (_content(line) or b"").strip(b" \t\r\n")
        if _stays(line, content):
            part.reject(_as_it_was(line))
            continue
        # The number of the line leads from a rejection back to what the rejects file said.
        part.record(content, Place("", number, number, len(content)))
    verdict = part.verdict(0, 0)
    tally.valid += verdict.valid
    tally.unheld.update(verdict.unheld)
    writer.accept(verdict)
    for rejected in verdict.rejected:
        if rejected.place.path == "":
            rejected = _still_wrong(rejected, group[rejected.place.line or 0])
        tally.reject(rejected)
        writer.reject(rejected)
        if report is not None:
            report(rejected)


def _unchanged(line: Mapping[str, Any], content: bytes) -> bool:
    if line.get("repaired") is not None:
        return False
    return bool(line.get("truncated")) or hashlib.sha256(content).hexdigest() == line["sha256"]


def _stays(line: Mapping[str, Any], content: bytes) -> bool:
    """Whether there is nothing to judge: bytes that are not all there, or a fault of the file."""
    if not _unchanged(line, content) and content:
        return False
    return bool(line.get("truncated")) or not content or line.get("code") in _OF_THE_FILE


def _as_it_was(line: Mapping[str, Any]) -> Rejected:
    faults = tuple(
        Fault(e["code"], e["message"], str(e.get("pointer") or ""), e.get("keyword"))
        for e in line["errors"]
    )
    place = Place(line["path"], line["line"], line["offset"], line["length"])
    raw = base64.b64decode(line["raw"]) if line["raw_encoding"] == "base64" else line["raw"]
    content = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    return Rejected(place, faults, content, line["sha256"], bool(line.get("truncated")))


def _still_wrong(rejected: Rejected, line: Mapping[str, Any]) -> Rejected:
    place = Place(line["path"], line["line"], line["offset"], line["length"])
    return Rejected(place, rejected.faults, rejected.raw, line["sha256"], rejected.truncated)
