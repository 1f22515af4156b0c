"""What a member sees: the bot's messages as pages that look like Discord, and pictures of them."""
