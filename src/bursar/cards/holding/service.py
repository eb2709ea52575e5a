"""A card in its holder's hands: activating, locking and unlocking it, its password, and the operator's freeze.

Each use case reads the card, judges the event by the state table, has the issuer carry it out with nothing held, and
commits the outcome from the status that was seen. An issuer that says no changes nothing. One whose answer is lost
changes nothing here either; the card's state there is read a little later (`reconciliation`). A request that failed may
be repeated.
"""

import hmac
import re
from collections.abc import Awaitable, Callable
from typing import Final

from bursar.cards import events
from bursar.cards.catalogue.model import CardOperation, Product, ProductKind
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.errors import (
    ActivationCodeWrong,
    ActivationFailed,
    ActivationLockedOut,
    CardIsVirtual,
    CardNotIssuedYet,
    IssuerLeftItLocked,
    LockingFailed,
    PinMalformed,
    PinNotChanged,
    PinsDiffer,
    UnlockingFailed,
)
from bursar.cards.holding.availability import check_offered
from bursar.cards.holding.logistics import Logistics
from bursar.cards.holding.moves import card_frozen, card_moved
from bursar.cards.holding.reconciliation import Reconciliation
from bursar.cards.issuer import Issuer
from bursar.cards.model import Card, ShipmentStatus
from bursar.cards.states import CARD, CardEvent, unfreezing
from bursar.cards.store import CARDS, CardStore
from bursar.customers.standing import not_frozen
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact, ProviderRefused, ProviderUnavailable
from bursar.ledger.decisions import Decide, Decided
from bursar.ledger.model import Part, Transition, fingerprint
from bursar.vault.lockout import USUAL_LIMIT, LockoutKey, Verdict
from bursar.webhooks.service import announce

ACTIVATION: Final = "card activation"
"""The purpose that activation codes are sealed and guessed for."""
PIN: Final = "card pin"
PIN_FORM: Final = re.compile(r"[0-9]{6}")
BY_MERCHANT: Final = "by the merchant"
BY_OPERATOR: Final = "by the operator"


