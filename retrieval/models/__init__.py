"""The neural models, and what runs them without PyTorch.

    encoder/      texts into vectors
    reader/       reads a question and a passage together
    onnx_session  how onnxruntime runs both

It imports ``errors`` alone.
"""
