"""The pages of the console, one module for each place of its navigation."""
