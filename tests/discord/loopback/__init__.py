"""A Discord for tests: REST v10 and the gateway, on loopback, with Discord's rules."""
