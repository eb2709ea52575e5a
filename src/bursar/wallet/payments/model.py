"""Payments on chains as they are stored, and the Protocol of their purposes. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from bursar.kernel.context import Context
from bursar.ledger.model import Part
from bursar.wallet.chains import Token
from bursar.wallet.payments.states import PaymentStatus
from bursar.wallet.ports import KeyPurpose, KeyRef, SignedTransaction

SWEEP: Final = "sweep"
"""The purpose of payments that bring coins home from a deposit address."""
TOP_UP: Final = "top_up"
"""The purpose of payments that give a deposit address coins for a fee: they stay within the house."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIntent:
    """A payment to be made, once: `purpose` and `subject_id` name the cause, which can have no second payment."""

    purpose: str
    subject_id: int
    key: KeyRef
    """The key that signs."""
    sender: str
    recipient: str
    token: Token
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A payment as it is stored; `units` as the chain counts them."""

    id: int
    merchant_id: int
    purpose: str
    subject_id: int
    chain_id: str
    sender: str
    key_purpose: KeyPurpose
    key_index: int
    recipient: str
    coin: str
    contract: str | None
    units: int
    status: PaymentStatus
    reason: str | None
    nonce: int | None
    """Its number among the sender's transactions; None while it has none."""
    attempts: int
    """The number of attempts that were signed."""
    tx_hash: str | None
    """Of the attempt that is in a block, or else of the latest."""
    mined_height: int | None
    head_height: int | None
    """The newest block when somebody looked last."""
    fee_units: int | None
    """The fee paid, in units of the chain's own coin."""
    created_at: datetime
    updated_at: datetime

    @property
    def key(self) -> KeyRef:
        """The key that signs."""
        return KeyRef(self.chain_id, self.key_purpose, self.key_index)

    @property
    def leaves(self) -> bool:
        """True if the coins leave the house, as those of sweeps and top-ups do not."""
        return self.purpose not in {SWEEP, TOP_UP}

    @property
    def confirmations(self) -> int:
        """Blocks that stood on each other when somebody looked last, the transaction's own included."""
        if self.mined_height is None or self.head_height is None:
            return 0
        return max(self.head_height - self.mined_height + 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A transaction that was signed for a payment. All attempts with one nonce exclude each other."""

    payment_id: int
    number: int
    nonce: int | None
    tx_hash: str
    raw: bytes
    fee_max_units: int
    expires_at: datetime | None
    signed_at: datetime
    offers: int
    """The number of times that sending it was begun."""
    voids: bool = False
    """It moves nothing: once it is executed, the payment never will be."""

    @property
    def transaction(self) -> SignedTransaction:
        """The transaction as it is sent."""
        return SignedTransaction(self.tx_hash, self.raw, self.expires_at)


@dataclass(frozen=True, slots=True)
class InFlight:
    """The sums of a sender's signed attempts that are in no block yet, in units."""

    units: int
    """Of the coin that was asked about."""
    native_units: int
    """Of the chain's own coin, payments of it alone."""
    fees: int
    """The most that all of them can cost."""


class Purpose(Protocol):
    """A kind of payment and its answers to the engine: withdrawals, deposits sent back, sweeps.

    Each is asked before a commit that happens once and carries its answer. It may be asked more often, and its answer
    is dropped when something came first; effects of its own must bear repeating.
    """

    def subject(self, intent: Intent) -> str:
        """The object of the operations that carry its parts, as `withdrawal:17`."""
        ...

    async def leave(self, ctx: Context, intent: Intent) -> Part:
        """The conditions under which a payment may be signed that has no transaction which could still be executed.

        Raises Held while they are not met. They are judged again in the commit that keeps the signature.
        """
        ...

    async def signed(self, ctx: Context, intent: Intent, tx_hash: str) -> Part:
        """The first transaction is signed, and may be on the chain from now on."""
        ...

    async def paid(self, ctx: Context, intent: Intent, tx_hash: str) -> Part:
        """It was executed, and that is final."""
        ...

    async def failed(self, ctx: Context, intent: Intent, reason: str) -> Part:
        """It was not executed, and never will be."""
        ...
