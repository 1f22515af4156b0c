"""The SQLite database, and its backups."""
