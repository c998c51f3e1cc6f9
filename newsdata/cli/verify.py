"""``newsdata verify``."""

from __future__ import annotations

import click

from newsdata.cli.common import (
    PLACE,
    archive_option,
    archive_path,
    echo_json,
    grow_in_place,
    json_option,
    say,
    table,
)
from newsdata.storage import Location


@click.command(
    name="verify",
    epilog="""\b
Examples:
  newsdata verify my-archive
  newsdata verify my-archive/releases/1.0.0     needs no archive
  newsdata verify && echo all is well           inside an archive""",
)
@click.argument("directory", metavar="[DIR]", required=False, type=PLACE)
@archive_option
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but findings and errors.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    directory: Location | None,
    archive: Location | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Recompute every checksum and count of the archive or release DIR; name what is damaged.

    Exits with 1 where anything is.
    """
    grow_in_place()
    from newsdata.audit import verify

    path = directory or archive_path(archive)
    findings = verify(path)
    if as_json:
        echo_json({"path": str(path), "findings": [f.to_dict() for f in findings]})
    elif findings:
        rows = [(f.file, f.code, f.found, f.expected) for f in findings]
        table(("where", "what", "found", "expected"), rows)
    elif not quiet:
        say(f"{path}: all is well")
    if findings:
        context.exit(1)
