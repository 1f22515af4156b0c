"""Facts of reviews: filters, and questions about the collection."""
