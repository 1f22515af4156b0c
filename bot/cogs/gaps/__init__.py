"""Unanswered questions: `/gaps`."""
