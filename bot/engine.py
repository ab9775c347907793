"""Opens what answers, from the settings: the encoder and the library."""

import sys

from bot.settings import Settings, SettingsError
from bot.visible import one_line
from retrieval.answerer import Answerer
from retrieval.encoding import Encoder, load_encoder
from retrieval.library import folder


def say(line: str) -> None:
    """Tell the person who waits, on standard error: results alone go to standard output."""
    print(one_line(line), file=sys.stderr, flush=True)


def open_encoder(chosen: Settings) -> Encoder:
    """Load the encoder that the settings name."""
    return load_encoder(chosen.encoder, device=chosen.device, notify=say)


def open_answerer(chosen: Settings) -> Answerer:
    """Open the library for questions, indexing the articles first where there is none yet."""
    missing = not folder.exists(chosen.library)
    if missing and not chosen.articles.exists():
        # An empty library, made here, would answer "not found" from now on.
        raise SettingsError(
            f"{chosen.library}: no library yet, and nothing to make it of: QUOTH_ARTICLES is"
            f" {chosen.articles}, which is not there; run: quoth index PATH"
        )
    encoder = open_encoder(chosen)
    if missing:
        from bot.commands.index import index_with_progress

        say(f"No library at {chosen.library} yet: indexing {chosen.articles}")
        index_with_progress([chosen.articles], chosen.library, encoder)
    return Answerer(chosen.library, encoder, chosen.min_confidence)
