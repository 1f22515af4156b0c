"""The results of an evaluation as a page and as JSON."""
