"""``docs/reference.md`` has every command, with its options, as ``--help`` has it."""

import pytest

from tests.bot.cli.reference import PAGE, all_commands, with_commands
from tests.support.quoth_command import Quoth


def test_the_page_has_the_commands_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_commands(page), "run: python -m tests.bot.cli.reference"


@pytest.mark.parametrize("path", [path for path, _ in all_commands()], ids=" ".join)
def test_a_section_says_all_that_help_says(inside: Quoth, path: tuple[str, ...]) -> None:
    """What writes the page is not trusted to leave nothing out."""
    heading = f"### {' '.join(['quoth', *path])}\n"
    section = PAGE.read_text(encoding="utf-8").split(heading)[1].split("\n### ")[0]
    usage, text, *table = section.split("<!--")[0].strip().split("\n\n")
    rows = [row.strip("| ").split(" | ") for row in "\n".join(table).splitlines()[2:]]
    told = ["Usage:", usage.strip("`\n"), text, "Options:"]
    told += [f"{option.strip('`')} {meaning}" for option, meaning in rows]
    told += ["-h, --help Show this message and exit."]
    shown = inside(*path, "--help").out.split("Commands:")[0]
    assert " ".join(" ".join(told).split()) == " ".join(shown.split())
