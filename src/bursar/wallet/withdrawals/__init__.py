"""Withdrawals: payments that merchants take out of the wallet, from the request to the end."""
