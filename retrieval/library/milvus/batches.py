"""Gathers what an indexer reads, and brings in what it can claim, batch by batch.

What another indexer works on is put off, and looked at again: by then it is in, or its indexer is
dead and it is this one's. Articles come with their vectors: there is no queue.
"""

import random
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from retrieval.documents.article import Article
from retrieval.errors import LibraryError, ReadingError
from retrieval.library.milvus.claims import Claims
from retrieval.library.milvus.incoming import Incoming, prepare
from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.rows import Head, article_key, version_of
from retrieval.library.milvus.schema import BOUNDED, STRONG
from retrieval.library.milvus.writer import MilvusWriter, check_size
from retrieval.library.progress import Reporter, Summary, same_id
from retrieval.library.records import FileRecord, VectorSpace
from retrieval.models.encoder.base import Vectors

_BATCH_CHARACTERS = 200_000  # claimed together: some ten seconds of encoding
_BATCH_ARTICLES = 500
_WAITING_CHARACTERS = 32_000_000  # put off at most
_PAUSE = 0.5  # seconds between looks at what others work on


class MilvusBatches:
    """Gathers changes and makes them. Nothing counts before it is made.

    Args:
        encoder: whose vectors it holds; an ``Encoder`` where articles are to be encoded.
    """

    def __init__(
        self, library: MilvusReader, encoder: VectorSpace | None, reporter: Reporter
    ) -> None:
        self.summary = Summary()
        self._library = library
        self._encoder = encoder
        self._reporter = reporter
        self._writer = MilvusWriter(library)
        self._claims = Claims(library.server, library.names)
        self._batch: list[Incoming] = []
        self._waiting: list[Incoming] = []  # others work on them
        self._contested: list[Incoming] = []  # another file has their ids
        self._gone: dict[str, str] = {}  # of ids, the file that no longer has them
        self._files: dict[str, FileRecord] = {}
        self._counts: dict[str, int] = {}  # articles of each file
        self._forgotten: list[str] = []
        self._owners: dict[str, str] = {}  # of the articles that wait
        self._to_sweep: set[int] = set()
        self._half: set[int] = set()  # of which it wrote something, and lost the claim
        self._encoded = 0
        self._claims.settle_dead(self._writer.sweep)

    def owner(self, article_id: str) -> str | None:
        return self._owners.get(article_id)

    def put(self, article: Article, file: str, vectors: Vectors | None = None) -> None:
        try:
            check_size(article, file)
        except ReadingError as error:
            self._fail(error)
            return
        self._owners[article.id] = file
        self._counts[file] = self._counts.get(file, 0) + 1
        self._batch.append(Incoming(article, file, vectors))
        if len(self._batch) >= _BATCH_ARTICLES or _characters(self._batch) >= _BATCH_CHARACTERS:
            self._flush()
        while _characters(self._waiting) > _WAITING_CHARACTERS:
            self._wait()

    def remove(self, article_ids: Iterable[str], file: str) -> None:
        self._gone.update(dict.fromkeys(article_ids, file))

    def record(self, file: str, record: FileRecord) -> None:
        self._files[file] = record

    def forget(self, file: str) -> None:
        self._forgotten.append(file)

    def commit(self) -> None:
        self._flush()
        while self._waiting:
            self._wait()
        if self._gone:
            self._remove()
        if self._forgotten:
            self._writer.forget(self._forgotten)
            self._forgotten.clear()
        self._record()

    def finish(self) -> None:
        contested, self._contested = self._contested, []
        self._batch = contested
        self._flush(STRONG)
        self.commit()
        for each in self._contested:
            other = self._library.heads([each.key], STRONG)
            owner = next((head.file for head in other.values()), "another")
            self._fail(same_id(each.file, each.article.id, owner))
            self._files.pop(each.file, None)  # it is not in whole
            self._writer.read_again(each.file)
        self._contested.clear()
        self._sweep()

    def read_again(self, file: str) -> None:
        """Have the next run that comes by a file read it, changed or not."""
        self._writer.read_again(file)

    def close(self) -> None:
        self._claims.close()

    def give_up(self) -> None:
        """Leave nothing half done for others to wait for; a server that is away is left alone."""
        with suppress(LibraryError):
            self._to_sweep |= self._claims.mine
            self._sweep()

    def _flush(self, level: str = BOUNDED) -> None:
        batch, self._batch = self._batch, []
        self._waiting += self._make(batch, level)

    def _wait(self) -> None:
        """Look again at what others work on, or worked on."""
        waiting, self._waiting = self._waiting, []
        left = self._make(waiting, BOUNDED)
        self._waiting = left
        if len(left) == len(waiting):
            # Not in step with others who wait for the same.
            time.sleep(_PAUSE * random.uniform(0.5, 1.5))  # noqa: S311 - no secret

    def _make(self, articles: Sequence[Incoming], level: str) -> list[Incoming]:
        """Bring articles in, as far as they are not; returns those that others work on.

        Args:
            level: of consistency, of the first look.
        """
        changed, _ = self._changed(articles, level)
        if not changed:
            return []
        keys = {each.key for each in changed}
        if keys & self._to_sweep:
            self._sweep()
        mine = self._claim(keys)
        left = [each for each in changed if each.key not in mine]
        # Seeing all that was done until the claims were there.
        todo, heads = self._changed(
            [each for each in changed if each.key in mine], STRONG, decided=True
        )
        if todo:
            prepared = prepare(todo, self._encoder, self._tell_encoded)
            written = self._writer.put(prepared, self._still_mine)
            known = written & heads.keys()
            self.summary.updated += len(known)
            self.summary.added += len(written - known)
            for each in todo:
                if each.key in written:
                    self._owners.pop(each.article.id, None)
                else:  # others took this indexer for dead
                    left.append(each)
                    self._half.add(each.key)
            self._to_sweep |= known
        self._claims.release(mine - self._to_sweep)
        return left

    def _changed(
        self, articles: Sequence[Incoming], level: str, decided: bool = False
    ) -> tuple[list[Incoming], dict[int, Head]]:
        """Those that are not in as they are, and what is in; the others are done with.

        Args:
            decided: they are claimed, so what is seen stays so.
        """
        heads = self._library.heads([each.key for each in articles], level)
        changed, moved = [], []
        for each in articles:
            article, file = each.article, each.file
            head = heads.get(each.key)
            if head and head.id != article.id:
                self._fail(ReadingError(file, f"the id {article.id} has the key of {head.id}"))
            elif head and head.file != file and Path(head.file).exists():
                self._contested.append(each)
            elif head and head.version == version_of(article) and (decided or head.file == file):
                self.summary.unchanged += 1
                self._owners.pop(article.id, None)
                if head.file != file:
                    moved.append((article, file, head.passages))
            else:
                changed.append(each)
        if moved:
            self._writer.move(moved)
        return changed, heads

    def _remove(self) -> None:
        gone, self._gone = self._gone, {}
        files = {article_key(article_id): file for article_id, file in gone.items()}
        keys = {*files}
        while keys:
            mine = self._claim(keys)
            # What was read of the files may be older than what another wrote, or this very run.
            heads = self._library.heads(mine, STRONG)
            there = {key for key, head in heads.items() if head.file == files[key]}
            self._writer.remove(there)
            self.summary.removed += len(there)
            self._to_sweep |= there
            self._claims.release(mine - self._to_sweep)
            keys -= mine
            if keys:
                time.sleep(_PAUSE)

    def _record(self) -> None:
        waits = {each.file for each in [*self._batch, *self._waiting, *self._contested]}
        ready = [file for file in self._files if file not in waits]
        self._writer.record(
            (file, self._files.pop(file), self._counts.pop(file, 0)) for file in ready
        )

    def _sweep(self) -> None:
        if self._to_sweep:
            self._writer.sweep(self._to_sweep)
            self._claims.release(self._to_sweep)
            self._to_sweep.clear()

    def _tell_encoded(self, passages: int) -> None:
        self._encoded += passages
        self._reporter.progress("Encoding", self._encoded, 0)
        self._claims.renew()

    def _claim(self, keys: set[int]) -> set[int]:
        """Claim articles; of those that are this indexer's now, nothing half done is left."""
        self._claims.take(keys)
        self._claims.settle(self._writer.sweep)
        mine = keys & self._claims.mine
        if half := self._half & mine:
            self._writer.sweep(half)
            self._half -= half
        return mine

    def _still_mine(self) -> set[int]:
        self._claims.renew()
        return self._claims.mine

    def _fail(self, problem: ReadingError) -> None:
        self.summary.failed += 1
        self._reporter.problem(problem)


def _characters(articles: Collection[Incoming]) -> int:
    return sum(len(each.article.text) for each in articles)
