"""The library in a folder.

    <library>/quoth.json              says that this is a library, and which edition is current
    <library>/writer.lock             held by the one process that writes
    <library>/<edition>/truth.sqlite  articles, passages, vectors: the truth
    <library>/<edition>/words/        tantivy's index of the words: a cache
    <library>/<edition>/vectors/      FAISS's index of the vectors: a cache

What is in the truth was acknowledged and is not lost; what is not in it did not happen. The
caches record the generation of the truth that they have caught up with, and can be thrown away
at any time.

    library        the door: ``Library``
    folder         editions, and the marker that names the current one
    lock           one process writes at a time
    schema         the tables, and how the database is opened
    reader         one consistent view: articles, lists (``catalogue``), what changed (``changes``)
    files, feeds   where articles came from, and the feeds with their items
    writer         the lock and the commits; ``transaction`` is what one commit can change
    write_session  the one way to change it; drops indexes that are newer than the truth.
                   ``batches`` commits what a run reads, ``split_process`` splits it beside that
    indexes/       the index of words and that of vectors
    hybrid_search  candidates from both; ``searcher`` follows what takes the library's place
    rebuild        a new edition beside the old one, and back
    export         out of it, vectors and all
    verify/        checks and repairs
"""
