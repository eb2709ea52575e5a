"""The payout side of a merchant: keys, settings, fees and balance accounts."""
