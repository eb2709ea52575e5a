"""The desk: what was read from the photos of a verification, for the person who decides on it."""
