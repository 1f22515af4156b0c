"""Writing an index: read the sources, plan, encode what is new, write."""
