"""Errors that a person in Discord is told of; ``messages.error_messages`` writes their lines."""

from retrieval.errors import QuestionError, QuothError

RESTARTING = "I am restarting; please ask again in a moment."


class BusyError(QuestionError):
    """The queue of questions is full."""


class RestartingError(QuothError):
    """The bot shuts down before it got to this."""

    def __init__(self) -> None:
        super().__init__(RESTARTING)


class UploadError(QuothError):
    """What was sent cannot be added; the message is for the person who sent it."""
