"""``newsdata extract``."""

from __future__ import annotations

import json

import click

from newsdata.cli.common import input_options, mapping_of, output, say, sources_argument, tables_of


@click.command(
    name="extract",
    epilog="""\b
Examples:
  newsdata extract page.txt --url https://belta.by/politics/view/name-1-2023
  newsdata extract pages/ -o records.jsonl
  newsdata extract page.html | jq '{title, author, photographer}'""",
)
@sources_argument
@click.option("-o", "--output", "target", help="Write the records here instead of stdout.")
@input_options
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but records and errors.")
def command(
    sources: tuple[str, ...],
    target: str | None,
    pairs: tuple[str, ...],
    url: str | None,
    source: str | None,
    timezone: str | None,
    kind: str | None,
    people: str | None,
    topics: str | None,
    split_lists: bool,
    quiet: bool,
) -> None:
    """Turn pages into records, one line of JSON each, and nothing else.

    Nothing is validated: a record may lack its title or text. What is no article at all is named
    on stderr with its reason.
    """
    from newsdata.pipeline import Options, extract_sources
    from newsdata.records import Rejected

    tables = tables_of(people, topics)
    options = Options(
        mapping_of(pairs), url, source, timezone, kind, tables=tables, split_lists=split_lists
    )
    records = rejected = 0
    with output(target) as stream:
        for found in extract_sources(sources, options):
            if isinstance(found, Rejected):
                rejected += 1
                say(f"{found.place}: {found.code}: {found.message}")
                continue
            records += 1
            stream.write(json.dumps(found.to_dict(), ensure_ascii=False).encode() + b"\n")
    if not quiet:
        say(f"{records} records, {rejected} rejected")
