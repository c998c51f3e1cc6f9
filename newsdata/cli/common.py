"""What commands share: options, tables, progress, output files."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from newsdata.exporters.output import whole_file
from newsdata.storage import Location, location, on_disk

Function = TypeVar("Function", bound=Callable[..., Any])


class Place(click.ParamType[Location]):
    """A path, or the URL of a place on object storage."""

    name = "path"

    def convert(self, value: Any, _param: object, _context: object) -> Location:
        """The place that a text means."""
        return location(value)


class LocalPath(click.Path):
    """A path on a disk: what we write here cannot be put on object storage."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: Any, context: Any) -> Any:
        """The path; a URL is refused, for it would be taken for a folder named s3:."""
        return super().convert(on_disk(value), param, context)


PLACE = Place()
LOCAL = LocalPath()


def grow_in_place() -> None:
    """Let Arrow take its memory from the C library, where that is glibc's, Arrow is not loaded
    yet, and the environment does not say otherwise.

    glibc moves a large buffer that grows without copying it; Arrow's usual allocator copies it
    into fresh pages, which the kernel has to clear first.
    """
    if "CS_GNU_LIBC_VERSION" in getattr(os, "confstr_names", ()):
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


def archive_option(function: Function) -> Function:
    """``--archive DIR`` or URL, else $NEWSDATA_ARCHIVE, else the archive we stand in."""
    return click.option(
        "--archive",
        "-a",
        type=PLACE,
        envvar="NEWSDATA_ARCHIVE",
        help="The archive; left out inside one, or with NEWSDATA_ARCHIVE set.",
    )(function)


def json_option(function: Function) -> Function:
    """``--json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout."
    )(function)


def sources_argument(function: Function) -> Function:
    """One or more sources."""
    return click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)(function)


def input_options(function: Function) -> Function:
    """What pages and records do not say themselves."""
    for option in reversed(
        (
            click.option(
                "--map",
                "pairs",
                multiple=True,
                metavar="OURS=THEIRS | FILE.toml",
                help="Our field from their field, repeated: --map title=headline.",
            ),
            click.option("--url", help="Address of the one page that is read."),
            click.option("--source", help="Publisher's host, where the input does not say."),
            click.option(
                "--timezone",
                envvar="NEWSDATA_TIMEZONE",
                help="Zone of times that have none, such as Europe/Minsk.",
            ),
            click.option("--kind", help="Read the input as this kind instead of recognising it."),
            click.option(
                "--people", metavar="FILE.tsv", help="Your names: variant, tab, canonical name."
            ),
            click.option(
                "--topics",
                metavar="FILE.tsv",
                help="Your rubrics: rubric as printed, tab, IPTC code as medtop:04000000.",
            ),
            click.option(
                "--split-lists",
                is_flag=True,
                help="Read each item of a list page saved as text as an input of its own.",
            ),
        )
    ):
        function = option(function)
    return function


def archive_path(given: Location | None) -> Location:
    """The archive an option names, else the one we stand in; else a usage error."""
    from newsdata.archive.settings_file import find_archive

    if given is not None:
        return given
    found = find_archive(Path.cwd())
    if found is None:
        raise click.UsageError(
            "no archive: give --archive DIR, set NEWSDATA_ARCHIVE, or stand inside one"
        )
    return found


def chosen_release(which: str | None, archive: Location | None) -> tuple[Location, str | None]:
    """What VERSION or DIR names: a path and a version of the archive there, if it is one."""
    from newsdata.exporters.loading import is_release

    if which is not None and is_release(location(which)):
        return location(which), None
    if which is not None:
        check_version(which)
    return archive_path(archive), which


def check_version(text: str) -> None:
    """Raise a usage error for what is no version, where it is no directory of a release either."""
    from newsdata.exporters.versions import VERSION

    if not VERSION.fullmatch(text):
        raise click.UsageError(
            f"{text}: found no release there, and it is no version such as 1.2.0 (an archive is "
            "named by --archive)"
        )


def mapping_of(pairs: Sequence[str]) -> Any:
    """The mapping that ``--map`` gives: pairs, and the pairs of TOML files; None without any."""
    from newsdata.extractors.mapping import parse_mapping
    from newsdata.sources.documents import read_toml

    if not pairs:
        return None
    toml: dict[str, Any] = {}
    direct = [p for p in pairs if "=" in p]
    for name in pairs:
        if "=" not in name:
            toml.update(read_toml(name))
    return parse_mapping(direct, toml or None)


def tables_of(people: str | None, topics: str | None) -> Any:
    """The user's tables that ``--people`` and ``--topics`` name; None without either."""
    from newsdata.extractors.tables import parse_rows, parse_tables
    from newsdata.sources.documents import read_text

    if people is None and topics is None:
        return None
    names, codes = (parse_rows(read_text(p), p) if p else [] for p in (people, topics))
    return parse_tables(names, codes)


