"""Answers a question from a library.

    answerer      the whole way: expand, encode, search, read, rank, quote
    question      validates what was typed, and tells questions from keywords
    conversation  expands follow-up questions with the turns before them
    candidates    what the search found, deduplicated, on its way to a quote
    ranking       the order of the candidates, and the confidence in the first
    recency       newest first, where a question is about the present
    weights       those of ranking and confidence, as training fits them
    answer        what comes of it: quotes, citations, a confidence

It imports ``library``, ``models`` and ``documents``.
"""
