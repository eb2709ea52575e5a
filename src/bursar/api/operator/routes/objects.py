"""Customers, cards, orders, payouts, withdrawals, deposits and payees of all merchants."""

from functools import partial
from typing import TypeVar

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_instant, write_cursor
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
    WithdrawalOut,
    WithdrawalQuery,
)
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.lookup.errors import ObjectUnknown
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


@route.get("/cards", Permission.CARDS_READ)
async def list_cards(call: Call, query: CardQuery) -> Listed[CardOut]:
    """List cards, newest first."""
    return await _listed(call, query, CARD, CardOut)


@route.get("/cards/{card_id}", Permission.CARDS_READ, refuses=(ObjectUnknown,))
async def get_card(call: Call, card_id: Id) -> CardOut:
    """Show a card."""
    return CardOut.of(await call.services.objects.get(call.ctx, call.by, CARD, card_id))


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
