"""Logs, metrics, health checks, and the trace of a question; never a text or an id."""
