"""Answers a question from a library.

    answerer      the whole way: understand, search, read, rank, quote
    question      what was typed: whether it can be asked, and whether it asks something
    conversation  follow-up questions, expanded with the turns before them
    candidates    what the search found, deduplicated, on its way to a quote
    ranking       the order of the quotes, and how sure the first one is
    recency       newest first, where a question is about the present
    answer        what comes of it: quotes, citations, a confidence

It imports ``library``, ``models`` and ``documents``.
"""
