"""What the bot logs: readable or JSON, through one handler that nothing gets round.

Neither the bot's token, nor the tokens with which Discord lets a command be answered, nor what was
asked is ever in it, whoever logs: discord.py, aiohttp and asyncio log through it too. Errors that
come of the network are one line; others show where in the program they arose, but not their words,
which may quote the question. ``QUOTH_LOG_QUESTIONS=1`` shows both.
"""

import datetime
import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import TextIO

import aiohttp
import discord
from discord.gateway import ReconnectWebSocket

from bot.discord.operations import traces
from bot.terminal_text import one_line
from retrieval.errors import QuothError

_HIDDEN = "[token]"
# In addresses, and in what Discord sends: each lets whoever has it speak as the bot for a while.
_INTERACTION_TOKEN = re.compile(
    r"(/(?:webhooks|interactions)/\d+/|[\"']token[\"']: ?[\"'])[^/\s?\"'&]+"
)
_SHORTEST = 6  # characters of a part of a token that are hidden by themselves

# Errors whose words name what is wrong between here and Discord, or on this machine, and nothing
# that a person wrote.
_HARMLESS = (
    OSError,
    aiohttp.ClientError,
    discord.ConnectionClosed,
    discord.GatewayNotFound,
    discord.HTTPException,
    ReconnectWebSocket,
    QuothError,
)


def set_up(
    token: str, *, as_json: bool = False, questions: bool = False, stream: TextIO | None = None
) -> None:
    """Log all that is told as information or worse, and nothing else.

    Args:
        token: the bot's, which is kept out.
        as_json: one JSON object a record, instead of a line for people.
        questions: show what was asked, and the words of every error.
        stream: where to; standard error if not given.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    # On the handler: whatever a library's own logger is set to, its talk of what it sent and
    # received stays out.
    handler.setLevel(logging.INFO)
    handler.setFormatter((Json if as_json else Readable)(token, questions=questions))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # It warns at every start that it cannot speak: the bot never does.
    logging.getLogger("discord.client").addFilter(_is_not_about_voice)


def hider(token: str) -> Callable[[str], str]:
    """What takes a token, its parts, and Discord's own tokens out of a text."""
    parts = {part for part in token.split(".") if len(part) >= _SHORTEST}
    secret = sorted({token, *parts} - {""}, key=len, reverse=True)
    secrets = re.compile("|".join(map(re.escape, secret)) if secret else r"(?!)")
    return lambda text: _INTERACTION_TOKEN.sub(rf"\1{_HIDDEN}", secrets.sub(_HIDDEN, text))


class Readable(logging.Formatter):
    """One line a record; where an error arose follows it."""

    def __init__(self, token: str, *, questions: bool) -> None:
        super().__init__()
        self._hide = hider(token)
        self._questions = questions

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line, and perhaps lines of where it arose."""
        time = datetime.datetime.fromtimestamp(record.created).strftime("%Y-%m-%d %H:%M:%S")
        fields = self.fields(record)
        trace = fields.pop("trace", None)
        about = "".join(f" {name}={self._shown(value)}" for name, value in fields.items())
        line = (
            f"{time} {record.levelname} {record.name}: {self.message(record)}{about}"
            f"{f' (reference {trace})' if trace else ''}"
        )
        return self._hide("\n".join([line, *(f"  {frame}" for frame in self.frames(record))]))

    def _shown(self, value: object) -> str:
        if isinstance(value, dict):  # of timings: "deferred 12, total 204"
            value = ", ".join(f"{key} {each}" for key, each in value.items())
        return f"({one_line(self._hide(str(value)))})"

    def message(self, record: logging.LogRecord) -> str:
        """What it says, on one line; an error that is one line stands at its end."""
        said = record.getMessage()
        if record.name == "asyncio" and not self._questions:
            # The lines after the first show the values that a task or an error holds.
            said = said.split("\n", 1)[0]
        error = _error(record)
        if isinstance(error, _HARMLESS) and not self.frames(record):
            said += f": {_words(error)}"
        return one_line(self._hide(said))

    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        """What else it is about: the trace number, and what the one who logs it added."""
        trace = traces.current()
        found: dict[str, object] = dict(getattr(record, "fields", {}))
        if not self._questions:
            found.pop(traces.QUESTION, None)
        return ({"trace": trace.number} if trace else {}) | found

    def frames(self, record: logging.LogRecord) -> list[str]:
        """Where an error arose, the outermost first; nothing for what the network brings."""
        error = _error(record)
        if error is None or isinstance(error, _HARMLESS):
            return []
        return [*map(self._hide, self._arose(error))]

    def _arose(self, error: BaseException) -> Iterator[str]:
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is not None:
            yield from self._arose(cause)
            yield "then"
        for frame in traceback.extract_tb(error.__traceback__):
            yield f"{frame.filename}:{frame.lineno} in {frame.name}"
        told = self._questions or isinstance(error, _HARMLESS)
        yield one_line(_words(error)) if told else type(error).__qualname__


class Json(Readable):
    """One JSON object a record."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as an object of one line."""
        time = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        values: dict[str, object] = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.message(record),
            **self.fields(record),
        }
        if frames := self.frames(record):
            values["error"] = frames
        return json.dumps(_hidden(values, self._hide))


def _hidden(value: object, hide: Callable[[str], str]) -> object:
    """The same value with every text in it hidden where need be, before JSON escapes it."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return {hide(str(key)): _hidden(each, hide) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(each, hide) for each in value]
    return value if isinstance(value, int | float | None) else hide(str(value))


def _error(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _words(error: BaseException) -> str:
    return f"{type(error).__qualname__}: {error}" if str(error) else type(error).__qualname__


def _is_not_about_voice(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR or "voice" not in record.getMessage().lower()
