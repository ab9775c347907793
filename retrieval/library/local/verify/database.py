"""Checks the database: what SQLite knows of itself, and what we know that it should hold.

Everything is read as a stream, in one snapshot, so that neither memory nor those who write are
the worse for it.
"""

import datetime
import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from retrieval.library.local.schema import UNSWEPT_FACT
from retrieval.library.local.transaction import passages_of
from retrieval.library.report import Report
from retrieval.models.encoder.base import is_unit_length

Progress = Callable[[str, int, int], None]

_BATCH = 8192  # vectors looked at together
_LINES = 100  # of SQLite's own findings


def bytes_as_they_are(raw: bytes) -> str:
    """Read text that may be damaged; what is no UTF-8 becomes surrogates, which nothing else is."""
    return raw.decode("utf-8", "surrogateescape")


def check_database(connection: sqlite3.Connection, report: Report) -> None:
    """Let SQLite check its pages, its indexes, and which row refers to which."""
    for (line,) in connection.execute(f"PRAGMA integrity_check({_LINES})"):
        if line != "ok":
            report.add("database", " ".join(str(line).split()))
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        report.add("passage", f"row {row} of {table} is of none of the {parent} that are there")


def check_generations(connection: sqlite3.Connection, report: Report) -> None:
    """Check that no row is of a commit that was not, and that no passage id can come again."""
    generation = generation_of(connection)
    if generation is None:
        report.add("generation", "the number of the last commit is missing")
        return
    for table in ("passages", "removed", "vectors"):
        wrong = connection.execute(
            f"SELECT count(*) FROM {table}"  # noqa: S608 - one of three constants
            " WHERE typeof(generation) <> 'integer' OR generation NOT BETWEEN 1 AND ?",
            (generation,),
        ).fetchone()[0]
        if wrong:
            line = f"{wrong:,} {table} of commits that were not (the last was {generation:,})"
            report.add("generation", line, wrong)
    both = connection.execute(
        "SELECT count(*) FROM removed JOIN passages ON passages.id = removed.passage"
    ).fetchone()[0]
    if both:
        report.add("generation", f"{both:,} passages are there and count as removed", both)
    used, last = connection.execute(
        "SELECT max(coalesce((SELECT max(id) FROM passages), 0),"
        " coalesce((SELECT max(passage) FROM removed), 0)),"
        " coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'passages'), 0)"
    ).fetchone()
    if used > last:
        report.add("generation", f"passage ids up to {used:,} were used, but {last:,} is noted")


def generation_of(connection: sqlite3.Connection) -> int | None:
    """The number of the last commit, or None where it is no number."""
    row = connection.execute("SELECT value FROM facts WHERE name = 'generation'").fetchone()
    return row[0] if row and isinstance(row[0], int) and row[0] >= 0 else None


def check_articles(connection: sqlite3.Connection, report: Report, progress: Progress) -> None:
    """Check each text against its hash, and its passages against what it splits into."""
    total = connection.execute("SELECT count(*) FROM articles").fetchone()[0]
    articles = connection.execute(
        "SELECT number, id, title, date, source, url, sha256, text FROM articles ORDER BY number"
    )
    rows = connection.execute(
        "SELECT article, id, paragraph, start, stop, digest FROM passages ORDER BY article, id"
    )
    groups = groupby(rows, key=itemgetter(0))
    group = next(groups, None)
    seen = passages = 0
    for number, *about, sha256, text in articles:
        while group and group[0] < number:  # of no article, which foreign_key_check tells
            group = next(groups, None)
        found: list[Any] = []
        if group and group[0] == number:
            found = list(group[1])
            group = next(groups, None)
        seen += 1
        passages += len(found)
        if trouble := _article_trouble(about, sha256, text):
            report.add("article", f"{_printable(about[0])}: {trouble}")
            report.damaged.add(number)
        elif trouble := _passage_trouble(str(about[1]), str(text), found):
            report.add("passage", f"article {about[0]}: {trouble}")
            report.to_split.add(number)
        progress("Checking texts", seen, total)
    report.checked["articles"], report.checked["passages"] = seen, passages


def _article_trouble(about: list[Any], sha256: object, text: object) -> str | None:
    article_id, title, date, source, url = about
    known = [value for value in (title, date, source, url, text) if value is not None]
    try:
        "\0".join(str(value) for value in (article_id, *known)).encode()
    except UnicodeEncodeError:
        return "what is stored of it is not text any more"
    if not article_id or not title:
        return "it has no id or no title"
    try:
        if date is not None:
            datetime.date.fromisoformat(date)
    except ValueError:
        return f"its date is {date!r}, which is none"
    if hashlib.sha256(str(text).encode()).hexdigest() != sha256:
        return "its text does not match its hash"
    return None


