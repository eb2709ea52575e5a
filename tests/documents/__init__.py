"""What the documents show is true."""
