"""The library in a folder, as those who ask see it: it follows what takes its place."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from retrieval.documents.article import Article, id_key
from retrieval.errors import MismatchError
from retrieval.library.filter import Filter
from retrieval.library.fusion import Candidate
from retrieval.library.local.folder import current_edition
from retrieval.library.local.hybrid_search import HybridSearch
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.writer import check_encoder
from retrieval.library.records import LibraryState
from retrieval.models.encoder.base import Encoder, Vectors


class LocalSearcher:
    """A ``LibrarySearcher`` in a folder.

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
        self._keys: dict[str, str] = {}  # the articles' ids, by ``id_key``
        self._keys_as_of = -1
        self.follow()
        self.analyzer = self.searcher.words.analyzer
        self.notice = None

    def close(self) -> None:
        self._library.close()

    def follow(self) -> None:
        # Looked at again after each opening: while it took place, what was opened may have been
        # replaced twice, and its indexes be gone already.
        while (there := _identity(self._path)) != self._opened:
            library = _open(self._path, self._encoder)
            if self._opened is not None:
                self._library.close()
            self._library, self._opened = library, there
            self._keys_as_of = -1
            self.searcher = HybridSearch(library, self._encoder.dimension)

    def snapshot(self) -> AbstractContextManager[LibraryState]:
        return self._library.snapshot()

    def search(
        self, question: str, vector: Vectors, within: Filter, carried: Mapping[str, float]
    ) -> list[Candidate]:
        self.searcher.catch_up()
        return self.searcher.search(question, vector, within, carried)

    def weights(self, question: str) -> dict[str, float]:
        return self.searcher.words.weights(question)

    def articles_by_number(self, numbers: Iterable[int]) -> dict[int, Article]:
        return self._library.articles_by_number(numbers)

    def article(self, article_id: str) -> Article | None:
        return self._library.article(article_id)

    def article_with(self, key: str) -> Article | None:
        generation = self._library.text_generation()
        if self._keys_as_of != generation:  # hashed once, and not at each press of a button
            self._keys = {id_key(each): each for each in self._library.article_ids()}
            self._keys_as_of = generation
        article_id = self._keys.get(key)
        return None if article_id is None else self._library.article(article_id)


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
    library = LocalReader(path)
    with library.uncounted():
        made_by = library.encoder()
    if made_by is not None:
        try:
            check_encoder(path, made_by, encoder.identity)
        except MismatchError:
            library.close()
            raise
    return library
