"""The Discord bot: ``/ask``, a mention or a direct message is a question, and gets an answer.

It reads no messages but those that mention it or come to it directly, and so needs none of
Discord's privileged intents. Logs name neither the token nor what was asked.
"""

import asyncio
import logging
import re
import secrets
import signal
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import cast

import aiohttp
import discord
from discord import app_commands

from bot.discord_format import format_answer, format_reason
from retrieval.answer import Answer
from retrieval.errors import QuestionError, QuothError
from retrieval.question import MAX_QUESTION

_log = logging.getLogger(__name__)

_HOW_TO_ASK = "Ask me a question: mention me with it, or use `/ask`."
_MENTION_ME = "I cannot read what mentions my role: mention me, the bot, instead, or use `/ask`."
_RESTARTING = "I am restarting; please ask again in a moment."

# Together less than the ten seconds after which Docker kills what it has told to stop.
_SECONDS_TO_FINISH = 5.0
_SECONDS_TO_TELL = 3.0

# What sending can raise: Discord refuses, or cannot be reached.
_SENDING_ERRORS = (discord.DiscordException, aiohttp.ClientError, OSError)


class BotError(QuothError):
    """The bot cannot log in, or Discord cannot be reached."""


class QuothClient(discord.Client):
    """Answers questions in Discord.

    Args:
        ask: answers one question, or raises a ``QuestionError`` whose line the person is shown;
            of other errors they are told a reference to the log. It may take its time: it is
            called in a thread of its own, one call at a time.
    """

    def __init__(self, ask: Callable[[str], Answer]) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
        )
        self._ask = ask
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ask")
        self._answering: set[asyncio.Task[object]] = set()
        self._asked: set[asyncio.Future[Answer]] = set()
        self._leaving = False
        self.tree = app_commands.CommandTree(self)

        @self.tree.command(name="ask", description="Ask the articles; they answer in quotes.")
        @app_commands.describe(question="What you want to know")
        async def ask_command(
            interaction: discord.Interaction, question: app_commands.Range[str, 1, MAX_QUESTION]
        ) -> None:
            if self.is_closed():
                return  # nothing can be sent any more
            with self._finishing():
                await self._answer_command(interaction, question)

    async def setup_hook(self) -> None:
        """Tell Discord which commands there are."""
        await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        """Answer a message that mentions the bot, or comes to it directly."""
        if message.author.bot or message.webhook_id is not None or message.is_system():
            return
        if self.user is None or self.is_closed():  # closed: nothing can be sent any more
            return
        # A reply to the bot mentions it by itself, unless the person switches that off. With a
        # text in it such a reply is a question, like any other mention.
        mentioned = message.guild is None or self.user in message.mentions
        # Discord offers the bot's managed role beside the bot, under the same name.
        role = message.guild.self_role if message.guild is not None else None
        role_mentioned = role is not None and role in message.role_mentions
        if not (mentioned or role_mentioned):
            return
        own = rf"<@!?{self.user.id}>" + (rf"|<@&{role.id}>" if role is not None else "")
        question = re.sub(own, " ", message.content).strip()
        # Without the message content intent, Discord may keep back what mentions just the role.
        withheld = role_mentioned and not message.content
        with self._finishing():
            await self._answer_message(message, question, _MENTION_ME if withheld else _HOW_TO_ASK)

    async def close(self) -> None:
        """Finish the answers being worked on, for some seconds, and leave.

        Whoever still waits then is told to ask again.
        """
        self._leaving = True
        try:
            await self._wait_for_answers(_SECONDS_TO_FINISH)
            for answer in self._asked:
                answer.cancel()
            await self._wait_for_answers(_SECONDS_TO_TELL)
        finally:
            # What is still being sent now would fail with an error once the session is closed.
            while unsent := self._answering.copy():
                _log.warning("answers left unsent: %d", len(unsent))
                for task in unsent:
                    task.cancel()
                await asyncio.wait(unsent)
            await super().close()
            await asyncio.to_thread(self._worker.shutdown, cancel_futures=True)

    async def _wait_for_answers(self, seconds: float) -> None:
        if self._answering:
            await asyncio.wait(self._answering, timeout=seconds)

    async def _answer_command(self, interaction: discord.Interaction, question: str) -> None:
        try:
            # Discord waits three seconds for a first sign, and then a quarter of an hour.
            await interaction.response.defer()
            text = await self._text_for(question, show_question=True)
            await interaction.edit_original_response(content=text)
        except _SENDING_ERRORS as error:
            _log_unsent(interaction.channel_id, error)

    async def _answer_message(
        self, message: discord.Message, question: str, when_empty: str
    ) -> None:
        async with AsyncExitStack() as stack:
            with suppress(*_SENDING_ERRORS):  # the answer matters, the typing sign does not
                await stack.enter_async_context(message.channel.typing())
            text = await self._text_for(question) if question else when_empty
        try:
            try:
                await message.reply(text, mention_author=False)
            except discord.HTTPException:
                # The question was deleted, or the bot may write here but not read what came
                # before: then the answer is a message on its own.
                await message.channel.send(text)
        except _SENDING_ERRORS as error:
            _log_unsent(message.channel.id, error)

    async def _text_for(self, question: str, *, show_question: bool = False) -> str:
        """What the person is shown: the answer, or the reason why there is none."""
        if self._leaving:
            return _RESTARTING
        try:
            answer = await self._ask_in_turn(question)
            if answer is None:
                return _RESTARTING
            return format_answer(answer, show_question=show_question)
        except QuestionError as error:
            return format_reason(str(error))
        except QuothError as error:
            # Its line is for whoever runs the bot: it names folders and commands of this machine.
            reference = secrets.token_hex(4)
            line = " ".join(str(error).split())
            _log.error("a question could not be answered (reference %s): %s", reference, line)
            return f"The articles cannot be read just now (reference {reference})."
        except Exception as error:
            reference = secrets.token_hex(4)
            _log.error("a question failed (reference %s)\n%s", reference, _frames(error))
            return f"Something went wrong (reference {reference})."

    async def _ask_in_turn(self, question: str) -> Answer | None:
        """The answer, or None if the bot leaves before there is one."""
        loop = asyncio.get_running_loop()
        answer = loop.run_in_executor(self._worker, self._ask, question)
        self._asked.add(answer)
        try:
            # Unlike awaiting it, this tells a question that close cancels from a cancelled task.
            await asyncio.wait({answer})
        finally:
            self._asked.discard(answer)
            answer.cancel()
        return None if answer.cancelled() else answer.result()

    @contextmanager
    def _finishing(self) -> Iterator[None]:
        """Let ``close`` wait for what happens within."""
        task = cast(asyncio.Task[object], asyncio.current_task())
        self._answering.add(task)
        try:
            yield
        finally:
            self._answering.discard(task)


