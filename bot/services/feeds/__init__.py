"""Feeds of reviews: fetched from public addresses only, and stored as review files."""
