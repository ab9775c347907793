"""The library on a Milvus server; ``docs/milvus.md`` tells its design.

library      the door: ``Library``
location     its address, as a setting names it
server       the connection, and what its errors mean to a person
schema       the collections, and how they are opened
collections  how they are made
rows         the rows: their keys, and what is in them
reader       articles, by id and in lists (``catalogue``), and the files they came from
searcher     candidates by vectors, and by words where the server has BM25
bm25         the weights of words, computed here
claims       who works on which article
writer       articles, one visible change each
incoming     articles on their way in, and their vectors
batches      what was read into articles, shared with other indexers
write_session, transaction, feeds
             the ways to change it
export       out of it, vectors and all
verify       all of it against itself
repair       what that found
"""
