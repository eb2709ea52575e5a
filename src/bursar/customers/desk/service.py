"""The desk: verifications as cases for a person, their photos one by one, and what a program has read from them.

Reading is a job and decides nothing: a case waits for somebody whatever was read. Each opening of a photo is on record
before the photo is handed out.
"""

from datetime import date
from typing import Final

import orjson

from bursar.customers.desk import reader_program
from bursar.customers.desk.due import ReadDocument
from bursar.customers.desk.model import Case, Finding, Read, Verdict, findings_of
from bursar.customers.desk.mrz import Zone, find_zone
from bursar.customers.desk.store import ReadingStore, queries
from bursar.customers.kyc.model import Verification
from bursar.customers.kyc.service import Kyc
from bursar.customers.kyc.verifier import KycSubmission
from bursar.customers.service import Customers
from bursar.files.errors import FileMissing, ProgramRefused
from bursar.files.programs import Programs
from bursar.files.purposes import FilePurpose
from bursar.files.service import Files
from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.paging import Place
from bursar.ledger.model import Job, Operation, Write, fingerprint
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission

READ_PHOTOS: Final = (FilePurpose.DOCUMENT_FRONT, FilePurpose.DOCUMENT_BACK)
"""The photos that may show a zone or a barcode."""
CASES_MAX: Final = 100
StaffSide = tuple[Permissions, Recorder]
_FINDINGS: Final = "document reading"
_DOCUMENT: Final = "document of the install"


class DeskVerifier:
    """The verifier of a live install: takes every verification, which then waits for a person at the desk."""

    def __init__(self, ground: Ground) -> None:
        self._ledger = ground.ledger
        self._clock = ground.clock

    async def submit(self, submission: KycSubmission) -> None:
        """Have the photos read; a repeat does nothing more."""
        key = f"kyc_desk:{submission.id}"
        ctx = Context(submission.merchant_id, self._clock, key, "kyc desk")
        job = Job(ReadDocument(submission.id), ctx.now())
        await self._ledger.commit(
            ctx, Operation(key, fingerprint(key), "kyc_taken", f"kyc:{submission.id}", jobs=(job,))
        )


