"""The processes that ``tests.soak.kill_indexers`` kills: each does real work on a real library.

A child tells what it does over a pipe: what was committed, once it is, and what it goes on to.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from retrieval.documents.article import Article
from retrieval.documents.formats import read_file
from retrieval.ingest.index import index
from retrieval.library.local.indexes.vectors import VectorIndex
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.rebuild import rebuild, roll_back
from retrieval.library.local.transaction import LocalTransaction, Passages
from retrieval.library.local.verify.repair import repair
from retrieval.library.local.write_session import open_session
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Change, Reporter
from retrieval.models.encoder.base import Progress, Vectors, l2_normalise
from retrieval.transfer.export import export_library
from retrieval.transfer.import_ import import_library

_ROUNDS = 40  # of what takes but milliseconds
_TOGETHER = 20  # articles in one transaction


class PerIdentityEncoder:
    """A direction of its own for each text and identity, the same in every process."""

    dimension = 16

    def __init__(self, identity: str) -> None:
        self.identity = identity

    def encode_query(self, text: str) -> Vectors:
        """Encode one question."""
        return self.encode_passages([text])

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode passages."""
        seeds = [sha256(f"{self.identity} {text}".encode()).digest()[:8] for text in texts]
        rows = [
            np.random.default_rng(int.from_bytes(seed)).standard_normal(self.dimension)
            for seed in seeds
        ]
        return l2_normalise(np.array(rows, dtype=np.float32))


@dataclass(slots=True)
class AcknowledgedCommit:
    """What a commit did.

    Attributes:
        edition: its number.
        generation: of the commit.
        put: the articles that it put, by id, with the hashes of their texts.
        removed: the ids of those that it removed.
    """

    edition: str
    generation: int
    put: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)


ChildMessage = str | AcknowledgedCommit
"""What a child tells: what it does now, or what it has committed."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What a child works with."""

    library: Path
    articles: Path
    encoder: PerIdentityEncoder

    @property
    def files(self) -> list[Path]:
        """The files with articles."""
        return sorted(self.articles.iterdir())


def run(what: str, work: Workload, pipe: Connection) -> None:
    """Do one kind of work from start to end, telling of it."""
    _tell_of_commits(pipe.send)
    stage = [""]

    def progress(now: str, done: int, total: int) -> None:
        if now != stage[0]:
            stage[0] = now
            pipe.send(now)

    pipe.send("ready")
    KINDS[what](work, Reporter(progress=progress), pipe.send)
    pipe.send("done")


def _index(work: Workload, reporter: Reporter, tell: Callable[[ChildMessage], None]) -> None:
    """Add, update and remove: a commit for each file, and one for what vanished."""
    index([*work.files, work.articles], work.library, work.encoder, reporter)


def _rebuild(work: Workload, reporter: Reporter, tell: Callable[[ChildMessage], None]) -> None:
    rebuild(work.library, work.encoder, reporter)


def _roll_back(work: Workload, reporter: Reporter, tell: Callable[[ChildMessage], None]) -> None:
    for _ in range(_ROUNDS):
        tell(f"went back to {roll_back(work.library).edition}")


def _compact(work: Workload, reporter: Reporter, tell: Callable[[ChildMessage], None]) -> None:
    """Index file by file, so that the index of words gets many small segments and merges them."""
    for file in work.files:
        index([file], work.library, work.encoder, reporter)


def _save(work: Workload, reporter: Reporter, tell: Callable[[ChildMessage], None]) -> None:
    """Write the file of the index of vectors, again and again."""
    for file in work.files[:_ROUNDS]:
        index([file], work.library, work.encoder, reporter)
        tell("Saving vectors")
        with LocalWriter(work.library) as writer, closing(LocalReader(work.library)) as library:
            vectors = VectorIndex(writer.edition.vectors, work.encoder.dimension, few=0)
            with library.snapshot():
                vectors.save(library)


def _repair(work: Workload, reporter: Reporter, tell: Callable[[ChildMessage], None]) -> None:
    repair(work.library, work.encoder, reporter)


def _remove(work: Workload, reporter: Reporter, tell: Callable[[ChildMessage], None]) -> None:
    """Remove articles, some in each session, as people do one by one."""
    with closing(LocalReader(work.library)) as library, library.snapshot():
        ids = sorted(library.article_ids())
    for start in range(0, len(ids), _TOGETHER):
        tell("Removing")
        with open_session(work.library, None, reporter) as session, session.transaction() as change:
            for article_id in ids[start : start + _TOGETHER]:
                change.remove(article_id)


def _put(work: Workload, reporter: Reporter, tell: Callable[[ChildMessage], None]) -> None:
    """Put articles in transactions, as pages and uploads are; a session for each file."""
    for file in work.files:
        tell("Putting")
        articles = [each for each in read_file(file, work.articles) if isinstance(each, Article)]
        with open_session(work.library, work.encoder, reporter) as session:
            for start in range(0, len(articles), _TOGETHER):
                with session.transaction() as change:
                    for each in articles[start : start + _TOGETHER]:
                        change.put(each, str(file))
            session.encode_pending(work.encoder)


def _import(work: Workload, reporter: Reporter, tell: Callable[[ChildMessage], None]) -> None:
    """Remove everything, and bring it back from an export."""
    file = work.library.with_name(f"export-{os.getpid()}.gz")
    export_library(work.library, file, reporter)
    _remove(work, reporter, tell)
    import_library(file, work.library, reporter)
    file.unlink()


KINDS: dict[str, Callable[[Workload, Reporter, Callable[[ChildMessage], None]], None]] = {
    "first index": _index,
    "index": _index,
    "rebuild": _rebuild,
    "rollback": _roll_back,
    "compaction": _compact,
    "vector file": _save,
    "repair": _repair,
    "removal": _remove,
    "transactions": _put,
    "import": _import,
}
"""The kinds of work."""


class _RecordingTransaction(LocalTransaction):
    """Remembers what is put and removed."""

    def __init__(self, real: LocalTransaction, commit: AcknowledgedCommit) -> None:
        super().__init__(real._connection, real._generation, real.changes, real._gone)
        self._commit = commit

    def put(self, article: Article, file: str, passages: Passages | None = None) -> Change:
        self._commit.put[article.id] = article.sha256
        return super().put(article, file, passages)

    def remove(self, article_id: str) -> bool:
        self._commit.removed.append(article_id)
        return super().remove(article_id)


def _tell_of_commits(tell: Callable[[ChildMessage], None]) -> None:
    """Have every commit of this process told, when it is acknowledged and not before."""
    commit = LocalWriter.commit

    @contextmanager
    def told(writer: LocalWriter) -> Iterator[LocalTransaction]:
        with commit(writer) as change:
            done = AcknowledgedCommit(writer.edition.name, change._generation)
            yield _RecordingTransaction(change, done)
        if writer.changes.generation() >= done.generation:  # a commit of nothing is none
            tell(done)

    LocalWriter.commit = told  # type: ignore[method-assign, assignment]
