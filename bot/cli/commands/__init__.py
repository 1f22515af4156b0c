"""The sub-commands of `review-bot`, a file for each."""
