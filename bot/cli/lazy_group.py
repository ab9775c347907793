"""A click group that imports a command's module only when that command is run."""

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """A group whose commands are imported when they are looked up; its help imports none.

    Args:
        lazy_commands: by name, where the command is (``package.module:attribute``) and the first
            paragraph of its help.
        options: of ``click.Group``.
    """

    def __init__(self, *, lazy_commands: Mapping[str, tuple[str, str]], **options: Any) -> None:
        # Stand-ins, which the help and the suggestions for a mistyped name are made of.
        stubs = [click.Command(name, help=text) for name, (_, text) in lazy_commands.items()]
        super().__init__(commands=stubs, **options)
        self._targets = {name: target for name, (target, _) in lazy_commands.items()}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._targets:
            return None
        module, attribute = self._targets[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, each with its help on one line, without importing them."""
        width = formatter.width - 6 - max(map(len, self.commands))  # as click.Group counts it
        rows = [
            (name, self.commands[name].get_short_help_str(width))
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
