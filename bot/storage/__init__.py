"""The SQLite database, and its backups."""

LARGEST_ID = 2**63 - 1
"""The largest id that SQLite stores. Discord's ids have 64 bits and won't need the last one before 2084."""
