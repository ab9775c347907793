"""``quoth serve``: runs the Discord bot."""

import logging
from contextlib import closing, nullcontext

from bot import settings
from bot.discord import logs
from bot.discord.archive import Archive
from bot.discord.client import QuothClient
from bot.discord.desk import Desk
from bot.discord.librarian_process import LibrarianProcess
from bot.discord.manners import Manners
from bot.discord.metrics import Metrics
from bot.discord.permissions import invite
from bot.discord.running import run as run_bot
from bot.discord.server_settings import Servers
from bot.discord.store import Store
from bot.discord.tables import TABLES
from bot.engine import open_answerer
from bot.exit_status import OK
from bot.settings import Settings, SettingsError
from bot.watcher import watching

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
    manners = Manners(finished=metrics.finished) if metrics else Manners()
    if metrics:
        metrics.measured("quoth_waiting", "Questions in line.", lambda: len(manners.line))
    _log.info("connecting to Discord; Ctrl-C stops the bot")
    try:
        with (
            closing(Store(chosen.discord_data, TABLES)) as store,
            nullcontext() if no_watch else watching(chosen),
        ):
            run_bot(
                chosen.discord_token,
                # A client closes its desk and its archive: each has its own.
                lambda: QuothClient(
                    Desk(answerer, store, manners),
                    Servers(store),
                    Archive(store, chosen.library, LibrarianProcess(chosen)),
                ),
                metrics,
                chosen.metrics_port,
            )
    finally:
        answerer.close()
    return OK
