"""The checks of `review-bot doctor`, each with its advice."""
