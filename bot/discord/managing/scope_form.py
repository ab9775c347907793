"""The modal for a scope: which sources and days a channel may see."""

import datetime
from collections.abc import Awaitable, Callable, Sequence

import discord

from bot.discord.managing.base import ManagerForm, send_ephemeral
from bot.discord.messages.escape import escaped_title, one_line
from bot.discord.messages.limits import MAX_CHOICES
from bot.discord.storage.ownership import own_source
from bot.discord.storage.server_settings import Scope
from retrieval.documents.article import parse_date, single_line

OURS = "This server's own articles"
AS_OTHERS = "As all other channels: forget what is chosen here"

_AS_OTHERS, _OURS = "as-others", "own"  # the others are numbers

_OnSubmit = Callable[[discord.Interaction, Scope | None], Awaitable[None]]


def scope_in_words(scope: Scope, server: int) -> str:
    """What may be seen, on one line that does nothing in Discord."""
    own = own_source(server)
    if scope.sources is None:
        parts = ["all sources"]
    else:
        names = [OURS if each == own else escaped_title(each, 40) for each in sorted(scope.sources)]
        more = [f"{len(names) - 5} more sources"] if len(names) > 5 else []
        parts = [", ".join([*names[:5], *more]) or "no source"]
    if scope.since:
        parts.append(f"since {scope.since}")
    if scope.until:
        parts.append(f"until {scope.until}")
    return ", ".join(parts)


class ScopeForm(ManagerForm):
    """A modal with sources, a first and a last day.

    Args:
        scope: its present scope; None: that of the other channels.
        store: called with the new scope; None resets it to that of the other channels.
        own: whether the channel has a scope of its own, which can be reset.
    """

    def __init__(
        self,
        where: str,
        scope: Scope | None,
        server: int,
        sources: Sequence[str],
        store: _OnSubmit,
        *,
        own: bool,
    ) -> None:
        super().__init__(title=one_line(f"What {where} may see", 45), timeout=14 * 60)
        self._server = server
        self._store = store
        now = scope or Scope()
        chosen = now.sources or frozenset()
        firsts = [discord.SelectOption(label=AS_OTHERS, value=_AS_OTHERS)] if own else []
        ours = own_source(server) in chosen
        firsts.append(discord.SelectOption(label=OURS, value=_OURS, default=ours))
        offered = sources[: MAX_CHOICES - len(firsts)]
        others = sorted(
            each for each in chosen if each not in offered and each != own_source(server)
        )
        self._sources = discord.ui.Select[discord.ui.View](
            custom_id="sources",
            placeholder="All sources",
            required=False,
            min_values=0,
            max_values=len(firsts) + len(offered),
            options=[
                *firsts,
                *(
                    discord.SelectOption(label=each, value=f"{n}", default=each in chosen)
                    for n, each in enumerate(offered)
                ),
            ],
        )
        self._offered = offered
        self._others = _field("others", "; ".join(others), 1000)
        self._since = _field("since", f"{now.since or ''}", 10, "2022-03-29")
        self._until = _field("until", f"{now.until or ''}", 10, "2022-03-29")
        labels = (
            ("Sources", "None chosen and none written: all", self._sources),
            ("Other sources", "Their whole names, with ; between them", self._others),
            ("Since", "The first day; empty: from the beginning", self._since),
            ("Until", "The last day; empty: until today", self._until),
        )
        for text, description, component in labels:
            self.add_item(discord.ui.Label(text=text, description=description, component=component))

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        if _AS_OTHERS in self._sources.values:
            await self._store(interaction, None)
            return
        chosen, written = self._chosen(), self._others.value.strip()
        if written and chosen is None:
            await send_ephemeral(interaction, "No source is named there; nothing was changed.")
            return
        try:
            scope = Scope(chosen, _day(self._since.value), _day(self._until.value))
        except ValueError as error:
            await send_ephemeral(
                interaction, f"{escaped_title(str(error), 60)}; write it like 2022-03-29."
            )
            return
        if scope.since and scope.until and scope.since > scope.until:
            await send_ephemeral(
                interaction, "The first day is after the last one; nothing was changed."
            )
            return
        await self._store(interaction, scope)

    def _chosen(self) -> frozenset[str] | None:
        listed = {
            own_source(self._server) if value == _OURS else self._offered[int(value)]
            for value in self._sources.values
        }
        # Cleaned, so that no source of another server's own can be named.
        written = {single_line(each) for each in self._others.value.split(";")} - {""}
        return frozenset(listed | written) or None


def _field(
    custom_id: str, value: str, longest: int, placeholder: str = ""
) -> discord.ui.TextInput[discord.ui.View]:
    return discord.ui.TextInput(
        custom_id=custom_id,
        required=False,
        default=value[:longest] or None,
        max_length=longest,
        placeholder=placeholder or None,
    )


def _day(typed: str) -> datetime.date | None:
    return parse_date(typed) if typed.strip() else None
