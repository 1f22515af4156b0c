"""A server's own reviews: `/review add` and `/review remove`."""
