"""One module per file format: bytes to headings and paragraphs."""
