"""Weighs words as BM25 does, here and not on the server: the same whichever server it is.

How rare a word is, is told by a sample. The articles' keys are hashes, so the first of them are a
random choice; of a small library they are all.
"""

import time
from collections import Counter
from collections.abc import Mapping

from retrieval.documents.analyzer import Analyzer
from retrieval.documents.article import Article
from retrieval.library.milvus.reader import MilvusReader
from retrieval.library.milvus.rows import passages_of
from retrieval.library.milvus.schema import BOUNDED
from retrieval.library.records import LibraryState
from retrieval.library.term_weights import FIELD_WEIGHTS, SMOOTHING_PASSAGES, rarity

_ARTICLES = 300  # in the sample
_PASSAGES = 2_500  # and not more of them
_SECONDS = 60.0  # for which it stands, where it is only a part
_AROUND = 320  # characters before and after a passage that say what it is about
_K1, _B = 1.2, 0.75  # as tantivy has them


class Weights:
    """The weights of words in a library."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._holding: Counter[str] = Counter()  # passages of the sample, by word
        self._sampled = 0
        self._length = 1.0  # words of a passage
        self._whole = True
        self._as_of = -1
        self._total = 0
        self._taken = 0.0

    def catch_up(self, library: MilvusReader, state: LibraryState) -> None:
        """See what changed, where that is worth it."""
        if self._as_of == state.generation:
            return
        self._total = state.passages
        if not self._whole and time.monotonic() < self._taken + _SECONDS:
            return
        self._as_of, self._taken = state.generation, time.monotonic()
        self._holding.clear()
        self._sampled, words = 0, 0
        rows = library.server.call(
            "query",
            library.names.articles,
            filter="id >= 0",
            output_fields=["id"],
            limit=_ARTICLES,
            consistency_level=BOUNDED,
        )
        self._whole = len(rows) < _ARTICLES
        for _, article in library.articles(row["id"] for row in rows).values():
            if self._sampled >= _PASSAGES:
                self._whole = False
                break
            for each in passages_of(article):
                found = self._words(article.text[each.start : each.end])
                self._holding.update(found.keys())
                self._sampled += 1
                words += found.total()
        self._length = max(1.0, words / max(1, self._sampled))

    def of(self, question: str) -> dict[str, float]:
        """How much each different word of a question tells; see ``WordIndex.weights``."""
        others = self._total + SMOOTHING_PASSAGES
        return {word: self._rarity(word, others) for word in self._analyzer.content_terms(question)}

    def score(self, asked: Mapping[str, float], article: Article, start: int, end: int) -> float:
        """What BM25 says of a passage, by its words, its article's title and what is around it.

        Args:
            asked: the terms to look for, with their weights.
            start: of the passage in its text.
        """
        text = article.text
        around = text[max(0, start - _AROUND) : end + _AROUND]
        fields = {
            "text": (self._words(text[start:end]), self._length),
            "title": (self._words(f"{article.title} {article.date or ''}"), 10.0),
            "around": (self._words(around), 2.5 * self._length),
        }
        total = 0.0
        for word, counts in asked.items():
            idf = self._rarity(word, self._total)
            for field, (there, usual) in fields.items():
                if often := there[word]:
                    norm = _K1 * (1 - _B + _B * there.total() / usual)
                    total += (
                        counts * FIELD_WEIGHTS[field] * idf * often * (_K1 + 1) / (often + norm)
                    )
        return total

    def _rarity(self, word: str, total: int) -> float:
        holding = self._holding[word] * self._total / max(1, self._sampled)
        return rarity(holding, max(total, holding))

    def _words(self, text: str) -> Counter[str]:
        return Counter(self._analyzer.tokens(text))
