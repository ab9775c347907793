"""``quoth feeds``: the feeds that the library follows."""

import datetime
from collections.abc import Sequence

from bot import settings
from bot.cli.exit_status import FAILED, OK
from bot.cli.json_line import print_json
from bot.cli.progress import reporting
from bot.cli.say import say
from bot.cli.visible import visible
from bot.startup import open_encoder
from bot.wording import counted
from retrieval.ingest.web.feed_sync import sync as sync_all
from retrieval.ingest.web.subscriptions import follow, unfollow
from retrieval.library import open as open_library


def list_feeds(as_json: bool, library: str | None) -> int:
    """Print one feed a line."""
    opened = open_library(settings.load(library).library).reader()
    with opened.snapshot():
        for feed in opened.feeds.records():
            taken, waiting = opened.feeds.item_counts(feed.address)
            if as_json:
                print_json(
                    {
                        "url": feed.address,
                        "title": feed.title,
                        "items": taken,
                        "waiting": waiting,
                        "checked": _time(feed.checked),
                        "due": _time(feed.due) if feed.due else None,
                        "failures": feed.failures,
                        "problem": feed.problem,
                    }
                )
                continue
            about = f"{counted(taken, 'item')}" + (f", {waiting:,} waiting" if waiting else "")
            problem = f"; {feed.problem}" if feed.problem else ""
            checked = f"read {_time(feed.checked)}" if feed.checked else "never read"
            print(visible(f"{feed.address}  {feed.title or ''}  ({about}; {checked}{problem})"))
    opened.close()
    return OK


def add(address: str, library: str | None) -> int:
    """Follow a feed."""
    chosen = settings.load(library)
    feed = follow(address, chosen.library, allow_private=chosen.allow_private_addresses)
    print(visible(f"added {feed.address}" + (f" ({feed.title})" if feed.title else "")))
    say("quoth feeds sync takes its articles")
    return OK


def remove(address: str, with_articles: bool, library: str | None) -> int:
    """Follow a feed no longer."""
    chosen = settings.load(library)
    articles = unfollow(address, chosen.library, with_articles=with_articles)
    them = f"with {counted(articles, 'article')}" if with_articles else "its articles stay"
    print(visible(f"removed {address} ({them})"))
    return OK


def sync(addresses: Sequence[str], force: bool, library: str | None) -> int:
    """Take what is new, print what was done, and return the exit status."""
    chosen = settings.load(library)
    open_library(chosen.library).reader().close()  # said before a model is loaded
    encoder = open_encoder(chosen)
    with reporting() as reporter:
        done = sync_all(
            addresses,
            chosen.library,
            encoder,
            reporter,
            allow_private=chosen.allow_private_addresses,
            force=force,
        )
    for address, due in done.early:
        say(f"{address}: not asked again until {_time(due)}; --force asks now")
    print(
        f"{counted(done.read, 'feed')} read, {done.same} as before, {len(done.early)} not due;"
        f" {done.added} added, {done.updated} updated, {done.unchanged} unchanged,"
        f" {done.failed} failed"
    )
    return FAILED if done.failed else OK


def _time(seconds: int | None) -> str | None:
    """A time as ISO writes it, in UTC."""
    if seconds is None:
        return None
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")
