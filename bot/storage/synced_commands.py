"""Store which commands Discord was given, by a digest for each scope, so that unchanged commands are not sent again."""

from __future__ import annotations

from bot.storage.database import Database

EVERYWHERE = "global"
"""The scope of commands for every server. A single server's scope is its id."""


def synced_digests(database: Database) -> dict[str, str]:
    """Return the digest of the commands that Discord was given last, for each scope."""
    with database.reading() as connection:
        return dict(connection.execute("SELECT scope, digest FROM synced ORDER BY scope").fetchall())


def save_synced_digest(database: Database, digest: str, scope: str = EVERYWHERE) -> None:
    """Store the digest of the commands that Discord was just given."""
    with database.writing() as connection:
        connection.execute(
            "INSERT INTO synced (scope, digest) VALUES (?, ?) "
            "ON CONFLICT (scope) DO UPDATE SET digest = excluded.digest",
            (scope, digest),
        )


def forget_synced_digest(database: Database, scope: str) -> None:
    """Store that Discord has no commands for a scope."""
    with database.writing() as connection:
        connection.execute("DELETE FROM synced WHERE scope = ?", (scope,))
