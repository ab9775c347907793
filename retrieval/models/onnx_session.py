"""How onnxruntime runs a model here: the encoder's and the reader's."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import onnxruntime

Item = TypeVar("Item")
Result = TypeVar("Result")


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """Load a model to run on the processor; raises whatever onnxruntime does.

    It runs on the thread that calls it. Several may at once: that many texts, each by itself and
    without padding, take less time than the same texts in one batch that all threads share.
    """
    options = onnxruntime.SessionOptions()
    # The graph is written as it should run; looking for more to fuse costs start-up time,
    # and fuses Add and LayerNormalization into an operator that is slower here.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def map_in_threads(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """Apply a function to each item, in as many threads as processors; results in their order."""
    threads = min(len(items), _processors())
    if threads < 2:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="model") as pool:
        yield from pool.map(work, items)


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # on Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
