"""Customers, cards, orders, payouts, withdrawals, deposits and payees of all merchants."""

from functools import partial
from typing import TypeVar

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_instant, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.objects import (
    CardOut,
    CardQuery,
    CustomerOut,
    CustomerQuery,
    DepositOut,
    DepositQuery,
    ObjectOut,
    ObjectQuery,
    OrderOut,
    OrderQuery,
    PayeeOut,
    PayeeQuery,
    PayoutOut,
    PayoutQuery,
    SecretsOut,
    WithdrawalOut,
    WithdrawalQuery,
)
from bursar.api.operator.schemas.wire import Change, Id, Listed
from bursar.cards.errors import CardDetailsMissing, CardOperationNotNow, CustomerHasManyCards
from bursar.customers.errors import CustomerFrozen, CustomerNotFrozen
from bursar.lookup.errors import NothingToReveal, ObjectUnknown
from bursar.lookup.objects.model import (
    CARD,
    CUSTOMER,
    DEPOSIT,
    ORDER,
    PAYEE,
    PAYOUT,
    WITHDRAWAL,
    ObjectKind,
    SeenObject,
)
from bursar.payouts.payees.errors import PayeeDeleted
from bursar.staff.errors import SecondFactorStale
from bursar.staff.roles import Permission

route = Route("Objects", "Customers, cards, orders, payouts, withdrawals, deposits and payees of all merchants.")

T = TypeVar("T", bound=ObjectOut)
S = TypeVar("S", bound=SeenObject)


async def _listed(call: Call, query: ObjectQuery, kind: ObjectKind[S], form: type[T]) -> Listed[T]:
    behind = read_instant(query.after, query.sort)
    found = await call.services.objects.list_page(
        call.ctx, call.by, kind, query.filter, behind=behind, limit=query.limit + 1
    )
    return page(found, query.limit, form.of, partial(_cursor, query.sort))


async def _revealed(call: Call, kind: ObjectKind[SeenObject], number: int, body: Change) -> SecretsOut:
    secrets = await call.services.reveals.reveal(call.ctx, call.by, kind, number, body.reason)
    return SecretsOut(secrets=dict(secrets))


def _cursor(sort: str, seen: SeenObject) -> str:
    return write_cursor(sort, seen.created_at.isoformat(), seen.id)


@route.get("/customers", Permission.CUSTOMERS_READ)
async def list_customers(call: Call, query: CustomerQuery) -> Listed[CustomerOut]:
    """List customers, newest first."""
    return await _listed(call, query, CUSTOMER, CustomerOut)


@route.get("/customers/{customer_id}", Permission.CUSTOMERS_READ, refuses=(ObjectUnknown,))
async def get_customer(call: Call, customer_id: Id) -> CustomerOut:
    """Show a customer."""
    return CustomerOut.of(await call.services.objects.get(call.ctx, call.by, CUSTOMER, customer_id))


@route.post(
    "/customers/{customer_id}/freeze",
    Permission.CUSTOMERS_FREEZE,
    refuses=(ObjectUnknown, CustomerFrozen, CustomerHasManyCards),
)
async def freeze_customer(call: Call, customer_id: Id, body: Change) -> DoneOut | Waits:
    """Stop a customer and freeze all of their cards; the merchant is told the reason for each.

    Cards and recharges that were ordered wait until the customer goes on.
    """
    return call.outcome(await call.services.objects.freeze(call.ctx, call.by, CUSTOMER, customer_id, body.reason))


@route.post(
    "/customers/{customer_id}/unfreeze", Permission.CUSTOMERS_FREEZE, refuses=(ObjectUnknown, CustomerNotFrozen)
)
async def unfreeze_customer(call: Call, customer_id: Id, body: Change) -> DoneOut | Waits:
    """Let a customer go on. Their cards stay frozen until each is unfrozen."""
    return call.outcome(await call.services.objects.unfreeze(call.ctx, call.by, CUSTOMER, customer_id, body.reason))


@route.post(
    "/customers/{customer_id}/reveal",
    Permission.SECRETS_REVEAL,
    once=True,
    refuses=(ObjectUnknown, SecondFactorStale, NothingToReveal),
)
async def reveal_customer(call: Call, customer_id: Id, body: Change) -> SecretsOut:
    """Show e-mail address, phone number, birthday and address of a customer.

    The session must have proved a second factor within five minutes; a token cannot. Each is a record of the audit.
    """
    return await _revealed(call, CUSTOMER, customer_id, body)


@route.get("/cards", Permission.CARDS_READ)
async def list_cards(call: Call, query: CardQuery) -> Listed[CardOut]:
    """List cards, newest first."""
    return await _listed(call, query, CARD, CardOut)


@route.get("/cards/{card_id}", Permission.CARDS_READ, refuses=(ObjectUnknown,))
async def get_card(call: Call, card_id: Id) -> CardOut:
    """Show a card."""
    return CardOut.of(await call.services.objects.get(call.ctx, call.by, CARD, card_id))