class Lifecycle:
    """The operations on cards that are made."""

    def __init__(
        self, ground: Ground, catalogue: Catalogue, issuer: Issuer, reconciliation: Reconciliation, logistics: Logistics
    ) -> None:
        self._store = CardStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._vault = ground.vault
        self._lockout = ground.lockout
        self._passwords = ground.passwords
        self._catalogue = catalogue
        self._issuer = issuer
        self._reconciliation = reconciliation
        self._logistics = logistics

    # ── activating ───────────────────────────────────────────────────────────────────────────────────────────────

    async def activate(self, ctx: Context, card_id: int, code: str) -> None:
        """The holder has the card and knows its code.

        Raises CardUnknown, CardIsVirtual, CardOperationNotOffered, CardNotIssuedYet, ActivationLockedOut,
        ActivationCodeWrong, CardOperationNotNow or ActivationFailed, in this order.
        """
        judged: list[Verdict] = []

        async def decide() -> Decided[None]:
            card, product = await self._card(ctx, card_id)
            check_physical(product, card)
            check_offered(product, CardOperation.ACTIVATE)
            check_issued(card)
            if not judged:  # deciding anew is not another guess
                judged.append(await self._judge(ctx, card, code))
            _check_verdict(judged[0], card)
            activated = card_moved(self._ids, ctx, card, CardEvent.ACTIVATE, BY_MERCHANT)
            await self._ask(ctx, card, self._issuer.activate, ActivationFailed, ActivationFailed)
            return activated

        await self._once(ctx, card_id, CardEvent.ACTIVATE, decide)

    async def _judge(self, ctx: Context, card: Card, code: str) -> Verdict:
        async def matches() -> bool:
            sealed = await self._store.find_activation_code(ctx, card.id)
            known = await self._vault.open(ctx.merchant_id, ACTIVATION, sealed) if sealed else b""
            return bool(known) and hmac.compare_digest(known, code.encode())

        return await self._lockout.attempt(ctx, LockoutKey(ACTIVATION, str(card.id)), USUAL_LIMIT, matches)

    async def activation_code(self, ctx: Context, card_id: int) -> str | None:
        """The code that came with the card, on record, once the carrier has delivered it; before that None.

        Raises CardUnknown, CardIsVirtual, CardNotIssuedYet or CardOperationNotOffered, in this order.
        """
        card, product = await self._card(ctx, card_id)
        check_physical(product, card)
        check_issued(card)
        check_offered(product, CardOperation.ACTIVATE)
        sealed = await self._store.find_activation_code(ctx, card_id)
        if sealed is None or not await self._logistics.was_delivered(ctx, card_id):
            return None
        subject, reason = f"card:{card_id}", f"{ShipmentStatus.DELIVERED}, asked for by the merchant"
        return (await self._vault.reveal(ctx, ACTIVATION, sealed, subject=subject, reason=reason)).decode()

    # ── locking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def lock(self, ctx: Context, card_id: int, reason: str | None) -> None:
        """Nothing can be spent until it is unlocked.

        Raises CardUnknown, CardOperationNotOffered, CardLockedAlready, CardIsCancelled, CardNotIssuedYet,
        CardOperationNotNow or LockingFailed.
        """

        async def decide() -> Decided[None]:
            card, product = await self._card(ctx, card_id)
            check_offered(product, CardOperation.LOCK)
            locked = card_moved(self._ids, ctx, card, CardEvent.LOCK, reason or BY_MERCHANT)
            await self._ask(ctx, card, self._issuer.lock, LockingFailed, LockingFailed)
            return locked

        await self._once(ctx, card_id, CardEvent.LOCK, decide)

    async def unlock(self, ctx: Context, card_id: int, reason: str | None) -> None:
        """The card works again.

        Raises CardUnknown, CardOperationNotOffered, CardNotLocked, CardIsCancelled, CardNotIssuedYet,
        IssuerLeftItLocked when the issuer refuses, or UnlockingFailed when it does not say.
        """

        async def decide() -> Decided[None]:
            card, product = await self._card(ctx, card_id)
            check_offered(product, CardOperation.UNLOCK)
            unlocked = card_moved(self._ids, ctx, card, CardEvent.UNLOCK, reason or BY_MERCHANT)
            await self._ask(ctx, card, self._issuer.unlock, IssuerLeftItLocked, UnlockingFailed)
            return unlocked

        await self._once(ctx, card_id, CardEvent.UNLOCK, decide)

    # ── transaction password ─────────────────────────────────────────────────────────────────────────────────────

    async def set_pin(self, ctx: Context, card_id: int, pin: str, repeated: str) -> None:
        """The transaction password is this one from now on; nobody can read it back, here or from a row.

        Raises CardUnknown, PinsDiffer, PinMalformed, CardOperationNotOffered, CardNotIssuedYet, CardOperationNotNow or
        PinNotChanged, in this order.
        """

        async def decide() -> Decided[None]:
            card, product = await self._card(ctx, card_id)
            _check_pin(pin, repeated)
            check_offered(product, CardOperation.PASSWORD)
            after = CARD.after(CardEvent.SET_PIN, card.id, card.status)
            stored = await self._passwords.hash(ctx.merchant_id, PIN, f"{card.id}:{pin}")
            await self._tell_pin(card, pin)
            pin_set = Transition(CARDS, card.id, frozenset({card.status}), after, {"pin": stored})
            return Decided(None, "card_pin_set", f"card:{card.id}", Part(transitions=(pin_set,)))

        await self._once(ctx, card_id, CardEvent.SET_PIN, decide)

    async def _tell_pin(self, card: Card, pin: str) -> None:
        """An answer that is lost needs no look: setting it again is all that helps either way."""
        try:
            await self._issuer.set_pin(card.reference, pin)
        except (ProviderRefused, ProviderUnavailable):
            raise PinNotChanged(card.id) from None

    # ── the operator ─────────────────────────────────────────────────────────────────────────────────────────────

    async def freeze(self, ctx: Context, card_id: int, reason: str | None) -> Card:
        """The operator stops the card, independently of the holder's lock; raises CardUnknown or
        CardOperationNotNow.
        """
        await self._once(ctx, card_id, CardEvent.FREEZE, lambda: self.frozen(ctx, card_id, reason))
        return await self._store.get_card(ctx, card_id)

    async def frozen(self, ctx: Context, card_id: int, reason: str | None) -> Decided[None]:
        """The decision to stop a card as it stands now; raises as `freeze` does."""
        card = await self._store.get_card(ctx, card_id)
        return card_frozen(self._ids, ctx, card, reason or BY_OPERATOR)

    async def unfreeze(self, ctx: Context, card_id: int, reason: str | None) -> Card:
        """The card gets the status that it had when it was frozen; raises CardUnknown, CardOperationNotNow, or
        CustomerFrozen while its holder is stopped.
        """
        await self._once(ctx, card_id, CardEvent.UNFREEZE, lambda: self.unfrozen(ctx, card_id, reason))
        return await self._store.get_card(ctx, card_id)

    async def unfrozen(self, ctx: Context, card_id: int, reason: str | None) -> Decided[None]:
        """The decision to let a card go as it stands now; raises as `unfreeze` does."""
        card = await self._store.get_card(ctx, card_id)
        told = reason or BY_OPERATOR
        freed = card_moved(self._ids, ctx, card, unfreezing(card.frozen_from), told)
        told_of = announce(self._ids, ctx, events.card_frozen(card, frozen=False, reason=told))
        return freed + Part(transitions=(not_frozen(card.customer_id),)) + told_of

    # ── shared ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _card(self, ctx: Context, card_id: int) -> tuple[Card, Product]:
        card = await self._store.get_card(ctx, card_id)
        return card, await self._catalogue.get(card.product_id)

    async def _ask(
        self,
        ctx: Context,
        card: Card,
        ask: Callable[[str], Awaitable[None]],
        refused: Callable[[int], Fact],
        lost: Callable[[int], Fact],
    ) -> None:
        """Have the issuer do it; raises `refused`, or `lost` when the outcome is unknown."""
        try:
            await ask(card.reference)
        except ProviderRefused:
            raise refused(card.id) from None
        except ProviderUnavailable:
            await self._reconciliation.look_later(ctx, card)
            raise lost(card.id) from None

    async def _once(self, ctx: Context, card_id: int, event: CardEvent, decide: Decide[None]) -> None:
        """Commit the decision under the request's key. The code or password of an event stays out of the fingerprint:
        it could be read off a stored one by trying them all."""
        await self._ledger.decide(ctx, ctx.request_key, fingerprint("card", event, card_id), decide)


def check_physical(product: Product, card: Card) -> None:
    """Raises CardIsVirtual."""
    if product.kind is ProductKind.VIRTUAL:
        raise CardIsVirtual(card.id)


def check_issued(card: Card) -> None:
    """Raises CardNotIssuedYet."""
    refusal = CARD.refusal(CardEvent.ACTIVATE, card.id, card.status)
    if isinstance(refusal, CardNotIssuedYet):
        raise refusal


def _check_verdict(verdict: Verdict, card: Card) -> None:
    if verdict is Verdict.LOCKED_OUT:
        raise ActivationLockedOut(card.id)
    if verdict is Verdict.WRONG:
        raise ActivationCodeWrong(card.id)


def _check_pin(pin: str, repeated: str) -> None:
    if pin != repeated:
        raise PinsDiffer
    if not PIN_FORM.fullmatch(pin):
        raise PinMalformed
