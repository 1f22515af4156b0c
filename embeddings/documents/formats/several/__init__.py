"""Files of several reviews: tables, archives, feeds."""
