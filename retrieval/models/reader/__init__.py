"""The reader: a cross-encoder that scores a passage for a question and marks the answer span.

model        loads it and runs it
word_pieces  its input
*.onnx, weights.json, README.md: the trained model, the weights of ranking, the card
"""

from retrieval.models.reader.model import UNREAD, Reader, ReaderOutput

__all__ = ["UNREAD", "Reader", "ReaderOutput"]
