"""The `review-bot` command and the Discord bot."""

__version__ = "0.1.0"
