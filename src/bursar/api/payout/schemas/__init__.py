"""The requests and answers of the payout API, by subject."""
