"""How well questions are answered that go on from earlier ones.

    pip install -e '.[benchmarks]'
    python -m benchmarks.quality.follow_ups [--data DIR] [--only talks|alone] [--questions N]
        [--kept DIR]

``talks``: INSCIT's dev set, conversations over Wikipedia whose passages are each an article. Of
the answerable turns, by their number: whether an article that answers is the first quote's, or one
of the first five quotes'; for the last question alone, for all questions of the talk simply
joined, and for Quoth. Also of the turns that Quoth takes to lean on those before them. The weights
were chosen on every second talk; the figures of the others stand apart.

``alone``: questions of ``squad/dev`` and ``news``, alone and asked after a question about something
else and its answer. Nothing is to change.
"""

import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.common import collections
from benchmarks.common.collections import Collection, build_library, sample_evenly
from benchmarks.common.data import ArticleRow, argument_parser, read_jsonl
from benchmarks.common.parallel import parallel_map
from retrieval.answering import answerer as answerer_module
from retrieval.answering.answerer import Answerer
from retrieval.answering.conversation import Turn, parse_history
from retrieval.evaluation.dataset import LabelledQuestion
from retrieval.evaluation.evaluate import EvaluatedAnswer, evaluated
from retrieval.evaluation.metrics import auroc
from retrieval.models.encoder import load_encoder
from retrieval.models.reader import Reader

ALONE, JOINED, OURS = "the last question alone", "all questions joined", "Quoth"

QUOTES = 5

READING_SECONDS, CORES = answerer_module.READING_SECONDS, len(os.sched_getaffinity(0))

_TIMED = 100  # questions, asked one after the other


@dataclass(frozen=True, slots=True)
class TurnOutcome:
    """What became of a turn.

    Attributes:
        outcome: of its question.
        context_dependent: whether it was taken to need the turns before it.
    """

    outcome: EvaluatedAnswer
    context_dependent: bool


@dataclass(frozen=True, slots=True)
class ConversationTurn:
    """A question with its place in a talk.

    Attributes:
        question: with the turns before it.
        turn: how many these are.
        chosen_by: whether the weights were chosen by this talk.
    """

    question: LabelledQuestion
    turn: int
    chosen_by: bool


def conversations(data: Path) -> tuple[Sequence[ArticleRow], list[ConversationTurn]]:
    """INSCIT's articles, and every turn."""
    rows = read_jsonl(data / "followups" / "questions.jsonl.gz")
    order = [*dict.fromkeys(row["conversation"] for row in rows)]
    chosen_by = set(order[::2])
    turns = [
        ConversationTurn(_question(row), row["turn"], row["conversation"] in chosen_by)
        for row in rows
    ]
    return read_jsonl(data / "followups" / "articles.jsonl.gz"), turns


def _question(row: Mapping[str, Any]) -> LabelledQuestion:
    answers = () if row["unanswerable"] else tuple(row["answers"])
    known = frozenset(row["article_ids"])
    return LabelledQuestion(
        row["question"], answers, known, row["id"], parse_history(row["history"])
    )


def asked_as(question: LabelledQuestion, way: str) -> LabelledQuestion:
    """A question as one of the ways asks it."""
    if way == OURS:
        return question
    if way == JOINED:
        joined = " ".join([*(turn.question for turn in question.history), question.text])
        return replace(question, text=joined, history=())
    return replace(question, history=())


def ask_all(library: Path, questions: Sequence[LabelledQuestion]) -> list[TurnOutcome]:
    """What becomes of each question, on all cores."""

    def start() -> Callable[[LabelledQuestion], TurnOutcome]:
        # Each process has but one of the cores that a question otherwise has to itself.
        answerer_module.READING_SECONDS = READING_SECONDS * CORES
        return _asker(library)

    return [*parallel_map(start, questions)]


def _asker(library: Path) -> Callable[[LabelledQuestion], TurnOutcome]:
    answerer = Answerer(library, load_encoder(), Reader(), min_confidence=0.0)

    def ask(question: LabelledQuestion) -> TurnOutcome:
        answer = answerer.ask(question.text, QUOTES, history=question.history)
        dependent = answer.understood is not None and answer.understood.context_dependent
        return TurnOutcome(evaluated(question, answer), dependent)

    return ask


