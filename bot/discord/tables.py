"""All tables of the store, each from the module that owns it."""

from bot.discord import audit, server_settings, uploads
from bot.discord.asked import ASKED
from bot.discord.feedback import VOTES
from bot.discord.store import Table

TABLES: tuple[Table, ...] = (ASKED, VOTES, server_settings.TABLE, uploads.TABLE, audit.TABLE)
