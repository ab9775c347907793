"""How onnxruntime runs a model here: the encoder's and the reader's."""

import os
from pathlib import Path

import onnxruntime


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """Load a model to run on the processor; raises whatever onnxruntime does."""
    options = onnxruntime.SessionOptions()
    # The graph is written as it should run; looking for more to fuse costs start-up time,
    # and fuses Add and LayerNormalization into an operator that is slower here.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    # Threads that have nothing to do would go on asking for work, on the processor that another
    # model or process needs: beside other work a question then takes half as long again.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if (threads := _allowed()) < (os.cpu_count() or 1):
        options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _allowed() -> int:
    """How many processors this process may use, which onnxruntime does not ask."""
    if hasattr(os, "sched_getaffinity"):  # on Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
