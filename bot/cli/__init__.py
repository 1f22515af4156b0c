"""The `review-bot` command."""
