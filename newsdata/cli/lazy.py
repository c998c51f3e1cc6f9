"""A click group whose commands are imported when they run, so that start-up stays light."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """``commands_table`` maps a name to (module, short help); the module has ``command``."""

    def __init__(
        self,
        *args: Any,
        commands_table: Mapping[str, tuple[str, str]],
        aliases: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.table = commands_table
        self.aliases = aliases

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a command."""
        name = self.aliases.get(cmd_name, cmd_name)
        if name not in self.table:
            return None
        command: click.Command = importlib.import_module(self.table[name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands from the table, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in self.table.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A command by its name; a wrong one is told with the nearest and all names."""
        name = args[0]
        if name not in self.table and name not in self.aliases and not name.startswith("-"):
            near = difflib.get_close_matches(name, self.table, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            known = ", ".join(self.table)
            raise click.UsageError(f"No such command {name!r}.{hint} Commands are: {known}.", ctx)
        return super().resolve_command(ctx, args)
