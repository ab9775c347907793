"""Checks all that the promises rest on, and repairs what can be repaired.

    check       one edition, or a whole library
    database    texts, passages, vectors, the queue, generations
    indexes     the index of words and that of vectors, against the database
    checksums   the files of the index of words
    repair      what ``quoth verify --repair`` does
    row_repair  the part of it that changes the database

A library that a killed run left is not wrong: what is behind is caught up by the next run, and
unfinished files are removed by it. A report names both as left over, and they don't count.
"""
