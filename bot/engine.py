"""Opens what answers, from the settings: the encoder and the library."""

import sys

from bot.settings import Settings
from retrieval.answerer import Answerer
from retrieval.encoding import Encoder, load_encoder
from retrieval.library import folder


def say(line: str) -> None:
    """Tell the person who waits, on standard error: results alone go to standard output."""
    print(line, file=sys.stderr, flush=True)


def open_encoder(chosen: Settings) -> Encoder:
    """Load the encoder that the settings name."""
    return load_encoder(chosen.encoder, device=chosen.device, notify=say)


def open_answerer(chosen: Settings) -> Answerer:
    """Open the library for questions, indexing the articles first where there is none yet."""
    encoder = open_encoder(chosen)
    if not folder.exists(chosen.library):
        from bot.commands.index import index_with_progress

        say(f"No library at {chosen.library} yet: indexing {chosen.articles}")
        index_with_progress([chosen.articles], chosen.library, encoder)
    return Answerer(chosen.library, encoder, chosen.min_confidence)
