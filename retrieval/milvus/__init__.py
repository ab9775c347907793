"""The library on a Milvus server; ``docs/milvus.md`` tells its design.

server     the connection, and what its errors mean to a person
schema     the collections, and how they are made and opened
rows       the rows: their keys, and what is in them
reading    articles, by id and in lists
searching  questions: candidates by vectors, and by words where the server has BM25
claims     who works on which article
writing    articles, one visible change each
indexing   files and folders into articles, shared with other indexers
verifying  all of it against itself
"""
