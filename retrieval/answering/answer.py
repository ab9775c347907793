"""The answer to a question: quotes with their citations, and a confidence."""

from dataclasses import dataclass

from retrieval.answering.conversation import ExpandedQuery, Turn
from retrieval.documents.article import Article, Span
from retrieval.documents.sentences import paragraphs
from retrieval.library.records import LibraryState


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage of an article shown to a person.

    Attributes:
        article: where it is from; its hash was checked when it was read from the library.
        start: offset of the first character into ``article.text``.
        end: offset after the last character.
        paragraph: the paragraph that it begins in, counted from 1.
        score: how well it fits the question, from 0 to 1: the first one's is the answer's
            confidence, and the others' say how far behind it they are.
        answer: the words of it that answer the question, or None where none are marked.
        also_in: ids of other articles that carry the same words, as far as the search found them.
    """

    article: Article
    start: int
    end: int
    paragraph: int
    score: float
    answer: Span | None = None
    also_in: tuple[str, ...] = ()

    @property
    def last_paragraph(self) -> int:
        """The paragraph that it ends in, counted from 1."""
        return self.paragraph + len(paragraphs(self.text)) - 1

    @property
    def text(self) -> str:
        """The quoted words, verbatim by construction: a slice of the article."""
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Timings:
    """How long each part took, in milliseconds."""

    encode: float
    search: float
    read: float
    total: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question.

    Attributes:
        question: as it was asked, without the space around it.
        answered: False when the articles do not seem to know; ``quotes`` then holds the nearest
            passages, which whoever shows them labels as such.
        confidence: the probability that the first quote answers the question.
        quotes: best first.
        library: what was searched.
        timings_ms: how long it took.
        more: the passages that come next, best first, for who wants to see more than was asked for.
        understood: the query that it was expanded to; None where no turns were before it.
    """

    question: str
    answered: bool
    confidence: float
    quotes: tuple[Quote, ...]
    library: LibraryState
    timings_ms: Timings
    more: tuple[Quote, ...] = ()
    understood: ExpandedQuery | None = None

    @property
    def turn(self) -> Turn:
        """The turn that follow-up questions are expanded with: without words if unanswered."""
        if not self.answered:
            return Turn(self.question)
        first = self.quotes[0]
        span = first.answer
        return Turn(
            self.question, first.article.text[span.start : span.end] if span else first.text
        )
