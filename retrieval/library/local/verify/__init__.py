"""Checks all that the promises rest on, and mends what can be mended.

    report    what was looked at, and what is wrong with it
    checking  one edition, or a whole library
    truth     the database: texts, passages, vectors, the queue, generations
    caches    the index of words and that of vectors, against the truth
    sums      the files of the index of words
    mending   what ``quoth verify --repair`` does

A library that a killed run left is not wrong: what is behind is caught up by the next run, and
unfinished files are removed by it. A report names both as left over, and they don't count.
"""

from retrieval.library.local.verify.check import verify
from retrieval.library.local.verify.repair import repair
from retrieval.library.report import Repaired, Report

__all__ = ["Repaired", "Report", "repair", "verify"]
