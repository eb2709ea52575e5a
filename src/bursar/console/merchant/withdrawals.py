"""The withdrawals of a merchant, and the form that asks for one."""

from typing import Final

from bursar.console.fields import number_of
from bursar.console.merchant.addresses import page_of
from bursar.console.merchant.visit import UserPage, UserVisit
from bursar.console.page import Moved, Shown
from bursar.ordering.service import WantedWithdrawal
from bursar.staff.merchant_roles import MerchantPermission
from bursar.wallet.withdrawals.model import WithdrawalFilter
from bursar.wallet.withdrawals.states import WithdrawalStatus

page: Final = UserPage("/withdrawals", MerchantPermission.WALLET_READ)
new: Final = UserPage("/withdrawals/new", MerchantPermission.WITHDRAWALS_ASK)
withdrawal: Final = UserPage("/withdrawals/{number}", MerchantPermission.WALLET_READ)


@page.shows
async def show(visit: UserVisit) -> Shown:
    """Withdrawals, newest first; `status` and `page` stand in the address."""
    status = visit.query.get("status", "")
    which = WithdrawalFilter(status=status if status in set(WithdrawalStatus) else None)
    found = await visit.services.money.withdrawals.list_page(visit.book, which, page_of(visit))
    may = visit.may(MerchantPermission.WITHDRAWALS_ASK)
    values = {"found": found, "statuses": list(WithdrawalStatus), "chosen": status, "may": may}
    return Shown("merchant/withdrawals.html", values)


@withdrawal.shows
async def show_one(visit: UserVisit) -> Shown:
    """One withdrawal; raises WithdrawalUnknown."""
    found = await visit.services.money.withdrawals.get(visit.book, number_of(visit.path["number"]))
    return Shown("merchant/withdrawal.html", {"found": found})


@new.shows
async def show_new(visit: UserVisit) -> Shown:
    """The form, with the coins that are paid out, their fees and limits."""
    money = visit.services.money
    pools = [pool for pool in await money.wallet.pools.list_all() if pool.withdrawable and pool.config is not None]
    accounts = [account for _, account in await money.merchants.merchants.accounts(visit.book)]
    return Shown("merchant/withdrawal_new.html", {"pools": pools, "accounts": accounts})


@new.change("ask")
async def ask(visit: UserVisit) -> Moved:
    """Ask for it; raises what `Ordering.withdraw` raises."""
    coin, _, chain_id = visit.form.get("coin", "").partition("/")
    wanted = WantedWithdrawal(coin, chain_id, visit.form.get("address", ""), visit.form.get("amount", ""))
    reason = visit.form.get("reason", "")
    done = await visit.services.money.ordering.ordering.withdraw(visit.book, visit.by, wanted, reason)
    if done.waits_for is None:
        return Moved(f"/withdrawals/{done.subject_id}", "note.sent")
    return Moved(f"/approvals/{done.waits_for.asked.id}", "note.waits")
