"""Customer groups, customers, their bound email addresses and phone numbers, and their identity checks."""
