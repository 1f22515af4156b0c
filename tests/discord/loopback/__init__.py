"""A Discord for tests, on this machine: REST v10 and the gateway, with Discord's rules. See README.md."""
