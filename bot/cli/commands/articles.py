"""``quoth articles``: list, show and remove."""

import sys
from contextlib import closing
from pathlib import Path

from bot import settings
from bot.cli.exit_status import OK
from bot.cli.json_line import print_json
from bot.cli.visible import visible
from bot.discord.storage.ownership import OWN_SOURCE_PREFIX
from retrieval.documents.article_json import as_object
from retrieval.errors import LibraryError
from retrieval.library.door import open_for_reading, remove_article


def list_articles(as_json: bool, library: str | None) -> int:
    """Print one article a line, the newest first."""
    opened = open_for_reading(settings.load(library).library)
    with opened.snapshot():
        for article_id, date, title, source in opened.list_articles():
            if as_json:
                print_json({"id": article_id, "date": date, "title": title, "source": source})
            else:
                about = f"{title} ({source})" if source else title
                print(visible(f"{date or 'no date':10}  {article_id}  {about}"))
    opened.close()
    return OK


def show(article_id: str, as_json: bool, library: str | None) -> int:
    """Print one article: as JSON its exact text, otherwise for a person to read."""
    chosen = settings.load(library)
    opened = open_for_reading(chosen.library)
    with opened.snapshot():
        article = opened.article(article_id)
    opened.close()
    if article is None:
        raise _unknown(article_id)
    if as_json:
        print_json({**as_object(article), "sha256": article.sha256})
        return OK
    date = article.date.isoformat() if article.date else None
    about = [part for part in (date, article.source, article.url) if part]
    print(visible(article.title))
    if about:
        print(visible(" · ".join(about)))
    print()
    print(visible(article.text) if sys.stdout.isatty() else article.text)
    return OK


def remove(article_id: str, library: str | None) -> int:
    """Remove one article; one that was added in Discord is no longer kept there either."""
    chosen = settings.load(library)
    open_for_reading(chosen.library).close()  # where there is none, nothing is taken out
    kept = article_id.startswith(OWN_SOURCE_PREFIX) and _take_out(article_id, chosen.discord_data)
    if not remove_article(chosen.library, article_id) and not kept:
        raise _unknown(article_id)
    print(visible(f"removed {article_id}"))
    return OK


def _take_out(article_id: str, discord_data: Path) -> bool:
    """Have the bot not bring it back; raises a StoreError where the bot's file is elsewhere."""
    # Imported here because lists, and all other articles, need none of it.
    from bot.discord.storage import uploads
    from bot.discord.storage.database import Store
    from bot.discord.storage.schema import TABLES

    with closing(Store(discord_data, TABLES, existing=True)) as store:
        return uploads.remove_as_operator(store, article_id)


def _unknown(article_id: str) -> LibraryError:
    return LibraryError(f"{article_id}: no article of that id; quoth articles list shows them all")
