"""The payout and OTP API as it was published: the only place that knows its names and numbers."""
