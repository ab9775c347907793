"""Turns texts into vectors: any sentence-transformers model, run without torch where it can be.

    base            the Encoder protocol
    loader          finds a model, and its export in the user's cache
    export          to ONNX in int8, once, in a process of its own: importing torch costs
                    seconds and memory
    export_formats  what it tries, fastest first
    bert_graph      the fastest: BERT in int8, of onnxruntime's fused operators
    export_record   what is known of an export, beside it
    onnx_encoder    runs an export
    torch_encoder   runs what could not be exported, or on a GPU

``load_encoder`` is the way in.
"""

from retrieval.models.encoder.base import Encoder
from retrieval.models.encoder.loader import DEFAULT_MODEL, load_encoder

__all__ = ["DEFAULT_MODEL", "Encoder", "load_encoder"]
