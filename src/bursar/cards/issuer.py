"""The port to whoever makes the cards and runs their accounts with the card network."""

from dataclasses import dataclass
from typing import Protocol

from bursar.cards.model import CardNumber
from bursar.kernel.money import Money


@dataclass(frozen=True, slots=True)
class CardRequest:
    """What the issuer is asked to make. The reference is ours: asked again with it, the issuer answers the same."""

    reference: str
    product_id: str
    bin: str
    customer_id: int
    emboss_name: str | None


class Issuer(Protocol):
    """Raises ProviderRefused for a no, and ProviderUnavailable when nobody knows: then it is asked again."""

    async def register(self, request: CardRequest) -> CardNumber:
        """Make a card."""
        ...

    async def recharge(self, reference: str, card_reference: str, amount: Money) -> None:
        """Load a card, once for each reference."""
        ...


class PaymentGate(Protocol):
    """What may stop a payment before any money moves."""

    async def execute(self, order_id: int) -> None:
        """Raises ProviderRefused or ProviderUnavailable to stop it."""
        ...
