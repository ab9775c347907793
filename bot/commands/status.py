"""``quoth status``: what the library holds."""

import json

from bot import cli, settings
from retrieval.library import Library
from retrieval.library.writer import ENCODER_FACT


def run(as_json: bool, library: str | None) -> int:
    """Print the library's state and return the exit status."""
    chosen = settings.load(library)
    opened = Library(chosen.library)
    with opened.snapshot() as state:
        facts = {
            "library": str(chosen.library),
            "articles": state.articles,
            "passages": state.passages,
            "pending": opened.pending(),
            "generation": state.generation,
            "encoder": opened.fact(ENCODER_FACT),
            "bytes": sum(
                file.stat().st_size for file in chosen.library.rglob("*") if file.is_file()
            ),
        }
    opened.close()
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
        return cli.OK
    waiting = f", {facts['pending']:,} wait for their vector" if facts["pending"] else ""
    print(f"{facts['library']}: {state.articles:,} articles, {state.passages:,} passages{waiting}")
    print(f"encoder {facts['encoder']}, generation {state.generation:,}, {facts['bytes']:,} bytes")
    return cli.OK
