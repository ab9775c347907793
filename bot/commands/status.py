"""``quoth status``: what the library holds."""

import os
from contextlib import suppress
from pathlib import Path

from bot import settings
from bot.exit_status import OK
from bot.json_line import print_json
from bot.visible import visible
from bot.wording import counted
from retrieval.library import Library
from retrieval.library.schema import ENCODER_FACT


def run(as_json: bool, library: str | None) -> int:
    """Print the library's state and return the exit status."""
    chosen = settings.load(library)
    opened = Library(chosen.library)
    with opened.snapshot() as state:
        pending = opened.pending()
        facts: dict[str, str | int | None] = {
            "library": str(chosen.library),
            "articles": state.articles,
            "passages": state.passages,
            "pending": pending,
            "generation": state.generation,
            "encoder": opened.fact(ENCODER_FACT),
        }
    opened.close()
    facts["bytes"] = size = _size(chosen.library)  # now without the files of being open
    if as_json:
        print_json(facts)
        return OK
    waiting = f", {counted(pending, 'passage')} without a vector yet" if pending else ""
    held = f"{counted(state.articles, 'article')}, {counted(state.passages, 'passage')}"
    print(visible(f"{facts['library']}: {held}{waiting}"))
    print(f"encoder {facts['encoder']}, generation {state.generation:,}, {size:,} bytes")
    return OK


def _size(library: Path) -> int:
    """Bytes of its files; those that a writer removes meanwhile count as nothing."""
    total = 0
    for folder, _, names in os.walk(library):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(folder, name).stat().st_size
    return total
