"""``newsdata export``."""

from __future__ import annotations

import click

from newsdata.cli.common import archive_option, chosen_release, echo_json, json_option, output, say
from newsdata.cli.interrupts import cleanly
from newsdata.storage import Location

FORMATS = ("jsonl", "csv", "ninjs", "jsonld", "bagit", "eu-summary", "eu-summary-json")


@click.command(
    name="export",
    epilog="""\b
Examples:
  newsdata export 1.0.0 -a my-archive --format jsonl -o news.jsonl
  newsdata export -f csv --excel -o news.csv           the newest release of the archive we are in
  newsdata export -f csv --excel --delimiter ';' -o news.csv      where Excel splits at semicolons
  newsdata export my-archive/releases/1.0.0 -f ninjs | head -1 | jq
  newsdata export -f jsonl --config duplicates -o duplicates.jsonl
  newsdata export 1.0.0 -f bagit -o news-1.0.0-bag
  newsdata export 1.0.0 -f eu-summary -o summary-of-training-content.md""",
)
@click.argument("which", metavar="[VERSION|DIR]", required=False)
@archive_option
@click.option(
    "--format", "-f", "format_", type=click.Choice(FORMATS), required=True, help="What to write."
)
@click.option("-o", "--output", "target", help="The file, or the bag; without it stdout.")
@click.option("--config", help="Another table of the release than its articles.")
@click.option("--split", help="Only this split of it.")
@click.option("--columns", metavar="A,B", help="Only these fields, in this order.")
@click.option("--excel", is_flag=True, help="CSV that Excel opens as it should.")
@click.option("--delimiter", metavar="C", default=",", help="Of CSV; without it a comma.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but records and errors.")
@json_option
@cleanly()
def command(
    which: str | None,
    archive: Location | None,
    format_: str,
    target: str | None,
    config: str | None,
    split: str | None,
    columns: str | None,
    excel: bool,
    delimiter: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write a sealed release in another format: the release VERSION, the newest one, or DIR.

    jsonl: one JSON record a line, which newsdata build reads back as the same articles. csv: a
    table, lists and objects as JSON text; with --excel UTF-8 with a byte order mark, parts of
    objects in columns of their own, lists joined by "; ", and an apostrophe before what Excel
    would calculate. ninjs: ninjs 3.1 of the IPTC. jsonld: schema.org NewsArticle. bagit: the whole
    release as a bag of RFC 8493, a new directory. eu-summary: the template of the European
    Commission for the public summary of training content, with what the release can tell (of the
    split train, where it has splits); what only the provider of a model knows is taken from the
    table [eu_summary] of newsdata.toml or left as a marked blank.

    The same release and options give the same bytes. The release is checked before it is read.
    """
    from newsdata.api import export

    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise click.BadParameter(
            f"found {delimiter!r}, expected one character", param_hint="--delimiter"
        )
    if format_ == "bagit" and target in (None, "-"):
        raise click.UsageError("bagit makes a directory: give it a name with -o")
    if as_json and target in (None, "-"):
        raise click.UsageError("--json and records on stdout exclude each other")
    path, version = chosen_release(which, archive)
    names = None
    if columns is not None:
        names = [name.strip() for name in columns.split(",") if name.strip()]
        if not names:
            raise click.BadParameter("names no field", param_hint="--columns")
    if format_ == "bagit":
        done = export(
            path, format_, str(target), version=version, config=config, split=split,
            columns=names, excel=excel, delimiter=delimiter,
        )  # fmt: skip
    else:
        with output(target) as stream:
            done = export(
                path, format_, stream, version=version, config=config, split=split,
                columns=names, excel=excel, delimiter=delimiter,
            )  # fmt: skip
    if as_json:
        echo_json(done.to_dict())
    elif not quiet:
        say(f"{done.rows} {'files' if format_ == 'bagit' else 'rows'}")
        for note, count in done.notes.items():
            say(f"note: {count} {note}")
