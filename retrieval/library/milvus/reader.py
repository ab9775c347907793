"""Reads articles from a server: by key, by id, and in lists."""

import time
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from retrieval.documents.article import Article
from retrieval.errors import DamagedError
from retrieval.library.milvus.catalogue import MilvusCatalogue
from retrieval.library.milvus.feeds import MilvusFeeds
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.milvus.rows import Head, article_key, file_record, head_of, number_of
from retrieval.library.milvus.schema import (
    BOUNDED,
    STRONG,
    Collections,
    Kind,
    check_encoder,
    open_library,
)
from retrieval.library.milvus.server import Row, Server
from retrieval.library.records import ArticleHead, FileRecord, LibraryState, ListedArticle, Status

_AT_ONCE = 200  # articles whose texts are read together
_CACHED = 32_000_000  # characters of articles that are cached
_SECONDS = 0.5  # between looks at whether something changed


class MilvusReader(MilvusCatalogue):
    """A ``LibraryReader`` of a library on a server.

    Args:
        opened: its collections; by default they are opened.

    Raises:
        LibraryError: there is none, another version made it, or the server cannot be asked.
    """

    def __init__(self, server: Server, opened: Collections | None = None) -> None:
        self.server = server
        self.names = opened or open_library(server)
        self._see_all()
        self._cache: OrderedDict[int, tuple[int, Article]] = OrderedDict()
        self._characters = 0
        self._state: LibraryState | None = None
        self._looked = 0.0
        self._listed: tuple[int, list[ListedArticle]] | None = None
        self.feeds = MilvusFeeds(server, self.names)

    def close(self) -> None:
        self.server.close()

    @contextmanager
    def snapshot(self) -> Iterator[LibraryState]:
        yield self.state()

    def state(self) -> LibraryState:
        """Say what is there, as of half a second ago; counted again only where that changed."""
        if self._state and time.monotonic() < self._looked + _SECONDS:
            return self._state
        number = number_of(Kind.GENERATION.name)
        found = self.server.row(self.names.ledger, number, ["moment"], BOUNDED)
        generation = int(found["moment"]) if found else 0
        if self._state is None or self._state.generation != generation:
            if self._state:  # another library may have taken its place
                check_encoder(self.server, open_library(self.server), self.names.encoder)
            self._state = LibraryState(
                generation,
                self.server.count(self.names.articles, BOUNDED),
                self.server.count(self.names.passages, BOUNDED),
            )
        self._looked = time.monotonic()
        return self._state

    def status(self) -> Status:
        claims = self.server.count(self.names.ledger, BOUNDED, f"kind == {Kind.CLAIM:d}")
        return Status(self.state(), claims, self.names.encoder, None)

    def article(self, article_id: str) -> Article | None:
        found = self.articles([article_key(article_id)]).get(article_key(article_id))
        return found[1] if found and found[1].id == article_id else None

    def heads(self, keys: Collection[int], level: str) -> dict[int, Head]:
        """What is known of articles without their texts; those that are not there are left out."""
        found: dict[int, Head] = {}
        wanted = sorted(set(keys))
        for start in range(0, len(wanted), 1_000):
            for row in self._of(wanted[start : start + 1_000], ["version", "about"], level):
                found[row["id"]] = head_of(row)
        return found

    def articles(self, keys: Iterable[int], level: str = BOUNDED) -> dict[int, tuple[int, Article]]:
        wanted = sorted(set(keys))
        found: dict[int, tuple[int, Article]] = {}
        known = [key for key in wanted if key in self._cache]
        missing = [key for key in wanted if key not in self._cache]
        if known:
            for row in self._of(known, ["version"], level):
                cached = self._cache[row["id"]]
                if cached[0] == row["version"]:
                    self._cache.move_to_end(row["id"])
                    found[row["id"]] = cached
                else:
                    missing.append(row["id"])
        for start in range(0, len(missing), _AT_ONCE):
            fields = ["version", "about", "text"]
            for row in self._of(missing[start : start + _AT_ONCE], fields, level):
                if read := self._read(row, level):
                    found[row["id"]] = read
        return found

    def head(self, article_id: str) -> ArticleHead | None:
        key = article_key(article_id)
        found = self.heads([key], STRONG).get(key)
        return found.without_key() if found and found.id == article_id else None

    def pending(self) -> int:
        return 0

    def listed(self) -> list[ListedArticle]:
        """Every article, newest first; read again where something changed."""
        generation = self.state().generation
        if self._listed is None or self._listed[0] != generation:
            rows = self.server.rows(self.names.articles, "", ["version", "about"], BOUNDED)
            listed = [
                ListedArticle(each.id, each.date, each.title, each.source, each.sha256)
                for each in map(head_of, rows)
            ]
            listed.sort(key=lambda each: each.id)
            listed.sort(key=lambda each: each.date or "", reverse=True)
            self._listed = generation, listed
        return self._listed[1]

    def files(self) -> Iterator[str]:
        where = f"kind == {Kind.FILE:d}"
        for row in self.server.rows(self.names.ledger, where, ["value"], BOUNDED):
            yield row["value"]

    def files_known_under(self, path: str) -> dict[str, tuple[FileRecord, int]]:
        path = path.rstrip("/")
        known = {}
        for value in self.files():
            name, record, articles = file_record(value)
            if name == path or name.startswith(f"{path}/"):
                known[name] = record, articles
        return dict(sorted(known.items()))

    def ids_from(self, file: str) -> list[str]:
        return [head.id for head in self.heads_from(file, BOUNDED)]

    def heads_from(self, file: str, level: str) -> list[Head]:
        where = f"file == {number_of('file', file)}"
        rows = self.server.rows(self.names.articles, where, ["version", "about"], level)
        return [head for head in map(head_of, rows) if head.file == file]

    def _of(self, keys: Collection[int], fields: list[str], level: str) -> list[Row]:
        if not keys:
            return []
        named = ", ".join(map(str, keys))
        found: list[Row] = self.server.call(
            "query",
            self.names.articles,
            filter=f"id in [{named}]",
            output_fields=["id", *fields],
            limit=len(keys),
            consistency_level=level,
        )
        return found

    def _read(self, row: Row, level: str) -> tuple[int, Article] | None:
        """The article of a row, with its version; None where it went meanwhile."""
        head = head_of(row)
        text = row["text"]
        if head.pieces > 1:
            where = f"article == {head.key} and version == {head.version}"
            where += f" and kind == {Kind.TEXT:d}"
            pieces = {
                each["moment"]: each["value"]
                for each in self.server.rows(
                    self.names.ledger, where, ["moment", "value"], level, page=100
                )
            }
            text += "".join(pieces[number] for number in sorted(pieces))
        try:
            article = head.article(text, self.server.place)
        except DamagedError:
            again = self._of([head.key], ["version"], STRONG)
            if level == BOUNDED or not again or again[0]["version"] != head.version:
                # Some of it may not have arrived yet, or be gone already: then it is another.
                return self.articles([head.key], STRONG).get(head.key)
            raise
        return self._add_to_cache(head.key, head.version, article)

    def _add_to_cache(self, key: int, version: int, article: Article) -> tuple[int, Article]:
        if old := self._cache.pop(key, None):
            self._characters -= len(old[1].text)
        self._cache[key] = version, article
        self._characters += len(article.text)
        while self._characters > _CACHED and len(self._cache) > 1:
            _, (_, gone) = self._cache.popitem(last=False)
            self._characters -= len(gone.text)
        return version, article

    def _see_all(self) -> None:
        """Wait until all that was acknowledged until now is seen, by what is read later too."""
        with ThreadPoolExecutor(3) as beside:
            names = self.names.articles, self.names.passages, self.names.ledger
            for seen in [beside.submit(self.server.count, name, STRONG) for name in names]:
                seen.result()


def open_reader(location: MilvusLocation) -> MilvusReader:
    server = Server(location)
    try:
        return MilvusReader(server)
    except BaseException:
        server.close()
        raise
