"""Files from elsewhere made into review files: web pages, EPUB, plain text; each read by a process with limits."""
