"""``quoth status``: what the library holds."""

from bot import settings
from bot.cli.exit_status import OK
from bot.cli.json_line import print_json
from bot.cli.visible import visible
from bot.wording import counted
from retrieval.library import open as open_library


def run(as_json: bool, library: str | None) -> int:
    """Print the library's state and return the exit status."""
    chosen = settings.load(library)
    held = open_library(chosen.library).status()
    state = held.state
    if as_json:
        print_json(
            {
                "library": str(chosen.library),
                "articles": state.articles,
                "passages": state.passages,
                "pending": held.pending,
                "generation": state.generation,
                "encoder": held.encoder,
                "bytes": held.bytes,
            }
        )
        return OK
    waiting = f", {counted(held.pending, 'passage')} without a vector yet" if held.pending else ""
    what = f"{counted(state.articles, 'article')}, {counted(state.passages, 'passage')}"
    size = "" if held.bytes is None else f", {held.bytes:,} bytes"
    print(visible(f"{chosen.library}: {what}{waiting}"))
    print(f"encoder {held.encoder}, generation {state.generation:,}{size}")
    return OK