def report_conversations(library: Path, turns: Sequence[ConversationTurn]) -> None:
    """Measure the conversations in each way."""
    got = {
        way: ask_all(library, [asked_as(each.question, way) for each in turns])
        for way in (ALONE, JOINED, OURS)
    }
    numbers = sorted({each.turn for each in turns})
    groups = {
        "first": [each.turn == 0 for each in turns],
        "later": [each.turn > 0 for each in turns],
        "later, chosen by": [each.turn > 0 and each.chosen_by for each in turns],
        "later, others": [each.turn > 0 and not each.chosen_by for each in turns],
        "later, leaning": [each.context_dependent for each in got[OURS]],
        **{f"turn {number + 1}": [each.turn == number for each in turns] for number in numbers},
    }
    print(f"\ntalks, article@1 and @{QUOTES}\n{'':20}{'turns':>6}", end="")
    print("".join(f"{way:>26}" for way in got))
    for name, chosen in groups.items():
        kept = [n for n, each in enumerate(turns) if chosen[n] and each.question.answers]
        row = "".join(
            f"{_share(got[way], kept, 1):19.3f}{_share(got[way], kept, QUOTES):7.3f}" for way in got
        )
        print(f"{name:20}{len(kept):6}{row}")
    print(f"{'ROC area':20}{len(turns):6}", end="")
    for asked in got.values():
        sure: tuple[list[float], list[float]] = ([], [])
        for each, one in zip(turns, asked, strict=True):
            sure[not each.question.answers].append(one.outcome.confidence)
        print(f"{auroc(*sure):26.3f}", end="")
    print(flush=True)


def _share(asked: Sequence[TurnOutcome], kept: Sequence[int], limit: int) -> float:
    ranks = [asked[n].outcome.article_rank for n in kept]
    return sum(rank is not None and rank <= limit for rank in ranks) / max(1, len(ranks))


def after_another(
    questions: Sequence[LabelledQuestion], about: Mapping[str, str]
) -> list[LabelledQuestion]:
    """Each question after one about another article, answered.

    Args:
        questions: to one of which each comes after.
        about: what an article is about: questions to the same are not taken for others.
    """
    chance = random.Random(1)  # noqa: S311 - which one is no secret

    def topics(question: LabelledQuestion) -> set[str]:
        # An accepted article need not be in the collection.
        return {about[article] for article in question.articles if article in about}

    asked = []
    for question in questions:
        other = question
        while other is question or not topics(question).isdisjoint(topics(other)):
            other = chance.choice(questions)
        asked.append(replace(question, history=(Turn(other.text, other.answers[0]),)))
    return asked


def report_standalone(name: str, collection: Collection, kept: Path, limit: int | None) -> None:
    """Measure whether questions that stand alone are left alone."""
    library = build_library(kept / name, collection.articles, load_encoder())
    about = {row["id"]: str(row.get("article_id", row["id"])) for row in collection.articles}
    every = collection.questions
    questions = sample_evenly(after_another(every, about), limit)
    print(f"\n{name}, {len(questions)} questions\n{'':20}article@1     @{QUOTES}  quote@1")
    for way in (ALONE, OURS):
        asked = ask_all(library, [asked_as(each, way) for each in questions])
        everywhere = range(len(asked))
        right = np.mean([each.outcome.right for each in asked])
        found = [_share(asked, everywhere, most) for most in (1, QUOTES)]
        label = "alone" if way == ALONE else "after another"
        print(f"{label:20}{found[0]:9.3f}{found[1]:7.3f}{right:9.3f}", flush=True)


def report_time(library: Path, turns: Sequence[ConversationTurn]) -> None:
    """Measure what a history costs, the reader's reading aside."""
    answerer = Answerer(library, load_encoder(), Reader(), min_confidence=0.0)
    took: dict[str, list[float]] = {ALONE: [], OURS: []}
    for each in [each for each in turns if each.turn > 0][:_TIMED]:
        for way, times in took.items():  # in turn, so that both meet the same machine
            question = asked_as(each.question, way)
            began = time.perf_counter()
            answer = answerer.ask(question.text, QUOTES, history=question.history)
            times.append((time.perf_counter() - began) * 1000 - answer.timings_ms.read)
    print("\nmilliseconds a question without the reading\n" + f"{'':26}median     p95")
    for way, times in took.items():
        print(f"{way:26}{np.median(times):6.1f}{np.percentile(times, 95):8.1f}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argument_parser(__doc__)
    parser.add_argument("--only", choices=("talks", "alone"))
    parser.add_argument("--questions", type=int, help="of squad and of news, at most")
    parser.add_argument("--kept", type=Path, help="folder to keep the libraries in")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        kept = options.kept or Path(folder)
        if options.only != "alone":
            articles, turns = conversations(options.data)
            library = build_library(kept / "followups", articles, load_encoder())
            report_conversations(library, turns)
            report_time(library, turns)
        if options.only != "talks":
            for name, load in (("squad", collections.squad), ("news", collections.news)):
                report_standalone(name, load(options.data), kept, options.questions)


if __name__ == "__main__":
    main()
