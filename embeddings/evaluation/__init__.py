"""Offline retrieval testing: question files, runs, measures, significance, calibration, report."""
