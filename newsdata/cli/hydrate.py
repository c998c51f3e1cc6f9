"""``newsdata hydrate``."""

from __future__ import annotations

from pathlib import Path

import click

from newsdata.cli.common import LOCAL, PLACE, echo_json, json_option, say
from newsdata.cli.interrupts import cleanly
from newsdata.storage import Location


@click.command(
    name="hydrate",
    epilog="""\b
Examples:
  newsdata hydrate 1.0.0 --from my-archive               says what could be filled in
  newsdata hydrate 1.0.0 --from my-archive -o full/1.0.0""",
)
@click.argument("directory", metavar="DIR", type=LOCAL)
@click.option(
    "--from",
    "archive",
    required=True,
    metavar="ARCHIVE",
    type=PLACE,
    help="The archive that has the texts.",
)
@click.option("-o", "target", type=LOCAL, help="Write the filled-in release here.")
@json_option
@click.pass_context
@cleanly()
def command(
    context: click.Context, directory: Path, archive: Location, target: Path | None, as_json: bool
) -> None:
    """Fill in the texts that the release DIR left out, from an ARCHIVE that has them.

    A text is taken only where it has the fingerprint that the release names. Rows match, are
    changed (the archive has the article with other texts) or missing. Exits with 1 unless all
    match; what was filled in from a whole archive has the content hash of the full release.
    """
    from newsdata.hydration import hydrate

    found = hydrate(directory, archive, target)
    if as_json:
        echo_json(found.to_dict())
    else:
        say(", ".join(f"{count} {fate}" for fate, count in found.counts.items()))
        for fate, ids in found.ids.items():
            for id_ in ids[:10]:
                say(f"  {fate}: {id_}")
            if len(ids) > 10:
                say(f"  and {len(ids) - 10} more {fate}: --json lists all")
        if found.path is not None:
            click.echo(found.path)
    if found.counts["changed"] or found.counts["missing"]:
        context.exit(1)
