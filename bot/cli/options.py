"""What several commands of the command line take."""

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
        """Read the date; fails with the usage otherwise."""
        try:
            return read_day(str(value), last=self._last)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Words(click.ParamType[str]):
    """Words as a person types them; bytes that are not UTF-8 become "�", as in a file."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Replace what Python makes of such bytes; nothing that is searched can hold it."""
        return re.sub(r"[\ud800-\udfff]", "\ufffd", str(value))


class ListingGroup(click.Group):
    """A group that lists where no other of its commands is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` before what begins with an option, and where there is nothing."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


library_option = click.option(
    "--library", metavar="DIR", help="The folder with everything that was indexed."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
