"""Daily statements of payment orders: made once, proven against the ledger, and kept."""
