"""The port to whoever makes the cards and runs their accounts with the card network."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bursar.cards.model import CardNumber
from bursar.kernel.money import Money


class IssuerState(StrEnum):
    """What the issuer lets a card do."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    LOCKED = "locked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class CardRequest:
    """What the issuer is asked to make. The reference is ours: asked again with it, the issuer answers the same."""

    reference: str
    product_id: str
    bin: str
    customer_id: int
    emboss_name: str | None
    inactive: bool = False
    """To be activated by its holder before it does anything."""


class Issuer(Protocol):
    """Raises ProviderRefused for a no, and ProviderUnavailable when nobody knows: then it is asked again.

    Whatever is asked a second time, and is so already, is answered as if it were the first time.
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
        """The card never does anything again; what is held for it may still be cleared."""
        ...

    async def set_pin(self, card_reference: str, pin: str) -> None:
        """The transaction password is this one from now on."""
        ...

    async def answer_challenge(self, reference: str, card_reference: str, *, approved: bool) -> None:
        """What the cardholder said to a 3-D Secure challenge."""
        ...

    async def state(self, card_reference: str) -> IssuerState:
        """How the card stands there, for when an answer was lost."""
        ...
