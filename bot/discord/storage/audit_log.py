"""Who changed what in a server, and when."""

import sqlite3
import time
from dataclasses import dataclass

from bot.discord.storage.database import Store

OPERATOR = 0
"""Stands for whoever runs the bot, and did it on the command line."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change.

    Attributes:
        user: the id of who made it, or ``OPERATOR``.
        at: when, in seconds since 1970.
        action: what was done, in the past tense; text from anywhere may be in it.
    """

    user: int
    at: int
    action: str


def record(connection: sqlite3.Connection, server: int, user: int, action: str) -> None:
    """Write a change down, in the same commit as the change."""
    connection.execute(
        "INSERT INTO audit (server, person, at, what) VALUES (?, ?, ?, ?)",
        (server, user, int(time.time()), action),
    )


def latest(store: Store, server: int, limit: int) -> list[AuditEntry]:
    """The latest changes in a server, the newest first.

    Args:
        store: where they are.
        server: whose; of others nothing is read.
        limit: how many at most.
    """
    with store.read() as connection:
        rows = connection.execute(
            "SELECT person, at, what FROM audit WHERE server = ? ORDER BY number DESC LIMIT ?",
            (server, limit),
        )
        return [AuditEntry(*row) for row in rows]
