"""The balances of a merchant, the coins that came in, and the addresses at which they do."""

from typing import Final

from bursar.console.merchant.addresses import page_of
from bursar.console.merchant.visit import UserPage, UserVisit
from bursar.console.page import Shown
from bursar.kernel.paging import PageRequest
from bursar.staff.merchant_roles import MerchantPermission
from bursar.wallet.model import DepositFilter, DepositStatus

ADDRESSES: Final = 20
"""Of the newest ones."""

page: Final = UserPage("/wallet", MerchantPermission.WALLET_READ)


@page.shows
async def show(visit: UserVisit) -> Shown:
    """Balances, and deposits, newest first; `status` and `page` stand in the address."""
    money, book, status = visit.services.money, visit.book, visit.query.get("status", "")
    which = DepositFilter(statuses=(status,) if status in set(DepositStatus) else None)
    values = {
        "coins": [account for _, account in await money.merchants.merchants.accounts(book)],
        "accounts": await money.merchants.payout.accounts(book),
        "found": await money.wallet.deposits.list_page(book, which, page_of(visit)),
        "addresses": (await money.wallet.addresses.list_page(book, None, None, PageRequest(1, ADDRESSES))).rows,
        "statuses": list(DepositStatus),
        "chosen": status,
    }
    return Shown("merchant/wallet.html", values)
