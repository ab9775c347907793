"""What is done when a button under an answer is pressed.

It is acknowledged first, and answered to the one who pressed it alone. Whatever is in the way (a
store that is lost, an article that changed, a bot that leaves) is told in one line.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias, cast

import discord
from discord import ui

from bot.discord.asking.access import refusal, terms_of_interaction
from bot.discord.asking.answer_reply import answer
from bot.discord.asking.answer_service import Asker, Desk
from bot.discord.asking.conversations import talk_in
from bot.discord.messages import components
from bot.discord.messages.error_messages import reason
from bot.discord.messages.expanded_quotes import (
    NOT_SEEN,
    WITHDRAWN,
    format_context,
    format_more,
    quote_at,
    updated,
)
from bot.discord.messages.replies import Reply, edit_reply, log_unsent, telling
from bot.discord.storage.questions import Turn
from bot.discord.storage.server_settings import Servers, Terms
from bot.discord.storage.votes import Vote as SaidVote
from retrieval.answering.question import MAX_QUESTION

_A_PAGE = 3
_UNKNOWN = "I no longer know what was asked here; please ask again."
_NO_MORE = "These are all the passages that were found."
_FORM = "quoth:asking:"

_Interaction: TypeAlias = discord.Interaction[Any]


class Form(ui.Modal, title="Ask a follow-up"):
    """Asks for a question. It is attended to by its id: see ``asked_by_form``."""

    def __init__(self, key: str) -> None:
        # Discord tells nobody that a form was closed: after that time it is forgotten.
        super().__init__(custom_id=f"{_FORM}{key}", timeout=900)
        words: ui.TextInput[Form] = ui.TextInput(
            custom_id="question", style=discord.TextStyle.paragraph, max_length=MAX_QUESTION
        )
        self.add_item(ui.Label(text="What else do you want to know?", component=words))


class Pressing:
    """Attends to the buttons.

    Args:
        desk: where the articles, the questions and the votes are.
        servers: on whose terms whatever is pressed is answered.
        finishing: lets the client wait for what happens within.
    """

    def __init__(
        self,
        desk: Desk,
        servers: Servers,
        finishing: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._desk = desk
        self._servers = servers
        self._finishing = finishing

    async def more(self, interaction: _Interaction, key: str, shown: int) -> None:
        """Show the passages that come after those shown."""

        async def work(terms: Terms) -> Reply:
            turn = await self._turn(key, interaction)
            if turn is None:
                return Reply(_UNKNOWN)
            places = turn.places[shown : shown + _A_PAGE]
            if not places:
                return Reply(_NO_MORE)
            articles = [
                await self._desk.article(place.article, interaction.guild_id) for place in places
            ]
            # An article may be megabytes long: what reads all of it is for the thread.
            page = await self._desk.call(
                lambda: format_more(turn.question, places, articles, shown + 1, terms.within)
            )
            # One that fits into no message on its own must not stop those after it.
            seen = shown + max(1, page.shown)
            return Reply(page.text, components.under_more(key, seen, len(turn.places)))

        await self._respond(interaction, work)

    async def context(
        self,
        interaction: _Interaction,
        key: str | None,
        number: int,
        where: components.Where,
    ) -> None:
        """Show the paragraphs before and after a quote."""

        async def work(terms: Terms) -> Reply:
            article_key, start, end, sha256 = where
            article = await self._desk.article_with(article_key, interaction.guild_id)
            turn = await self._turn(key, interaction) if key else None
            others = (
                components.under_context(key, turn.places[:_A_PAGE], number)
                if key and turn
                else None
            )
            if article is None:
                return Reply(f"-# \\[{number}\\] {WITHDRAWN}", others)
            if not terms.within.admits(article.source, article.date):
                return Reply(f"-# \\[{number}\\] {NOT_SEEN}", others)

            def read() -> str:
                if not article.sha256.startswith(sha256):
                    return updated(article, number)
                return format_context(quote_at(article, start, end), number)

            return Reply(await self._desk.call(read), others)

        await self._respond(interaction, work)

    async def vote(self, interaction: _Interaction, key: str, *, right: bool) -> None:
        """Keep what somebody says of an answer."""

        async def work(terms: Terms) -> Reply:
            turn = await self._turn(key, interaction)
            if turn is None or turn.question is None or interaction.message is None:
                return Reply(_UNKNOWN)
            said = SaidVote(turn.question, turn.said, right)
            message, voter, server = (
                interaction.message.id,
                interaction.user.id,
                interaction.guild_id,
            )
            changed = await asyncio.to_thread(
                self._desk.votes.record, said, message=message, voter=voter, server=server
            )
            word = "right" if right else "wrong"
            if not changed:
                return Reply(f"You have called this answer {word} before; that stands.")
            return Reply(
                f"Noted: you call this answer {word}. Pressing the other button changes it."
            )

        await self._respond(interaction, work)

    async def follow_up(self, interaction: _Interaction, key: str) -> None:
        """Open a form for a question that follows."""
        if interaction.client.is_closed():
            return
        with self._finishing(), log_unsent(interaction.channel_id):
            await interaction.response.send_modal(Form(key))

    async def as_typed(self, interaction: _Interaction, key: str) -> None:
        """Ask a question again, as if nothing had been asked before it."""

        async def work(terms: Terms) -> Reply:
            turn = await self._turn(key, interaction)
            if turn is None or turn.question is None:
                return Reply(_UNKNOWN)
            with self._desk.manners.traced("as typed", turn.question):
                if line := refusal(self._desk.manners, terms, interaction):
                    return Reply(line)
                under = interaction.message
                private = under is None or under.flags.ephemeral
                return await answer(
                    self._desk,
                    turn.question,
                    Asker(interaction.guild_id),
                    terms,
                    talk=None if private else talk_in(interaction.channel, interaction.user.id),
                    show_question=True,
                    tell=telling(interaction),
                )

        await self._respond(interaction, work)

    async def _turn(self, key: str, interaction: _Interaction) -> Turn | None:
        return await asyncio.to_thread(self._desk.asked.turn, key, interaction.guild_id)

    async def _respond(
        self, interaction: _Interaction, work: Callable[[Terms], Awaitable[Reply]]
    ) -> None:
        if interaction.client.is_closed():
            return  # nothing can be sent any more
        with self._finishing(), log_unsent(interaction.channel_id):
            await interaction.response.defer(ephemeral=True, thinking=True)
            try:
                terms = terms_of_interaction(self._servers, interaction)
                reply = Reply(terms.refusal) if terms.refusal else await work(terms)
            except Exception as error:
                reply = Reply(reason(error))
            await edit_reply(interaction, reply)


def asked_by_form(interaction: _Interaction) -> tuple[str, str] | None:
    """The question that somebody sent by a form, and the key of the one before.

    It goes by the form's id, and so works for one that was opened before a restart.
    """
    if interaction.type is not discord.InteractionType.modal_submit:
        return None
    data = cast(dict[str, Any], interaction.data or {})
    form = str(data.get("custom_id", ""))
    if not form.startswith(_FORM):
        return None
    for part in data.get("components", []):
        field = part.get("component", {})
        if field.get("custom_id") == "question":
            return str(field.get("value", "")).strip(), form.removeprefix(_FORM)
    return None
