"""Finds passages: by their words, and by their vectors.

words           searches the index of words
word_files      its folder; ``word_writer`` writes it, ``word_updates`` with each commit
vectors         searches the index of vectors
vector_files    its files; ``vector_formats`` are the two kinds of them
hits            what both return
"""
