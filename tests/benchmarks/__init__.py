"""Speed and memory, each figure against the honest alternative in the same run: `python -m tests.benchmarks`."""
