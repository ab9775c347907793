"""Opens the encoder, the reader model and the library that the settings name.

Each model is loaded by a thread of its own, while FAISS, tantivy and the rest are imported.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from bot.cli.output import print_message
from bot.settings import Settings, SettingsError
from retrieval.library import open as open_library
from retrieval.models.encoder import DEFAULT_MODEL, Encoder, load_encoder
from retrieval.models.reader import Reader

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from retrieval.answering.answerer import Answerer


def open_encoder(config: Settings) -> Encoder:
    """Load the encoder that the settings name; its first export is told on standard error."""
    return load_encoder(config.encoder, device=config.device, notify=print_message)


def open_answerer(config: Settings) -> "Answerer":
    """Open the library for questions, indexing the articles first where there is none yet.

    Raises:
        SettingsError: there is neither a library nor articles to make it of.
    """
    is_missing = not open_library(config.library).exists()
    if is_missing and not config.articles.exists():
        # An empty library, made here, would answer "not found" from now on.
        raise SettingsError(
            f"{config.library}: no library yet, and nothing to make it of: QUOTH_ARTICLES is"
            f" {config.articles}, which is not there; run: quoth index PATH"
        )
    with ThreadPoolExecutor(2, thread_name_prefix="loading") as pool:
        encoder_future = pool.submit(open_encoder, config)
        reader_future = pool.submit(
            lambda: Reader(tokenizer=lambda: _shared_tokenizer(config, encoder_future))
        )
        from retrieval.answering.answerer import Answerer

        encoder = encoder_future.result()
        if is_missing:
            # Imported here because a question with a library to ask needs neither.
            from bot.cli.progress import reporting
            from retrieval.ingest.index import index

            print_message(f"No library at {config.library} yet: indexing {config.articles}")
            with reporting() as reporter:
                index([config.articles], config.library, encoder, reporter)
        answerer = Answerer(config.library, encoder, reader_future.result(), config.min_confidence)
    if answerer.notice:
        print_message(answerer.notice)
    return answerer


def _shared_tokenizer(config: Settings, encoder_future: "Future[Encoder]") -> "Tokenizer | None":
    """The tokenizer of the packaged encoder, which the reader can share, or None."""
    if config.encoder != DEFAULT_MODEL:
        return None
    return getattr(encoder_future.result(), "tokenizer", None)
