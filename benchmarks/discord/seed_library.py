"""What the bot answers from where Discord is simulated: the seeds, indexed for a moment."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.discord.storage.database import Store
from bot.discord.storage.schema import TABLES
from bot.settings import DEFAULTS
from retrieval.answering.answerer import Answerer
from retrieval.ingest.index import index
from retrieval.library.progress import Reporter
from retrieval.models.encoder import load_encoder
from retrieval.models.reader import Reader

SEEDS = Path(__file__).parents[2] / "seeds"


@contextmanager
def seeded(*paths: Path) -> Iterator[tuple[Answerer, Store, Path]]:
    """An answerer, the bot's store, and the library that the answerer reads.

    Args:
        paths: the articles; by default ``SEEDS``.
    """
    encoder = load_encoder()
    with TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        index(paths or [SEEDS], library, encoder, Reporter())
        least = float(DEFAULTS["QUOTH_MIN_CONFIDENCE"])
        with (
            closing(Answerer(library, encoder, Reader(), least)) as answerer,
            closing(Store(Path(folder) / "discord.sqlite", TABLES)) as store,
        ):
            yield answerer, store, library
