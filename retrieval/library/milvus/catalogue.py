"""Articles by their titles and sources, for lists and suggestions: of the list of all of them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from retrieval.library.records import ListedArticle


class MilvusCatalogue(ABC):
    """The lists of a ``MilvusReader``."""

    @abstractmethod
    def listed(self) -> list[ListedArticle]:
        """Every article, newest first, those without a date last."""

    def list_articles(self) -> Iterator[ListedArticle]:
        return iter(self.listed())

    def sources_with(self, words: str) -> Iterator[str]:
        folded = words.casefold()
        sources = {each.source for each in self.listed() if each.source is not None}
        found = [source for source in sources if folded in source.casefold()]
        found.sort(key=lambda source: (not source.casefold().startswith(folded), source))
        return iter(found)

    def articles_of(self, source: str) -> list[ListedArticle]:
        return [each for each in self.listed() if (each.source or "").startswith(source)]

    def count_others(self, source: str, words: Sequence[str] = ()) -> int:
        return sum(1 for _ in self._others(source, words))

    def others(
        self, source: str, words: Sequence[str], first: int, count: int
    ) -> list[ListedArticle]:
        return [*self._others(source, words)][first : first + count]

    def _others(self, source: str, words: Sequence[str]) -> Iterator[ListedArticle]:
        folded = [word.casefold() for word in words]
        for each in self.listed():
            title = each.title.casefold()
            mine = each.source is not None and each.source.startswith(source)
            if not mine and all(word in title for word in folded):
                yield each
