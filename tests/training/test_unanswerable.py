"""Questions changed so that a passage no longer answers them."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.unanswerable import OPPOSITES, unanswerable

NEIGHBOURS = {"river": ["ocean", "canal"], "bread": ["butter"], "schools": ["houses", "stayed"]}


def changed(question: str, passage: str, article: str, seed: int = 0) -> str | None:
    rng = random.Random(seed)  # noqa: S311 - not a secret
    return unanswerable(question, passage, f"{passage}\n{article}", NEIGHBOURS, rng)


def all_changes(question: str, passage: str, article: str) -> set[str | None]:
    return {changed(question, passage, article, seed) for seed in range(2000)}


@pytest.mark.parametrize(
    ("question", "passage", "article", "wanted"),
    [
        pytest.param(
            "Where has Anna been?",
            "Anna has been to Riga with Boris Ozols.",
            "Carla stayed. It was the Academy of Fine Arts.",
            {
                *(f"Where has {name} been?" for name in ("Riga", "Boris Ozols", "Carla")),
                "Where hasn't Anna been?",
                "Where has never Anna been?",
            },
            id="another name, of about as many words",
        ),
        pytest.param(
            "Who came in 1990?",
            "Anna came in 1990, with 12 others.",
            "Boris had come in 1895.",
            {f"Who came in {1990 + n}?" for n in (-95, -20, -10, -3, -2, -1, 1, 2, 3, 10)},
            id="another year",
        ),
        pytest.param(
            "Who caught 12 fish?",
            "Anna caught 12 fish in 1990.",
            "Boris caught 3,000.",
            {f"Who caught {n} fish?" for n in ("3,000", *range(2, 12), *range(13, 61))},
            id="another number, no year",
        ),
        pytest.param(
            "Who came before the war?",
            "Anna came before it.",
            "",
            {"Who came after the war?", "Who came before the peace?"},
            id="an opposite",
        ),
        pytest.param(
            "What rose, the river by the schools?",
            "The river rose; the schools stayed closed.",
            "",
            {
                "What fell, the river by the schools?",
                "What rose, the ocean by the schools?",
                "What rose, the canal by the schools?",
                "What rose, the river by the houses?",
            },
            id="another word of its kind that the passage has not",
        ),
        pytest.param("What bread?", "No river.", "Bread.", {None}, id="a word it is not about"),
        pytest.param("Who knows?", "Anna knows.", "", {None}, id="nothing to change"),
        pytest.param("", "", "", {None}, id="nothing"),
    ],
)
def test_all_that_can_be_changed(
    question: str, passage: str, article: str, wanted: set[str | None]
) -> None:
    assert all_changes(question, passage, article) == wanted


WORDS = st.sampled_from(
    """Who What did was is the in of by first before river bread schools rose Anna Riga Boris Ozols
    New York 1990 2001 12 3,000 45.5 never-ending “Riga” who? it's""".split()
)
TEXT = st.lists(WORDS, max_size=12).map(" ".join)


@settings(deadline=None, max_examples=300)
@given(TEXT, TEXT, TEXT, st.integers(0, 1000))
def test_a_change_differs_and_takes_its_words_from_the_article_or_the_lists(
    question: str, passage: str, article: str, seed: int
) -> None:
    other = changed(question, passage, article, seed)
    assert other == changed(question, passage, article, seed), "the seed decides"
    if other is None:
        return
    assert other != question
    known = {*OPPOSITES, "never", "t"}.union(*NEIGHBOURS.values())
    known |= {f"{word}n" for word in ("did", "was", "is")}
    known |= set(re.findall(r"\w+", f"{question} {passage} {article}"))
    for word in re.findall(r"\w+", other):
        assert word in known or (word.isdigit() and (2 <= int(word) <= 60 or int(word) >= 1970))


def test_opposites_are_so_both_ways() -> None:
    for word, others in OPPOSITES.items():
        assert others and word not in others
        assert all(word in OPPOSITES[other] for other in others)
