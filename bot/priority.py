"""The scheduling priority of this process."""

import os

_NICE = 10


def lower_priority() -> None:
    """Set this process's nice value to 10, or leave it where it is higher.

    On Linux each thread has its own nice value, inherited from the thread that starts it: call
    this before anything starts threads.
    """
    if hasattr(os, "setpriority"):  # not on Windows
        os.setpriority(os.PRIO_PROCESS, 0, max(_NICE, os.getpriority(os.PRIO_PROCESS, 0)))
