"""The kinds of decisions: one module for each capability that has some."""
