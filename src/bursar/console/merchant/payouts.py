"""The payment orders of a merchant."""

from typing import Final

from bursar.console.fields import number_of
from bursar.console.merchant.addresses import page_of
from bursar.console.merchant.visit import UserPage, UserVisit
from bursar.console.page import Shown
from bursar.payouts.model import OrderStatus, PayoutFilter
from bursar.staff.merchant_roles import MerchantPermission

TEXT_CHARS_MAX: Final = 100

page: Final = UserPage("/payouts", MerchantPermission.PAYOUTS_READ)
payout: Final = UserPage("/payouts/{number}", MerchantPermission.PAYOUTS_READ)


@page.shows
async def show(visit: UserVisit) -> Shown:
    """Orders, newest first; `status`, the merchant's `order_number`, `batch` and `page` stand in the address."""
    status, wanted = visit.query.get("status", ""), visit.query.get("order_number", "").strip()[:TEXT_CHARS_MAX]
    batch = visit.query.get("batch", "").strip()[:TEXT_CHARS_MAX]
    which = PayoutFilter(
        statuses=(status,) if status in set(OrderStatus) else None,
        payee_uids=(wanted,) if wanted else None,
        batch_id=batch or None,
    )
    found = await visit.services.money.payouts.list_page(visit.book, which, page_of(visit))
    payees = await visit.services.money.payouts.payees_of(visit.book, found.rows)
    values = {
        "found": found,
        "payees": payees,
        "statuses": list(OrderStatus),
        "chosen": status,
        "wanted": wanted,
        "batch": batch,
    }
    return Shown("merchant/payouts.html", values)


@payout.shows
async def show_one(visit: UserVisit) -> Shown:
    """One order with the payee as it stood; raises PayoutUnknown."""
    order = await visit.services.money.payouts.get(visit.book, number_of(visit.path["number"]))
    payees = await visit.services.money.payouts.payees_of(visit.book, [order])
    return Shown("merchant/payout.html", {"order": order, "payee": payees[order.id]})
