"""The sub-commands of `review-bot`."""
