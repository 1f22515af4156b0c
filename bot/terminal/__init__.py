"""The `review-bot` command's sub-commands that need no Discord."""
