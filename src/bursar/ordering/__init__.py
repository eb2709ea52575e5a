"""Orders of merchants' users: withdrawals, and batches of payouts from a file, each approved by a second user."""
