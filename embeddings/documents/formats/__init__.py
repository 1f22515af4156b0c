"""One module for each file format: bytes to headings and paragraphs."""
