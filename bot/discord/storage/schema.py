"""All tables of the store, each from the module that owns it."""

from bot.discord.storage import audit_log, server_settings, uploads
from bot.discord.storage.database import Table
from bot.discord.storage.questions import ASKED
from bot.discord.storage.votes import VOTES

TABLES: tuple[Table, ...] = (
    ASKED,
    VOTES,
    server_settings.TABLE,
    uploads.TABLE,
    audit_log.TABLE,
)
