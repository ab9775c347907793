"""The command line's entry point: the commands, error messages and exit statuses."""

import contextlib
import gc
import io
import os
import sys
import threading

import click

from bot.cli.lazy_group import LazyGroup
from bot.cli.output import FAILED, INTERRUPTED, OK, USAGE
from bot.terminal_text import one_line
from retrieval.errors import QuothError

# Each command's object and its help's first line, which a test holds equal to the command's own.
COMMANDS = {
    "articles": (
        "bot.cli.commands.articles:articles",
        "List articles; or show or remove one.",
    ),
    "ask": (
        "bot.cli.commands.ask:ask",
        'Answer QUESTION, or each line of standard input where it is "-".',
    ),
    "chat": (
        "bot.cli.commands.chat:chat",
        "Ask and answer in turn; understands questions by those before them.",
    ),
    "eval": (
        "bot.cli.commands.eval:evaluate",
        "Measure the answers to questions whose answers are known.",
    ),
    "export": (
        "bot.cli.commands.export:export_library",
        "Write the library, vectors and all, into FILE, for quoth import.",
    ),
    "feedback": (
        "bot.cli.commands.feedback:feedback",
        "Make something to measure by of what people in Discord say and ask.",
    ),
    "feeds": (
        "bot.cli.commands.feeds:feeds",
        "List feeds of news; or add, remove or sync them.",
    ),
    "import": (
        "bot.cli.commands.import_:import_library",
        "Bring in what quoth export wrote into FILE; nothing is encoded.",
    ),
    "index": (
        "bot.cli.commands.index:index",
        "Make the library agree with files, folders and web pages: add, update, remove.",
    ),
    "serve": (
        "bot.cli.commands.serve:serve",
        "Run the Discord bot, and index the articles' files as they change.",
    ),
    "status": (
        "bot.cli.commands.status:status",
        "Show what the library holds, its model and its size.",
    ),
    "verify": (
        "bot.cli.commands.verify:verify",
        "Check all that the answers rest on: texts, passages, vectors, indexes.",
    ),
}


@click.group(
    cls=LazyGroup,
    lazy_commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--debug", is_flag=True, help="Show where in the program an error arose.")
@click.version_option(package_name="quoth")
def cli(debug: bool) -> None:
    """Answer questions about a collection of articles with the articles' own words."""


_GC_THRESHOLD = 100_000  # allocations before a collection


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Quotes and JSON are UTF-8 whatever the locale, so that every character can be printed.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    # Imports make next to no garbage, and the collector would run 100 times while they do.
    gc.set_threshold(_GC_THRESHOLD)
    exit_status = _run(arguments)
    if threading.active_count() == 1:
        # Nothing is left to be done or closed, and taking everything apart takes 0.1 s.
        _flush()
        os._exit(exit_status)
    sys.exit(exit_status)


def _run(arguments: list[str]) -> int:
    try:
        exit_status = cli.main(args=arguments, prog_name="quoth", standalone_mode=False)
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
        print(f"quoth: {_error_line(error)}", file=sys.stderr)
        try:
            if sys.stdout:
                sys.stdout.flush()
        except OSError:  # the error was that it cannot be written, which is told now
            _drop_output()
        return FAILED
    return exit_status if isinstance(exit_status, int) else OK


def _drop_output() -> None:
    """Redirect standard output to the null device, or Python reports the error again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _flush() -> None:
    """Flush both streams; an error of standard output was reported by now."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            if stream:
                stream.flush()


def _error_line(error: Exception) -> str:
    message = one_line(str(error))
    if isinstance(error, QuothError):
        return message
    return f"unexpected error ({type(error).__name__}: {message[:300]}); quoth --debug shows more"
