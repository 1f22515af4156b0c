"""What members can do in Discord: a folder for each command."""
