"""Evaluates answers with labelled questions.

    dataset   labelled questions, read from JSON lines
    evaluate  asks each question, compares, and computes the metrics
    metrics   exact match, F1, AUROC, calibration error, operating points

It imports ``answering`` and ``documents``.
"""
