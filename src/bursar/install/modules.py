"""The modules of an install: families of endpoints that it serves or does not."""

from enum import StrEnum


class Module(StrEnum):
    """A family of endpoints with its needs from outside; the same words as a merchant's permissions."""

    CARD = "card"
    """Customers, cards and the card network."""
    WALLET = "wallet"
    """Addresses, deposits and withdrawals of stablecoins."""
    PAYOUT = "payout"
    """Payees and payments to their accounts."""
    OTP = "otp"
    """One-time passwords by text message."""
