"""The cancellation of a card, and the redemption of its balance.

The issuer cancels first; from then on nothing new can be spent or loaded. The card is `cancelling` while authorizations
are open, or a recharge that the issuer has still to be told of. When the last of them is settled, the whole balance is
redeemed and the card is `cancelled`, in one commit.

A card that is below zero by then owes its merchant's account: the same commit takes the debt from there. So does, and
brings a refund home, any booking on a card that is cancelled (`remainders`).
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from bursar.cards import events
from bursar.cards.catalogue.model import CardOperation
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.due import RedeemCard
from bursar.cards.errors import CancellationFailed
from bursar.cards.holding.availability import check_offered
from bursar.cards.holding.moves import card_moved
from bursar.cards.holding.reconciliation import Reconciliation
from bursar.cards.holding.remainders import Remainders
from bursar.cards.issuer import Issuer
from bursar.cards.model import Card, CardStatus
from bursar.cards.service import Cards
from bursar.cards.states import CARD, CardEvent
from bursar.cards.store import CARDS, CardStore, holding_dropped
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable, Unavailable
from bursar.ledger.decisions import Decided, Unchanged
from bursar.ledger.errors import DecisionOvertaken
from bursar.ledger.model import Part, Transition, fingerprint
from bursar.webhooks.service import announce

REDEEMED: Final = "redeemed"
ASKED_BY_MERCHANT: Final = "cancelled by the merchant"


class Cancellations:
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

        async def decide() -> Decided[None]:
            card = await self._store.get_card(ctx, card_id)
            check_offered(await self._catalogue.get(card.product_id), CardOperation.CANCEL)
            told = reason or ASKED_BY_MERCHANT
            cancelled = card_moved(self._ids, ctx, card, CardEvent.CANCEL, told)
            if allow is not None:
                await allow()
            await self._ask_issuer(ctx, card)
            return cancelled

        await self._ledger.decide(ctx, ctx.request_key, fingerprint("card", CardEvent.CANCEL, card_id), decide)
        with suppress(DecisionOvertaken, Unavailable):  # due work redeems it all the same
            await self.redeem(ctx, RedeemCard(card_id))

    async def _ask_issuer(self, ctx: Context, card: Card) -> None:
        try:
            await self._issuer.cancel(card.reference)
        except ProviderRefused:
            raise CancellationFailed(card.id) from None
        except ProviderUnavailable:
            await self._reconciliation.look_later(ctx, card)
            raise CancellationFailed(card.id) from None

    # ── redeeming ────────────────────────────────────────────────────────────────────────────────────────────────

    async def redeem(self, ctx: Context, due: RedeemCard) -> None:
        """Due work: redeem the balance of a card that is being cancelled or is, if nothing is under way on it.

        The operation that settles the last thing under way plans this work again.
        """
        number = self._ids.next()

        async def decide() -> Decided[None] | Unchanged[None]:
            card = await self._store.get_card(ctx, due.card_id)
            return await self._redeemed(ctx, card, number) if await self._is_due(ctx, card) else Unchanged(None)

        await self._ledger.decide(ctx, f"card_redeemed:{number}", fingerprint("redeemed", number), decide)

    async def _is_due(self, ctx: Context, card: Card) -> bool:
        """True if nothing is under way on the card, and it has a balance to redeem or is still to end."""
        if card.status not in CARD.allowing(CardEvent.REDEEM):
            return False
        balance = await self._cards.balance(ctx, card)
        ends = card.status == CardStatus.CANCELLING
        if balance.held or (ends and await self._store.has_recharge_under_way(ctx, card.id)):
            return False
        return ends or bool(balance.available)

    async def _redeemed(self, ctx: Context, card: Card, number: int) -> Decided[None]:
        """The balance goes home, or the debt is paid; card and balances must still be as they were seen."""
        after = CARD.after(CardEvent.REDEEM, card.id, card.status)
        part = Part(transitions=(Transition(CARDS, card.id, frozenset({card.status}), after),))
        part += await self._remainders.settled(ctx, (), card, number)
        if card.status != after:
            told = announce(self._ids, ctx, events.card_status_changed(card, after, REDEEMED))
            part += Part(writes=(holding_dropped(card.order_id),)) + told
        return Decided(None, "card_redeemed", f"card_transaction:{number}", part)
