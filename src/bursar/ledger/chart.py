"""The chart of accounts: every account a merchant's book can have.

Seen from the house, what merchants and cards own is owed to them: a credit raises it, a debit lowers it. Accounts of
the world outside take the other side and may go below zero, so that each book sums to zero in every asset.
"""

from typing import Final

from bursar.ledger.model import AccountRef

MERCHANT_AVAILABLE: Final = "merchant:available"
MERCHANT_FROZEN: Final = "merchant:frozen"
PAYOUT_AVAILABLE: Final = "payout:available"
PAYOUT_FROZEN: Final = "payout:frozen"
PLATFORM_FEES: Final = "platform:fees"
CONVERSION: Final = "platform:conversion"
BANK_CLEARING: Final = "clearing:bank"


def merchant_available(coin: str) -> AccountRef:
    """What the merchant can spend."""
    return AccountRef(MERCHANT_AVAILABLE, coin)


def merchant_frozen(coin: str) -> AccountRef:
    """What the merchant has set aside for orders under way."""
    return AccountRef(MERCHANT_FROZEN, coin)


def payout_available(currency: str) -> AccountRef:
    """What the merchant can pay out to its payees; kept apart from what it can spend on cards."""
    return AccountRef(PAYOUT_AVAILABLE, currency)


def payout_frozen(currency: str) -> AccountRef:
    """What is set aside for payouts under way."""
    return AccountRef(PAYOUT_FROZEN, currency)


def card_available(card_id: int, currency: str) -> AccountRef:
    """What the cardholder can spend."""
    return AccountRef(f"card:{card_id}:available", currency)


def card_held(card_id: int, currency: str) -> AccountRef:
    """What authorizations hold on the card."""
    return AccountRef(f"card:{card_id}:held", currency)


def platform_fees(asset: str) -> AccountRef:
    """Fees that the platform has earned from this merchant."""
    return AccountRef(PLATFORM_FEES, asset)


def conversion(asset: str) -> AccountRef:
    """One side of an exchange between two assets; the other side stands in the other asset."""
    return AccountRef(CONVERSION, asset, may_go_negative=True)


def issuer_clearing(currency: str) -> AccountRef:
    """What is owed to the card network for purchases, less what it owes for refunds."""
    return AccountRef("clearing:issuer", currency, may_go_negative=True)


def funding_clearing(asset: str) -> AccountRef:
    """Money that merchants brought in, seen from the bank or chain it came through."""
    return AccountRef("clearing:funding", asset, may_go_negative=True)


def bank_clearing(currency: str) -> AccountRef:
    """What the bank has paid out for merchants, seen from the bank."""
    return AccountRef(BANK_CLEARING, currency, may_go_negative=True)


def chain_clearing(chain_id: str, coin: str) -> AccountRef:
    """What arrived over a chain less what was paid over it, seen from the chain."""
    return AccountRef(f"clearing:chain:{chain_id}", coin, may_go_negative=True)


def deposits_too_small(coin: str) -> AccountRef:
    """What arrived in amounts below the least that is credited."""
    return AccountRef("wallet:too_small", coin)


def deposits_held(coin: str) -> AccountRef:
    """What the risk control has stopped, until it is released or has been sent back."""
    return AccountRef("wallet:held", coin)


def treasury_float(coin: str) -> AccountRef:
    """The operator's own coins at the hot addresses; in the install's own book."""
    return AccountRef("treasury:float", coin)


def treasury_gas(coin: str) -> AccountRef:
    """What transactions have cost, at the install's expense; in the install's own book."""
    return AccountRef("treasury:gas", coin, may_go_negative=True)
