"""The endpoints of the payout API, by subject."""
