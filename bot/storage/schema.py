"""The database's schema, as the migrations from each version to the next."""

from __future__ import annotations

import re
import sqlite3

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE servers (
            server INTEGER PRIMARY KEY,
            private_answers INTEGER NOT NULL CHECK (private_answers IN (0, 1)),
            hide_spoilers INTEGER NOT NULL CHECK (hide_spoilers IN (0, 1)),
            default_review TEXT
        ) STRICT
        """,
        """
        CREATE TABLE mention_channels (
            server INTEGER NOT NULL REFERENCES servers (server) ON DELETE CASCADE,
            channel INTEGER NOT NULL,
            PRIMARY KEY (server, channel)
        ) STRICT, WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE synced (
            scope TEXT PRIMARY KEY,
            digest TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE verdicts (
            answer INTEGER NOT NULL,
            member INTEGER NOT NULL,
            helpful INTEGER NOT NULL CHECK (helpful IN (0, 1)),
            PRIMARY KEY (answer, member)
        ) STRICT, WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE counted_verdicts (
            answer INTEGER PRIMARY KEY,
            server INTEGER,
            helpful INTEGER NOT NULL CHECK (helpful >= 0),
            not_helpful INTEGER NOT NULL CHECK (not_helpful >= 0)
        ) STRICT
        """,
        """
        INSERT INTO counted_verdicts
        SELECT answer, NULL, sum(helpful), count(*) - sum(helpful) FROM verdicts GROUP BY answer
        """,
        "DROP TABLE verdicts",
        "ALTER TABLE counted_verdicts RENAME TO verdicts",
        "ALTER TABLE servers ADD COLUMN keep_questions INTEGER NOT NULL DEFAULT 0 CHECK (keep_questions IN (0, 1))",
        """
        CREATE TABLE questions (
            number INTEGER PRIMARY KEY,
            server INTEGER NOT NULL,
            member INTEGER NOT NULL,
            day TEXT NOT NULL,
            question TEXT NOT NULL,
            state TEXT NOT NULL,
            confidence REAL NOT NULL,
            review TEXT,
            collections TEXT NOT NULL,
            after INTEGER REFERENCES questions (number) ON DELETE SET NULL
        ) STRICT
        """,
        "CREATE INDEX questions_after ON questions (after)",
        """
        CREATE TABLE departures (
            server INTEGER PRIMARY KEY,
            noticed INTEGER NOT NULL
        ) STRICT
        """,
    ),
    # `clean_questions`.
    (),
)
"""The statements from each version to the next. Never change an entry: add one."""

CLEAN = 5
"""The version from which on no question holds the id of another member."""

_ID = re.compile(r"<(?:@[!&]?|#|a?:\w*:)\d+>|(?<!\d)\d{17,20}(?!\d)")


def clean_questions(connection: sqlite3.Connection) -> None:
    """Take the ids out of the questions of versions before `CLEAN`. A question of nothing else is deleted."""
    for number, question in connection.execute("SELECT number, question FROM questions").fetchall():
        cleaned = " ".join(_ID.sub(" ", question).split())
        connection.execute("UPDATE questions SET question = ? WHERE number = ?", (cleaned, number))
    connection.execute("DELETE FROM questions WHERE question = ''")


VERSION = len(MIGRATIONS)
"""The version that this program reads and writes. The database has it in `user_version`."""
