"""Logging, as text or JSON, with secrets redacted.

One handler on the root logger formats everything, also what discord.py, aiohttp and asyncio log.
The bot's token, interaction tokens and questions never appear. Network errors are one line; others
have a traceback without their messages, which may quote the question. ``QUOTH_LOG_QUESTIONS=1``
shows both.
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

_REDACTED = "[token]"
# Interaction tokens, in URLs and payloads: with one, anybody can respond as the bot for a while.
_INTERACTION_TOKEN = re.compile(
    r"(/(?:webhooks|interactions)/\d+/|[\"']token[\"']: ?[\"'])[^/\s?\"'&]+"
)
_SHORTEST = 6  # characters of a part of the token that is redacted by itself

# Errors whose messages are about the network or this machine, and quote no user.
_SAFE_ERRORS = (
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
    """Configure the root logger: level INFO, one handler.

    Args:
        as_json: one JSON object a record, instead of text.
        questions: show questions, and the messages of all errors.
        stream: standard error if not given.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    # On the handler: whatever a library's own logger is set to, its debug records of payloads
    # stay out.
    handler.setLevel(logging.INFO)
    handler.setFormatter((JsonFormatter if as_json else TextFormatter)(token, questions=questions))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # It warns at every start that voice is not supported, which the bot does not use.
    logging.getLogger("discord.client").addFilter(_is_not_about_voice)


def redactor(token: str) -> Callable[[str], str]:
    """A function that redacts a bot token, its parts, and interaction tokens in a text."""
    parts = {part for part in token.split(".") if len(part) >= _SHORTEST}
    secret = sorted({token, *parts} - {""}, key=len, reverse=True)
    secrets = re.compile("|".join(map(re.escape, secret)) if secret else r"(?!)")
    return lambda text: _INTERACTION_TOKEN.sub(rf"\1{_REDACTED}", secrets.sub(_REDACTED, text))


class TextFormatter(logging.Formatter):
    """One line a record, and the traceback below it."""

    def __init__(self, token: str, *, questions: bool) -> None:
        super().__init__()
        self._redact = redactor(token)
        self._questions = questions

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.datetime.fromtimestamp(record.created).strftime("%Y-%m-%d %H:%M:%S")
        fields = self.fields(record)
        trace = fields.pop("trace", None)
        about = "".join(f" {name}={self._shown(value)}" for name, value in fields.items())
        line = (
            f"{time} {record.levelname} {record.name}: {self.message(record)}{about}"
            f"{f' (reference {trace})' if trace else ''}"
        )
        return self._redact("\n".join([line, *(f"  {frame}" for frame in self.frames(record))]))

    def _shown(self, value: object) -> str:
        if isinstance(value, dict):  # of timings: "deferred 12, total 204"
            value = ", ".join(f"{key} {each}" for key, each in value.items())
        return f"({one_line(self._redact(str(value)))})"

    def message(self, record: logging.LogRecord) -> str:
        """The message on one line, with a network error at its end."""
        text = record.getMessage()
        if record.name == "asyncio" and not self._questions:
            # The lines after the first show the values that a task or an error holds.
            text = text.split("\n", 1)[0]
        error = _error(record)
        if isinstance(error, _SAFE_ERRORS) and not self.frames(record):
            text += f": {_error_text(error)}"
        return one_line(self._redact(text))

    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        """The trace's reference, and the record's own fields."""
        trace = traces.current()
        found: dict[str, object] = dict(getattr(record, "fields", {}))
        if not self._questions:
            found.pop(traces.QUESTION, None)
        return ({"trace": trace.reference} if trace else {}) | found

    def frames(self, record: logging.LogRecord) -> list[str]:
        """The frames of a traceback, the outermost first; none for a network error."""
        error = _error(record)
        if error is None or isinstance(error, _SAFE_ERRORS):
            return []
        return [*map(self._redact, self._traceback_lines(error))]

    def _traceback_lines(self, error: BaseException) -> Iterator[str]:
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is not None:
            yield from self._traceback_lines(cause)
            yield "then"
        for frame in traceback.extract_tb(error.__traceback__):
            yield f"{frame.filename}:{frame.lineno} in {frame.name}"
        shown = self._questions or isinstance(error, _SAFE_ERRORS)
        yield one_line(_error_text(error)) if shown else type(error).__qualname__


class JsonFormatter(TextFormatter):
    """One JSON object a record."""

    def format(self, record: logging.LogRecord) -> str:
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
        return json.dumps(_redacted(values, self._redact))


def _redacted(value: object, redact: Callable[[str], str]) -> object:
    """The value with every string in it redacted, before JSON escapes it."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(str(key)): _redacted(each, redact) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(each, redact) for each in value]
    return value if isinstance(value, int | float | None) else redact(str(value))


def _error(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _error_text(error: BaseException) -> str:
    return f"{type(error).__qualname__}: {error}" if str(error) else type(error).__qualname__


def _is_not_about_voice(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR or "voice" not in record.getMessage().lower()
