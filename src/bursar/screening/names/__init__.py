"""Names as they are compared: readings in Latin letters, the alignment of scripts without vowels, and the index."""
