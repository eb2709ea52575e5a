"""A merchant that pays through files, and the bank's side of the folders."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import etree

from bursar.kernel.due import Again, Payload
from bursar.kernel.money import Money
from bursar.kernel.paging import PageRequest
from bursar.main.work import FILE_POLICY
from bursar.payouts.model import Outcome, Payout
from bursar.payouts.payees.model import Method, Payee
from bursar.payouts.ports import Bank, Beneficiary, Payment
from bursar.payouts.progress import reference_of
from bursar.providers.bank_files import FileBank
from bursar.providers.bank_files.assembly import FileRail
from bursar.providers.bank_files.due import CollectFiles, CutOff, DeliverFile, ReportFile, SettleEntry
from bursar.providers.bank_files.folder import FolderMailbox
from bursar.providers.bank_files.mailbox import Mailbox
from bursar.providers.bank_files.model import PAYMENTS_MAX
from bursar.providers.bank_files.settings import BankSettings, FolderSettings
from bursar.providers.bank_files.settlement import Verdict
from bursar.worker.handlers import by_kind
from bursar.worker.loop import Worker
from tests.payees.treasury import GOOD_IBAN, Treasury

SETTINGS = """
[debtor]
name = "Bursar Trading Co."
id = "4711"

[accounts.SAR]
iban = "SA4420000001234567891234"
bic = "RIBLSARI"
cut_offs = ["11:00", "15:30"]

[accounts.KWD]
iban = "KW81CBKU0000000000001234560101"
bic = "CBKUKWKW"
cut_offs = ["15:30"]
"""
NOON_RIYADH = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
"""An hour after the first cut-off of the day."""


def settings_in(folder: Path, **more: Any) -> BankSettings:
    """The bank of the tests, whose folders are below `folder`."""
    said = {**tomllib.loads(SETTINGS), "folder": {"path": folder}, **more}
    return BankSettings.model_validate(said)


def payment(reference: str = "P1", amount: str = "100", currency: str = "SAR", **said: Any) -> Payment:
    """A payment as payouts hand it in."""
    to = Beneficiary("Huda Alharbi", GOOD_IBAN, "118c3", "CBKUKWKW", "King Fahd Road, Riyadh", None)
    return Payment(
        1, reference, said.pop("method", Method.BANK_TRANSFER), Money.parse(amount, currency), replace(to, **said)
    )


@dataclass
class RailTreasury(Treasury):
    """One process of ours whose payouts leave in files."""

    payments_max: int = PAYMENTS_MAX
    mailbox: Mailbox | None = None

    def make_bank(self) -> Bank:
        at_bank = self.folder.parent / "bank"
        settings = settings_in(at_bank)
        assert isinstance(settings.post, FolderSettings)
        mailbox = self.mailbox or FolderMailbox(settings.post)
        bank = FileBank(self.database, settings, self.clock)
        self.rail = FileRail(self.ground, settings, bank, mailbox, self.merchants)
        return bank

    @property
    def at_bank(self) -> Path:
        """Where the bank looks."""
        return self.folder.parent / "bank"

    def worker(self) -> Worker:
        """Runs the work of payouts and of the rail."""
        rail = self.rail.handlers(self.progress)
        policies = dict.fromkeys([handler.payload for handler in rail], FILE_POLICY)
        return Worker(self.database, self.clock, (*self.payout_room.handlers, *rail), policies)

    async def job(self, due: Payload) -> Again | None:
        """One attempt at a job."""
        handlers = by_kind(self.rail.handlers(self.progress, self.payments_max))
        return await handlers[due.kind].run(replace(self.ctx(), merchant_id=0), due)

    # ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def sent(self, payee: Payee, uid: str, amount: str = "100", currency: str = "SAR") -> Payout:
        """An order that was handed to the rail."""
        order = await self.order(payee, uid, amount, currency)
        await self.progress.approve(self.ctx(), order.id)
        return await self.progress.send(self.ctx(), order.id)

    async def cut_off(self) -> list[Path]:
        """The look at the clock, and delivery of what was sealed; every file at the bank."""
        await self.job(CutOff())
        for file_id in await self.numbers("SELECT id FROM bank_file WHERE delivered_at IS NULL ORDER BY id"):
            await self.job(DeliverFile(file_id))
        return self.files_in("out")

    async def numbers(self, query: str) -> list[Any]:
        """The first column of what a query finds."""
        async with self.database.connection() as connection:
            return [row[0] for row in await (await connection.execute(query)).fetchall()]  # type: ignore[call-overload]

    # ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def put(self, name: str, content: str | bytes) -> None:
        """The bank puts a file into its folder."""
        folder = self.at_bank / "in"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    async def collect(self) -> None:
        """Two looks, and payouts are told what was read."""
        for _ in range(2):
            await self.job(CollectFiles())
        for digest in await self.numbers("SELECT digest FROM bank_answer WHERE state = 'read'"):
            while await self.job(ReportFile(digest)):
                pass

    def files_in(self, folder: str) -> list[Path]:
        """What is in one of the folders."""
        return sorted((self.at_bank / folder).iterdir()) if (self.at_bank / folder).is_dir() else []

    async def unmatched(self) -> list[tuple[str, str]]:
        """What an operator has to look at: reference and problem, oldest first."""
        rows = await self.rail.bank.list_unmatched()
        return [(row.reference, row.problem) for row in reversed(rows)]

    async def settle(self, entry_id: int, reference: str | None = None, outcome: Outcome | None = None) -> None:
        """An operator settles an entry, and payouts are told."""
        settlement = self.rail.settlement(self.progress)
        await settlement.settle(self.ctx(), Verdict(entry_id, "seen on the statement", "huda", reference, outcome))
        await self.job(SettleEntry(entry_id))

    async def status(self, order: Payout) -> str:
        """How an order stands."""
        return (await self.payouts.get(self.ctx(), order.id)).status

    async def contradictions(self) -> list[tuple[str, str]]:
        """What the bank said against what stands."""
        page = await self.payouts.contradictions(self.ctx(), PageRequest(1, 100))
        return [(row.status, row.said) for row in page.rows]


# ── the bank's files ─────────────────────────────────────────────────────────────────────────────────────────────


def read(path: Path | bytes) -> etree._Element:
    """A file of ours without its namespace, for looking into."""
    root = etree.fromstring(path if isinstance(path, bytes) else path.read_bytes())
    for element in root.iter():
        element.tag = etree.QName(element).localname
    return root


def message_id(path: Path | bytes) -> str:
    return str(read(path).findtext("CstmrCdtTrfInitn/GrpHdr/MsgId"))


def references(path: Path | bytes) -> list[str]:
    return [str(found.text) for found in read(path).iter("EndToEndId")]


def pain002(
    answered: str,
    statuses: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    *,
    group: str = "",
    batch: str = "",
    totals: str = "",
    version: str = "12",
) -> str:
    """A status report: of payments `reference: "RJCT AC04"`, of the whole file, or of its batch."""
    pairs = statuses.items() if isinstance(statuses, Mapping) else statuses
    payments = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId>{_status('TxSts', said)}</TxInfAndSts>"
        for reference, said in pairs
    )
    inner = f"<OrgnlPmtInfId>{answered}</OrgnlPmtInfId>{_status('PmtInfSts', batch)}{payments}"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}"><CstmrPmtStsRpt>
<GrpHdr><MsgId>B-{answered}</MsgId><CreDtTm>2026-03-01T12:00:00Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{answered}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>
{totals}{_status("GrpSts", group)}</OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts>{inner}</OrgnlPmtInfAndSts>
</CstmrPmtStsRpt></Document>"""


