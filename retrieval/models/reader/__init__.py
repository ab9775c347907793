"""Reads a question and a passage together: does it answer, and with which words?"""

from retrieval.models.reader.model import NOT_READ, Reader, Reading

__all__ = ["NOT_READ", "Reader", "Reading"]
