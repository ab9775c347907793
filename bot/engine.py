"""Opens what answers, from the settings: the encoder and the library."""

from bot.say import say
from bot.settings import Settings, SettingsError
from retrieval.answerer import Answerer
from retrieval.encoding import Encoder, load_encoder
from retrieval.library import folder
from retrieval.reader import Reader


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
        # Imported here because a question with a library to ask needs neither.
        from bot.progress import reporting
        from retrieval.indexing import index

        say(f"No library at {chosen.library} yet: indexing {chosen.articles}")
        with reporting() as reporter:
            index([chosen.articles], chosen.library, encoder, reporter)
    return Answerer(chosen.library, encoder, Reader(), chosen.min_confidence)
