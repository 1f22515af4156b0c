"""Offline retrieval testing."""
