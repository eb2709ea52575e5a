"""The operator's bookings: funding, paying out, settling, fees, suspense, adjustments; and the trial balance."""
