"""What members can do, by feature; thin: each only brings what was typed or pressed to `bot.asking`."""
