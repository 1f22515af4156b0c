"""A test double of Discord: REST v10 and the gateway, on loopback, with Discord's rules."""
