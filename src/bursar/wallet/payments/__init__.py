"""Payments on chains: one transaction for one cause, whatever crashes, repeats, gets stuck or is reorganised away."""
