"""Where reviews come from: files that are brought in once, and folders that are read where they are."""
