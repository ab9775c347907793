"""A process that keeps asking sees what happens to its library, without a restart."""

import shutil
from pathlib import Path

import pytest

from retrieval.answerer import Answerer
from retrieval.errors import MismatchError, NotALibraryError
from retrieval.indexing import Reporter
from retrieval.rebuilding import rebuild
from tests.retrieval.collection import answerer_of, article, build
from tests.retrieval.encoders import ReadableEncoder


def first_words(answerer: Answerer, question: str) -> str:
    return answerer.ask(question).quotes[0].text


def test_a_new_article_is_seen(library: Path, encoder: ReadableEncoder) -> None:
    build(library, encoder, [article("old", "The king spoke.")])
    answerer = answerer_of(library, encoder, 0.0)
    build(library, encoder, [article("new", "A queen answered.")])
    assert first_words(answerer, "queen") == "A queen answered."
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
