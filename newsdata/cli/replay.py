"""``newsdata replay``."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from newsdata.cli.common import check_names, echo_json, json_option, output, say
from newsdata.cli.limits import limit_options, limits_of
from newsdata.cli.validate import SHOWN, Shown, is_parquet_name, show_summary
from newsdata.errors import SourceError

if TYPE_CHECKING:
    from newsdata.checks.files import Options, Writer


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
    stays in REJECTS: together they hold what they held before, each record once. Where a run is
    killed between the two files, the next one finishes it first. With --rejects REJECTS stays as
    it is, and a run that was done already adds nothing again: a hidden file beside the other
    rejects tells. Raw bytes that were cut, and
    faults of the file itself, stay until "repaired" is given.

    Exits with 1 where a record is still wrong.
    """
    from newsdata.checks.files import Options, Targets
    from newsdata.checks.replay import replay

    if target is not None and rejects is None and path != "-":
        rejects = path
    check_names({"-o": target, "--rejects": rejects}, as_json)
    report = Shown(0 if quiet or as_json else show)
    options = Options(schema_path, None, limits_of(limits))
    outputs = Outputs(path, target, rejects, _asked(options))
    summary = outputs.finish_earlier()
    if summary is None:
        with ExitStack() as stack:
            good, bad, note = outputs.opened(stack)
            earlier: Callable[[Writer], None] | None = None
            is_table = target is not None and is_parquet_name(target)
            if target is not None and good is not None and Path(target).is_file():
                earlier = _table_before(target) if is_table else _lines_before(target, good)
            targets = Targets(None if is_table else good, good if is_table else None, bad)
            summary = note["summary"] = replay(path, targets, options, report, earlier)
    if as_json:
        echo_json(summary)
    elif not quiet:
        report.end()
        show_summary(summary)
    if summary["rejected"]:
        context.exit(1)


class Outputs:
    """The output and the rejects of one replay, which change together or not at all."""

    def __init__(self, path: str, target: str | None, rejects: str | None, asked: str) -> None:
        self._path, self._target, self._rejects = path, target, rejects
        self._asked = asked
        self._journal: Path | None = None
        self._done: Path | None = None
        if path != "-" and all(name and _is_regular(name) for name in (target, rejects)):
            place = Path(str(rejects))
            self._journal = place.with_name(f".{place.name}-replay.json")
            if not self._before()["in_place"]:
                self._done = place.with_name(f".{place.name}-replay-done.json")

    def finish_earlier(self) -> dict[str, Any] | None:
        """End what an earlier run was killed in; its summary where it was this very run, also
        where that came to its end.

        A run that writes back to REJECTS goes on with what is left of it. Raises SourceError
        where REJECTS was changed since.
        """
        from newsdata.exporters.together import begun, finish

        note = begun(self._journal) if self._journal is not None else None
        if note is None or self._journal is None:
            return self._done_already()
        before = note["before"]
        if before["in_place"] and self._sha256() not in (None, note["after"], before["sha256"]):
            raise SourceError(
                f"{self._path}: changed after a replay was interrupted that had yet to replace "
                f"it; to keep the change, move the file away and run again; the records that "
                f"passed are in {before['target']}"
            )
        same = before == self._before()
        finish(self._journal, None if before["in_place"] else self._done)
        say(f"newsdata: finished the replay into {before['target']} that was interrupted")
        return note["summary"] if same and not before["in_place"] else None

    def _done_already(self) -> dict[str, Any] | None:
        """The summary of this very run where it was done and its files are as it left them."""
        from newsdata.exporters.together import begun, state_of

        note = begun(self._done) if self._done is not None else None
        rejects, target = Path(str(self._rejects)), Path(str(self._target))
        if note is None or note["before"] != self._before() or not rejects.is_file():
            return None
        if note["made"] != state_of(target) or note["after"] != _sha256(rejects):
            return None
        say(f"newsdata: this replay was done already: nothing was added to {target} again")
        summary: dict[str, Any] = note["summary"]
        return summary

    def _before(self) -> dict[str, Any]:
        rejects, path = Path(str(self._rejects)), Path(self._path)
        return {
            "target": str(Path(str(self._target)).absolute()),
            "sha256": self._sha256(),
            "asked": self._asked,
            "in_place": rejects.exists() and path.exists() and rejects.samefile(path),
        }

    def _sha256(self) -> str | None:
        return _sha256(Path(self._path)) if Path(self._path).is_file() else None

    def opened(
        self, stack: ExitStack
    ) -> tuple[IO[bytes] | None, IO[bytes] | None, dict[str, Any]]:
        """The streams for what is valid and what is not, and what to note the summary in."""
        if self._journal is None:
            bad = None if self._rejects is None else stack.enter_context(output(self._rejects))
            good = None if self._target is None else stack.enter_context(output(self._target))
            return good, bad, {}
        from newsdata.exporters.together import files_together

        paths = [Path(str(self._target)), Path(str(self._rejects))]
        made = stack.enter_context(files_together(paths, self._journal, self._done))
        made.note["before"] = self._before()
        return made.streams[0], made.streams[1], made.note


def _asked(options: Options) -> str:
    """What decides, besides the rejects, which of them are valid."""
    from newsdata import __version__
    from newsdata.checks.files import schema_at

    return repr((schema_at(options.schema).digest, options.limits, __version__))


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_regular(name: str) -> bool:
    return name != "-" and (not Path(name).exists() or Path(name).is_file())


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
