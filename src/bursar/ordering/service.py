"""Use cases by which users of a merchant ask for what takes money out: done at once, or when a checker approves it."""

from dataclasses import dataclass

from bursar.kernel.context import Context
from bursar.ordering.actions import SEND, WITHDRAW
from bursar.ordering.drafts import Drafts
from bursar.ordering.model import digest_of, sums_of
from bursar.staff.approvals.model import Performed
from bursar.staff.approvals.service import Approvals, Request
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.model import Principal
from bursar.staff.users.permissions import UserPermissions


@dataclass(frozen=True, slots=True)
class WantedWithdrawal:
    """A withdrawal as somebody types it; the amount as a text, so that nothing of it is lost."""

    coin: str
    chain_id: str
    address: str
    amount: str


class Ordering:
    """Asks for what takes money out. A repeat of a request is answered with the first one's outcome."""

    def __init__(self, approvals: Approvals, permissions: UserPermissions, drafts: Drafts) -> None:
        self._approvals = approvals
        self._permissions = permissions
        self._drafts = drafts

    async def withdraw(self, book: Context, by: Principal, wanted: WantedWithdrawal, reason: str) -> Performed:
        """Ask for a withdrawal.

        Raises PermissionMissing, TextUnusable, ArgumentsUnusable, NotForMerchant, MerchantSuspended, and as
        `Withdrawals.withdraw` does.
        """
        arguments = {
            "coin": wanted.coin,
            "chain_id": wanted.chain_id,
            "address": wanted.address.strip(),
            "amount": wanted.amount.strip(),
        }
        return await self._approvals.perform(book, by, Request(WITHDRAW, arguments, reason))

    async def send(self, book: Context, by: Principal, draft_id: int, reason: str) -> Performed:
        """Ask for all orders of a batch that was brought as a file, as its rows are now.

        Raises PermissionMissing, TextUnusable, NotForMerchant, MerchantSuspended, DraftUnknown, DraftWaits, DraftEnded,
        DraftChanged, and the refusal of the first row that does not pass.
        """
        await self._permissions.check(book, by, MerchantPermission.PAYOUTS_ASK, f"payout_draft:{draft_id}")
        draft = await self._drafts.open_draft(book, by, draft_id)
        rows = await self._drafts.rows_of(book, draft)
        judged = await self._drafts.judge(book, draft, rows)
        for _, fault in judged.rows:
            if fault is not None:
                raise fault
        arguments = {
            "draft_id": draft.id,
            "revision": draft.revision,
            "digest": digest_of(rows),
            "rows": len(rows),
            "sums": dict(sums_of(judged.totals)),
        }
        return await self._approvals.perform(book, by, Request(SEND, arguments, reason))
