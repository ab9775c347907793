"""The library on a Milvus server; ``docs/milvus.md`` tells its design.

server     the connection, and what its errors mean to a person
schema     the collections, and how they are opened
making     how they are made
rows       the rows: their keys, and what is in them
reading    articles, by id and in lists
searching  questions: candidates by vectors, and by words where the server has BM25
claims     who works on which article
writing    articles, one visible change each
files      those that it was made of
incoming   articles on their way in, and their vectors
committing what was read into articles, shared with other indexers
indexing   files and folders
moving     out of a library and into one, vectors and all
verifying  all of it against itself
mending    what that found
"""
