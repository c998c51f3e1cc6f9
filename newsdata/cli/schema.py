"""``newsdata schema``."""

from __future__ import annotations

import json

import click

from newsdata.cli.common import echo_json, json_option, table


@click.command(
    name="schema",
    epilog="""\b
Examples:
  newsdata schema                         the table of fields
  newsdata schema --json > article.schema.json
  newsdata schema --arrow                 the columns
  newsdata schema --file mine.json        check another schema""",
)
@click.option("--file", "path", help="Another JSON Schema than that of articles.")
@click.option("--arrow", is_flag=True, help="Print the Arrow columns made of it.")
@click.option("--codes", is_flag=True, help="Print the reason codes and what they mean.")
@json_option
def command(path: str | None, arrow: bool, codes: bool, as_json: bool) -> None:
    """Print and check the schema of records: a table, JSON, or Arrow columns."""
    from newsdata.reasons import REASONS
    from newsdata.sources.documents import article_schema, load_schema

    if codes:
        if as_json:
            echo_json(REASONS)
        else:
            table(("code", "meaning"), REASONS.items())
        return
    schema = load_schema(path) if path else article_schema()
    if as_json:
        click.echo(json.dumps(schema.document, ensure_ascii=False, indent=2))
    elif arrow:
        for field in schema.arrow:
            click.echo(f"{field.name}: {field.type}")
    else:
        rows = [
            (name, type_words(sub), sub.get("description", "") if isinstance(sub, dict) else "")
            for name, sub in schema.properties.items()
        ]
        table(("field", "type", "meaning"), rows)


def type_words(sub: object) -> str:
    """The JSON types of a property in words."""
    if not isinstance(sub, dict):
        return "any"
    kinds = sub.get("type", "any")
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    inner = sub.get("items")
    if "array" in names and isinstance(inner, dict):
        names = [f"array of {inner.get('type', 'any')}" if n == "array" else n for n in names]
    shown = " or ".join(str(n) for n in names)
    return f"{shown} ({sub['format']})" if "format" in sub else shown
