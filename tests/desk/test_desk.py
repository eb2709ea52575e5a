"""The desk: cases, photos that are opened one by one, and readings that decide nothing."""

import shutil
import warnings
from datetime import date

import pytest

from bursar.customers.desk.assembly import build_desk
from bursar.customers.desk.due import ReadDocument
from bursar.customers.desk.model import REMEDIES, Case, Read, Reason, Verdict, findings_of, told
from bursar.customers.desk.service import DeskVerifier
from bursar.customers.kyc.model import REASON_CHARS_MAX, NewVerification
from bursar.customers.model import DocumentKind, Profile
from bursar.files.errors import FileMissing
from bursar.files.purposes import FilePurpose
from bursar.staff.errors import PermissionMissing
from bursar.staff.model import Principal
from bursar.worker.loop import Worker
from tests.decisions.bureau import Bureau
from tests.desk.documents import licence, passport, passport_zone

BORN = date(1990, 8, 12)
ADA = {"given_name": "Ada", "last_name": "Hart", "born_on": BORN}
HAS_TESSERACT = shutil.which("tesseract") is not None
if not HAS_TESSERACT:
    warnings.warn("no tesseract: reading of photos is NOT tested (apt install tesseract-ocr)", stacklevel=1)
needs_tesseract = pytest.mark.skipif(not HAS_TESSERACT, reason="tesseract is not installed")


class Counter:
    """The desk in a bureau."""

    def __init__(self, bureau: Bureau) -> None:
        self.bureau = bureau
        bank = bureau.bank
        bank.kyc._verifier = DeskVerifier(bank.ground)
        self.room = build_desk(bank.ground, bank.customer_room, bank.files, bureau.room)
        self.desk = self.room.desk

    async def case(self, photo: bytes, number: str = "L898902C3", **said: object) -> int:
        """A verification with this photo; nothing is read yet."""
        bank = self.bureau.bank
        holder = await bank.customer(**{**ADA, **said})
        front = await bank.files.upload(bank.ctx(), photo, FilePurpose.DOCUMENT_FRONT)
        new = NewVerification(
            customer_id=holder,
            credential=DocumentKind.PASSPORT,
            nationality="GB",
            photos={FilePurpose.DOCUMENT_FRONT: front},
            document_number=number,
        )
        return (await bank.kyc.submit(bank.ctx(), new)).id

    async def read(self) -> None:
        await Worker(self.bureau.database, self.bureau.clock, self.room.handlers, {}).run_due()

    async def show(self, by: Principal, kyc_id: int) -> Case:
        return await self.desk.show(self.bureau.ctx(by), by, 1, kyc_id)


@pytest.fixture
def counter(bureau: Bureau) -> Counter:
    return Counter(bureau)


@pytest.fixture
async def carla(bureau: Bureau) -> Principal:
    """Of compliance."""
    return await (await bureau.somebody("carla", "compliance")).sign_in()


def verdicts(case: Case) -> dict[str, Verdict]:
    return {finding.check: finding.verdict for finding in case.findings}


@needs_tesseract
async def test_a_passport_is_read_and_compared_and_still_waits(counter: Counter, carla: Principal) -> None:
    kyc_id = await counter.case(passport(passport_zone()))
    await counter.read()
    case = await counter.show(carla, kyc_id)
    assert verdicts(case) == dict.fromkeys(
        ("check digits", "name", "document number", "birth", "expiry", "age"), Verdict.AGREES
    )
    assert case.document_number == "L898902C3"
    assert case.verification.status == "under_review"


@needs_tesseract
async def test_another_name_number_and_birth_are_pointed_out(counter: Counter, carla: Principal) -> None:
    lines = passport_zone(number="X12345678", born="800101", name="BROWN<<JOHN")
    kyc_id = await counter.case(passport(lines))
    await counter.read()
    found = verdicts(await counter.show(carla, kyc_id))
    assert [check for check, verdict in found.items() if verdict is Verdict.DIFFERS] == [
        "name",
        "document number",
        "birth",
    ]


