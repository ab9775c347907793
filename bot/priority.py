"""What a process that works for long leaves to others."""

import os

_NICE = 10


def stand_back() -> None:
    """Have this process run when no other needs the processor as badly.

    The system counts each thread by itself, and a thread takes over the priority of the one that
    makes it: call this before anything makes threads.
    """
    if hasattr(os, "setpriority"):  # not on Windows
        os.setpriority(os.PRIO_PROCESS, 0, max(_NICE, os.getpriority(os.PRIO_PROCESS, 0)))
