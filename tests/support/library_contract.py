"""What the tests of the library's contract share: articles, and calls that work on either kind."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from retrieval.answering.answerer import Answerer
from retrieval.errors import ReadingError
from retrieval.ingest.index import index
from retrieval.library import open as open_library
from retrieval.library.filter import Filter
from retrieval.library.location import Location
from retrieval.library.progress import Reporter, Summary
from retrieval.library.records import ListedArticle
from retrieval.models.encoder.base import Encoder
from tests.support.articles import reader

ROWS: list[dict[str, str]] = [
    {"id": "bridge", "title": "Bridge closes", "date": "2021-05-03", "source": "River Post",
     "url": "https://river.example/bridge",
     "text": "The bridge in Marlow closed.\n\nAda Okafor 👩‍🔧 repairs it for 3.2 million pounds."},
    {"id": "bakery", "title": "A bakery opens", "date": "2022-03-15", "source": "Norðri",
     "text": "Þóra bakes 1,200 croissants 🥐🥐 every morning.\n\nNur e\u0301in Schild blieb."},
    {"id": "harvest", "title": "Apple harvest", "date": "2022-12-31", "source": "River Post",
     "text": "The apple harvest in Marlow was the largest for ten years."},
    {"id": "lighthouse", "title": "The lighthouse",
     "text": "The keeper of Skerry Rock counted forty gannets before breakfast."},
]  # fmt: skip


def bring(place: Location, encoder: Encoder, *paths: Path) -> tuple[Summary, list[ReadingError]]:
    """Index paths; what was done, and the files that could not be read."""
    problems: list[ReadingError] = []
    return index(paths, place, encoder, Reporter(problem=problems.append)), problems


@contextmanager
def asking(place: Location, encoder: Encoder) -> Iterator[Answerer]:
    """An answerer with the trained reader, closed after the block."""
    with closing(Answerer(place, encoder, reader(), 0.0)) as answerer:
        yield answerer


def found(answerer: Answerer, question: str, within: Filter | None = None) -> list[str]:
    """The ids of the articles quoted, best first; each quote must be a slice of its article."""
    answer = answerer.ask(question, 10, within)
    quotes = [*answer.quotes, *answer.more]
    for quote in quotes:
        assert quote.text == quote.article.text[quote.start : quote.end]
    return [quote.article.id for quote in quotes]


def listed(place: Location) -> list[ListedArticle]:
    """The articles as ``quoth articles list`` shows them."""
    with closing(open_library(place).reader()) as library, library.snapshot():
        return [*library.list_articles()]


def is_whole(place: Location) -> bool:
    """Whether ``verify`` finds nothing wrong; fails with what it found."""
    report = open_library(place).verify(Reporter())
    assert report.lines() == []
    return report.ok
