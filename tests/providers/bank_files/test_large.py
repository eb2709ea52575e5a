"""Ten thousand payments in one file, out and back, within bounds that leave room for a slow machine."""

import time
import tracemalloc
from collections.abc import Callable
from io import BytesIO

import pytest

from bursar.kernel.money import Money
from bursar.providers.bank_files import pain001, parser
from bursar.providers.bank_files.due import CollectFiles, CutOff, DeliverFile
from bursar.providers.bank_files.model import PAYMENTS_MAX
from bursar.providers.bank_files.store import BankStore
from tests.providers.bank_files import schemas
from tests.providers.bank_files.rail import RailTreasury, booked, camt054, message_id, pain002, read, references

JOB_S = 55
"""What a job may take; a bound of ours that a machine five times slower than a developer's keeps."""
MIB = 1 << 20
FILL = """
INSERT INTO bank_payment (reference, state, merchant_id, currency, amount, name, iban, bic, address, taken_at)
SELECT 'P' || n, 'open', 1, 'SAR', n, 'Huda Alharbi ' || n, 'SA0380000000608010167519', 'RIBLSARI',
    'King Fahd Road, Riyadh', %s
FROM generate_series(1, %s) AS n
"""


@pytest.fixture
async def many(rail: RailTreasury, to_cut_off: Callable[[], None]) -> RailTreasury:
    """As many payments as one file can have, before a cut-off, as if they had been handed in."""
    async with rail.database.connection() as connection:
        await connection.execute(FILL, (rail.clock.now(), PAYMENTS_MAX))
    to_cut_off()
    return rail


async def test_a_full_file_goes_out_and_its_answers_come_in(many: RailTreasury) -> None:
    began_s = time.monotonic()
    await many.job(CutOff())
    [file_id] = await many.numbers("SELECT id FROM bank_file")
    await many.job(DeliverFile(file_id))
    assert time.monotonic() - began_s < 2 * JOB_S
    [file] = many.files_in("out")
    assert len(set(references(file))) == PAYMENTS_MAX
    total = PAYMENTS_MAX * (PAYMENTS_MAX + 1) // 2
    assert read(file).findtext(".//CtrlSum") == str(Money(total, "SAR"))
    schemas.check(file.read_bytes())

    amounts = {f"P{n}": str(Money(n, "SAR")) for n in range(1, PAYMENTS_MAX + 1)}
    many.put("a.xml", pain002(message_id(file), dict.fromkeys(amounts, "ACSP")))
    many.put("b.xml", camt054(*(booked(name, amount) for name, amount in amounts.items())))
    await many.job(CollectFiles())
    began_s = time.monotonic()
    await many.job(CollectFiles())
    assert time.monotonic() - began_s < 2 * JOB_S
    assert await many.count("bank_entry") == 2 * PAYMENTS_MAX
    assert await many.count("bank_entry", "outcome = 'paid' AND problem IS NULL") == PAYMENTS_MAX


async def test_a_full_file_is_made_in_little_memory(many: RailTreasury) -> None:
    await many.job(CutOff())
    [file_id] = await many.numbers("SELECT id FROM bank_file")
    rail = many.rail
    store = BankStore(many.database)
    file, account = await store.find_file(file_id), rail.settings.account("SAR")
    assert file is not None
    assert account is not None
    payments = await store.list_payments(file_id)
    tracemalloc.start()
    try:
        content = pain001.written(file, payments, rail.settings.debtor, account)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * len(content) + 4 * MIB


def test_a_large_answer_is_read_in_little_memory() -> None:
    small = "".join(booked(f"P{n}", "1.00") for n in range(10_000))
    content = BytesIO(camt054(small).encode())
    tracemalloc.start()
    try:
        assert sum(1 for _ in parser.entries(content)) == 10_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * MIB
