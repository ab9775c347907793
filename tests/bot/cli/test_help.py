"""``--help``: of every command, telling what the contract lists, and without heavy imports."""

import datetime
import importlib
import inspect
from pathlib import Path
from pkgutil import iter_modules

import click
import pytest

from bot.cli.main import COMMANDS, cli
from bot.cli.options import Day
from tests.bot.cli.reference import all_commands
from tests.support.quoth_command import Quoth, in_python

HEAVY = ("numpy", "onnxruntime", "discord", "rich", "torch", "faiss", "tantivy", "tokenizers",
         "sentence_transformers", "trafilatura", "sqlite3", "dotenv", "yaml",
         "matplotlib", "watchfiles", "aiohttp", "yarl", "feedparser", "ssl",
         "asyncio")  # fmt: skip


COMMAND_NAMES = [path for path, _ in all_commands()]


def test_the_table_of_commands_has_the_help_that_each_has() -> None:
    for name, (_, text) in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert (command.name, (command.help or "").split("\n\n")[0]) == (name, text)


def test_every_module_of_a_command_is_in_the_table() -> None:
    package = importlib.import_module("bot.cli.commands")
    modules = {f"{package.__name__}.{module.name}" for module in iter_modules(package.__path__)}
    assert {target.split(":")[0] for target, _ in COMMANDS.values()} == modules


@pytest.mark.parametrize("command", [command for _, command in all_commands()], ids=str)
def test_parameters_are_annotated_with_what_click_passes(command: click.Command) -> None:
    """What mypy believes of the options: it cannot compare the decorators with the function."""
    assert command.callback is not None
    parameters = inspect.signature(inspect.unwrap(command.callback)).parameters
    exposed = [each for each in command.params if each.expose_value]
    assert {each.name for each in exposed} == {*parameters}
    for each in exposed:
        assert parameters[each.name or ""].annotation == annotation(each)


def annotation(parameter: click.Parameter) -> object:
    """What click gives a command for one of its options or arguments, as a type."""
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return bool
    kind = {click.IntRange: int, Day: datetime.date}.get(type(parameter.type), str)
    if parameter.nargs == -1:
        return tuple[kind, ...]  # type: ignore[valid-type]
    has_value = parameter.required or isinstance(parameter.default, int)
    return kind if has_value else kind | None


@pytest.mark.parametrize("command", COMMAND_NAMES, ids=" ".join)
def test_every_command_has_help_that_tells_what_it_does(
    inside: Quoth, tmp_path: Path, command: tuple[str, ...]
) -> None:
    for flag in ("--help", "-h"):
        done = inside(*command, flag)
        assert (done.status, done.err) == (0, "")
        assert done.out.startswith(" ".join(["Usage: quoth", *command]))
        assert len(done.out.splitlines()[2]) > 10
        options = [line for line in done.out.splitlines() if line.startswith("  --")]
        assert all(len(line.split("  ")) > 2 for line in options if len(line) < 30)
    assert not [*tmp_path.iterdir()]


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = f"""
import sys
from bot.cli.main import _run
for command in {COMMAND_NAMES!r}:
    assert _run([*command, "--help"]) == 0
print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)
"""
    done = in_python(tmp_path, code)
    assert (done.status, done.err) == (0, "[]\n")


def test_usage_errors_and_the_version_import_nothing_heavy(tmp_path: Path) -> None:
    code = f"""
import contextlib, io, sys
from bot.cli.main import _run
with contextlib.redirect_stderr(io.StringIO()):
    assert [_run(["--version"]), _run(["nonsense"]), _run(["ask"])] == [0, 2, 2]
print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)
"""
    done = in_python(tmp_path, code)
    assert (done.status, done.err) == (0, "[]\n")
    assert done.out.startswith("quoth, version ")


def test_asking_imports_no_torch_and_no_discord(tmp_path: Path, shelf: Path) -> None:
    unneeded = {"torch", "sentence_transformers", "discord", "aiohttp", "feedparser"}
    code = f"""
import sys
from bot.cli.main import _run
_run(["ask", "bridge", "--json", "--library", {str(shelf)!r}])
print(sorted(set(sys.modules) & {unneeded!r}), file=sys.stderr)
"""
    assert in_python(tmp_path, code).err == "[]\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["ask"], ["QUESTION", "--top", "--since", "--until", "--source", "--json", "--library"]),
        (
            ["index"],
            ["PATH|URL", "--rebuild", "--rollback", "--dry-run", "--watch", "--library"],
        ),
        (["verify"], ["--repair", "--json", "--library"]),
        (["status"], ["--json", "--library"]),
        (["export"], ["FILE", "--library"]),
        (["import"], ["FILE", "--library"]),
        (["eval"], ["QUESTIONS.jsonl", "--json", "--plot", "--worst", "--library"]),
        (["articles"], ["list", "show", "remove"]),
        (["articles", "show"], ["ID", "--json", "--library"]),
        (["articles", "remove"], ["ID", "--library"]),
        (["feeds"], ["list", "add", "remove", "sync"]),
        (["feeds", "list"], ["--json", "--library"]),
        (["feeds", "add"], ["URL", "--library"]),
        (["feeds", "remove"], ["URL", "--with-articles", "--library"]),
        (["feeds", "sync"], ["URL", "--force", "--library"]),
        (["feedback"], ["export", "report"]),
        (["feedback", "export"], ["--library"]),
        (["feedback", "report"], ["--since", "--json", "--library"]),
        (["serve"], ["--no-watch", "--invite", "--library"]),
        ([], ["ask", "index", "status", "articles", "feeds", "serve", "--debug", "--version"]),
    ],
)
def test_help_names_what_the_contract_lists(
    inside: Quoth, command: list[str], words: list[str]
) -> None:
    shown = inside(*command, "--help").out
    assert [word for word in words if word not in shown] == []


def test_alone_it_shows_its_help_as_wrong_usage(quoth: Quoth) -> None:
    done = quoth()
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("Usage: quoth")


def test_python_m_bot_is_quoth(tmp_path: Path) -> None:
    done = in_python(tmp_path, "import runpy, sys; sys.argv = ['bot', '--version'];"
                     " runpy.run_module('bot', run_name='__main__')")  # fmt: skip
    assert done.out.startswith("quoth, version ")
