"""``newsdata rules``."""

from __future__ import annotations

from typing import Any

import click

from newsdata.cli.common import echo_json, json_option, say, table


@click.group(
    name="rules",
    epilog="""\b
Examples:
  newsdata rules list
  newsdata rules check""",
)
def command() -> None:
    """List the per-site rules of HTML pages, or check them."""


@command.command(
    name="list",
    epilog="""\b
Examples:
  newsdata rules list
  newsdata rules list --json | jq '.[].hosts'""",
)
@json_option
def list_rules(as_json: bool) -> None:
    """List the rules: their hosts, fields and last days."""
    from newsdata.extractors.rules import all_rules

    rows: list[dict[str, Any]] = [
        {
            "name": rule.name,
            "hosts": list(rule.hosts),
            "fields": sorted(rule.select),
            "zone": rule.zone,
            "valid_until": rule.valid_until.isoformat() if rule.valid_until else None,
        }
        for rule in all_rules()
    ]
    if as_json:
        echo_json(rows)
        return
    cells = [(r["name"], ", ".join(r["hosts"]), ", ".join(r["fields"]), r["valid_until"])
             for r in rows]  # fmt: skip
    table(("rule", "hosts", "fields", "valid until"), cells)


@command.command(
    name="check",
    epilog="""\b
Examples:
  newsdata rules check
  newsdata rules check --json | jq '.[] | select(.differences != [])'""",
)
@json_option
@click.pass_context
def check(context: click.Context, as_json: bool) -> None:
    """Compare every golden page with its record.

    Exits with 1 where one is read otherwise.
    """
    from newsdata.extractors.golden import check_rules

    results = check_rules()
    if as_json:
        echo_json([{"name": name, "differences": found} for name, found in results])
    else:
        for name, found in results:
            say(f"{name}: {'; '.join(found) if found else 'reads its golden page as expected'}")
    if any(found for _, found in results):
        context.exit(1)
