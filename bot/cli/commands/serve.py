"""``quoth serve``: runs the Discord bot."""

import logging
from contextlib import closing, nullcontext

from bot import settings
from bot.cli.exit_status import OK
from bot.discord.asking.answer_service import AnswerService
from bot.discord.asking.throttle import Throttle
from bot.discord.client import QuothClient
from bot.discord.operations import logs
from bot.discord.operations.metrics import Metrics
from bot.discord.operations.permissions import invite
from bot.discord.run import run as run_bot
from bot.discord.storage.database import Store
from bot.discord.storage.schema import TABLES
from bot.discord.storage.server_settings import ServerSettingsStore
from bot.discord.uploads.article_service import ArticleService
from bot.discord.uploads.indexer_process import IndexerProcess
from bot.settings import Settings, SettingsError
from bot.startup import open_answerer
from bot.watch_process import watching

_log = logging.getLogger(__name__)


def run(no_watch: bool, invite: bool, library: str | None) -> int:
    """Run until stopped, or print the link of invitation; returns the exit status."""
    chosen = settings.load(library)
    if not chosen.discord_token:
        raise SettingsError(
            "DISCORD_TOKEN is not set; put the bot's token into .env (see .env.example)"
        )
    return _invite(chosen) if invite else _serve(chosen, no_watch)


def _invite(chosen: Settings) -> int:
    print(invite(chosen.discord_token))
    return OK


def _serve(chosen: Settings, no_watch: bool) -> int:
    answerer = open_answerer(chosen)
    logs.set_up(chosen.discord_token, as_json=chosen.log_as_json, questions=chosen.log_questions)
    metrics = Metrics() if chosen.metrics_port else None
    throttle = Throttle(on_finished=metrics.record) if metrics else Throttle()
    if metrics:
        metrics.add_gauge("quoth_waiting", "Questions in line.", lambda: len(throttle.queue))
    _log.info("connecting to Discord; Ctrl-C stops the bot")
    try:
        with (
            closing(Store(chosen.discord_data, TABLES)) as store,
            nullcontext() if no_watch else watching(chosen),
        ):
            run_bot(
                chosen.discord_token,
                # A client closes its services: each client has its own.
                lambda: QuothClient(
                    AnswerService(answerer, store, throttle),
                    ServerSettingsStore(store),
                    ArticleService(store, chosen.library, IndexerProcess(chosen)),
                ),
                metrics,
                chosen.metrics_port,
            )
    finally:
        answerer.close()
    return OK
