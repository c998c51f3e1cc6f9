"""``newsdata release``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from newsdata.cli.common import archive_option, archive_path, echo_json, json_option, say


@click.command(
    name="release",
    epilog="""\b
Examples:
  newsdata release -a my-archive                proposes a version and says why
  newsdata release 1.0.0 -a my-archive
  newsdata release 1.1.0 -a my-archive --date 2024-06-30 --require id,title,text
  newsdata release 1.0.0 -a my-archive --rebuild /tmp/1.0.0
  newsdata release 1.1.0 -a my-archive --strict   only with a card that is filled in""",
)
@click.argument("version", required=False)
@archive_option
@click.option("--date", help="Date in the release; else that of its newest article.")
@click.option("--require", help="Fields an article must have, joined by commas.")
@click.option("--rebuild", type=click.Path(path_type=Path), help="Make an old release again here.")
@click.option(
    "--strict", is_flag=True, help="Seal nothing while the card lacks what only you can say."
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but the path, and errors.")
@json_option
def command(
    version: str | None,
    archive: Path | None,
    date: str | None,
    require: str | None,
    rebuild: Path | None,
    strict: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Seal the articles of an archive as the immutable release VERSION.

    Prints the path of the release. Without VERSION it proposes the next one, says why, and
    seals nothing. A version that is there with the same content is fine; with other content it
    is refused. With --strict the exit code is 1 while limits, biases, personal data or uses are
    not written in the [card] of newsdata.toml. With --rebuild, makes a sealed VERSION again from
    the ledger, in a new directory.
    """
    from newsdata import publishing
    from newsdata.publishing import describe, how_to_fill, release
    from newsdata.releases import parse_require

    path = archive_path(archive)
    if rebuild is not None:
        if version is None or date is not None or require is not None:
            raise click.UsageError("--rebuild needs a VERSION, and neither --date nor --require")
        click.echo(publishing.rebuild(version, path, rebuild).path)
        return
    released = release(
        version,
        path,
        date=date,
        epoch=os.environ.get("SOURCE_DATE_EPOCH"),
        require=parse_require(require) if require is not None else None,
        strict=strict,
    )
    if released.lacking:
        for line in how_to_fill(released.lacking, str(path / "newsdata.toml")):
            say(line)
        if as_json:
            echo_json(describe(released))
        click.get_current_context().exit(1)
    if as_json:
        echo_json(describe(released))
        return
    if released.sealed is None:
        click.echo(released.proposal.version)
        if not quiet:
            say(f"proposed: {released.proposal.version}, because {released.proposal.reason}")
        return
    if not quiet:
        manifest = released.sealed.manifest
        fate = "sealed" if released.sealed.created else "was there already with the same content"
        say(f"release {manifest['version']}: {manifest['rows']} articles, {fate}")
        for reason, count in manifest["left_out"].items():
            say(f"  left out: {count} {reason}")
        for key in released.sealed.differs:
            say(f"  note: {key} would be another today")
        if released.warning:
            say(f"  warning: {released.warning}")
    click.echo(released.sealed.path)
