"""What is on disk, opened: vectors, BM25, tables, documents."""
