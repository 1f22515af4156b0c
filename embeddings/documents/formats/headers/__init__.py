"""The fields before a review's text, in every form that people write them: YAML, TOML, JSON, lines, Org."""
