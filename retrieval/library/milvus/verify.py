"""Checks a library on a server: each article against its hash, its passages, their vectors.

What an indexer is just writing may be seen half done: it holds a claim, and does not count.
"""

from collections.abc import Sequence
from contextlib import closing

import numpy as np

from retrieval.documents.article import Article
from retrieval.errors import DamagedError
from retrieval.library.milvus.location import MilvusLocation
from retrieval.library.milvus.reader import MilvusReader, open_reader
from retrieval.library.milvus.rows import (
    article_key,
    day_of,
    passage_id,
    passages_of,
    source_of,
    version_of,
)
from retrieval.library.milvus.schema import BOUNDED, STRONG, Kind
from retrieval.library.milvus.server import Row
from retrieval.library.progress import Reporter
from retrieval.library.report import Report
from retrieval.models.encoder.base import is_unit_length

_ARTICLES = 50  # looked at together
_SAID = "paragraph", "start", "stop", "day", "source"  # of a passage
_PASSAGES = 500  # with their vectors, in one answer of the server


def verify(place: MilvusLocation, reporter: Reporter) -> Report:
    """Check a library; nothing is written, and others may write meanwhile.

    Raises:
        LibraryError: there is none, or the server cannot be asked.
    """
    with closing(open_reader(place)) as library:
        return _Check(library, reporter).run()


class _Check:
    def __init__(self, library: MilvusReader, reporter: Reporter) -> None:
        self._library = library
        self._server = library.server
        self._names = library.names
        self._reporter = reporter
        self._report = Report()
        self._passages = 0

    def run(self) -> Report:
        claimed = self._claimed()
        state = self._library.state()
        # Once all that was acknowledged has been seen, what is read after it is not older.
        held = self._server.count(self._names.passages, STRONG)
        keys = [
            row["id"]
            for row in self._server.rows(
                self._names.articles, "", [], STRONG, expected=state.articles
            )
        ]
        for start in range(0, len(keys), _ARTICLES):
            self._check_some([key for key in keys[start : start + _ARTICLES] if key not in claimed])
            self._reporter.progress("Checking", start, state.articles)
        self._check_orphans(set(keys), claimed | self._claimed(), held)
        if claimed:
            self._report.left_over.append(f"{len(claimed):,} articles that an indexer works on")
        self._report.checked.update(articles=len(keys), passages=self._passages)
        return self._report

    def _claimed(self) -> set[int]:
        where = f"kind == {Kind.CLAIM:d}"
        rows = self._server.rows(self._names.ledger, where, ["article"], STRONG)
        return {row["article"] for row in rows}

    def _check_some(self, keys: Sequence[int]) -> None:
        try:
            articles = self._library.articles(keys)
        except DamagedError:
            articles = {}
            for key in keys:
                try:
                    articles.update(self._library.articles([key]))
                except DamagedError as error:
                    self._report.add("article", str(error))
                    self._report.damaged.add(key)
        if not articles:
            return
        where = f"article in [{', '.join(map(str, articles))}]"
        fields = ["article", *_SAID, "vector"]
        found: dict[int, list[Row]] = {key: [] for key in articles}
        for row in self._server.rows(self._names.passages, where, fields, BOUNDED, page=_PASSAGES):
            found[row["article"]].append(row)
        for key, (version, article) in articles.items():
            self._check_article(key, version, article, found[key])

    def _check_article(self, key: int, version: int, article: Article, rows: list[Row]) -> None:
        self._passages += len(rows)
        if key != article_key(article.id) or version != version_of(article):
            self._report.add("article", f"{article.id}: its key or version is another article's")
            self._report.damaged.add(key)
            return
        known = self._report.count
        of = day_of(article.date), source_of(article.source)
        wanted = {
            passage_id(key, version, n): (each.paragraph, each.start, each.end, *of)
            for n, each in enumerate(passages_of(article))
        }
        there = {row["id"]: tuple(row[name] for name in _SAID) for row in rows}
        if missing := wanted.keys() - there.keys():
            self._report.add("passage", f"{article.id}: {len(missing):,} are missing", len(missing))
        if other := there.keys() - wanted.keys():
            self._report.add("passage", f"{article.id}: {len(other):,} are not its", len(other))
        for number in wanted.keys() & there.keys():
            if wanted[number] != there[number]:
                problem = "one is not where the text has it, or of another day or source"
                self._report.add("passage", f"{article.id}: {problem}")
        if rows:
            fine = is_unit_length(np.array([row["vector"] for row in rows], dtype=np.float32))
            if wrong := int((~fine).sum()):
                self._report.add("vector", f"{article.id}: {wrong:,} not of length 1", wrong)
        if self._report.count > known:
            self._report.to_split.add(key)

    def _check_orphans(self, articles: set[int], claimed: set[int], held: int) -> None:
        """Look for passages of no article, and for those that are there twice."""
        orphans = different = 0
        rows = self._server.rows(self._names.passages, "", ["article"], BOUNDED, expected=held)
        for row in rows:
            different += 1
            if row["article"] not in articles and row["article"] not in claimed:
                orphans += 1
                self._report.to_split.add(row["article"])
        if orphans:
            self._report.add("passage", f"{orphans:,} of no article", orphans)
        if held > different and not claimed:
            self._report.add("passage", f"{held - different:,} are there twice", held - different)
