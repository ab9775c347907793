"""A command as a whole process: how long it takes, and how much memory."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FinishedProcess:
    """One finished process.

    Attributes:
        seconds: from start to end.
        megabytes: the most memory that it held (its maximum resident set).
    """

    seconds: float
    megabytes: float


def run_process(command: Sequence[str]) -> FinishedProcess:
    """Run a command to its end, its output thrown away; any status but 0 and 3 ends the program."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):  # 3: not found, which takes as long
        sys.exit(f"{' '.join(command)}: exit status {process.returncode}")
    return FinishedProcess(seconds, usage.ru_maxrss / 1024)
