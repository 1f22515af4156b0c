"""Discord on loopback, and what is tested against it."""
