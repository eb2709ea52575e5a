"""Reconciliation: the coins on chains against the books' sums for them, coin by coin.

On a chain: the hot address and every deposit address that was given out. In the books: the chain's clearing accounts of
all merchants and of the install. They may differ by amounts with a reason and a size: deposits that are not final,
payments that are executed and not booked, and fractions below the books' scale. A rest has none, and is for the
operator: coins that others moved with our keys, or that arrived below the least that is recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bursar.kernel.errors import ProviderUnavailable
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.store import Books
from bursar.wallet.address_book import AddressBook
from bursar.wallet.chains import Token
from bursar.wallet.deposits import Deposits
from bursar.wallet.payments.model import Intent
from bursar.wallet.payments.service import Payments
from bursar.wallet.payments.states import PaymentStatus
from bursar.wallet.ports import Chain, Chains, MinedTransaction
from bursar.wallet.treasury.balances import balances

NOT_FINAL: Final = "deposits that are not final yet"
NOT_BOOKED: Final = "payments that are executed and not booked yet"
COST_NOT_BOOKED: Final = "what those have cost"
TOO_FINE: Final = "parts of deposits that are finer than the books count"


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """A known cause for a difference between a chain and the books, with its amount."""

    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ReconciledCoin:
    """One coin on one chain; amounts in whole coins, exact."""

    chain_id: str
    coin: str
    addresses: int
    on_chain: Decimal
    booked: Decimal
    reasons: tuple[KnownDifference, ...]
    under_way: int
    """Payments that have not ended."""

    @property
    def difference(self) -> Decimal:
        """More on the chain than in the books; below zero: less."""
        return self.on_chain - self.booked

    @property
    def unexplained(self) -> Decimal:
        """The rest of the difference that no reason accounts for."""
        return self.difference - sum((reason.amount for reason in self.reasons), Decimal(0))


class Reconciliation:
    """Compares chains with the books."""

    def __init__(
        self, books: Books, chains: Chains, addresses: AddressBook, deposits: Deposits, payments: Payments
    ) -> None:
        self._books = books
        self._chains = chains
        self._addresses = addresses
        self._deposits = deposits
        self._payments = payments

    async def compare(self) -> list[ReconciledCoin]:
        """Every coin on every chain. Raises ProviderUnavailable when a chain cannot be asked."""
        return [standing for chain in self._chains.values() for standing in await self._compare(chain)]

    async def differences(self) -> list[str]:
        """A sentence for each coin whose difference has no reason, and for each chain that cannot be asked."""
        told = []
        for chain in self._chains.values():
            try:
                standings = await self._compare(chain)
            except ProviderUnavailable:
                told.append(f"{chain.spec.id}: no node answers, so its coins could not be compared with the books")
                continue
            told += [
                f"{one.chain_id}: {one.unexplained:f} {one.coin} more on the chain than in the books, without a reason"
                for one in standings
                if one.unexplained
            ]
        return told

    async def _compare(self, chain: Chain) -> list[ReconciledCoin]:
        addresses = [chain.spec.hot_address, *await self._addresses.list_taken(chain.spec.id)]
        under_way = await self._payments.under_way(chain.spec.id)
        executed = [(intent, mined) for intent in under_way if (mined := await _mined(chain, intent)) is not None]
        return [await self._standing(chain, token, addresses, executed, len(under_way)) for token in chain.spec.tokens]

    async def _standing(
        self,
        chain: Chain,
        token: Token,
        addresses: Sequence[str],
        executed: Sequence[tuple[Intent, MinedTransaction]],
        under_way: int,
    ) -> ReconciledCoin:
        clearing = chart.chain_clearing(chain.spec.id, token.coin)
        booked = -await self._books.total(clearing.code, token.coin)
        units = sum(await balances(chain, token, addresses))
        reasons = (*await self._of_deposits(chain, token), *_of_payments(token, executed))
        return ReconciledCoin(
            chain.spec.id,
            token.coin,
            len(addresses),
            _coins(units, token),
            Money(booked, token.coin).decimal,
            tuple(reason for reason in reasons if reason.amount),
            under_way,
        )

    async def _of_deposits(self, chain: Chain, token: Token) -> Sequence[KnownDifference]:
        arrived = await self._deposits.arrived(chain.spec.id, token.coin)
        too_fine = _coins(arrived.booked_units, token) - Money(arrived.booked, token.coin).decimal
        return KnownDifference(NOT_FINAL, Money(arrived.confirming, token.coin).decimal), KnownDifference(
            TOO_FINE, too_fine
        )


async def _mined(chain: Chain, intent: Intent) -> MinedTransaction | None:
    """The result on the chain of a payment that is not booked."""
    if intent.status != PaymentStatus.SIGNED or intent.tx_hash is None:
        return None
    return await chain.outcome(intent.tx_hash)


def _of_payments(token: Token, executed: Sequence[tuple[Intent, MinedTransaction]]) -> Sequence[KnownDifference]:
    """Coins that have left already, but for those that went to an address of ours; and the cost of all of them."""
    left = sum(
        intent.units
        for intent, mined in executed
        if mined.succeeded and (intent.coin, intent.contract) == (token.coin, token.contract) and intent.leaves
    )
    cost = sum(mined.fee_units for _, mined in executed) if token.contract is None else 0
    return KnownDifference(NOT_BOOKED, -_coins(left, token)), KnownDifference(COST_NOT_BOOKED, -_coins(cost, token))


def _coins(units: int, token: Token) -> Decimal:
    return Decimal(units).scaleb(-token.decimals)
