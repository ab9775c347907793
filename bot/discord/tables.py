"""All tables of the store, each from the module that owns it."""

from bot.discord.asked import ASKED
from bot.discord.feedback import VOTES
from bot.discord.store import Table

TABLES: tuple[Table, ...] = (ASKED, VOTES)
