"""The neural models, and what runs them without PyTorch.

    encoder/      texts into vectors
    reader/       a cross-encoder: relevance and answer span of a question and a passage
    onnx_session  how onnxruntime runs both

It imports ``documents`` and ``errors``.
"""
