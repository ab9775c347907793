"""Turns texts into vectors: any sentence-transformers model, run without torch where it can be.

A model is exported once (``export``, in a process of its own, because importing torch costs
seconds and hundreds of megabytes) into the user's cache (``models``), and run from there by
onnxruntime (``onnx_encoder``). What cannot be exported is run by sentence-transformers itself
(``torch_encoder``).
"""

from retrieval.models.encoder.base import Encoder
from retrieval.models.encoder.loader import DEFAULT_MODEL, load_encoder

__all__ = ["DEFAULT_MODEL", "Encoder", "load_encoder"]
