"""What the reader learns from, as it is read from the questions and what was mined for them."""

import gzip
import json
from collections.abc import Iterable, Sequence
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.documents.passages import split_into_passages
from retrieval.evaluation.metrics import answer_in_quote
from training.examples import MAX_HARD_NEGATIVES, Examples, TrainingPassage, TrainingQuestion, load

LONG = "and so on, " * 18
"""So much of a sentence that it is a passage of its own."""


def sentence(words: str) -> str:
    return f"Here {words} {LONG}as they say."


def asked(
    question: str, answer: str, text: str, *, paragraph: int = 0, place: int = 0, also: str = "-"
) -> dict[str, Any]:
    """A question; ``place`` says which of the places where the answer stands is labelled."""
    start = -1
    for _ in range(place + 1):
        start = text.index(answer, start + 1)
    evidence = {"start": start, "end": start + len(answer), "text": answer}
    return {
        "question": question,
        "answers": [answer, also],
        "paragraph_id": f"p{paragraph}",
        "evidence": [evidence],
    }


def written(
    folder: Path,
    texts: Sequence[str],
    questions: Sequence[dict[str, Any]],
    found: Sequence[Sequence[TrainingPassage]],
) -> Examples:
    """Examples of paragraphs, two to an article."""
    train = folder / "squad" / "train"
    train.mkdir(parents=True)
    paragraphs = [
        {"id": f"p{n}", "article_id": f"A_{n // 2}", "title": f"A_{n // 2}", "text": text}
        for n, text in enumerate(texts)
    ]
    mined = [
        {"question": n, "found": [[p.paragraph, p.start, p.end, 1.5] for p in passages]}
        for n, passages in enumerate(found)
    ]
    _write(train / "paragraphs.jsonl.gz", paragraphs)
    _write(train / "questions.jsonl.gz", questions)
    _write(folder / "mined.jsonl.gz", mined)
    return load(folder, folder)


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def passages_of(texts: Sequence[str]) -> list[TrainingPassage]:
    return [
        TrainingPassage(n, p.start, p.end)
        for n, text in enumerate(texts)
        for p in split_into_passages(text)
    ]


def only(examples: Examples) -> TrainingQuestion:
    (question,) = examples.training
    return question


def test_the_passage_with_more_of_the_questions_words_is_meant(tmp_path: Path) -> None:
    text = " ".join(sentence(words) for words in ("Anna came", "the river took Anna", "Anna went"))
    texts = [text, "Another text."]
    question = asked("Whom did the river take?", "Anna", text, place=0)
    examples = written(tmp_path, texts, [question], [[]])
    right = only(examples).positive
    assert examples.words(right).startswith("Here the river took Anna")
    assert only(examples).answers == ((20, 24),)


def test_between_equals_the_label_decides(tmp_path: Path) -> None:
    text = " ".join(sentence(words) for words in ("Anna came", "Anna stayed, Anna!", "Anna went"))
    questions = [asked("Who was it?", "Anna", text, place=place) for place in range(4)]
    examples = written(tmp_path, [text, "Another text."], questions, [[]] * 4)
    starts = [question.positive.start for question in examples.training]
    assert starts == [p.start for p in (split_into_passages(text)[n] for n in (0, 1, 1, 2))]
    assert examples.training[1].answers == ((5, 9), (18, 22))


def test_wrong_passages_are_those_found_that_hold_no_answer(tmp_path: Path) -> None:
    texts = [sentence("Anna Berzina came"), "ANNA BERZINA!", "The Berzina of old.", "Anna-Berzina"]
    texts += ["It was Miss B. who came."] + [f"Text {n}." for n in range(20)]
    question = asked("Who?", "Anna Berzina", texts[0], also="Miss B.")
    found = passages_of(texts)[::-1]
    examples = written(tmp_path, texts, [question], [found])
    wrong = [each.paragraph for each in only(examples).hard_negatives]
    assert wrong == [*range(24, 4, -1), 3, 2][:MAX_HARD_NEGATIVES]
    shorter = written(tmp_path / "shorter", texts, [question], [found[-5:]])
    assert [each.paragraph for each in only(shorter).hard_negatives] == [3, 2]


def test_a_question_whose_answer_no_passage_holds_whole_is_left_out(tmp_path: Path) -> None:
    text = f"{sentence('Anna')} {sentence('Boris')}"
    questions = [
        asked("Who?", text[200:260], text),
        asked("Who?", " ", text),
        asked("Whom?", "Boris", text),
    ]
    examples = written(tmp_path, [text], questions, [[], [], []])
    assert [question.text for question in examples.training] == ["Whom?"]


def test_the_questions_to_one_article_are_learnt_from_or_held_out_all(tmp_path: Path) -> None:
    texts = [f"It was Anna {n}." for n in range(80)]
    questions = [asked(f"Who {n}?", "Anna", text, paragraph=n) for n, text in enumerate(texts)]
    examples = written(tmp_path, texts, questions, [[]] * 80)
    parts = [
        {examples.articles[question.positive.paragraph] for question in part}
        for part in (examples.training, examples.held_out)
    ]
    assert sorted(parts[0] | parts[1]) == list(range(40))
    assert not parts[0] & parts[1]
    assert 0 < len(parts[1]) < 5
    assert (examples.titles[0], examples.texts[0]) == ("A 0", texts[0])


NAMES = st.lists(st.sampled_from("Anna Boris Carla river".split()), max_size=3).map(" ".join)
PARAGRAPH = st.lists(NAMES.map(sentence), min_size=1, max_size=4).map(" ".join)


@settings(deadline=None, max_examples=60)
@given(st.lists(PARAGRAPH, min_size=1, max_size=4), st.data())
def test_any_example_is_right(texts: list[str], data: st.DataObject) -> None:
    texts[0] += " " + sentence("Anna")
    place = data.draw(st.integers(0, texts[0].count("Anna") - 1))
    about = data.draw(st.sets(st.sampled_from(["Boris", "Carla", "river"]), max_size=2))
    row = asked(f"Who, {' or '.join(sorted(about))}?", "Anna", texts[0], place=place, also="Carla")
    found = data.draw(st.permutations(passages_of(texts)))
    with TemporaryDirectory() as folder:
        examples = written(Path(folder), texts, [row], [found])
    question = only(examples)

    words = examples.words(question.positive)
    assert [words[start:end] for start, end in question.answers] == ["Anna"] * words.count("Anna")
    assert words.count("Anna") >= 1 and question.positive.paragraph == 0

    def told(passage: TrainingPassage) -> float:
        said = examples.words(passage)
        rare = [log(len(texts) / sum(w in text for text in texts)) for w in about if w in said]
        return sum(rare)

    holding = [p for p in passages_of(texts[:1]) if "Anna" in examples.words(p)]
    assert told(question.positive) == max(map(told, holding))
    label = row["evidence"][0]["start"]
    labelled = next(p for p in holding if p.start <= label < p.end)
    if told(labelled) == told(question.positive):
        assert question.positive == labelled

    for wrong in question.hard_negatives:
        assert not answer_in_quote(["Anna", "Carla"], examples.words(wrong))
        assert wrong != question.positive
    unfit = [p for p in found if {"Anna", "Carla"} & set(examples.words(p).split())]
    assert (
        list(question.hard_negatives) == [p for p in found if p not in unfit][:MAX_HARD_NEGATIVES]
    )
