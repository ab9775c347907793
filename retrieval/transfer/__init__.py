"""Moves a library from one place to another with its vectors, so that nothing is encoded again.

export          a library into a file
import_         a file into a library, new or not
format          the file between; ``archive_writer`` and ``archive_reader`` write and check it
"""

from retrieval.transfer.export import export_library
from retrieval.transfer.import_ import import_library

__all__ = ["export_library", "import_library"]
