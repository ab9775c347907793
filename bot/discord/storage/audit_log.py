"""The audit log: who changed what in a server, and when."""

import sqlite3
import time
from dataclasses import dataclass

from bot.discord.storage.database import Store

OPERATOR = 0
"""The user id of changes made on the command line."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change.

    Attributes:
        user: the user's id, or ``OPERATOR``.
        at: Unix time in seconds.
        action: what was done, in the past tense; it may contain untrusted text.
    """

    user: int
    at: int
    action: str


def record(connection: sqlite3.Connection, server: int, user: int, action: str) -> None:
    """Insert an entry, in the same transaction as the change."""
    connection.execute(
        "INSERT INTO audit (server, person, at, what) VALUES (?, ?, ?, ?)",
        (server, user, int(time.time()), action),
    )


def latest(store: Store, server: int, limit: int) -> list[AuditEntry]:
    """The latest changes in a server, the newest first."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT person, at, what FROM audit WHERE server = ? ORDER BY number DESC LIMIT ?",
            (server, limit),
        )
        return [AuditEntry(*row) for row in rows]
