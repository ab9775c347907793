"""An answer as JSON: the contract that scripts rely on."""

from dataclasses import asdict
from typing import Any

from retrieval.answering.answer import Answer, Quote


def answer_as_json(answer: Answer) -> dict[str, Any]:
    """An answer as what ``json.dumps`` takes. Offsets count code points of the article's text."""
    found = {
        "question": answer.question,
        "answered": answer.answered,
        "confidence": round(answer.confidence, 4),
        "quotes": [_quote(quote) for quote in answer.quotes],
        "library": asdict(answer.library),
        "timings_ms": asdict(answer.timings_ms),
    }
    taken = answer.understood
    if taken is None:
        return found
    return found | {
        "understood": {"alone": taken.standalone, "carried": list(taken.expansion_words)}
    }


def _quote(quote: Quote) -> dict[str, Any]:
    article, span = quote.article, quote.answer
    return {
        "text": quote.text,
        "start": quote.start,
        "end": quote.end,
        "paragraph": quote.paragraph,
        "score": round(quote.score, 4),
        "answer": span
        and {"text": article.text[span.start : span.end], "start": span.start, "end": span.end},
        "article": {
            "id": article.id,
            "title": article.title,
            "date": article.date.isoformat() if article.date else None,
            "source": article.source,
            "url": article.url,
            "sha256": article.sha256,
        },
        "also_in": list(quote.also_in),
    }
