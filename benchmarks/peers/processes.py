"""Runs the tools as whole processes, and measures the time and memory of each with its children."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from benchmarks.common.data import ArticleRow

ROOT = Path(__file__).parents[2]

_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LANGSMITH_TRACING": "false",
    "PYTHONPATH": str(ROOT),
}
_PAGE = os.sysconf("SC_PAGE_SIZE")
_LOOK_EVERY = 0.1  # seconds


@dataclass(frozen=True, slots=True)
class FinishedTool:
    """A process that ran to its end.

    Attributes:
        seconds: from start to end.
        megabytes: the most memory that it and its children held.
        output: what it wrote to standard output.
    """

    seconds: float
    megabytes: float
    output: str


class RunningTool:
    """A process, its memory watched.

    Args:
        command: what to run.
        settings: environment variables beside this process's own and those that keep tools from
            the network.
    """

    def __init__(self, command: Sequence[str], settings: dict[str, str] | None = None) -> None:
        self.command = command
        self._most = 0.0
        self._ended = threading.Event()
        # A file: a pipe that nobody reads would stop a process that complains a lot.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed in finish
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, **_OFFLINE, **(settings or {})},
            cwd=ROOT,
            text=True,
            encoding="utf-8",
        )
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    def tell(self, what: dict[str, Any]) -> dict[str, Any]:
        """Send a line of JSON, and wait for the line that answers it."""
        pipe = self._process.stdin
        if pipe:
            pipe.write(json.dumps(what) + "\n")
            pipe.flush()
        return self.hear()

    def hear(self) -> dict[str, Any]:
        """Wait for a line of JSON."""
        pipe = self._process.stdout
        line = pipe.readline() if pipe else ""
        if not line:
            self._complain("ended without an answer")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, question: str) -> tuple[float, list[str]]:
        """The seconds that an answer takes, and its quotes."""
        answer = self.tell({"ask": question})
        return answer["seconds"], answer["quotes"]

    def add(self, article: ArticleRow) -> float:
        """The seconds that it takes to add an article."""
        return float(self.tell({"add": article})["seconds"])

    def finish(self) -> tuple[float, str]:
        """Wait for the end; the megabytes at the most, and the rest of standard output."""
        if self._process.stdin:
            self._process.stdin.close()
        output = self._process.stdout.read() if self._process.stdout else ""
        _, status, usage = os.wait4(self._process.pid, 0)
        self._ended.set()
        self._watch.join()
        self._process.returncode = os.waitstatus_to_exitcode(status)
        if self._process.returncode not in (0, 3):  # 3: Quoth's "not found", which takes as long
            self._complain(f"exit status {self._process.returncode}")
        self._said.close()
        return max(self._most, usage.ru_maxrss / 1024), output

    def _complain(self, problem: str) -> NoReturn:
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace")[-2000:]
        sys.exit(f"{said}\n{' '.join(self.command)}: {problem}")

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_EVERY):
            self._most = max(self._most, _resident(self._process.pid) / 2**20)


def run(command: Sequence[str], settings: dict[str, str] | None = None) -> FinishedTool:
    """Run a command to its end."""
    began = time.perf_counter()
    process = RunningTool(command, settings)
    megabytes, output = process.finish()
    return FinishedTool(time.perf_counter() - began, megabytes, output)


def _resident(process: int) -> int:
    """The bytes that a process and its children hold; nothing once it has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        children = [
            int(child)
            for task in Path(f"/proc/{process}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except (OSError, ValueError):
        return 0
    return pages * _PAGE + sum(map(_resident, children))
