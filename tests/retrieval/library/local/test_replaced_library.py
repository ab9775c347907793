"""A process that keeps asking sees what happens to its library, without a restart."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from retrieval.answering.answerer import Answerer
from retrieval.errors import MismatchError, NotALibraryError
from retrieval.library.fusion import Candidate
from retrieval.library.local import searcher as searcher_module
from retrieval.library.local.reader import LocalReader
from retrieval.library.local.rebuild import rebuild
from retrieval.library.progress import Reporter
from retrieval.models.encoder.base import Encoder
from tests.support.articles import answerer_of, article, build
from tests.support.encoders import ReadableEncoder


def first_words(answerer: Answerer, question: str) -> str:
    return answerer.ask(question).quotes[0].text


def test_a_new_article_is_seen(library: Path, encoder: ReadableEncoder) -> None:
    build(library, encoder, [article("old", "The king spoke.")])
    answerer = answerer_of(library, encoder, 0.0)
    build(library, encoder, [article("new", "A queen answered.")])
    assert first_words(answerer, "queen") == "A queen answered."
    answerer.close()


@pytest.mark.parametrize("rebuilds", [1, 2])
def test_a_rebuild_in_the_middle_of_opening_is_followed(
    library: Path, encoder: ReadableEncoder, monkeypatch: pytest.MonkeyPatch, rebuilds: int
) -> None:
    """After two rebuilds, what was opened is gone, and its index of words cannot be."""
    build(library, encoder, [article("old", "The king spoke.")])
    really_open = searcher_module._open
    left = rebuilds

    def open_slowly(path: Path, encoder: Encoder) -> LocalReader:
        nonlocal left
        opened = really_open(path, encoder)
        while left:
            left -= 1
            rebuild(library, encoder, Reporter())
        return opened

    monkeypatch.setattr(searcher_module, "_open", open_slowly)
    opened = searcher_module.LocalSearcher(library, encoder)
    assert opened.weights("king")["king"] > 0
    opened.close()
    left = rebuilds
    answerer = answerer_of(library, encoder, 0.0)
    build(library, encoder, [article("new", "A queen answered.")])
    assert first_words(answerer, "queen") == "A queen answered."
    assert {path.name for path in library.iterdir() if path.is_dir()} == {
        str(2 * rebuilds), str(2 * rebuilds + 1)
    }  # fmt: skip
    answerer.close()


def test_a_rebuild_is_followed(library: Path, encoder: ReadableEncoder) -> None:
    build(library, encoder, [article("old", "The king spoke.")])
    answerer = answerer_of(library, encoder, 0.0)
    rebuild(library, encoder, Reporter())
    build(library, encoder, [article("new", "A queen answered.")])
    assert first_words(answerer, "queen") == "A queen answered."
    answerer.close()


def test_a_rebuild_for_another_encoder_is_told(library: Path, encoder: ReadableEncoder) -> None:
    build(library, encoder, [article("old", "The king spoke.")])
    answerer = answerer_of(library, encoder, 0.0)
    rebuild(library, ReadableEncoder("another@2"), Reporter())
    with pytest.raises(MismatchError, match="another@2"):
        answerer.ask("king")
    answerer.close()


def test_a_library_made_anew_in_its_place_is_followed(
    library: Path, encoder: ReadableEncoder
) -> None:
    build(library, encoder, [article("old", "The king spoke.")])
    answerer = answerer_of(library, encoder, 0.0)
    shutil.rmtree(library)
    with pytest.raises(NotALibraryError):
        answerer.ask("king")
    build(library, encoder, [article("new", "A queen answered.")])
    assert first_words(answerer, "king") == "A queen answered."
    answerer.close()


def test_the_scores_tell_how_far_behind_the_first_the_others_are(
    library: Path, encoder: ReadableEncoder
) -> None:
    build(library, encoder, [article(str(n), f"The king spoke {n} times.") for n in range(9)])
    answerer = answerer_of(library, encoder, 0.0)
    answer = answerer.ask("king 3 times", top=5)
    scores = [quote.score for quote in answer.quotes]
    assert scores[0] == answer.confidence
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)
    answerer.close()


def test_words_keep_their_weight_through_many_updates(
    library: Path, encoder: ReadableEncoder
) -> None:
    names = [str(n) for n in range(40)]
    build(library, encoder, [article(name, "The king spoke.") for name in names])
    fresh = answerer_of(library, encoder, 0.0)
    before = fresh.ask("king").confidence
    for n in range(5):
        build(library, encoder, [article(name, f"The king spoke {n}.") for name in names])
    build(library, encoder, [article(name, "The king spoke.") for name in names])
    assert fresh.ask("king").confidence == pytest.approx(before)
    fresh.close()


def test_a_question_finishes_on_the_generation_that_it_began_with(
    library: Path, encoder: ReadableEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(library, encoder, [article("a", "The king spoke of the war.")])
    answerer = answerer_of(library, encoder, 0.0)
    search = answerer._library.search

    def change_after(*asked: Any) -> list[Candidate]:
        found = search(*asked)
        build(library, encoder, [article("a", "The king is silent."), article("b", "A king.")])
        return found

    monkeypatch.setattr(answerer._library, "search", change_after)
    before = LocalReader(library)
    generation = before.generation()
    answer = answerer.ask("what did the king speak of")
    assert before.generation() > generation
    assert answer.library.generation == generation
    assert (answer.library.articles, answer.library.passages) == (1, 1)
    assert [quote.text for quote in answer.quotes] == ["The king spoke of the war."]
    assert answer.quotes[0].article.text == "The king spoke of the war."
    monkeypatch.undo()
    answer = answerer.ask("what did the king speak of")
    assert (answer.library.articles, answer.library.passages) == (2, 2)
    assert {quote.text for quote in answer.quotes} == {"The king is silent.", "A king."}
    before.close()
    answerer.close()


def test_passages_are_counted_again_only_after_a_commit(
    library: Path, encoder: ReadableEncoder
) -> None:
    build(library, encoder, [article("a", "The king spoke.")])
    opened = LocalReader(library)
    asked: list[str] = []
    opened._connection.set_trace_callback(asked.append)
    for n in range(3):
        for _ in range(5):
            with opened.snapshot() as state:
                assert (state.articles, state.generation) == (1 + n, opened.generation())
        assert sum("count(*)" in statement for statement in asked) == 1 + n
        build(library, encoder, [article(f"new{n}", f"A queen answered {n} times.")])
    opened.close()
