"""``quoth feedback``: what people in Discord say of the answers, and what they miss."""

import datetime
from contextlib import closing

from bot import settings
from bot.discord.feedback import Labels, Votes, labels
from bot.discord.store import Store
from bot.discord.tables import TABLES
from bot.discord.unanswered import asked_since, gaps
from bot.exit_status import OK
from bot.json_line import print_json
from bot.say import say
from bot.settings import Settings
from bot.visible import visible
from bot.wording import counted
from retrieval.library import Library


def export(library: str | None) -> int:
    """Print the votes as labelled questions, one a line."""
    chosen = settings.load(library)
    with closing(Store(chosen.discord_data, TABLES, existing=True)) as store:
        found = _labels(store, chosen)
    for each in found.questions:
        print_json(
            {"question": each.question, "answers": each.answers, "article_ids": each.articles}
        )
    say(counted(len(found.questions), "question") + " exported")
    if found.changed:
        say(f"{counted(found.changed, 'question')} left out: the article has changed since")
    if found.wrong:
        say(
            f"{counted(len(found.wrong), 'question')} left out: the votes only say what does not"
            " answer; quoth feedback report lists them"
        )
    return OK


def report(since: datetime.date | None, as_json: bool, library: str | None) -> int:
    """Print what the articles don't answer, one question a line."""
    chosen = settings.load(library)
    with closing(Store(chosen.discord_data, TABLES, existing=True)) as store:
        found = gaps(asked_since(store, since), _labels(store, chosen))
    for gap in found:
        if as_json:
            print_json(
                {
                    "question": gap.question,
                    "times": gap.times,
                    "last": gap.last.isoformat(),
                    "called_wrong": gap.called_wrong,
                }
            )
        else:
            wrong = "  (answered, and called wrong)" if gap.called_wrong else ""
            print(visible(f"{gap.times:4}  {gap.last}  {gap.question}{wrong}"))
    if not found:
        say("Nothing was asked that the articles don't answer")
    return OK


def _labels(store: Store, chosen: Settings) -> Labels:
    with closing(Library(chosen.library)) as opened, opened.snapshot():
        return labels(Votes(store).all(), opened.article)
