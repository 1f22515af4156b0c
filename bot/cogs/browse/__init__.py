"""Reading: `/section`, `/sections`, `/reviews`, `/help`."""
