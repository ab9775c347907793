"""``quoth feedback``: what people in Discord say of the answers, and what they miss."""

import datetime
from contextlib import closing

from bot import settings
from bot.cli.exit_status import OK
from bot.cli.json_line import print_json
from bot.cli.say import say
from bot.cli.visible import visible
from bot.discord.storage.database import Store
from bot.discord.storage.schema import TABLES
from bot.discord.storage.unanswered import gaps, questions_since
from bot.discord.storage.votes import Labels, Votes, labels, server_pseudonym
from bot.settings import Settings
from bot.wording import counted
from retrieval.library.door import open_for_reading


def export(server: str | None, library: str | None) -> int:
    """Print the votes as labelled questions, one a line."""
    chosen = settings.load(library)
    with closing(Store(chosen.discord_data, TABLES, existing=True)) as store:
        found = _labels(store, chosen, server)
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
    say(counted(sum(len(each.questions) for each in found.values()), "question") + " exported")
    if changed := sum(each.changed for each in found.values()):
        say(f"{counted(changed, 'question')} left out: the article has changed since")
    if wrong := sum(len(each.wrong) for each in found.values()):
        say(
            f"{counted(wrong, 'question')} left out: the votes only say what does not"
            " answer; quoth feedback report lists them"
        )
    return OK


def report(
    since: datetime.date | None, server: str | None, as_json: bool, library: str | None
) -> int:
    """Print what the articles don't answer, one question a line."""
    chosen = settings.load(library)
    with closing(Store(chosen.discord_data, TABLES, existing=True)) as store:
        asked = [each for each in questions_since(store, since) if _is_of(each.server, server)]
        found = gaps(asked, _labels(store, chosen, server))
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
            print(visible(f"{gap.times:4}  {gap.last}  {gap.server:8}  {gap.question}{wrong}"))
    if not found:
        say("Nothing was asked that the articles don't answer")
    return OK


def _labels(store: Store, chosen: Settings, server: str | None) -> dict[str, Labels]:
    """What the votes say, by where they were given."""
    with closing(open_for_reading(chosen.library)) as opened, opened.snapshot():
        return {
            place: labels(votes, opened.article)
            for place, votes in Votes(store).by_server().items()
            if _is_of(place, server)
        }


def _is_of(place: str, server: str | None) -> bool:
    """Whether a place is the one that was named: by its id in Discord, or as it is printed."""
    if server is None or place == server:
        return True
    return server.isdecimal() and place == server_pseudonym(int(server))
