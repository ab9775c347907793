"""Measures answers against questions whose answers are known.

    dataset   labelled questions, read from JSON lines
    evaluate  what became of each question, and the figures of all
    metrics   quote@k, exact match, F1, AUROC, calibration error

It imports ``answering`` and ``documents``.
"""
