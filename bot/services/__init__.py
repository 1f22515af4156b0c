"""The state and the work of the running bot, without Discord."""
