"""Moves a library from one place to another with its vectors, so that nothing is encoded again.

format     the file between: what is in it, written and checked
exporting  a library into a file
importing  a file into a library, new or not
embedded   both ends of that for a library in a folder; ``milvus/moving.py`` has the server's
"""

from retrieval.transfer.export import export_library
from retrieval.transfer.import_ import import_library

__all__ = ["export_library", "import_library"]
