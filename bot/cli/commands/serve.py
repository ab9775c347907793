"""``quoth serve``: runs the Discord bot."""

import logging
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING

import click

from bot.cli.options import library_option
from bot.cli.output import OK

if TYPE_CHECKING:
    from bot.settings import Settings

_log = logging.getLogger(__name__)


@click.command()
@click.option("--no-watch", is_flag=True, help="Leave files that change to quoth index.")
@click.option("--invite", is_flag=True, help="Print the link that adds the bot to a server.")
@library_option
def serve(no_watch: bool, invite: bool, library: str | None) -> int:
    """Run the Discord bot, and index the articles' files as they change."""
    from bot import settings

    config = settings.load(library)
    if not config.discord_token:
        raise settings.SettingsError(
            "DISCORD_TOKEN is not set; put the bot's token into .env (see .env.example)"
        )
    if invite:
        _print_invite(config)
    else:
        _run_bot(config, watch=not no_watch)
    return OK


def _print_invite(config: "Settings") -> None:
    from bot.discord.operations.permissions import invite

    print(invite(config.discord_token))


def _run_bot(config: "Settings", *, watch: bool) -> None:
    from bot.cli.startup import open_answerer
    from bot.cli.watch_supervisor import supervised_watch
    from bot.discord.asking.answer_service import AnswerService
    from bot.discord.asking.throttle import Throttle
    from bot.discord.client import QuothClient
    from bot.discord.operations import logs
    from bot.discord.operations.metrics import Metrics
    from bot.discord.run import run
    from bot.discord.storage.database import Store
    from bot.discord.storage.schema import TABLES
    from bot.discord.storage.server_settings import ServerSettingsStore
    from bot.discord.uploads.article_service import ArticleService
    from bot.discord.uploads.indexer_process import IndexerProcess

    answerer = open_answerer(config)
    logs.set_up(config.discord_token, as_json=config.log_as_json, questions=config.log_questions)
    metrics = Metrics() if config.metrics_port else None
    throttle = Throttle(on_finished=metrics.record) if metrics else Throttle()
    if metrics:
        metrics.add_gauge("quoth_waiting", "Questions in line.", lambda: len(throttle.queue))
    _log.info("connecting to Discord; Ctrl-C stops the bot")
    try:
        with (
            closing(Store(config.discord_data, TABLES)) as store,
            supervised_watch(config) if watch else nullcontext(),
        ):
            run(
                config.discord_token,
                # A client closes its services: each client has its own.
                lambda: QuothClient(
                    AnswerService(answerer, store, throttle),
                    ServerSettingsStore(store),
                    ArticleService(store, config.library, IndexerProcess(config)),
                ),
                metrics,
                config.metrics_port,
            )
    finally:
        answerer.close()
