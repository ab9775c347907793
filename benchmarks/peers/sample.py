"""The articles and questions that the tools are compared on."""

from dataclasses import dataclass

from benchmarks.common.collections import Collection
from benchmarks.common.data import ArticleRow
from retrieval.evaluation.dataset import LabelledQuestion


@dataclass(frozen=True, slots=True)
class Sample:
    """What is indexed and asked.

    Attributes:
        articles: what is indexed.
        questions: those that they answer.
        more: articles that are added later.
    """

    articles: list[ArticleRow]
    questions: list[LabelledQuestion]
    more: list[ArticleRow]


def sample(collection: Collection, count: int, more: int) -> Sample:
    """Take so many articles, most of which answer questions, and some to add to them."""
    there = {row["id"]: row for row in collection.articles}
    questions = collection.every_second(1).questions
    wanted: dict[str, ArticleRow] = {}
    for question in questions:
        if len(wanted) < count * 3 // 4:
            # One of those that answer it; the others may be among the scattered ones.
            known = sorted(question.articles & there.keys())[:1]
            wanted.update((each, there[each]) for each in known)
    others = [row for row in collection.articles if row["id"] not in wanted]
    needed = count - len(wanted)
    scattered = others[:: max(1, len(others) // (needed + more))]
    return Sample(
        articles=[*wanted.values(), *scattered[:needed]],
        questions=[each for each in questions if each.articles & wanted.keys()],
        more=scattered[needed : needed + more],
    )
