"""A merchant whose users order payouts and withdrawals, in one process of a live install."""

import io
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook

from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.check import check
from bursar.ledger.model import Operation, Transfer, fingerprint
from bursar.ledger.store import Books
from bursar.merchants.payout import postings
from bursar.ordering.model import Draft
from bursar.ordering.service import WantedWithdrawal
from bursar.payouts.payees.model import DocumentKind, NewPayee, Payee, PayeeRef
from bursar.sandbox.chain import SandboxChain
from bursar.staff.approvals.model import Approval, Performed
from bursar.staff.model import Principal
from tests.administration.conftest import Desk
from tests.administration.test_users import User, user
from tests.payees.treasury import details, md5, png

HEAD = "order_number,payee_reference,amount,currency"
CONFIG = {
    "per_tx_min": "10",
    "per_tx_max": "5000",
    "limit_1h": "10000",
    "limit_24h": "50000",
    "fee": "1",
    "deposit_min": "1",
}
WATCHED = (
    "payout",
    "payout_batch",
    "withdrawal",
    "payout_draft",
    "payout_draft_row",
    "approval",
    "approval_decision",
    "ledger_operation",
    "ledger_entry",
    "job",
)


@dataclass
class Shop:
    """One merchant, and who orders for it."""

    desk: Desk
    number: int
    people: dict[str, User] = field(default_factory=dict)

    async def open(self) -> None:
        """Money, a pool, and a payee."""
        await self.fund(postings.funded(Money.parse("1000", "SAR")), "SAR")
        usdt = Money.parse("500", "USDT")
        clearing, available = chart.funding_clearing("USDT"), chart.merchant_available("USDT")
        await self.fund(Transfer("fund", clearing, available, usdt), "USDT")
        await self.desk.agreed("pool_limits.change", coin="USDT", chain="ethereum", settings={"config": CONFIG})
        await self.desk.perform("pools.change", coin="USDT", chain="ethereum", settings={"withdrawable": True})
        await self.payee("huda")

    async def fund(self, transfer: Transfer, key: str) -> None:
        """Money, as if it had come in."""
        operation = Operation(key, fingerprint(key), "fund", "x:1", transfers=(transfer,))
        await self.desk.ground.ledger.commit(self.ctx(), operation)

    async def payee(self, reference: str, *, payable: bool = True) -> Payee:
        """A payee with a bank account, who may be paid once a document was looked at."""
        payees = self.desk.rooms.payees.payees
        payee = await payees.create(self.ctx(), NewPayee(reference, details(), False))
        if not payable:
            return payee
        photo = png()
        payee = await payees.add_document(self.ctx(), PayeeRef(payee.id), DocumentKind.IDENTITY, photo, md5(photo))
        return await payees.approve(self.ctx(), payee.id)

    def ctx(self, by: Principal | None = None, key: str | None = None) -> Context:
        """A request in the merchant's book; a new one unless its key is named."""
        return self.desk.ctx(*(() if by is None else (by,)), key=key).of(self.number)

    async def user(self, name: str, *roles: str) -> User:
        """Somebody of the merchant."""
        self.people[name] = await user(self.desk, self.number, name, *roles)
        return self.people[name]

    async def signed_in(self, name: str, *roles: str) -> Principal:
        """Somebody of the merchant who has just signed in."""
        found = self.people.get(name) or await self.user(name, *roles)
        return await found.sign_in()

    # ── ordering ─────────────────────────────────────────────────────────────────────────────────────────────────

    def beside(self, desk: Desk) -> "Shop":
        """The same merchant in another process."""
        return Shop(desk, self.number, self.people)

    async def brought(self, by: Principal, *rows: str, head: str = HEAD, key: str | None = None) -> Draft:
        """A batch from a CSV file."""
        content = "\n".join((head, *rows)).encode()
        return await self.desk.rooms.ordering.drafts.bring(self.ctx(by, key), by, "salaries.csv", content)

    async def sent(self, by: Principal, draft: Draft, key: str | None = None) -> Approval:
        """The request for a batch, which waits for a checker."""
        return waiting(await self.desk.rooms.ordering.ordering.send(self.ctx(by, key), by, draft.id, "salaries"))

    async def withdraw(self, by: Principal, amount: str = "100", key: str | None = None) -> Performed:
        """Ask for a withdrawal."""
        wanted = WantedWithdrawal("USDT", "ethereum", self.outsider(), amount)
        return await self.desk.rooms.ordering.ordering.withdraw(self.ctx(by, key), by, wanted, "to the exchange")

    def outsider(self) -> str:
        """An address of somebody outside."""
        chain = self.desk.rooms.wallet.chains["ethereum"]
        assert isinstance(chain, SandboxChain)
        return chain.outsider("alice")

    async def approve(self, by: Principal, approval: Approval) -> Approval:
        """Carry out what somebody has asked for."""
        return await self.desk.rooms.users.approvals.approve(self.ctx(by), by, approval.asked.id)

    async def faults(self, by: Principal, draft: Draft) -> list[str]:
        """The name of each row's refusal, or an empty text."""
        judged = await self.desk.rooms.ordering.drafts.what_if(self.ctx(by), by, draft.id)
        return ["" if fault is None else type(fault).__name__ for _, fault in judged.rows]

    # ── looked at ────────────────────────────────────────────────────────────────────────────────────────────────

    async def balances(self) -> dict[str, str]:
        """The merchant's accounts that are not empty."""
        codes = ("payout:available", "payout:frozen", "merchant:available", "merchant:frozen")
        rows = await Books(self.desk.database).balances(self.number, codes, None)
        return {f"{row.code} {row.balance.asset}": str(row.balance) for row in rows if row.balance}

    async def orders(self) -> list[tuple[Any, ...]]:
        """The payment orders: the merchant's numbers, amounts and batches."""
        return await self.desk.sql(
            "SELECT payee_uid, amount::bigint, batch_id FROM payout WHERE merchant_id = %(id)s ORDER BY payee_uid",
            id=self.number,
        )

    async def everything(self) -> str:
        """All that an order could change."""
        return await self.desk.table(*WATCHED)

    async def check_books(self) -> None:
        """The books hold, and so does the audit."""
        proof = await check(self.desk.database)
        assert proof.balanced, proof.differences
        found = await self.desk.room.verification.verify(self.desk.ctx(), self.desk.console)
        assert found.holds, found.differences


def waiting(performed: Performed) -> Approval:
    """The approval that something waits for."""
    assert performed.waits_for is not None
    return performed.waits_for


def workbook(*rows: tuple[object, ...]) -> bytes:
    """A workbook with one sheet."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