class Desk:
    """Cases for people of the staff."""

    def __init__(self, ground: Ground, kyc: Kyc, customers: Customers, files: Files, staff: StaffSide) -> None:
        self._store = ReadingStore(ground.database)
        self._ledger = ground.ledger
        self._vault = ground.vault
        self._kyc = kyc
        self._customers = customers
        self._files = files
        self._permissions, self._recorder = staff
        self._programs = Programs(reader_program.__name__)

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def list_waiting(
        self, ctx: Context, by: Principal, after: Place, limit: int = CASES_MAX
    ) -> list[tuple[int, Verification]]:
        """Merchants and verifications that wait, the longest waiting first, so many of them behind a place.

        Raises PermissionMissing.
        """
        await self._permissions.check(ctx, by, Permission.KYC_READ)
        return await self._kyc.list_waiting(after, limit)

    async def show(self, ctx: Context, by: Principal, merchant_id: int, kyc_id: int) -> Case:
        """A case, with the document's number, which is on record; raises PermissionMissing or NoVerification."""
        subject, own = f"kyc:{kyc_id}", ctx.of(merchant_id)
        await self._permissions.check(ctx, by, Permission.KYC_DECIDE, subject)
        verification = await self._kyc.get(own, kyc_id)
        await self._recorder.record(ctx, by, Event("kyc.show", subject))
        customer = await self._customers.get(own, verification.customer_id)
        reading = await self._store.find(merchant_id, kyc_id)
        findings: tuple[Finding, ...] = ()
        elsewhere: list[str] = []
        if reading is not None:
            opened = await self._vault.open(merchant_id, _FINDINGS, reading.findings)
            findings = tuple(Finding(one[0], Verdict(one[1]), one[2]) for one in orjson.loads(opened))
            if reading.document_hash is not None:
                others = await self._store.elsewhere(merchant_id, kyc_id, reading.document_hash)
                elsewhere = [f"{one.merchant_id}/{one.kyc_id}, {one.status}" for one in others]
        return Case(
            merchant_id,
            verification,
            customer.profile,
            await self._kyc.document_number(own, kyc_id),
            reading.read_at if reading else None,
            findings,
            tuple(elsewhere),
        )

    async def photo(self, ctx: Context, by: Principal, named: tuple[int, int], purpose: FilePurpose) -> bytes:
        """One photo of a case (merchant and number), on record before it is read.

        Raises PermissionMissing, NoVerification, FileMissing, or the errors of the storage.
        """
        merchant_id, kyc_id = named
        subject, own = f"kyc:{kyc_id}", ctx.of(merchant_id)
        await self._permissions.check(ctx, by, Permission.KYC_DECIDE, subject)
        verification = await self._kyc.get(own, kyc_id)
        if purpose not in verification.photos:
            raise FileMissing(purpose)
        await self._recorder.record(ctx, by, Event("kyc.photo", subject, after={"photo": purpose.value}))
        return await self._files.content(own, verification.photos[purpose])

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def read(self, ctx: Context, due: ReadDocument) -> None:
        """The job that reads the photos, once; raises ProgramBusy or the errors of the storage, and is tried again."""
        if await self._store.find(ctx.merchant_id, due.kyc_id) is not None:
            return
        verification = await self._kyc.get(ctx, due.kyc_id)
        customer = await self._customers.get(ctx, verification.customer_id)
        typed = await self._kyc.document_number(ctx, due.kyc_id)
        read = await self._read(ctx, verification)
        findings = findings_of(read, customer.profile, typed, ctx.now().date())
        number = read.zone.number if read.zone and not read.zone.failed else typed
        document = [[one.check, one.verdict.value, one.detail] for one in findings]
        row = {
            "kyc_id": due.kyc_id,
            "read_at": ctx.now(),
            "findings": await self._vault.seal(ctx.merchant_id, _FINDINGS, orjson.dumps(document)),
            "document_hash": self._document_hash(number),
        }
        key = f"kyc_read:{due.kyc_id}"
        operation = Operation(
            key, fingerprint(key), "kyc_read", f"kyc:{due.kyc_id}", writes=(Write(queries.add_reading, row),)
        )
        await self._ledger.commit(ctx, operation)

    async def _read(self, ctx: Context, verification: Verification) -> Read:
        zone: Zone | None = None
        barcode: dict[str, str] = {}
        problems: list[str] = []
        for purpose in READ_PHOTOS:
            if purpose not in verification.photos:
                continue
            content = await self._files.content(ctx, verification.photos[purpose])
            try:
                said = orjson.loads(await self._programs.run(ctx.merchant_id, content))
            except ProgramRefused as refusal:
                problems.append(f"{purpose.value}: {refusal.reason}")
                continue
            problems += [str(problem) for problem in said["problems"] if problem not in problems]
            zone = zone or _zone(said["zones"], ctx.now().date())
            barcode = barcode or _fields(said["barcode"])
        return Read(zone, barcode, tuple(problems))

    def _document_hash(self, number: str | None) -> bytes | None:
        """A keyed hash that is the same for all merchants of the install."""
        identity = "".join(filter(str.isalnum, number or "")).upper()
        return self._vault.keyed_hash(_DOCUMENT, f"{INSTALL}|{identity}") if identity else None


def _zone(texts: list[str], today: date) -> Zone | None:
    return next((zone for text in texts if (zone := find_zone(text, today))), None)


def _fields(text: str | None) -> dict[str, str]:
    """Elements of a licence: three letters and a value, one a line."""
    lines = (text or "").splitlines()
    return {line[:3]: line[3:].strip() for line in lines if line[:3].isalpha() and line[:3].isupper()}
