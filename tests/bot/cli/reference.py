"""The commands of ``docs/reference.md``, as ``--help`` has them.

``python -m tests.bot.cli.reference`` writes them into the page; a test compares them.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from bot.cli.main import cli

PAGE = Path(__file__).parents[3] / "docs" / "reference.md"
_BEGIN = "<!-- commands: written by python -m tests.bot.cli.reference -->\n"
_END = "<!-- end of commands -->\n"


def all_commands(
    group: click.Group = cli, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A group and all commands below it, each after the names that call it."""
    yield path, group
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from all_commands(command, (*path, name))
        elif command:
            yield (*path, name), command


def commands_section() -> str:
    """Each command with its usage, its help and a table of its options, as Markdown."""
    return "\n".join(_command(path, command) for path, command in all_commands())


def with_commands(page: str) -> str:
    """A page in which the part between the markers is as ``--help`` has it now."""
    before, rest = page.split(_BEGIN)
    _, after = rest.split(_END)
    return f"{before}{_BEGIN}\n{commands_section()}\n{_END}{after}"


def _command(path: tuple[str, ...], command: click.Command) -> str:
    name = " ".join(["quoth", *path])
    context = click.Context(command, info_name=name, terminal_width=100)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts = [f"### {name}", f"```\n{usage}\n```", " ".join((command.help or "").split())]
    # Arguments are in the usage. --help is an option of every command, and is told above them.
    options = [each for each in command.params if isinstance(each, click.Option)]
    records = [each.get_help_record(context) for each in options]  # None of a hidden one
    rows = [f"| `{option}` | {meaning} |" for option, meaning in filter(None, records)]
    if rows:
        parts.append("\n".join(["| option | |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(with_commands(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
