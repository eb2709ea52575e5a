"""An issuer that remembers a serial for each reference and derives everything printed on a card from it.

It keeps no card number: a keyed permutation of the serial gives it, and the security code follows from the number.
"""

from bursar.cards.issuer import CardRequest, IssuerState
from bursar.cards.model import CardNumber, Expiry
from bursar.cards.pan import cvv_for, pan_for
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.clock import Clock
from bursar.kernel.money import Money
from bursar.sandbox.faults import Faults

queries = load_queries(__package__)


class SandboxIssuer:
    """The port's sandbox adapter; `key` makes the numbers of one install its own."""

    def __init__(self, database: Database, faults: Faults, clock: Clock, key: bytes) -> None:
        self._database = database
        self._faults = faults
        self._clock = clock
        self._key = key

    async def register(self, request: CardRequest) -> CardNumber:
        """A card for the reference; raises the fault planted at `issuer.register`."""
        await self._faults.strike("issuer.register")
        state = IssuerState.INACTIVE if request.inactive else IssuerState.ACTIVE
        named = {"reference": request.reference, "bin": request.bin, "issued_on": self._clock.now().date()}
        await self._database.execute(queries.issue, {**named, "state": state})
        rows = await self._database.fetch_rows(queries.find, {"reference": request.reference})
        serial, issued_on = rows[0]
        number = pan_for(request.bin, serial, self._key)
        expiry = Expiry.of_card_issued(issued_on)
        return CardNumber(number, cvv_for(number, expiry, self._key), str(expiry))

    async def recharge(self, reference: str, card_reference: str, amount: Money) -> None:  # noqa: ARG002 - no account
        """Takes note; raises the fault planted at `issuer.recharge`."""
        await self._faults.strike("issuer.recharge")

    async def activate(self, card_reference: str) -> None:
        """Raises the fault planted at `issuer.activate`."""
        await self._faults.strike("issuer.activate")
        await self._set(card_reference, IssuerState.ACTIVE)

    async def lock(self, card_reference: str) -> None:
        """Raises the fault planted at `issuer.lock`."""
        await self._faults.strike("issuer.lock")
        await self._set(card_reference, IssuerState.LOCKED)

    async def unlock(self, card_reference: str) -> None:
        """Raises the fault planted at `issuer.unlock`."""
        await self._faults.strike("issuer.unlock")
        await self._set(card_reference, IssuerState.ACTIVE)

    async def cancel(self, card_reference: str) -> None:
        """Raises the fault planted at `issuer.cancel`."""
        await self._faults.strike("issuer.cancel")
        await self._set(card_reference, IssuerState.CANCELLED)

    async def set_pin(self, card_reference: str, pin: str) -> None:  # noqa: ARG002 - no terminal here ever asks for it
        """Forgets it; raises the fault planted at `issuer.pin`."""
        await self._faults.strike("issuer.pin")

    async def answer_challenge(self, reference: str, card_reference: str, *, approved: bool) -> None:  # noqa: ARG002
        """No shop waits for it; raises the fault planted at `issuer.threeds`."""
        await self._faults.strike("issuer.threeds")

    async def state(self, card_reference: str) -> IssuerState:
        """The state that it was set to last."""
        return IssuerState(await self._database.fetch_value(queries.get_state, {"reference": card_reference}))

    async def _set(self, card_reference: str, state: IssuerState) -> None:
        await self._database.execute(queries.set_state, {"reference": card_reference, "state": state})