def _status(element: str, said: str) -> str:
    code, _, reason = said.partition(" ")
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    return (f"<{element}>{code}</{element}>" if code else "") + why


TRANSFER = "<Prtry><Cd>TRF</Cd></Prtry>"
"""The bank's own code for a transfer, which tells nothing to others."""


def booked(
    reference: str,
    amount: str = "100.00",
    currency: str = "SAR",
    *,
    direction: str = "DBIT",
    number: str = "",
    status: str = "BOOK",
    returned: str = "",
    reversal: bool = False,
    details: str = "",
    code: str = TRANSFER,
) -> str:
    """One entry of a notification, with one transaction; `details` are its amounts and charges, if not just one."""
    why = f"<RtrInf><Rsn><Cd>{returned}</Cd></Rsn></RtrInf>" if returned else ""
    own = f"<AcctSvcrRef>{number}</AcctSvcrRef>" if number else ""
    moved = "" if details else f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>'
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>'
        f"{'<RvslInd>true</RvslInd>' if reversal else ''}<Sts><Cd>{status}</Cd></Sts>"
        f"<BkTxCd>{code}</BkTxCd><NtryDtls><TxDtls>"
        f"<Refs>{own}<EndToEndId>{reference}</EndToEndId></Refs>{moved}{details}{why}</TxDtls></NtryDtls></Ntry>"
    )


def amounts(instructed: str = "", transaction: str = "", charges: str = "", included: str = "") -> str:
    """The details of a transaction: amounts like `113.00 SAR`, and what the bank took for itself."""
    said = "".join(
        f"<{name}>{_amount(text)}</{name}>" for name, text in (("InstdAmt", instructed), ("TxAmt", transaction)) if text
    )
    inclusion = f"<ChrgInclInd>{included}</ChrgInclInd>" if included else ""
    taken = f"<Chrgs><Rcrd>{_amount(charges)}{inclusion}</Rcrd></Chrgs>" if charges else ""
    return f"<AmtDtls>{said}</AmtDtls>{taken}"


def _amount(text: str) -> str:
    number, _, currency = text.partition(" ")
    return f'<Amt Ccy="{currency}">{number}</Amt>'


def iso_code(family: str, subfamily: str) -> str:
    """A code of ISO 20022 for a kind of payment."""
    return f"<Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{subfamily}</SubFmlyCd></Fmly></Domn>"


def camt053(*entries: str) -> str:
    """A statement of the account."""
    balance = (
        '<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="SAR">7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        "<Dt><Dt>2026-03-01</Dt></Dt></Bal>"
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>S-1</MsgId><CreDtTm>2026-03-01T20:00:00Z</CreDtTm></GrpHdr>
<Stmt><Id>1</Id><Acct><Id><IBAN>SA4420000001234567891234</IBAN></Id></Acct>{balance}{"".join(entries)}</Stmt>
</BkToCstmrStmt></Document>"""


def camt054(*entries: str, number: str = "1") -> str:
    """A notification of what was booked."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>N-{number}</MsgId><CreDtTm>2026-03-01T15:00:00Z</CreDtTm></GrpHdr>
<Ntfctn><Id>{number}</Id><Acct><Id><IBAN>SA4420000001234567891234</IBAN></Id></Acct>{"".join(entries)}</Ntfctn>
</BkToCstmrDbtCdtNtfctn></Document>"""


def reference(order: Payout) -> str:
    return reference_of(order)