@route.post("/cards/{card_id}/freeze", Permission.CARDS_FREEZE, refuses=(ObjectUnknown, CardOperationNotNow))
async def freeze_card(call: Call, card_id: Id, body: Change) -> DoneOut | Waits:
    """Stop a card, independently of its holder's lock; the merchant is told the reason."""
    return call.outcome(await call.services.objects.freeze(call.ctx, call.by, CARD, card_id, body.reason))


@route.post(
    "/cards/{card_id}/unfreeze", Permission.CARDS_FREEZE, refuses=(ObjectUnknown, CardOperationNotNow, CustomerFrozen)
)
async def unfreeze_card(call: Call, card_id: Id, body: Change) -> DoneOut | Waits:
    """Let a card go on as it stood when it was stopped."""
    return call.outcome(await call.services.objects.unfreeze(call.ctx, call.by, CARD, card_id, body.reason))


@route.post(
    "/cards/{card_id}/reveal",
    Permission.SECRETS_REVEAL,
    once=True,
    refuses=(ObjectUnknown, SecondFactorStale, CardDetailsMissing),
)
async def reveal_card(call: Call, card_id: Id, body: Change) -> SecretsOut:
    """Show number and security code of a card.

    The session must have proved a second factor within five minutes; a token cannot. Each is a record of the audit.
    """
    return await _revealed(call, CARD, card_id, body)


@route.get("/orders", Permission.ORDERS_READ)
async def list_orders(call: Call, query: OrderQuery) -> Listed[OrderOut]:
    """List orders to open or to recharge a card, newest first."""
    return await _listed(call, query, ORDER, OrderOut)


@route.get("/orders/{order_id}", Permission.ORDERS_READ, refuses=(ObjectUnknown,))
async def get_order(call: Call, order_id: Id) -> OrderOut:
    """Show an order to open or to recharge a card."""
    return OrderOut.of(await call.services.objects.get(call.ctx, call.by, ORDER, order_id))


@route.get("/payouts", Permission.PAYOUTS_READ)
async def list_payouts(call: Call, query: PayoutQuery) -> Listed[PayoutOut]:
    """List payment orders, newest first."""
    return await _listed(call, query, PAYOUT, PayoutOut)


@route.get("/payouts/{payout_id}", Permission.PAYOUTS_READ, refuses=(ObjectUnknown,))
async def get_payout(call: Call, payout_id: Id) -> PayoutOut:
    """Show a payment order."""
    return PayoutOut.of(await call.services.objects.get(call.ctx, call.by, PAYOUT, payout_id))


@route.get("/withdrawals", Permission.WITHDRAWALS_READ)
async def list_withdrawals(call: Call, query: WithdrawalQuery) -> Listed[WithdrawalOut]:
    """List withdrawals, newest first."""
    return await _listed(call, query, WITHDRAWAL, WithdrawalOut)


@route.get("/withdrawals/{withdrawal_id}", Permission.WITHDRAWALS_READ, refuses=(ObjectUnknown,))
async def get_withdrawal(call: Call, withdrawal_id: Id) -> WithdrawalOut:
    """Show a withdrawal."""
    return WithdrawalOut.of(await call.services.objects.get(call.ctx, call.by, WITHDRAWAL, withdrawal_id))


@route.get("/deposits", Permission.DEPOSITS_READ)
async def list_deposits(call: Call, query: DepositQuery) -> Listed[DepositOut]:
    """List deposits, newest first."""
    return await _listed(call, query, DEPOSIT, DepositOut)


@route.get("/deposits/{deposit_id}", Permission.DEPOSITS_READ, refuses=(ObjectUnknown,))
async def get_deposit(call: Call, deposit_id: Id) -> DepositOut:
    """Show a deposit."""
    return DepositOut.of(await call.services.objects.get(call.ctx, call.by, DEPOSIT, deposit_id))


@route.get("/payees", Permission.PAYEES_READ)
async def list_payees(call: Call, query: PayeeQuery) -> Listed[PayeeOut]:
    """List payees, newest first."""
    return await _listed(call, query, PAYEE, PayeeOut)


@route.get("/payees/{payee_id}", Permission.PAYEES_READ, refuses=(ObjectUnknown,))
async def get_payee(call: Call, payee_id: Id) -> PayeeOut:
    """Show a payee."""
    return PayeeOut.of(await call.services.objects.get(call.ctx, call.by, PAYEE, payee_id))


@route.post(
    "/payees/{payee_id}/reveal",
    Permission.SECRETS_REVEAL,
    once=True,
    refuses=(ObjectUnknown, SecondFactorStale, NothingToReveal, PayeeDeleted),
)
async def reveal_payee(call: Call, payee_id: Id, body: Change) -> SecretsOut:
    """Show IBAN, identity, card number and account of a payee.

    The session must have proved a second factor within five minutes; a token cannot. Each is a record of the audit.
    """
    return await _revealed(call, PAYEE, payee_id, body)
