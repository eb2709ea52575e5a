"""The people who run an install: roles, ways to sign in, what needs two of them, and the audit of all they do."""
