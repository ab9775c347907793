"""The command line: what there is to ask for, and what becomes of errors.

Each command imports what it needs when it runs, so that ``--help`` answers at once.
"""

import contextlib
import gc
import io
import os
import sys
import threading
from typing import Any

import click

from bot.cli.exit_status import FAILED, INTERRUPTED, OK, USAGE
from bot.cli.groups import articles, feedback, feeds
from bot.cli.options import Day, Words, json_option, library_option
from retrieval.errors import QuothError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show where in the program an error arose.")
@click.version_option(package_name="quoth")
def cli(debug: bool) -> None:
    """Answer questions about a collection of articles with the articles' own words."""


@cli.command()
@click.argument("question", type=Words())
@click.option("--top", type=click.IntRange(1, 50), default=3, show_default=True, help="Quotes.")
@click.option("--since", type=Day(last=False), help="Only articles of this day or later.")
@click.option("--until", type=Day(last=True), help="Only articles of this day or earlier.")
@click.option("--source", type=Words(), help="Only articles of this source.")
@json_option
@library_option
def ask(**options: Any) -> int:
    """Answer QUESTION, or each line of standard input where it is "-"."""
    from bot.cli.commands import ask

    return ask.run(**options)


@cli.command()
@click.option("--top", type=click.IntRange(1, 50), default=3, show_default=True, help="Quotes.")
@library_option
def chat(**options: Any) -> int:
    """Ask and answer in turn; understands questions by those before them."""
    from bot.cli.commands import chat

    return chat.run(**options)


@cli.command()
@click.argument("paths", nargs=-1, metavar="[PATH|URL]...")
@click.option("--rebuild", is_flag=True, help="Start over beside the old library, then swap.")
@click.option("--watch", is_flag=True, help="Stay, and index what changes from now on.")
@click.option("--until-eof", is_flag=True, hidden=True)  # of standard input: for quoth serve
@click.option("--rollback", is_flag=True, help="Go back to the library before the last rebuild.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@library_option
def index(**options: Any) -> int:
    """Make the library agree with files, folders and web pages: add, update, remove.

    It leaves the processor to others who need it, such as those who ask.
    """
    from bot.priority import stand_back

    stand_back()
    from bot.cli.commands import index

    return index.run(**options)


@cli.command()
@json_option
@library_option
def status(**options: Any) -> int:
    """Show what the library holds, its model and its size."""
    from bot.cli.commands import status

    return status.run(**options)


@cli.command()
@click.option("--repair", "mend", is_flag=True, help="Mend what can be mended.")
@json_option
@library_option
def verify(**options: Any) -> int:
    """Check all that the answers rest on: texts, passages, vectors, indexes."""
    from bot.cli.commands import verify

    return verify.run(**options)


@cli.command("eval")
@click.argument("questions", metavar="QUESTIONS.jsonl")
@click.option("--plot", metavar="FILE.png", help="Draw how many answers could be right.")
@click.option(
    "--worst", type=click.IntRange(min=0), default=10, show_default=True, help="Misses to list."
)
@json_option
@library_option
def evaluate(**options: Any) -> int:
    """Measure the answers to questions whose answers are known."""
    from bot.cli.commands import eval

    return eval.run(**options)


@cli.command()
@click.option("--no-watch", is_flag=True, help="Leave files that change to quoth index.")
@click.option("--invite", is_flag=True, help="Print the link that adds the bot to a server.")
@library_option
def serve(**options: Any) -> int:
    """Run the Discord bot, and index the articles' files as they change."""
    from bot.cli.commands import serve

    return serve.run(**options)


@cli.command("export")
@click.argument("file", type=click.Path(), metavar="FILE")
@library_option
def export_library(**options: Any) -> int:
    """Write the library, vectors and all, into FILE, for quoth import."""
    from bot.cli.commands import transfer

    return transfer.export_library(**options)


@cli.command("import")
@click.argument("file", type=click.Path(), metavar="FILE")
@library_option
def import_library(**options: Any) -> int:
    """Bring in what quoth export wrote into FILE; nothing is encoded."""
    from bot.priority import stand_back

    stand_back()
    from bot.cli.commands import transfer

    return transfer.import_library(**options)


for group in (articles, feeds, feedback):
    cli.add_command(group)


_ALLOCATIONS = 100_000  # before Python looks for garbage


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Quotes and JSON are UTF-8 whatever the locale, so that every character can be printed.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    # Next to nothing of what is imported is garbage, and Python would look through it 100 times.
    gc.set_threshold(_ALLOCATIONS)
    status = _run(arguments)
    if threading.active_count() == 1:
        # Nothing is left to be done or closed, and taking everything apart takes 0.1 s.
        _flush()
        os._exit(status)
    sys.exit(status)


def _run(arguments: list[str]) -> int:
    try:
        status = cli.main(args=arguments, prog_name="quoth", standalone_mode=False)
        if sys.stdout:  # there is none where it was closed
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return USAGE
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has seen enough. click and rich end the program when they
        # notice it first.
        _drop_output()
        return OK
    except Exception as error:
        if "--debug" in arguments:
            raise
        print(f"quoth: {_line(error)}", file=sys.stderr)
        try:
            if sys.stdout:
                sys.stdout.flush()
        except OSError:  # the error was that it cannot be written, which is told now
            _drop_output()
        return FAILED
    return status if isinstance(status, int) else OK


def _drop_output() -> None:
    """Have what is still to be written go nowhere, or Python complains of it at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _flush() -> None:
    """Have everything written; standard output was, or could not be, and that is told by now."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            if stream:
                stream.flush()


def _line(error: Exception) -> str:
    """What went wrong, on one line."""
    from bot.cli.visible import one_line

    said = one_line(str(error))
    if isinstance(error, QuothError):
        return said
    return f"unexpected error ({type(error).__name__}: {said[:300]}); quoth --debug shows more"
