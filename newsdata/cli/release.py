"""``newsdata release``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from newsdata.cli.common import (
    LOCAL,
    archive_option,
    archive_path,
    echo_json,
    grow_in_place,
    json_option,
    say,
)
from newsdata.cli.interrupts import cleanly
from newsdata.storage import Location

#: As newsdata.training.preparation has them, which is not loaded for --help.
LEAKS = ("drop", "keep")


@click.command(
    name="release",
    epilog="""\b
Examples:
  newsdata release -a my-archive                proposes a version and says why
  newsdata release 1.0.0 -a my-archive
  newsdata release 1.1.0 -a my-archive --date 2024-06-30 --require id,title,text
  newsdata release 1.0.0 -a my-archive --rebuild rebuilt/1.0.0
  newsdata release 1.0.0 -a my-archive --without text,lead,images.caption
  newsdata release 1.1.0 -a my-archive --strict   only with a card that is filled in
  newsdata release 1.0.0 --split time:2024-01-01,2024-07-01 --training --redact email,phone
  newsdata release 1.0.0 --split share:90,5,5 --quality gopher,c4 --language ru
  newsdata release 1.0.0 --configs text,headlines --tokenizer tokenizer.json""",
)
@click.argument("version", required=False)
@archive_option
@click.option("--date", help="Date in the release; else that of its newest article.")
@click.option("--require", help="Fields an article must have, joined by commas.")
@click.option("--without", help="Fields whose texts are left out, joined by commas.")
@click.option("--rebuild", type=LOCAL, help="Make an old release again here.")
@click.option(
    "--strict", is_flag=True, help="Seal nothing while the card lacks what only you can say."
)
@click.option("--split", metavar="RULE", help="time:DAY[,DAY], share:90,5,5 or source:test=HOST.")
@click.option("--split-seed", "seed", type=int, help="Another seed for the hashes of share.")
@click.option("--leaks", type=click.Choice(LEAKS), help="What becomes of leaks; without it: drop.")
@click.option("--rubric", multiple=True, help="Only articles of this rubric; repeated: of these.")
@click.option("--language", multiple=True, help="Only articles in this language; repeatable.")
@click.option("--source", multiple=True, help="Only articles of this source; repeatable.")
@click.option("--since", metavar="DAY", help="Only articles from this day (UTC) or time on.")
@click.option("--until", metavar="DAY", help="Only articles before this day (UTC) or time.")
@click.option("--min-length", type=click.IntRange(0), help="Least characters of a text.")
@click.option("--max-length", type=click.IntRange(0), help="Most characters of a text.")
@click.option("--training", is_flag=True, help="Leave out what reserves text and data mining.")
@click.option("--quality", metavar="A,B", help="Leave out what breaks rules: gopher, c4, fineweb.")
@click.option("--configs", metavar="A,B", help="Also: text, headlines, summaries, rubrics.")
@click.option(
    "--tokenizer",
    "tokenizer_file",
    type=click.Path(path_type=Path),
    help="Count the tokens of --configs by this tokenizer.json.",
)
@click.option("--redact", metavar="A,B", help="Make unreadable: email, phone, ip.")
@click.option(
    "--pseudonymise", metavar="A,B", help="Replace names of: author, photographer, people."
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help="The secret key of --pseudonymise, at least 16 bytes; never in a release.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but the path, and errors.")
@json_option
@cleanly()
def command(
    version: str | None,
    archive: Location | None,
    date: str | None,
    require: str | None,
    without: str | None,
    rebuild: Path | None,
    strict: bool,
    key_file: Path | None,
    tokenizer_file: Path | None,
    quiet: bool,
    as_json: bool,
    **prepare: Any,
) -> None:
    """Seal the articles of an archive as the immutable release VERSION.

    Prints the path of the release. Without VERSION it proposes the next one, says why, and
    seals nothing. A version that is there with the same content is fine; with other content it
    is refused. With --strict the exit code is 1 while limits, biases, personal data or uses are
    not written in the [card] of newsdata.toml. With --rebuild, makes a sealed VERSION again from
    the ledger, in a new directory. With --without, the texts of some fields (text, lead,
    images.caption) are null and their fingerprints stand beside them; `newsdata hydrate` fills
    them in for who owns copies. The options for training need the texts and would hand them on, so
    they go with no --without.

    For training: with --split every article has a side that follows from it alone, so adding
    articles never moves an old one, and what is near, contained in or contains a text of train is
    left out of the other sides (leaks.csv says which). What filters leave out stands with its
    reason in left-out.csv. --configs adds shuffled tables for trainers, each row with a weight by
    its copies; with --tokenizer also with its number of tokens (pip install 'newsdata[tokens]').
    --redact and --pseudonymise rewrite all texts, captions and credits.
    """
    grow_in_place()
    from newsdata import publishing
    from newsdata.publishing import describe, how_to_fill, release
    from newsdata.releases import parse_require
    from newsdata.sources.documents import read_bytes
    from newsdata.training.preparation import make

    key = read_bytes(str(key_file)) if key_file is not None else None
    tokenizer = read_bytes(str(tokenizer_file)) if tokenizer_file is not None else None
    path = archive_path(archive)
    if rebuild is not None:
        others = date, require, without
        if version is None or others != (None, None, None) or any(prepare.values()):
            raise click.UsageError(
                "--rebuild needs a VERSION, and nothing else that decides what is in a release"
            )
        click.echo(publishing.rebuild(version, path, rebuild, key, tokenizer).path)
        return
    fields = parse_require(without) if without is not None else ()
    if without is not None and not fields:  # a variable that is not set must not pass texts on
        raise click.BadParameter("names no field", param_hint="'--without'")
    released = release(
        version,
        path,
        date=date,
        epoch=os.environ.get("SOURCE_DATE_EPOCH"),
        require=parse_require(require) if require is not None else None,
        strict=strict,
        preparation=make({**prepare, "key": key, "tokenizer": tokenizer}),
        without=fields,
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
        for name in released.sealed.differs:
            say(f"  note: {name} would be another today")
        if released.warning:
            say(f"  warning: {released.warning}")
    click.echo(released.sealed.path)
