"""Commits what a run has read, batch by batch, and the words of each batch to their index."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from retrieval.documents.article import Article
from retrieval.library.local.indexes.word_updates import WordUpdates
from retrieval.library.local.split_process import SplitProcess
from retrieval.library.local.transaction import Passages, passages_of
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Summary
from retrieval.library.records import FileRecord
from retrieval.models.encoder.base import Vectors

# Of articles committed at once. The index of the passages' digests is written over and over, so
# large batches are faster; the first ones are small, to be found soon.
_BATCH_CHARACTERS = 1_000_000
_LARGEST_BATCH = 4_000_000
_BATCH_VECTORS = 2_000  # passages that come with theirs


@dataclass(slots=True)
class _Batch:
    """Articles and finished files that wait for a commit."""

    articles: list[tuple[Article, str, Vectors | None]] = field(default_factory=list)
    gone: dict[str, str] = field(default_factory=dict)  # of ids, the file that had them
    files: list[tuple[str, FileRecord]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    characters: int = 0
    vectors: int = 0
    split: Callable[[], dict[Article, Passages]] = dict  # what was split ahead

    def __bool__(self) -> bool:
        return bool(self.articles or self.gone or self.files or self.forgotten)


class Batches:
    """Gathers changes and commits them. Nothing counts before it is committed."""

    def __init__(self, writer: LocalWriter) -> None:
        self.summary = Summary()
        self._writer = writer
        self._splitter = SplitProcess()
        self._words = WordUpdates(writer)
        self._batch = _Batch()
        self._next = _Batch()  # is committed while the one after it is split
        self._characters = 0  # of all articles so far
        self._claimed: dict[str, str] = {}  # the ids that wait for a commit, and whose they are

    def close(self) -> None:
        self._splitter.close()
        self._words.close()

    def owner(self, article_id: str) -> str | None:
        return self._claimed.get(article_id) or self._file_of(article_id)

    def put(self, article: Article, file: str, vectors: Vectors | None = None) -> None:
        self._claimed[article.id] = file
        self._batch.articles.append((article, file, vectors))
        self._batch.characters += len(article.text)
        self._batch.vectors += 0 if vectors is None else len(vectors)
        self._characters += len(article.text)
        largest = min(_LARGEST_BATCH, self._characters // 8)
        full = self._batch.characters >= max(_BATCH_CHARACTERS, largest)
        if full or self._batch.vectors >= _BATCH_VECTORS:
            self._move_up()

    def remove(self, article_ids: Iterable[str], file: str) -> None:
        self._batch.gone.update(dict.fromkeys(article_ids, file))

    def record(self, file: str, record: FileRecord) -> None:
        self._batch.files.append((file, record))

    def forget(self, file: str) -> None:
        self._batch.forgotten.append(file)

    def commit(self) -> None:
        self._move_up()
        self._move_up()

    def finish(self) -> None:
        self._words.finish()

    def _move_up(self) -> None:
        """Commit the batch that was split, and have the next one split meanwhile."""
        batch, self._next, self._batch = self._next, self._batch, _Batch()
        self._next.split = self._split([article for article, *_ in self._next.articles])
        if not batch:
            return
        done = Summary()
        split = batch.split()
        with self._words.commit() as change:
            for article_id, file in sorted(batch.gone.items()):
                if self._file_of(article_id) == file:
                    done.removed += change.remove(article_id)
            for article, file, vectors in batch.articles:
                passages = split.get(article)
                if vectors is not None and passages is None:
                    passages = passages_of(article.title, article.text)
                done.count(change.put(article, file, passages))
                if vectors is not None and passages:
                    # The same words may stand twice in an article, and have one vector.
                    rows = zip((row[-1] for row in passages), vectors, strict=True)
                    by_digest = dict(rows)
                    change.store_vectors([*by_digest], np.stack([*by_digest.values()]))
            for file, record in batch.files:
                change.record_file(file, record)
            for file in batch.forgotten:
                change.forget_file(file)
        self.summary.add(done)  # which was acknowledged
        for article, *_ in batch.articles:
            self._claimed.pop(article.id, None)

    def _file_of(self, article_id: str) -> str | None:
        known = self._writer.changes.head(article_id)
        return known.file if known else None

    def _split(self, articles: list[Article]) -> Callable[[], dict[Article, Passages]]:
        """Begin to split those that are new; the others may be as they were."""
        unknown = self._writer.changes.unknown(article.id for article in articles)
        return self._splitter.begin([each for each in articles if each.id in unknown])
