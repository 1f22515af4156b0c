"""Training of the reader: from public question sets to the weights that the package ships."""
