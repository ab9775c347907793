"""The library in a folder.

    <library>/quoth.json              says that this is a library, and which edition is current
    <library>/writer.lock             held by the one process that writes
    <library>/<edition>/truth.sqlite  articles, passages, vectors: the truth
    <library>/<edition>/words/        tantivy's index of the words: a cache
    <library>/<edition>/vectors/      FAISS's index of the vectors: a cache

What is in the truth was acknowledged and is not lost; what is not in it did not happen. The
caches record the generation of the truth that they have caught up with, and can be thrown away
at any time.
"""
