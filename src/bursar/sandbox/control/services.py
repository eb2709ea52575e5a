"""The services behind the control API: the use cases, and the sandbox's own clock, faults and rates."""

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from bursar.api.card.call import Services
from bursar.api.payout import call as payout_call
from bursar.cards.authorizations.service import Authorizations
from bursar.customers.kyc.service import Kyc
from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger
from bursar.merchants.payout.service import PayoutMerchants
from bursar.payouts.progress import Progress
from bursar.requests.records.service import RequestRecords
from bursar.sandbox.chain import SandboxChain
from bursar.sandbox.clock import SandboxClock
from bursar.sandbox.control.withdrawals import WithdrawalControl
from bursar.sandbox.faults import Faults
from bursar.sandbox.merchants import SandboxMerchants
from bursar.sandbox.messages import SandboxOutbox
from bursar.sandbox.webhooks.faults import WebhookFaultStore
from bursar.staff.approvals.service import Approvals
from bursar.vault.pairs import Pairs
from bursar.wallet.address_book import AddressBook
from bursar.wallet.deposits import Deposits
from bursar.wallet.pools import Pools


class Exchange(Protocol):
    """The card network's exchange."""

    def exact(self, amount: Decimal, currency: str) -> Decimal:
        """`amount` with the currency's decimals; raises when it has more."""
        ...

    def charged(self, amount: Decimal, source: str, target: str) -> Decimal:
        """The amount that a card in `target` pays for `amount` of `source`."""
        ...

    def given_back(self, amount: Decimal, source: str, target: str) -> Decimal:
        """The amount that a card in `target` gets back for `amount` of `source`."""
        ...


class DueWork(Protocol):
    """The work that falls due."""

    async def is_any_due(self, at: datetime) -> bool:
        """Work that was due at `at` is still to be done."""
        ...


@dataclass(frozen=True, slots=True)
class WalletControl:
    """A tester's side of the wallet: the sandbox's chains, and the operator."""

    chains: Mapping[str, SandboxChain]
    pools: Pools
    addresses: AddressBook
    deposits: Deposits
    ledger: Ledger


NAMED: Final[ContextVar[int | None]] = ContextVar("sandbox merchant", default=None)
"""The merchant that the present call names; None: the first one."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One sandbox install."""

    token: str
    merchants: SandboxMerchants
    services: Services
    authorizations: Authorizations
    kyc: Kyc
    database: Database
    ids: Ids
    clock: SandboxClock
    due_work: DueWork
    faults: Faults
    webhook_faults: WebhookFaultStore
    exchange: Exchange
    payout_merchants: PayoutMerchants
    payout: payout_call.Services
    payout_progress: Progress
    outbox: SandboxOutbox
    wallet: WalletControl
    withdrawals: WithdrawalControl
    approvals: Approvals
    """The decisions of the operator, whom a tester plays."""
    pairs: Pairs
    """The key pairs of the install and its merchants."""
    records: RequestRecords
    ending: asyncio.Event
    """Set when the process stops serving."""

    @property
    def merchant_id(self) -> int:
        """The merchant that the present call means."""
        named = NAMED.get()
        return self.merchants.first_id if named is None else named

    def context(self) -> Context:
        """The context of a call on the merchant that it means."""
        return Context(self.merchant_id, self.clock, f"sandbox:{self.ids.next()}", "sandbox")
