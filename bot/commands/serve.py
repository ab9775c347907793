"""``quoth serve``: runs the Discord bot."""

import logging
from contextlib import closing, nullcontext

from bot import settings
from bot.discord.archive import Archive
from bot.discord.librarian_process import LibrarianProcess
from bot.discord.running import run as run_bot
from bot.discord.store import Store
from bot.discord.tables import TABLES
from bot.engine import open_answerer
from bot.exit_status import OK
from bot.say import say
from bot.settings import SettingsError
from bot.watcher import watching


def run(no_watch: bool, library: str | None) -> int:
    """Run until stopped, and return the exit status."""
    chosen = settings.load(library)
    if not chosen.discord_token:
        raise SettingsError(
            "DISCORD_TOKEN is not set; put the bot's token into .env (see .env.example)"
        )
    answerer = open_answerer(chosen)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
    # It warns at every start that it cannot speak: the bot never does.
    logging.getLogger("discord.client").setLevel("ERROR")
    say("Connecting to Discord; Ctrl-C stops the bot")
    try:
        with (
            closing(Store(chosen.discord_data, TABLES)) as store,
            nullcontext() if no_watch else watching(chosen),
        ):
            archive = Archive(store, chosen.library, LibrarianProcess(chosen))
            run_bot(chosen.discord_token, answerer, store, archive)
    finally:
        answerer.close()
    return OK
