"""Option types, options and a group class that several commands share."""

import datetime
import re
from typing import Any

import click

from bot.dates import read_day


class Day(click.ParamType[datetime.date]):
    """A date as a person types it: ``2022-03-29``, ``2022-03`` or ``2022``.

    Args:
        last: a month or a year means its last day instead of its first.
    """

    name = "date"

    def __init__(self, *, last: bool) -> None:
        self._last = last

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime.date:
        try:
            return read_day(str(value), last=self._last)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Utf8Text(click.ParamType[str]):
    """Text in which bytes that are not UTF-8 become "�" (U+FFFD), as in a file."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Replace the surrogates that Python decodes such bytes to."""
        return re.sub(r"[\ud800-\udfff]", "\ufffd", str(value))


class ListByDefault(click.Group):
    """A group whose default command is ``list``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert ``list`` where no command is named: no arguments, or an option first."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


library_option = click.option(
    "--library", metavar="DIR", help="The folder with everything that was indexed."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
