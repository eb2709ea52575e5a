"""The chart of accounts: every account a merchant's book can have.

Seen from the house, balances of merchants and cards are owed to them: a credit raises them, a debit lowers them.
Accounts of the world outside take the other side and may go below zero, so that each book sums to zero in every asset.
"""

from functools import lru_cache
from typing import Final

from bursar.ledger.model import AccountRef

MERCHANT_AVAILABLE: Final = "merchant:available"
MERCHANT_FROZEN: Final = "merchant:frozen"
PAYOUT_AVAILABLE: Final = "payout:available"
PAYOUT_FROZEN: Final = "payout:frozen"
PLATFORM_FEES: Final = "platform:fees"
CONVERSION: Final = "platform:conversion"
BANK_CLEARING: Final = "clearing:bank"
ASSETS_MAX: Final = 64
"""Assets whose accounts of the hot path are made once for all operations."""
BETWEEN_BOOKS: Final = "between:books"
SUSPENSE: Final = "suspense"


@lru_cache(maxsize=ASSETS_MAX)
def merchant_available(coin: str) -> AccountRef:
    """The merchant's coins that it can spend."""
    return AccountRef(MERCHANT_AVAILABLE, coin)


@lru_cache(maxsize=ASSETS_MAX)
def merchant_frozen(coin: str) -> AccountRef:
    """The merchant's coins that are set aside for orders under way."""
    return AccountRef(MERCHANT_FROZEN, coin)


@lru_cache(maxsize=ASSETS_MAX)
def payout_available(currency: str) -> AccountRef:
    """The merchant's money for payouts to its payees; kept apart from its coins for cards."""
    return AccountRef(PAYOUT_AVAILABLE, currency)


@lru_cache(maxsize=ASSETS_MAX)
def payout_frozen(currency: str) -> AccountRef:
    """The merchant's money that is set aside for payouts under way."""
    return AccountRef(PAYOUT_FROZEN, currency)


def card_available(card_id: int, currency: str) -> AccountRef:
    """The card's balance that the cardholder can spend."""
    return AccountRef(f"card:{card_id}:available", currency)


def card_held(card_id: int, currency: str) -> AccountRef:
    """The card's balance that authorizations hold."""
    return AccountRef(f"card:{card_id}:held", currency)


def platform_fees(asset: str) -> AccountRef:
    """Fees that the platform has earned from this merchant."""
    return AccountRef(PLATFORM_FEES, asset)


def conversion(asset: str) -> AccountRef:
    """One side of an exchange between two assets; the other side stands in the other asset."""
    return AccountRef(CONVERSION, asset, may_go_negative=True)


def issuer_clearing(currency: str) -> AccountRef:
    """The debt to the card network for purchases, less its debt for refunds."""
    return AccountRef("clearing:issuer", currency, may_go_negative=True)


def funding_clearing(asset: str) -> AccountRef:
    """Money that merchants brought in, seen from the bank or chain it came through."""
    return AccountRef("clearing:funding", asset, may_go_negative=True)


def bank_clearing(currency: str) -> AccountRef:
    """The sum that the bank has paid out for merchants, seen from the bank."""
    return AccountRef(BANK_CLEARING, currency, may_go_negative=True)


def between_books(asset: str) -> AccountRef:
    """Amounts that passed to or from another book; zero over all books."""
    return AccountRef(BETWEEN_BOOKS, asset, may_go_negative=True)


def suspense(asset: str) -> AccountRef:
    """Money that arrived and that nobody could place yet; in the install's own book."""
    return AccountRef(SUSPENSE, asset)


def chain_clearing(chain_id: str, coin: str) -> AccountRef:
    """The coins that arrived over a chain less those paid over it, seen from the chain."""
    return AccountRef(f"clearing:chain:{chain_id}", coin, may_go_negative=True)


def deposits_too_small(coin: str) -> AccountRef:
    """Deposits below the least amount that is credited."""
    return AccountRef("wallet:too_small", coin)


def deposits_held(coin: str) -> AccountRef:
    """Deposits that the risk control has stopped, until they are released or have been sent back."""
    return AccountRef("wallet:held", coin)


def treasury_float(coin: str) -> AccountRef:
    """The operator's own coins at the hot addresses; in the install's own book."""
    return AccountRef("treasury:float", coin)


def treasury_gas(coin: str) -> AccountRef:
    """The fees of transactions, at the install's expense; in the install's own book."""
    return AccountRef("treasury:gas", coin, may_go_negative=True)
