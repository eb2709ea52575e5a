"""Bursar: prepaid cards, a stablecoin wallet, payouts and one-time passwords on one double-entry ledger."""

__version__ = "0.1.0"
"""The version by SemVer, and its one source: the package's metadata are made from it."""
