"""Cancelling a card, and bringing home what is on it.

The issuer cancels first; from then on nothing new can be spent or loaded. What is under way then (authorizations, a
recharge that the issuer has still to be told of) is waited for, and the card is `cancelling` meanwhile. When the last
of it is settled, the whole balance is redeemed and the card is `cancelled`, in one commit.

A card that is below zero by then owes its merchant's account: the same commit takes the debt from there. So does, and
brings a refund home, whatever is booked on a card that is cancelled (`remainders`).
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from bursar.cards import events
from bursar.cards.catalogue.model import CardOperation
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.errors import CancellationFailed, CardBusy
from bursar.cards.issuer import Issuer
from bursar.cards.model import Card, CardStatus
from bursar.cards.moves import card_moved
from bursar.cards.offering import check_offered
from bursar.cards.reconciliation import Reconciliation
from bursar.cards.remainders import Remainders
from bursar.cards.service import Cards, announcing
from bursar.cards.settling import until_settled
from bursar.cards.states import CARD, CardEvent
from bursar.cards.store import CARDS, CardStore, holding_dropped
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable, Unavailable
from bursar.ledger.model import Operation, Transition, fingerprint

REDEEMED: Final = "redeemed"
ASKED_BY_MERCHANT: Final = "cancelled by the merchant"


class Closing:
    """Cancels and redeems."""

    def __init__(
        self,
        ground: Ground,
        catalogue: Catalogue,
        cards: Cards,
        issuer: Issuer,
        reconciliation: Reconciliation,
        remainders: Remainders,
    ) -> None:
        self._store = CardStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._catalogue = catalogue
        self._cards = cards
        self._issuer = issuer
        self._reconciliation = reconciliation
        self._remainders = remainders

    async def cancel(
        self, ctx: Context, card_id: int, reason: str | None, *, allow: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Take the card out of use for good, and redeem its balance as soon as nothing is under way.

        `allow` is asked once the card itself may be cancelled, and raises unless the merchant may. Raises CardUnknown,
        CardOperationNotOffered, CardIsCancelled, CardNotIssuedYet, CardOperationNotNow or CancellationFailed.
        """

        async def decide() -> Operation:
            card = await self._store.get_card(ctx, card_id)
            check_offered(await self._catalogue.get(card.product_id), CardOperation.CANCEL)
            told = reason or ASKED_BY_MERCHANT
            cancelled = card_moved(self._ids, ctx, card, CardEvent.CANCEL, ctx.request_key, told)
            if allow is not None:
                await allow()
            await self._ask_issuer(ctx, card)
            return cancelled

        async def attempt() -> None:
            await self._ledger.once(ctx, ctx.request_key, fingerprint("card", CardEvent.CANCEL, card_id), decide)

        await until_settled(card_id, attempt)
        with suppress(CardBusy, Unavailable):  # due work redeems it all the same
            await self.redeem(ctx, {"card_id": card_id})

    async def _ask_issuer(self, ctx: Context, card: Card) -> None:
        try:
            await self._issuer.cancel(card.reference)
        except ProviderRefused:
            raise CancellationFailed(card.id) from None
        except ProviderUnavailable:
            await self._reconciliation.look_later(ctx, card)
            raise CancellationFailed(card.id) from None

    # ── redeeming ────────────────────────────────────────────────────────────────────────────────────────────────

    async def redeem(self, ctx: Context, payload: Mapping[str, Any]) -> None:
        """Due work: redeem what is on a card that is being cancelled or is, if nothing is under way on it.

        Whoever settles the last thing under way has this asked again.
        """
        card_id = int(payload["card_id"])

        async def attempt() -> None:
            card = await self._store.get_card(ctx, card_id)
            operation = await self._redemption(ctx, card)
            if operation is not None:
                await self._ledger.commit(ctx, operation)

        await until_settled(card_id, attempt)

    async def _redemption(self, ctx: Context, card: Card) -> Operation | None:
        if card.status not in CARD.allowing(CardEvent.REDEEM):
            return None
        balance = await self._cards.balance(ctx, card)
        ends = card.status == CardStatus.CANCELLING
        if balance.held or (ends and await self._store.has_recharge_under_way(ctx, card.id)):
            return None
        return await self._redeemed(ctx, card) if ends or balance.available else None

    async def _redeemed(self, ctx: Context, card: Card) -> Operation:
        """The balance goes home, or the debt is paid; card and balances must still be as they were seen."""
        number = self._ids.next()
        after = CARD.after(CardEvent.REDEEM, card.id, card.status)
        operation = Operation(
            key=f"card_redeemed:{number}",
            fingerprint=fingerprint("redeemed", number),
            kind="card_redeemed",
            subject=f"card_transaction:{number}",
            transitions=(Transition(CARDS, card.id, frozenset({card.status}), after),),
        )
        operation = await self._remainders.settled(ctx, operation, card, number)
        if card.status == after:
            return operation
        operation = replace(operation, writes=(*operation.writes, holding_dropped(card.order_id)))
        return announcing(self._ids, ctx, operation, events.card_status_changed(card, after, REDEEMED))
