"""The command line: parse, call one library function, print, exit.

Exit codes: 0 fine, 1 data found wanting, 2 usage, 3 could not run, 70 our own bug; 130 after
Ctrl-C, 143 after SIGTERM. Records go to standard output, words for people to standard error,
``--json`` to standard output.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import NoReturn

import click

from newsdata.cli.common import say
from newsdata.cli.interrupts import Terminated
from newsdata.cli.lazy import LazyGroup
from newsdata.errors import NewsdataError

#: Command -> (module, one line for --help). The module is imported when the command runs.
COMMANDS = {
    "init": ("newsdata.cli.init", "Make a new archive with its settings."),
    "build": ("newsdata.cli.build", "Read pages and records into an archive: the main job."),
    "reextract": ("newsdata.cli.reextract", "Read kept pages again when rules improve."),
    "release": ("newsdata.cli.release", "Seal an immutable release of an archive."),
    "export": (
        "newsdata.cli.export",
        "Write a release as JSON Lines, CSV, ninjs, JSON-LD, BagIt.",
    ),
    "push": ("newsdata.cli.push", "Put a release on the Hugging Face Hub."),
    "extract": ("newsdata.cli.extract", "Turn pages into records, nothing else."),
    "explain": ("newsdata.cli.explain", "Show what every line of a page is taken for, and why."),
    "validate": ("newsdata.cli.validate", "Check records against a JSON Schema."),
    "replay": ("newsdata.cli.replay", "Put repaired rejects of validate through again."),
    "dedup": ("newsdata.cli.dedup", "Deduplicate records of any shape, without an archive."),
    "log": ("newsdata.cli.log", "List batches and releases, or the inputs of one batch."),
    "show": ("newsdata.cli.show", "Show one article with its whole history."),
    "stats": ("newsdata.cli.stats", "Count articles by rubric, month, author and more."),
    "leaks": ("newsdata.cli.leaks", "Find texts that leak from training into evaluation."),
    "diff": ("newsdata.cli.diff", "List what changed between two releases."),
    "health": ("newsdata.cli.health", "Tell silent sources and fields that vanished."),
    "hydrate": ("newsdata.cli.hydrate", "Fill in the texts that a release left out."),
    "verify": ("newsdata.cli.verify", "Check an archive or a release for damage."),
    "schema": ("newsdata.cli.schema", "Print, check and describe the schema of records."),
    "rules": ("newsdata.cli.rules", "List and check the per-site rules of HTML pages."),
    "settings": ("newsdata.cli.settings", "Show the settings in force and where they come from."),
}
ALIASES = {"add": "build"}

BUG = 70
INTERRUPTED, TERMINATED = 130, 143
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

#: Parameters that are paths of files, whose names need not be UTF-8; all others are text.
FILES = {"sources", "target", "rejects", "schema_path", "path"}
FILES |= {"removed", "clusters", "evidence", "families", "which", "parquet"}
FILES |= {"key_file", "against", "people", "topics", "source_path", "svg"}


class Program(LazyGroup):
    """The commands; an argument that is not UTF-8, and no file's name, is a usage error."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A command by its name, its arguments looked at before it runs."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and not all(map(_is_text, rest)):
            own = click.Context(command, ctx, name)
            given, _, _ = command.make_parser(own).parse_args(list(rest))
            for parameter in command.params:
                values = given.get(parameter.name or "")
                wrong = parameter.name not in FILES and _not_text(values)
                if wrong:
                    raise click.BadParameter(f"found '{wrong}', expected UTF-8", own, parameter)
        return name, command, rest


def _is_text(argument: str) -> bool:
    return argument.isascii() or _not_text(argument) is None


def _not_text(values: object) -> str | None:
    """The first of ``values`` (of an option or argument) that is not UTF-8, to be shown."""
    for value in values if isinstance(values, list | tuple) else (values,):
        try:
            str(value).encode()
        except UnicodeEncodeError:
            from newsdata.sources.files import printable

            return printable(str(value))
    return None


@click.group(
    cls=Program,
    commands_table=COMMANDS,
    aliases=ALIASES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: newsdata build pages/ --archive my-archive",
)
@click.version_option(package_name="newsdata")
def cli() -> None:
    """Turn saved news pages and records into datasets that people cite and train on.

    Pages and records become validated, deduplicated articles in a versioned archive, and the
    archive becomes releases: Parquet files that datasets, pandas, Polars and DuckDB load.
    """


class _WithoutPandas:
    """No command uses pandas. Where it is installed, pyarrow imports it for the first array that
    is made of Python values, to see whether they are pandas': a third of a second of a command.
    ``datasets``, which ``schema features`` needs, does not work without it."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """See importlib.abc.MetaPathFinder; raises where pandas is asked for."""
        if name == "pandas" and "datasets" not in sys.modules:
            raise ModuleNotFoundError("the commands of newsdata do without pandas", name=name)


def main() -> NoReturn:
    """Run the command line and exit; the only place that turns errors into exit codes."""
    sys.meta_path.insert(0, _WithoutPandas())
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; messages are printed, nothing is raised."""
    try:
        code = cli.main(args=arguments, prog_name="newsdata", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as end:
        return int(end.exit_code)
    except SystemExit as end:  # click's own way out when the reader of a pipe has left
        return _reader_left() if end.code == 1 else int(end.code or 0)
    except click.ClickException as error:
        words = io.StringIO()  # not straight to the terminal: the message may quote anything
        error.show(words)
        say(words.getvalue().removesuffix("\n"))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort) as end:
        say("newsdata: interrupted; nothing was left half done")
        # click makes an Abort of the one that was raised
        return TERMINATED if isinstance(end.__cause__ or end, Terminated) else INTERRUPTED
    except BrokenPipeError:
        return _reader_left()
    except NewsdataError as error:
        say(f"newsdata: {error}")
        return error.exit_code
    except MemoryError as error:  # Arrow's and numpy's are of this kind too
        say(f"newsdata: not enough memory: {error or 'the system gave no more'}")
        return NewsdataError.exit_code
    except BaseException as error:  # a panic of a dependency in Rust is no Exception
        return _bug(error)


def _reader_left() -> int:
    """``newsdata log | head``: the reader has what it wanted."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _bug(error: BaseException) -> int:
    if isinstance(error, OSError) and (error.filename is not None or error.errno in _NO_ROOM):
        # Only streams that we did not open have no name: standard output, temporary files.
        where = error.filename if error.filename is not None else "standard output"
        say(f"newsdata: {where}: {error.strerror}")
        _reader_left()  # what is left in the buffer of standard output has no room either
        return NewsdataError.exit_code
    if os.environ.get("NEWSDATA_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    say(
        f"newsdata: a bug of newsdata: {type(error).__name__}: {error}\n"
        "Please report it; NEWSDATA_TRACEBACK=1 shows where it happened."
    )
    return BUG


if __name__ == "__main__":
    main()
