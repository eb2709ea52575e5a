"""The port to the issuer, which makes the cards and runs their accounts with the card network."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bursar.cards.model import CardNumber
from bursar.kernel.money import Money


class IssuerState(StrEnum):
    """The state of a card at the issuer, which bounds its use."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    LOCKED = "locked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class CardRequest:
    """An order to the issuer to make a card. The reference is ours: asked again with it, the issuer answers
    the same.
    """

    reference: str
    product_id: str
    bin: str
    customer_id: int
    emboss_name: str | None
    inactive: bool = False
    """To be activated by its holder before it does anything."""


class Issuer(Protocol):
    """Raises ProviderRefused for a no, and ProviderUnavailable when the outcome is unknown: then it is asked again.

    A request that is made a second time, and has been carried out already, is answered as if it were the first time.
    """

    async def register(self, request: CardRequest) -> CardNumber:
        """Make a card."""
        ...

    async def recharge(self, reference: str, card_reference: str, amount: Money) -> None:
        """Load a card, once for each reference."""
        ...

    async def activate(self, card_reference: str) -> None:
        """The holder has the card in hand."""
        ...

    async def lock(self, card_reference: str) -> None:
        """The card does nothing until it is unlocked."""
        ...

    async def unlock(self, card_reference: str) -> None:
        """The card works again."""
        ...

    async def cancel(self, card_reference: str) -> None:
        """The card never does anything again; amounts on hold may still be cleared."""
        ...

    async def set_pin(self, card_reference: str, pin: str) -> None:
        """The transaction password is this one from now on."""
        ...

    async def answer_challenge(self, reference: str, card_reference: str, *, approved: bool) -> None:
        """The cardholder's answer to a 3-D Secure challenge."""
        ...

    async def state(self, card_reference: str) -> IssuerState:
        """The card's state there, for when an answer was lost."""
        ...
