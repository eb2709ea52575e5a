"""Secrets of one object in clear, for somebody who has proved a second factor a moment ago and says why.

Each reveal is one record of the audit, written before anything is opened; a refusal is on record too. Secrets are in
no log, and a repeat of the request is not answered with them again.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from bursar.cards.service import Cards
from bursar.customers.service import Customers
from bursar.kernel.context import Context
from bursar.lookup.errors import NothingToReveal
from bursar.lookup.objects.model import CARD, CUSTOMER, PAYEE, ObjectKind, SeenObject
from bursar.lookup.objects.service import Objects
from bursar.payouts.payees.model import PayeeRef
from bursar.payouts.payees.service import Payees
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions

Secrets = Mapping[str, str]
"""By name; what is not kept is left out."""
Allow = Callable[[], Awaitable[None]]
Opener = Callable[[Context, int, str, Allow], Awaitable[Secrets]]
"""Opens the secrets of one object in the context's book, for a reason, once `allow` has returned."""

REVEALED: Final = (CARD, CUSTOMER, PAYEE)
"""The kinds that have secrets."""


class Reveals:
    """Shows secrets, one object at a time."""

    def __init__(self, objects: Objects, permissions: Permissions, openers: Mapping[str, Opener]) -> None:
        """`openers` by the names of kinds."""
        self._objects = objects
        self._permissions = permissions
        self._openers = openers

    async def reveal(
        self, ctx: Context, by: Principal, kind: ObjectKind[SeenObject], number: int, reason: str
    ) -> Secrets:
        """The secrets of a card, a customer or a payee.

        Raises PermissionMissing, TextUnusable, ObjectUnknown, NothingToReveal, or SecondFactorStale unless a second
        factor was proved within `PROVED_FOR`.
        """
        seen = await self._objects.get(ctx, by, kind, number)
        subject = f"{kind.name}:{number}"

        async def allow() -> None:
            await self._permissions.check_reveal(ctx, by, subject, reason)

        secrets = await self._openers[kind.name](ctx.of(seen.merchant_id), number, reason, allow)
        if not secrets:
            raise NothingToReveal(subject)
        return secrets


def openers(cards: Cards, customers: Customers, payees: Payees) -> Mapping[str, Opener]:
    """The ways to the secrets of each kind."""

    async def card(ctx: Context, number: int, reason: str, allow: Allow) -> Secrets:
        revealed = await cards.reveal(ctx, number, reason, allow=allow)
        return {"number": revealed.number, "cvv": revealed.cvv, "expiry": revealed.expiry}

    async def customer(ctx: Context, number: int, _: str, allow: Allow) -> Secrets:
        found = await customers.get(ctx, number)
        await allow()
        profile, phone, address = found.profile, found.phone, found.profile.address
        return _kept(
            email=found.email,
            phone=None if phone is None else phone.e164,
            born_on=None if profile.born_on is None else profile.born_on.isoformat(),
            address=None if address is None else f"{address.address}, {address.postal_code}",
        )

    async def payee(ctx: Context, number: int, _: str, allow: Allow) -> Secrets:
        found = await payees.get(ctx, PayeeRef(number))
        await allow()
        sealed = await payees.secrets_within(ctx, found)
        return _kept(
            iban=found.iban,
            mobile=found.mobile,
            address=found.address,
            identity=sealed.identity,
            card_number=sealed.card_number,
            stc_account=sealed.stc_account,
        )

    return {CARD.name: card, CUSTOMER.name: customer, PAYEE.name: payee}


def _kept(**values: str | None) -> Secrets:
    return {name: value for name, value in values.items() if value}