async def test_a_photo_without_a_zone_says_so_and_is_read_once(counter: Counter, carla: Principal) -> None:
    bank = counter.bureau.bank
    kyc_id = (await bank.kyc.submit(bank.ctx(), await bank.verification(await bank.customer(**ADA)))).id
    await counter.read()
    case = await counter.show(carla, kyc_id)
    assert verdicts(case)["machine-readable zone"] is Verdict.UNREADABLE
    before = await counter.bureau.table("kyc_reading")
    await counter.desk.read(bank.ctx(), ReadDocument(kyc_id))
    assert await counter.bureau.table("kyc_reading") == before


async def test_the_same_document_elsewhere_is_named(counter: Counter, carla: Principal) -> None:
    bank = counter.bureau.bank
    numbers = []
    for email in ("one@example.com", "two@example.com"):
        holder = await bank.customer(**ADA, email=email)
        new = await bank.verification(holder, document_number="ab-12 34")
        numbers.append((await bank.kyc.submit(bank.ctx(), new)).id)
    await counter.read()
    case = await counter.show(carla, numbers[1])
    assert case.elsewhere == (f"1/{numbers[0]}, under_review",)


async def test_each_photo_that_is_opened_is_on_record(counter: Counter, carla: Principal) -> None:
    picture = passport(passport_zone())
    kyc_id = await counter.case(picture)
    ctx = counter.bureau.ctx(carla)
    assert await counter.desk.photo(ctx, carla, (1, kyc_id), FilePurpose.DOCUMENT_FRONT) == picture
    assert ("kyc.photo", "done") in await counter.bureau.records()
    with pytest.raises(FileMissing):
        await counter.desk.photo(counter.bureau.ctx(carla), carla, (1, kyc_id), FilePurpose.SELFIE)


async def test_who_may_not_decide_sees_neither_photos_nor_numbers(counter: Counter, bureau: Bureau) -> None:
    sue = await (await bureau.somebody("sue", "support")).sign_in()
    kyc_id = await counter.case(passport(passport_zone()))
    with pytest.raises(PermissionMissing):
        await counter.desk.photo(bureau.ctx(sue), sue, (1, kyc_id), FilePurpose.DOCUMENT_FRONT)
    with pytest.raises(PermissionMissing):
        await counter.show(sue, kyc_id)
    assert ("kyc.photo", "done") not in await bureau.records()


async def test_what_was_read_rests_sealed(counter: Counter, bureau: Bureau) -> None:
    await counter.case(passport(passport_zone()))
    await counter.read()
    [(findings,)] = await bureau.sql("SELECT findings FROM kyc_reading")
    assert b"HART" not in bytes(findings)
    assert b"check digits" not in bytes(findings)
    with pytest.raises(Exception, match="permission denied"):
        await bureau.sql("DELETE FROM kyc_reading")


async def test_a_barcode_of_a_licence_is_read(counter: Counter, carla: Principal) -> None:
    pytest.importorskip("zxingcpp")
    kyc_id = await counter.case(licence(DCS="HART", DAC="ADA", DAD="NONE"))
    await counter.read()
    assert verdicts(await counter.show(carla, kyc_id))["name in the barcode"] is Verdict.AGREES


async def test_handing_over_twice_reads_once(counter: Counter) -> None:
    kyc_id = await counter.case(passport(passport_zone()))
    jobs = "SELECT count(*) FROM job WHERE kind = 'kyc.read_document'"
    bank = counter.bureau.bank
    verification = await bank.kyc.get(bank.ctx(), kyc_id)
    customer = await bank.read(verification.customer_id)
    await bank.kyc._verifier.submit(await bank.kyc._submission(bank.ctx(), verification, customer))
    assert await counter.bureau.sql(jobs) == [(1,)]


def test_a_child_and_an_old_document_are_pointed_out() -> None:
    from bursar.customers.desk.mrz import find_zone

    zone = find_zone("\n".join(passport_zone(born="150101", expires="200101")), date(2026, 3, 1))
    found = findings_of(Read(zone, {}), Profile(given_name="Ada", last_name="Hart"), None, date(2026, 3, 1))
    assert {one.check for one in found if one.verdict is Verdict.DIFFERS} == {"age", "expiry"}


def test_every_reason_has_a_remedy_in_three_languages_that_fits_its_field() -> None:
    assert set(REMEDIES) == set(Reason)
    for reason in Reason:
        text = told(reason)
        assert text.startswith(f"{reason}: ")
        assert len(REMEDIES[reason]) == 3
        assert len(text) <= REASON_CHARS_MAX
