"""``newsdata replay``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from newsdata.cli.common import echo_json, json_option, output
from newsdata.cli.limits import limit_options, limits_of
from newsdata.cli.validate import SHOWN, Shown, check_names, is_parquet_name, show_summary

if TYPE_CHECKING:
    from newsdata.checks.files import Writer


@click.command(
    name="replay",
    epilog="""\b
Examples:
  newsdata validate records.jsonl -o good.jsonl --rejects bad.jsonl
  jq -c '.repaired = (.raw | fromjson | .title = "A title")' bad.jsonl > mended.jsonl
  newsdata replay mended.jsonl                      what would pass; changes nothing
  newsdata replay mended.jsonl -o good.jsonl        adds what passes, keeps the others
  newsdata replay bad.jsonl --schema wider.json -o good.parquet --rejects still-bad.jsonl""",
)
@click.argument("path", metavar="REJECTS")
@click.option("--schema", "schema_path", help="JSON Schema; without it, that of articles.")
@click.option(
    "-o",
    "--output",
    "target",
    help="Add the records that are valid now to this file; Parquet where it ends in .parquet.",
)
@click.option(
    "--rejects", help="Write what is still wrong here; without it, back to REJECTS (with -o)."
)
@click.option(
    "--show", type=click.IntRange(0), default=SHOWN, help="Rejected records to show; 100."
)
@limit_options
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    /,
    path: str,
    schema_path: str | None,
    target: str | None,
    rejects: str | None,
    show: int,
    quiet: bool,
    as_json: bool,
    **limits: int | None,
) -> None:
    """Put the records of REJECTS, a file of validate --rejects, through again.

    To repair a record, change its "raw" (with "raw_encoding": "utf-8"), or add "repaired": the
    record itself. With -o, what is valid now is added to the output, and what is still wrong
    stays in REJECTS: together they hold what they held before, each record once. Raw bytes that
    were cut, and faults of the file itself, stay until "repaired" is given.

    Exits with 1 where a record is still wrong.
    """
    from newsdata.checks.files import Options, Targets
    from newsdata.checks.replay import replay

    if target is not None and rejects is None and path != "-":
        rejects = path
    check_names({"-o": target, "--rejects": rejects}, as_json)
    report = Shown(0 if quiet or as_json else show)
    options = Options(schema_path, None, limits_of(limits))
    with ExitStack() as stack:
        bad = None if rejects is None else stack.enter_context(output(rejects))
        good: IO[bytes] | None = None
        earlier: Callable[[Writer], None] | None = None
        is_table = target is not None and is_parquet_name(target)
        if target is not None:
            good = stack.enter_context(output(target))
            if Path(target).is_file():
                earlier = _table_before(target) if is_table else _lines_before(target, good)
        targets = Targets(None if is_table else good, good if is_table else None, bad)
        summary = replay(path, targets, options, report, earlier)
    if as_json:
        echo_json(summary)
    elif not quiet:
        report.end()
        show_summary(summary)
    if summary["rejected"]:
        context.exit(1)


def _lines_before(target: str, stream: IO[bytes]) -> Callable[[Writer], None]:
    """What the output holds already, copied before anything is added."""

    def copy(_writer: Writer) -> None:
        with open(target, "rb") as before:
            shutil.copyfileobj(before, stream, 1 << 20)
            ended = before.tell() == 0 or (before.seek(-1, 2) >= 0 and before.read(1) == b"\n")
        if not ended:
            stream.write(b"\n")

    return copy


def _table_before(target: str) -> Callable[[Writer], None]:
    return lambda writer: writer.add_table(target)
