"""Files and folders into articles on a server; any number of indexers at once share the work.

Each reads the files that it was given, and of the articles that are new or changed works on those
that it can claim. What another works on is put off, and looked at again: by then it is in, or its
indexer is dead and it is this one's. Articles come with their vectors: there is no queue.
"""

import json
import random
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path

import numpy as np

from retrieval.article import Article
from retrieval.committing import Summary
from retrieval.encoding.encoder import Encoder
from retrieval.errors import LibraryError, ReadingError
from retrieval.library.records import FileRecord
from retrieval.milvus.claims import Claims
from retrieval.milvus.reading import MilvusLibrary
from retrieval.milvus.rows import Head, article_key, head_of, number_of, passages_of, version_of
from retrieval.milvus.schema import BOUNDED, STRONG, Kind, make_library, open_library
from retrieval.milvus.server import Server
from retrieval.milvus.writing import MilvusWriter, Prepared, check_size
from retrieval.mirroring import Mirror, Pace, Reporter
from retrieval.passages import encoder_text
from retrieval.place import MilvusPlace

_BATCH_CHARACTERS = 200_000  # claimed together: some ten seconds of encoding
_BATCH_ARTICLES = 500
_ENCODED = 128  # passages between two looks at whether the claims are to be renewed
_WAITING_CHARACTERS = 32_000_000  # put off at most
_PAUSE = 0.5  # seconds between looks at what others work on

_Pair = tuple[Article, str]


def index(
    paths: Sequence[Path], place: MilvusPlace, encoder: Encoder, reporter: Reporter, pace: Pace
) -> Summary:
    """Make a library agree with files and folders; see ``retrieval.indexing.index``.

    Raises:
        LibraryError: the library cannot be written; what was acknowledged until then is kept.
    """
    with closing(Server(place)) as server:
        library = MilvusLibrary(server, make_library(server, encoder.identity, encoder.dimension))
        commits = MilvusCommits(library, encoder, reporter)
        mirror = Mirror(Known(library), commits, reporter, pace)
        try:
            for path in paths:
                mirror.mirror(path)
        except BaseException:
            commits.give_up()
            raise
        return mirror.summary


def remove_article(place: MilvusPlace, article_id: str) -> bool:
    """Remove an article; False where there is none of that id.

    Raises:
        LibraryError: there is no library, or it cannot be written.
    """
    with closing(Server(place)) as server:
        library = MilvusLibrary(server, open_library(server))
        head = library.heads([article_key(article_id)], STRONG).get(article_key(article_id))
        if head is None or head.id != article_id:
            return False
        commits = MilvusCommits(library, None, Reporter())
        commits.remove([article_id])
        commits.finish()
        commits.read_again(head.file)
        return True


class Known:
    """What a library says of the files that it was made of: ``KnownFiles``."""

    def __init__(self, library: MilvusLibrary) -> None:
        self._library = library

    def files_known_under(self, path: str) -> dict[str, tuple[FileRecord, int]]:
        """The indexed files at or under a path: what was known, and how many articles it has."""
        path = path.rstrip("/")
        known = {}
        for value in self._library.files():
            said = json.loads(value)
            name, articles = said.pop("path"), said.pop("articles")
            if name == path or name.startswith(f"{path}/"):
                known[name] = FileRecord(**said), articles
        return dict(sorted(known.items()))

    def ids_from(self, file: str) -> list[str]:
        """The ids of the articles that came from a file."""
        where = f"file == {number_of('file', file)}"
        names = self._library.names
        rows = self._library.server.rows(names.articles, where, ["version", "about"], BOUNDED)
        return [head.id for head in map(head_of, rows) if head.file == file]


