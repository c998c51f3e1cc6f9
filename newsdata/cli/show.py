"""``newsdata show``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from newsdata.cli.common import archive_option, archive_path, echo_json, json_option, table


@click.command(
    name="show",
    epilog="""\b
Examples:
  newsdata show belta-ru:572564 -a my-archive
  newsdata show belta-ru:572564 -a my-archive --json | jq .record.photographer""",
)
@click.argument("id_", metavar="ID")
@archive_option
@json_option
def command(id_: str, archive: Path | None, as_json: bool) -> None:
    """Show the article ID: its record, its state, its copies, and every event of its history."""
    from newsdata.reports import article_history

    history = article_history(archive_path(archive), id_)
    if as_json:
        echo_json(_plain(history))
        return
    state = history["state"]
    words = state["outcome"]
    if state["of"]:
        words += f" of {state['of']}"
    if state["reason"] and state["outcome"] == "withheld":
        words += f" ({state['reason']})"
    click.echo(f"{id_}: {words}")
    for copy in history["copies"]:
        click.echo(f"  copy: {copy}")
    record = history["record"]
    if record is not None:
        click.echo()
        _show_record(record)
    click.echo()
    rows = [
        (e["batch"], e["outcome"], e["reason"] or e["of"], e["digest"][:12], e["path"], e["line"])
        for e in history["events"]
    ]
    table(("batch", "event", "why or of", "version", "read from", "line"), rows, title="History")


def _show_record(record: Mapping[str, Any]) -> None:
    for name, value in record.items():
        if value in (None, [], "") or name in ("text", "provenance"):
            continue
        click.echo(f"{name}: {_words(value)}")
    click.echo()
    click.echo(record.get("text") or "")


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
