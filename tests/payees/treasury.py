"""A merchant with money to pay out, its payees and its bank, on a real database, for tests."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, LiteralString, cast

from PIL import Image

from bursar.api.payout.statements import StatementLayout
from bursar.db.database import Database
from bursar.exchange.service import Exchange
from bursar.files.service import Files
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.ledger.check import check
from bursar.ledger.store import Books
from bursar.merchants.assembly import build_merchants
from bursar.merchants.model import MerchantChange
from bursar.merchants.payout.model import FeeBearer, PayoutChange, PayoutFee
from bursar.merchants.payout.service import NewPayoutMerchant
from bursar.merchants.service import NewMerchant
from bursar.messages.assembly import build_messages
from bursar.otp.service import Otp
from bursar.payouts.assembly import build_payouts
from bursar.payouts.model import NewPayout, Payout
from bursar.payouts.open_orders import OpenPayouts
from bursar.payouts.payees.assembly import build_payees
from bursar.payouts.payees.model import DocumentKind, NewPayee, Payee, PayeeDetails, PayeeRef
from bursar.payouts.ports import Bank
from bursar.payouts.statements.assembly import build_statements
from bursar.payouts.statements.service import StatementDependencies
from bursar.providers.storage.folder import StorageFolder
from bursar.sandbox.assembly import Sandbox
from bursar.sandbox.exchange import SANDBOX_EXCHANGE
from bursar.sandbox.faults import PlantedFault
from bursar.worker.loop import Worker
from bursar.worker.model import Policy
from tests.ground import MASTER_KEY, outside_of

MERCHANT = 1
WATCHED = (
    "payee",
    "payee_count",
    "payee_batch",
    "payee_code",
    "payee_revision",
    "payout",
    "payout_batch",
    "payout_contradiction",
    "file",
    "ledger_operation",
    "ledger_entry",
    "job",
    "webhook_delivery",
)
GOOD_IBAN = "SA0380000000608010167519"
GOOD_BANK = "118c3"
GOOD_CARD = "4539578763621486"
PAID_IBAN, FAILED_IBAN, REJECTED_IBAN = (f"SA000000000000000000000{n}" for n in (1, 3, 5))
NORMAL_STC, REJECTED_STC = "510000001", "510000004"


@dataclass
class Treasury:
    """One process of ours, as merchant 1 meets it."""

    database: Database
    ids: Ids
    clock: ManualClock
    folder: Path
    name: str = "a"
    _keys: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        sandbox = Sandbox.of(self.database)
        self.ground = ground = sandbox.ground(self.ids, self.clock, MASTER_KEY)
        self.ledger, self.vault = ground.ledger, ground.vault
        self.faults, self.outbox = sandbox.faults, sandbox.outbox(self.clock)
        self.outside = outside = outside_of(ground, sandbox, self.folder)
        merchants = build_merchants(ground)
        self.merchants, self.settings = merchants.merchants, merchants.payout
        self.files = Files(ground, outside.storage)
        self.exchange = Exchange(ground)
        self.bank = self.make_bank()
        messages = build_messages(ground, outside.mail, outside.sms)
        self.otp = Otp(ground, self.settings, messages.sms, messages.receipts, test_numbers=outside.test_numbers)
        self.payee_room = build_payees(ground, merchants, self.files, self.otp, outside.test_accounts, OpenPayouts())
        self.payees, self.payee_batches = self.payee_room.payees, self.payee_room.batches
        self.verification = self.payee_room.verification
        self.payout_room = build_payouts(ground, merchants, self.payees, self.exchange, self.bank)
        self.progress, self.payouts = self.payout_room.progress, self.payout_room.payouts
        self.payout_batches, self.jobs = self.payout_room.batches, self.payout_room.jobs
        self.storage, self.days = StorageFolder(self.folder), self.payout_room.days
        self.statement_room = build_statements(
            StatementDependencies(
                ground, self.merchants, self.days, outside.storage, StatementLayout(), self.folder / "under-way"
            )
        )
        self.statements = self.statement_room.statements

    def make_bank(self) -> Bank:
        """The rail that payouts leave by."""
        return self.outside.bank

    async def open(self, **funds: str) -> None:
        """The merchant, with money to pay out; 1,000 SAR unless said otherwise."""
        new = NewMerchant("Demo", ("payout",), "key", "secret", "public", (Money.zero("USDT"),))
        await self.merchants.add(self.ctx(), new)
        money = tuple(Money.parse(amount, currency) for currency, amount in (funds or {"SAR": "1000"}).items())
        await self.settings.add(
            self.ctx(), NewPayoutMerchant("payout-key", "public", b"system", ("Bursar", "Demo"), money)
        )
        for (source, target), rate in SANDBOX_EXCHANGE.items():
            await self.exchange.set_rate(self.ctx(), source, target, rate)

    def ctx(self, key: str | None = None) -> Context:
        """A request; a new one unless its key is named."""
        return Context(MERCHANT, self.clock, key or f"{self.name}-{next(self._keys)}", "test")

    # ── payees ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def payee(self, reference: str | None = None, *, auto: bool = False, **said: str) -> Payee:
        """A new payee, still without documents."""
        return await self.payees.create(self.ctx(), NewPayee(reference, details(**said), auto))

    async def normal(self, reference: str | None = None, **said: str) -> Payee:
        """A payee that can be paid."""
        payee = await self.payee(reference, **said)
        payee = await self.photographed(payee)
        return payee if payee.status == "normal" else await self.payees.approve(self.ctx(), payee.id)

    async def photographed(self, payee: Payee, kind: DocumentKind = DocumentKind.IDENTITY) -> Payee:
        """With a photo of a document."""
        return await self.payees.add_document(self.ctx(), PayeeRef(payee.id), kind, png(), md5(png()))

    async def read(self, payee_id: int) -> Payee:
        """How the payee stands."""
        return await self.payees.get(self.ctx(), PayeeRef(payee_id))

    # ── money ────────────────────────────────────────────────────────────────────────────────────────────────────

    def asked(
        self, payee: Payee, uid: str, amount: str = "100", currency: str = "SAR", method: str = "bank_transfer"
    ) -> NewPayout:
        """An order for a payee."""
        return NewPayout(PayeeRef(payee.id), uid, Decimal(amount), currency, method)

    async def order(self, payee: Payee, uid: str, amount: str = "100", currency: str = "SAR", **said: str) -> Payout:
        """A payment order."""
        return await self.payouts.create(self.ctx(), self.asked(payee, uid, amount, currency, **said))

    async def set_fee(self, rate: str = "0", fixed: str = "0", minimum: str = "0", bearer: str = "payee") -> None:
        """What payouts cost from now on."""
        fee = PayoutFee(0, Decimal(rate), Decimal(fixed), Decimal(minimum), FeeBearer(bearer))
        await self.settings.change(self.ctx(), PayoutChange(fee=fee))

    async def change(self, **change: Any) -> None:
        """Other settings of the payout side."""
        await self.settings.change(self.ctx(), PayoutChange(**change))

    async def quota(self, payees: int) -> None:
        """The merchant may have that many payees."""
        await self.merchants.change(self.ctx(), MerchantChange(quotas={"payees": payees}))

    async def balances(self, *, asset: str | None = None) -> dict[str, str]:
        """Every account of the payout side that is not empty."""
        codes = ("payout:available", "payout:frozen", "clearing:bank", "platform:fees", "platform:conversion")
        rows = await Books(self.database).balances(MERCHANT, codes, asset)
        return {f"{row.code} {row.balance.asset}": str(row.balance) for row in rows if row.balance}

    async def check_books(self) -> None:
        """The books hold."""
        proof = await check(self.database)
        assert proof.balanced, proof.differences

    # ── the world ────────────────────────────────────────────────────────────────────────────────────────────────

    async def fault(self, where: str, outcome: str, times: int = 1) -> None:
        """The next calls there go wrong."""
        await self.faults.plant(PlantedFault(where, outcome, times))

    def worker(self) -> Worker:
        """Runs the work that payees and payouts cause."""
        handlers = (*self.payee_room.handlers, *self.payout_room.handlers, *self.statement_room.handlers)
        policies = dict.fromkeys([handler.payload for handler in handlers], Policy(attempts_max=2_000))
        return Worker(self.database, self.clock, handlers, policies)

    async def table(self, table: str) -> str:
        """A table as text."""
        text = f"SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM {table} AS t"
        async with self.database.connection() as connection:
            row = await (await connection.execute(cast(LiteralString, text))).fetchone()
        return str(row[0]) if row else ""

    async def rows(self, tables: Iterable[str] = WATCHED) -> dict[str, str]:
        """Everything that a use case could have changed, to compare with."""
        return {table: await self.table(table) for table in tables}

    async def count(self, table: str, condition: str = "true") -> int:
        """Rows of a table."""
        async with self.database.connection() as connection:
            text = f"SELECT count(*) FROM {table} WHERE {condition}"
            row = await (await connection.execute(cast(LiteralString, text))).fetchone()
        return int(row[0]) if row else 0

    async def announced(self) -> list[tuple[str, str, str]]:
        """What the merchant was told: object, status before, status after; oldest first."""
        text = "SELECT object, detail->>'before', detail->>'status' FROM webhook_delivery ORDER BY id"
        async with self.database.connection() as connection:
            return await (await connection.execute(cast(LiteralString, text))).fetchall()


def details(**said: str) -> PayeeDetails:
    """What a merchant says about a payee with a bank account, unless another account is said."""
    given = {"name_en": "Huda Alharbi", "name_ar": "هدى الحربي", "identity": "1098765432"}
    if "stc_account" not in said or "iban" in said:
        given |= {"bank_code": GOOD_BANK, "iban": GOOD_IBAN, "card_number": GOOD_CARD}
    return replace(PayeeDetails(), **{**given, **said})


def png(side: int = 4, colour: str = "navy", kind: str = "PNG") -> bytes:
    """A small picture."""
    content = BytesIO()
    Image.new("RGB", (side, side), colour).save(content, kind)
    return content.getvalue()


def md5(content: bytes) -> str:
    """As a merchant sends it along."""
    return hashlib.md5(content).hexdigest()
