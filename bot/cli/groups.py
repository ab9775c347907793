"""The commands of the command line that are groups of commands."""

from typing import Any

import click

from bot.cli.options import Day, ListingGroup, Words, json_option, library_option


@click.group(cls=ListingGroup)
def articles() -> None:
    """List articles; or show or remove one."""


@articles.command("list")
@json_option
@library_option
def list_articles(**options: Any) -> int:
    """List the articles, the newest first."""
    from bot.cli.commands import articles

    return articles.list_articles(**options)


@articles.command()
@click.argument("article_id", type=Words(), metavar="ID")
@json_option
@library_option
def show(**options: Any) -> int:
    """Print an article with its exact text."""
    from bot.cli.commands import articles

    return articles.show(**options)


@articles.command()
@click.argument("article_id", type=Words(), metavar="ID")
@library_option
def remove(**options: Any) -> int:
    """Remove an article; it comes back when its file is indexed again."""
    from bot.cli.commands import articles

    return articles.remove(**options)


@click.group(cls=ListingGroup)
def feeds() -> None:
    """List feeds of news; or add, remove or sync them."""


@feeds.command("list")
@json_option
@library_option
def list_feeds(**options: Any) -> int:
    """List the feeds that the library follows."""
    from bot.cli.commands import feeds

    return feeds.list_feeds(**options)


@feeds.command("add")
@click.argument("address", type=Words(), metavar="URL")
@library_option
def add_feed(**options: Any) -> int:
    """Follow the RSS or Atom feed at URL."""
    from bot.cli.commands import feeds

    return feeds.add(**options)


@feeds.command("remove")
@click.argument("address", type=Words(), metavar="URL")
@click.option("--with-articles", is_flag=True, help="Remove the articles too that came from it.")
@library_option
def remove_feed(**options: Any) -> int:
    """Follow a feed no longer; its articles stay."""
    from bot.cli.commands import feeds

    return feeds.remove(**options)


@feeds.command("sync")
@click.argument("addresses", nargs=-1, type=Words(), metavar="[URL]...")
@click.option("--force", is_flag=True, help="Ask those too that were asked a moment ago.")
@library_option
def sync_feeds(**options: Any) -> int:
    """Take what is new in the feeds, or in those that are named."""
    from bot.cli.commands import feeds

    return feeds.sync(**options)


@click.group()
def feedback() -> None:
    """Make something to measure by of what people in Discord say and ask."""


_server = click.option(
    "--server",
    type=Words(),
    help='Only this server: its id in Discord, or its name in what is printed ("direct": none).',
)


@feedback.command()
@_server
@library_option
def export(**options: Any) -> int:
    """Print the votes on answers as labelled questions, for quoth eval."""
    from bot.cli.commands import feedback

    return feedback.export(**options)


@feedback.command()
@click.option("--since", type=Day(last=False), help="Only questions of this day or later.")
@_server
@json_option
@library_option
def report(**options: Any) -> int:
    """Show what people asked that the articles don't answer."""
    from bot.cli.commands import feedback

    return feedback.report(**options)