def run(token: str, ask: Callable[[str], Answer]) -> None:
    """Run the bot until it is told to stop (SIGINT or SIGTERM).

    Args:
        token: the bot's token, as Discord's developer portal shows it.
        ask: answers one question; see ``QuothClient``.

    Raises:
        BotError: Discord refused the token, or cannot be reached.
    """
    try:
        asyncio.run(_serve(token, ask))
    except discord.HTTPException as error:
        raise BotError(f"Discord answered with status {error.status}; try again later") from error
    except discord.DiscordException as error:
        raise BotError(f"Discord ended the connection: {type(error).__name__}") from error
    except (aiohttp.ClientError, OSError) as error:
        raise BotError("Discord cannot be reached; check the network") from error


async def _serve(token: str, ask: Callable[[str], Answer]) -> None:
    serving = cast(asyncio.Task[None], asyncio.current_task())
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows has no such handlers; Ctrl-C works there
            asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    with suppress(asyncio.CancelledError):
        async with QuothClient(ask) as client:
            try:
                await client.login(token)
            except (discord.LoginFailure, ValueError):  # ValueError: no header can carry it
                raise BotError(
                    "Discord refused the bot's token; set DISCORD_TOKEN to the one that the "
                    "developer portal shows"
                ) from None
            await client.connect()


def _log_unsent(channel_id: int | None, error: Exception) -> None:
    # Only what Discord says: other messages may quote what was to be sent.
    why = str(error) if isinstance(error, discord.HTTPException) else type(error).__name__
    _log.warning("an answer could not be sent to channel %s: %s", channel_id, " ".join(why.split()))


def _frames(error: BaseException) -> str:
    """Where an error came from, without its message, which may quote the question."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = _frames(cause) + "then\n" if cause is not None else ""
    return (
        f"{before}{''.join(traceback.format_tb(error.__traceback__))}{type(error).__qualname__}\n"
    )
