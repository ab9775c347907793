"""What is mined is what our own search finds."""

from pathlib import Path

import pytest

from tests.support.articles import article, build
from tests.support.encoders import ReadableEncoder
from training import mine

TEXTS = ["The river rose.", "The talks were held by the river.", "The king won the match."]


def test_candidates_are_numbered_by_their_paragraphs_best_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "library"
    build(library, ReadableEncoder(), [article(f"p{n}", text) for n, text in enumerate(TEXTS)])
    monkeypatch.setattr(mine, "load_encoder", ReadableEncoder)
    numbers = {f"p{n}": n + 10 for n in range(len(TEXTS))}
    found = mine._Miner(library, numbers).find("Where were the talks held?")
    assert found[0][:3] == (11, 0, len(TEXTS[1]))
    assert {paragraph for paragraph, *_ in found} <= {10, 11, 12}
    scores = [score for *_, score in found]
    assert scores == sorted(scores, reverse=True)

    monkeypatch.setattr(mine, "TOP_K", 1)
    assert len(mine._Miner(library, numbers).find("Where were the talks held?")) == 1
