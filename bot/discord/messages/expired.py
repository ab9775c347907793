"""Says so where a panel or a form is used that nothing knows any more, as after a restart."""

import asyncio
from typing import Any

import discord

from bot.discord.messages.replies import log_unsent

EXPIRED = "This has expired; run the command again."
_USED = (discord.InteractionType.component, discord.InteractionType.modal_submit)
_SECONDS_TO_ANSWER = 2.0  # Discord waits three
_SECONDS_BETWEEN = 0.05


async def tell_expired(interaction: discord.Interaction[Any]) -> None:
    """Tell who used a panel or a form that it has expired, unless something answers in time.

    discord.py itself passes over in silence what it does not know, and tells nobody.
    """
    if interaction.type not in _USED:
        return
    for _ in range(int(_SECONDS_TO_ANSWER / _SECONDS_BETWEEN)):
        if interaction.response.is_done():
            return
        await asyncio.sleep(_SECONDS_BETWEEN)
    if interaction.response.is_done() or interaction.client.is_closed():
        return
    with log_unsent(interaction.channel_id):
        await interaction.response.send_message(EXPIRED, ephemeral=True)
