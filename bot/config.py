"""Every number of the bot that somebody might tune, package by package.

To add one, write `NAME: type = value` under its package's heading. The docstring says what the number does, its unit,
and the reason for its value. Modules import the constant by name. `bot.settings` holds what an operator changes by
environment variables. Limits of Discord's API stay in `bot.ui.elements`, and names and formats of files where they are
used.
"""

from __future__ import annotations

# Storage: the database and its backups.

MAX_DAYS: int = 36_500
"""The most days that anything may be stored: a hundred years, so that every date stays valid."""
