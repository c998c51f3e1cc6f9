"""``newsdata validate``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any

import click

from newsdata.cli.common import (
    check_names,
    echo_json,
    json_option,
    output,
    say,
    shorten,
    sources_argument,
    table,
)
from newsdata.cli.interrupts import Interrupts
from newsdata.cli.limits import limit_options, limits_of
from newsdata.cli.memory import keep_memory

if TYPE_CHECKING:
    from newsdata.checks.files import Targets
    from newsdata.records import Rejected

#: Rejected records that are shown as they are found; all are counted.
SHOWN = 100


@click.command(
    name="validate",
    epilog="""\b
Examples:
  newsdata validate records.jsonl
  newsdata validate records.jsonl.zst --rejects bad.jsonl -o good.jsonl
  newsdata validate records.jsonl -o good.parquet --rejects bad.jsonl --workers 4
  newsdata validate records.jsonl --schema mine.json --json --max-line 1MB
  newsdata validate records.jsonl --reference --sample 1000
  cat records.jsonl | newsdata validate -""",
)
@sources_argument
@click.option("--schema", "schema_path", help="JSON Schema; without it, that of articles.")
@click.option("--rejects", help="Write what is rejected here, one line of JSON each.")
@click.option(
    "--reference", is_flag=True, help="Ask jsonschema, the reference validator, as well: slow."
)
@click.option("--sample", type=click.IntRange(1), help="With --reference: judge so many records.")
@click.option(
    "-o",
    "--output",
    "target",
    help="Write the valid records here, byte for byte; as Parquet where it ends in .parquet.",
)
@click.option("--parquet", help="Write the valid records here as Parquet.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    envvar="NEWSDATA_WORKERS",
    help="Processes to use; without it, one for each processor.",
)
@click.option(
    "--show", type=click.IntRange(0), default=SHOWN, help="Rejected records to show; 100."
)
@limit_options
@click.option(
    "-q", "--quiet", is_flag=True, help="Print no more than errors; the exit code tells."
)
@json_option
@click.pass_context
def command(
    context: click.Context,
    /,
    sources: tuple[str, ...],
    schema_path: str | None,
    rejects: str | None,
    target: str | None,
    reference: bool,
    sample: int | None,
    parquet: str | None,
    workers: int | None,
    show: int,
    quiet: bool,
    as_json: bool,
    **limits: int | None,
) -> None:
    """Check the records of SOURCE... (JSON Lines, JSON arrays) and print only what is wrong.

    Judged are the JSON text (UTF-8, doubled keys, NaN, half surrogates, depth, length) and the
    JSON Schema. Each fault says where it is, what was found and what was expected. Every record
    ends as valid or rejected; the output has the same bytes whatever the number of workers.

    Parquet has the columns that follow from the schema (newsdata schema --arrow); a valid record
    that no column can hold is rejected then (not-representable). Repaired rejects go through
    again with newsdata replay.

    With --reference the reference validator judges the same records, or a sample of them:
    differences that are known are counted by name, any other is shown and exits with 1.

    Exits with 1 where a record is rejected. Ctrl-C and SIGTERM leave complete outputs of what was
    done, say how far that is, and exit with 130 and 143.
    """
    from newsdata.checks.files import Options, validate_files

    keep_memory()
    if reference or sample is not None:
        from newsdata.cli.opinions import compare

        wanted = reference, sample, (target, parquet, rejects)
        context.exit(compare(sources, schema_path, wanted, quiet, as_json))
    check_names({"-o": target, "--parquet": parquet, "--rejects": rejects}, as_json)
    options = Options(schema_path, workers, limits_of(limits))
    report = Shown(0 if quiet or as_json else show)
    with Interrupts() as interrupts:
        with ExitStack() as stack:
            targets = targets_of(stack, target, parquet, rejects)
            summary = validate_files(sources, targets, options, report, interrupts.waiting)
        if as_json:
            echo_json(summary)
        elif not quiet:
            report.end()
            show_summary(summary)
        if summary["interrupted"]:
            _say_how_far(summary)
            context.exit(interrupts.code)
    if summary["rejected"]:
        context.exit(1)


class Shown:
    """Prints rejections as they come, up to a number of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._more = 0

    def __call__(self, rejected: Rejected) -> None:
        """Show one rejection, or count it."""
        if self._most <= 0:
            self._more += 1
            return
        self._most -= 1
        for fault in rejected.faults:
            place = f"{rejected.place} {fault.pointer}".rstrip()
            say(f"{place}: {fault.code}: {fault.message}")

    def end(self) -> None:
        """Say how many were not shown."""
        if self._more:
            say(f"... and {self._more} more rejected records; --rejects FILE gets all of them")


def is_parquet_name(name: str) -> bool:
    """Whether an output's name asks for Parquet."""
    return name.lower().endswith(".parquet")


def targets_of(
    stack: ExitStack, target: str | None, parquet: str | None, rejects: str | None
) -> Targets:
    """The outputs opened; rejects are renamed last, when all valid records are in place."""
    from newsdata.checks.files import Targets

    if target is not None and is_parquet_name(target):
        if parquet is not None:
            raise click.UsageError("-o with a name in .parquet and --parquet exclude each other")
        target, parquet = None, target

    def opened(name: str | None) -> IO[bytes] | None:
        return None if name is None else stack.enter_context(output(name))

    bad = opened(rejects)
    return Targets(opened(target), opened(parquet), bad)


def show_summary(summary: Mapping[str, Any]) -> None:
    """Counts, and the reasons with an example of each, for people."""
    say(f"{summary['valid']} valid, {summary['rejected']} rejected")
    rows = []
    for code, count in summary["reasons"].items():
        example = summary["examples"][code][0]
        line = "" if example["line"] is None else f":{example['line']}"
        where = f"{example['path']}{line} {example['pointer']}".rstrip()
        rows.append((code, count, where, shorten(example["message"], 80)))
    if rows:
        table(("reason", "records", "first at", "example"), rows, err=True)
    for notice, count in summary["notices"].items():
        say(f"notice: {notice}: {count} records")


def _say_how_far(summary: Mapping[str, Any]) -> None:
    reached = summary["interrupted"]
    say(
        f"newsdata: interrupted after {summary['read']} records, at byte {reached['bytes']} of "
        f"{reached['path']} ({reached['lines']} lines of it); the outputs are complete up to there"
    )
