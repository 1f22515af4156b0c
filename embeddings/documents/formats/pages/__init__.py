"""Pages of HTML, and the books and Word files that are made of them."""
