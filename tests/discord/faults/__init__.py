"""Every promise about faults, tried many times and counted: `python -m tests.discord.faults`."""
