"""``quoth feeds``: the feeds that the library follows."""

import datetime

import click

from bot.cli.options import ListByDefault, Utf8Text, json_option, library_option
from bot.cli.output import FAILED, OK, print_json, print_message, print_text


@click.group(cls=ListByDefault)
def feeds() -> None:
    """List feeds of news; or add, remove or sync them."""


@feeds.command("list")
@json_option
@library_option
def list_feeds(as_json: bool, library: str | None) -> int:
    """List the feeds that the library follows."""
    from bot import settings
    from bot.wording import counted
    from retrieval.library import open as open_library

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
                        "checked": _iso_time(feed.checked),
                        "due": _iso_time(feed.due) if feed.due else None,
                        "failures": feed.failures,
                        "problem": feed.problem,
                    }
                )
                continue
            about = f"{counted(taken, 'item')}" + (f", {waiting:,} waiting" if waiting else "")
            problem = f"; {feed.problem}" if feed.problem else ""
            checked = f"read {_iso_time(feed.checked)}" if feed.checked else "never read"
            print_text(f"{feed.address}  {feed.title or ''}  ({about}; {checked}{problem})")
    opened.close()
    return OK


@feeds.command("add")
@click.argument("address", type=Utf8Text(), metavar="URL")
@library_option
def add_feed(address: str, library: str | None) -> int:
    """Follow the RSS or Atom feed at URL."""
    from bot import settings
    from retrieval.ingest.web.subscriptions import follow

    config = settings.load(library)
    feed = follow(address, config.library, allow_private=config.allow_private_addresses)
    print_text(f"added {feed.address}" + (f" ({feed.title})" if feed.title else ""))
    print_message("quoth feeds sync takes its articles")
    return OK


@feeds.command("remove")
@click.argument("address", type=Utf8Text(), metavar="URL")
@click.option("--with-articles", is_flag=True, help="Remove the articles too that came from it.")
@library_option
def remove_feed(address: str, with_articles: bool, library: str | None) -> int:
    """Follow a feed no longer; its articles stay."""
    from bot import settings
    from bot.wording import counted
    from retrieval.ingest.web.subscriptions import unfollow

    config = settings.load(library)
    articles = unfollow(address, config.library, with_articles=with_articles)
    them = f"with {counted(articles, 'article')}" if with_articles else "its articles stay"
    print_text(f"removed {address} ({them})")
    return OK


@feeds.command("sync")
@click.argument("addresses", nargs=-1, type=Utf8Text(), metavar="[URL]...")
@click.option("--force", is_flag=True, help="Ask those too that were asked a moment ago.")
@library_option
def sync_feeds(addresses: tuple[str, ...], force: bool, library: str | None) -> int:
    """Take what is new in the feeds, or in those that are named."""
    from bot import settings
    from bot.cli.progress import reporting
    from bot.cli.startup import open_encoder
    from bot.wording import counted
    from retrieval.ingest.web.feed_sync import sync
    from retrieval.library import open as open_library

    config = settings.load(library)
    open_library(config.library).reader().close()  # its errors come before a model is loaded
    encoder = open_encoder(config)
    with reporting() as reporter:
        done = sync(
            addresses,
            config.library,
            encoder,
            reporter,
            allow_private=config.allow_private_addresses,
            force=force,
        )
    for address, due in done.early:
        print_message(f"{address}: not asked again until {_iso_time(due)}; --force asks now")
    print(
        f"{counted(done.read, 'feed')} read, {done.same} as before, {len(done.early)} not due;"
        f" {done.added} added, {done.updated} updated, {done.unchanged} unchanged,"
        f" {done.failed} failed"
    )
    return FAILED if done.failed else OK


def _iso_time(seconds: int | None) -> str | None:
    """A Unix time as ISO 8601, in UTC."""
    if seconds is None:
        return None
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")
