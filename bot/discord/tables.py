"""All tables of the store, each from the module that owns it."""

from bot.discord import audit, server_settings, uploads
from bot.discord.store import Table

TABLES: tuple[Table, ...] = (server_settings.TABLE, audit.TABLE, uploads.TABLE)
