"""All tables of the store, each from the module that owns it."""

from bot.discord.storage import audit_log, server_settings
from bot.discord.storage.asked_questions import ASKED
from bot.discord.storage.database import Table
from bot.discord.storage.votes import VOTES
from bot.discord.uploads import kept_articles

TABLES: tuple[Table, ...] = (
    ASKED,
    VOTES,
    server_settings.TABLE,
    kept_articles.TABLE,
    audit_log.TABLE,
)
