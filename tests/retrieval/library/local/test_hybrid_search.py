"""Words are searched on a thread of their own beside vectors; what goes wrong there is not lost."""

import threading
from pathlib import Path

import pytest

from retrieval.library.filter import Filter
from retrieval.library.local.hybrid_search import HybridSearch
from retrieval.library.local.reader import LocalReader
from tests.support.articles import article, build
from tests.support.encoders import ReadableEncoder


@pytest.mark.parametrize("half", ["words.search", "words.score", "vectors.search"])
def test_an_error_of_either_half_reaches_who_asks(
    library: Path, encoder: ReadableEncoder, monkeypatch: pytest.MonkeyPatch, half: str
) -> None:
    texts = {"a": "The talks.", "b": "Negotiators met."}  # one by its words, both by its vector
    build(library, encoder, [article(name, text) for name, text in texts.items()])
    reader = LocalReader(library)
    searcher = HybridSearch(reader, encoder.dimension)

    def asked() -> int:
        with reader.snapshot():
            searcher.catch_up()
            return len(searcher.search("talks", encoder.encode_query("talks"), Filter()))

    def damaged(*_: object) -> None:
        raise ValueError(f"{half} is damaged")

    part, method = half.split(".")
    with monkeypatch.context() as broken:
        broken.setattr(getattr(searcher, part), method, damaged)
        with pytest.raises(ValueError, match=f"{half} is damaged"):
            asked()
    assert [thread.name for thread in threading.enumerate() if "words" in thread.name] == []
    assert asked() == 2
    reader.close()
