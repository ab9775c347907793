"""The collections that answers are measured on: articles, and questions to them.

``without_every_second`` takes articles out, so that about half of the questions cannot be
answered: what people meet whose question is about something that was never written about.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common.data import ArticleRow, read_jsonl
from retrieval.evaluation.dataset import LabelledQuestion
from retrieval.ingest.index import index
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.writer import LocalWriter
from retrieval.library.progress import Reporter
from retrieval.models.encoder import Encoder

_FIELDS = ("id", "title", "date", "source", "url", "text")


@dataclass(frozen=True, slots=True)
class Collection:
    """Articles with the questions to them."""

    articles: Sequence[ArticleRow]
    questions: Sequence[LabelledQuestion]

    def without_every_second(self) -> "Collection":
        """Half of the articles; a question to one of the others has no answer then.

        The paragraphs of one Wikipedia article stay or go together.
        """
        groups = dict.fromkeys(row.get("article_id", row["id"]) for row in self.articles)
        kept = set(list(groups)[::2])
        articles = [row for row in self.articles if row.get("article_id", row["id"]) in kept]
        ids = {row["id"] for row in articles}
        questions = [
            each if each.articles & ids else replace(each, answers=(), articles=frozenset())
            for each in self.questions
        ]
        return Collection(articles, questions)

    def every_second(self, first: int) -> "Collection":
        """All articles with half of the questions: 0 to fit weights on, 1 to report."""
        return replace(self, questions=self.questions[first::2])


def sample_evenly(
    questions: Sequence[LabelledQuestion], limit: int | None
) -> Sequence[LabelledQuestion]:
    """Every n-th question, so that at most ``limit`` are left; all without a limit."""
    return questions[:: max(1, -(-len(questions) // limit))] if limit else questions


def squad(data: Path) -> Collection:
    """``squad/dev``: every paragraph is an article."""
    folder = data / "squad" / "dev"
    questions = [
        LabelledQuestion(row["question"], tuple(row["answers"]), frozenset([row["paragraph_id"]]))
        for row in read_jsonl(folder / "questions.jsonl.gz")
    ]
    return Collection(read_jsonl(folder / "paragraphs.jsonl.gz"), questions)


def squad_unanswerable(data: Path) -> list[LabelledQuestion]:
    """Questions that look as if ``squad/dev`` answered them."""
    rows = read_jsonl(data / "squad" / "dev" / "unanswerable.jsonl.gz")
    return [LabelledQuestion(row["question"]) for row in rows]


def news(data: Path) -> Collection:
    """``news``: the news-quiz questions, and the articles that they are about."""
    questions = [
        LabelledQuestion(
            row["question"],
            tuple(row["answers"]),
            frozenset([*row["article_ids"], *row["other_articles_with_answer"]]),
        )
        for row in read_jsonl(data / "news" / "questions.jsonl.gz")
    ]
    return Collection(read_jsonl(data / "news" / "articles.jsonl.gz"), questions)


def build_library(folder: Path, articles: Sequence[ArticleRow], encoder: Encoder) -> Path:
    """Make the library in a folder agree with these articles.

    What it holds already is not encoded again, so a folder may be kept from run to run.

    Returns:
        The library.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "articles.jsonl"
    with source.open("w", encoding="utf-8") as lines:
        for article in articles:
            lines.write(json.dumps({key: article.get(key) for key in _FIELDS}) + "\n")
    library = folder / "library"
    index([source], library, encoder, Reporter(lambda problem: sys.exit(str(problem))))
    return library


@contextmanager
def temporary_library(articles: Sequence[ArticleRow], encoder: Encoder) -> Iterator[Path]:
    """A library of these articles, for as long as the block runs."""
    with TemporaryDirectory() as folder:
        yield build_library(Path(folder), articles, encoder)


def build_subset_library(folder: Path, whole: Path, articles: Sequence[ArticleRow]) -> Path:
    """Make a library of a part of another's articles, without encoding anything again.

    Args:
        folder: where it goes; what is there is kept.
        whole: the folder of the other, as ``build_library`` made it.
        articles: those of the part.

    Returns:
        The library.
    """
    library = folder / "library"
    if not library.exists():
        unfinished = folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(whole / "library", unfinished)
        ids = {row["id"] for row in articles}
        with closing(LocalReader(unfinished)) as opened:
            others = [each[0] for each in opened.list_articles() if each[0] not in ids]
        with LocalWriter(unfinished) as writer, writer.commit() as change:
            for article_id in others:
                change.remove(article_id)
            change.sweep()
        unfinished.rename(library)
    return library
