"""Personal data: `/privacy`."""
