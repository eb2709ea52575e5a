"""What the payout API takes and answers, by subject."""
