"""Spreads work over the machine's cores, a process for each."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_work: Callable[[Any], Any]


def parallel_map(
    start: Callable[[], Callable[[Item], Result]], items: Sequence[Item]
) -> Iterator[Result]:
    """Map a function over items, with a process pinned to each core; results in the items' order.

    Args:
        start: called once in each process; returns the function, so that it may hold models.
        items: pickled to the processes.
    """
    context = multiprocessing.get_context("fork")  # so that nothing has to be pickled but items
    cores = context.Queue()
    available = sorted(os.sched_getaffinity(0))
    for core in available:
        cores.put(core)
    with context.Pool(len(available), _start, (start, cores)) as pool:
        yield from pool.imap(_do, items, chunksize=16)


def _start(start: Callable[[], Callable[[Any], Any]], cores: Any) -> None:
    global _work  # a pool's processes have nowhere else to keep it
    os.sched_setaffinity(0, {cores.get()})
    _work = start()


def _do(item: Any) -> Any:
    return _work(item)
