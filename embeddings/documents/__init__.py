"""Review files to `Review`, passages and sentences."""
