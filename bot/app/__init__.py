"""Connect to Discord: the client, its life from start to SIGTERM, the registration of commands, the invite link."""
