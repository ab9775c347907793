"""Reads a question and a passage together: does it answer, and with which words?"""

from retrieval.models.reader.model import UNREAD, Reader, ReaderOutput

__all__ = ["UNREAD", "Reader", "ReaderOutput"]
