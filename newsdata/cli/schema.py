"""``newsdata schema``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from newsdata.cli.common import echo_json, json_option, table

if TYPE_CHECKING:
    from newsdata.schema import Schema


@click.command(
    name="schema",
    epilog="""\b
Examples:
  newsdata schema                         the table of fields
  newsdata schema codes                   the reason codes and what they mean
  newsdata schema json > article.schema.json
  newsdata schema columns                 the Arrow columns
  newsdata schema features --file mine.json    another schema, checked first""",
)
@click.argument(
    "view",
    required=False,
    type=click.Choice(["fields", "codes", "json", "columns", "features", "roles"]),
)
@click.option("--file", "path", help="Another JSON Schema than that of articles.")
@click.option("--arrow", is_flag=True, hidden=True, help="The same as `columns`.")
@click.option("--codes", is_flag=True, hidden=True, help="The same as `codes`.")
@json_option
def command(view: str | None, path: str | None, arrow: bool, codes: bool, as_json: bool) -> None:
    """Print and check the schema of records: its fields, the reason codes, JSON, Arrow columns,
    datasets.Features, or which field plays which role.

    A schema may be of draft 4, 6, 7, 2019-09 or 2020-12 and may refer to files beside it; they
    are printed as one document. One that is wrong is told with its place, and exits with 3.
    """
    from newsdata.sources.documents import article_schema, load_schema

    view = view or ("codes" if codes else "columns" if arrow else "json" if as_json else "fields")
    if view == "codes":
        _codes(as_json)
        return
    VIEWS[view](load_schema(path) if path else article_schema(), as_json)


def _codes(as_json: bool) -> None:
    from newsdata.reasons import REASONS

    if as_json:
        echo_json(REASONS)
    else:
        table(("code", "meaning"), REASONS.items())


def _json(schema: Schema, _as_json: bool) -> None:
    click.echo(schema.text.decode(), nl=False)


def _fields(schema: Schema, as_json: bool) -> None:
    rows = [
        (name, type_words(words), str(words.get("description", "")))
        for name, words in schema.properties.items()
    ]
    if as_json:
        echo_json({name: {"type": kind, "meaning": text} for name, kind, text in rows})
    else:
        table(("field", "type", "meaning"), rows)


def _columns(schema: Schema, as_json: bool) -> None:
    columns = {field.name: str(field.type) for field in schema.arrow}
    if as_json:
        echo_json(columns)
    else:
        for name, kind in columns.items():
            click.echo(f"{name}: {kind}")


def _features(schema: Schema, as_json: bool) -> None:
    if as_json:
        echo_json(schema.features.to_dict())
    else:
        for name, feature in schema.features.items():
            click.echo(f"{name}: {feature}")


def _roles(schema: Schema, as_json: bool) -> None:
    if as_json:
        echo_json(dict(schema.roles))
    else:
        table(("role", "field"), schema.roles.items())


#: View -> what prints it of a schema.
VIEWS: dict[str, Callable[[Schema, bool], None]] = {
    "json": _json,
    "fields": _fields,
    "columns": _columns,
    "features": _features,
    "roles": _roles,
}


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
