"""The library in a folder, as those who ask see it: it follows what takes its place."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from retrieval.documents.article import Article, id_key
from retrieval.errors import MismatchError
from retrieval.library.filter import Filter
from retrieval.library.fusion import Candidate
from retrieval.library.local.folder import current_edition
from retrieval.library.local.hybrid_search import HybridSearch
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.schema import ENCODER_FACT
from retrieval.library.local.writer import check_encoder
from retrieval.library.records import LibraryState
from retrieval.models.encoder.base import Encoder, Vectors


class LocalSearcher:
    """A ``LibrarySearcher`` in a folder.

    Args:
        path: the folder.
        encoder: the one that made its vectors.

    Raises:
        LibraryError: it cannot be opened, or another encoder made it.
    """

    notice: str | None
    searcher: HybridSearch
    _library: LocalReader

    def __init__(self, path: Path, encoder: Encoder) -> None:
        self._path = path
        self._encoder = encoder
        self._opened: _Identity | None = None
        self.follow()
        self.analyzer = self.searcher.words.analyzer
        self.notice = None

    def close(self) -> None:
        """Let go of the files."""
        self._library.close()

    def follow(self) -> None:
        """Go over to the library that is there now, where it was rebuilt or made anew.

        Raises:
            MismatchError: another encoder made it than the one that this process has loaded.
        """
        # Looked at again after each opening: while it took place, what was opened may have been
        # replaced twice, and its indexes be gone already.
        while (there := _identity(self._path)) != self._opened:
            library = _open(self._path, self._encoder)
            if self._opened is not None:
                self._library.close()
            self._library, self._opened = library, there
            self.searcher = HybridSearch(library, self._encoder.dimension)

    @contextmanager
    def snapshot(self) -> Iterator[LibraryState]:
        """Hold one state of the truth still, whatever is committed meanwhile."""
        with self._library.snapshot() as state:
            yield state

    def search(
        self, question: str, vector: Vectors, within: Filter, carried: Mapping[str, float]
    ) -> list[Candidate]:
        """Find the candidates for an answer, best first."""
        self.searcher.catch_up()
        return self.searcher.search(question, vector, within, carried)

    def weights(self, question: str) -> dict[str, float]:
        """How much each different word of a question tells; see ``WordIndex.weights``."""
        return self.searcher.words.weights(question)

    def articles_by_number(self, numbers: Iterable[int]) -> dict[int, Article]:
        """Read articles by the number that passages name them by."""
        return self._library.articles_by_number(numbers)

    def article(self, article_id: str) -> Article | None:
        """Read an article by its id, checking its text against its hash."""
        return self._library.article(article_id)

    def article_with(self, key: str) -> Article | None:
        """Read an article by the ``id_key`` of its id; it looks through all ids."""
        for article_id in self._library.article_ids():
            if id_key(article_id) == key:
                return self._library.article(article_id)
        return None


_Identity = tuple[Path, int, int]


def _identity(library: Path) -> _Identity:
    """What tells a library from another in its place: the edition, and the very file."""
    edition = current_edition(library)
    try:
        stat = edition.truth.stat()
    except FileNotFoundError:
        return edition.folder, 0, 0
    return edition.folder, stat.st_dev, stat.st_ino


def _open(path: Path, encoder: Encoder) -> LocalReader:
    """Open a library whose vectors this encoder made."""
    library = LocalReader(path)
    with library.snapshot():
        made_by = library.fact(ENCODER_FACT)
    if made_by is not None:
        try:
            check_encoder(path, str(made_by), encoder.identity)
        except MismatchError:
            library.close()
            raise
    return library