class MilvusCommits:
    """Gathers changes and makes them. Nothing counts before it is made.

    Args:
        library: whose.
        encoder: whose vectors it holds; None where only removals come.
        reporter: hears of problems and progress.

    Attributes:
        summary: what was acknowledged so far.
    """

    def __init__(self, library: MilvusLibrary, encoder: Encoder | None, reporter: Reporter) -> None:
        self.summary = Summary()
        self._library = library
        self._encoder = encoder
        self._reporter = reporter
        self._writer = MilvusWriter(library)
        self._claims = Claims(library.server, library.names)
        self._batch: list[_Pair] = []
        self._waiting: list[_Pair] = []  # others work on them
        self._contested: list[_Pair] = []  # another file has their ids
        self._gone: set[str] = set()
        self._files: dict[str, FileRecord] = {}
        self._counts: dict[str, int] = {}  # articles of each file
        self._forgotten: list[str] = []
        self._owners: dict[str, str] = {}  # of the articles that wait
        self._to_sweep: set[int] = set()
        self._encoded = 0
        self._claims.settle_dead(self._writer.sweep)

    def owner(self, article_id: str) -> str | None:
        """The file that an article of this id waits from; what is in is looked up later."""
        return self._owners.get(article_id)

    def put(self, article: Article, file: str) -> None:
        """Add or replace an article of a file."""
        try:
            check_size(article, file)
        except ReadingError as error:
            self._fail(error)
            return
        self._owners[article.id] = file
        self._counts[file] = self._counts.get(file, 0) + 1
        self._batch.append((article, file))
        if len(self._batch) >= _BATCH_ARTICLES or _characters(self._batch) >= _BATCH_CHARACTERS:
            self._flush()
        while _characters(self._waiting) > _WAITING_CHARACTERS:
            self._wait()

    def remove(self, article_ids: Iterable[str]) -> None:
        """Remove articles."""
        self._gone.update(article_ids)

    def record(self, file: str, record: FileRecord) -> None:
        """Remember what a file was when it was read, once its articles are in."""
        self._files[file] = record

    def forget(self, file: str) -> None:
        """Forget a file."""
        self._forgotten.append(file)

    def read_again(self, file: str) -> None:
        """Have the next run that comes by a file read it, changed or not."""
        found = self._library.server.call(
            "query",
            self._library.names.ledger,
            filter=f"id in [{number_of(Kind.FILE.name, file)}]",
            output_fields=["value"],
            limit=1,
            consistency_level=STRONG,
        )
        if found:
            said = json.loads(found[0]["value"])
            name, articles = said.pop("path"), said.pop("articles")
            record = FileRecord(**{**said, "complete": False})
            self._writer.record([(name, record, articles)])

    def commit(self) -> None:
        """Make every change, waiting for those who work on the same articles."""
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
        """Settle what two files claim, and delete what is no longer needed."""
        contested, self._contested = self._contested, []
        self._batch = contested
        self._flush(STRONG)
        self.commit()
        for article, file in self._contested:
            other = self._library.heads([article_key(article.id)], STRONG)
            owner = next((head.file for head in other.values()), "another")
            self._fail(
                ReadingError(
                    file, f"has an article with the id {article.id}, and so has {owner}; change one"
                )
            )
            self.read_again(file)
        self._contested.clear()
        self._sweep()

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

    def _make(self, pairs: Sequence[_Pair], level: str) -> list[_Pair]:
        """Bring articles in, as far as they are not; returns those that others work on.

        Args:
            pairs: articles and their files.
            level: of consistency, of the first look.
        """
        pairs, _ = self._changed(pairs, level)
        if not pairs:
            return []
        keys = {article_key(article.id) for article, _ in pairs}
        if keys & self._to_sweep:
            self._sweep()
        mine = self._claims.take(keys)
        left = [pair for pair in pairs if article_key(pair[0].id) not in mine]
        # Seeing all that was done until the claims were there.
        todo, heads = self._changed(
            [pair for pair in pairs if article_key(pair[0].id) in mine], STRONG, decided=True
        )
        if todo:
            self._writer.put(self._with_vectors(todo), self._claims.renew)
            known = {key for article, _ in todo if (key := article_key(article.id)) in heads}
            for article, _ in todo:
                updated = article_key(article.id) in known
                self.summary.updated += updated
                self.summary.added += not updated
                self._owners.pop(article.id, None)
            self._to_sweep |= known
        self._claims.release(mine - self._to_sweep)
        return left

    def _changed(
        self, pairs: Sequence[_Pair], level: str, decided: bool = False
    ) -> tuple[list[_Pair], dict[int, Head]]:
        """Those that are not in as they are, and what is in; the others are done with.

        Args:
            pairs: articles and their files.
            level: of consistency.
            decided: they are claimed, so what is seen stays so.
        """
        heads = self._library.heads([article_key(article.id) for article, _ in pairs], level)
        changed, moved = [], []
        for article, file in pairs:
            head = heads.get(article_key(article.id))
            if head and head.id != article.id:
                self._fail(ReadingError(file, f"the id {article.id} has the key of {head.id}"))
            elif head and head.file != file and Path(head.file).exists():
                self._contested.append((article, file))
            elif head and head.version == version_of(article) and (decided or head.file == file):
                self.summary.unchanged += 1
                self._owners.pop(article.id, None)
                if head.file != file:
                    moved.append((article, file, head.passages))
            else:
                changed.append((article, file))
        if moved:
            self._writer.move(moved)
        return changed, heads

    def _with_vectors(self, pairs: Sequence[_Pair]) -> list[Prepared]:
        if self._encoder is None:
            raise TypeError("removals alone were to come")
        split = [passages_of(article) for article, _ in pairs]
        texts = [
            encoder_text(article.title, article.text[each.start : each.end])
            for (article, _), passages in zip(pairs, split, strict=True)
            for each in passages
        ]
        parts = [np.zeros((0, self._encoder.dimension), dtype=np.float32)]
        for start in range(0, len(texts), _ENCODED):
            parts.append(self._encoder.encode_passages(texts[start : start + _ENCODED]))
            self._encoded += len(parts[-1])
            self._reporter.progress("Encoding", self._encoded, 0)
            self._claims.renew()
        vectors = np.concatenate(parts)
        ends = np.cumsum([len(passages) for passages in split])
        return [
            Prepared(article, file, passages, vectors[end - len(passages) : end])
            for (article, file), passages, end in zip(pairs, split, ends, strict=True)
        ]

    def _remove(self) -> None:
        gone, self._gone = sorted(self._gone), set()
        keys = {article_key(article_id) for article_id in gone}
        while keys:
            mine = self._claims.take(keys)
            there = self._library.heads(mine, STRONG)
            self._writer.remove(there.keys())
            self.summary.removed += len(there)
            self._to_sweep |= there.keys()
            self._claims.release(mine - self._to_sweep)
            keys -= mine
            if keys:
                time.sleep(_PAUSE)

    def _record(self) -> None:
        waits = {file for _, file in [*self._batch, *self._waiting, *self._contested]}
        ready = [file for file in self._files if file not in waits]
        self._writer.record(
            (file, self._files.pop(file), self._counts.pop(file, 0)) for file in ready
        )

    def _sweep(self) -> None:
        if self._to_sweep:
            self._writer.sweep(self._to_sweep)
            self._claims.release(self._to_sweep)
            self._to_sweep.clear()

    def _fail(self, problem: ReadingError) -> None:
        self.summary.failed += 1
        self._reporter.problem(problem)


def _characters(pairs: Collection[_Pair]) -> int:
    return sum(len(article.text) for article, _ in pairs)
