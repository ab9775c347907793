"""The client: registers the commands and the persistent buttons, and dispatches Discord's events.

It reads no messages but mentions and direct messages, and so needs no privileged intents. Logs
contain neither the token nor questions.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import discord
from discord import app_commands

from bot.discord.asking import ask_command
from bot.discord.asking.answer_service import AnswerService
from bot.discord.asking.mentions import answer_message
from bot.discord.asking.refusals import policy_for_interaction
from bot.discord.buttons.follow_up_form import answer_follow_up, submitted_follow_up
from bot.discord.buttons.handlers import ButtonHandlers
from bot.discord.managing.base import send_error
from bot.discord.managing.setup_command import SetupCommand
from bot.discord.messages.answer_buttons import PERSISTENT_BUTTONS
from bot.discord.messages.replies import tell_expired
from bot.discord.storage.server_settings import ServerSettingsStore
from bot.discord.uploads.article_service import ArticleService
from bot.discord.uploads.articles_command import ArticlesCommand
from bot.discord.uploads.undo_button import UndoRemovalButton
from retrieval.answering.question import MAX_QUESTION

_log = logging.getLogger(__name__)

# Together less than the ten seconds between Docker's SIGTERM and SIGKILL.
_SECONDS_TO_FINISH = 5.0
_SECONDS_TO_NOTIFY = 3.0


class QuothClient(discord.AutoShardedClient):
    """Answers questions in Discord; the two services are closed with the client."""

    def __init__(
        self,
        answer_service: AnswerService,
        server_settings: ServerSettingsStore,
        article_service: ArticleService,
    ) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
        )
        self.answer_service = answer_service
        self.server_settings = server_settings
        self.article_service = article_service
        self.button_handlers = ButtonHandlers(answer_service, server_settings, self.in_flight)
        self._in_flight: set[asyncio.Task[object]] = set()
        self.tree = app_commands.CommandTree(self)
        self.tree.error(_send_error)
        self.tree.add_command(ArticlesCommand(article_service))
        self.tree.add_command(SetupCommand(server_settings, article_service.sources))

        @self.tree.command(name="ask", description="Ask the articles; they answer in quotes.")
        @app_commands.describe(
            question="What you want to know",
            since="Only articles of this day or later: 2022-03-29, 2022-03 or 2022",
            until="Only articles of this day or earlier",
            source="Only articles of this source",
            private="Only you see the answer",
        )
        @app_commands.autocomplete(source=self._suggest_sources)
        async def ask(
            interaction: discord.Interaction,
            question: app_commands.Range[str, 1, MAX_QUESTION],
            since: str | None = None,
            until: str | None = None,
            source: str | None = None,
            private: bool = False,
        ) -> None:
            if self.is_closed():
                return  # nothing can be sent any more
            with self.in_flight():
                await ask_command.answer_command(
                    self.answer_service,
                    policy_for_interaction(server_settings, interaction),
                    interaction,
                    question,
                    since,
                    until,
                    source,
                    private,
                )

        @self.tree.context_menu(name="Find the source")
        async def find_source(interaction: discord.Interaction, message: discord.Message) -> None:
            if self.is_closed():
                return
            with self.in_flight():
                policy = policy_for_interaction(server_settings, interaction)
                await ask_command.find_source(self.answer_service, policy, interaction, message)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(*PERSISTENT_BUTTONS, UndoRemovalButton)
        await self.tree.sync()
        self._sync_task = asyncio.create_task(self._sync_uploads())

    async def on_message(self, message: discord.Message) -> None:
        if message.author.bot or message.webhook_id is not None or message.is_system():
            return
        if self.user is None or self.is_closed():  # closed: nothing can be sent any more
            return
        with self.in_flight():
            await answer_message(self.answer_service, self.server_settings, message, self.user)

    async def on_interaction(self, interaction: discord.Interaction["QuothClient"]) -> None:
        """Answer a submitted follow-up form, and tell who uses an expired component."""
        follow_up = submitted_follow_up(interaction)
        if self.is_closed():
            return
        if follow_up is None:
            await tell_expired(interaction)
            return
        with self.in_flight():
            policy = policy_for_interaction(self.server_settings, interaction)
            await answer_follow_up(self.answer_service, policy, interaction, *follow_up)

    async def _suggest_sources(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        policy = policy_for_interaction(self.server_settings, interaction)
        return await ask_command.suggest_sources(self.article_service.sources, policy, typed)

    async def close(self) -> None:
        """Shut down gracefully: finish answers for some seconds, tell those who still wait."""
        self.answer_service.stop_accepting()
        self.article_service.close()
        try:
            await self._wait_for_in_flight(_SECONDS_TO_FINISH)
            self.answer_service.cancel_pending()
            await self._wait_for_in_flight(_SECONDS_TO_NOTIFY)
        finally:
            # What is still being sent would raise once the session is closed.
            while unsent := self._in_flight.copy():
                _log.warning("answers left unsent: %d", len(unsent))
                for task in unsent:
                    task.cancel()
                await asyncio.wait(unsent)
            await super().close()
            await self.answer_service.close()

    async def _sync_uploads(self) -> None:
        """Index uploads that were not indexed before the bot stopped."""
        try:
            await self.article_service.start_syncing()
        except Exception as error:  # /articles status shows what is pending
            _log.warning("what servers added waits to be indexed: %s", " ".join(str(error).split()))

    async def _wait_for_in_flight(self, seconds: float) -> None:
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=seconds)

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Have ``close`` wait for the block."""
        task = cast(asyncio.Task[object], asyncio.current_task())
        self._in_flight.add(task)
        try:
            yield
        finally:
            self._in_flight.discard(task)


async def _send_error(
    interaction: discord.Interaction[discord.Client], error: app_commands.AppCommandError
) -> None:
    """Send the line for an error in a command, unless its group handles errors itself."""
    command = interaction.command
    if isinstance(command, app_commands.Command) and command.parent is not None:
        return
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    await send_error(interaction, cause)
