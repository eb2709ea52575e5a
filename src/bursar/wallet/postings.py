"""The transfers of each business event of a deposit. Pure.

A deposit of the install's own book is the operator's float: it arrived at the hot address from outside.
"""

from bursar.kernel.context import INSTALL
from bursar.ledger import chart
from bursar.ledger.model import AccountRef, Transfer
from bursar.wallet.model import Deposit, DepositStatus

Transfers = tuple[Transfer, ...]


def owner(deposit: Deposit) -> AccountRef:
    """The account to which a deposit is credited."""
    if deposit.merchant_id == INSTALL:
        return chart.treasury_float(deposit.coin)
    return chart.merchant_available(deposit.coin)


def credited(deposit: Deposit) -> Transfers:
    """The coins are the merchant's."""
    return (_move("deposit", _chain(deposit), owner(deposit), deposit),)


def found_too_small(deposit: Deposit) -> Transfers:
    """The coins are here, and nobody is credited."""
    return (_move("deposit_too_small", _chain(deposit), chart.deposits_too_small(deposit.coin), deposit),)


def held(deposit: Deposit) -> Transfers:
    """The coins are here, and the risk control decides about them."""
    return (_move("deposit_held", _chain(deposit), chart.deposits_held(deposit.coin), deposit),)


def released(deposit: Deposit) -> Transfers:
    """The risk control lets them go."""
    return (_move("deposit_released", chart.deposits_held(deposit.coin), owner(deposit), deposit),)


def sent_back(deposit: Deposit) -> Transfers:
    """The coins have left again for where they came from."""
    return (_move("deposit_sent_back", chart.deposits_held(deposit.coin), _chain(deposit), deposit),)


def taken_back(deposit: Deposit) -> Transfers:
    """The chain never had them: they go, even if they were spent meanwhile."""
    holder = {
        DepositStatus.TOO_SMALL: chart.deposits_too_small(deposit.coin),
        DepositStatus.HELD: chart.deposits_held(deposit.coin),
    }.get(deposit.status, owner(deposit))
    return (Transfer("deposit_taken_back", holder, _chain(deposit), deposit.amount, forced=True),)


def _chain(deposit: Deposit) -> AccountRef:
    return chart.chain_clearing(deposit.chain_id, deposit.coin)


def _move(kind: str, debit: AccountRef, credit: AccountRef, deposit: Deposit) -> Transfer:
    return Transfer(kind, debit, credit, deposit.amount)
