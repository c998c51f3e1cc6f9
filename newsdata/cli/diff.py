"""``newsdata diff``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsdata.cli.common import (
    LOCAL,
    archive_option,
    archive_path,
    check_version,
    echo_json,
    json_option,
    say,
    table,
)
from newsdata.cli.interrupts import cleanly
from newsdata.storage import Location, location

if TYPE_CHECKING:
    from newsdata.exporters.comparing import Change

#: Characters of a value that are shown around the first one that differs.
SHOWN = 40


@click.command(
    name="diff",
    epilog="""\b
Examples:
  newsdata diff 1.0.0 1.1.0 -a my-archive
  newsdata diff 1.0.0 1.1.0 --json              inside an archive
  newsdata diff old/1.0.0 new/1.1.0 -o changes.parquet""",
)
@click.argument("old")
@click.argument("new")
@archive_option
@click.option("-o", "target", type=LOCAL, help="Write the changes as Parquet.")
@json_option
@cleanly()
def command(
    old: str, new: str, archive: Location | None, target: Path | None, as_json: bool
) -> None:
    """List what changed from release OLD to NEW: two versions of an archive, or two directories.

    Articles are added, changed (field by field), rekept (now a copy of another one) or withdrawn
    (gone for any other reason). Exits with 0 whatever there is.
    """
    from newsdata.exporters.comparing import compare_releases, write_changes

    found = compare_releases(_release(old, archive), _release(new, archive))
    if target is not None:
        write_changes(target, found)
    if as_json:
        echo_json(found.to_dict())
        return
    if target is None:
        table(("what", "id", "field", "before", "after"), [_row(c) for c in found.changes])
    counts = ", ".join(f"{count} {kind}" for kind, count in found.counts().items())
    say(f"{found.old} to {found.new}: {counts}")


def _release(given: str, archive: Location | None) -> Path:
    """A directory as given, or a version of the archive."""
    from newsdata.exporters.loading import find, is_release

    if (os.sep in given or archive is None) and is_release(location(given)):
        return find(location(given))
    check_version(given)
    return find(archive_path(archive), given)


def _row(change: Change) -> tuple[str, str, str | None, str, str]:
    before, after = _around(_text(change.before), _text(change.after))
    return change.kind, change.id, change.field, before, after


def _text(value: Any) -> str:
    import json

    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def _around(before: str, after: str) -> tuple[str, str]:
    """Both texts, cut to where they begin to differ."""
    pairs = zip(before, after, strict=False)
    least = min(len(before), len(after))
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), least)
    start = max(0, at - SHOWN // 4)
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    if len(text) <= SHOWN:
        return text
    part = text[start : start + SHOWN]
    return ("…" if start else "") + part + ("…" if start + SHOWN < len(text) else "")
