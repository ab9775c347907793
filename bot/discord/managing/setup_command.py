"""``/quoth setup``: where the bot answers in a server, whom, from what, and how."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import discord
from discord import app_commands

from bot.discord.managing.base import ManagersGroup, ManagersView
from bot.discord.managing.scope_form import ScopeForm, scope_in_words
from bot.discord.managing.threshold_form import ThresholdForm
from bot.discord.messages.limits import MAX_CHOICES, MESSAGE_LIMIT, length
from bot.discord.storage.ownership import visible_to
from bot.discord.storage.server_settings import Scope, Servers, ServerSettings
from retrieval.library.filter import Filter

FindSources = Callable[[Filter], Awaitable[Sequence[str]]]

_SHOWN = 8  # channels or roles named in the message
_MORE = "and something else in {} more channels"

_CHANNELS = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.forum,
    discord.ChannelType.voice,
    discord.ChannelType.category,
]


class Setup(ManagersGroup):
    """The commands that set the bot up in a server.

    Args:
        servers: which keep what is settled.
        find_sources: the shared sources that a filter admits.
    """

    def __init__(self, servers: Servers, find_sources: FindSources) -> None:
        super().__init__("quoth", "Set Quoth up in this server.")
        self._servers = servers
        self._find_sources = find_sources

    @app_commands.command(description="Settle where I answer, whom, from what, and how.")
    async def setup(self, interaction: discord.Interaction) -> None:
        """Show the settings, with what changes them."""
        panel = Panel(self._servers, self._find_sources, interaction.guild_id or 0)
        await interaction.response.send_message(panel.text(), view=panel, ephemeral=True)


class Panel(ManagersView):
    """The settings of a server; each change is kept at once."""

    def __init__(self, servers: Servers, find_sources: FindSources, server: int) -> None:
        super().__init__()
        self._servers = servers
        self._find_sources = find_sources
        self._server = server
        self._update()

    @property
    def _settings(self) -> ServerSettings:
        return self._servers.of(self._server)

    def text(self) -> str:
        """What is settled, in words."""
        settings = self._settings
        where = _some([f"<#{each}>" for each in sorted(settings.channels)]) or "in every channel"
        whom = _some([f"<@&{each}>" for each in sorted(settings.roles)]) or "everyone"
        who = "only the one who asked" if settings.private else "everybody"
        least = settings.min_confidence
        sure = "as the bot has it" if least is None else f"{least:.0%}, else it is “not found”"
        lines = [
            "**Quoth in this server**",
            f"Where I answer: {where}",
            f"Whom I answer: {whom}",
            f"Who sees an answer: {who}",
            f"How sure I must be: {sure}",
            f"What I quote: {scope_in_words(settings.scope, self._server)}",
        ]
        left = len(settings.scopes)
        for channel, scope in sorted(settings.scopes.items()):
            line = f"What I quote in <#{channel}>: {scope_in_words(scope, self._server)}"
            if length("\n".join([*lines, line])) > MESSAGE_LIMIT - len(_MORE) - 10:
                lines.append(_MORE.format(left))
                break
            lines.append(line)
            left -= 1
        return "\n".join(lines)

    @discord.ui.select(
        cls=discord.ui.ChannelSelect,
        custom_id="channels",
        placeholder="Answer in channels (none: all)",
        channel_types=_CHANNELS,
        min_values=0,
        max_values=MAX_CHOICES,
        row=0,
    )
    async def channels(
        self, interaction: discord.Interaction, chosen: discord.ui.ChannelSelect["Panel"]
    ) -> None:
        """Answer in these alone."""
        ids = frozenset(each.id for each in chosen.values)
        named = ", ".join(f"#{each.name}" for each in chosen.values) or "everywhere"
        await self._change(interaction, f"answers in: {named}", channels=ids)

    @discord.ui.select(
        cls=discord.ui.RoleSelect,
        custom_id="roles",
        placeholder="Answer these roles (none: all)",
        min_values=0,
        max_values=MAX_CHOICES,
        row=1,
    )
    async def roles(
        self, interaction: discord.Interaction, chosen: discord.ui.RoleSelect["Panel"]
    ) -> None:
        """Answer those with one of these alone."""
        # The role that everyone has is no restriction.
        ids = frozenset(each.id for each in chosen.values if each.id != self._server)
        named = ", ".join(each.name for each in chosen.values) or "everyone"
        await self._change(interaction, f"answers: {named}", roles=ids)

    @discord.ui.select(
        cls=discord.ui.ChannelSelect,
        custom_id="scope",
        placeholder="What one channel may see …",
        channel_types=_CHANNELS,
        row=2,
    )
    async def channel_scope(
        self, interaction: discord.Interaction, chosen: discord.ui.ChannelSelect["Panel"]
    ) -> None:
        """Ask what a channel may see."""
        await self._ask_for_scope(interaction, chosen.values[0].id, f"#{chosen.values[0].name}")

    @discord.ui.button(label="What all may see …", custom_id="all", row=3)
    async def whole_scope(
        self, interaction: discord.Interaction, button: discord.ui.Button["Panel"]
    ) -> None:
        """Ask what the other channels may see."""
        await self._ask_for_scope(interaction, None, "all other channels")

    @discord.ui.button(label="Private answers", custom_id="private", row=3)
    async def private(
        self, interaction: discord.Interaction, button: discord.ui.Button["Panel"]
    ) -> None:
        """Turn private answers on or off."""
        now = not self._settings.private
        what = "answers are private" if now else "answers are seen by all"
        await self._change(interaction, what, private=now)

    @discord.ui.button(label="Threshold …", custom_id="threshold", row=3)
    async def threshold(
        self, interaction: discord.Interaction, button: discord.ui.Button["Panel"]
    ) -> None:
        """Ask for the threshold."""
        await interaction.response.send_modal(ThresholdForm(self._change_threshold))

    async def _change_threshold(
        self, interaction: discord.Interaction, threshold: float | None
    ) -> None:
        """Keep another threshold."""
        what = "threshold: the bot's own" if threshold is None else f"threshold: {threshold:.0%}"
        await self._change(interaction, what, min_confidence=threshold)

    async def show(self, interaction: discord.Interaction) -> None:
        """Show what is settled now."""
        self._update()
        await interaction.edit_original_response(content=self.text(), view=self)

    async def _ask_for_scope(
        self, interaction: discord.Interaction, channel: int | None, name: str
    ) -> None:
        settings = self._settings
        scope = settings.scope if channel is None else settings.scopes.get(channel)
        sources = await self._find_sources(visible_to(None))

        async def keep(answered: discord.Interaction, scope: Scope | None) -> None:
            await answered.response.defer()
            seen = "as all others" if scope is None else scope_in_words(scope, self._server)
            what = f"{name} may see: {seen}"
            await asyncio.to_thread(
                self._servers.change_scope,
                self._server, answered.user.id, what, channel, scope,
            )  # fmt: skip
            await self.show(answered)

        form = ScopeForm(name, scope, self._server, sources, keep, own=channel in settings.scopes)
        await interaction.response.send_modal(form)

    async def _change(self, interaction: discord.Interaction, what: str, **changes: Any) -> None:
        await interaction.response.defer()
        await asyncio.to_thread(
            lambda: self._servers.change(self._server, interaction.user.id, what, **changes)
        )
        await self.show(interaction)

    def _update(self) -> None:
        """Have the choices show what is settled."""
        settings = self._settings
        kinds = discord.SelectDefaultValueType
        self.channels.default_values = [
            discord.SelectDefaultValue(id=each, type=kinds.channel)
            for each in sorted(settings.channels)[:MAX_CHOICES]
        ]
        self.roles.default_values = [
            discord.SelectDefaultValue(id=each, type=kinds.role)
            for each in sorted(settings.roles)[:MAX_CHOICES]
        ]
        self.private.label = f"Private answers: {'on' if settings.private else 'off'}"
        self.private.style = (
            discord.ButtonStyle.primary if settings.private else discord.ButtonStyle.secondary
        )


def _some(names: list[str]) -> str:
    """Names in a row, of many the first."""
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return ", ".join([*names[:_SHOWN], *more])
