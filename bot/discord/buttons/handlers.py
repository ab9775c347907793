"""What the buttons under an answer do.

A click is acknowledged first, and then answered by an ephemeral message. Whatever goes wrong (the
database is gone, an article changed, the bot shuts down) is told in one line.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

import discord

from bot.discord.asking.answer_reply import answer_reply
from bot.discord.asking.answer_service import AnswerService, QuestionOrigin
from bot.discord.asking.conversations import conversation_in
from bot.discord.asking.refusals import policy_for_interaction, refusal
from bot.discord.buttons.follow_up_form import FollowUpForm
from bot.discord.messages.answer_buttons import QuoteReference, context_buttons, more_button
from bot.discord.messages.error_messages import error_message
from bot.discord.messages.expanded_quotes import (
    NOT_VISIBLE,
    WITHDRAWN,
    format_context,
    format_more,
    format_updated,
    quote_at,
)
from bot.discord.messages.replies import Reply, edit_reply, log_unsent, status_editor
from bot.discord.storage.questions import StoredTurn
from bot.discord.storage.server_settings import AnswerPolicy, ServerSettingsStore
from bot.discord.storage.votes import Vote

_PAGE_SIZE = 3
_UNKNOWN = "I no longer know what was asked here; please ask again."
_NO_MORE = "These are all the passages that were found."

_Interaction: TypeAlias = discord.Interaction[Any]


class ButtonHandlers:
    """One method per button.

    Args:
        in_flight: a context manager that the client waits for before it closes.
    """

    def __init__(
        self,
        service: AnswerService,
        settings: ServerSettingsStore,
        in_flight: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._service = service
        self._settings = settings
        self._in_flight = in_flight

    async def more(self, interaction: _Interaction, key: str, shown: int) -> None:
        async def respond(policy: AnswerPolicy) -> Reply:
            turn = await self._turn(key, interaction)
            if turn is None:
                return Reply(_UNKNOWN)
            locations = turn.locations[shown : shown + _PAGE_SIZE]
            if not locations:
                return Reply(_NO_MORE)
            articles = [
                await self._service.article(each.article, interaction.guild_id)
                for each in locations
            ]
            # An article may be megabytes long: what reads all of it runs in the worker thread.
            message = await self._service.run(
                lambda: format_more(turn.question, locations, articles, shown + 1, policy.within)
            )
            # A quote that fits into no message must not stop those after it.
            seen = shown + max(1, message.shown)
            return Reply(message.text, more_button(key, seen, len(turn.locations)))

        await self._respond(interaction, respond)

    async def context(
        self, interaction: _Interaction, key: str | None, number: int, quote: QuoteReference
    ) -> None:
        async def respond(policy: AnswerPolicy) -> Reply:
            article_key, start, end, sha256 = quote
            article = await self._service.article_with(article_key, interaction.guild_id)
            turn = await self._turn(key, interaction) if key else None
            buttons = (
                context_buttons(key, turn.locations[:_PAGE_SIZE], number) if key and turn else None
            )
            if article is None:
                return Reply(f"-# \\[{number}\\] {WITHDRAWN}", buttons)
            if not policy.within.admits(article.source, article.date):
                return Reply(f"-# \\[{number}\\] {NOT_VISIBLE}", buttons)

            def text() -> str:
                if not article.sha256.startswith(sha256):
                    return format_updated(article, number)
                return format_context(quote_at(article, start, end), number)

            return Reply(await self._service.run(text), buttons)

        await self._respond(interaction, respond)

    async def vote(self, interaction: _Interaction, key: str, *, right: bool) -> None:
        async def respond(policy: AnswerPolicy) -> Reply:
            turn = await self._turn(key, interaction)
            if turn is None or turn.question is None or interaction.message is None:
                return Reply(_UNKNOWN)
            vote = Vote(turn.question, turn.answer_passage, right)
            message, voter = interaction.message.id, interaction.user.id
            changed = await asyncio.to_thread(
                self._service.votes.record,
                vote, message=message, voter=voter, server=interaction.guild_id,
            )  # fmt: skip
            word = "right" if right else "wrong"
            if not changed:
                return Reply(f"You have called this answer {word} before; that stands.")
            return Reply(
                f"Noted: you call this answer {word}. Pressing the other button changes it."
            )

        await self._respond(interaction, respond)

    async def follow_up(self, interaction: _Interaction, key: str) -> None:
        if interaction.client.is_closed():
            return
        with self._in_flight(), log_unsent(interaction.channel_id):
            await interaction.response.send_modal(FollowUpForm(key))

    async def as_typed(self, interaction: _Interaction, key: str) -> None:
        """Ask a question again, without the conversation before it."""

        async def respond(policy: AnswerPolicy) -> Reply:
            turn = await self._turn(key, interaction)
            if turn is None or turn.question is None:
                return Reply(_UNKNOWN)
            throttle = self._service.throttle
            with throttle.trace("as typed", turn.question):
                if text := refusal(throttle, policy, interaction):
                    return Reply(text)
                under = interaction.message
                private = under is None or under.flags.ephemeral
                user = interaction.user.id
                return await answer_reply(
                    self._service,
                    turn.question,
                    QuestionOrigin(interaction.guild_id),
                    policy,
                    conversation=None if private else conversation_in(interaction.channel, user),
                    show_question=True,
                    show_status=status_editor(interaction),
                )

        await self._respond(interaction, respond)

    async def _turn(self, key: str, interaction: _Interaction) -> StoredTurn | None:
        return await asyncio.to_thread(self._service.questions.turn, key, interaction.guild_id)

    async def _respond(
        self, interaction: _Interaction, respond: Callable[[AnswerPolicy], Awaitable[Reply]]
    ) -> None:
        if interaction.client.is_closed():
            return  # nothing can be sent any more
        with self._in_flight(), log_unsent(interaction.channel_id):
            await interaction.response.defer(ephemeral=True, thinking=True)
            try:
                policy = policy_for_interaction(self._settings, interaction)
                reply = Reply(policy.refusal) if policy.refusal else await respond(policy)
            except Exception as error:
                reply = Reply(error_message(error))
            await edit_reply(interaction, reply)
