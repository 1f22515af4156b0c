"""From a ranking to an `Answer`."""
