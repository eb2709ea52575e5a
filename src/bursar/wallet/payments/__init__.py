"""Payments on chains: one transaction for one cause, over crashes, repeats, stuck transactions and reorganisations."""
