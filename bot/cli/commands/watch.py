"""``quoth index --watch``: goes on indexing files as they change, and feeds when it is time."""

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from bot.cli.exit_status import OK
from bot.cli.progress import reporting, say_problem, summarised
from bot.cli.say import say
from bot.settings import Settings
from retrieval.ingest.watch import Listener
from retrieval.ingest.watch import watch as watch_files
from retrieval.library import follows_feeds
from retrieval.library.progress import Reporter
from retrieval.models.encoder import Encoder

_PAUSE = 60.0  # seconds between looks at which feeds may be read again


def watch(places: Sequence[Path], chosen: Settings, encoder: Encoder, until_eof: bool) -> int:
    """Index from now on; to be told to stop is no failure."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)  # which a shell has its background jobs ignore
    if until_eof:
        threading.Thread(target=_stop_at_eof, daemon=True).start()
    threading.Thread(target=_follow_feeds, args=(chosen, encoder), daemon=True).start()
    listener = Listener(reporting, lambda summary: say(summarised(summary)), say)
    try:
        say(f"Watching {', '.join(map(str, places))}; Ctrl-C ends it")
        watch_files(places, chosen.library, encoder, listener)
    except KeyboardInterrupt:
        sys.stderr.flush()
        # Not by returning: Python would end the other threads in the middle of a model's work,
        # which aborts the process. What was committed is safe at any moment.
        os._exit(OK)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _stop_at_eof() -> None:
    """Stop when whoever holds the other end of standard input is gone, killed or not."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _follow_feeds(chosen: Settings, encoder: Encoder) -> None:
    """Read the feeds that may be read again, for as long as the process runs."""
    told = ""
    while True:
        try:
            if follows_feeds(chosen.library):
                _sync(chosen, encoder)
            told = ""
        except Exception as error:  # whatever it is, it may pass, and files are watched meanwhile
            if str(error) != told:
                told = str(error)
                say(f"feeds wait: {told or type(error).__name__}")
        time.sleep(_PAUSE)


def _sync(chosen: Settings, encoder: Encoder) -> None:
    # Imported here because most libraries follow no feeds.
    from retrieval.ingest.web.feed_sync import sync

    done = sync(
        [],
        chosen.library,
        encoder,
        Reporter(problem=say_problem),
        allow_private=chosen.allow_private_addresses,
        # Their words are found at once; vectors are left to the watch, or files would wait.
        enough=lambda: True,
    )
    if done.added or done.updated:
        say(f"feeds: {done.added} added, {done.updated} updated")
