"""``quoth index --watch``: goes on indexing files as they change, and feeds when it is time."""

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from bot.cli.output import OK, print_message
from bot.cli.progress import print_problem, reporting, summary_line
from bot.settings import Settings
from retrieval.ingest.watch import Listener
from retrieval.ingest.watch import watch as watch_files
from retrieval.library import follows_feeds
from retrieval.library.progress import Reporter
from retrieval.models.encoder import Encoder

_FEED_INTERVAL = 60.0  # seconds between looks at which feeds may be read again


def run_watch(
    files: Sequence[Path], config: Settings, encoder: Encoder, *, until_eof: bool
) -> NoReturn:
    """Index files and feeds as they change; SIGINT and SIGTERM exit the process with status 0.

    Args:
        files: files and folders to watch.
        until_eof: exit at the end of standard input too.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)  # which a shell has its background jobs ignore
    if until_eof:
        threading.Thread(target=_stop_at_eof, daemon=True).start()
    threading.Thread(target=_poll_feeds, args=(config, encoder), daemon=True).start()
    listener = Listener(
        reporting, lambda summary: print_message(summary_line(summary)), print_message
    )
    try:
        print_message(f"Watching {', '.join(map(str, files))}; Ctrl-C ends it")
        watch_files(files, config.library, encoder, listener)
    except KeyboardInterrupt:
        sys.stderr.flush()
        # Not by returning: Python would end the other threads in the middle of a model's work,
        # which aborts the process. What was committed is safe at any moment.
        os._exit(OK)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _stop_at_eof() -> None:
    """Stop when whoever holds the other end of standard input is gone, killed or not."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _poll_feeds(config: Settings, encoder: Encoder) -> None:
    """Read the feeds that may be read again, for as long as the process runs."""
    reported = ""
    while True:
        try:
            if follows_feeds(config.library):
                _sync(config, encoder)
            reported = ""
        except Exception as error:  # whatever it is, it may pass, and files are watched meanwhile
            if str(error) != reported:
                reported = str(error)
                print_message(f"feeds wait: {reported or type(error).__name__}")
        time.sleep(_FEED_INTERVAL)


def _sync(config: Settings, encoder: Encoder) -> None:
    # Imported here because most libraries follow no feeds.
    from retrieval.ingest.web.feed_sync import sync

    done = sync(
        [],
        config.library,
        encoder,
        Reporter(problem=print_problem),
        allow_private=config.allow_private_addresses,
        # Their words are found at once; vectors are left to the watch, or files would wait.
        enough=lambda: True,
    )
    if done.added or done.updated:
        print_message(f"feeds: {done.added} added, {done.updated} updated")
