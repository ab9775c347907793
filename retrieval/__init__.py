"""Finds the passages of a collection of articles that answer a question.

    a question                              an article
        │ answering/                            │ documents/formats/  files into articles
        ▼                                       ▼
    answerer.py ── models/encoder/ ◀──────── ingest/  what is new, changed or gone
        │               │ vectors               │
        ▼               ▼                       ▼
    library/  search: words ⊕ vectors ◀──── library/  commit: SQLite, then both indexes
        │ candidates
        ▼
    models/reader/ ── ranking, quotes ──▶ Answer

Packages, each of which imports only those after it: ``evaluation`` (how good answers are),
``transfer`` (export and import), ``ingest`` (files, feeds and pages into a library), ``answering``,
``library``, ``models``, ``documents``. Nothing here knows of Discord, terminals or the environment.
"""
