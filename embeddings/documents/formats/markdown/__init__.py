"""Markdown with what site generators, note programs and people add to it."""
