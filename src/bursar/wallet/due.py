"""The work that the wallet causes, by kind of job. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class ScanChain(Payload):
    """Read a chain as far as it goes, and again with its next block unless it is for `once`."""

    kind: ClassVar[str] = "wallet.scan"
    chain_id: str
    once: bool = False


@dataclass(frozen=True, slots=True)
class PrepareAddresses(Payload):
    """Have enough addresses of a chain ready."""

    kind: ClassVar[str] = "wallet.prepare_addresses"
    chain_id: str


@dataclass(frozen=True, slots=True)
class ReturnDeposit(Payload):
    """Pay a deposit back to its sender."""

    kind: ClassVar[str] = "wallet.return_deposit"
    deposit_id: int


@dataclass(frozen=True, slots=True)
class AdvancePayment(Payload):
    """Bring a payment further."""

    kind: ClassVar[str] = "wallet.payments.advance"
    payment_id: int


@dataclass(frozen=True, slots=True)
class SweepAddress(Payload):
    """Bring the coins of a deposit address to the hot address, if there are enough."""

    kind: ClassVar[str] = "wallet.treasury.sweep"
    chain_id: str
    coin: str
    address: str


@dataclass(frozen=True, slots=True)
class CompareAddresses(Payload):
    """Compare addresses of a chain, those behind number `after`, with the books; `round` counts the passes over all."""

    kind: ClassVar[str] = "wallet.treasury.compare"
    chain_id: str
    round: int
    after: int
