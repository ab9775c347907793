"""``quoth status``: what the library holds."""

import click

from bot.cli.options import json_option, library_option
from bot.cli.output import OK, print_json, print_text


@click.command()
@json_option
@library_option
def status(as_json: bool, library: str | None) -> int:
    """Show what the library holds, its model and its size."""
    from bot import settings
    from bot.wording import counted
    from retrieval.library import open as open_library

    config = settings.load(library)
    held = open_library(config.library).status()
    state = held.state
    if as_json:
        print_json(
            {
                "library": str(config.library),
                "articles": state.articles,
                "passages": state.passages,
                "pending": held.pending,
                "generation": state.generation,
                "encoder": held.encoder,
                "bytes": held.bytes,
            }
        )
        return OK
    pending = f", {counted(held.pending, 'passage')} without a vector yet" if held.pending else ""
    what = f"{counted(state.articles, 'article')}, {counted(state.passages, 'passage')}"
    size = "" if held.bytes is None else f", {held.bytes:,} bytes"
    print_text(f"{config.library}: {what}{pending}")
    print(f"encoder {held.encoder}, generation {state.generation:,}{size}")
    return OK
