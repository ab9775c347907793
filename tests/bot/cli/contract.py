"""The contract of ``quoth ask --json``: its keys, in order, and their types."""

from typing import Any

NUMBER = (int, float)


def keys(value: dict[str, Any]) -> list[str]:
    return list(value)


def check_answer(answer: Any) -> None:
    """Hold an answer against the contract's keys and types."""
    assert keys(answer) == [
        "question", "answered", "confidence", "quotes", "library", "timings_ms",
    ]  # fmt: skip
    assert isinstance(answer["question"], str)
    assert isinstance(answer["answered"], bool)
    assert isinstance(answer["confidence"], float)
    assert 0 <= answer["confidence"] <= 1
    assert keys(answer["library"]) == ["generation", "articles", "passages"]
    assert all(type(count) is int for count in answer["library"].values())
    assert keys(answer["timings_ms"]) == ["encode", "search", "read", "total"]
    assert all(isinstance(took, NUMBER) and took >= 0 for took in answer["timings_ms"].values())
    for quote in answer["quotes"]:
        check_quote(quote)
    scores = [quote["score"] for quote in answer["quotes"]]
    assert all(0 <= score <= 1 for score in scores)


def check_quote(quote: Any) -> None:
    assert keys(quote) == [
        "text", "start", "end", "paragraph", "score", "answer", "article", "also_in",
    ]  # fmt: skip
    assert isinstance(quote["text"], str) and quote["text"]
    assert all(type(quote[key]) is int for key in ("start", "end", "paragraph"))
    assert quote["paragraph"] >= 1
    assert isinstance(quote["score"], NUMBER)
    if quote["answer"] is not None:
        assert keys(quote["answer"]) == ["text", "start", "end"]
        assert quote["start"] <= quote["answer"]["start"] < quote["answer"]["end"] <= quote["end"]
    about = quote["article"]
    assert keys(about) == ["id", "title", "date", "source", "url", "sha256"]
    assert all(isinstance(about[key], str) for key in ("id", "title", "sha256"))
    assert all(about[key] is None or isinstance(about[key], str) for key in about)
    assert isinstance(quote["also_in"], list)