def _passage_trouble(title: str, text: str, found: list[Any]) -> str | None:
    wanted = passages_of(title, text)
    if [tuple(row[2:]) for row in found] == wanted:
        return None
    for _, number, _, start, stop, _ in found:
        if not (isinstance(start, int) and isinstance(stop, int) and 0 <= start < stop):
            return f"passage {number} is from {start} to {stop}, which is nothing"
        if stop > len(text):
            return f"passage {number} ends at {stop:,}, but the text at {len(text):,}"
    if [tuple(row[2:5]) for row in found] == [row[:3] for row in wanted]:
        return "a passage has the digest of other words"
    return f"its {len(found):,} passages are not the {len(wanted):,} that its text splits into"


def check_vectors(
    connection: sqlite3.Connection, report: Report, dimension: int | None, progress: Progress
) -> int | None:
    """Check that each vector is what an encoder makes.

    Args:
        dimension: of the encoder; None takes that of most vectors.

    Returns:
        The dimension; None where there is no vector to tell.
    """
    if dimension is None:
        most = connection.execute(
            "SELECT length(vector) FROM vectors GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
        ).fetchone()
        dimension = most[0] // 2 if most else None
    total = connection.execute("SELECT count(*) FROM vectors").fetchone()[0]
    rows = connection.execute("SELECT digest, vector FROM vectors")
    seen = 0
    while batch := rows.fetchmany(_BATCH):
        for digest, trouble in _vector_troubles(batch, dimension or 0):
            report.add("vector", f"{_whose(connection, digest)} {trouble}")
            report.to_encode.add(digest)
        seen += len(batch)
        progress("Checking vectors", seen, total)
    report.checked["vectors"] = seen
    return dimension


def _vector_troubles(batch: list[Any], dimension: int) -> Iterator[tuple[bytes, str]]:
    right = []
    for digest, vector in batch:
        if isinstance(vector, bytes) and len(vector) == 2 * dimension:
            right.append((digest, vector))
        else:
            yield digest, f"is not of {dimension:,} numbers"
    if right:
        joined = np.frombuffer(b"".join(vector for _, vector in right), dtype=np.float16)
        fine = is_unit_length(joined.reshape(len(right), dimension))
        for n in np.flatnonzero(~fine):
            yield right[n][0], "is not of length 1"


def _whose(connection: sqlite3.Connection, digest: object) -> str:
    row = connection.execute(
        "SELECT passages.id, articles.id FROM passages JOIN articles ON number = article"
        " WHERE digest = ? LIMIT 1",
        (digest,),
    ).fetchone()
    return f"that of passage {row[0]} of article {_printable(row[1])}" if row else "one of nothing"


def check_queue(connection: sqlite3.Connection, report: Report) -> None:
    """Check that each passage has a vector or waits for one, and that nothing else does."""
    for number, article in connection.execute(
        "SELECT passages.id, articles.id FROM passages JOIN articles ON number = article"
        " WHERE NOT EXISTS (SELECT 1 FROM vectors WHERE vectors.digest = passages.digest)"
        " AND NOT EXISTS (SELECT 1 FROM pending WHERE pending.digest = passages.digest)"
    ):
        line = f"passage {number} of article {_printable(article)} has no vector and waits for none"
        report.add("queue", line)
    done = connection.execute("SELECT count(*) FROM pending JOIN vectors USING (digest)").fetchone()
    if done[0]:
        report.add("queue", f"{done[0]:,} passages wait for a vector that they have", done[0])
    swept = not connection.execute("SELECT 1 FROM facts WHERE name = ?", (UNSWEPT_FACT,)).fetchone()
    for table, what in (("vectors", "vectors of nothing"), ("pending", "places in the queue")):
        orphans = connection.execute(
            f"SELECT count(*) FROM {table} WHERE NOT EXISTS"  # noqa: S608 - one of two constants
            f" (SELECT 1 FROM passages WHERE passages.digest = {table}.digest)"
        ).fetchone()[0]
        if orphans and swept:
            report.add("queue", f"{orphans:,} {what} that no passage needs", orphans)
        elif orphans:
            report.left_over.append(f"{orphans:,} {what} that no passage needs any more")
    waiting = connection.execute("SELECT count(*) FROM pending").fetchone()[0]
    report.checked["waiting"] = waiting


def _printable(value: object) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode()
