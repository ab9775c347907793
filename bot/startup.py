"""Opens what answers, from the settings: the encoder, the reader and the library.

Each model is loaded by a thread of its own, while FAISS, tantivy and the rest are imported.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from bot.cli.say import say
from bot.settings import Settings, SettingsError
from retrieval.library import open as open_library
from retrieval.models.encoder import DEFAULT_MODEL, Encoder, load_encoder
from retrieval.models.reader import Reader

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from retrieval.answering.answerer import Answerer


def open_encoder(chosen: Settings) -> Encoder:
    """Load the encoder that the settings name."""
    return load_encoder(chosen.encoder, device=chosen.device, notify=say)


def open_answerer(chosen: Settings) -> "Answerer":
    """Open the library for questions, indexing the articles first where there is none yet."""
    missing = not open_library(chosen.library).exists()
    if missing and not chosen.articles.exists():
        # An empty library, made here, would answer "not found" from now on.
        raise SettingsError(
            f"{chosen.library}: no library yet, and nothing to make it of: QUOTH_ARTICLES is"
            f" {chosen.articles}, which is not there; run: quoth index PATH"
        )
    with ThreadPoolExecutor(2, thread_name_prefix="loading") as beside:
        loading = beside.submit(open_encoder, chosen)
        reading = beside.submit(lambda: Reader(tokenizer=lambda: _pieces(chosen, loading)))
        from retrieval.answering.answerer import Answerer

        encoder = loading.result()
        if missing:
            # Imported here because a question with a library to ask needs neither.
            from bot.cli.progress import reporting
            from retrieval.ingest.index import index

            say(f"No library at {chosen.library} yet: indexing {chosen.articles}")
            with reporting() as reporter:
                index([chosen.articles], chosen.library, encoder, reporter)
        answerer = Answerer(chosen.library, encoder, reading.result(), chosen.min_confidence)
    if answerer.notice:
        say(answerer.notice)
    return answerer


def _pieces(chosen: Settings, loading: "Future[Encoder]") -> "Tokenizer | None":
    """The tokenizer of the packaged encoder, which the reader can share, or None."""
    return getattr(loading.result(), "tokenizer", None) if chosen.encoder == DEFAULT_MODEL else None
