"""``newsdata show``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import click

from newsdata.cli.common import (
    archive_option,
    archive_path,
    echo_json,
    echo_text,
    json_option,
    table,
    visible,
)
from newsdata.differences import Piece, Row, compare, plain
from newsdata.errors import UsageError
from newsdata.storage import Location


@click.command(
    name="show",
    epilog="""\b
Examples:
  newsdata show belta-ru:572564 -a my-archive
  newsdata show belta-ru:572564 -a my-archive --json | jq .record.photographer
  newsdata show belta-ru:572564 -a my-archive --cite bibtex >> news.bib
  newsdata show mirror:77 -a my-archive | grep '^[-+] '      where a copy differs""",
)
@click.argument("id_", metavar="ID")
@archive_option
@click.option(
    "--cite",
    "style",
    type=click.Choice(["bibtex", "ris", "csl"]),
    help="Print how to cite the article, and nothing else.",
)
@json_option
def command(id_: str, archive: Location | None, style: str | None, as_json: bool) -> None:
    """Show the article ID: its record, its state, its copies, and every event of its history.

    A duplicate is shown beside the article that is kept, word by word where they differ.
    """
    from newsdata.reports import article_history

    if style is not None and as_json:
        raise UsageError("--cite prints one citation and --json the whole history: choose one")
    history = article_history(archive_path(archive), id_)
    if style is not None:
        _cite(id_, history, style)
        return
    if as_json:
        echo_json(_plain(history))
        return
    echo_text(visible(f"{id_}: {_state(history['state'])}"))
    for copy in history["copies"]:
        echo_text(visible(f"  copy: {copy}"))
    record = history["record"]
    if record is not None:
        echo_text()
        text = history["roles"].get("text", "")
        _show_record(record, text, history["roles"].get("provenance", ""))
        _show_differences(id_, record, history.get("kept") or {}, text)
    echo_text()
    rows = [
        (e["batch"], e["outcome"], e["reason"] or e["of"], e["digest"][:12], e["path"], e["line"])
        for e in history["events"]
    ]
    table(("batch", "event", "why or of", "version", "read from", "line"), rows, title="History")


def _cite(id_: str, history: Mapping[str, Any], style: str) -> None:
    from newsdata.exporters.citation import cite

    if history["record"] is None:
        raise UsageError(f"{id_} is {_state(history['state'])}: there is nothing to cite")
    record = _plain(history["record"])
    named = {role: record.get(name) for role, name in history["roles"].items()}
    authors = named.get("author")
    if isinstance(authors, str):
        named["author"] = [authors]
    echo_text(cite({**record, **named}, style))


def _show_record(record: Mapping[str, Any], text: str, provenance: str) -> None:
    for name, value in record.items():
        if value in (None, [], "") or name in (text, provenance):
            continue
        echo_text(visible(f"{name}: {_words(value)}"))
    echo_text()
    echo_text(record.get(text) or "")


def _show_differences(
    id_: str, record: Mapping[str, Any], kept: Mapping[str, Any], text: str
) -> None:
    """The text of a copy and that of the article that is kept, where that may be shown."""
    other = kept.get("record")
    if other is None:
        return
    kept_id = visible(str(kept["id"]))
    rows = compare(record.get(text) or "", other.get(text) or "")
    echo_text()
    if all(row.same for row in rows):
        echo_text(f"{kept_id} has the same text, word for word.")
    elif sys.stdout.isatty():
        _side_by_side(visible(id_), kept_id, rows)
    else:
        echo_text(f"--- {visible(id_)}\n+++ {kept_id}")
        for line in plain(rows):
            echo_text(visible(line))


def _side_by_side(left: str, right: str, rows: Iterable[Row]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    def side(pieces: Iterable[Piece], colour: str) -> Text:
        parts = ((visible(text, lines=True), colour if new else "") for text, new in pieces)
        return Text.assemble(*parts)

    drawn = Table(box=SIMPLE_HEAD, expand=True, padding=(0, 1, 1, 1))
    for header in (left, f"{right} (kept)"):
        drawn.add_column(Text(header), ratio=1, overflow="fold")
    for row in rows:
        drawn.add_row(side(row.left, "bold red"), side(row.right, "bold green"))
    Console().print(drawn)


def _state(state: Mapping[str, Any]) -> str:
    """What an article is today, in words.

    >>> _state({"outcome": "duplicate", "of": "a:1", "reason": None, "relation": "near",
    ...         "score": 0.8125})
    'duplicate of a:1 (near, similarity 0.812)'
    """
    notes = []
    if state["outcome"] == "withheld" and state["reason"]:
        now = state.get("now")
        notes.append(str(state["reason"]) + (f", now {' and '.join(now)}" if now else ""))
    if state.get("relation"):
        notes.append(str(state["relation"]))
    if state.get("score") is not None:
        notes.append(f"similarity {state['score']:.3f}")
    words = str(state["outcome"]) + (f" of {state['of']}" if state["of"] else "")
    return words + (f" ({', '.join(notes)})" if notes else "")


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_words(v) for v in value)
    if isinstance(value, dict):
        return "; ".join(f"{k} {_words(v)}" for k, v in value.items() if v not in (None, [], ""))
    return str(value)


def _plain(value: Any) -> Any:
    """Values of Arrow rows as JSON has them."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value
