"""What the payout side needs to know of a merchant: keys, settings, fees and balance accounts."""
