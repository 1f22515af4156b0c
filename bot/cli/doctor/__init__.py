"""The checks of `review-bot doctor`."""
