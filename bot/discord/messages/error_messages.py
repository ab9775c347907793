"""What a user is told of an error, and what is logged of it."""

import logging
import traceback

from bot.discord.errors import RESTARTING, BusyError, RestartingError, UploadError
from bot.discord.messages.answer_message import format_error
from bot.discord.operations import traces
from retrieval.errors import QuestionError, QuothError

_log = logging.getLogger(__name__)


def error_message(error: Exception) -> str:
    """The line for the user; an error that they cannot act on is logged, with a reference."""
    if isinstance(error, RestartingError):
        traces.set_outcome("restarting")
        return RESTARTING
    if isinstance(error, QuestionError):
        traces.set_outcome("told to wait" if isinstance(error, BusyError) else "reason")
        return format_error(str(error))
    if isinstance(error, UploadError):
        return format_error(str(error))
    traces.set_outcome("failed")
    reference = traces.reference()
    if isinstance(error, QuothError):
        # Its message is for the operator: it names folders and commands of this machine.
        line = " ".join(str(error).split())
        _log.error("a question could not be answered (reference %s): %s", reference, line)
        return f"The articles cannot be read just now (reference {reference})."
    _log.error("a question failed (reference %s)\n%s", reference, _frames(error))
    return f"Something went wrong (reference {reference})."


def _frames(error: BaseException) -> str:
    """The traceback of an error and its causes, without messages, which may quote the question."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = _frames(cause) + "then\n" if cause is not None else ""
    return (
        f"{before}{''.join(traceback.format_tb(error.__traceback__))}{type(error).__qualname__}\n"
    )
