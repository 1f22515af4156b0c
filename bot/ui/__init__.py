"""Messages as values, and as discord.py's objects."""
