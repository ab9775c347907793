"""The modal for the confidence threshold."""

from collections.abc import Awaitable, Callable

import discord

from bot.discord.managing.base import ManagerForm, send_ephemeral
from bot.discord.messages.escape import escaped_title

_OnSubmit = Callable[[discord.Interaction, float | None], Awaitable[None]]


class ThresholdForm(ManagerForm, title="How sure an answer must be"):
    """A modal; ``store`` is called with a threshold from 0 to 1, or None for the bot's own."""

    def __init__(self, store: _OnSubmit) -> None:
        super().__init__(timeout=14 * 60)
        self._store = store
        self._field = discord.ui.TextInput[discord.ui.View](
            custom_id="threshold", required=False, max_length=10, placeholder="35 %"
        )
        self.add_item(
            discord.ui.Label(
                text="At least so sure",
                description="0 to 100 %; less sure is “not found”. Empty: the bot's own",
                component=self._field,
            )
        )

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        typed = self._field.value.strip()
        try:
            threshold = _percent(typed) if typed else None
        except ValueError:
            shown = escaped_title(typed, 20)
            await send_ephemeral(
                interaction, f"“{shown}” is not from 0 to 100 %; write it like 35 %."
            )
            return
        await self._store(interaction, threshold)


def _percent(typed: str) -> float:
    """Read ``35 %``, ``35`` or ``0.35``; raises ValueError for anything else."""
    number = float(typed.removesuffix("%").strip().replace(",", "."))
    if typed.endswith("%") or number > 1:
        number /= 100
    if not 0 <= number <= 1:
        raise ValueError
    return number
