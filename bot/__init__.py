"""The face: the review-bot command and the Discord bot."""
