"""Milvus servers for the tests: what is installed is started, and nothing is left running.

``QUOTH_TEST_MILVUS_LITE`` names the program ``milvus-lite``, and ``QUOTH_TEST_MILVUS`` the program
``milvus-server`` of the package ``milvus``, each in a virtual environment of its own. Where a
variable is not set, the tests that need the server are skipped.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from retrieval.library.milvus.server import CONNECTION

PROGRAMS = {"milvus-lite": "QUOTH_TEST_MILVUS_LITE", "milvus": "QUOTH_TEST_MILVUS"}
"""The servers, and the settings that name their programs."""

_SECONDS = 120.0  # Milvus waits a minute for what was killed to be forgotten


class TestServer:
    """A server of one kind, in a group of processes of its own.

    Args:
        kind: one of ``PROGRAMS``.
        folder: for its data, which stay there when it is killed.
    """

    __test__ = False

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.port = _free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        program = os.environ[PROGRAMS[self.kind]]
        data, port = str(self._folder / "data"), str(self.port)
        command = [program, "server", "--data-dir", data, "--host", "127.0.0.1", "--port", port]
        if self.kind == "milvus":
            command = [program, "--data", data, "--proxy-port", port]
        self._folder.mkdir(parents=True, exist_ok=True)
        self._wait_for_the_port()
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        end = time.monotonic() + _SECONDS
        while not self._answers():
            if time.monotonic() > end or self._process.poll() is not None:
                self.kill()
                raise RuntimeError(f"{self.kind} does not start; see {self._folder / 'log'}")
            time.sleep(0.2)

    def kill(self) -> None:
        """Kill it and its own processes alone."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Have it hang."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Have it go on."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGCONT)

    def remove(self) -> None:
        """Kill it and remove its data, which may be large."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait_for_the_port(self) -> None:
        """Wait until nothing is left of connections that were open when it was killed.

        The program of Milvus would otherwise take another port, and say nothing of it.
        """
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            with socket.socket() as free, contextlib.suppress(OSError):
                free.bind(("127.0.0.1", self.port))
                return
            time.sleep(0.5)

    def _answers(self) -> bool:
        from pymilvus import MilvusClient

        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                pass
            client = MilvusClient(f"http://127.0.0.1:{self.port}", timeout=5, **CONNECTION)
            client.list_collections()
            client.close()
        except Exception:
            return False
        return True


def is_there(kind: str) -> bool:
    """Whether a server of this kind can be started."""
    return bool(os.environ.get(PROGRAMS[kind]))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
