"""Customer groups, customers, what they may be reached at, and their identity checks."""
