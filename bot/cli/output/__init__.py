"""Everything that the command prints: for people, for pipes and as JSON."""
