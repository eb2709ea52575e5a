"""API tokens: named, with an end, of a person and counting as that person."""