def parse_time(_context: click.Context, _option: click.Parameter, text: str | None) -> Any:
    """An ISO 8601 time; one without a zone is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # in UTC it may be before the year 1 or after 9999
        raise click.BadParameter(
            f"found {text!r}, expected a time such as 2024-01-31T12:00:00+03:00"
        ) from None


# C0 and C1 control characters, which terminals obey, and half surrogates, which none can show.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROLS_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROLS_IN_JSON = re.compile(r"[\x7f-\x9f\ud800-\udfff]")


def visible(text: str, lines: bool = False) -> str:
    r"""Text from anywhere, safe for a terminal: what it would obey is escaped.

    With ``lines``, line breaks and tabs stay.

    >>> print(visible("a\x1b[2J\nb"))
    a\x1b[2J\nb
    """
    return (_CONTROLS_IN_LINES if lines else _CONTROLS).sub(
        lambda found: found.group().encode("unicode_escape").decode(), text
    )


def echo_json(value: Any) -> None:
    """One JSON object on standard output."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if text.isascii() and "\x7f" not in text:  # told at once: the search takes 1 s for 100 MB
        click.echo(text)
        return
    click.echo(_CONTROLS_IN_JSON.sub(lambda found: f"\\u{ord(found.group()):04x}", text))


def echo_text(text: str = "") -> None:
    """Lines of data on standard output, :func:`visible`."""
    click.echo(visible(text, lines=True))


def say(text: str) -> None:
    """Words for people, on standard error, :func:`visible`."""
    click.echo(visible(text, lines=True), err=True)


#: In a pipe, longer cells do not widen the column of all others.
WIDEST = 80


def table(
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    title: str | None = None,
    err: bool = False,
) -> None:
    """A table: drawn on a terminal, in aligned columns without lines in a pipe.

    Nothing is ever cut; a cell is one line, its control characters are escaped.
    """
    stream = sys.stderr if err else sys.stdout
    cells = [["" if c is None else visible(str(c)) for c in row] for row in rows]
    title = None if title is None else visible(title)
    numeric = [
        bool(cells) and all(_is_number(row[i]) for row in cells) for i in range(len(headers))
    ]
    if stream.isatty():
        _drawn(headers, cells, numeric, title, stream)
        return
    if title:
        click.echo(title, err=err)
    widths = [
        max((len(c) for c in column if len(c) <= WIDEST), default=0)
        for column in zip(headers, *cells, strict=True)
    ]
    for row in [list(headers), *cells]:
        parts = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        click.echo("  ".join(parts).rstrip(), err=err)


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "", 1).isdigit()


def _drawn(
    headers: Sequence[str],
    cells: list[list[str]],
    numeric: Sequence[bool],
    title: str | None,
    stream: IO[str],
) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    name = None if title is None else Text(title, style="bold")
    drawn = Table(title=name, title_justify="left", box=SIMPLE_HEAD)
    for header, right in zip(headers, numeric, strict=True):
        drawn.add_column(header, justify="right" if right else "left", overflow="fold")
    for row in cells:
        drawn.add_row(*(Text(cell) for cell in row))
    Console(file=stream).print(drawn)


@contextlib.contextmanager
def progress_bar(total: int | None, label: str) -> Iterator[Callable[[int, str], None] | None]:
    """A bar on stderr where that is a terminal: call it with (done, words). Else None."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[words]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total or None, words="")
        yield lambda done, words: bar.update(task, completed=done, words=words)


@contextlib.contextmanager
def output(path: str | None) -> Iterator[IO[bytes]]:
    """A binary stream: stdout for None and ``-``; a regular file appears whole or not at all;
    devices and pipes are written straight."""
    if path in (None, "-"):
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with whole_file(Path(on_disk(str(path)))) as stream:
        yield stream


def shorten(text: str | None, width: int) -> str:
    """At most ``width`` characters on one line, with an ellipsis where cut.

    >>> shorten("a  long\\nline", 6)
    'a lon…'
    """
    line = " ".join((text or "").split())
    return line if len(line) <= width else line[: width - 1] + "…"


def check_names(names: Mapping[str, str | None], as_json: bool) -> None:
    """Raise a usage error where two outputs are one, or JSON and records share stdout."""
    given: dict[str, str] = {}
    for option, name in names.items():
        if name is None:
            continue
        if as_json and name == "-":
            raise click.UsageError("--json and records on stdout exclude each other")
        if name in given and name != "/dev/null":
            where = "standard output" if name == "-" else name
            raise click.UsageError(f"{given[name]} and {option} cannot both be {where}")
        given[name] = option
