"""The form that says how sure an answer must be."""

from collections.abc import Awaitable, Callable

import discord

from bot.discord.managing.base import ManagersForm, tell
from bot.discord.messages.escape import escaped_title

_Keep = Callable[[discord.Interaction, float | None], Awaitable[None]]


class ThresholdForm(ManagersForm, title="How sure an answer must be"):
    """Takes the threshold.

    Args:
        keep: keeps it; None is the bot's own.
    """

    def __init__(self, keep: _Keep) -> None:
        super().__init__(timeout=14 * 60)
        self._keep = keep
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
        """Keep it, or say what it takes."""
        typed = self._field.value.strip()
        try:
            threshold = _percent(typed) if typed else None
        except ValueError:
            shown = escaped_title(typed, 20)
            await tell(interaction, f"“{shown}” is not from 0 to 100 %; write it like 35 %.")
            return
        await self._keep(interaction, threshold)


def _percent(typed: str) -> float:
    """Read ``35 %``, ``35`` or ``0.35``; raises ValueError for anything else."""
    number = float(typed.removesuffix("%").strip().replace(",", "."))
    if typed.endswith("%") or number > 1:
        number /= 100
    if not 0 <= number <= 1:
        raise ValueError
    return number
