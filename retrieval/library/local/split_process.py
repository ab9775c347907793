"""Splits articles in a second process, while the first one reads and writes.

    python -m retrieval.library.local.split_process

A request on standard input is a list of titles and texts, its answer on standard output a list of
what ``passages_of`` says of each; ``marshal`` writes both. The process ends when its input does,
and so with the one that asks it, however that ends.
"""

import contextlib
import marshal
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from retrieval.documents.article import Article
from retrieval.library.local.transaction import Passages, passages_of
from retrieval.python_process import module_command, module_environment

_WORTH_IT = 3_000_000
"""Characters: less is split before another process has started."""


class SplitProcess:
    """Splits articles ahead of the commit that they will be in, once there are many of them.

    Where the process cannot be started, or dies, nothing is split ahead.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="splitting")
        self._process: subprocess.Popen[bytes] | None = None
        self._characters = 0

    def begin(self, articles: Sequence[Article]) -> Callable[[], dict[Article, Passages]]:
        """Begin to split some articles.

        Returns:
            What to call for the passages of each; it waits for them.
        """
        self._characters += sum(len(article.text) for article in articles)
        if self._characters < _WORTH_IT:
            return dict
        texts = [(article.title, article.text) for article in articles]
        asked = self._thread.submit(self._ask, texts)
        # Of a process that is gone there are none, and whoever commits splits by itself.
        return lambda: dict(zip(articles, asked.result(), strict=False))

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)
        if self._process:
            with contextlib.suppress(OSError), self._process:
                pass  # on leaving this its pipes are closed, and it is waited for

    def _ask(self, texts: list[tuple[str, str]]) -> list[Passages]:
        try:
            if self._process is None:
                self._process = subprocess.Popen(
                    module_command("retrieval.library.local.split_process"),
                    env=module_environment(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            if self._process.stdin is None or self._process.stdout is None:
                return []
            marshal.dump(texts, self._process.stdin)
            self._process.stdin.flush()
            answer: list[Passages] = marshal.load(self._process.stdout)  # noqa: S302 - our own
        except (OSError, EOFError, ValueError, TypeError):
            return []
        return answer


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            texts = marshal.load(requests)  # noqa: S302 - from the process that started this one
            marshal.dump([passages_of(title, text) for title, text in texts], answers)
            answers.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started it
    serve(sys.stdin.buffer, sys.stdout.buffer)
