"""Score the best sentences again with a model."""
