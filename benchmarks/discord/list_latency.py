"""How long the lists and suggestions in Discord take to read, from a library of any size.

    python -m benchmarks.discord.list_latency LIBRARY

Reads what autocomplete, ``/articles list``, ``/articles status`` and the look at what waits read,
for the server that has most articles of its own there (the bot's file is a new, empty one), and
prints the medians in milliseconds. They are read in threads, beside the bot's event loop.
"""

import argparse
import itertools
import statistics
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.discord.messages.limits import MAX_CHOICES
from bot.discord.storage.database import Store
from bot.discord.storage.ownership import OWN_SOURCE_PREFIX
from bot.discord.storage.schema import TABLES
from bot.discord.uploads import listing
from bot.discord.uploads.article_list import PAGE_SIZE
from retrieval.library.local.reader import LocalReader

_TIMES = 25
_WORD = "new"  # in many titles


def median(library: Path, look: Callable[[LocalReader], object]) -> float:
    """Milliseconds for one look, with the opening of the library."""
    times = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        with closing(LocalReader(library)) as opened, opened.snapshot():
            look(opened)
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def looks(store: Store, server: int) -> dict[str, Callable[[LocalReader], object]]:
    """Each read that is timed, by the name that is printed."""
    return {
        "autocomplete of sources": lambda opened: [
            *itertools.islice(opened.sources_with(_WORD), MAX_CHOICES)
        ],
        "autocomplete of own articles": lambda opened: listing.own_articles(
            opened, store, server, _WORD
        ),
        "first page of the list": lambda opened: listing.page(
            opened, store, server, "", 0, PAGE_SIZE
        ),
        "first page of a search": lambda opened: listing.page(
            opened, store, server, _WORD, 0, PAGE_SIZE
        ),
        "status": lambda opened: listing.counts(opened, store, server),
        "the look at what waits": lambda opened: listing.out_of_sync(opened, store),
        "for comparison: all titles": lambda opened: [*opened.list_articles()],
    }


def main() -> None:
    """Read the command line, look, and print."""
    parser = argparse.ArgumentParser(description="Lists and suggestions in Discord.")
    parser.add_argument("library", type=Path)
    library = parser.parse_args().library
    with closing(LocalReader(library)) as opened, opened.snapshot() as state:
        own = Counter(each.source for each in opened.articles_of(OWN_SOURCE_PREFIX))
        print(f"{state.articles:,} articles", end="")
    (source, count), *_ = own.most_common(1) or [(f"{OWN_SOURCE_PREFIX}0", 0)]
    print(f", {count:,} of them a server's own")
    with TemporaryDirectory() as folder, closing(Store(Path(folder) / "store", TABLES)) as store:
        for name, look in looks(store, int(str(source).removeprefix(OWN_SOURCE_PREFIX))).items():
            print(f"{name}: {median(library, look):.0f} ms")


if __name__ == "__main__":
    main()
