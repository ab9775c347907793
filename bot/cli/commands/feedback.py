"""``quoth feedback``: what people in Discord say of the answers, and what they miss."""

import datetime
from contextlib import closing
from typing import TYPE_CHECKING

import click

from bot.cli.options import Day, Utf8Text, json_option, library_option
from bot.cli.output import OK, print_json, print_message, print_text

if TYPE_CHECKING:
    from bot.discord.storage.database import Store
    from bot.discord.storage.votes import Labels
    from bot.settings import Settings

_server_option = click.option(
    "--server",
    type=Utf8Text(),
    help='Only this server: its id in Discord, or its name in what is printed ("direct": none).',
)


@click.group()
def feedback() -> None:
    """Make something to measure by of what people in Discord say and ask."""


@feedback.command()
@_server_option
@library_option
def export(server: str | None, library: str | None) -> int:
    """Print the votes on answers as labelled questions, for quoth eval."""
    from bot import settings
    from bot.discord.storage.database import Store
    from bot.discord.storage.schema import TABLES
    from bot.wording import counted

    config = settings.load(library)
    with closing(Store(config.discord_data, TABLES, existing=True)) as store:
        found = _labels(store, config, server)
    for place, labelled in found.items():
        for each in labelled.questions:
            print_json(
                {
                    "question": each.question,
                    "answers": each.answers,
                    "article_ids": each.articles,
                    "server": place,
                }
            )
    exported = sum(len(each.questions) for each in found.values())
    print_message(f"{counted(exported, 'question')} exported")
    if changed := sum(each.changed for each in found.values()):
        print_message(f"{counted(changed, 'question')} left out: the article has changed since")
    if wrong := sum(len(each.wrong) for each in found.values()):
        print_message(
            f"{counted(wrong, 'question')} left out: the votes only say what does not"
            " answer; quoth feedback report lists them"
        )
    return OK


@feedback.command()
@click.option("--since", type=Day(last=False), help="Only questions of this day or later.")
@_server_option
@json_option
@library_option
def report(
    since: datetime.date | None, server: str | None, as_json: bool, library: str | None
) -> int:
    """Show what people asked that the articles don't answer."""
    from bot import settings
    from bot.discord.storage.database import Store
    from bot.discord.storage.schema import TABLES
    from bot.discord.storage.unanswered import gaps, questions_since

    config = settings.load(library)
    with closing(Store(config.discord_data, TABLES, existing=True)) as store:
        asked = [each for each in questions_since(store, since) if _is_of(each.server, server)]
        found = gaps(asked, _labels(store, config, server))
    for gap in found:
        if as_json:
            print_json(
                {
                    "question": gap.question,
                    "times": gap.times,
                    "last": gap.last.isoformat(),
                    "called_wrong": gap.called_wrong,
                    "server": gap.server,
                }
            )
        else:
            wrong = "  (answered, and called wrong)" if gap.called_wrong else ""
            print_text(f"{gap.times:4}  {gap.last}  {gap.server:8}  {gap.question}{wrong}")
    if not found:
        print_message("Nothing was asked that the articles don't answer")
    return OK


def _labels(store: "Store", config: "Settings", server: str | None) -> "dict[str, Labels]":
    """The labels that the votes make, by the server where they were given."""
    from bot.discord.storage.votes import Votes, labels
    from retrieval.library import open as open_library

    with closing(open_library(config.library).reader()) as opened, opened.snapshot():
        return {
            place: labels(votes, opened.article)
            for place, votes in Votes(store).by_server().items()
            if _is_of(place, server)
        }


def _is_of(place: str, server: str | None) -> bool:
    """Whether a place is the server that was named: by its id in Discord, or as it is printed."""
    from bot.discord.storage.votes import server_pseudonym

    if server is None or place == server:
        return True
    return server.isdecimal() and place == server_pseudonym(int(server))
