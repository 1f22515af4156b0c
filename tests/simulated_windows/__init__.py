"""Run tests on a simulated Windows: `python -m tests.simulated_windows PYTEST_ARGUMENTS`. No real one was at hand."""
