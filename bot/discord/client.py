"""The client: what Discord tells the bot, and who attends to it.

It reads no messages but those that mention it or come to it directly, and so needs none of
Discord's privileged intents. Logs name neither the token nor what was asked.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import discord
from discord import app_commands

from bot.discord.asking import ask_command
from bot.discord.asking.access import terms_of_interaction
from bot.discord.asking.answer_service import Desk
from bot.discord.buttons.handlers import Pressing, asked_by_form
from bot.discord.managing.base import tell_error
from bot.discord.managing.setup_command import Setup
from bot.discord.messages import components
from bot.discord.messages.replies import tell_expired
from bot.discord.storage.server_settings import Servers
from bot.discord.uploads.article_service import ArticleService
from bot.discord.uploads.articles_command import ArticlesCommand
from bot.discord.uploads.undo_button import UndoRemovalButton
from retrieval.answering.question import MAX_QUESTION

_log = logging.getLogger(__name__)

# Together less than the ten seconds after which Docker kills what it has told to stop.
_SECONDS_TO_FINISH = 5.0
_SECONDS_TO_TELL = 3.0


class QuothClient(discord.AutoShardedClient):
    """Answers questions in Discord.

    Args:
        desk: where they are asked; it is closed with the client.
        servers: what each server has settled.
        article_service: which looks after the articles; it is closed with the client.
    """

    def __init__(self, desk: Desk, servers: Servers, article_service: ArticleService) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
        )
        self.desk = desk
        self.servers = servers
        self.article_service = article_service
        self.pressing = Pressing(desk, servers, self.finishing)
        self._answering: set[asyncio.Task[object]] = set()
        self.tree = app_commands.CommandTree(self)
        self.tree.error(_tell_error)
        self.tree.add_command(ArticlesCommand(article_service))
        self.tree.add_command(Setup(servers, article_service.sources))

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
            with self.finishing():
                await ask_command.answer_command(
                    self.desk,
                    terms_of_interaction(servers, interaction),
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
            with self.finishing():
                terms = terms_of_interaction(servers, interaction)
                await ask_command.find_source(self.desk, terms, interaction, message)

    async def setup_hook(self) -> None:
        """Tell Discord which commands there are, and know the buttons of old messages."""
        self.add_dynamic_items(*components.ALL, UndoRemovalButton)
        await self.tree.sync()
        self._bringing_in = asyncio.create_task(self._bring_in())

    async def on_message(self, message: discord.Message) -> None:
        """Answer a message that mentions the bot, or comes to it directly."""
        if message.author.bot or message.webhook_id is not None or message.is_system():
            return
        if self.user is None or self.is_closed():  # closed: nothing can be sent any more
            return
        with self.finishing():
            await ask_command.answer_message(self.desk, self.servers, message, self.user)

    async def on_interaction(self, interaction: discord.Interaction["QuothClient"]) -> None:
        """Answer a question that was sent by a form, and tell of others that have expired."""
        sent = asked_by_form(interaction)
        if self.is_closed():
            return
        if sent is None:
            await tell_expired(interaction)
            return
        with self.finishing():
            terms = terms_of_interaction(self.servers, interaction)
            await ask_command.answer_form(self.desk, terms, interaction, *sent)

    async def _suggest_sources(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        terms = terms_of_interaction(self.servers, interaction)
        return await ask_command.suggest_sources(self.article_service.sources, terms, typed)

    async def close(self) -> None:
        """Finish the answers being worked on, for some seconds, and leave.

        Whoever still waits then is told to ask again.
        """
        self.desk.leave()
        self.article_service.close()
        try:
            await self._wait_for_answers(_SECONDS_TO_FINISH)
            self.desk.give_up()
            await self._wait_for_answers(_SECONDS_TO_TELL)
        finally:
            # What is still being sent now would fail with an error once the session is closed.
            while unsent := self._answering.copy():
                _log.warning("answers left unsent: %d", len(unsent))
                for task in unsent:
                    task.cancel()
                await asyncio.wait(unsent)
            await super().close()
            await self.desk.close()

    async def _bring_in(self) -> None:
        """Index what servers added and was not indexed before the bot stopped."""
        try:
            await self.article_service.start_syncing()
        except Exception as error:  # /articles status shows what waits
            _log.warning("what servers added waits to be indexed: %s", " ".join(str(error).split()))

    async def _wait_for_answers(self, seconds: float) -> None:
        if self._answering:
            await asyncio.wait(self._answering, timeout=seconds)

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """Let ``close`` wait for what happens within."""
        task = cast(asyncio.Task[object], asyncio.current_task())
        self._answering.add(task)
        try:
            yield
        finally:
            self._answering.discard(task)


async def _tell_error(
    interaction: discord.Interaction[discord.Client], error: app_commands.AppCommandError
) -> None:
    """Tell what went wrong in a command, unless its group has told that itself."""
    command = interaction.command
    if isinstance(command, app_commands.Command) and command.parent is not None:
        return
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    await tell_error(interaction, cause)
