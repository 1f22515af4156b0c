"""What a member sees: the bot's outgoing messages as pages in Discord's likeness, and their pictures."""
