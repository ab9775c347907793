"""``quoth articles``: list, show and remove."""

import sys
from contextlib import closing
from pathlib import Path

import click

from bot.cli.options import ListByDefault, Utf8Text, json_option, library_option
from bot.cli.output import OK, print_json, print_text
from retrieval.errors import LibraryError


@click.group(cls=ListByDefault)
def articles() -> None:
    """List articles; or show or remove one."""


@articles.command("list")
@json_option
@library_option
def list_articles(as_json: bool, library: str | None) -> int:
    """List the articles, the newest first."""
    from bot import settings
    from retrieval.library import open as open_library

    opened = open_library(settings.load(library).library).reader()
    with opened.snapshot():
        for article_id, date, title, source, _ in opened.list_articles():
            if as_json:
                print_json({"id": article_id, "date": date, "title": title, "source": source})
            else:
                about = f"{title} ({source})" if source else title
                print_text(f"{date or 'no date':10}  {article_id}  {about}")
    opened.close()
    return OK


@articles.command()
@click.argument("article_id", type=Utf8Text(), metavar="ID")
@json_option
@library_option
def show(article_id: str, as_json: bool, library: str | None) -> int:
    """Print an article with its exact text."""
    from bot import settings
    from retrieval.documents.article_json import article_to_dict
    from retrieval.library import open as open_library

    opened = open_library(settings.load(library).library).reader()
    with opened.snapshot():
        article = opened.article(article_id)
    opened.close()
    if article is None:
        raise _not_found(article_id)
    if as_json:
        print_json({**article_to_dict(article), "sha256": article.sha256})
        return OK
    date = article.date.isoformat() if article.date else None
    about = [part for part in (date, article.source, article.url) if part]
    print_text(article.title)
    if about:
        print_text(" · ".join(about))
    print()
    if sys.stdout.isatty():
        print_text(article.text)
    else:
        print(article.text)
    return OK


@articles.command()
@click.argument("article_id", type=Utf8Text(), metavar="ID")
@library_option
def remove(article_id: str, library: str | None) -> int:
    """Remove an article; it comes back when its file is indexed again."""
    from bot import settings
    from bot.discord.storage.ownership import OWN_SOURCE_PREFIX
    from retrieval.library import open as open_library
    from retrieval.library.progress import Reporter

    config = settings.load(library)
    open_library(config.library).reader().close()  # fails where there is no library
    # One that a server added would be put back by the bot, unless it is removed there too.
    was_uploaded = article_id.startswith(OWN_SOURCE_PREFIX) and _remove_upload(
        article_id, config.discord_data
    )
    with (
        open_library(config.library).session(None, Reporter()) as session,
        session.transaction() as change,
    ):
        was_indexed = change.remove(article_id)
    if not was_indexed and not was_uploaded:
        raise _not_found(article_id)
    print_text(f"removed {article_id}")
    return OK


def _remove_upload(article_id: str, discord_data: Path) -> bool:
    """Remove an article from the bot's own file; returns whether it was there.

    Raises:
        StoreError: the bot's file is elsewhere.
    """
    from bot.discord.storage import uploads
    from bot.discord.storage.database import Store
    from bot.discord.storage.schema import TABLES

    with closing(Store(discord_data, TABLES, existing=True)) as store:
        return uploads.remove_as_operator(store, article_id)


def _not_found(article_id: str) -> LibraryError:
    return LibraryError(f"{article_id}: no article of that id; quoth articles list shows them all")
