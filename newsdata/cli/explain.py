"""``newsdata explain``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from newsdata.cli.common import echo_json, output, say, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from newsdata.extractors.explain import Explanation

#: Label -> style on a terminal.
STYLES = {
    "navigation": "bright_black",
    "rubric": "magenta",
    "time": "cyan",
    "title": "bold yellow",
    "byline": "bright_magenta",
    "dateline": "bright_blue",
    "paragraph": "",
    "caption": "green",
    "credit": "bright_green",
    "tags": "bright_cyan",
    "end mark": "red",
    "repeat": "bright_black",
    "footer": "bright_black",
    "unread": "bright_black",
}
_WIDTH = 110


@click.command(
    name="explain",
    epilog="""\b
Examples:
  newsdata explain page.txt --url https://belta.by/politics/view/name-1-2023
  newsdata explain page.html | less
  newsdata explain page.txt --json | jq '.lines[].parts[].label'
  newsdata explain page.txt --svg page.svg""",
)
@click.argument("source_path", metavar="PAGE")
@click.option("--url", help="Address of the page.")
@click.option("--source", help="Publisher's host, where the page does not say.")
@click.option(
    "--timezone",
    envvar="NEWSDATA_TIMEZONE",
    help="Zone of times that have none, such as Europe/Minsk.",
)
@click.option("--kind", help="Read the page as this kind instead of recognising it.")
@click.option("--svg", metavar="FILE.svg", help="Write the coloured lines as a picture.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each page.")
def command(
    source_path: str,
    url: str | None,
    source: str | None,
    timezone: str | None,
    kind: str | None,
    svg: str | None,
    as_json: bool,
) -> None:
    """Show what every line of PAGE is taken for, and why: for people who write rules.

    PAGE is a page saved as text, or HTML; its side file (.meta.json) is read with it. Labels are
    navigation, rubric, time, title, byline, dateline, paragraph, caption, credit, tags, end mark,
    repeat and footer; a line may have several parts. Of an HTML page the lines of text are shown
    that it prints, each with the field of the record that it is found in. A rejected page is
    explained too, with its reason; the exit code is then 1.
    """
    from newsdata.pipeline import Options, explain_sources
    from newsdata.records import Rejected

    rejected = False
    console = _recorder() if svg else None
    for found in explain_sources([source_path], Options(None, url, source, timezone, kind)):
        outcome = found if isinstance(found, Rejected) else found.outcome
        rejected = rejected or isinstance(outcome, Rejected)
        if isinstance(found, Rejected):
            say(f"{found.place}: {found.code}: {found.message}")
        elif as_json:
            echo_json(found.to_dict())
        elif console:
            _print(console, found)
        else:
            _show(found)
    if svg and console:
        with output(svg) as stream:
            stream.write(_picture(console).encode())
    if rejected:
        raise click.exceptions.Exit(1)


def _recorder() -> Console:
    """A console that only remembers: the same picture on every machine."""
    import io

    from rich.console import Console

    return Console(
        record=True,
        width=_WIDTH,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
    )


def _picture(console: Console) -> str:
    """What a console remembers as SVG that loads nothing from elsewhere."""
    import re

    drawn = console.export_svg(title="newsdata explain")
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)


def _show(found: Explanation) -> None:
    import sys

    from rich.console import Console

    if sys.stdout.isatty():
        _print(Console(), found)
        return
    for number, label, text in _rows(found):
        click.echo(f"{number:>4}  {label:<11}  {text.plain}")
    click.echo(_ending(found).plain)


def _print(console: Console, found: Explanation) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", style="bright_black")
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for number, label, text in _rows(found):
        grid.add_row(number, Text(f" {label} ", f"{STYLES[label]} reverse".strip()), text)
    console.print(grid)
    console.print(_ending(found))


def _rows(found: Explanation) -> Iterator[tuple[str, str, Text]]:
    """Number, label and text of each part; behind the text why, unless that was just said."""
    from rich.text import Text

    said = None
    for line in found.lines:
        for index, part in enumerate(line.parts):
            text = Text(visible(part.text), STYLES[part.label])
            if (part.label, part.why) != said:
                text.append("  <- " + visible(part.why), "italic bright_black")
            said = (part.label, part.why)
            yield str(line.number) if index == 0 else "", part.label, text


def _ending(found: Explanation) -> Text:
    """The outcome."""
    from rich.text import Text

    from newsdata.records import Article

    outcome = found.outcome
    if isinstance(outcome, Article):
        return Text(visible(f"article {outcome.id}"), "bold")
    return Text(visible(f"rejected, {outcome.code}: {outcome.message}"), "bold red")
