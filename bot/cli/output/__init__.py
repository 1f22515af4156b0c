"""What the command prints: for people, for pipes, as JSON."""
