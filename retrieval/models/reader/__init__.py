"""The reader: a cross-encoder that scores a passage for a question and marks the answer span.

    model        loads it and runs it
    word_pieces  its input

Beside them are the trained model, its card, and the weights of ranking that were fitted for it.
"""

from retrieval.models.reader.model import UNREAD, Reader, ReaderOutput

__all__ = ["UNREAD", "Reader", "ReaderOutput"]
